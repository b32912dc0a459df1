// SPDX-License-Identifier: GPL-2.0 OR Linux-OpenIB
/* What each request does to the function, and the bytes it is answered with. */
#include <errno.h>
#include <fcntl.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/eventfd.h>
#include <sys/mman.h>
#include <unistd.h>
#include <linux/pci_regs.h>
#include <linux/vfio.h>
#include <cmocka.h>

#include "pci/function.h"
#include "util/macros.h"
#include "vfio_user/session.h"

#define PAGE 4096
#define VECTORS 8

struct fixture {
	struct vfio_user_session session;
	struct fabric *fabric;
	struct pci_function fn;
	unsigned int resets, writes;
	uint64_t last_offset, last_value;
	uint8_t memory[PAGE];
	/* the last reply */
	unsigned int replies;
	int fd;
	struct vfio_user_header header;
	uint8_t body[256];
};

static void bar_read(struct pci_function *fn, unsigned int bar, uint64_t offset, void *data,
		     size_t len)
{
	memset(data, 0x5a, len);
}

static void bar_write(struct pci_function *fn, unsigned int bar, uint64_t offset, const void *data,
		      size_t len)
{
	struct fixture *f = container_of(fn, struct fixture, fn);

	f->writes++;
	f->last_offset = offset;
	f->last_value = 0;
	memcpy(&f->last_value, data, len);
}

static void reset(struct pci_function *fn)
{
	container_of(fn, struct fixture, fn)->resets++;
}

static const struct pci_function_ops ops = {
	.bar_read = bar_read,
	.bar_write = bar_write,
	.reset = reset,
};

static void keep_reply(struct vfio_user_session *session, const void *data, size_t len, int fd)
{
	struct fixture *f = container_of(session, struct fixture, session);

	f->replies++;
	f->fd = fd;
	memcpy(&f->header, data, sizeof(f->header));
	assert_int_equal(f->header.size, len);
	assert_true(len - sizeof(f->header) <= sizeof(f->body));
	memcpy(f->body, (const uint8_t *)data + sizeof(f->header), len - sizeof(f->header));
}

/* Send a request; a positive result is the errno of the reply, -1: there was none. */
static int request_flags(struct fixture *f, uint16_t command, const void *body, size_t len,
			 const int *fds, unsigned int fd_count, uint32_t flags)
{
	static uint16_t id;
	struct vfio_user_message message = {
		.header = { .id = ++id, .command = command, .size = 16 + len, .flags = flags },
		.body_len = len,
		.fd_count = fd_count,
		.allocated = len > MESSAGE_INLINE ? malloc(len) : NULL,
	};
	unsigned int before = f->replies;

	if (len)
		memcpy(message_body(&message), body, len);
	if (fd_count)
		memcpy(message.fds, fds, fd_count * sizeof(*fds));
	session_handle(&f->session, &message);
	if (f->replies == before)
		return -1;
	assert_int_equal(f->replies, before + 1);
	assert_int_equal(f->header.id, id);
	assert_int_equal(f->header.command, command);
	if (!(f->header.flags & VFIO_USER_ERROR)) {
		assert_int_equal(f->header.flags, VFIO_USER_REPLY);
		assert_int_equal(f->header.error, 0);
		return 0;
	}
	assert_int_equal(f->header.flags, VFIO_USER_REPLY | VFIO_USER_ERROR);
	assert_int_equal(f->header.size, 16);
	assert_int_not_equal(f->header.error, 0);
	return f->header.error;
}

static int request_fd(struct fixture *f, uint16_t command, const void *body, size_t len, int fd)
{
	return request_flags(f, command, body, len, &fd, fd >= 0, 0);
}

static int request(struct fixture *f, uint16_t command, const void *body, size_t len)
{
	return request_flags(f, command, body, len, NULL, 0, 0);
}

