// SPDX-License-Identifier: GPL-2.0 OR Linux-OpenIB
/*
 * Where to start from for a driver in user space: its device writes, and every request says where
 * the data should land, in the cache of a CPU or in a partition of another device.
 *
 *	cc -o dma_steer dma_steer.c $(pkg-config --cflags --libs libvfio-tph)
 *	./dma_steer 0000:01:00.0 0
 *	./dma_steer 0000:01:00.0 0000:02:00.0 0x03 2
 *
 * The first writes near CPU 0, the second into another device, with its tag 3 and hint 2.
 * The device is the accelerator of the lab, whose DMA engine is below; with another one the
 * registers differ, and all else is as it is here. Both are bound to vfio-pci. Somebody else may
 * own the other device: its dma-buf then comes through a socket, with tags that are published
 * already. Tags of CPUs are known to firmware, by the root port above the device.
 *
 *	echo 2 >/sys/module/vfio_pci_core/parameters/tph
 *
 * is what the administrator does before.
 */
#include <endian.h>
#include <errno.h>
#include <fcntl.h>
#include <linux/pci_regs.h>
#include <linux/vfio.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <unistd.h>
#include <vfio/tph.h>
#include <vfio/tph_requester.h>

/* The accelerator: BAR0 has registers, BAR2 memory. */
#define REGISTERS 0
#define MEMORY	  2

#define DMA_SOURCE	0x2000
#define DMA_DESTINATION 0x2008
#define DMA_LENGTH	0x2010
#define DMA_FLAGS	0x2014
#define DMA_ST		0x2018 /* index of the ST table, or the tag where there is none */
#define DMA_PH		0x201c
#define DMA_COMMAND	0x2024
#define DMA_STATUS	0x2028
#define DMA_ERROR	0x202c

#define DMA_FLAGS_SOURCE_LOCAL 0x01 /* in the accelerator's memory */
#define DMA_FLAGS_WRITE_HINTS  0x08
#define DMA_COMMAND_GO	       0x1
#define DMA_STATUS_DONE	       0x2

#define PAGE	   4096
#define LENGTH	   64
#define ENTRY	   1 /* of the ST table: as good as any other */
#define NEAR_CPU   2 /* hint: the target will use it soon */
#define FIRST_IOVA 0x10000000

/* A device that is a DMA master, and the address space that it has. */
struct driver {
	struct vfio_tph_device *device;
	int container, group, fd;
	bool noiommu;
	uint64_t next_iova;
	volatile uint32_t *registers;
	void *memory;
};

/* Where it writes, and with which tag. */
struct target {
	const void *data; /* as this program sees it */
	uint32_t source, number;
	uint8_t ph;
};

static __attribute__((noreturn, format(printf, 1, 2))) void fail(const char *format, ...)
{
	va_list args;

	va_start(args, format);
	fputs("dma_steer: ", stderr);
	vfprintf(stderr, format, args);
	fputc('\n', stderr);
	va_end(args);
	/* The kernel closes the devices then, and disables their DMA. */
	exit(EXIT_FAILURE);
}

static unsigned long number(const char *text, unsigned long max, const char *what)
{
	char *end;
	unsigned long value;

	errno = 0;
	value = strtoul(text, &end, 0);
	if (errno || end == text || *end || *text == '-' || value > max)
		fail("%s is no %s: it is 0 to %#lx", text, what, max);
	return value;
}

/*
 * VFIO, as every driver in user space has it in some way: a container with an IOMMU, the device's
 * group in it. Without an IOMMU the group's node has another name.
 */
static int open_group(struct driver *driver, const char *bdf)
{
	char path[128], link[128];
	ssize_t length;
	char *name;

	snprintf(path, sizeof(path), "/sys/bus/pci/devices/%s/iommu_group", bdf);
	length = readlink(path, link, sizeof(link) - 1);
	if (length < 0)
		fail("%s is in no IOMMU group: %s; is it bound to vfio-pci?", bdf, strerror(errno));
	link[length] = '\0';
	name = strrchr(link, '/') + 1;
	snprintf(path, sizeof(path), "/dev/vfio/%.16s", name);
	if (access(path, F_OK)) {
		driver->noiommu = true;
		snprintf(path, sizeof(path), "/dev/vfio/noiommu-%.16s", name);
	}
	return open(path, O_RDWR | O_CLOEXEC);
}

static void open_vfio(struct driver *driver, const char *bdf)
{
	driver->container = open("/dev/vfio/vfio", O_RDWR | O_CLOEXEC);
	driver->group = open_group(driver, bdf);
	if (driver->container < 0 || driver->group < 0 ||
	    ioctl(driver->group, VFIO_GROUP_SET_CONTAINER, &driver->container) ||
	    ioctl(driver->container, VFIO_SET_IOMMU,
		  driver->noiommu ? VFIO_NOIOMMU_IOMMU : VFIO_TYPE1v2_IOMMU))
		fail("cannot open the VFIO group of %s: %s", bdf, strerror(errno));
	driver->fd = ioctl(driver->group, VFIO_GROUP_GET_DEVICE_FD, bdf);
	if (driver->fd < 0)
		fail("cannot get %s from its VFIO group: %s", bdf, strerror(errno));
}

