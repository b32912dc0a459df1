// SPDX-License-Identifier: GPL-2.0 OR Linux-OpenIB
/* libvfio-tph: what it asks the kernel, byte for byte, and what it says when that fails. */
#include <errno.h>
#include <fcntl.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include <cmocka.h>
#include <vfio/tph.h>

#include "compat.h"
#include "fake_host.h"
#include "internal.h"
#include "util/macros.h"

#define PCI_DEVICE "/sys/bus/pci/devices/" HOST_BDF

static struct vfio_tph_reason reason;

static int setup(void **state)
{
	host_create();
	memset(&reason, 0, sizeof(reason));
	return 0;
}

static int teardown(void **state)
{
	host_destroy();
	return 0;
}

static struct vfio_tph_device *open_device(void)
{
	struct vfio_tph_device *device = vfio_tph_open(HOST_BDF, &reason);

	assert_non_null(device);
	return device;
}

static void assert_open_fails(int expected, const char *words)
{
	errno = 0;
	assert_null(vfio_tph_open(HOST_BDF, &reason));
	assert_int_equal(errno, expected);
	assert_non_null(strstr(reason.text, words));
	assert_non_null(strstr(reason.text, strerror(expected)));
	assert_null(strchr(reason.text, '\n'));
	/* The same without a reason. */
	errno = 0;
	assert_null(vfio_tph_open(HOST_BDF, NULL));
	assert_int_equal(errno, expected);
	assert_int_equal(host.live, 0);
}

/* Applications are compiled against these. */
static void layout_is_abi(void **state)
{
	assert_int_equal(sizeof(struct vfio_tph_reason), 512);
	assert_int_equal(sizeof(struct vfio_tph_tags), 8);
	assert_int_equal(offsetof(struct vfio_tph_tags, flags), 0);
	assert_int_equal(offsetof(struct vfio_tph_tags, st_ext), 4);
	assert_int_equal(offsetof(struct vfio_tph_tags, st), 6);
	assert_int_equal(offsetof(struct vfio_tph_tags, ph), 7);
	assert_int_equal(VFIO_TPH_TAG_ST, 1);
	assert_int_equal(VFIO_TPH_TAG_ST_EXT, 2);
}

static void addresses_are_checked(void **state)
{
	assert_null(vfio_tph_open("10001:8A:0.0", &reason));
	assert_int_equal(errno, ENODEV);
	assert_non_null(strstr(reason.text, "10001:8a:00.0"));
	assert_null(vfio_tph_open("FEDCBA98:8A:0.0", &reason));
	assert_int_equal(errno, ENODEV);
	assert_non_null(strstr(reason.text, "fedcba98:8a:00.0"));
	assert_null(vfio_tph_open("nonsense", &reason));
	assert_int_equal(errno, EINVAL);
	assert_non_null(strstr(reason.text, "nonsense"));
	assert_null(vfio_tph_open(NULL, &reason));
	assert_int_equal(errno, EINVAL);
}

static void opens_by_its_own_node(void **state)
{
	struct vfio_tph_device *device = open_device();

	assert_int_equal(host.live, 2);
	assert_true(device->iommufd >= 0);
	assert_int_equal(device->group, -1);
	assert_int_equal(device->container, -1);
	assert_int_equal(vfio_tph_device_fd(device), device->fd);
	vfio_tph_close(device);
	assert_int_equal(host.live, 0);
	vfio_tph_close(NULL);
}

static void assert_opens_by_group(int iommu_type)
{
	struct vfio_tph_device *device = open_device();

	assert_int_equal(host.live, 3);
	assert_int_equal(device->iommufd, -1);
	assert_int_equal(host.iommu_type, iommu_type);
	vfio_tph_close(device);
	assert_int_equal(host.live, 0);
}

