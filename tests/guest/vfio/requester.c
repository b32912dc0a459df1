// SPDX-License-Identifier: GPL-2.0 OR Linux-OpenIB
/*
 * libvfio-tph's side for the owner of a requester on a real kernel, in each stage that an
 * administrator may choose: what the device shows, what is taken, and what each mistake is answered
 * with.
 */
#include <errno.h>
#include <fcntl.h>
#include <linux/vfio.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/eventfd.h>
#include <sys/ioctl.h>
#include <sys/wait.h>
#include <unistd.h>
#include <vfio/tph.h>
#include <vfio/tph_requester.h>

#include "expect.h"
#include "tap.h"

#define PARAMETER "/sys/module/vfio_pci_core/parameters/tph"
#define MEMORY 2
#define PAGE 4096
#define ENTRIES 64
#define MSIX_ENTRIES 16

#define NO_ST VFIO_TPH_MODE_NO_ST
#define IV VFIO_TPH_MODE_INTERRUPT_VECTOR
#define DS VFIO_TPH_MODE_DEVICE_SPECIFIC
#define ST VFIO_TPH_TAG_ST
#define ST_EXT VFIO_TPH_TAG_ST_EXT

static const char *address(const char *variable)
{
	const char *bdf = getenv(variable);

	if (!bdf)
		tap_bail_out("%s is not set: this machine has three accelerators", variable);
	return bdf;
}

static struct vfio_tph_device *open_device(const char *bdf)
{
	struct vfio_tph_device *device = vfio_tph_open(bdf, &reason);

	if (!device)
		tap_bail_out("%s", reason.text);
	return device;
}

/* Of devices that are opened from now on */
static void set_stage(unsigned int stage)
{
	FILE *file = fopen(PARAMETER, "w");

	if (!file || fprintf(file, "%u", stage) < 0 || fclose(file))
		tap_bail_out("cannot write %s: %s", PARAMETER, strerror(errno));
}

static struct vfio_tph_device *open_at(unsigned int stage, const char *bdf)
{
	struct vfio_tph_device *device;

	set_stage(stage);
	device = open_device(bdf);
	if (vfio_tph_opt_in(device, &reason))
		tap_bail_out("%s", reason.text);
	return device;
}

static bool same(const struct vfio_tph_requester_info *a, const struct vfio_tph_requester_info *b)
{
	return a->flags == b->flags && a->namespaces == b->namespaces &&
	       a->tph_namespace == b->tph_namespace && a->st_entries == b->st_entries &&
	       a->modes == b->modes && a->table == b->table && a->mode == b->mode;
}

static void shows(struct vfio_tph_device *device, const struct vfio_tph_requester_info *expected,
		  const char *what)
{
	struct vfio_tph_requester_info info = { 0 };
	int err = vfio_tph_query_requester(device, &info, &reason);

	if (!tap_ok(!err && same(&info, expected), "%s", what))
		tap_note(
			"%s: flags %#x namespaces %#x now %#x entries %u modes %#x table %u mode %u",
			strerror(err), info.flags, info.namespaces, info.tph_namespace,
			info.st_entries, info.modes, info.table, info.mode);
}

static int program(struct vfio_tph_device *device, uint32_t source, uint32_t ns, uint32_t flags,
		   unsigned int count, const uint32_t *numbers, unsigned int *programmed)
{
	const struct vfio_tph_program_attr attr = {
		.source = source,
		.tph_namespace = ns,
		.flags = flags,
		.start = 1,
		.count = count,
		.numbers = numbers,
	};

	return vfio_tph_program(device, &attr, programmed, &reason);
}

