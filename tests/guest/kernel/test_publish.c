// SPDX-License-Identifier: GPL-2.0 OR Linux-OpenIB
/*
 * VFIO_DEVICE_FEATURE_DMA_BUF_TPH: what is published is what an importer gets, and each error of
 * the uAPI header's list, in its order. Needs four accelerators: one that completes 16-bit tags,
 * one that completes 8-bit tags only, one that completes none, and one that says so by the reserved
 * encoding.
 */
#include <errno.h>
#include <pthread.h>
#include <string.h>
#include <sys/eventfd.h>
#include <unistd.h>

#include "exporter.h"
#include "importer.h"
#include "tap.h"
#include "util/macros.h"

struct test {
	struct vfio_tph_device *ext, *st_only, *none, *reserved;
	int dmabuf;
	int importer;
};

/* What the importer gets when it asks now */
static bool answers(struct test *test, const char *st, const char *st_ext, const char *what)
{
	struct importer_state state;
	int err;

	err = importer_command(test->importer, "query");
	if (!err)
		err = importer_read(test->importer, &state);
	if (err)
		tap_bail_out("the importer cannot query: %s", strerror(err));

	if (tap_ok(!strcmp(state.st, st) && !strcmp(state.st_ext, st_ext), "%s", what))
		return true;
	tap_note("expected '%s' and '%s', got '%s' and '%s'", st, st_ext, state.st, state.st_ext);
	return false;
}

static void set(struct test *test, uint32_t flags, uint16_t st_ext, uint8_t st, uint8_t ph)
{
	const struct vfio_device_feature_dma_buf_tph data = {
		.dmabuf_fd = test->dmabuf,
		.flags = flags,
		.steering_tag_ext = st_ext,
		.steering_tag = st,
		.ph = ph,
	};

	tap_errno(exporter_set(test->ext, &data), 0, "SET flags %u, 16-bit %#x, 8-bit %#x, ph %u",
		  flags, st_ext, st, ph);
}

static void test_values(struct test *test)
{
	answers(test, "-95", "-95", "nothing is published at first");
	set(test, VFIO_DMA_BUF_TPH_ST, 0x1234, 0xf0, 2);
	answers(test, "st 0xf0 ph 2", "-95", "an 8-bit tag is no 16-bit one");
	set(test, VFIO_DMA_BUF_TPH_ST_EXT, 0x1234, 0xf0, 3);
	answers(test, "-95", "st 0x1234 ph 3",
		"a SET replaces all, and a 16-bit tag is no 8-bit one");
	set(test, VFIO_DMA_BUF_TPH_ST | VFIO_DMA_BUF_TPH_ST_EXT, 0xffff, 0xff, 1);
	answers(test, "st 0xff ph 1", "st 0xffff ph 1", "both namespaces at once");
	set(test, VFIO_DMA_BUF_TPH_ST | VFIO_DMA_BUF_TPH_ST_EXT, 0, 0, 0);
	answers(test, "st 0x0 ph 0", "st 0x0 ph 0", "tag 0 is a tag");
	set(test, 0, 0x1234, 0xf0, 3);
	answers(test, "-95", "-95", "flags 0 clears both");
}

static void test_operation(struct test *test)
{
	const struct vfio_device_feature_dma_buf_tph data = { .dmabuf_fd = test->dmabuf };
	static const struct {
		const char *what;
		uint32_t operation;
		int ext, none;
	} cases[] = {
		{ "GET", VFIO_DEVICE_FEATURE_GET, EINVAL, EINVAL },
		{ "no operation", 0, EINVAL, EINVAL },
		{ "PROBE of GET", VFIO_DEVICE_FEATURE_PROBE | VFIO_DEVICE_FEATURE_GET, EINVAL,
		  EINVAL },
		{ "PROBE", VFIO_DEVICE_FEATURE_PROBE, 0, EOPNOTSUPP },
		{ "PROBE of SET", VFIO_DEVICE_FEATURE_PROBE | VFIO_DEVICE_FEATURE_SET, 0,
		  EOPNOTSUPP },
		{ "SET", VFIO_DEVICE_FEATURE_SET, 0, EOPNOTSUPP },
	};
	size_t i;

	for (i = 0; i < ARRAY_SIZE(cases); i++) {
		tap_errno(exporter_feature(test->ext, cases[i].operation, &data, sizeof(data)),
			  cases[i].ext, "%s, completer", cases[i].what);
		tap_errno(exporter_feature(test->none, cases[i].operation, &data, sizeof(data)),
			  cases[i].none, "%s, no completer", cases[i].what);
		tap_errno(exporter_feature(test->reserved, cases[i].operation, &data, sizeof(data)),
			  cases[i].none, "%s, reserved encoding", cases[i].what);
	}
}