static void falls_back_to_the_group(void **state)
{
	/* Not ours to open: administrators hand out groups. */
	host.open_fails = "/dev/vfio/devices/vfio3";
	host.open_errno = EACCES;
	assert_opens_by_group(VFIO_NOIOMMU_IOMMU);
	host.open_fails = "/dev/iommu";
	assert_opens_by_group(VFIO_NOIOMMU_IOMMU);
	host.open_fails = NULL;

	host_remove("/dev/iommu");
	assert_opens_by_group(VFIO_NOIOMMU_IOMMU);
	host_remove(PCI_DEVICE "/vfio-dev/vfio3/dev");
	assert_opens_by_group(VFIO_NOIOMMU_IOMMU);
	host_remove(PCI_DEVICE "/vfio-dev");
	assert_opens_by_group(VFIO_NOIOMMU_IOMMU);
}

static void sets_the_iommu_of_a_real_group(void **state)
{
	host_remove("/dev/iommu");
	host_remove("/dev/vfio/noiommu-7");
	host_remove("/sys/kernel/iommu_groups/7/name");
	assert_opens_by_group(VFIO_TYPE1v2_IOMMU);
}

static void opens_variant_drivers(void **state)
{
	host_remove(PCI_DEVICE "/driver");
	host_link(PCI_DEVICE "/driver", "../../../bus/pci/drivers/nvgrace-gpu-vfio-pci");
	vfio_tph_close(open_device());
}

static void missing_device_is_named(void **state)
{
	host_remove(PCI_DEVICE);
	assert_open_fails(ENODEV, "lspci -D");
}

static void missing_driver_is_named(void **state)
{
	host_remove(PCI_DEVICE "/driver");
	assert_open_fails(ENXIO, "driver_override");
	assert_null(strstr(reason.text, "noiommu"));

	/* Without IOMMU the binding itself is refused, unless no-IOMMU mode is on. */
	host_remove(PCI_DEVICE "/iommu_group");
	assert_open_fails(ENXIO, "drivers_probe");
	assert_null(strstr(reason.text, "noiommu"));
	host_file("/sys/module/vfio/parameters/enable_unsafe_noiommu_mode", "N\n");
	assert_open_fails(ENXIO, "enable_unsafe_noiommu_mode");
	host_remove("/sys/module/vfio/parameters/enable_unsafe_noiommu_mode");
	assert_open_fails(ENXIO, "CONFIG_VFIO_NOIOMMU");
}

static void other_driver_is_named(void **state)
{
	host_remove(PCI_DEVICE "/vfio-dev");
	host_remove(PCI_DEVICE "/driver");
	host_link(PCI_DEVICE "/driver", "../../../bus/pci/drivers/nouveau");
	assert_open_fails(ENXIO, "bound to nouveau");
}

static void missing_nodes_are_named(void **state)
{
	host_remove("/dev/iommu");
	host_remove("/dev/vfio/noiommu-7");
	assert_open_fails(ENOENT, "/dev/vfio/noiommu-7");
	host_remove("/dev/vfio/vfio");
	assert_open_fails(ENOENT, "/dev/vfio/vfio");
	host_remove(PCI_DEVICE "/iommu_group");
	assert_open_fails(ENOENT, "no IOMMU group");
}

static void missing_permission_is_named(void **state)
{
	host.open_fails = "/dev/vfio/devices/vfio3";
	host.open_errno = EPERM;
	host_remove("/dev/vfio/noiommu-7");
	assert_open_fails(EPERM, "CAP_SYS_RAWIO");
	host_file("/dev/vfio/noiommu-7", "");
	host_remove("/dev/iommu");
	host.open_fails = "/dev/vfio/noiommu-7";
	assert_open_fails(EPERM, "CAP_SYS_RAWIO");
	host.open_errno = EACCES;
	assert_open_fails(EACCES, "/dev/vfio/noiommu-7");
}

/* Each of the two has a parameter that allows it; what is said is iommufd's, where there is one. */
static void interrupts_that_are_not_kept_apart_are_named(void **state)
{
	host_remove("/dev/vfio/noiommu-7");
	host_remove("/sys/kernel/iommu_groups/7/name");
	host.bind_errno = EPERM;
	assert_opens_by_group(VFIO_TYPE1v2_IOMMU);
	host.set_iommu_errno = EPERM;
	assert_open_fails(EPERM, "/sys/module/iommufd/parameters/allow_unsafe_interrupts");
	host_remove("/dev/iommu");
	assert_open_fails(EPERM, "/sys/module/vfio_iommu_type1/parameters/allow_unsafe_interrupts");
	host.set_iommu_errno = 0;
	assert_opens_by_group(VFIO_TYPE1v2_IOMMU);
}

