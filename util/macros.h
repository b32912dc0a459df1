/* SPDX-License-Identifier: GPL-2.0 OR Linux-OpenIB */
#ifndef UTIL_MACROS_H
#define UTIL_MACROS_H

#include <stddef.h>

/* Kernel headers, where a file takes structures from them, bring the same names along. */
#ifndef ARRAY_SIZE
#define ARRAY_SIZE(array) (sizeof(array) / sizeof((array)[0]))
#endif

#ifndef container_of
#define container_of(pointer, type, member) \
	((type *)((char *)(pointer) - offsetof(type, member)))
#endif

#endif
