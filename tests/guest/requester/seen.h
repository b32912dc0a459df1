/* SPDX-License-Identifier: GPL-2.0 OR Linux-OpenIB */
/* What the model of a requester saw in its control register, held against what may be there. */
#ifndef GUEST_REQUESTER_SEEN_H
#define GUEST_REQUESTER_SEEN_H

#include "device.h"

/*
 * The next test: since control_tph_forget() the register of @device, whose model is @model, had no
 * value that its owner cannot enable in @stage.
 */
void seen_ok(int control, const char *model, const struct device *device, unsigned int stage,
	     const char *what);

#endif
