/* SPDX-License-Identifier: GPL-2.0 OR Linux-OpenIB */
/* The program that tphrun becomes: where it is, and whether the dynamic linker will preload
 * anything into it.
 */
#ifndef TPHRUN_PROGRAM_H
#define TPHRUN_PROGRAM_H

#include <limits.h>
#include <stdbool.h>

#include "util/complaint.h"

/* Find @name as execvp() does: in the folders of PATH unless it has a slash. Returns false, with
 * errno set as execvp() would, when there is none that can be run.
 */
bool program_find(const char *name, char path[static PATH_MAX]);

enum program_kind {
	PROGRAM_DYNAMIC, /* nothing is in the way, or it cannot be read */
	PROGRAM_STATIC,  /* linked statically: nothing is preloaded, but into its children */
	PROGRAM_FOREIGN, /* for another dynamic linker than ours, which cannot load our library */
	PROGRAM_PRIVILEGED, /* set-uid, set-gid or with capabilities that the user does not have */
};

/* Look into the file @path. A script is as its interpreter is. For all but PROGRAM_DYNAMIC @why
 * says what is in the way, and what to do.
 */
enum program_kind program_look(const char *path, struct complaint *why);

#endif