/* VFIO opens devices with it off. */
static void enable_bus_master(const struct driver *driver)
{
	struct vfio_region_info config = { .argsz = sizeof(config),
					   .index = VFIO_PCI_CONFIG_REGION_INDEX };
	const uint16_t command = htole16(PCI_COMMAND_MEMORY | PCI_COMMAND_MASTER);

	if (ioctl(driver->fd, VFIO_DEVICE_GET_REGION_INFO, &config) ||
	    pwrite(driver->fd, &command, sizeof(command), config.offset + PCI_COMMAND) !=
		    sizeof(command))
		fail("cannot let the device be a bus master: %s", strerror(errno));
}

static void open_driver(struct driver *driver, const char *bdf)
{
	struct vfio_tph_reason reason;
	void *registers;

	open_vfio(driver, bdf);
	enable_bus_master(driver);
	driver->next_iova = FIRST_IOVA;
	driver->device = vfio_tph_use_fd(driver->fd, bdf, &reason);
	if (!driver->device ||
	    vfio_tph_map_bar(driver->device, REGISTERS, 0, 4 * PAGE, &registers, &reason) ||
	    vfio_tph_map_bar(driver->device, MEMORY, 0, PAGE, &driver->memory, &reason))
		fail("%s", reason.text);
	driver->registers = registers;
}

/*
 * Without an IOMMU the bus knows the addresses that the kernel has, and only root learns them. The
 * page stays where it is: it is locked.
 */
static uint64_t physical_address(const void *page)
{
	const uint64_t present = 1ull << 63, frame = (1ull << 55) - 1;
	int fd = open("/proc/self/pagemap", O_RDONLY | O_CLOEXEC);
	uint64_t entry = 0;

	if (fd < 0 || pread(fd, &entry, sizeof(entry), (uintptr_t)page / PAGE * sizeof(entry)) !=
			      sizeof(entry))
		fail("cannot read /proc/self/pagemap: %s", strerror(errno));
	close(fd);
	if (!(entry & present) || !(entry & frame))
		fail("no physical address in /proc/self/pagemap: run as root");
	return (entry & frame) * PAGE;
}

/* That of a BAR: the file has a line for each, which begins with the first address. */
static uint64_t bar_address(const char *bdf, unsigned int bar)
{
	char path[128], line[128];
	FILE *file;

	snprintf(path, sizeof(path), "/sys/bus/pci/devices/%s/resource", bdf);
	file = fopen(path, "re");
	for (unsigned int i = 0; i <= bar; i++)
		if (!file || !fgets(line, sizeof(line), file))
			fail("cannot read %s: %s", path, strerror(errno));
	fclose(file);
	return strtoull(line, NULL, 16);
}

/* With an IOMMU the device has addresses of its own, for memory as for another device's BAR. */
static uint64_t map_page(struct driver *driver, void *page)
{
	struct vfio_iommu_type1_dma_map map = {
		.argsz = sizeof(map),
		.flags = VFIO_DMA_MAP_FLAG_READ | VFIO_DMA_MAP_FLAG_WRITE,
		.vaddr = (uintptr_t)page,
		.iova = driver->next_iova,
		.size = PAGE,
	};

	if (ioctl(driver->container, VFIO_IOMMU_MAP_DMA, &map))
		fail("cannot map a page for the device: %s", strerror(errno));
	driver->next_iova += PAGE;
	return map.iova;
}

static void write_register(const struct driver *driver, unsigned int offset, uint64_t value)
{
	driver->registers[offset / 4] = htole32(value);
	if (offset == DMA_SOURCE || offset == DMA_DESTINATION)
		driver->registers[offset / 4 + 1] = htole32(value >> 32);
}

static uint32_t read_register(const struct driver *driver, unsigned int offset)
{
	return le32toh(driver->registers[offset / 4]);
}

/* LENGTH bytes from the beginning of the device's memory; @st as the device wants it. */
static void run_engine(const struct driver *driver, uint64_t destination, uint32_t st, uint8_t ph)
{
	write_register(driver, DMA_SOURCE, 0);
	write_register(driver, DMA_DESTINATION, destination);
	write_register(driver, DMA_LENGTH, LENGTH);
	write_register(driver, DMA_FLAGS, DMA_FLAGS_SOURCE_LOCAL | DMA_FLAGS_WRITE_HINTS);
	write_register(driver, DMA_ST, st);
	write_register(driver, DMA_PH, ph);
	write_register(driver, DMA_COMMAND, DMA_COMMAND_GO);
	while (!(read_register(driver, DMA_STATUS) & DMA_STATUS_DONE))
		;
	if (read_register(driver, DMA_ERROR))
		fail("the device's DMA failed with error %u", read_register(driver, DMA_ERROR));
}

