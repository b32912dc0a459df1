// SPDX-License-Identifier: GPL-2.0 OR Linux-OpenIB
/*
 * libvfio-tph's side for the owner of a requester: what it asks the kernel, byte for byte, and what
 * it says when that fails.
 */
#include <errno.h>
#include <fcntl.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>
#include <cmocka.h>
#include <vfio/tph_requester.h>

#include "compat.h"
#include "fake_host.h"
#include "internal.h"
#include "util/macros.h"

#define PARAMETER "/sys/module/vfio_pci_core/parameters/tph"
#define CAP (HOST_REQUESTER / 4 + 1)
#define CONTROL (HOST_REQUESTER / 4 + 2)

static struct vfio_tph_reason reason;
static struct vfio_tph_device *device;

static int setup(void **state)
{
	host_create();
	memset(&reason, 0, sizeof(reason));
	device = vfio_tph_open(HOST_BDF, &reason);
	assert_non_null(device);
	return 0;
}

static int teardown(void **state)
{
	vfio_tph_close(device);
	assert_int_equal(host.live, 0);
	host_destroy();
	return 0;
}

static void opt_in(void)
{
	assert_int_equal(vfio_tph_opt_in(device, &reason), 0);
}

/* What failed says which errno, and these words; one line. */
static void assert_reason(int got, int expected, const char *words)
{
	if (!strstr(reason.text, words))
		print_error("%s\n", reason.text);
	assert_int_equal(got, expected);
	assert_non_null(strstr(reason.text, words));
	assert_non_null(strstr(reason.text, strerror(expected)));
	assert_null(strchr(reason.text, '\n'));
	memset(&reason, 0, sizeof(reason));
}

/* Applications are compiled against these. */
static void layout_is_abi(void **state)
{
	assert_int_equal(sizeof(struct vfio_tph_requester_info), 32);
	assert_int_equal(offsetof(struct vfio_tph_requester_info, tph_namespace), 16);
	assert_int_equal(offsetof(struct vfio_tph_requester_info, mode), 24);
	assert_int_equal(sizeof(struct vfio_tph_program_attr), 32);
	assert_int_equal(offsetof(struct vfio_tph_program_attr, start), 20);
	assert_int_equal(offsetof(struct vfio_tph_program_attr, numbers), 24);
	assert_int_equal(sizeof(struct vfio_tph_hints), 16);
	assert_int_equal(offsetof(struct vfio_tph_hints, ph), 14);
	assert_int_equal(VFIO_TPH_SOURCE_NONE, 0);
	assert_int_equal(VFIO_TPH_SOURCE_LITERAL, 4);
	assert_int_equal(VFIO_TPH_REQUESTER_CONTROL, 1);
	assert_int_equal(VFIO_TPH_REQUESTER_LITERAL, 4);
	assert_int_equal(VFIO_TPH_HINT_ST, 2);
}

static void fd_stays_the_callers(void **state)
{
	int fd = open("/dev/iommu", O_RDWR | O_CLOEXEC), live = host.live;
	struct vfio_tph_device *used = vfio_tph_use_fd(fd, "0:5.0", &reason);
	uint64_t size;

	assert_non_null(used);
	assert_int_equal(vfio_tph_device_fd(used), fd);
	assert_int_equal(vfio_tph_bar_size(used, 2, &size, &reason), 0);
	assert_int_equal(vfio_tph_opt_in(used, &reason), 0);
	vfio_tph_close(used);
	assert_int_equal(host.live, live);
	assert_int_equal(close(fd), 0);
}

static void assert_use_fails(const char *bdf, int expected, const char *words)
{
	errno = 0;
	assert_null(vfio_tph_use_fd(9, bdf, &reason));
	assert_reason(errno, expected, words);
	errno = 0;
	assert_null(vfio_tph_use_fd(9, bdf, NULL));
	assert_int_equal(errno, expected);
}

static void fd_of_something_else_is_named(void **state)
{
	assert_use_fails(NULL, EINVAL, "NULL");
	assert_use_fails("05", EINVAL, "lspci -D");
	host.info_errno = ENOTTY;
	assert_use_fails(HOST_BDF, ENOTTY, "fd 9 is no device fd");
	host.info_errno = EBADF;
	assert_use_fails(HOST_BDF, EBADF, "fd 9");
	host.info_errno = 0;
	host.info_flags = VFIO_DEVICE_FLAGS_PLATFORM;
	assert_use_fails(HOST_BDF, EINVAL, "not on PCI");
	host.fail_call = host.calls;
	assert_null(vfio_tph_use_fd(9, HOST_BDF, &reason));
	assert_reason(errno, ENOMEM, HOST_BDF);
}

