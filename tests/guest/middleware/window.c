// SPDX-License-Identifier: GPL-2.0 OR Linux-OpenIB
#include <err.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "window.h"

#define BAR 2

static void publish(const struct window *window, const char *tag)
{
	struct vfio_tph_tags tags = { .flags = VFIO_TPH_TAG_ST };
	struct vfio_tph_reason reason;
	unsigned int st, ph;

	if (sscanf(tag, "%x:%u", &st, &ph) != 2)
		errx(2, "'%s' is no tag; give ST:PH, as 0x07:2", tag);
	tags.st = st;
	tags.ph = ph;
	if (vfio_tph_publish(window->accelerator, window->dmabuf_fd, &tags, &reason))
		errx(1, "%s", reason.text);
}

void window_open(struct window *window, const char *tag)
{
	struct vfio_tph_reason reason;
	void *mapped;

	window->accelerator = vfio_tph_open(getenv("TPH_ACC0"), &reason);
	if (!window->accelerator ||
	    vfio_tph_map_bar(window->accelerator, BAR, 0, WINDOW_LENGTH, &mapped, &reason) ||
	    vfio_tph_export(window->accelerator, BAR, 0, WINDOW_LENGTH, &window->dmabuf_fd,
			    &reason))
		errx(1, "%s", reason.text);
	window->memory = mapped;
	memset(window->memory, 0, WINDOW_LENGTH);
	if (tag)
		publish(window, tag);
}

void window_close(struct window *window)
{
	close(window->dmabuf_fd);
	munmap(window->memory, WINDOW_LENGTH);
	vfio_tph_close(window->accelerator);
}