static void device_in_use_is_named(void **state)
{
	host.bind_errno = EINVAL;
	assert_open_fails(EBUSY, "Another process");
	host.bind_errno = EBUSY;
	assert_open_fails(EBUSY, "Another process");
	host_remove("/dev/iommu");
	host.open_fails = "/dev/vfio/noiommu-7";
	host.open_errno = EBUSY;
	assert_open_fails(EBUSY, "Another process");
	host.open_fails = NULL;
	host.viable = false;
	assert_open_fails(EBUSY, "another device of the IOMMU group");
}

static void noiommu_switched_off_is_named(void **state)
{
	host_remove("/dev/iommu");
	host.set_iommu_errno = ENODEV;
	assert_open_fails(EPERM, "switched off");
	host_remove("/sys/kernel/iommu_groups/7/name");
	assert_open_fails(ENODEV, "vfio_iommu_type1");
}

/* Whichever call fails, the device opens all the same or nothing stays behind. */
static void assert_no_leak_on_open(void)
{
	struct vfio_tph_device *device;
	int calls, opened = 0;

	host.calls = 0;
	vfio_tph_close(open_device());
	calls = host.calls;
	assert_true(calls > 5);
	for (host.fail_call = 0; host.fail_call < calls; host.fail_call++) {
		host.calls = 0;
		errno = 0;
		device = vfio_tph_open(HOST_BDF, &reason);
		assert_true(device || errno);
		opened += !!device;
		vfio_tph_close(device);
		assert_int_equal(host.live, 0);
	}
	assert_true(opened < calls / 2);
	host.fail_call = -1;
}

static void nothing_leaks_on_open(void **state)
{
	assert_no_leak_on_open();
	host_remove("/dev/iommu");
	assert_no_leak_on_open();
}

static void bars_have_their_sizes(void **state)
{
	static const struct {
		unsigned int bar;
		uint64_t size;
		int expected;
	} rows[] = {
		{ 0, 0x1000, 0 }, { 2, 0x10000, 0 }, { 1, 0, ENXIO },           { 3, 0, ENXIO },
		{ 4, 0, ENXIO },  { 6, 0, EINVAL },  { UINT32_MAX, 0, EINVAL },
	};
	struct vfio_tph_device *device = open_device();
	unsigned int i;
	uint64_t size;

	for (i = 0; i < ARRAY_SIZE(rows); i++) {
		size = 0;
		assert_int_equal(vfio_tph_bar_size(device, rows[i].bar, &size, &reason),
				 rows[i].expected);
		assert_int_equal(size, rows[i].size);
	}
	vfio_tph_close(device);
}

/* bar, offset, length: what mapping and exporting say in common. */
static const struct {
	unsigned int bar;
	uint64_t offset, length;
	int expected;
} ranges[] = {
	{ 6, 1, 0, EINVAL },
	{ 1, 1, 0, ENXIO },
	{ 4, 0, 0x100, ENXIO },
	{ 2, 1, 0x1000, EINVAL },
	{ 2, 0, 0, EINVAL },
	{ 2, 0x10000, 0x1000, ERANGE },
	{ 2, 0xf000, 0x2000, ERANGE },
	{ 2, 0x11000, 0x1000, ERANGE },
	{ 2, UINT64_MAX - 0xfff, 0x1000, ERANGE },
	{ 2, 0x1000, UINT64_MAX - 0xfff, ERANGE },
};

