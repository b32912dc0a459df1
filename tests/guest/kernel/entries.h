/* SPDX-License-Identifier: GPL-2.0 OR Linux-OpenIB */
/* Whether entries of the NIC's ST table are lost. For NICs whose table has eight. */
#ifndef GUEST_KERNEL_ENTRIES_H
#define GUEST_KERNEL_ENTRIES_H

#include <vfio/tph.h>

#include "verbs.h"

/* The first entry is never used, a quarter is kept for CPUs, and a process gets half of the rest */
#define ENTRIES_SHARE	3

struct entries_user {
	struct verbs *verbs;
	struct vfio_tph_device *accelerator;
	int dmabuf;
};

/*
 * Next two tests: all of this process's share can be had, and no more: nothing holds an entry any
 * longer, nor two one. Publishes on the dma-buf.
 */
void entries_expect_free(const struct entries_user *user, const char *what);

#endif
