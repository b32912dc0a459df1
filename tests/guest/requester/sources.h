/* SPDX-License-Identifier: GPL-2.0 OR Linux-OpenIB */
/* Where tags come from: dma-bufs of another device, whose owner publishes what they are to have. */
#ifndef GUEST_REQUESTER_SOURCES_H
#define GUEST_REQUESTER_SOURCES_H

#include <stdbool.h>
#include <stdint.h>

/* What those dma-bufs have that have it */
#define SOURCE_ST	0x51
#define SOURCE_ST_EXT	0x1234
#define SOURCE_PH	2

enum source {
	SOURCE_BOTH,    /* a tag in each namespace */
	SOURCE_8_BIT,   /* one in the 8-bit one */
	SOURCE_16_BIT,  /* one in the 16-bit one */
	SOURCE_HINT,    /* tag 0 in each: a hint, and no preference */
	SOURCE_SILENT,  /* nothing is published */
	SOURCE_FOREIGN, /* a dma-buf whose exporter knows nothing of TPH */
	SOURCE_FILE,    /* no dma-buf */
	SOURCE_CLOSED,  /* no file */
	SOURCES,
};

struct sources {
	struct vfio_tph_device *owner;
	uint32_t fds[SOURCES];
};

/* Dma-bufs of the device whose address is in @variable, a completer of both namespaces */
void sources_open(struct sources *sources, const char *variable);
void sources_close(struct sources *sources);
/* Its owner publishes what it is to have, or takes it back. Returns 0 or a positive errno. */
int sources_publish(struct sources *sources, enum source source, bool published);
const char *source_name(enum source source);
/* The tag that it has in the namespace: 0 is none. */
uint16_t source_tag(enum source source, uint32_t extended);

#endif
