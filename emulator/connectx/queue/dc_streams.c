// SPDX-License-Identifier: GPL-2.0 OR Linux-OpenIB
#include "connectx/queue/dc_streams.h"

#include <linux/mlx5/device.h>
#include <linux/mlx5/qp.h>

bool dc_streams_init(struct dc_streams *streams, const void *qpc)
{
	unsigned int channels = MLX5_GET(qpc, qpc, log_num_dci_stream_channels);
	unsigned int errored = MLX5_GET(qpc, qpc, log_num_dci_errored_streams);

	streams->present = MLX5_GET(qpc, qpc, st) == MLX5_QP_ST_DCI && channels;
	streams->log_errored = errored;
	return channels <= CX_LOG_MAX_DCI_STREAMS && errored <= CX_LOG_MAX_DCI_ERRORED;
}

void dc_streams_clear(struct dc_streams *streams)
{
	streams->count = 0;
}

/* Returns the index of the stream among those in error, or -1. */
static int stream_find(const struct dc_streams *streams, uint16_t stream)
{
	for (int i = 0; i < streams->count; i++)
		if (streams->errored[i] == stream)
			return i;
	return -1;
}

bool dc_streams_stopped(const struct dc_streams *streams, uint16_t stream)
{
	return stream_find(streams, stream) >= 0;
}

bool dc_streams_fail(struct dc_streams *streams, uint16_t stream)
{
	/*
	 * an invalid WQE fails before its stream is looked at, so the stream may be in error
	 * already
	 */
	if (dc_streams_stopped(streams, stream))
		return true;
	if (!streams->present || streams->count + 1 >= 1 << streams->log_errored)
		return false;
	streams->errored[streams->count++] = stream;
	return true;
}

bool dc_streams_reset(struct dc_streams *streams, uint16_t stream)
{
	int i = stream_find(streams, stream);

	if (i < 0)
		return false;
	streams->errored[i] = streams->errored[--streams->count];
	return true;
}
