/* SPDX-License-Identifier: GPL-2.0 OR Linux-OpenIB */
/* What work queue entries and transfers (sg.h) have in common. */
#ifndef CONNECTX_WQE_DATA_H
#define CONNECTX_WQE_DATA_H

#include <stdint.h>

/* One piece of the local buffer: in memory behind a key, or in the WQE itself. */
struct wqe_data {
	const uint8_t *bytes; /* inline: within the copy; NULL: in memory */
	uint64_t address;
	uint32_t lkey;
	uint32_t len;
};

#endif
