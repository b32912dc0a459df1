/* SPDX-License-Identifier: GPL-2.0 OR Linux-OpenIB */
/* System calls that have to wait, and get a signal when they do. */
#ifndef GUEST_KERNEL_INTERRUPTED_H
#define GUEST_KERNEL_INTERRUPTED_H

/* Returns what @call(@arg) does, which waits for something that somebody else holds. */
int interrupted(int (*call)(void *arg), void *arg);

#endif
