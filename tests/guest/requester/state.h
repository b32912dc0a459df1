/* SPDX-License-Identifier: GPL-2.0 OR Linux-OpenIB */
/* All that there is of TPH in an open device: what errors may not change, and resets keep. */
#ifndef GUEST_REQUESTER_STATE_H
#define GUEST_REQUESTER_STATE_H

#include <stdbool.h>
#include <stdint.h>

#include "device.h"

#define STATE_ENTRIES 64 /* the most there can be in the capability */

struct state {
	uint32_t cap, control; /* as the owner reads them */
	uint32_t real_control;
	/* Those of a table in the capability as the device has them, by words of the register */
	uint16_t entries[STATE_ENTRIES];
};

void state_take(const struct device *device, struct state *state);
/* Whether the device is as it was; says what is not. */
bool state_kept(const struct device *device, const struct state *state);
/* The next test: is entry @start + i of the device @tags[i], and is all else as in @state? */
bool state_entries(const struct device *device, const struct state *state, unsigned int start,
		   unsigned int count, const uint16_t *tags, const char *what);

#endif