static void opt_in_has_these_bytes(void **state)
{
	static const unsigned char request[] = {
		12,   0,    0, 0, /* argsz */
		0x01, 0xff, 2, 0, /* VFIO_DEVICE_FEATURE_TPH, SET */
		0,    0,    0, 0, /* flags */
	};

	opt_in();
	assert_int_equal(host.request_size, sizeof(request));
	assert_memory_equal(host.request, request, sizeof(request));
	assert_true(host.opted_in);
	opt_in();
}

static void opt_in_errors_say_what_was_wrong(void **state)
{
	host.opt_in_errno = ENOMEM;
	assert_reason(vfio_tph_opt_in(device, &reason), ENOMEM, "take control");
	assert_int_equal(vfio_tph_opt_in(device, NULL), ENOMEM);
	host.has_control = false;
	assert_reason(vfio_tph_opt_in(device, &reason), ENOTTY, "VFIO_DEVICE_FEATURE_TPH");
	/* Without the capability that is the reason, whatever the kernel. */
	host.config[HOST_REQUESTER / 4] = 0x10018;
	assert_reason(vfio_tph_opt_in(device, &reason), EOPNOTSUPP, "no TPH Requester");
	host.config_size = 256;
	assert_reason(vfio_tph_opt_in(device, &reason), EOPNOTSUPP, "no TPH Requester");
}

/* The register: ST Table Size, Location, Extended, modes; and Control. */
static void query_tells_what_registers_say(void **state)
{
	static const struct {
		uint32_t cap, control, caps;
		struct vfio_tph_requester_info info;
	} rows[] = {
		{ 0x003f0307, 0, 0, { 0, 1, 3, 0, 64, 7, 1, 0 } },
		{ 0x003f0307, 0x102, 1, { 0, 3, 3, 1, 64, 7, 1, 2 } },
		{ 0x07ff0507, 0x301, 3, { 0, 7, 3, 2, 2048, 7, 2, 1 } },
		{ 0x00ff0005, 0x100, 2, { 0, 5, 1, 1, 0, 5, 0, 0 } },
		{ 0x00000001, 0x200, 0, { 0, 1, 1, 0, 0, 1, 0, 0 } },
	};
	struct vfio_tph_requester_info info;
	unsigned int i;

	for (i = 0; i < ARRAY_SIZE(rows); i++) {
		host.config[CAP] = rows[i].cap;
		host.config[CONTROL] = rows[i].control;
		host.caps = rows[i].caps;
		memset(&info, 0, sizeof(info));
		assert_int_equal(vfio_tph_query_requester(device, &info, &reason), 0);
		assert_memory_equal(&info, &rows[i].info, sizeof(info));
	}
}

static void query_works_on_any_kernel(void **state)
{
	struct vfio_tph_requester_info info = {};

	host.has_control = false;
	assert_int_equal(vfio_tph_query_requester(device, &info, &reason), 0);
	assert_int_equal(info.flags, 0);
	assert_int_equal(info.modes, 7);
}

static void assert_query_fails(uint64_t comp_mask, int expected, const char *words)
{
	struct vfio_tph_requester_info info, before;

	memset(&info, 0x5a, sizeof(info));
	info.comp_mask = comp_mask;
	before = info;
	assert_reason(vfio_tph_query_requester(device, &info, &reason), expected, words);
	assert_int_equal(vfio_tph_query_requester(device, &info, NULL), expected);
	assert_memory_equal(&info, &before, sizeof(info));
}

static void query_errors_say_what_was_wrong(void **state)
{
	assert_query_fails(1, EOPNOTSUPP,
			   "comp_mask has bits that this libvfio-tph does not "
			   "know, 0x1");
	host.query_errno = EFAULT;
	assert_query_fails(0, EFAULT, "query the TPH requester");
	/* A list that leads nowhere, or back to where it began. */
	host.config[0x100 / 4] = 0x10010001;
	assert_query_fails(0, EOPNOTSUPP, "tphctl dev show " HOST_BDF);
	host.config[0x100 / 4] = 0;
	assert_query_fails(0, EOPNOTSUPP, "no TPH Requester");
	host.config[0x100 / 4] = UINT32_MAX;
	assert_query_fails(0, EOPNOTSUPP, "no TPH Requester");
}

