/* SPDX-License-Identifier: GPL-2.0 OR Linux-OpenIB */
/* The kernel's test importer, /sys/kernel/debug/dma_buf_tph_test: importing without a NIC. */
#ifndef GUEST_KERNEL_IMPORTER_H
#define GUEST_KERNEL_IMPORTER_H

#include <stdbool.h>

/*
 * What the exporter answered, namespace by namespace, in the kernel's words: "st 0xf0 ph 2", or the
 * negative errno as a number.
 */
struct importer_state {
	char exporter[32];
	char st[32];
	char st_ext[32];
	bool stale;
	unsigned int invalidations;
};

/* A new importer, or -1 with errno; close() ends it. */
int importer_open(void);
/* Returns 0 or a positive errno, as do those below. */
int importer_command(int importer, const char *command);
int importer_attach(int importer, int dmabuf_fd);
int importer_read(int importer, struct importer_state *state);
/* Waits until "hold", which another thread runs, has the reservation lock. */
int importer_wait_held(int importer);

#endif
