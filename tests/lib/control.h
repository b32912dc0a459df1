/* SPDX-License-Identifier: GPL-2.0 OR Linux-OpenIB */
/*
 * The models' control socket, for tests in C: only what they need to make nic0 stall or fail, and
 * to see what devices counted and were told.
 */
#ifndef TESTS_CONTROL_H
#define TESTS_CONTROL_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* All of them end the test when the control socket does not answer, or refuses. */
int control_open(void);

struct control_fault {
	const char *device; /* NULL: nic0 */
	const char *point;  /* "command", "umr" or "config" */
	const char *action; /* "stall" or "fail" */
	uint32_t key;       /* of a command its opcode, of a UMR its mkey, or an offset; 0: any */
	uint32_t value;     /* of a command that fails, its status */
	uint32_t skip;      /* events like that which are not meant */
};

/* Meets the next event that is like that. */
void control_fault(int control, const struct control_fault *fault);
/* Waits until the fault has happened; ends the test when it does not. */
void control_wait_hit(int control, const char *point);
/* Lets go on what was stalled. */
void control_release(int control, const char *point);
/* The same of another device than nic0 */
void control_release_of(int control, const char *device, const char *point);
/* A counter of nic0, or of another device. */
long control_counter(int control, const char *name);
long control_counter_of(int control, const char *device, const char *name);
/* What a device got from its peers, as JSON of @size bytes at most; arrivals.h reads it. */
void control_tlps(int control, const char *device, char *reply, size_t size);
/*
 * Of the TPH Requester capability that the device's model has: "seen", the values that the control
 * register has had since it was told to forget them; "entries", the table. Returns how many there
 * are, of which @max are written to @values.
 */
unsigned int control_tph(int control, const char *device, const char *what, uint32_t *values,
			 unsigned int max);
/* From now on, only the value of this moment has been seen. */
void control_tph_forget(int control, const char *device);
/* Notes in the capture what happens from here on. */
void control_note(int control, const char *text);
/* Brings the file of the capture up to date; false when not all packets are in it. */
bool control_capture(int control);
/* Whether nic0 is expected to write to where nothing takes it. */
void control_expect_losses(int control, bool expected);
/* Operates a link of nic0: "pcie", or "port", the InfiniBand port. */
void control_link(int control, const char *link, bool up);

#endif
