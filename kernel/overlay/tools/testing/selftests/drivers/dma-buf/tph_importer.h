/* SPDX-License-Identifier: GPL-2.0 */
/*
 * For tests of TLP Processing Hints of dma-bufs: the importer in debugfs, CONFIG_DMABUF_TPH_TEST,
 * and an exporter that knows nothing of hints
 */
#ifndef SELFTESTS_DMA_BUF_TPH_IMPORTER_H
#define SELFTESTS_DMA_BUF_TPH_IMPORTER_H

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <unistd.h>
#include <linux/udmabuf.h>

#define TPH_IMPORTER		"/sys/kernel/debug/dma_buf_tph_test"
#define TPH_HOLD_TIMEOUT_MS	30000

/**
 * struct tph_importer_state - what an importer knows
 * @st: the exporter's answer in the 8-bit namespace, "st 0xf0 ph 2", "-95" or "none"
 * @st_ext: the same in the 16-bit one
 * @stale: the mappings were invalidated since it asked
 * @invalidations: how often, since it attached
 */
struct tph_importer_state {
	char st[32];
	char st_ext[32];
	bool stale;
	int invalidations;
};

/* A new importer, or -1 with errno; close() ends it */
static inline int tph_importer_open(void)
{
	return open(TPH_IMPORTER, O_RDWR | O_CLOEXEC);
}

/* Returns 0 or a negative errno, as do those below */
static inline int tph_importer_command(int importer, const char *command)
{
	return write(importer, command, strlen(command)) < 0 ? -errno : 0;
}

static inline int tph_importer_attach(int importer, int dmabuf)
{
	char command[32];

	snprintf(command, sizeof(command), "attach %d", dmabuf);
	return tph_importer_command(importer, command);
}

/* The rest of the line that begins with @name and a space; empty when there is none */
static inline void tph_importer_find(const char *text, const char *name, char *value, size_t size)
{
	size_t len = strlen(name);
	const char *line, *end;

	value[0] = '\0';
	for (line = text; *line; line = *end ? end + 1 : end) {
		end = strchrnul(line, '\n');
		if (!strncmp(line, name, len) && line[len] == ' ')
			snprintf(value, size, "%.*s", (int)(end - line - len - 1), line + len + 1);
	}
}

static inline int tph_importer_read(int importer, struct tph_importer_state *state)
{
	char text[256], number[16];
	ssize_t len;

	len = pread(importer, text, sizeof(text) - 1, 0);
	if (len < 0)
		return -errno;
	text[len] = '\0';

	tph_importer_find(text, "8bit", state->st, sizeof(state->st));
	tph_importer_find(text, "16bit", state->st_ext, sizeof(state->st_ext));
	tph_importer_find(text, "stale", number, sizeof(number));
	state->stale = atoi(number);
	tph_importer_find(text, "invalidations", number, sizeof(number));
	state->invalidations = atoi(number);
	return 0;
}

/* Waits until a "hold" that another thread runs has the reservation lock */
static inline int tph_importer_wait_held(int importer)
{
	struct pollfd fd = { .fd = importer, .events = POLLPRI };
	int ret = poll(&fd, 1, TPH_HOLD_TIMEOUT_MS);

	if (ret < 0)
		return -errno;
	return ret ? 0 : -ETIMEDOUT;
}

/* A dma-buf of one page of memory, or -1 with errno */
static inline int tph_udmabuf_create(void)
{
	struct udmabuf_create create = { .flags = UDMABUF_FLAGS_CLOEXEC };
	int device, dmabuf = -1;

	create.size = sysconf(_SC_PAGESIZE);
	create.memfd = memfd_create("tph", MFD_ALLOW_SEALING | MFD_CLOEXEC);
	device = open("/dev/udmabuf", O_RDWR | O_CLOEXEC);
	if ((int)create.memfd >= 0 && device >= 0 && !ftruncate(create.memfd, create.size) &&
	    !fcntl(create.memfd, F_ADD_SEALS, F_SEAL_SHRINK))
		dmabuf = ioctl(device, UDMABUF_CREATE, &create);
	close(device);
	close(create.memfd);
	return dmabuf;
}

#endif
