/* SPDX-License-Identifier: GPL-2.0 OR Linux-OpenIB */
/* The TPH Requester capability in pieces: of any length, from any byte, across registers. */
#ifndef GUEST_REQUESTER_PIECES_H
#define GUEST_REQUESTER_PIECES_H

#include <stdbool.h>

#include "device.h"

#define PIECES_POINTS 2

/*
 * The next two tests: does the owner, which has @opted_in, read in pieces what it reads by whole
 * registers, and does control take of each write what is its own, and the rest nothing? Nothing
 * is enabled before, and after.
 */
void pieces_test(const struct device *device, bool opted_in, const char *when);

#endif