static void enable_writes_this(void **state)
{
	static const struct {
		unsigned int mode, ns;
		uint32_t off, on;
	} rows[] = {
		{ VFIO_TPH_MODE_NO_ST, VFIO_TPH_TAG_ST, 0x000, 0x100 },
		{ VFIO_TPH_MODE_INTERRUPT_VECTOR, VFIO_TPH_TAG_ST_EXT, 0x001, 0x301 },
		{ VFIO_TPH_MODE_DEVICE_SPECIFIC, VFIO_TPH_TAG_ST, 0x002, 0x102 },
	};
	unsigned int i;

	opt_in();
	for (i = 0; i < ARRAY_SIZE(rows); i++) {
		host.num_written = 0;
		assert_int_equal(vfio_tph_enable(device, rows[i].mode, rows[i].ns, &reason), 0);
		assert_int_equal(host.num_written, 2);
		assert_int_equal(host.written[0], rows[i].off);
		assert_int_equal(host.written[1], rows[i].on);
		assert_int_equal(host.config[CONTROL], rows[i].on);
	}
	/* The mode stays: what RESOLVE tells depends on it. */
	host.num_written = 0;
	assert_int_equal(vfio_tph_disable(device, &reason), 0);
	assert_int_equal(host.num_written, 1);
	assert_int_equal(host.written[0], 0x002);
}

static void assert_enable_fails(unsigned int mode, uint32_t ns, int expected, const char *words)
{
	assert_reason(vfio_tph_enable(device, mode, ns, &reason), expected, words);
	host.num_written = 0;
	assert_int_equal(vfio_tph_enable(device, mode, ns, NULL), expected);
	host.num_written = 0;
}

static void selection_is_checked_first(void **state)
{
	assert_enable_fails(3, 1, EINVAL, "3 is no ST mode");
	assert_enable_fails(UINT32_MAX, 1, EINVAL, "no ST mode");
	assert_enable_fails(0, 0, EINVAL, "0 is no namespace");
	assert_enable_fails(0, 3, EINVAL, "0x3 is no namespace");
	assert_enable_fails(0, 1, EPERM, "vfio_tph_opt_in() comes first");
	assert_reason(vfio_tph_disable(device, &reason), EPERM, "vfio_tph_opt_in() comes first");
	host.has_control = false;
	assert_enable_fails(0, 1, ENOTTY, "VFIO_DEVICE_FEATURE_TPH");
	assert_reason(vfio_tph_disable(device, &reason), ENOTTY, "CONFIG_PCIE_TPH");
	host.config[HOST_REQUESTER / 4] = 0x10018;
	assert_enable_fails(0, 1, EOPNOTSUPP, "no TPH Requester");
	assert_int_equal(host.num_written, 0);
}

static void mode_that_is_not_taken_is_named(void **state)
{
	opt_in();
	host.config[CAP] = 1;
	host.config[CONTROL] = 0x100;
	assert_enable_fails(2, 1, EOPNOTSUPP,
			    "vfio_pci_core.tph has to be 2 or more when the device is opened; now "
			    "it is absent: echo 2 > " PARAMETER);
	assert_int_equal(host.config[CONTROL], 0);
	host_file(PARAMETER, "1\n");
	assert_enable_fails(2, 1, EOPNOTSUPP,
			    "select device-specific mode: Operation not supported. The parameter "
			    "vfio_pci_core.tph has to be 2 or more when the device is opened; now "
			    "it is 1");
	assert_enable_fails(1, 1, EOPNOTSUPP, "has no interrupt-vector mode");
	host_file(PARAMETER, "3\n");
	assert_enable_fails(2, 1, EOPNOTSUPP, "vfio_pci_core.tph was below 2 when it was opened");
}

static void namespace_that_is_not_taken_is_named(void **state)
{
	opt_in();
	host.enables = 1 << 0 | 1 << 1;
	assert_enable_fails(2, VFIO_TPH_TAG_ST_EXT, EOPNOTSUPP,
			    "with 16-bit tags cannot be enabled");
	assert_int_equal(host.config[CONTROL], 2);
	host.enables = 1 << 0 | 1 << 3;
	assert_enable_fails(2, VFIO_TPH_TAG_ST, EOPNOTSUPP, "with 8-bit tags cannot be enabled");
	host.config[CONTROL] = 0x100;
	host.asleep = true;
	assert_enable_fails(0, 1, EIO, "low power");
	assert_reason(vfio_tph_disable(device, &reason), EIO,
		      "cannot disable the TPH requester of " HOST_BDF);
}

