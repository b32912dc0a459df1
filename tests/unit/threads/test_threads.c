// SPDX-License-Identifier: GPL-2.0 OR Linux-OpenIB
/*
 * All that the libraries offer, from several threads at once, on one VFIO device, one context and
 * one protection domain: ThreadSanitizer looks for memory that they share. The kernel is made of
 * functions without state, so that what it finds is the libraries'.
 */
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>
#include <infiniband/mlx5dv_tph.h>
#include <infiniband/tph.h>
#include <rdma/ib_user_ioctl_cmds.h>
#include <rdma/ib_user_ioctl_verbs.h>
#include <rdma/rdma_user_ioctl_cmds.h>
#include <vfio/tph.h>
#include <vfio/tph_requester.h>
#include <vfio/tph_topology.h>

#include "compat.h"
#include "util/macros.h"

#define THREADS 4
#define ROUNDS 200
#define BDF "0000:00:05.0"
#define PAGE 4096
#define BAR_SIZE (16 * PAGE)
#define CONFIG_SIZE 64
#define REQUESTER 0x100 /* in configuration space, which begins with the device's fd */

#define EXPECT(condition)                                                              \
	do {                                                                           \
		if (!(condition)) {                                                    \
			fprintf(stderr, "line %d: %s\n", __LINE__, #condition);        \
			exit(EXIT_FAILURE);                                            \
		}                                                                      \
	} while (0)

int __real_open(const char *path, int flags, ...);
int __wrap_access(const char *path, int mode);
int __wrap_ioctl(int fd, unsigned long command, ...);
void *__wrap_mmap(void *address, size_t length, int protection, int flags, int fd, off_t offset);
int __wrap_open(const char *path, int flags, ...);
DIR *__wrap_opendir(const char *path);
ssize_t __wrap_pread(int fd, void *buffer, size_t size, off_t offset);
ssize_t __wrap_pwrite(int fd, const void *buffer, size_t size, off_t offset);
ssize_t __wrap_readlink(const char *path, char *target, size_t size);

/* A device of vfio-pci in a group of an IOMMU, without a node of its own. */
int __wrap_access(const char *path, int mode)
{
	return 0;
}

ssize_t __wrap_readlink(const char *path, char *target, size_t size)
{
	const char *name = strstr(path, "iommu_group") ? "groups/7" : "drivers/vfio-pci";

	memcpy(target, name, strlen(name));
	return strlen(name);
}

DIR *__wrap_opendir(const char *path)
{
	errno = ENOENT;
	return NULL;
}

int __wrap_open(const char *path, int flags, ...)
{
	return __real_open("/dev/null", O_RDWR | O_CLOEXEC);
}

/* One capability, of a requester in device-specific mode with 8-bit tags and a table of 64. */
ssize_t __wrap_pread(int fd, void *buffer, size_t size, off_t offset)
{
	static const uint32_t capability[] = { 0x00010017, 0x003f0307, 0x00000102 };
	uint32_t value = 0;

	if (offset >= REQUESTER && offset < REQUESTER + (off_t)sizeof(capability))
		value = capability[(offset - REQUESTER) / sizeof(value)];
	memcpy(buffer, &value, size);
	return size;
}

ssize_t __wrap_pwrite(int fd, const void *buffer, size_t size, off_t offset)
{
	return size;
}

void *__wrap_mmap(void *address, size_t length, int protection, int flags, int fd, off_t offset)
{
	static char memory[BAR_SIZE];

	return memory;
}

static int answer(int err)
{
	errno = err;
	return err ? -1 : 0;
}

static int region_info(struct vfio_region_info *info)
{
	info->size = BAR_SIZE;
	info->flags = VFIO_REGION_INFO_FLAG_MMAP;
	return 0;
}

/* Programs the first half of what it is asked for. */
static int requester_feature(struct vfio_device_feature *feature)
{
	struct vfio_device_feature_tph_st *st = (void *)feature->data;
	struct vfio_device_feature_tph_resolve *resolve = (void *)feature->data;

	switch (feature->flags & VFIO_DEVICE_FEATURE_MASK) {
	case VFIO_DEVICE_FEATURE_TPH_ST:
		return st->count / 2;
	case VFIO_DEVICE_FEATURE_TPH_RESOLVE:
		resolve->st = resolve->src;
		return answer(resolve->flags ? 0 : EINVAL);
	default:
		return 0;
	}
}

/* Refuses hint 3, so that there is a reason to write. */
static int feature(struct vfio_device_feature *feature)
{
	const struct vfio_device_feature_dma_buf_tph *tph = (const void *)feature->data;
	const uint32_t set = VFIO_DEVICE_FEATURE_DMA_BUF_TPH | VFIO_DEVICE_FEATURE_SET;

	if (feature->flags == (VFIO_DEVICE_FEATURE_DMA_BUF | VFIO_DEVICE_FEATURE_GET))
		return __real_open("/dev/null", O_RDWR | O_CLOEXEC);
	if ((feature->flags & VFIO_DEVICE_FEATURE_MASK) != VFIO_DEVICE_FEATURE_DMA_BUF_TPH)
		return requester_feature(feature);
	return answer(feature->flags == set && tph->ph == 3 ? EINVAL : 0);
}

/* A device of mlx5 that refuses what begins at an odd address. */
static int uverbs(struct ib_uverbs_ioctl_hdr *hdr)
{
	if (hdr->driver_id != RDMA_DRIVER_MLX5)
		return answer(EINVAL);
	if (!hdr->num_attrs)
		return answer(EPROTONOSUPPORT);
	if (hdr->object_id == UVERBS_OBJECT_MR && hdr->method_id == UVERBS_METHOD_REG_DMABUF_MR &&
	    hdr->attrs[6].data & 1)
		return answer(ENOSPC);
	return 0;
}

int __wrap_ioctl(int fd, unsigned long command, ...)
{
	struct vfio_group_status *status;
	va_list args;
	void *arg;

	va_start(args, command);
	arg = va_arg(args, void *);
	va_end(args);
	switch (command) {
	case RDMA_VERBS_IOCTL:
		return uverbs(arg);
	case VFIO_GROUP_GET_STATUS:
		status = arg;
		status->flags = VFIO_GROUP_FLAGS_VIABLE;
		return 0;
	case VFIO_GROUP_GET_DEVICE_FD:
		return __real_open("/dev/null", O_RDWR | O_CLOEXEC);
	case VFIO_DEVICE_GET_INFO:
		((struct vfio_device_info *)arg)->flags = VFIO_DEVICE_FLAGS_PCI;
		return 0;
	case VFIO_DEVICE_GET_REGION_INFO:
		return region_info(arg);
	case VFIO_DEVICE_FEATURE:
		return feature(arg);
	default:
		return 0;
	}
}

/* What libibverbs has of it is its own, and of no interest here. */
struct ibv_mr *ibv_import_mr(struct ibv_pd *pd, uint32_t handle)
{
	struct ibv_mr *mr = calloc(1, sizeof(*mr));

	EXPECT(mr);
	mr->context = pd->context;
	return mr;
}

struct ibv_mr *ibv_reg_dmabuf_mr(struct ibv_pd *pd, uint64_t offset, size_t length, uint64_t iova,
				 int fd, int access)
{
	return ibv_import_mr(pd, 0);
}

static struct ibv_context context = { .cmd_fd = 5 };
static struct ibv_pd pd = { .context = &context };
static struct vfio_tph_device *shared;

static void steer(struct vfio_tph_device *device)
{
	static const uint32_t cpus[] = { 0, 1 };
	const struct vfio_tph_program_attr attr = {
		.source = VFIO_TPH_SOURCE_CPU,
		.tph_namespace = VFIO_TPH_TAG_ST,
		.flags = VFIO_TPH_PROGRAM_REQUIRE_ST,
		.count = ARRAY_SIZE(cpus),
		.numbers = cpus,
	};
	struct vfio_tph_requester_info info = {};
	struct vfio_tph_hints hints = {};
	struct vfio_tph_reason reason;
	unsigned int programmed;

	EXPECT(!vfio_tph_opt_in(device, &reason));
	EXPECT(!vfio_tph_query_requester(device, &info, &reason) && info.st_entries == 64);
	/* The register is as it is. */
	EXPECT(vfio_tph_enable(device, VFIO_TPH_MODE_DEVICE_SPECIFIC, VFIO_TPH_TAG_ST, &reason) ==
	       EIO);
	EXPECT(vfio_tph_disable(device, &reason) == EIO);
	EXPECT(vfio_tph_program(device, &attr, &programmed, &reason) == EOPNOTSUPP);
	EXPECT(programmed == 1 && strstr(reason.text, "CPU 1"));
	EXPECT(!vfio_tph_resolve(device, VFIO_TPH_SOURCE_CPU, VFIO_TPH_TAG_ST, 5, &hints, &reason));
	EXPECT(hints.st == 5);
}

static void use_device(struct vfio_tph_device *device)
{
	static const struct vfio_tph_range ranges[] = { { PAGE, PAGE }, { 0, PAGE } };
	struct vfio_tph_tags tags = { .flags = VFIO_TPH_TAG_ST, .st = 7, .ph = 2 };
	struct vfio_tph_reason reason;
	uint64_t size;
	void *memory;
	int fd;

	EXPECT(!vfio_tph_probe(device, &reason));
	EXPECT(!vfio_tph_bar_size(device, 2, &size, &reason) && size == BAR_SIZE);
	EXPECT(!vfio_tph_map_bar(device, 2, 0, PAGE, &memory, &reason));
	EXPECT(vfio_tph_map_bar(device, 2, 1, PAGE, &memory, &reason) == EINVAL);
	EXPECT(!vfio_tph_export(device, 2, 0, PAGE, &fd, &reason));
	close(fd);
	EXPECT(!vfio_tph_export_ranges(device, 2, ranges, ARRAY_SIZE(ranges), &fd, &reason));
	EXPECT(!vfio_tph_publish(device, fd, &tags, &reason));
	tags.ph = 3;
	EXPECT(vfio_tph_publish(device, fd, &tags, &reason) == EINVAL);
	EXPECT(strstr(reason.text, strerror(EINVAL)));
	EXPECT(!vfio_tph_clear(device, fd, &reason));
	close(fd);
	steer(device);
}

static void open_own_device(void)
{
	struct vfio_tph_reason reason;
	struct vfio_tph_device *device = vfio_tph_open(BDF, &reason);

	EXPECT(device && vfio_tph_device_fd(device) >= 0);
	use_device(device);
	vfio_tph_close(vfio_tph_use_fd(vfio_tph_device_fd(device), BDF, &reason));
	vfio_tph_close(device);
	EXPECT(!vfio_tph_open("nonsense", &reason) && errno == EINVAL);
}

static void register_and_query(void)
{
	struct ibv_tph_dmabuf_mr_attr attr = {
		.length = PAGE,
		.tph_namespace = IBV_TPH_NS_ST,
		.tph_flags = IBV_TPH_REQUIRE,
	};
	struct mlx5dv_tph_device_info device = {};
	struct mlx5dv_tph_mr_info info = {};
	struct ibv_mr *mr;
	uint32_t handle;

	mr = ibv_tph_reg_dmabuf_mr(&pd, &attr);
	EXPECT(mr && !mlx5dv_tph_query_mr(mr, &info));
	free(mr);
	EXPECT(!mlx5dv_tph_query_device(&context, &device));
	attr.iova = 1;
	EXPECT(!ibv_tph_reg_dmabuf_mr(&pd, &attr) && errno == ENOSPC);
	EXPECT(ibv_tph_reg_dmabuf_mr_handle(context.cmd_fd, 0, &attr, &handle) == ENOSPC);
}

static void walk_topology(void)
{
	static const uint8_t config[CONFIG_SIZE] = { 0xb3, 0x15 };
	const struct vfio_tph_function function = {
		.address = BDF,
		.host_bridge = "pci0000:00",
		.config = config,
		.config_size = sizeof(config),
	};
	struct vfio_tph_topology *topology = vfio_tph_topology_create();
	struct vfio_tph_reason reason;

	EXPECT(topology && !vfio_tph_topology_add(topology, &function, &reason));
	EXPECT(vfio_tph_topology_add(topology, &function, &reason) == EEXIST);
	EXPECT(vfio_tph_topology_find(topology, BDF));
	vfio_tph_topology_destroy(topology);
}

static void *run(void *unused)
{
	for (int i = 0; i < ROUNDS; i++) {
		use_device(shared);
		open_own_device();
		register_and_query();
		walk_topology();
	}
	return NULL;
}

int main(void)
{
	pthread_t threads[THREADS];

	shared = vfio_tph_open(BDF, NULL);
	EXPECT(shared);
	for (int i = 0; i < THREADS; i++)
		EXPECT(!pthread_create(&threads[i], NULL, run, NULL));
	for (int i = 0; i < THREADS; i++)
		EXPECT(!pthread_join(threads[i], NULL));
	vfio_tph_close(shared);
	return EXIT_SUCCESS;
}
