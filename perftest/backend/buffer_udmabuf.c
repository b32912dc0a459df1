// SPDX-License-Identifier: GPL-2.0 OR Linux-OpenIB
/* The buffer is host memory: a memfd, of which /dev/udmabuf makes a dma-buf. */
#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <unistd.h>

#include <linux/udmabuf.h>

#include "buffer.h"

#define UDMABUF_DEVICE "/dev/udmabuf"
#define UDMABUF_LIMIT "/sys/module/udmabuf/parameters/size_limit_mb"

static bool udmabuf_open(struct buffer *buffer, const struct tph_options *options,
			 struct complaint *why)
{
	if (!access(UDMABUF_DEVICE, R_OK | W_OK))
		return true;
	return complain(
		why,
		"--udmabuf: " UDMABUF_DEVICE
		": %s; load the udmabuf module, and run as root or in the group that may open it",
		strerror(errno));
}

/* A dma-buf of all of @memory; -1 and errno. */
static int make_dmabuf(int memory, size_t size)
{
	struct udmabuf_create create = {
		.memfd = memory,
		.flags = UDMABUF_FLAGS_CLOEXEC,
		.size = size,
	};
	int device, dmabuf, error;

	device = open(UDMABUF_DEVICE, O_RDWR | O_CLOEXEC);
	if (device < 0)
		return -1;
	dmabuf = ioctl(device, UDMABUF_CREATE, &create);
	error = errno;
	close(device);
	errno = error;
	return dmabuf;
}

static bool share(struct buffer *buffer, int memory, size_t size, struct complaint *why)
{
	void *address;

	/* udmabuf takes only memory that is sealed against shrinking. */
	if (ftruncate(memory, size) || fcntl(memory, F_ADD_SEALS, F_SEAL_SHRINK))
		return complain(why, "--udmabuf: %zu bytes of memory: %s; lower -s or -q", size,
				strerror(errno));
	buffer->dmabuf_fd = make_dmabuf(memory, size);
	if (buffer->dmabuf_fd < 0)
		return complain(
			why,
			"--udmabuf: a dma-buf of %zu bytes: %s; lower -s or -q, or raise " UDMABUF_LIMIT,
			size, strerror(errno));
	address = mmap(NULL, size, PROT_READ | PROT_WRITE, MAP_SHARED, memory, 0);
	if (address == MAP_FAILED)
		return complain(why, "--udmabuf: mapping %zu bytes: %s; lower -s or -q", size,
				strerror(errno));
	buffer->address = address;
	return true;
}

static bool udmabuf_map(struct buffer *buffer, size_t length, struct complaint *why)
{
	size_t page = sysconf(_SC_PAGESIZE);
	size_t size = (length + page - 1) / page * page;
	int memory;
	bool shared;

	memory = memfd_create("perftest", MFD_CLOEXEC | MFD_ALLOW_SEALING);
	if (memory < 0)
		return complain(why, "--udmabuf: memory to export: %s; free some", strerror(errno));
	shared = share(buffer, memory, size, why);
	close(memory);
	return shared;
}

const struct buffer_exporter udmabuf_exporter = {
	.open = udmabuf_open,
	.map = udmabuf_map,
};