static void assert_st_request(const unsigned char *flags_start_count, const void *numbers)
{
	static const unsigned char head[] = { 24, 0, 0, 0, 0x02, 0xff, 2, 0 };
	const uint64_t address = (uintptr_t)numbers;

	assert_memory_equal(host.st_request, head, 8);
	assert_memory_equal(host.st_request + 8, flags_start_count, 8);
	assert_memory_equal(host.st_request + 16, &address, 8);
}

static void program_has_these_bytes(void **state)
{
	static const uint32_t numbers[] = { 7, 8, 9 };
	static const struct {
		uint32_t source, ns, flags;
		unsigned char bytes[8];
	} rows[] = {
		{ VFIO_TPH_SOURCE_NONE, VFIO_TPH_TAG_ST_EXT, 0, { 0x02, 0, 0, 0, 4, 1, 3, 0 } },
		{ VFIO_TPH_SOURCE_DMABUF, VFIO_TPH_TAG_ST, 0, { 0x01, 0, 0, 0, 4, 1, 3, 0 } },
		{ VFIO_TPH_SOURCE_DMABUF, VFIO_TPH_TAG_ST_EXT, 1, { 0x25, 0, 0, 0, 4, 1, 3, 0 } },
		{ VFIO_TPH_SOURCE_CPU, VFIO_TPH_TAG_ST, 1, { 0x0c, 0, 0, 0, 4, 1, 3, 0 } },
		{ VFIO_TPH_SOURCE_CPU_PERSISTENT,
		  VFIO_TPH_TAG_ST,
		  0,
		  { 0x10, 0, 0, 0, 4, 1, 3, 0 } },
		{ VFIO_TPH_SOURCE_LITERAL, VFIO_TPH_TAG_ST_EXT, 0, { 0x60, 0, 0, 0, 4, 1, 3, 0 } },
	};
	struct vfio_tph_program_attr attr, before;
	unsigned int i, programmed;

	opt_in();
	for (i = 0; i < ARRAY_SIZE(rows); i++) {
		attr = (struct vfio_tph_program_attr){
			.source = rows[i].source,
			.tph_namespace = rows[i].ns,
			.flags = rows[i].flags,
			.start = 0x104,
			.count = ARRAY_SIZE(numbers),
			.numbers = numbers,
		};
		before = attr;
		programmed = 77;
		assert_int_equal(vfio_tph_program(device, &attr, &programmed, &reason), 0);
		assert_int_equal(programmed, 3);
		assert_st_request(rows[i].bytes, numbers);
		assert_memory_equal(&attr, &before, sizeof(attr));
		assert_int_equal(vfio_tph_program(device, &attr, NULL, NULL), 0);
	}
}

static void assert_program_fails(const struct vfio_tph_program_attr *attr, unsigned int done,
				 int expected, const char *words)
{
	unsigned int programmed = 77;

	assert_reason(vfio_tph_program(device, attr, &programmed, &reason), expected, words);
	assert_int_equal(programmed, done);
	assert_int_equal(vfio_tph_program(device, attr, NULL, NULL), expected);
}

/* The same of a call that may disable TPH. */
static void assert_entry_fails(const struct vfio_tph_program_attr *attr, unsigned int done,
			       int expected, const char *words)
{
	unsigned int programmed = 77;

	host.config[CONTROL] = 0x102;
	assert_reason(vfio_tph_program(device, attr, &programmed, &reason), expected, words);
	assert_int_equal(programmed, done);
	host.config[CONTROL] = 0x102;
	assert_int_equal(vfio_tph_program(device, attr, NULL, NULL), expected);
}

static const uint32_t tags[] = { 0xff, 0x100, 5 };

#define ATTR(...) ((struct vfio_tph_program_attr){ .numbers = tags, __VA_ARGS__ })