static void before_opt_in(const char *bdf)
{
	const struct vfio_tph_requester_info all = { 0, 7, 3, 0, ENTRIES, 7, 1, 0 };
	const uint32_t cpu = 0;
	struct vfio_tph_hints hints = { 0 };
	struct vfio_tph_device *device;

	set_stage(3);
	device = open_device(bdf);
	shows(device, &all, "before the opt-in the device shows what it has");
	expect(vfio_tph_enable(device, DS, ST, &reason), EPERM, "vfio_tph_opt_in()", "enable");
	expect(vfio_tph_disable(device, &reason), EPERM, "vfio_tph_opt_in()", "disable");
	expect(program(device, VFIO_TPH_SOURCE_CPU, ST, 0, 1, &cpu, NULL), EPERM,
	       "vfio_tph_opt_in()", "program");
	expect(vfio_tph_resolve(device, VFIO_TPH_SOURCE_CPU, ST, 0, &hints, &reason), EPERM,
	       "vfio_tph_opt_in()", "resolve");
	expect(vfio_tph_opt_in(device, &reason), 0, "", "opt in");
	expect(vfio_tph_opt_in(device, &reason), 0, "", "opt in again");
	shows(device, &all, "at stage 3 the owner has all of it");
	vfio_tph_close(device);
}

static void stage_0(const char *bdf)
{
	const struct vfio_tph_requester_info off = { 0, 3, ST, 0, 0, 1, 0, NO_ST };
	const struct vfio_tph_requester_info on = { 0, 3, ST, ST, 0, 1, 0, NO_ST };
	struct vfio_tph_device *device = open_at(0, bdf);
	const uint32_t cpu = 0;

	shows(device, &off, "stage 0 shows No ST mode alone");
	expect(vfio_tph_enable(device, NO_ST, ST, &reason), 0, "", "enable hints without tags");
	shows(device, &on, "they are enabled");
	expect(program(device, VFIO_TPH_SOURCE_CPU, ST, 0, 1, &cpu, NULL), EOPNOTSUPP,
	       "tph has to be 1 or more when the device is opened; now it is 0", "program");
	expect(vfio_tph_enable(device, IV, ST, &reason), EOPNOTSUPP, "tph has to be 1",
	       "select interrupt-vector mode");
	shows(device, &off, "then they are disabled");
	expect(vfio_tph_enable(device, DS, ST, &reason), EOPNOTSUPP, "tph has to be 2",
	       "select device-specific mode");
	vfio_tph_close(device);
}

static void stage_1(const char *bdf)
{
	const struct vfio_tph_requester_info on = { 0, 3, 3, ST_EXT, ENTRIES, 3, 1, IV };
	struct vfio_tph_device *device = open_at(1, bdf);
	struct vfio_tph_hints hints = { 0 };
	const uint32_t cpus[] = { 0, 1, 4000 };
	unsigned int programmed = 0;

	expect(vfio_tph_enable(device, IV, ST_EXT, &reason), 0, "", "enable 16-bit tags by vector");
	shows(device, &on, "stage 1 shows the table and interrupt-vector mode");
	expect(program(device, VFIO_TPH_SOURCE_CPU, ST_EXT, 0, 2, cpus, &programmed), 0, "",
	       "program tags of CPUs, which nobody sees");
	expect(program(device, VFIO_TPH_SOURCE_CPU, ST_EXT, 0, 3, cpus, &programmed), EINVAL,
	       "CPU 4000", "the third is no CPU");
	tap_ok(programmed == 2, "two are programmed: %u", programmed);
	expect(vfio_tph_resolve(device, VFIO_TPH_SOURCE_CPU, ST_EXT, 0, &hints, &reason),
	       EOPNOTSUPP, "tph has to be 2", "resolve a CPU's tag");
	vfio_tph_close(device);
	set_stage(2);
	device = open_device(bdf);
	expect(vfio_tph_enable(device, IV, ST_EXT, &reason), EPERM, "each time",
	       "the next one to open it starts anew");
	vfio_tph_close(device);
}

/* A dma-buf of another device, with a tag in the 8-bit namespace. */
static int export(struct vfio_tph_device *owner)
{
	const struct vfio_tph_tags tags = { .flags = VFIO_TPH_TAG_ST, .st = 0x35, .ph = 3 };
	int fd;

	if (vfio_tph_export(owner, MEMORY, 0, PAGE, &fd, &reason) ||
	    vfio_tph_publish(owner, fd, &tags, &reason))
		tap_bail_out("%s", reason.text);
	return fd;
}

