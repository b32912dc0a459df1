// SPDX-License-Identifier: GPL-2.0 OR Linux-OpenIB
#include "buffer.h"

#include <inttypes.h>

static bool large_enough(const struct buffer *buffer, uint64_t length, struct complaint *why)
{
	if (!buffer->size || length <= buffer->size)
		return true;
	return complain(why,
			"the data buffer needs %" PRIu64
			" bytes and the exported range has %" PRIu64
			"; lower -s or -q, or export more (size=, or another BAR)",
			length, buffer->size);
}

bool buffer_open(struct buffer *buffer, const struct tph_options *options, uint64_t least,
		 struct complaint *why)
{
	static const struct buffer_exporter *const exporters[] = {
		[TPH_EXPORTER_VFIO] = &vfio_exporter,
		[TPH_EXPORTER_UDMABUF] = &udmabuf_exporter,
	};

	*buffer = (struct buffer){ .exporter = exporters[options->exporter], .dmabuf_fd = -1 };
	if (!buffer->exporter)
		return true;
	return buffer->exporter->open(buffer, options, why) && large_enough(buffer, least, why);
}

bool buffer_map(struct buffer *buffer, size_t length, struct complaint *why)
{
	if (buffer->address)
		return complain(
			why,
			"perftest asks for a second buffer, which an exported one cannot be; drop --mr_per_qp");
	if (!large_enough(buffer, length, why) || !buffer->exporter->map(buffer, length, why))
		return false;
	buffer->length = length;
	return true;
}

bool buffer_contains(const struct buffer *buffer, const void *address)
{
	return buffer->address && (const char *)address >= buffer->address &&
	       (const char *)address < buffer->address + buffer->length;
}
