/* SPDX-License-Identifier: GPL-2.0 OR Linux-OpenIB */
/*
 * Who follows a capture sees what happens when it happens: what waits in its buffer gets into the
 * file a moment later, also when nothing comes after it. Under load, when the buffer is written as
 * it fills, that is ten small writes a second more.
 */
#ifndef FABRIC_FLUSHER_H
#define FABRIC_FLUSHER_H

#include <stdint.h>

#include "base/engine.h"

struct capture;

/* People do not see that it is late. */
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