static int make_session(void **state)
{
	struct fixture *f = calloc(1, sizeof(*f));
	const struct pci_identity identity = { .vendor = 0x1234, .device = 0x7470 };
	const struct pci_msix_attr msix = { .vectors = VECTORS, .bar = 0, .table = 0, .pba = 256 };
	const struct vfio_user_version version = { 0 };

	f->fabric = fabric_create();
	if (pci_function_init(&f->fn, f->fabric, &(struct fabric_port_attr){ .name = "dev" },
			      &identity, &ops) ||
	    pci_add_bar(&f->fn, 0, &(struct pci_bar){ .size = PAGE, .memfd = -1 }) ||
	    pci_add_bar(&f->fn, 2,
			&(struct pci_bar){
				.size = PAGE,
				.flags = PCI_BAR_64,
				.memory = f->memory,
				.memfd = 77,
			}) ||
	    pci_add_msix(&f->fn, &msix))
		return -1;
	f->session = (struct vfio_user_session){ .fn = &f->fn, .reply = keep_reply };
	*state = f;
	return request(f, VFIO_USER_VERSION, &version, sizeof(version));
}

static int free_session(void **state)
{
	struct fixture *f = *state;

	session_end(&f->session);
	pci_function_fini(&f->fn);
	fabric_destroy(f->fabric);
	free(f);
	return 0;
}

static void version_comes_first_and_once(void **state)
{
	struct fixture *f = *state;
	struct {
		struct vfio_user_version version;
		char json[200];
	} asked = { .json = "{\"capabilities\":{\"max_msg_fds\":16}}" };
	const char *answer = (const char *)f->body + sizeof(struct vfio_user_version);

	assert_int_equal(request(f, VFIO_USER_VERSION, &asked, sizeof(asked)), EINVAL);
	f->session.agreed = false;
	assert_int_equal(request(f, VFIO_USER_DEVICE_RESET, NULL, 0), EINVAL);
	assert_int_equal(f->resets, 0);
	asked.version.major = 1;
	assert_int_equal(request(f, VFIO_USER_VERSION, &asked, sizeof(asked)), EINVAL);
	asked.version.major = 0;
	asked.version.minor = 9;
	assert_int_equal(request(f, VFIO_USER_VERSION, &asked, sizeof(asked)), 0);
	assert_memory_equal(f->body, "\0\0\0\0", 4);
	assert_string_equal(answer, "{\"capabilities\":{\"max_msg_fds\":16,"
				    "\"max_data_xfer_size\":65536,\"write_multiple\":true}}");
	assert_int_equal(f->header.size, 16 + 4 + strlen(answer) + 1);
	/* A reply that is longer than its request would be refused. */
	f->session.agreed = false;
	assert_int_equal(request(f, VFIO_USER_VERSION, &asked, 4 + 20), 0);
	assert_int_equal(f->header.size, 16 + 4);
}

static void device_and_regions_are_described(void **state)
{
	struct fixture *f = *state;
	struct vfio_user_device_info device = { .argsz = 16 };
	struct vfio_user_region_info region = { .argsz = 32 }, *answer = (void *)f->body;
	struct vfio_user_sparse *sparse = (void *)(f->body + 32);

	assert_int_equal(request(f, VFIO_USER_DEVICE_GET_INFO, &device, 16), 0);
	assert_memory_equal(f->body, ((uint32_t[]){ 16, 3, 9, 5 }), 16);
	device.argsz = 15;
	assert_int_equal(request(f, VFIO_USER_DEVICE_GET_INFO, &device, 16), EINVAL);
	assert_int_equal(request(f, VFIO_USER_DEVICE_GET_REGION_INFO, &region, 32), 0);
	assert_int_equal(answer->flags, 3);
	assert_int_equal(answer->size, PAGE);
	assert_int_equal(f->fd, -1);
	region.index = VFIO_PCI_CONFIG_REGION_INDEX;
	assert_int_equal(request(f, VFIO_USER_DEVICE_GET_REGION_INFO, &region, 32), 0);
	assert_int_equal(answer->size, 4096);
	region.index = VFIO_PCI_ROM_REGION_INDEX;
	assert_int_equal(request(f, VFIO_USER_DEVICE_GET_REGION_INFO, &region, 32), 0);
	assert_int_equal(answer->size, 0);
	assert_int_equal(answer->flags, 0);
	region.index = 9;
	assert_int_equal(request(f, VFIO_USER_DEVICE_GET_REGION_INFO, &region, 32), EINVAL);
	/* Memory: first with too little room, then with enough. */
	region.index = 2;
	assert_int_equal(request(f, VFIO_USER_DEVICE_GET_REGION_INFO, &region, 32), 0);
	assert_int_equal(f->header.size, 16 + 32);
	assert_int_equal(answer->argsz, 64);
	assert_int_equal(answer->flags, 0xf);
	assert_int_equal(answer->cap_offset, 32);
	assert_int_equal(f->fd, -1);
	region.argsz = 64;
	assert_int_equal(request(f, VFIO_USER_DEVICE_GET_REGION_INFO, &region, 32), 0);
	assert_int_equal(f->header.size, 16 + 64);
	assert_int_equal(f->fd, 77);
	assert_int_equal(sparse->id, 1);
	assert_int_equal(sparse->version, 1);
	assert_int_equal(sparse->next, 0);
	assert_int_equal(sparse->areas, 1);
	assert_int_equal(sparse->area[0].offset, 0);
	assert_int_equal(sparse->area[0].size, PAGE);
}