static void resolves(struct vfio_tph_device *device, uint32_t source, uint32_t ns, uint32_t number,
		     const struct vfio_tph_hints *expected, const char *what)
{
	struct vfio_tph_hints hints = { 0 };
	int err = vfio_tph_resolve(device, source, ns, number, &hints, &reason);

	if (!tap_ok(!err && hints.flags == expected->flags && hints.st == expected->st &&
			    hints.ph == expected->ph,
		    "%s", what))
		tap_note("%s: flags %u st %#x ph %u", strerror(err), hints.flags, hints.st,
			 hints.ph);
}

static void programming(struct vfio_tph_device *device, int dmabuf)
{
	const uint32_t closed = 1000, null = open("/dev/null", O_RDWR | O_CLOEXEC);
	const uint32_t fds[] = { dmabuf, dmabuf, closed, dmabuf };
	unsigned int programmed = 77;

	expect(program(device, VFIO_TPH_SOURCE_DMABUF, ST, 1, 2, fds, &programmed), 0, "",
	       "program the tag of a dma-buf twice");
	tap_ok(programmed == 2, "both are programmed: %u", programmed);
	expect(program(device, VFIO_TPH_SOURCE_DMABUF, ST, 1, 4, fds, &programmed), EBADF,
	       "fd 1000", "the third of four is no file");
	tap_ok(programmed == 2, "two are programmed: %u", programmed);
	expect(program(device, VFIO_TPH_SOURCE_DMABUF, ST, 0, 1, &null, &programmed), EINVAL,
	       "not a dma-buf", "a file that is no dma-buf");
	tap_ok(!programmed, "none is programmed: %u", programmed);
	close(null);
	expect(program(device, VFIO_TPH_SOURCE_DMABUF, ST_EXT, 0, 1, fds, NULL), EOPNOTSUPP,
	       "sends 8-bit steering tags now", "the namespace that is not enabled");
	expect(program(device, VFIO_TPH_SOURCE_NONE, 0, 0, ENTRIES - 1, NULL, &programmed), 0, "",
	       "clear the table behind its first entry");
	expect(program(device, VFIO_TPH_SOURCE_NONE, 0, 0, ENTRIES, NULL, NULL), EINVAL,
	       "says that it has 64", "clear more than there is");
	expect(program(device, VFIO_TPH_SOURCE_LITERAL, ST, 0, 1, fds, NULL), EOPNOTSUPP,
	       "tph has to be 3", "a literal tag");
}

static void resolving(struct vfio_tph_device *device, int dmabuf)
{
	const struct vfio_tph_hints both = { 0, VFIO_TPH_HINT_ST | VFIO_TPH_HINT_PH, 0x35, 3 };
	const struct vfio_tph_hints cpu = { 0, VFIO_TPH_HINT_ST, 0x41, 0 };
	const struct vfio_tph_hints persistent = { 0, VFIO_TPH_HINT_ST, 0x80, 0 };
	struct vfio_tph_hints hints = { 0 };

	resolves(device, VFIO_TPH_SOURCE_DMABUF, ST, dmabuf, &both, "a dma-buf has tag and hint");
	resolves(device, VFIO_TPH_SOURCE_CPU, ST, 1, &cpu, "a CPU has a tag");
	resolves(device, VFIO_TPH_SOURCE_CPU_PERSISTENT, ST, 0, &persistent,
		 "persistent memory near it has another one");
	expect(vfio_tph_resolve(device, VFIO_TPH_SOURCE_CPU, ST, 4000, &hints, &reason), EINVAL,
	       "CPU 4000", "resolve a CPU that is not there");
	expect(vfio_tph_resolve(device, VFIO_TPH_SOURCE_DMABUF, ST, 1000, &hints, &reason), EBADF,
	       "fd 1000", "resolve no file");
}

