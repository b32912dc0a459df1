// SPDX-License-Identifier: GPL-2.0 OR Linux-OpenIB
#include <fcntl.h>
#include <unistd.h>

#include "exporter.h"
#include "sources.h"
#include "tap.h"

/* Not open in any of these tests */
#define CLOSED_FD 1000

static const struct {
	const char *name;
	uint32_t flags;
	uint16_t st_ext;
	uint8_t st;
} published[] = {
	[SOURCE_BOTH] = { "a dma-buf with both tags", VFIO_DMA_BUF_TPH_ST | VFIO_DMA_BUF_TPH_ST_EXT,
			  SOURCE_ST_EXT, SOURCE_ST },
	[SOURCE_8_BIT] = { "a dma-buf with an 8-bit tag", VFIO_DMA_BUF_TPH_ST, 0, SOURCE_ST },
	[SOURCE_16_BIT] = { "a dma-buf with a 16-bit tag", VFIO_DMA_BUF_TPH_ST_EXT, SOURCE_ST_EXT,
			    0 },
	[SOURCE_HINT] = { "a dma-buf with tag 0", VFIO_DMA_BUF_TPH_ST | VFIO_DMA_BUF_TPH_ST_EXT, 0,
			  0 },
	[SOURCE_SILENT] = { "a dma-buf without a tag", 0, 0, 0 },
	[SOURCE_FOREIGN] = { "a dma-buf of another exporter", 0, 0, 0 },
	[SOURCE_FILE] = { "another file", 0, 0, 0 },
	[SOURCE_CLOSED] = { "no file", 0, 0, 0 },
};

int sources_publish(struct sources *sources, enum source source, bool given)
{
	const struct vfio_device_feature_dma_buf_tph set = {
		.dmabuf_fd = sources->fds[source],
		.flags = given ? published[source].flags : 0,
		.steering_tag_ext = published[source].st_ext,
		.steering_tag = published[source].st,
		.ph = SOURCE_PH,
	};

	return exporter_set(sources->owner, &set);
}

void sources_open(struct sources *sources, const char *variable)
{
	sources->owner = exporter_open(variable);
	for (enum source i = 0; i <= SOURCE_SILENT; i++) {
		sources->fds[i] = exporter_export(sources->owner);
		if (sources_publish(sources, i, true))
			tap_bail_out("cannot publish %s", published[i].name);
	}
	sources->fds[SOURCE_FOREIGN] = exporter_udmabuf(EXPORTER_LENGTH);
	sources->fds[SOURCE_FILE] = open("/dev/null", O_RDWR | O_CLOEXEC);
	sources->fds[SOURCE_CLOSED] = CLOSED_FD;
}

void sources_close(struct sources *sources)
{
	for (enum source i = 0; i < SOURCE_CLOSED; i++)
		close(sources->fds[i]);
	vfio_tph_close(sources->owner);
}

const char *source_name(enum source source)
{
	return published[source].name;
}

uint16_t source_tag(enum source source, uint32_t extended)
{
	return extended ? published[source].st_ext : published[source].st;
}
