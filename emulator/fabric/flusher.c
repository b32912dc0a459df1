// SPDX-License-Identifier: GPL-2.0 OR Linux-OpenIB
#include "fabric/flusher.h"

#include "tlp/capture.h"
#include "util/macros.h"

static void fire(struct engine_timer *timer)
{
	capture_flush(container_of(timer, struct flusher, timer)->capture);
}

/* The delay counts from the oldest data in the buffer; the capture does not report what follows. */
static void waiting(void *data)
{
	struct flusher *flusher = data;

	engine_timer_arm(&flusher->timer, FLUSHER_DELAY_NS);
}

void flusher_init(struct flusher *flusher, struct engine *engine, struct capture *capture)
{
	flusher->capture = capture;
	engine_timer_init(&flusher->timer, engine, fire);
	capture_set_waiting(capture, waiting, flusher);
}

void flusher_fini(struct flusher *flusher)
{
	capture_set_waiting(flusher->capture, NULL, NULL);
	engine_timer_cancel(&flusher->timer);
}