/* What the child does is done to the device, whose owner the parent remains. */
static void forking(struct vfio_tph_device *device, int dmabuf)
{
	const uint32_t fd = dmabuf;
	int status = 0;
	pid_t child;

	fflush(stdout);
	child = fork();
	if (!child)
		_exit(program(device, VFIO_TPH_SOURCE_DMABUF, ST, 1, 1, &fd, NULL));
	if (child < 0 || waitpid(child, &status, 0) != child || !WIFEXITED(status))
		tap_bail_out("cannot fork");
	tap_errno(WEXITSTATUS(status), 0, "a child programs");
	expect(program(device, VFIO_TPH_SOURCE_DMABUF, ST, 1, 1, &fd, NULL), 0, "",
	       "so does its parent afterwards");
}

static void stage_2(const char *bdf, const char *other)
{
	const struct vfio_tph_requester_info on = { 0, 3, 3, ST, ENTRIES, 7, 1, DS };
	const struct vfio_tph_requester_info off = { 0, 3, 3, 0, ENTRIES, 7, 1, DS };
	struct vfio_tph_device *owner = open_device(other), *device = open_at(2, bdf);
	int dmabuf = export(owner);
	const uint32_t fd = dmabuf;

	expect(program(device, VFIO_TPH_SOURCE_DMABUF, ST, 0, 1, &fd, NULL), EINVAL,
	       "vfio_tph_enable() comes first", "program before TPH is enabled");
	expect(vfio_tph_enable(device, DS, ST, &reason), 0, "", "enable 8-bit tags");
	shows(device, &on, "stage 2 shows device-specific mode");
	programming(device, dmabuf);
	resolving(device, dmabuf);
	forking(device, dmabuf);
	tap_errno(ioctl(vfio_tph_device_fd(device), VFIO_DEVICE_RESET) ? errno : 0, 0, "reset");
	shows(device, &on, "what was enabled is so after a reset");
	expect(vfio_tph_disable(device, &reason), 0, "", "disable");
	shows(device, &off, "the mode stays selected");
	expect(vfio_tph_enable(device, DS, ST_EXT, &reason), 0, "", "enable 16-bit tags");
	expect(program(device, VFIO_TPH_SOURCE_DMABUF, ST_EXT, 1, 1, &fd, NULL), EOPNOTSUPP,
	       "no 16-bit steering tag", "require a tag that nobody has published");
	close(dmabuf);
	vfio_tph_close(device);
	vfio_tph_close(owner);
}

static void stage_3(const char *bdf)
{
	struct vfio_tph_device *device = open_at(3, bdf);
	const uint32_t tags[] = { 0xff, 0x100 };
	unsigned int programmed = 77;

	expect(vfio_tph_enable(device, DS, ST, &reason), 0, "", "stage 3: enable 8-bit tags");
	expect(program(device, VFIO_TPH_SOURCE_LITERAL, ST, 0, 1, tags, &programmed), 0, "",
	       "program a literal tag");
	expect(program(device, VFIO_TPH_SOURCE_LITERAL, ST, 0, 2, tags, &programmed), EINVAL,
	       "0x100 is no 8-bit", "two of which one has 9 bits");
	tap_ok(!programmed, "none is programmed: %u", programmed);
	expect(program(device, VFIO_TPH_SOURCE_LITERAL, ST, 0, 1, (const uint32_t *)8, &programmed),
	       EFAULT, "the numbers of 1 sources", "tags where nobody can read");
	expect(program(device, VFIO_TPH_SOURCE_LITERAL, ST, 0, ENTRIES, (const uint32_t *)8,
		       &programmed),
	       EINVAL, "no 64 entries from entry 1", "the same, of too many entries");
	expect(program(device, VFIO_TPH_SOURCE_LITERAL, ST, VFIO_TPH_PROGRAM_REQUIRE_ST, 1,
		       (const uint32_t[]){ 0 }, &programmed),
	       EOPNOTSUPP, "0 is no steering tag", "require a literal tag that is none");
	vfio_tph_close(device);
}

#define VECTORS 2