static void regions_are_read_and_written(void **state)
{
	struct fixture *f = *state;
	struct {
		struct vfio_user_region_access access;
		uint8_t data[8];
	} write = { .access = { .offset = 0x800, .count = 8 }, .data = { 1, 2 } };
	struct vfio_user_region_access read = {
		.region = VFIO_PCI_CONFIG_REGION_INDEX,
		.count = 4,
	};

	assert_int_equal(request(f, VFIO_USER_REGION_WRITE, &write, 24), 0);
	assert_int_equal(f->header.size, 32);
	assert_memory_equal(f->body, &write, 16);
	assert_int_equal(f->last_offset, 0x800);
	assert_int_equal(f->last_value, 0x0201);
	assert_int_equal(request_flags(f, VFIO_USER_REGION_WRITE, &write, 24, NULL, 0,
				       VFIO_USER_NO_REPLY),
			 -1);
	assert_int_equal(f->writes, 2);
	write.access.offset = PAGE - 4;
	assert_int_equal(request(f, VFIO_USER_REGION_WRITE, &write, 24), EINVAL);
	assert_int_equal(request_flags(f, VFIO_USER_REGION_WRITE, &write, 24, NULL, 0,
				       VFIO_USER_NO_REPLY),
			 -1);
	assert_int_equal(f->writes, 2);
	assert_int_equal(f->session.refused, 2);
	assert_int_equal(request(f, VFIO_USER_REGION_READ, &read, 16), 0);
	assert_int_equal(f->header.size, 16 + 16 + 4);
	assert_memory_equal(f->body, &read, 16);
	assert_memory_equal(f->body + 16, "\x34\x12\x70\x74", 4);
	read.offset = 4095;
	assert_int_equal(request(f, VFIO_USER_REGION_READ, &read, 16), EINVAL);
	read = (struct vfio_user_region_access){ .offset = 0x900, .count = 2 };
	assert_int_equal(request(f, VFIO_USER_REGION_READ, &read, 16), 0);
	assert_memory_equal(f->body + 16, "\x5a\x5a", 2);
	read.region = 8;
	assert_int_equal(request(f, VFIO_USER_REGION_READ, &read, 16), EINVAL);
	read.region = UINT32_MAX;
	assert_int_equal(request(f, VFIO_USER_REGION_READ, &read, 16), EINVAL);
}

static void message_may_have_many_writes(void **state)
{
	struct fixture *f = *state;
	struct {
		uint64_t count;
		struct vfio_user_write writes[3];
	} multi = {
		.count = 3,
		.writes = {
			{ .offset = 0x800, .count = 8, .data = { 1 } },
			{ .offset = 0x808, .count = 4, .data = { 2 } },
			{ .offset = 0x810, .count = 1, .data = { 3, 9 } },
		},
	};

	assert_int_equal(request(f, VFIO_USER_REGION_WRITE_MULTI, &multi, sizeof(multi)), 0);
	assert_int_equal(f->header.size, 16 + 8);
	assert_int_equal(f->writes, 3);
	assert_int_equal(f->last_offset, 0x810);
	assert_int_equal(f->last_value, 3);
	multi.writes[1].region = 5;
	assert_int_equal(request(f, VFIO_USER_REGION_WRITE_MULTI, &multi, sizeof(multi)), EINVAL);
	assert_int_equal(f->writes, 4);
}

