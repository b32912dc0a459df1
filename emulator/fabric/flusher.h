/* SPDX-License-Identifier: GPL-2.0 OR Linux-OpenIB */
/*
 * Writes the buffer of a capture to the file a moment after something was recorded, so that whoever
 * follows the capture sees it even if nothing follows. Under load, when the buffer fills up by
 * itself, this adds ten small writes a second.
 */
#ifndef FABRIC_FLUSHER_H
#define FABRIC_FLUSHER_H

#include <stdint.h>

#include "base/engine.h"

struct capture;

/* short enough for people not to notice */
#define FLUSHER_DELAY_NS UINT64_C(100000000)

struct flusher {
	/* private */
	struct engine_timer timer;
	struct capture *capture;
};

/**
 * flusher_init() - have what comes into @capture written within FLUSHER_DELAY_NS.
 *
 * To be called before anything is recorded. An error is the capture's, whose next call returns it.
 */
void flusher_init(struct flusher *flusher, struct engine *engine, struct capture *capture);

/** flusher_fini() - stop that; before capture_close(). */
void flusher_fini(struct flusher *flusher);

#endif