static void ranges_are_checked(void **state)
{
	struct vfio_tph_device *device = open_device();
	void *address = &host;
	unsigned int i;
	int fd = -5;

	for (i = 0; i < ARRAY_SIZE(ranges); i++) {
		assert_int_equal(vfio_tph_map_bar(device, ranges[i].bar, ranges[i].offset,
						  ranges[i].length, &address, &reason),
				 ranges[i].expected);
		assert_int_equal(vfio_tph_export(device, ranges[i].bar, ranges[i].offset,
						 ranges[i].length, &fd, NULL),
				 ranges[i].expected);
	}
	/* Only pages can be exported; a mapping ends with the page. */
	assert_int_equal(vfio_tph_export(device, 2, 0, 0x1001, &fd, &reason), EINVAL);
	assert_ptr_equal(address, &host);
	assert_int_equal(fd, -5);
	assert_int_equal(host.request_size, 0);
	assert_int_equal(host.mmap_length, 0);
	vfio_tph_close(device);
}

static void bars_are_mapped(void **state)
{
	struct vfio_tph_device *device = open_device();
	void *address = NULL;

	assert_int_equal(vfio_tph_map_bar(device, 2, 0x3000, 0x1234, &address, &reason), 0);
	assert_ptr_equal(address, &host);
	assert_int_equal(host.mmap_offset, (2ull << 40) + 0x3000);
	assert_int_equal(host.mmap_length, 0x1234);
	host.bar_flags[2] = 0;
	assert_int_equal(vfio_tph_map_bar(device, 2, 0, 0x1000, &address, &reason), ENODEV);
	vfio_tph_close(device);
}

static void assert_request(uint32_t flags, const void *data, size_t size)
{
	const struct vfio_device_feature head = { .argsz = 8 + size, .flags = flags };

	assert_int_equal(host.request_size, 8 + size);
	assert_memory_equal(host.request, &head, 8);
	if (size)
		assert_memory_equal(host.request + 8, data, size);
}

static void export_has_these_bytes(void **state)
{
	static const unsigned char data[] = {
		2, 0,    0, 0,             /* region_index */
		2, 0,    8, 0,             /* open_flags: O_RDWR | O_CLOEXEC */
		0, 0,    0, 0,             /* flags */
		1, 0,    0, 0,             /* nr_ranges */
		0, 0x30, 0, 0, 0, 0, 0, 0, /* offset */
		0, 0xd0, 0, 0, 0, 0, 0, 0, /* length */
	};
	struct vfio_tph_device *device = open_device();
	int fd = -1;

	assert_int_equal(vfio_tph_export(device, 2, 0x3000, 0xd000, &fd, &reason), 0);
	assert_true(fd >= 0);
	assert_request(VFIO_DEVICE_FEATURE_GET | 11, data, sizeof(data));
	close(fd);
	vfio_tph_close(device);
}

static void ranges_have_these_bytes(void **state)
{
	static const struct vfio_tph_range slices[] = { { 0xf000, 0x1000 }, { 0, 0x2000 } };
	static const unsigned char data[] = {
		2, 0,    0, 0,             /* region_index */
		2, 0,    8, 0,             /* open_flags: O_RDWR | O_CLOEXEC */
		0, 0,    0, 0,             /* flags */
		2, 0,    0, 0,             /* nr_ranges */
		0, 0xf0, 0, 0, 0, 0, 0, 0, /* offset */
		0, 0x10, 0, 0, 0, 0, 0, 0, /* length */
		0, 0,    0, 0, 0, 0, 0, 0, /* offset */
		0, 0x20, 0, 0, 0, 0, 0, 0, /* length */
	};
	struct vfio_tph_device *device = open_device();
	int fd = -1;

	assert_int_equal(vfio_tph_export_ranges(device, 2, slices, 2, &fd, &reason), 0);
	assert_true(fd >= 0);
	assert_request(VFIO_DEVICE_FEATURE_GET | 11, data, sizeof(data));
	close(fd);
	vfio_tph_close(device);
}

