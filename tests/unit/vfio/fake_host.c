// SPDX-License-Identifier: GPL-2.0 OR Linux-OpenIB
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <ftw.h>
#include <limits.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/types.h>
#include <unistd.h>
#include <cmocka.h>

#include "compat.h"
#include "fake_host.h"

#define REGION_SHIFT 40

struct fake_host host;
static char root[] = "/tmp/fake-host-XXXXXX";

int __real_access(const char *path, int mode);
void *__real_calloc(size_t count, size_t size);
int __real_close(int fd);
int __real_closedir(DIR *directory);
void *__real_malloc(size_t size);
int __real_open(const char *path, int flags, ...);
DIR *__real_opendir(const char *path);
ssize_t __real_read(int fd, void *buffer, size_t size);
ssize_t __real_readlink(const char *path, char *target, size_t size);

int __wrap_access(const char *path, int mode);
void *__wrap_calloc(size_t count, size_t size);
int __wrap_close(int fd);
int __wrap_closedir(DIR *directory);
int __wrap_ioctl(int fd, unsigned long request, ...);
void *__wrap_malloc(size_t size);
void *__wrap_mmap(void *address, size_t length, int protection, int flags, int fd, off_t offset);
int __wrap_open(const char *path, int flags, ...);
DIR *__wrap_opendir(const char *path);
ssize_t __wrap_pread(int fd, void *buffer, size_t size, off_t offset);
ssize_t __wrap_pwrite(int fd, const void *buffer, size_t size, off_t offset);
ssize_t __wrap_read(int fd, void *buffer, size_t size);
ssize_t __wrap_readlink(const char *path, char *target, size_t size);

static void in_tree(char *real, const char *path)
{
	assert_true(snprintf(real, PATH_MAX, "%s%s", root, path) < PATH_MAX);
}

static void make_parents(char *path)
{
	char *slash;

	for (slash = strchr(path + 1, '/'); slash; slash = strchr(slash + 1, '/')) {
		*slash = '\0';
		assert_true(!mkdir(path, 0700) || errno == EEXIST);
		*slash = '/';
	}
}

void host_file(const char *path, const char *content)
{
	char real[PATH_MAX];
	FILE *file;

	in_tree(real, path);
	make_parents(real);
	file = fopen(real, "w");
	assert_non_null(file);
	assert_true(fputs(content, file) >= 0);
	assert_int_equal(fclose(file), 0);
}

void host_link(const char *path, const char *target)
{
	char real[PATH_MAX];

	in_tree(real, path);
	make_parents(real);
	assert_int_equal(symlink(target, real), 0);
}

static int remove_one(const char *path, const struct stat *info, int type, struct FTW *walk)
{
	return remove(path);
}

void host_remove(const char *path)
{
	char real[PATH_MAX];

	in_tree(real, path);
	assert_int_equal(nftw(real, remove_one, 8, FTW_DEPTH | FTW_PHYS), 0);
}

#define DEVICE "/sys/bus/pci/devices/" HOST_BDF

void host_create(void)
{
	host = (struct fake_host){
		.bar_size = { [0] = 0x1000, [2] = 0x10000, [4] = 0x100 },
		.bar_flags = { [0] = VFIO_REGION_INFO_FLAG_MMAP, [2] = VFIO_REGION_INFO_FLAG_MMAP },
		.config = {
			[0x10 / 4 + 2] = 0xc,
			[0x10 / 4 + 4] = 0x1,
			[0x100 / 4] = HOST_REQUESTER << 20 | 0x10001,
			[HOST_REQUESTER / 4] = 0x10017,
			[HOST_REQUESTER / 4 + 1] = 0x003f0307, /* all modes, 64 entries there */
		},
		.config_size = HOST_CONFIG,
		.info_flags = VFIO_DEVICE_FLAGS_PCI,
		.enables = 1 << 0 | 1 << 1 | 1 << 3,
		.has_control = true,
		.st_entries = 2048,
		.st_bad = -1,
		.st_bad_calls = -1,
		.viable = true,
		.fail_call = -1,
	};
	strcpy(root, "/tmp/fake-host-XXXXXX");
	assert_non_null(mkdtemp(root));
	host_link(DEVICE "/driver", "../../../bus/pci/drivers/vfio-pci");
	host_link(DEVICE "/iommu_group", "../../../../kernel/iommu_groups/7");
	host_file("/sys/kernel/iommu_groups/7/name", "vfio-noiommu\n");
	host_file(DEVICE "/vfio-dev/vfio3/dev", "240:3\n");
	host_file("/sys/module/vfio/parameters/enable_unsafe_noiommu_mode", "Y\n");
	host_file("/dev/iommu", "");
	host_file("/dev/vfio/vfio", "");
	host_file("/dev/vfio/devices/vfio3", "");
	host_file("/dev/vfio/noiommu-7", "");
	host_file("/dev/vfio/7", "");
}

void host_destroy(void)
{
	host_remove("");
}

/* Whether this call is the one to fail. */
static bool fails(void)
{
	if (host.calls++ != host.fail_call)
		return false;
	errno = EIO;
	return true;
}

