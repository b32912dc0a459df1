/* SPDX-License-Identifier: GPL-2.0 OR Linux-OpenIB */
/* The capture of the machine that a test runs in. */
#ifndef TESTS_PACKETS_H
#define TESTS_PACKETS_H

#include "tlp/capture_reader.h"

/*
 * Calls @take with @context for each packet until now, in order. Ends the test when the machine has
 * no capture, or one that is not whole.
 */
void packets_read(int control, void (*take)(void *context, const struct capture_record *record),
		  void *context);

#endif
