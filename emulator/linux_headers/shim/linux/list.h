/* SPDX-License-Identifier: GPL-2.0 OR Linux-OpenIB */
/* For structures of the kernel's management headers that a device has no use for. */
#ifndef SHIM_LINUX_LIST_H
#define SHIM_LINUX_LIST_H

struct list_head {
	struct list_head *next, *prev;
};

#endif
