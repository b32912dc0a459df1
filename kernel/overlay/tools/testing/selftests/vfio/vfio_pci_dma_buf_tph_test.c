// SPDX-License-Identifier: GPL-2.0-only
/*
 * VFIO_DEVICE_FEATURE_DMA_BUF_TPH: what is published is what an importer gets, and each error of
 * the uAPI header's list, in its order. The importer is the one of CONFIG_DMABUF_TPH_TEST.
 *
 * Takes the address of a device and, for dma-bufs of another one, of a second device.
 */
#include <pthread.h>
#include <signal.h>
#include <sys/eventfd.h>

#include <linux/pci_regs.h>
#include <linux/vfio.h>
#include <linux/vfio_tph.h>

#include <libvfio.h>

#include "../drivers/dma-buf/tph_importer.h"
#include "kselftest_harness.h"

#define GET	VFIO_DEVICE_FEATURE_GET
#define SET	VFIO_DEVICE_FEATURE_SET
#define PROBE	VFIO_DEVICE_FEATURE_PROBE

#define ST	VFIO_DMA_BUF_TPH_ST
#define ST_EXT	VFIO_DMA_BUF_TPH_ST_EXT

/* -EOPNOTSUPP as the importer shows it */
#define NONE	"-95"

/* Of Device Capabilities 2, which not every pci_regs.h has names for */
#define COMPLETER(devcap2)	(((devcap2) >> 12) & 3)
#define COMPLETER_ST		1
#define COMPLETER_ST_EXT	3

static char **bdfs;
static int nr_bdfs;

static u8 completer_of(struct vfio_pci_device *device)
{
	u8 pos = vfio_pci_config_readb(device, PCI_CAPABILITY_LIST);

	while (pos && vfio_pci_config_readb(device, pos + PCI_CAP_LIST_ID) != PCI_CAP_ID_EXP)
		pos = vfio_pci_config_readb(device, pos + PCI_CAP_LIST_NEXT);
	return pos ? COMPLETER(vfio_pci_config_readl(device, pos + PCI_EXP_DEVCAP2)) : 0;
}

/* Returns 0 or a negative errno, as do all below; argsz leaves room for @size bytes */
static int feature(struct vfio_pci_device *device, u32 operation, const void *data, size_t size)
{
	struct {
		struct vfio_device_feature feature;
		u8 data[64];
	} arg = {
		.feature.argsz = sizeof(arg.feature) + size,
		.feature.flags = operation | VFIO_DEVICE_FEATURE_DMA_BUF_TPH,
	};

	memcpy(arg.data, data, size);
	return ioctl(device->fd, VFIO_DEVICE_FEATURE, &arg) ? -errno : 0;
}

static int set(struct vfio_pci_device *device, const struct vfio_device_feature_dma_buf_tph *tph)
{
	return feature(device, SET, tph, sizeof(*tph));
}

static int publish(struct vfio_pci_device *device, int dmabuf, u8 st, u8 ph)
{
	const struct vfio_device_feature_dma_buf_tph tph = {
		.dmabuf_fd = dmabuf,
		.flags = ST,
		.steering_tag = st,
		.ph = ph,
	};

	return set(device, &tph);
}

/* A page of the first BAR that can be mapped; the file descriptor or a negative errno */
static int export(struct vfio_pci_device *device)
{
	struct {
		struct vfio_device_feature feature;
		struct vfio_device_feature_dma_buf dma_buf;
		struct vfio_region_dma_range range;
	} arg = {
		.feature.argsz = sizeof(arg),
		.feature.flags = GET | VFIO_DEVICE_FEATURE_DMA_BUF,
		.dma_buf.open_flags = O_CLOEXEC,
		.dma_buf.nr_ranges = 1,
		.range.length = sysconf(_SC_PAGESIZE),
	};
	int bar, fd;

	for (bar = 0; bar < PCI_STD_NUM_BARS && !device->bars[bar].vaddr; bar++)
		continue;
	arg.dma_buf.region_index = bar;
	fd = ioctl(device->fd, VFIO_DEVICE_FEATURE, &arg);
	return fd < 0 ? -errno : fd;
}