static void as_many_ranges_as_documented(void **state)
{
	const size_t most = VFIO_TPH_MAX_RANGES;
	struct vfio_tph_range *slices = calloc(most + 1, sizeof(*slices));
	struct vfio_tph_device *device = open_device();
	int fd = -5;
	size_t i;

	assert_non_null(slices);
	for (i = 0; i <= most; i++)
		slices[i].length = 0x1000;
	assert_int_equal(vfio_tph_export_ranges(device, 2, slices, 0, &fd, &reason), EINVAL);
	assert_non_null(strstr(reason.text, "cannot export 0 ranges"));
	assert_int_equal(vfio_tph_export_ranges(device, 2, slices, most + 1, &fd, &reason), EINVAL);
	assert_non_null(strstr(reason.text, "1 to 1024"));
	assert_int_equal(vfio_tph_export_ranges(device, 2, slices, SIZE_MAX, &fd, NULL), EINVAL);
	/* The last one counts as well. */
	slices[most - 1].offset = 0x10000;
	assert_int_equal(vfio_tph_export_ranges(device, 2, slices, most, &fd, &reason), ERANGE);
	assert_int_equal(fd, -5);
	assert_int_equal(host.request_size, 0);

	slices[most - 1].offset = 0xf000;
	assert_int_equal(vfio_tph_export_ranges(device, 2, slices, most, &fd, &reason), 0);
	assert_int_equal(host.request_size, 8 + 16 + most * 16);
	close(fd);
	vfio_tph_close(device);
	free(slices);
}

static void export_errors_pass_through(void **state)
{
	static const struct {
		int err;
		const char *words;
	} rows[] = {
		{ ENOTTY, "CONFIG_VFIO_PCI_DMABUF" },
		{ EOPNOTSUPP, "does not export" },
		{ ENODEV, "dmesg" },
		{ ENOMEM, "BAR2" },
		{ EMFILE, "BAR2" },
	};
	struct vfio_tph_device *device = open_device();
	unsigned int i;
	int fd = -5;

	for (i = 0; i < ARRAY_SIZE(rows); i++) {
		host.export_errno = rows[i].err;
		assert_int_equal(vfio_tph_export(device, 2, 0, 0x1000, &fd, &reason), rows[i].err);
		assert_non_null(strstr(reason.text, rows[i].words));
		assert_int_equal(fd, -5);
	}
	vfio_tph_close(device);
}

static void publish_has_these_bytes(void **state)
{
	static const unsigned char st[] = { 9, 0, 0, 0, 1, 0, 0, 0, 0, 0, 0xf0, 2 };
	static const unsigned char both[] = { 9, 0, 0, 0, 3, 0, 0, 0, 0x34, 0x12, 0xa5, 3 };
	static const unsigned char none[] = { 9, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0 };
	struct vfio_tph_tags tags = { .flags = VFIO_TPH_TAG_ST, .st = 0xf0, .ph = 2 };
	struct vfio_tph_device *device = open_device();
	struct vfio_tph_tags before;
	const uint32_t set = VFIO_DEVICE_FEATURE_DMA_BUF_TPH | VFIO_DEVICE_FEATURE_SET;

	assert_int_equal(vfio_tph_publish(device, 9, &tags, &reason), 0);
	assert_request(set, st, sizeof(st));
	tags = (struct vfio_tph_tags){ .flags = 3, .st_ext = 0x1234, .st = 0xa5, .ph = 3 };
	before = tags;
	assert_int_equal(vfio_tph_publish(device, 9, &tags, &reason), 0);
	assert_request(set, both, sizeof(both));
	assert_memory_equal(&tags, &before, sizeof(tags));
	assert_int_equal(vfio_tph_clear(device, 9, &reason), 0);
	assert_request(set, none, sizeof(none));
	assert_int_equal(vfio_tph_probe(device, &reason), 0);
	assert_request(set | VFIO_DEVICE_FEATURE_PROBE, NULL, 0);
	vfio_tph_close(device);
}