static void program_checks_first(void **state)
{
	const struct {
		struct vfio_tph_program_attr attr;
		int err;
		const char *words;
	} rows[] = {
		{ ATTR(.comp_mask = 1ull << 63), EOPNOTSUPP, "0x8000000000000000" },
		{ ATTR(.source = 5), EINVAL, "5 is no source" },
		{ ATTR(.source = 1, .tph_namespace = 0), EINVAL, "no namespace" },
		{ ATTR(.source = 1, .tph_namespace = 3), EINVAL, "no namespace" },
		{ ATTR(.source = 1, .tph_namespace = 1, .flags = 2), EINVAL, "flags 0x2" },
		{ ATTR(.source = 0, .flags = 1), EINVAL, "flags 0x1" },
	};
	unsigned int i;

	for (i = 0; i < ARRAY_SIZE(rows); i++)
		assert_program_fails(&rows[i].attr, 0, rows[i].err, rows[i].words);
	assert_int_equal(host.request_size, 0);
	assert_program_fails(&ATTR(.count = 1), 0, EPERM,
			     "cannot program steering tags of " HOST_BDF);
	host.has_control = false;
	assert_program_fails(&ATTR(.count = 1), 0, ENOTTY, "VFIO_DEVICE_FEATURE_TPH");
}

/* One errno of the kernel, several causes. */
static void program_errors_say_what_was_wrong(void **state)
{
	const struct {
		struct vfio_tph_program_attr attr;
		uint32_t control, caps;
		int err, probe_err;
		const char *words;
	} rows[] = {
		{ ATTR(.source = 0), 0x102, 0, EINVAL, 0, "no 0 entries from entry 0 on" },
		{ ATTR(.start = 62, .count = 3), 0x102, 0, EINVAL, 0,
		  "no 3 entries from entry 62 on in an ST table: Invalid argument. It says that it has 64" },
		{ ATTR(.source = 4, .tph_namespace = 1, .count = 2), 0x102, 0, EINVAL, 0,
		  "0x100 is no 8-bit steering tag" },
		{ ATTR(.source = 4, .tph_namespace = 2, .count = 2), 0x2, 0, EINVAL, 0,
		  "vfio_tph_enable() comes first" },
		{ ATTR(.source = 1, .tph_namespace = 1, .count = 2), 0x100, 0, EINVAL, 0,
		  "VFIO_TPH_MODE_NO_ST" },
		{ ATTR(.source = 1, .tph_namespace = 1, .count = 2), 0, 0, EOPNOTSUPP, EOPNOTSUPP,
		  "program steering tags: Operation not supported. The parameter vfio_pci_core.tph has to be 1" },
		{ ATTR(.source = 4, .tph_namespace = 1, .count = 2), 0x102, 1, EOPNOTSUPP, 0,
		  "choose steering tags: Operation not supported. The parameter vfio_pci_core.tph has to be 3" },
		{ ATTR(.source = 2, .tph_namespace = 1, .count = 2), 0x102, 2, EOPNOTSUPP, 0,
		  "_DSM" },
		{ ATTR(.source = 3, .tph_namespace = 1, .count = 2), 0x102, 2, EOPNOTSUPP, 0,
		  "_DSM" },
		{ ATTR(.source = 2, .tph_namespace = 1, .count = 2), 0x302, 3, EOPNOTSUPP, 0,
		  "sends 16-bit steering tags now, and cannot have 8-bit ones" },
		{ ATTR(.source = 1, .tph_namespace = 2, .count = 2), 0x102, 3, EOPNOTSUPP, 0,
		  "sends 8-bit steering tags now, and cannot have 16-bit ones" },
		{ ATTR(.source = 1, .tph_namespace = 1, .count = 2), 0x102, 3, EOPNOTSUPP, 0,
		  "CONFIG_VFIO_PCI_DMABUF" },
		{ ATTR(.source = 1, .tph_namespace = 1, .count = 2), 0x102, 0, EIO, 0,
		  "low power" },
		{ ATTR(.source = 1, .tph_namespace = 1, .count = 2), 0x102, 0, EINTR, 0,
		  "cannot ask fd 255 for its tag: Interrupted system call. A signal" },
		{ ATTR(.source = 1, .tph_namespace = 1, .count = 2), 0x102, 0, EFAULT, 0,
		  "the numbers of 2 sources" },
		{ ATTR(.source = 1, .tph_namespace = 1, .count = 2), 0x102, 0, ENOMEM, 0,
		  HOST_BDF },
	};
	unsigned int i;

	opt_in();
	host.st_entries = 64;
	for (i = 0; i < ARRAY_SIZE(rows); i++) {
		host.config[CONTROL] = rows[i].control;
		host.caps = rows[i].caps;
		host.st_errno = rows[i].err;
		host.st_probe_errno = rows[i].probe_err;
		assert_program_fails(&rows[i].attr, 0, rows[i].err, rows[i].words);
	}
}