static int make_memfd(uint64_t size)
{
	int fd = memfd_create("ram", MFD_CLOEXEC);

	assert_int_equal(ftruncate(fd, size), 0);
	return fd;
}

static void enable_bus_master(struct fixture *f)
{
	uint16_t command = PCI_COMMAND_MASTER;

	pci_config_write(&f->fn, PCI_COMMAND, &command, sizeof(command));
}

static void memory_is_mapped_and_unmapped(void **state)
{
	struct fixture *f = *state;
	struct vfio_user_dma_map map = {
		.argsz = 32,
		.flags = 3,
		.offset = PAGE,
		.address = 0x100000,
		.size = 2 * PAGE,
	};
	struct vfio_user_dma_unmap unmap = { .argsz = 24, .address = 0x100000, .size = 2 * PAGE };
	int fd = make_memfd(3 * PAGE);
	uint8_t *ram = mmap(NULL, 3 * PAGE, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
	uint8_t *seen;

	enable_bus_master(f);
	assert_int_equal(request_fd(f, VFIO_USER_DMA_MAP, &map, 32, dup(fd)), 0);
	assert_int_equal(f->header.size, 16);
	assert_int_equal(f->session.mappings, 1);
	seen = fabric_ram(f->fn.port, 0x100000, 2 * PAGE, true);
	assert_non_null(seen);
	seen[5] = 0x42;
	assert_int_equal(ram[PAGE + 5], 0x42);
	/*
	 * Overlapping, beyond the file's end, at an odd place of it, parts of pages, wrong flags,
	 * no file at all.
	 */
	map.address += PAGE;
	assert_int_equal(request_fd(f, VFIO_USER_DMA_MAP, &map, 32, dup(fd)), EEXIST);
	map.address = 0x200000;
	map.offset = 2 * PAGE;
	assert_int_equal(request_fd(f, VFIO_USER_DMA_MAP, &map, 32, dup(fd)), EINVAL);
	map.offset = UINT64_MAX - PAGE + 1;
	assert_int_equal(request_fd(f, VFIO_USER_DMA_MAP, &map, 32, dup(fd)), EINVAL);
	map.offset = 7;
	assert_int_equal(request_fd(f, VFIO_USER_DMA_MAP, &map, 32, dup(fd)), EINVAL);
	map.offset = 0;
	map.address += 4;
	assert_int_equal(request_fd(f, VFIO_USER_DMA_MAP, &map, 32, dup(fd)), EINVAL);
	map.address -= 4;
	map.size -= 4;
	assert_int_equal(request_fd(f, VFIO_USER_DMA_MAP, &map, 32, dup(fd)), EINVAL);
	map.size += 4;
	map.flags = 4;
	assert_int_equal(request_fd(f, VFIO_USER_DMA_MAP, &map, 32, dup(fd)), EINVAL);
	map.flags = 3;
	map.argsz = 31;
	assert_int_equal(request_fd(f, VFIO_USER_DMA_MAP, &map, 32, dup(fd)), EINVAL);
	map.argsz = 32;
	map.size = 0;
	assert_int_equal(request_fd(f, VFIO_USER_DMA_MAP, &map, 32, dup(fd)), EINVAL);
	map.size = PAGE;
	assert_int_equal(request_fd(f, VFIO_USER_DMA_MAP, &map, 32, eventfd(0, 0)), EINVAL);
	assert_int_equal(f->session.mappings, 1);
	/* What is no memory is remembered, and leads nowhere. */
	assert_int_equal(request(f, VFIO_USER_DMA_MAP, &map, 32), 0);
	assert_null(fabric_ram(f->fn.port, 0x200000, 1, false));
	/* Cutting a mapping, then all of it, then once more what is gone. */
	unmap.size = PAGE;
	assert_int_equal(request(f, VFIO_USER_DMA_UNMAP, &unmap, 24), EINVAL);
	unmap.size = 2 * PAGE;
	assert_int_equal(request(f, VFIO_USER_DMA_UNMAP, &unmap, 24), 0);
	assert_memory_equal(f->body, &unmap, 24);
	assert_null(fabric_ram(f->fn.port, 0x100000, 1, false));
	assert_int_equal(f->session.mappings, 0);
	assert_int_equal(request(f, VFIO_USER_DMA_UNMAP, &unmap, 24), 0);
	unmap.size = 0;
	assert_int_equal(request(f, VFIO_USER_DMA_UNMAP, &unmap, 24), EINVAL);
	unmap.address = UINT64_MAX;
	unmap.size = 2;
	assert_int_equal(request(f, VFIO_USER_DMA_UNMAP, &unmap, 24), EINVAL);
	munmap(ram, 3 * PAGE);
	close(fd);
}

static void everything_is_unmapped_at_once(void **state)
{
	struct fixture *f = *state;
	struct vfio_user_dma_map map = { .argsz = 32, .flags = 1, .size = PAGE };
	struct vfio_user_dma_unmap all = { .argsz = 24, .flags = VFIO_DMA_UNMAP_FLAG_ALL };

	for (map.address = 0; map.address < 5 * PAGE; map.address += PAGE)
		assert_int_equal(request_fd(f, VFIO_USER_DMA_MAP, &map, 32, make_memfd(PAGE)), 0);
	assert_int_equal(f->session.mappings, 5);
	assert_int_equal(request(f, VFIO_USER_DMA_UNMAP, &all, 24), 0);
	assert_int_equal(f->session.mappings, 0);
	all.size = PAGE;
	assert_int_equal(request(f, VFIO_USER_DMA_UNMAP, &all, 24), EINVAL);
	all = (struct vfio_user_dma_unmap){ .argsz = 24, .flags = 1, .size = PAGE };
	assert_int_equal(request(f, VFIO_USER_DMA_UNMAP, &all, 24), EINVAL);
}

/* Behind an IOMMU, memory comes page by page: more of them than a process may map by themselves. */
static void pages_of_one_file_are_mapped_once(void **state)
{
	enum { PAGES = 70000 };
	struct fixture *f = *state;
	struct vfio_user_dma_map map = { .argsz = 32, .flags = 3, .size = PAGE };
	struct vfio_user_dma_unmap all = { .argsz = 24, .flags = VFIO_DMA_UNMAP_FLAG_ALL };
	int fd = make_memfd(3 * PAGE), others[MEMORY_FILES_MAX], i;

	enable_bus_master(f);
	for (i = 0; i < PAGES; i++) {
		map.address = (uint64_t)PAGE * i;
		map.offset = i % 3 * PAGE;
		assert_int_equal(request_fd(f, VFIO_USER_DMA_MAP, &map, 32, dup(fd)), 0);
	}
	assert_int_equal(f->session.mappings, PAGES);
	for (i = 0; i < 3; i++)
		memset(fabric_ram(f->fn.port, (uint64_t)PAGE * i, PAGE, true), i + 1, PAGE);
	for (i = 0; i < PAGES; i++)
		assert_int_equal(*(uint8_t *)fabric_ram(f->fn.port, (uint64_t)PAGE * i, PAGE,
							false),
				 i % 3 + 1);
	/* One file is in use, and a file more than there is room for. */
	map.offset = 0;
	for (i = 1; i <= MEMORY_FILES_MAX; i++) {
		map.address = (uint64_t)PAGE * (PAGES + i);
		others[i - 1] = make_memfd(PAGE);
		assert_int_equal(request_fd(f, VFIO_USER_DMA_MAP, &map, 32, dup(others[i - 1])),
				 i < MEMORY_FILES_MAX ? 0 : ENOSPC);
	}
	assert_int_equal(request(f, VFIO_USER_DMA_UNMAP, &all, 24), 0);
	assert_int_equal(f->session.mappings, 0);
	assert_int_equal(request_fd(f, VFIO_USER_DMA_MAP, &map, 32, others[i - 2]), 0);
	while (--i > 1)
		close(others[i - 2]);
	close(fd);
}

/* Which bytes there are is asked again each time, and what may be written. */
static void files_grow_and_have_rights(void **state)
{
	struct fixture *f = *state;
	struct vfio_user_dma_map map = { .argsz = 32, .flags = 3, .size = PAGE, .offset = PAGE };
	int fd = make_memfd(PAGE), read_only;
	char path[64];

	enable_bus_master(f);
	snprintf(path, sizeof(path), "/proc/self/fd/%d", fd);
	read_only = open(path, O_RDONLY | O_CLOEXEC);
	map.offset = 0;
	map.address = 2 * PAGE;
	assert_int_equal(request_fd(f, VFIO_USER_DMA_MAP, &map, 32, dup(read_only)), EACCES);
	map.flags = 1;
	assert_int_equal(request_fd(f, VFIO_USER_DMA_MAP, &map, 32, read_only), 0);
	assert_null(fabric_ram(f->fn.port, 2 * PAGE, 1, true));
	map.flags = 3;
	map.address = 0;
	map.offset = PAGE;
	assert_int_equal(request_fd(f, VFIO_USER_DMA_MAP, &map, 32, dup(fd)), EINVAL);
	map.offset = 0;
	assert_int_equal(request_fd(f, VFIO_USER_DMA_MAP, &map, 32, dup(fd)), 0);
	assert_int_equal(ftruncate(fd, 2 * PAGE), 0);
	map.offset = map.address = PAGE;
	assert_int_equal(request_fd(f, VFIO_USER_DMA_MAP, &map, 32, dup(fd)), 0);
	*(uint8_t *)fabric_ram(f->fn.port, 0, 1, true) = 7;
	assert_int_equal(*(uint8_t *)fabric_ram(f->fn.port, 2 * PAGE, 1, false), 7);
	assert_non_null(fabric_ram(f->fn.port, PAGE, 1, true));
	close(fd);
}

/* How often @fd was signalled since the last call. */
static uint64_t signalled(int fd)
{
	uint64_t count = 0;

	return read(fd, &count, sizeof(count)) == sizeof(count) ? count : 0;
}

static void interrupts_are_attached(void **state)
{
	struct fixture *f = *state;
	struct vfio_user_irq_set set = {
		.argsz = 20,
		.flags = 0x24,
		.index = VFIO_PCI_MSIX_IRQ_INDEX,
		.start = 6,
		.count = 2,
	};
	struct vfio_user_irq_info info = { .argsz = 16, .index = VFIO_PCI_MSIX_IRQ_INDEX };
	uint16_t enable = PCI_MSIX_FLAGS_ENABLE;
	int fds[2] = { eventfd(0, EFD_NONBLOCK), eventfd(0, EFD_NONBLOCK) };
	int copies[2] = { dup(fds[0]), dup(fds[1]) };
	int blocking = eventfd(0, 0), pipe_ends[2];
	const uint64_t full = UINT64_MAX - 1;

	assert_int_equal(request(f, VFIO_USER_DEVICE_GET_IRQ_INFO, &info, 16), 0);
	assert_memory_equal(f->body, ((uint32_t[]){ 16, 1, 2, VECTORS }), 16);
	info.index = VFIO_PCI_INTX_IRQ_INDEX;
	assert_int_equal(request(f, VFIO_USER_DEVICE_GET_IRQ_INFO, &info, 16), 0);
	assert_memory_equal(f->body, ((uint32_t[]){ 16, 0, 0, 0 }), 16);
	info.index = 5;
	assert_int_equal(request(f, VFIO_USER_DEVICE_GET_IRQ_INFO, &info, 16), EINVAL);

	pci_config_write(&f->fn, f->fn.msix.cap + PCI_MSIX_FLAGS, &enable, 2);
	assert_int_equal(request_flags(f, VFIO_USER_DEVICE_SET_IRQS, &set, 20, copies, 2, 0), 0);
	pci_msix_raise(&f->fn, 7);
	assert_int_equal(signalled(fds[0]), 0);
	assert_int_equal(signalled(fds[1]), 1);
	/* Triggered by the client itself. */
	set.flags = 0x21;
	assert_int_equal(request(f, VFIO_USER_DEVICE_SET_IRQS, &set, 20), 0);
	assert_int_equal(signalled(fds[0]), 1);
	assert_int_equal(signalled(fds[1]), 1);
	/* Without a descriptor: detached. */
	set.flags = 0x24;
	set.count = 1;
	assert_int_equal(request(f, VFIO_USER_DEVICE_SET_IRQS, &set, 20), 0);
	pci_msix_raise(&f->fn, 6);
	assert_int_equal(signalled(fds[0]), 0);
	/* What is no eventfd could end the server; one that is full must not stop it. */
	assert_int_equal(pipe(pipe_ends), 0);
	close(pipe_ends[0]);
	assert_int_equal(request_fd(f, VFIO_USER_DEVICE_SET_IRQS, &set, 20, pipe_ends[1]), EINVAL);
	assert_int_equal(write(blocking, &full, sizeof(full)), sizeof(full));
	assert_int_equal(request_fd(f, VFIO_USER_DEVICE_SET_IRQS, &set, 20, dup(blocking)), 0);
	pci_msix_raise(&f->fn, 6);
	assert_int_equal(signalled(blocking), full);
	close(blocking);
	/* Descriptors and vectors that differ in number, vectors that do not exist, other kinds. */
	set.count = 2;
	assert_int_equal(request_fd(f, VFIO_USER_DEVICE_SET_IRQS, &set, 20, dup(fds[0])), EINVAL);
	set.count = 3;
	assert_int_equal(request(f, VFIO_USER_DEVICE_SET_IRQS, &set, 20), EINVAL);
	set.start = UINT32_MAX;
	assert_int_equal(request(f, VFIO_USER_DEVICE_SET_IRQS, &set, 20), EINVAL);
	set = (struct vfio_user_irq_set){ .argsz = 20, .flags = 0x21, .index = 0 };
	assert_int_equal(request(f, VFIO_USER_DEVICE_SET_IRQS, &set, 20), EINVAL);
	set.index = VFIO_PCI_MSIX_IRQ_INDEX;
	set.flags = 0x0a;
	assert_int_equal(request(f, VFIO_USER_DEVICE_SET_IRQS, &set, 20), EINVAL);
	/* All of them off. */
	set.flags = 0x21;
	assert_int_equal(request(f, VFIO_USER_DEVICE_SET_IRQS, &set, 20), 0);
	pci_msix_raise(&f->fn, 7);
	assert_int_equal(signalled(fds[1]), 0);
	close(fds[0]);
	close(fds[1]);
}

static void clients_reset_and_end(void **state)
{
	struct fixture *f = *state;
	struct vfio_user_dma_map map = { .argsz = 32, .flags = 3, .size = PAGE };
	uint16_t enable = PCI_MSIX_FLAGS_ENABLE;
	int fd = eventfd(0, EFD_NONBLOCK);

	assert_int_equal(request(f, VFIO_USER_DEVICE_RESET, NULL, 0), 0);
	assert_int_equal(f->resets, 1);
	enable_bus_master(f);
	assert_int_equal(request_fd(f, VFIO_USER_DMA_MAP, &map, 32, make_memfd(PAGE)), 0);
	pci_msix_set_eventfd(&f->fn, 0, dup(fd));
	session_end(&f->session);
	assert_int_equal(f->resets, 2);
	assert_int_equal(f->session.mappings, 0);
	enable_bus_master(f);
	assert_null(fabric_ram(f->fn.port, 0, 1, false));
	pci_config_write(&f->fn, f->fn.msix.cap + PCI_MSIX_FLAGS, &enable, 2);
	pci_msix_raise(&f->fn, 0);
	assert_int_equal(signalled(fd), 0);
	assert_false(f->session.agreed);
	close(fd);
}

#define SESSION_TEST(name) cmocka_unit_test_setup_teardown(name, make_session, free_session)

int main(void)
{
	const struct CMUnitTest tests[] = {
		SESSION_TEST(version_comes_first_and_once),
		SESSION_TEST(device_and_regions_are_described),
		SESSION_TEST(regions_are_read_and_written),
		SESSION_TEST(message_may_have_many_writes),
		SESSION_TEST(memory_is_mapped_and_unmapped),
		SESSION_TEST(everything_is_unmapped_at_once),
		SESSION_TEST(pages_of_one_file_are_mapped_once),
		SESSION_TEST(files_grow_and_have_rights),
		SESSION_TEST(interrupts_are_attached),
		SESSION_TEST(clients_reset_and_end),
	};

	return cmocka_run_group_tests_name("vfio_user_session", tests, NULL, NULL);
}