static void near_cpu(struct driver *driver, struct target *target, const char *cpu,
		     uint64_t *address)
{
	void *page = mmap(NULL, PAGE, PROT_READ | PROT_WRITE,
			  MAP_PRIVATE | MAP_ANONYMOUS | MAP_POPULATE | MAP_LOCKED, -1, 0);

	if (page == MAP_FAILED)
		fail("no memory: %s", strerror(errno));
	*target = (struct target){
		.data = page,
		.source = VFIO_TPH_SOURCE_CPU,
		.number = number(cpu, UINT32_MAX, "CPU"),
		.ph = NEAR_CPU,
	};
	*address = driver->noiommu ? physical_address(page) : map_page(driver, page);
}

/* The other owner's part is all but the last lines: who gets the dma-buf asks it for the hint. */
static void in_peer(struct driver *driver, struct target *target, char **words, uint64_t *address)
{
	const struct vfio_tph_tags tags = {
		.flags = VFIO_TPH_TAG_ST,
		.st = number(words[1], 0xff, "8-bit steering tag"),
		.ph = number(words[2], 3, "processing hint"),
	};
	struct vfio_tph_hints hints = { 0 };
	struct vfio_tph_reason reason;
	struct vfio_tph_device *peer;
	void *page;
	int fd;

	peer = vfio_tph_open(words[0], &reason);
	if (!peer || vfio_tph_export(peer, MEMORY, 0, PAGE, &fd, &reason) ||
	    vfio_tph_publish(peer, fd, &tags, &reason) ||
	    vfio_tph_map_bar(peer, MEMORY, 0, PAGE, &page, &reason))
		fail("%s", reason.text);

	if (vfio_tph_resolve(driver->device, VFIO_TPH_SOURCE_DMABUF, VFIO_TPH_TAG_ST, fd, &hints,
			     &reason))
		fail("%s", reason.text);
	*target = (struct target){
		.data = page,
		.source = VFIO_TPH_SOURCE_DMABUF,
		.number = fd,
		.ph = hints.ph,
	};
	*address = driver->noiommu ? bar_address(words[0], MEMORY) : map_page(driver, page);
}

/* Device-specific mode, in which the engine chooses the entry, or has the tag itself. */
static void enable(const struct driver *driver, struct vfio_tph_requester_info *info)
{
	struct vfio_tph_reason reason;

	if (vfio_tph_enable(driver->device, VFIO_TPH_MODE_DEVICE_SPECIFIC, VFIO_TPH_TAG_ST,
			    &reason) ||
	    vfio_tph_query_requester(driver->device, info, &reason))
		fail("%s", reason.text);
}

/* What goes into DMA_ST: the index of an entry with the target's tag, or the tag. */
static uint32_t steer(const struct driver *driver, const struct target *target,
		      const struct vfio_tph_requester_info *info)
{
	const struct vfio_tph_program_attr attr = {
		.source = target->source,
		.tph_namespace = info->tph_namespace,
		.flags = VFIO_TPH_PROGRAM_REQUIRE_ST,
		.start = ENTRY,
		.count = 1,
		.numbers = &target->number,
	};
	struct vfio_tph_hints hints = { 0 };
	struct vfio_tph_reason reason;

	if (vfio_tph_resolve(driver->device, target->source, info->tph_namespace, target->number,
			     &hints, &reason))
		fail("%s", reason.text);
	if (!(hints.flags & VFIO_TPH_HINT_ST))
		fail("there is no tag for this target");
	if (info->st_entries && vfio_tph_program(driver->device, &attr, NULL, &reason))
		fail("%s", reason.text);
	printf("tag %#x, hint %u", hints.st, target->ph);
	if (info->st_entries)
		printf(", entry %u of %u", ENTRY, info->st_entries);
	printf("\n");
	return info->st_entries ? ENTRY : hints.st;
}

static void show(const struct vfio_tph_requester_info *info, const char *bdf)
{
	printf("%s: sends %s-bit tags in device-specific mode%s\n", bdf,
	       info->tph_namespace == VFIO_TPH_TAG_ST_EXT ? "16" : "8",
	       info->flags & VFIO_TPH_REQUESTER_CPU ? ", firmware knows those of CPUs" : "");
}

int main(int argc, char **argv)
{
	struct vfio_tph_requester_info info = { 0 };
	struct driver driver = { 0 };
	struct vfio_tph_reason reason;
	struct target target;
	uint64_t address;
	bool arrived;

	if (argc != 3 && argc != 5)
		fail("usage: dma_steer DEVICE CPU | DEVICE OTHER-DEVICE TAG HINT");
	open_driver(&driver, argv[1]);
	if (vfio_tph_opt_in(driver.device, &reason))
		fail("%s", reason.text);
	enable(&driver, &info);
	show(&info, argv[1]);
	if (argc == 3)
		near_cpu(&driver, &target, argv[2], &address);
	else
		in_peer(&driver, &target, argv + 2, &address);

	memset(driver.memory, 0xa5, LENGTH);
	run_engine(&driver, address, steer(&driver, &target, &info), target.ph);
	arrived = !memcmp(target.data, driver.memory, LENGTH);
	printf("%d bytes %s\n", LENGTH, arrived ? "arrived" : "are not what was sent");
	/* At the end of the process the kernel closes all of it. */
	return arrived ? EXIT_SUCCESS : EXIT_FAILURE;
}