/* Whoever passes an address where nothing is hears of it from the kernel. */
static void numbers_that_cannot_be_read_are_not(void **state)
{
	struct vfio_tph_program_attr attr = {
		.source = 4,
		.tph_namespace = 1,
		.count = 1,
		.numbers = (const uint32_t *)8,
	};

	opt_in();
	host.config[CONTROL] = 0x102;
	/* The register says 64. */
	host.st_entries = 8;
	attr.start = 8;
	assert_program_fails(&attr, 0, EINVAL, "no 1 entries from entry 8 on");
	attr.start = 7;
	assert_program_fails(&attr, 0, EFAULT, "the numbers of 1 sources");
}

static void failed_entry_is_named_with_its_cause(void **state)
{
	const struct {
		uint32_t source, flags, cap;
		int bad, bad_errno, resolve_err, valid;
		bool disables;
		int expected;
		const char *words;
	} rows[] = {
		{ 1, 0, 0x003f0307, 8, 0, EBADF, 0, false, EBADF, "fd 255" },
		{ 1, 0, 0x003f0307, 9, 0, EINVAL, 0, false, EINVAL, "fd 256 is not a dma-buf" },
		{ 1, 0, 0x003f0307, 10, 0, EINTR, 0, false, EINTR, "fd 5" },
		{ 1, 1, 0x003f0307, 9, 0, 0, 1, false, EOPNOTSUPP,
		  "the dma-buf of fd 256 has no 8-bit steering tag" },
		{ 2, 1, 0x003f0307, 10, 0, 0, 0, false, EOPNOTSUPP,
		  "CPU 5 has no 8-bit steering tag" },
		{ 2, 0, 0x003f0307, 9, 0, EINVAL, 0, false, EINVAL, "no tag of CPU 256" },
		{ 2, 0, 0x003f0307, 9, 0, 0, 0, false, EIO, "entry 9 of the ST table" },
		/* Stage 1 does not tell tags of CPUs. */
		{ 3, 1, 0x003f0307, 9, 0, EOPNOTSUPP, 0, false, EINVAL, "no tag of CPU 256" },
		{ 3, 1, 0x003f0507, 9, 0, EOPNOTSUPP, 0, false, ENXIO,
		  "interrupt 9 of " HOST_BDF " is not enabled, which comes first, or" },
		{ 4, 0, 0x003f0307, 9, 0, 0, 0, true, EIO, "did not take entry 9 of its ST table" },
		{ 1, 0, 0x003f0307, 10, 0, 0, 3, true, EIO,
		  "did not take entry 10 of its ST table" },
		{ 1, 0, 0x003f0307, 8, 0, 0, 3, true, EIO, "did not take entry 8 of its ST table" },
		{ 1, 1, 0x003f0507, 10, 0, 0, 3, false, ENXIO, "interrupt 10 of " HOST_BDF },
		{ 0, 0, 0x003f0507, 8, 0, 0, 0, false, ENXIO, "VFIO_DEVICE_SET_IRQS" },
		{ 4, 1, 0x003f0507, 10, 0, 0, 0, false, ENXIO, "interrupt 10 of " HOST_BDF },
		{ 1, 1, 0x003f0507, 10, 0, 0, 1, false, EOPNOTSUPP, "fd 5 has no 8-bit" },
		{ 1, 1, 0x003f0307, 8, 0, 0, 3, false, EIO, "entry 8 of the ST table" },
		/* Only of the first entry the kernel says that. */
		{ 1, 1, 0x003f0507, 8, EINTR, 0, 3, false, EINTR, "fd 255" },
		{ 1, 1, 0x003f0507, 9, EINTR, 0, 3, false, EINTR, "fd 256" },
		{ 1, 1, 0x003f0507, 10, EIO, 0, 3, false, EIO, "low power" },
	};
	struct vfio_tph_program_attr attr;
	unsigned int i;

	opt_in();
	for (i = 0; i < ARRAY_SIZE(rows); i++) {
		attr = ATTR(.source = rows[i].source, .flags = rows[i].flags, .tph_namespace = 1,
			    .start = 8, .count = 3);
		host.config[CAP] = rows[i].cap;
		host.st_bad = rows[i].bad;
		host.st_bad_errno = rows[i].bad_errno;
		host.st_disables = rows[i].disables;
		host.resolve_errno = rows[i].resolve_err;
		host.resolve_valid = rows[i].valid;
		assert_entry_fails(&attr, rows[i].bad - 8, rows[i].expected, rows[i].words);
	}
}