static void test_arguments(struct test *test)
{
	const struct vfio_device_feature_dma_buf_tph good = {
		.dmabuf_fd = test->dmabuf,
		.flags = VFIO_DMA_BUF_TPH_ST,
		.steering_tag = 1,
	};
	struct vfio_device_feature_dma_buf_tph data;

	tap_errno(exporter_feature(test->ext, VFIO_DEVICE_FEATURE_SET, &good, sizeof(good) - 1),
		  EINVAL, "argsz a byte short");
	tap_errno(exporter_set_unreadable(test->ext), EFAULT, "a structure that cannot be read");

	data = good;
	data.flags = 1 << 2;
	data.dmabuf_fd = -1;
	tap_errno(exporter_set(test->ext, &data), EINVAL,
		  "an undefined flag, before the fd is looked at");
	data = good;
	data.ph = 4;
	data.dmabuf_fd = -1;
	tap_errno(exporter_set(test->ext, &data), EINVAL, "ph 4, before the fd is looked at");
	data = good;
	data.flags = VFIO_DMA_BUF_TPH_ST | VFIO_DMA_BUF_TPH_ST_EXT;
	data.dmabuf_fd = -1;
	tap_errno(exporter_set(test->st_only, &data), EOPNOTSUPP,
		  "a 16-bit tag for a completer of 8-bit ones, before the fd is looked at");
	data = good;
	data.dmabuf_fd = -1;
	tap_errno(exporter_set(test->ext, &data), EBADF, "no open file");
	answers(test, "-95", "-95", "a SET that failed published nothing");
}

static void set_elsewhere(struct vfio_tph_device *device, int fd, const char *what)
{
	const struct vfio_device_feature_dma_buf_tph data = {
		.dmabuf_fd = fd,
		.flags = VFIO_DMA_BUF_TPH_ST,
		.steering_tag = 1,
	};

	tap_errno(exporter_set(device, &data), EINVAL, "%s", what);
}

static void test_ownership(struct test *test)
{
	int udmabuf = exporter_udmabuf(EXPORTER_LENGTH);
	int other = exporter_export(test->st_only);
	int event = eventfd(0, EFD_CLOEXEC);

	set_elsewhere(test->ext, event, "a file that is no dma-buf");
	set_elsewhere(test->ext, udmabuf, "a dma-buf of another exporter");
	set_elsewhere(test->ext, other, "a dma-buf of another vfio device");

	vfio_tph_close(test->st_only);
	set_elsewhere(test->ext, other,
		      "a dma-buf whose device was closed, through another device");
	test->st_only = exporter_open("TPH_ACC1");
	set_elsewhere(test->st_only, other,
		      "a dma-buf from before the device was closed and opened");

	close(event);
	close(other);
	close(udmabuf);
}

/* An exporter that takes the memory back says so, and forgets nothing that was published */
static void test_revoked(struct test *test)
{
	struct importer_state state;

	set(test, VFIO_DMA_BUF_TPH_ST, 0, 0x11, 1);
	answers(test, "st 0x11 ph 1", "-95", "before the memory is taken back");
	tap_errno(exporter_set_memory_enabled(test->ext, false), 0, "memory decoding off");
	tap_ok(!importer_read(test->importer, &state) && state.stale && state.invalidations,
	       "the importer's mappings are invalidated");
	answers(test, "st 0x11 ph 1", "-95", "what was published stays");
	set(test, VFIO_DMA_BUF_TPH_ST, 0, 0x22, 2);
	answers(test, "st 0x22 ph 2", "-95", "a SET while the memory is away");
	tap_errno(exporter_set_memory_enabled(test->ext, true), 0, "memory decoding on");
	answers(test, "st 0x22 ph 2", "-95", "and it stays when the memory is back");
	set(test, 0, 0, 0, 0);
}

static void *hold(void *arg)
{
	const int *importer = arg;

	return (void *)(long)importer_command(*importer, "hold");
}

static void test_interrupted(struct test *test)
{
	const struct vfio_device_feature_dma_buf_tph data = {
		.dmabuf_fd = test->dmabuf,
		.flags = VFIO_DMA_BUF_TPH_ST,
		.steering_tag = 7,
	};
	pthread_t holder;
	void *result;
	int err;

	pthread_create(&holder, NULL, hold, &test->importer);
	err = importer_wait_held(test->importer);
	if (err)
		tap_bail_out("the importer does not get the lock: %s", strerror(err));

	tap_errno(exporter_set_interrupted(test->ext, &data), EINTR,
		  "a signal while an importer holds the lock");
	tap_errno(importer_command(test->importer, "release"), 0, "the importer gives the lock up");
	pthread_join(holder, &result);
	tap_errno((long)result, 0, "having had it all the time");
	answers(test, "-95", "-95", "the interrupted SET published nothing");
}

int main(void)
{
	struct test test = {
		.ext = exporter_open("TPH_ACC0"),
		.st_only = exporter_open("TPH_ACC1"),
		.none = exporter_open("TPH_ACC2"),
		.reserved = exporter_open("TPH_ACC3"),
	};

	test.dmabuf = exporter_export(test.ext);
	test.importer = importer_open();
	if (test.importer < 0 || importer_attach(test.importer, test.dmabuf))
		tap_bail_out("the test importer cannot attach: %s", strerror(errno));

	tap_plan(55);
	test_values(&test);
	test_operation(&test);
	test_arguments(&test);
	test_ownership(&test);
	test_revoked(&test);
	test_interrupted(&test);

	close(test.importer);
	close(test.dmabuf);
	vfio_tph_close(test.reserved);
	vfio_tph_close(test.none);
	vfio_tph_close(test.st_only);
	vfio_tph_close(test.ext);
	return tap_status();
}
