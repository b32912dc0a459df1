// SPDX-License-Identifier: GPL-2.0 OR Linux-OpenIB
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "importer.h"

#define HOLD_TIMEOUT_MS	30000

int importer_open(void)
{
	return open("/sys/kernel/debug/dma_buf_tph_test", O_RDWR | O_CLOEXEC);
}

int importer_command(int importer, const char *command)
{
	return write(importer, command, strlen(command)) < 0 ? errno : 0;
}

int importer_attach(int importer, int dmabuf_fd)
{
	char command[32];

	snprintf(command, sizeof(command), "attach %d", dmabuf_fd);
	return importer_command(importer, command);
}

/* The rest of the line that begins with @name and a space; empty when there is none */
static void find(const char *text, const char *name, char *value, size_t size)
{
	size_t len = strlen(name);
	const char *line, *end;

	value[0] = '\0';
	for (line = text; *line; line = *end ? end + 1 : end) {
		end = line + strcspn(line, "\n");
		if (!strncmp(line, name, len) && line[len] == ' ')
			snprintf(value, size, "%.*s", (int)(end - line - len - 1), line + len + 1);
	}
}

int importer_read(int importer, struct importer_state *state)
{
	char text[256], number[16];
	ssize_t len;

	len = pread(importer, text, sizeof(text) - 1, 0);
	if (len < 0)
		return errno;
	text[len] = '\0';

	find(text, "exporter", state->exporter, sizeof(state->exporter));
	find(text, "8bit", state->st, sizeof(state->st));
	find(text, "16bit", state->st_ext, sizeof(state->st_ext));
	find(text, "stale", number, sizeof(number));
	state->stale = atoi(number);
	find(text, "invalidations", number, sizeof(number));
	state->invalidations = atoi(number);
	return 0;
}

int importer_wait_held(int importer)
{
	struct pollfd fd = { .fd = importer, .events = POLLPRI };

	switch (poll(&fd, 1, HOLD_TIMEOUT_MS)) {
	case -1:
		return errno;
	case 0:
		return ETIMEDOUT;
	default:
		return fd.revents & POLLPRI ? 0 : EIO;
	}
}