FIXTURE(tph) {
	struct iommu *iommu;
	struct vfio_pci_device *device;
	u8 completer;
	int dmabuf;
	int importer;
};

FIXTURE_SETUP(tph)
{
	self->iommu = iommu_init(default_iommu_mode);
	self->device = vfio_pci_device_init(bdfs[0], self->iommu);
	self->completer = completer_of(self->device);
	self->dmabuf = export(self->device);
	ASSERT_GE(self->dmabuf, 0);
	self->importer = tph_importer_open();
	if (self->importer < 0)
		SKIP(return, TPH_IMPORTER ": %s", strerror(errno));
	ASSERT_EQ(tph_importer_attach(self->importer, self->dmabuf), 0);
}

FIXTURE_TEARDOWN(tph)
{
	close(self->importer);
	close(self->dmabuf);
	vfio_pci_device_cleanup(self->device);
	iommu_cleanup(self->iommu);
}

/* Neither none nor the reserved encoding, 2, has the bits of another kind */
static bool completes(u8 completer, u8 kind)
{
	return (completer & kind) == kind;
}

/* What the importer gets when it asks now */
#define EXPECT_ANSWERS(_st, _st_ext) do {					\
	struct tph_importer_state __state;					\
										\
	ASSERT_EQ(tph_importer_command(self->importer, "query"), 0);		\
	ASSERT_EQ(tph_importer_read(self->importer, &__state), 0);		\
	EXPECT_STREQ(__state.st, _st);						\
	EXPECT_STREQ(__state.st_ext, _st_ext);					\
} while (0)

TEST_F(tph, operations)
{
	const struct vfio_device_feature_dma_buf_tph tph = { .dmabuf_fd = self->dmabuf };
	int can = completes(self->completer, COMPLETER_ST) ? 0 : -EOPNOTSUPP;

	EXPECT_EQ(feature(self->device, GET, &tph, sizeof(tph)), -EINVAL);
	EXPECT_EQ(feature(self->device, GET | SET, &tph, sizeof(tph)), -EINVAL);
	EXPECT_EQ(feature(self->device, PROBE | GET, &tph, sizeof(tph)), -EINVAL);
	EXPECT_EQ(feature(self->device, 0, &tph, sizeof(tph)), -EINVAL);
	EXPECT_EQ(feature(self->device, PROBE, &tph, sizeof(tph)), can);
	EXPECT_EQ(feature(self->device, PROBE | SET, &tph, sizeof(tph)), can);
	EXPECT_EQ(feature(self->device, SET, &tph, sizeof(tph)), can);
}

/* A device without a completer learns of nothing but that */
TEST_F(tph, arguments)
{
	const struct vfio_device_feature_dma_buf_tph good = { .dmabuf_fd = -1, .flags = ST };
	struct vfio_device_feature_dma_buf_tph tph;
	bool can = completes(self->completer, COMPLETER_ST);

	EXPECT_EQ(feature(self->device, SET, &good, sizeof(good) - 1), can ? -EINVAL : -EOPNOTSUPP);

	tph = good;
	tph.flags = 1 << 2;
	EXPECT_EQ(set(self->device, &tph), can ? -EINVAL : -EOPNOTSUPP);

	tph = good;
	tph.ph = 4;
	EXPECT_EQ(set(self->device, &tph), can ? -EINVAL : -EOPNOTSUPP);

	tph = good;
	tph.flags = ST | ST_EXT;
	EXPECT_EQ(set(self->device, &tph),
		  completes(self->completer, COMPLETER_ST_EXT) ? -EBADF : -EOPNOTSUPP);

	EXPECT_EQ(set(self->device, &good), can ? -EBADF : -EOPNOTSUPP);
	EXPECT_ANSWERS(NONE, NONE);
}

