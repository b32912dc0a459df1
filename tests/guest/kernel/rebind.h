/* SPDX-License-Identifier: GPL-2.0 OR Linux-OpenIB */
#ifndef GUEST_KERNEL_REBIND_H
#define GUEST_KERNEL_REBIND_H

/* Takes the device away from its driver, and gives it back. */
void rebind(const char *driver, const char *bdf);

#endif
