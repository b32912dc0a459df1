/* SPDX-License-Identifier: GPL-2.0 OR Linux-OpenIB */
/* The environment as it was when the program started: later programs change theirs, or clear it. */
#ifndef SHIM_TPHRUN_START_H
#define SHIM_TPHRUN_START_H

#include <stdbool.h>

#include "util/complaint.h"
#include "../settings.h"

struct tphrun_start {
	struct settings settings;
	bool good;
	struct complaint why; /* unless good */
};

/* Both libraries have it, and the dynamic linker chooses that of the one which is preloaded. */
const struct tphrun_start *tphrun_start(void);

#endif
