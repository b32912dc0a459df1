// SPDX-License-Identifier: GPL-2.0 OR Linux-OpenIB
/*
 * The accelerator model as its owner sees it through vfio-pci: configuration space, registers, the
 * memory by its two ways (mapped, and by accesses that the kernel makes), a job of the DMA engine
 * that ends with an interrupt, and function reset.
 */
#include <errno.h>
#include <inttypes.h>
#include <poll.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/eventfd.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <unistd.h>
#include <linux/pci_regs.h>
#include <linux/vfio.h>
#include <vfio/tph.h>

#include "accelerator/accelerator_regs.h"
#include "tap.h"

#define PAGE 4096
#define VECTOR 5

/* In a job that is written at once, from ACC_DMA_SOURCE on */
#define WORD(offset) (((offset) - ACC_DMA_SOURCE) / 4)

static int device_fd;

static uint64_t region_offset(unsigned int index)
{
	struct vfio_region_info info = { .argsz = sizeof(info), .index = index };

	if (ioctl(device_fd, VFIO_DEVICE_GET_REGION_INFO, &info))
		tap_bail_out("region %u: %s", index, strerror(errno));
	return info.offset;
}

static void region_read(unsigned int index, uint64_t offset, void *data, size_t len)
{
	ssize_t got = pread(device_fd, data, len, region_offset(index) + offset);

	if (got != (ssize_t)len)
		tap_bail_out("region %u at 0x%" PRIx64 ": %s", index, offset, strerror(errno));
}

static void region_write(unsigned int index, uint64_t offset, const void *data, size_t len)
{
	ssize_t put = pwrite(device_fd, data, len, region_offset(index) + offset);

	if (put != (ssize_t)len)
		tap_bail_out("region %u at 0x%" PRIx64 ": %s", index, offset, strerror(errno));
}

static uint32_t config_read(unsigned int offset, size_t len)
{
	uint32_t value = 0;

	region_read(VFIO_PCI_CONFIG_REGION_INDEX, offset, &value, len);
	return value;
}

static uint32_t register32(uint64_t offset)
{
	uint32_t value;

	region_read(ACC_REGISTER_BAR, offset, &value, sizeof(value));
	return value;
}

static uint64_t register64(uint64_t offset)
{
	uint64_t value;

	region_read(ACC_REGISTER_BAR, offset, &value, sizeof(value));
	return value;
}

static void equal(uint64_t got, uint64_t expected, const char *what)
{
	if (!tap_ok(got == expected, "%s is 0x%" PRIx64, what, expected))
		tap_note("got 0x%" PRIx64, got);
}

static unsigned int find_express(void)
{
	unsigned int cap = config_read(PCI_CAPABILITY_LIST, 1);

	for (int i = 0; cap && i < 48; i++, cap = config_read(cap + PCI_CAP_LIST_NEXT, 1))
		if (config_read(cap + PCI_CAP_LIST_ID, 1) == PCI_CAP_ID_EXP)
			return cap;
	tap_bail_out("no PCI Express capability");
}

static void configuration(void)
{
	unsigned int cap = find_express();

	equal(config_read(PCI_VENDOR_ID, 2), ACC_VENDOR_ID, "the vendor ID");
	equal(config_read(PCI_DEVICE_ID, 2), ACC_DEVICE_ID, "the device ID");
	equal(config_read(PCI_CLASS_REVISION, 4) >> 8, ACC_CLASS_CODE, "the class code");
	equal(config_read(cap + PCI_EXP_FLAGS, 2), 2 | PCI_EXP_TYPE_RC_END << 4,
	      "the capability: version 2, integrated endpoint");
	/* Bits 13:12 (7.5.3.15): the default model completes both namespaces. */
	equal(config_read(cap + PCI_EXP_DEVCAP2, 4) >> 12 & 3, 3, "the TPH completer type");
}

static void registers(uint64_t memory_size)
{
	equal(register32(ACC_ID), ACC_ID_VALUE, "the identification register");
	equal(register32(ACC_VERSION), ACC_VERSION_VALUE, "the version register");
	equal(register32(ACC_CAPS) & ACC_CAPS_COMPLETER, 3, "the completer type in the registers");
	equal(register64(ACC_MEMORY_SIZE), memory_size, "the memory size in the registers");
	equal(register32(ACC_MEMORY_SIZE + 4), memory_size >> 32, "its upper half alone");
	region_write(ACC_REGISTER_BAR, ACC_ID, &(uint32_t){ 0 }, 4);
	equal(register32(ACC_ID), ACC_ID_VALUE, "a read-only register after a write");
}

static void fill(uint32_t *words, size_t count, uint32_t seed)
{
	for (size_t i = 0; i < count; i++)
		words[i] = seed + i * 2654435761u;
}