static void enable_vectors(struct vfio_tph_device *device)
{
	struct {
		struct vfio_irq_set head;
		int32_t events[VECTORS];
	} set = {
		.head = {
			.argsz = sizeof(set),
			.flags = VFIO_IRQ_SET_DATA_EVENTFD | VFIO_IRQ_SET_ACTION_TRIGGER,
			.index = VFIO_PCI_MSIX_IRQ_INDEX,
			.count = VECTORS,
		},
	};

	for (unsigned int i = 0; i < VECTORS; i++)
		set.events[i] = eventfd(0, EFD_CLOEXEC);
	if (ioctl(vfio_tph_device_fd(device), VFIO_DEVICE_SET_IRQS, &set))
		tap_bail_out("cannot enable %u vectors: %s", VECTORS, strerror(errno));
	for (unsigned int i = 0; i < VECTORS; i++)
		close(set.events[i]);
}

/* Entries are where interrupts are, and with them. */
static void table_in_msix(const char *bdf)
{
	const struct vfio_tph_requester_info on = { 0, 3, 3, ST, MSIX_ENTRIES, 7, 2, DS };
	struct vfio_tph_device *device = open_at(2, bdf);
	const uint32_t cpus[] = { 0, 1 };
	unsigned int programmed = 77;

	expect(vfio_tph_enable(device, DS, ST, &reason), 0, "",
	       "enable where the table is MSI-X's");
	shows(device, &on, "that is shown");
	expect(program(device, VFIO_TPH_SOURCE_CPU, ST, 0, 1, cpus, &programmed), ENXIO,
	       "VFIO_DEVICE_SET_IRQS", "program without interrupts");
	enable_vectors(device);
	shows(device, &on, "what was enabled is so after interrupts were");
	expect(program(device, VFIO_TPH_SOURCE_CPU, ST, VFIO_TPH_PROGRAM_REQUIRE_ST, 2, cpus,
		       &programmed),
	       ENXIO, "interrupt 2", "program one more than there are interrupts");
	tap_ok(programmed == 1, "one is programmed: %u", programmed);
	tap_errno(ioctl(vfio_tph_device_fd(device), VFIO_DEVICE_RESET) ? errno : 0, 0, "reset");
	expect(program(device, VFIO_TPH_SOURCE_CPU, ST, 0, 1, cpus, &programmed), 0, "",
	       "interrupts stay enabled over a reset");
	vfio_tph_close(device);
}

static void without_capability(const char *bdf)
{
	struct vfio_tph_device *device = open_device(bdf);
	struct vfio_tph_requester_info info = { 0 };

	expect(vfio_tph_opt_in(device, &reason), EOPNOTSUPP, "no TPH Requester",
	       "opt in with a device that is no requester");
	expect(vfio_tph_query_requester(device, &info, &reason), EOPNOTSUPP, "no TPH Requester",
	       "query it");
	expect(vfio_tph_enable(device, NO_ST, ST, &reason), EOPNOTSUPP, "no TPH Requester",
	       "enable it");
	vfio_tph_close(device);
}

static int use_errno(int fd, const char *bdf)
{
	struct vfio_tph_device *device = vfio_tph_use_fd(fd, bdf, &reason);
	int err = device ? 0 : errno;

	vfio_tph_close(device);
	return err;
}

static void own_fd(const char *bdf)
{
	struct vfio_tph_device *device = open_device(bdf);
	int null = open("/dev/null", O_RDWR | O_CLOEXEC), fd = vfio_tph_device_fd(device);

	expect(use_errno(1000, bdf), EBADF, "fd 1000", "use no fd");
	expect(use_errno(null, bdf), ENOTTY, "no device fd of VFIO", "use another file");
	expect(use_errno(fd, bdf), 0, "", "use an open device");
	expect(use_errno(fd, bdf), 0, "", "it is open still");
	close(null);
	vfio_tph_close(device);
}

int main(void)
{
	const char *requester = address("TPH_ACC0");

	tap_plan(8 + 7 + 7 + 26 + 7 + 8 + 3 + 4);
	before_opt_in(requester);
	stage_0(requester);
	stage_1(requester);
	stage_2(requester, address("TPH_ACC1"));
	stage_3(requester);
	table_in_msix(address("TPH_ACC2"));
	without_capability(address("TPH_ACC1"));
	own_fd(requester);
	set_stage(2);
	return tap_status();
}
