/* SPDX-License-Identifier: GPL-2.0 OR Linux-OpenIB */
/* MSI-X of an open device, and the steering tags that its vector table has in some. */
#ifndef GUEST_REQUESTER_VECTORS_H
#define GUEST_REQUESTER_VECTORS_H

#include <stdint.h>

#include "device.h"

/* The first @count vectors; 0: none. Ends the test when they cannot be had. */
void vectors_enable(const struct device *device, unsigned int count);
/* The same, which may fail: returns 0 or a positive errno. */
int vectors_try(const struct device *device, unsigned int count);
/* The tags of the first @count entries, as they are in the table. */
void vectors_tags(const struct device *device, unsigned int count, uint16_t *tags);

#endif
