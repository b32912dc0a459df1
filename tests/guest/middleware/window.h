/* SPDX-License-Identifier: GPL-2.0 OR Linux-OpenIB */
/*
 * Memory of the accelerator as an application would hand it to middleware: a dma-buf, with or
 * without a tag, and a mapping by which the processor reads what has arrived.
 */
#ifndef GUEST_MIDDLEWARE_WINDOW_H
#define GUEST_MIDDLEWARE_WINDOW_H

#include <stddef.h>
#include <stdint.h>
#include <vfio/tph.h>

#define WINDOW_LENGTH 0x20000

struct window {
	struct vfio_tph_device *accelerator;
	int dmabuf_fd;
	uint8_t *memory; /* WINDOW_LENGTH bytes, which the dma-buf is */
};

/*
 * Exports memory of the accelerator at $TPH_ACC0, and publishes @tag: "ST:PH", for the 8-bit
 * namespace, or NULL for none. Ends the program when that cannot be.
 */
void window_open(struct window *window, const char *tag);
void window_close(struct window *window);

#endif
