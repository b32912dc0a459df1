/* SPDX-License-Identifier: GPL-2.0 OR Linux-OpenIB */
/*
 * The machine's capture, held against what was noted in it: by softfabric when pages of a key come
 * and go and when the NIC may send no hints, by the test which hints are due and which key a
 * stream of traffic.h uses. What a region sends carries the hints that were due when its pages
 * were mapped last, and none as long as it may not; without pages it sends nothing.
 */
#ifndef GUEST_WIRE_WIRE_H
#define GUEST_WIRE_WIRE_H

#include <stdint.h>

#include "tlp/tlp.h"
#include "verdict.h"

struct wire_report {
	struct verdict pages;  /* requests of regions that had none */
	struct verdict hints;  /* requests with others than were due */
	struct verdict data;   /* requests that carry not what was to be written */
	unsigned long writes;  /* requests that were looked at */
	unsigned long bare;    /* those of them that left while the NIC could send no hints */
	unsigned long windows; /* times that this was so */
	unsigned long mapped, unmapped; /* regions of streams, with pages again and without */
};

/* What is in the capture up to here is not this test's. */
void wire_note_begin(int control);
/* From the next mapping of any region on, requests are due to carry @hints. */
void wire_note_due(int control, const struct tlp_hints *hints);
/* Stream @stream writes through the region with @rkey. */
void wire_note_region(int control, unsigned int stream, uint32_t rkey);

/*
 * Reads all that nic0 has sent since wire_note_begin() to a BAR of @bar_size bytes, whose first
 * bytes the streams have. Ends the test when the capture cannot be read or is not whole.
 */
void wire_read(int control, uint64_t bar_size, struct wire_report *report);

#endif