/* A signal in the middle of it, and then no other. */
static void what_passes_is_gone_through(void **state)
{
	const struct vfio_tph_program_attr attr = ATTR(.source = 1, .flags = 1, .tph_namespace = 1,
						       .start = 8, .count = 3);
	unsigned int programmed;

	opt_in();
	host.config[CAP] = 0x003f0507;
	host.config[CONTROL] = 0x102;
	host.st_bad = 9;
	host.st_bad_calls = 1;
	assert_int_equal(vfio_tph_program(device, &attr, &programmed, &reason), 0);
	assert_int_equal(programmed, 3);
	assert_st_request((const unsigned char[]){ 5, 0, 0, 0, 9, 0, 2, 0 }, &tags[1]);
}

/* Literal tags can be required, too; 0 is none. */
static void required_tag_is_not_zero(void **state)
{
	static const uint32_t numbers[] = { 5, 0 };
	const struct vfio_tph_program_attr attr = {
		.source = 4,
		.flags = 1,
		.tph_namespace = 1,
		.count = 2,
		.numbers = numbers,
	};

	opt_in();
	host.config[CONTROL] = 0x102;
	host.st_bad = 1;
	assert_program_fails(&attr, 1, EOPNOTSUPP, "0 is no steering tag that could be required");
	host.config[CAP] = 0x003f0507;
	assert_program_fails(&attr, 1, EOPNOTSUPP, "0 is no steering tag that could be required");
}

static void resolve_has_these_bytes(void **state)
{
	static const unsigned char request[] = {
		20,   0,    0,    0,    /* argsz */
		0x03, 0xff, 1,    0,    /* VFIO_DEVICE_FEATURE_TPH_RESOLVE, GET */
		0x21, 0,    0,    0,    /* flags: SRC_DMABUF, EXTENDED */
		0x78, 0x56, 0x34, 0x12, /* src */
		0,    0,    0,    0,    /* valid, ph, st */
	};
	static const uint32_t flags[] = {
		[VFIO_TPH_SOURCE_DMABUF] = 0x01,
		[VFIO_TPH_SOURCE_CPU] = 0x08,
		[VFIO_TPH_SOURCE_CPU_PERSISTENT] = 0x10,
	};
	struct vfio_tph_hints hints = {};
	unsigned int source;

	opt_in();
	host.resolve_valid = 3;
	host.resolve_ph = 2;
	host.resolve_st = 0xbeef;
	assert_int_equal(vfio_tph_resolve(device, VFIO_TPH_SOURCE_DMABUF, VFIO_TPH_TAG_ST_EXT,
					  0x12345678, &hints, &reason),
			 0);
	assert_int_equal(host.request_size, sizeof(request));
	assert_memory_equal(host.request, request, sizeof(request));
	assert_int_equal(hints.flags, VFIO_TPH_HINT_ST | VFIO_TPH_HINT_PH);
	assert_int_equal(hints.st, 0xbeef);
	assert_int_equal(hints.ph, 2);
	for (source = 1; source < ARRAY_SIZE(flags); source++) {
		assert_int_equal(vfio_tph_resolve(device, source, VFIO_TPH_TAG_ST, 1, &hints, NULL),
				 0);
		assert_memory_equal(host.request + 8, &flags[source], 4);
	}
}