TEST_F(tph, unreadable)
{
	const struct vfio_device_feature head = {
		.argsz = sizeof(head) + sizeof(struct vfio_device_feature_dma_buf_tph),
		.flags = SET | VFIO_DEVICE_FEATURE_DMA_BUF_TPH,
	};
	size_t page = sysconf(_SC_PAGESIZE);
	char *memory, *arg;

	memory = mmap(NULL, 2 * page, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	ASSERT_NE(memory, MAP_FAILED);
	ASSERT_EQ(mprotect(memory + page, page, PROT_NONE), 0);
	arg = memory + page - sizeof(head);
	memcpy(arg, &head, sizeof(head));

	EXPECT_EQ(ioctl(self->device->fd, VFIO_DEVICE_FEATURE, arg), -1);
	EXPECT_EQ(errno, completes(self->completer, COMPLETER_ST) ? EFAULT : EOPNOTSUPP);
	munmap(memory, 2 * page);
}

/* Every SET replaces the whole state, and no namespace stands in for the other */
TEST_F(tph, values)
{
	static const struct {
		u32 flags;
		u16 st_ext;
		u8 st, ph;
		const char *told, *told_ext;
	} cases[] = {
		{ ST, 0x1234, 0xf0, 2, "st 0xf0 ph 2", NONE },
		{ ST_EXT, 0x1234, 0xf0, 3, NONE, "st 0x1234 ph 3" },
		{ ST | ST_EXT, 0xffff, 0xff, 1, "st 0xff ph 1", "st 0xffff ph 1" },
		{ ST | ST_EXT, 0, 0, 0, "st 0x0 ph 0", "st 0x0 ph 0" },
		{ ST, 0, 0x11, 1, "st 0x11 ph 1", NONE },
		{ 0, 0x1234, 0xf0, 3, NONE, NONE },
	};
	const char *told = NONE, *told_ext = NONE;
	struct vfio_device_feature_dma_buf_tph tph;
	bool can;
	int i;

	EXPECT_ANSWERS(told, told_ext);
	for (i = 0; i < ARRAY_SIZE(cases); i++) {
		tph = (struct vfio_device_feature_dma_buf_tph) {
			.dmabuf_fd = self->dmabuf,
			.flags = cases[i].flags,
			.steering_tag_ext = cases[i].st_ext,
			.steering_tag = cases[i].st,
			.ph = cases[i].ph,
		};
		can = completes(self->completer,
				tph.flags & ST_EXT ? COMPLETER_ST_EXT : COMPLETER_ST);
		EXPECT_EQ(set(self->device, &tph), can ? 0 : -EOPNOTSUPP);
		if (can) {
			told = cases[i].told;
			told_ext = cases[i].told_ext;
		}
		EXPECT_ANSWERS(told, told_ext);
	}
}

TEST_F(tph, other_files)
{
	int udmabuf, event;

	if (!completes(self->completer, COMPLETER_ST))
		SKIP(return, "%s completes no hints", bdfs[0]);

	udmabuf = tph_udmabuf_create();
	event = eventfd(0, EFD_CLOEXEC);
	ASSERT_GE(udmabuf, 0);
	ASSERT_GE(event, 0);
	EXPECT_EQ(publish(self->device, event, 1, 0), -EINVAL);
	EXPECT_EQ(publish(self->device, udmabuf, 1, 0), -EINVAL);
	close(event);
	close(udmabuf);
}

TEST_F(tph, other_device)
{
	struct vfio_pci_device *other;
	int dmabuf;

	if (!completes(self->completer, COMPLETER_ST))
		SKIP(return, "%s completes no hints", bdfs[0]);

	if (nr_bdfs < 2)
		SKIP(return, "no second device");

	other = vfio_pci_device_init(bdfs[1], self->iommu);
	dmabuf = export(other);
	ASSERT_GE(dmabuf, 0);
	EXPECT_EQ(publish(self->device, dmabuf, 1, 0), -EINVAL);
	vfio_pci_device_cleanup(other);
	EXPECT_EQ(publish(self->device, dmabuf, 1, 0), -EINVAL);
	close(dmabuf);
}

TEST_F(tph, closed_device)
{
	if (!completes(self->completer, COMPLETER_ST))
		SKIP(return, "%s completes no hints", bdfs[0]);

	EXPECT_EQ(publish(self->device, self->dmabuf, 0x11, 1), 0);
	vfio_pci_device_cleanup(self->device);
	self->device = vfio_pci_device_init(bdfs[0], self->iommu);
	EXPECT_EQ(publish(self->device, self->dmabuf, 0x22, 1), -EINVAL);
	EXPECT_ANSWERS(NONE, NONE);
}

/* An exporter that takes the memory back says so, and forgets nothing that was published */
TEST_F(tph, revoked)
{
	struct tph_importer_state state;

	if (!completes(self->completer, COMPLETER_ST))
		SKIP(return, "%s completes no hints", bdfs[0]);

	vfio_pci_cmd_set(self->device, PCI_COMMAND_MEMORY);
	EXPECT_EQ(publish(self->device, self->dmabuf, 0x11, 1), 0);
	EXPECT_ANSWERS("st 0x11 ph 1", NONE);

	vfio_pci_cmd_clear(self->device, PCI_COMMAND_MEMORY);
	ASSERT_EQ(tph_importer_read(self->importer, &state), 0);
	EXPECT_TRUE(state.stale);
	EXPECT_GT(state.invalidations, 0);
	EXPECT_ANSWERS("st 0x11 ph 1", NONE);
	EXPECT_EQ(publish(self->device, self->dmabuf, 0x22, 2), 0);
	EXPECT_ANSWERS("st 0x22 ph 2", NONE);

	vfio_pci_cmd_set(self->device, PCI_COMMAND_MEMORY);
	EXPECT_ANSWERS("st 0x22 ph 2", NONE);
}

static void *hold(void *arg)
{
	const int *importer = arg;

	return (void *)(long)tph_importer_command(*importer, "hold");
}

struct setter {
	struct vfio_pci_device *device;
	int dmabuf;
	pid_t tid;
	int started;
	int err;
};

static void *publish_and_wait(void *arg)
{
	struct setter *setter = arg;

	setter->tid = gettid();
	eventfd_write(setter->started, 1);
	setter->err = publish(setter->device, setter->dmabuf, 7, 0);
	return NULL;
}

static void ignore(int signal)
{
}

/* No event tells that another thread waits for a lock in the kernel, but its state does */
static bool asleep(pid_t tid)
{
	char path[64], stat[128] = "", *state;
	int fd;

	snprintf(path, sizeof(path), "/proc/self/task/%d/stat", tid);
	fd = open(path, O_RDONLY);
	if (fd < 0 || read(fd, stat, sizeof(stat) - 1) < 0)
		exit(KSFT_FAIL);
	close(fd);
	state = strrchr(stat, ')');
	return state && state[2] == 'S';
}

TEST_F(tph, interrupted)
{
	const struct sigaction action = { .sa_handler = ignore }; /* without SA_RESTART */
	struct setter setter = {
		.device = self->device,
		.dmabuf = self->dmabuf,
		.started = eventfd(0, EFD_CLOEXEC),
	};
	pthread_t holding, setting;
	eventfd_t count;
	void *result;

	if (!completes(self->completer, COMPLETER_ST))
		SKIP(return, "%s completes no hints", bdfs[0]);

	sigaction(SIGUSR1, &action, NULL);
	ASSERT_EQ(pthread_create(&holding, NULL, hold, &self->importer), 0);
	ASSERT_EQ(tph_importer_wait_held(self->importer), 0);
	ASSERT_EQ(pthread_create(&setting, NULL, publish_and_wait, &setter), 0);
	eventfd_read(setter.started, &count);
	while (!asleep(setter.tid))
		continue;
	pthread_kill(setting, SIGUSR1);
	pthread_join(setting, NULL);
	EXPECT_EQ(setter.err, -EINTR);

	/* The importer had the lock all the time */
	EXPECT_EQ(tph_importer_command(self->importer, "release"), 0);
	pthread_join(holding, &result);
	EXPECT_EQ((long)result, 0);
	EXPECT_ANSWERS(NONE, NONE);
	close(setter.started);
}

int main(int argc, char *argv[])
{
	bdfs = vfio_selftests_get_bdfs(&argc, argv, &nr_bdfs);
	return test_harness_run(argc, argv);
}
