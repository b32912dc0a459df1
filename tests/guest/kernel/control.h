/* SPDX-License-Identifier: GPL-2.0 OR Linux-OpenIB */
/* The models' control socket, for tests in C: only what they need to make the NIC stall or fail. */
#ifndef GUEST_KERNEL_CONTROL_H
#define GUEST_KERNEL_CONTROL_H

#include <stdint.h>

/* All of them end the test when the control socket does not answer, or refuses. */
int control_open(void);

struct control_fault {
	const char *point;	/* "command" or "umr" */
	const char *action;	/* "stall" or "fail" */
	uint32_t key;		/* of a command its opcode, of a UMR its mkey; 0: any */
	uint32_t value;		/* of a command that fails, its status */
};

/* Meets the next event of nic0 that is like that. */
void control_fault(int control, const struct control_fault *fault);
/* Waits until the fault has happened; ends the test when it does not. */
void control_wait_hit(int control, const char *point);
/* Lets go on what was stalled. */
void control_release(int control, const char *point);

#endif
