// SPDX-License-Identifier: GPL-2.0 OR Linux-OpenIB
/* The buffer is a range of a BAR: for the NIC through the dma-buf, for the CPU by mapping it. */
#include <inttypes.h>

#include <vfio/tph.h>

#include "buffer.h"

static bool publish(const struct buffer *buffer, const struct tph_options *options,
		    struct vfio_tph_reason *reason)
{
	struct vfio_tph_tags tags = {
		.st = options->st,
		.st_ext = options->st_ext,
		.ph = options->ph,
	};

	if (options->text[TPH_OPTION_ST])
		tags.flags |= VFIO_TPH_TAG_ST;
	if (options->text[TPH_OPTION_ST_EXT])
		tags.flags |= VFIO_TPH_TAG_ST_EXT;
	return !tags.flags || !vfio_tph_publish(buffer->device, buffer->dmabuf_fd, &tags, reason);
}

static bool export_range(struct buffer *buffer, const struct tph_options *options,
			 struct complaint *why)
{
	struct vfio_tph_reason reason = { "" };
	uint64_t bar_size;

	if (vfio_tph_bar_size(buffer->device, options->bar, &bar_size, &reason))
		return complain(why, "--vfio-dmabuf: %s", reason.text);
	if (options->offset >= bar_size)
		return complain(why,
				"--vfio-dmabuf: offset=%" PRIu64
				" is beyond the end of BAR %u of %s, which has %" PRIu64
				" bytes; give a smaller one",
				options->offset, options->bar, options->bdf, bar_size);
	buffer->bar = options->bar;
	buffer->offset = options->offset;
	buffer->size = options->size ? options->size : bar_size - options->offset;
	if (vfio_tph_export(buffer->device, buffer->bar, buffer->offset, buffer->size,
			    &buffer->dmabuf_fd, &reason) ||
	    !publish(buffer, options, &reason))
		return complain(why, "--vfio-dmabuf: %s", reason.text);
	return true;
}

static bool vfio_open(struct buffer *buffer, const struct tph_options *options,
		      struct complaint *why)
{
	struct vfio_tph_reason reason = { "" };

	buffer->device = vfio_tph_open(options->bdf, &reason);
	if (!buffer->device)
		return complain(why, "--vfio-dmabuf: %s", reason.text);
	return export_range(buffer, options, why);
}

static bool vfio_map(struct buffer *buffer, size_t length, struct complaint *why)
{
	struct vfio_tph_reason reason = { "" };
	void *address;

	if (vfio_tph_map_bar(buffer->device, buffer->bar, buffer->offset, length, &address,
			     &reason))
		return complain(why, "--vfio-dmabuf: %s", reason.text);
	buffer->address = address;
	return true;
}

/*
 * There is no close: closing the device would revoke the dma-buf. The end of the process closes it.
 */
const struct buffer_exporter vfio_exporter = {
	.open = vfio_open,
	.map = vfio_map,
};