static void publish_errors_say_what_was_wrong(void **state)
{
	static const struct {
		struct vfio_tph_tags tags;
		int err, probe_err;
		const char *words;
	} rows[] = {
		{ { .flags = 1 }, ENOTTY, ENOTTY, "VFIO_DEVICE_FEATURE_DMA_BUF_TPH" },
		{ { .flags = 1 }, EOPNOTSUPP, EOPNOTSUPP, "no TPH completer" },
		{ { .flags = 2 }, EOPNOTSUPP, EOPNOTSUPP, "no TPH completer" },
		{ { .flags = 2 }, EOPNOTSUPP, 0, "8-bit steering tags only" },
		{ { .flags = 5 }, EINVAL, 0, "flags 0x5" },
		{ { .flags = 1, .ph = 4 }, EINVAL, 0, "hint 4" },
		{ { .flags = 1 }, EINVAL, 0, "fd 9 is not a dma-buf" },
		{ { .flags = 1 }, EBADF, 0, "fd 9" },
		{ { .flags = 1 }, EINTR, 0, "cannot publish" },
	};
	struct vfio_tph_device *device = open_device();
	unsigned int i;

	for (i = 0; i < ARRAY_SIZE(rows); i++) {
		host.publish_errno = rows[i].err;
		host.probe_errno = rows[i].probe_err;
		assert_int_equal(vfio_tph_publish(device, 9, &rows[i].tags, &reason), rows[i].err);
		assert_non_null(strstr(reason.text, rows[i].words));
		assert_non_null(strstr(reason.text, strerror(rows[i].err)));
		assert_int_equal(vfio_tph_publish(device, 9, &rows[i].tags, NULL), rows[i].err);
	}
	vfio_tph_close(device);
}

static void probe_errors_say_what_was_wrong(void **state)
{
	struct vfio_tph_device *device = open_device();

	host.probe_errno = ENOTTY;
	assert_int_equal(vfio_tph_probe(device, &reason), ENOTTY);
	assert_non_null(strstr(reason.text, "CONFIG_VFIO_PCI_DMABUF"));
	host.probe_errno = EOPNOTSUPP;
	assert_int_equal(vfio_tph_probe(device, &reason), EOPNOTSUPP);
	assert_non_null(strstr(reason.text, "Capabilities 2"));
	vfio_tph_close(device);
}

/* Each call of each function failed once: always an errno, and nothing opened. */
static void nothing_leaks_on_use(void **state)
{
	struct vfio_tph_device *device = open_device();
	void *address = NULL;
	int fd = -5, live = host.live, n;

	for (n = 0; n < 5; n++) {
		host.fail_call = n;
		host.calls = 0;
		/* The fourth is malloc(). */
		assert_int_equal(vfio_tph_export(device, 2, 0, 0x1000, &fd, &reason),
				 n == 3 ? ENOMEM : EIO);
	}
	for (n = 0; n < 4; n++) {
		host.fail_call = n;
		host.calls = 0;
		assert_int_equal(vfio_tph_map_bar(device, 2, 0, 0x1000, &address, &reason), EIO);
	}
	host.fail_call = 0;
	host.calls = 0;
	assert_int_equal(vfio_tph_clear(device, 9, &reason), EIO);
	host.calls = 0;
	assert_int_equal(vfio_tph_probe(device, &reason), EIO);
	assert_int_equal(host.live, live);
	assert_int_equal(fd, -5);
	assert_null(address);
	vfio_tph_close(device);
	assert_int_equal(host.live, 0);
}

#define TEST(function) cmocka_unit_test_setup_teardown(function, setup, teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(layout_is_abi),
		TEST(addresses_are_checked),
		TEST(opens_by_its_own_node),
		TEST(falls_back_to_the_group),
		TEST(sets_the_iommu_of_a_real_group),
		TEST(opens_variant_drivers),
		TEST(missing_device_is_named),
		TEST(missing_driver_is_named),
		TEST(other_driver_is_named),
		TEST(missing_nodes_are_named),
		TEST(missing_permission_is_named),
		TEST(interrupts_that_are_not_kept_apart_are_named),
		TEST(device_in_use_is_named),
		TEST(noiommu_switched_off_is_named),
		TEST(nothing_leaks_on_open),
		TEST(bars_have_their_sizes),
		TEST(ranges_are_checked),
		TEST(bars_are_mapped),
		TEST(export_has_these_bytes),
		TEST(ranges_have_these_bytes),
		TEST(as_many_ranges_as_documented),
		TEST(export_errors_pass_through),
		TEST(publish_has_these_bytes),
		TEST(publish_errors_say_what_was_wrong),
		TEST(probe_errors_say_what_was_wrong),
		TEST(nothing_leaks_on_use),
	};

	return cmocka_run_group_tests_name("vfio", tests, NULL, NULL);
}
