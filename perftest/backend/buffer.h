/* SPDX-License-Identifier: GPL-2.0 OR Linux-OpenIB */
/* The data buffer, exported as a dma-buf. There is one in a process, at most. */
#ifndef PERFTEST_BACKEND_BUFFER_H
#define PERFTEST_BACKEND_BUFFER_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "util/complaint.h"
#include "../options.h"

struct vfio_tph_device;

struct buffer {
	const struct buffer_exporter *exporter; /* NULL: perftest's own memory is used */
	struct vfio_tph_device *device;         /* vfio only */
	int dmabuf_fd;                          /* -1 until the exporter has made it */
	uint64_t offset;                        /* of the exported range in the BAR; vfio only */
	uint64_t size;                          /* of the exported range; 0: as is asked for */
	unsigned int bar;                       /* vfio only */
	char *address;                          /* where the CPU sees it, NULL until it is mapped */
	size_t length;                          /* bytes mapped */
};

/*
 * An exporter of buffers. open() is called before the tool's main() and finds every error that can
 * be found by then. map() is called when the tool wants @length bytes: it sets address, and
 * dmabuf_fd if open() has not set it.
 */
struct buffer_exporter {
	bool (*open)(struct buffer *buffer, const struct tph_options *options,
		     struct complaint *why);
	bool (*map)(struct buffer *buffer, size_t length, struct complaint *why);
};

extern const struct buffer_exporter vfio_exporter;
extern const struct buffer_exporter udmabuf_exporter;

/* Get ready as @options say, for at least @least bytes. */
bool buffer_open(struct buffer *buffer, const struct tph_options *options, uint64_t least,
		 struct complaint *why);

/* Map @length bytes of it. This works once, as perftest cannot use two buffers. */
bool buffer_map(struct buffer *buffer, size_t length, struct complaint *why);

/* Does @address lie in it? */
bool buffer_contains(const struct buffer *buffer, const void *address);

#endif