static int answer(int err)
{
	errno = err;
	return err ? -1 : 0;
}

static int track(int fd)
{
	if (fd >= 0)
		host.live++;
	return fd;
}

int __wrap_access(const char *path, int mode)
{
	char real[PATH_MAX];

	if (fails())
		return -1;
	in_tree(real, path);
	return __real_access(real, mode);
}

int __wrap_open(const char *path, int flags, ...)
{
	char real[PATH_MAX];

	if (fails())
		return -1;
	assert_true(flags & O_CLOEXEC);
	if (host.open_fails && !strcmp(path, host.open_fails))
		return answer(host.open_errno);
	in_tree(real, path);
	return track(__real_open(real, flags));
}

int __wrap_close(int fd)
{
	host.live--;
	return __real_close(fd);
}

DIR *__wrap_opendir(const char *path)
{
	char real[PATH_MAX];
	DIR *directory;

	if (fails())
		return NULL;
	in_tree(real, path);
	directory = __real_opendir(real);
	if (directory)
		host.live++;
	return directory;
}

int __wrap_closedir(DIR *directory)
{
	host.live--;
	return __real_closedir(directory);
}

ssize_t __wrap_read(int fd, void *buffer, size_t size)
{
	return fails() ? -1 : __real_read(fd, buffer, size);
}

ssize_t __wrap_readlink(const char *path, char *target, size_t size)
{
	char real[PATH_MAX];

	if (fails())
		return -1;
	in_tree(real, path);
	return __real_readlink(real, target, size);
}

void *__wrap_malloc(size_t size)
{
	return fails() ? NULL : __real_malloc(size);
}

/* What compilers make of malloc() and zeroes. */
void *__wrap_calloc(size_t count, size_t size)
{
	return fails() ? NULL : __real_calloc(count, size);
}

static uint32_t *in_config(size_t size, off_t offset)
{
	const uint64_t start = (uint64_t)VFIO_PCI_CONFIG_REGION_INDEX << REGION_SHIFT;
	uint64_t index = (offset - start) / 4;

	assert_int_equal(size, 4);
	assert_int_equal(offset % 4, 0);
	assert_true(index < host.config_size / 4);
	return &host.config[index];
}

ssize_t __wrap_pread(int fd, void *buffer, size_t size, off_t offset)
{
	if (fails())
		return -1;
	memcpy(buffer, in_config(size, offset), size);
	return size;
}

/* The two fields of the one register that is writable, as the kernel takes them. */
ssize_t __wrap_pwrite(int fd, const void *buffer, size_t size, off_t offset)
{
	uint32_t *control = in_config(size, offset), value, modes;

	if (fails())
		return -1;
	assert_ptr_equal(control, &host.config[HOST_REQUESTER / 4 + 2]);
	assert_true(host.opted_in);
	memcpy(&value, buffer, size);
	assert_true(host.num_written < HOST_WRITES);
	host.written[host.num_written++] = value;
	modes = control[-1] & 7;
	if (!host.asleep && modes & 1 << (value & 7))
		*control = (*control & ~7u) | (value & 7);
	if (!host.asleep && host.enables & 1 << (value >> 8 & 3))
		*control = (*control & ~0x300u) | (value & 0x300);
	return size;
}

void *__wrap_mmap(void *address, size_t length, int protection, int flags, int fd, off_t offset)
{
	if (fails())
		return MAP_FAILED;
	assert_int_equal(protection, PROT_READ | PROT_WRITE);
	assert_int_equal(flags, MAP_SHARED);
	host.mmap_offset = offset;
	host.mmap_length = length;
	return &host;
}

static int bind_iommufd(const struct vfio_device_bind_iommufd *bind)
{
	char link[64], path[PATH_MAX], expected[PATH_MAX];
	ssize_t length;

	assert_true(bind->argsz >= 16);
	assert_int_equal(bind->flags, 0);
	snprintf(link, sizeof(link), "/proc/self/fd/%d", bind->iommufd);
	length = __real_readlink(link, path, sizeof(path) - 1);
	assert_true(length > 0);
	path[length] = '\0';
	in_tree(expected, "/dev/iommu");
	assert_string_equal(path, expected);
	return answer(host.bind_errno);
}

static int region_info(struct vfio_region_info *info)
{
	assert_int_equal(info->argsz, sizeof(*info));
	info->offset = (uint64_t)info->index << REGION_SHIFT;
	if (info->index < HOST_BARS) {
		info->size = host.bar_size[info->index];
		info->flags = host.bar_flags[info->index];
	}
	if (info->index == VFIO_PCI_CONFIG_REGION_INDEX)
		info->size = host.config_size;
	return 0;
}

static int opt_in(struct vfio_device_feature *head)
{
	struct vfio_device_feature_tph *data = (void *)head->data;

	assert_int_equal(head->argsz, sizeof(*head) + sizeof(*data));
	if (head->flags & VFIO_DEVICE_FEATURE_GET) {
		data->flags = host.caps;
		return answer(host.query_errno);
	}
	assert_int_equal(data->flags, 0);
	host.opted_in = !host.opt_in_errno;
	return answer(host.opt_in_errno);
}