/* Written through one way and read through the other, and the other way round. */
static void both_ways(uint32_t *mapped, uint64_t offset, const char *what)
{
	uint32_t expected[PAGE / 4], got[PAGE / 4];

	fill(expected, PAGE / 4, offset);
	memcpy(mapped + offset / 4, expected, PAGE);
	region_read(ACC_MEMORY_BAR, offset, got, PAGE);
	tap_ok(!memcmp(got, expected, PAGE), "%s: mapped writes are there for region reads", what);
	fill(expected, PAGE / 4, ~offset);
	region_write(ACC_MEMORY_BAR, offset, expected, PAGE);
	memcpy(got, mapped + offset / 4, PAGE);
	tap_ok(!memcmp(got, expected, PAGE), "%s: region writes are there for mapped reads", what);
}

/* Vectors before @vector get no eventfd. */
static void set_eventfd(unsigned int vector, int fd)
{
	union {
		struct vfio_irq_set set;
		char room[sizeof(struct vfio_irq_set) + sizeof(int)];
	} irqs = { .set = {
			   .argsz = sizeof(irqs),
			   .flags = VFIO_IRQ_SET_DATA_EVENTFD | VFIO_IRQ_SET_ACTION_TRIGGER,
			   .index = VFIO_PCI_MSIX_IRQ_INDEX,
			   .start = vector,
			   .count = 1,
		   } };

	memcpy(irqs.set.data, &fd, sizeof(fd));
	if (ioctl(device_fd, VFIO_DEVICE_SET_IRQS, &irqs))
		tap_bail_out("vector %u: %s", vector, strerror(errno));
}

static void interrupt(uint32_t *mapped)
{
	const uint32_t job[] = {
		[WORD(ACC_DMA_DESTINATION)] = PAGE,
		[WORD(ACC_DMA_LENGTH)] = PAGE,
		[WORD(ACC_DMA_FLAGS)] = ACC_DMA_SOURCE_LOCAL | ACC_DMA_DESTINATION_LOCAL |
					ACC_DMA_INTERRUPT,
		[WORD(ACC_DMA_VECTOR)] = VECTOR,
		[WORD(ACC_DMA_COMMAND)] = ACC_DMA_COMMAND_GO,
	};
	struct pollfd event = { .fd = eventfd(0, EFD_NONBLOCK), .events = POLLIN };
	const uint16_t command = PCI_COMMAND_MEMORY | PCI_COMMAND_MASTER;
	uint64_t count = 0;

	fill(mapped, PAGE / 4, 7);
	/* An interrupt is a write to the bus, even where the job has none. */
	region_write(VFIO_PCI_CONFIG_REGION_INDEX, PCI_COMMAND, &command, sizeof(command));
	set_eventfd(VECTOR, event.fd);
	region_write(ACC_REGISTER_BAR, ACC_DMA_SOURCE, job, sizeof(job));
	if (poll(&event, 1, 10000) != 1 || read(event.fd, &count, sizeof(count)) < 0)
		tap_note("no interrupt within 10 s");
	equal(count, 1, "the count of interrupts after a job");
	equal(register32(ACC_DMA_STATUS), ACC_DMA_DONE, "the engine's status then");
	equal(register32(ACC_DMA_ERROR), ACC_DMA_OK, "its error code");
	tap_ok(!memcmp(mapped, mapped + PAGE / 4, PAGE), "the page is copied");
	close(event.fd);
}

static void reset(uint32_t *mapped)
{
	const uint32_t mark = 0x600dda7a;

	mapped[PAGE] = mark;
	tap_errno(ioctl(device_fd, VFIO_DEVICE_RESET) ? errno : 0, 0, "function reset");
	equal(register32(ACC_ID), ACC_ID_VALUE, "after reset: the identification register");
	equal(mapped[PAGE], mark, "after reset: the memory");
}

int main(void)
{
	const char *bdf = getenv("TPH_ACC0");
	struct vfio_tph_reason reason;
	struct vfio_tph_device *device;
	uint64_t size;
	void *memory;

	if (!bdf)
		tap_bail_out("TPH_ACC0 is not set: the lab sets it to the accelerator's address");
	device = vfio_tph_open(bdf, &reason);
	if (!device || vfio_tph_bar_size(device, ACC_MEMORY_BAR, &size, &reason) ||
	    vfio_tph_map_bar(device, ACC_MEMORY_BAR, 0, size, &memory, &reason))
		tap_bail_out("%s", reason.text);
	device_fd = vfio_tph_device_fd(device);
	tap_plan(24);
	configuration();
	registers(size);
	equal(register64(ACC_WRITES), 0, "the count of peers' writes");
	both_ways(memory, 0, "first page");
	both_ways(memory, size - PAGE, "last page");
	equal(register64(ACC_WRITES), 0, "the count of peers' writes after those of the CPU");
	interrupt(memory);
	reset(memory);
	munmap(memory, size);
	vfio_tph_close(device);
	return tap_status();
}
