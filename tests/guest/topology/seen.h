/* SPDX-License-Identifier: GPL-2.0 OR Linux-OpenIB */
/* What the machine's capture has of a NIC's requests to pages of the guest's memory. */
#ifndef GUEST_TOPOLOGY_SEEN_H
#define GUEST_TOPOLOGY_SEEN_H

#include <stdint.h>

#include "tlp/tlp.h"

/* Requests to one page, in one direction */
struct seen {
	/* set by who asks */
	const char *link; /* the NIC's */
	uint64_t page;    /* bus address, see seen_page() */
	struct tlp_hints due;
	uint16_t requester; /* likewise */
	/* filled in */
	uint32_t written, read; /* bytes */
	unsigned int wrong;     /* requests with other hints, or of another requester */
	struct tlp last;        /* of those */
};

/* The bus address of the page at @addr, which stays where it is. */
uint64_t seen_page(const void *addr);

/* Fills in each of @count @pages. Ends the test when the capture cannot be read. */
void seen_read(int control, struct seen *pages, unsigned int count);

#endif