/* Whether this process may read there, by what a system call says of it as a path. */
static bool is_readable(uint64_t address)
{
	return !__real_access((const char *)(uintptr_t)address, F_OK) || errno != EFAULT;
}

static int check_sources(const struct vfio_device_feature_tph_st *data)
{
	if (!data->count || data->start + data->count > host.st_entries)
		return EINVAL;
	if (!(data->flags & VFIO_DEVICE_TPH_SRC_NONE) && !is_readable(data->dests))
		return EFAULT;
	return 0;
}

/* Up to the entry that is not taken, if that is one of these. */
static int program_entries(const struct vfio_device_feature_tph_st *data)
{
	int count = host.st_bad - data->start;

	if (host.st_bad < 0 || !host.st_bad_calls || count < 0 || count >= data->count)
		return data->count;
	if (host.st_bad_calls > 0)
		host.st_bad_calls--;
	if (host.st_disables)
		host.config[HOST_REQUESTER / 4 + 2] &= ~0x300u;
	return !count && host.st_bad_errno ? answer(host.st_bad_errno) : count;
}

static int program(struct vfio_device_feature *head)
{
	int err;

	struct vfio_device_feature_tph_st *data = (void *)head->data;

	if (head->flags & VFIO_DEVICE_FEATURE_PROBE)
		return answer(host.st_probe_errno);
	assert_int_equal(head->argsz, sizeof(host.st_request));
	memcpy(host.st_request, head, sizeof(host.st_request));
	if (!host.opted_in)
		return answer(EPERM);
	err = check_sources(data);
	if (!err)
		err = host.st_errno;
	return err ? answer(err) : program_entries(data);
}

static int resolve(struct vfio_device_feature *head)
{
	struct vfio_device_feature_tph_resolve *data = (void *)head->data;

	assert_int_equal(head->argsz, sizeof(*head) + sizeof(*data));
	assert_int_equal(head->flags & ~VFIO_DEVICE_FEATURE_MASK, VFIO_DEVICE_FEATURE_GET);
	if (!host.opted_in)
		return answer(EPERM);
	if (!data->flags)
		return answer(EINVAL);
	if (host.resolve_errno)
		return answer(host.resolve_errno);
	data->valid = host.resolve_valid;
	data->ph = host.resolve_ph;
	data->st = host.resolve_st;
	return 0;
}

static int feature(struct vfio_device_feature *head)
{
	uint32_t what = head->flags & VFIO_DEVICE_FEATURE_MASK;

	assert_true(head->argsz <= sizeof(host.request));
	memcpy(host.request, head, head->argsz);
	host.request_size = head->argsz;
	if (what == VFIO_DEVICE_FEATURE_DMA_BUF && !host.export_errno)
		return track(__real_open("/dev/null", O_RDWR));
	if (what == VFIO_DEVICE_FEATURE_DMA_BUF)
		return answer(host.export_errno);
	if (what != VFIO_DEVICE_FEATURE_DMA_BUF_TPH && !host.has_control)
		return answer(ENOTTY);
	if (what == VFIO_DEVICE_FEATURE_TPH)
		return opt_in(head);
	if (what == VFIO_DEVICE_FEATURE_TPH_ST)
		return program(head);
	if (what == VFIO_DEVICE_FEATURE_TPH_RESOLVE)
		return resolve(head);
	assert_int_equal(what, VFIO_DEVICE_FEATURE_DMA_BUF_TPH);
	if (head->flags & VFIO_DEVICE_FEATURE_PROBE)
		return answer(host.probe_errno);
	return answer(host.publish_errno);
}

int __wrap_ioctl(int fd, unsigned long request, ...)
{
	struct vfio_group_status *status;
	va_list args;
	void *arg;

	va_start(args, request);
	arg = va_arg(args, void *);
	va_end(args);

	if (fails())
		return -1;
	switch (request) {
	case VFIO_DEVICE_BIND_IOMMUFD:
		return bind_iommufd(arg);
	case VFIO_GROUP_GET_STATUS:
		status = arg;
		assert_int_equal(status->argsz, sizeof(*status));
		status->flags = host.viable ? VFIO_GROUP_FLAGS_VIABLE : 0;
		return 0;
	case VFIO_GROUP_SET_CONTAINER:
		return 0;
	case VFIO_SET_IOMMU:
		host.iommu_type = (uintptr_t)arg;
		return answer(host.set_iommu_errno);
	case VFIO_GROUP_GET_DEVICE_FD:
		assert_string_equal(arg, HOST_BDF);
		return track(__real_open("/dev/null", O_RDWR));
	case VFIO_DEVICE_GET_INFO:
		((struct vfio_device_info *)arg)->flags = host.info_flags;
		return answer(host.info_errno);
	case VFIO_DEVICE_GET_REGION_INFO:
		return region_info(arg);
	case VFIO_DEVICE_FEATURE:
		return feature(arg);
	default:
		return answer(ENOTTY);
	}
}