static void resolve_errors_say_what_was_wrong(void **state)
{
	static const struct {
		uint64_t comp_mask;
		uint32_t source, ns, caps;
		int err, expected;
		const char *words;
	} rows[] = {
		{ 2, 1, 1, 0, 0, EOPNOTSUPP, "comp_mask" },
		{ 0, 0, 1, 0, 0, EINVAL, "source 0" },
		{ 0, 4, 1, 0, 0, EINVAL, "source 4" },
		{ 0, 1, 4, 0, 0, EINVAL, "0x4 is no namespace" },
		{ 0, 1, 1, 0, EBADF, EBADF, "cannot ask fd 9" },
		{ 0, 1, 1, 0, EINVAL, EINVAL, "fd 9 is not a dma-buf" },
		{ 0, 1, 1, 0, EINTR, EINTR, "cannot ask fd 9" },
		{ 0, 1, 1, 0, EOPNOTSUPP, EOPNOTSUPP, "CONFIG_VFIO_PCI_DMABUF" },
		{ 0, 2, 1, 0, EOPNOTSUPP, EOPNOTSUPP, "_DSM" },
		{ 0, 2, 1, 1, EOPNOTSUPP, EOPNOTSUPP, "know tags of CPUs" },
		{ 0, 3, 2, 1, EINVAL, EINVAL, "CPU 9" },
		{ 0, 1, 1, 0, EFAULT, EFAULT, "cannot resolve steering tags" },
	};
	struct vfio_tph_hints hints, before;
	unsigned int i;

	memset(&hints, 0x5a, sizeof(hints));
	hints.comp_mask = 0;
	assert_reason(vfio_tph_resolve(device, 1, 1, 9, &hints, &reason), EPERM,
		      "vfio_tph_opt_in()");
	opt_in();
	for (i = 0; i < ARRAY_SIZE(rows); i++) {
		hints.comp_mask = rows[i].comp_mask;
		before = hints;
		host.caps = rows[i].caps;
		host.resolve_errno = rows[i].err;
		assert_reason(vfio_tph_resolve(device, rows[i].source, rows[i].ns, 9, &hints,
					       &reason),
			      rows[i].expected, rows[i].words);
		assert_int_equal(vfio_tph_resolve(device, rows[i].source, rows[i].ns, 9, &hints,
						  NULL),
				 rows[i].expected);
		assert_memory_equal(&hints, &before, sizeof(hints));
	}
}

/* In interrupt-vector mode below stage 3 no tags are told: nothing is known of the dma-buf's. */
static void hidden_tag_is_not_taken_for_none(void **state)
{
	const struct vfio_tph_program_attr attr = ATTR(.source = 1, .flags = 1, .tph_namespace = 1,
						       .count = 3);

	opt_in();
	host.st_bad = 1;
	host.config[CAP] = 0x003f0503;
	host.config[CONTROL] = 0x101;
	assert_program_fails(&attr, 1, ENXIO, "interrupt 1 of " HOST_BDF);
	assert_program_fails(&attr, 1, ENXIO, "or the source has no tag");
	host.caps = VFIO_DEVICE_TPH_CAP_LITERAL;
	assert_program_fails(&attr, 1, EOPNOTSUPP, "fd 256 has no 8-bit steering tag");
}

/* Each call of each function failed once, up to the last: never success, never a leak. */
static void whatever_fails_is_said(void **state)
{
	struct vfio_tph_requester_info info = {};
	const int live = host.live;
	int n, err = EIO;

	opt_in();
	for (n = 0; err; n++) {
		host.calls = host.num_written = 0;
		host.fail_call = n;
		err = vfio_tph_enable(device, 2, VFIO_TPH_TAG_ST, &reason);
		assert_true(!err || err == EIO);
	}
	/* Region, list of two, capability, control, opt-in, twice control written and read. */
	assert_int_equal(n - 1, 10);
	for (n = 0, err = EIO; err; n++) {
		host.calls = 0;
		host.fail_call = n;
		err = vfio_tph_query_requester(device, &info, &reason);
		assert_true(!err || err == EIO);
	}
	assert_int_equal(n - 1, 6);
	assert_int_equal(host.live, live);
}

#define TEST(function) cmocka_unit_test_setup_teardown(function, setup, teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(layout_is_abi),
		TEST(fd_stays_the_callers),
		TEST(fd_of_something_else_is_named),
		TEST(opt_in_has_these_bytes),
		TEST(opt_in_errors_say_what_was_wrong),
		TEST(query_tells_what_registers_say),
		TEST(query_works_on_any_kernel),
		TEST(query_errors_say_what_was_wrong),
		TEST(enable_writes_this),
		TEST(selection_is_checked_first),
		TEST(mode_that_is_not_taken_is_named),
		TEST(namespace_that_is_not_taken_is_named),
		TEST(program_has_these_bytes),
		TEST(program_checks_first),
		TEST(program_errors_say_what_was_wrong),
		TEST(numbers_that_cannot_be_read_are_not),
		TEST(failed_entry_is_named_with_its_cause),
		TEST(what_passes_is_gone_through),
		TEST(required_tag_is_not_zero),
		TEST(hidden_tag_is_not_taken_for_none),
		TEST(resolve_has_these_bytes),
		TEST(resolve_errors_say_what_was_wrong),
		TEST(whatever_fails_is_said),
	};

	return cmocka_run_group_tests_name("requester", tests, NULL, NULL);
}
