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

/* A way to get a buffer. open() is called before the tool's main() and finds out all that can be
 * known by then; map() when the tool wants @length bytes: sets dmabuf_fd if open() has not, and
 * address.
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

/* Map @length bytes of it. Only once: perftest cannot use two. */
bool buffer_map(struct buffer *buffer, size_t length, struct complaint *why);

/* Does @address lie in it? */
bool buffer_contains(const struct buffer *buffer, const void *address);

#endif
