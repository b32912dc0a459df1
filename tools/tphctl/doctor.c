// SPDX-License-Identifier: GPL-2.0 OR Linux-OpenIB
/*
 * tphctl doctor: what must be repaired before hints can flow, each with the command that does it.
 * Each check is a row of the table below. Checks look at facts and functions only, so that they
 * work on a dump as well.
 */
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "imports.h"
#include "machine.h"
#include "print.h"
#include "util/macros.h"

static const struct option_row options[] = {
	COMMON_OPTIONS,
	JSON_OPTION,
	[OPT_DETAILS] = { "details", 'd', NULL, "print what is in order, too" },
};

enum health { HEALTH_GOOD, HEALTH_NOTE, HEALTH_UNKNOWN, HEALTH_MEND };

static const char *const health_words[] = { "good", "note", "unknown", "mend" };

/* Where findings are printed, and the worst of them so far. */
struct doctor {
	const struct machine *machine;
	const char *check;
	struct json_object *findings;
	enum health worst;
};

/* Report a finding and, unless NULL, the command that repairs it. Both are formats; see mend(). */
__attribute__((format(printf, 3, 4))) static void say_that(struct doctor *doctor,
							   enum health health, const char *format,
							   ...)
{
	struct json_object *finding = json_object_new_object();
	char text[512];
	va_list args;

	va_start(args, format);
	vsnprintf(text, sizeof(text), format, args);
	va_end(args);
	json_add_string(finding, "machine", doctor->machine->name);
	json_add_string(finding, "check", doctor->check);
	json_add_string(finding, "health", health_words[health]);
	json_add_string(finding, "text", text);
	json_object_array_add(doctor->findings, finding);
	if (health > doctor->worst)
		doctor->worst = health;
}

/* Add the command that repairs the last finding. */
__attribute__((format(printf, 2, 3))) static void mend(struct doctor *doctor, const char *format,
						       ...)
{
	size_t last = json_object_array_length(doctor->findings) - 1;
	char text[512];
	va_list args;

	va_start(args, format);
	vsnprintf(text, sizeof(text), format, args);
	va_end(args);
	json_add_string(json_object_array_get_idx(doctor->findings, last), "command", text);
}

static const char *fact_string(const struct doctor *doctor, const char *path)
{
	struct json_object *fact = machine_fact(doctor->machine, path);

	return fact ? json_object_get_string(fact) : NULL;
}

/* 1 yes, 0 no, -1 it is not known */
static int fact_truth(const struct doctor *doctor, const char *path)
{
	struct json_object *fact = machine_fact(doctor->machine, path);

	return fact ? json_object_get_boolean(fact) : -1;
}

static bool booted_with(const struct doctor *doctor, const char *word)
{
	const char *line = fact_string(doctor, "kernel|command_line");

	return line && strstr(line, word);
}

#define VENDOR_MELLANOX 0x15b3

static bool has_vendor(const struct machine *machine, uint16_t vendor)
{
	const struct vfio_tph_node *node;

	for (size_t i = 0; (node = vfio_tph_topology_node(machine->topology, i)); i++)
		if (node->vendor == vendor)
			return true;
	return !vendor;
}

/* Features of the kernel, each told by a symbol that only a kernel with it has. */
static const struct {
	const char *symbol, *what, *without, *command;
	uint16_t vendor;
} symbols[] = {
	{ .symbol = "system|symbols|pcie_enable_tph",
	  .what = "the kernel enables TPH in devices (CONFIG_PCIE_TPH)",
	  .without = "the kernel cannot enable TPH in devices",
	  .command = "boot Linux 6.13 or later with CONFIG_PCIE_TPH=y" },
	{ .symbol = "system|symbols|dma_buf_get_pci_tph",
	  .what = "dma-bufs carry steering tags",
	  .without = "dma-bufs carry no steering tags",
	  .command = "boot a kernel of rdma-tph: kernel/build makes one" },
	{ .symbol = "system|symbols|vfio_pci_core_feature_dma_buf",
	  .what = "vfio-pci exports BARs as dma-bufs (CONFIG_VFIO_PCI_DMABUF)",
	  .without = "vfio-pci exports no dma-bufs, or is a module that is not loaded",
	  .command = "modprobe vfio-pci; else boot Linux 6.19 with CONFIG_VFIO_PCI_DMABUF=y" },
	{ .symbol = "system|symbols|mlx5_ib_tph_import",
	  .what = "mlx5 imports steering tags",
	  .without = "mlx5 imports no steering tags, or is a module that is not loaded",
	  .command = "modprobe mlx5_ib; else boot a kernel of rdma-tph: kernel/build makes one",
	  .vendor = VENDOR_MELLANOX },
};

static void check_symbols(struct doctor *doctor)
{
	if (!machine_fact(doctor->machine, "system|symbols")) {
		say_that(doctor, HEALTH_UNKNOWN,
			 "what the kernel can do is not known: it has no list of its symbols");
		mend(doctor, "boot a kernel with CONFIG_KALLSYMS=y");
		return;
	}
	for (size_t i = 0; i < ARRAY_SIZE(symbols); i++) {
		if (fact_truth(doctor, symbols[i].symbol) == 1) {
			say_that(doctor, HEALTH_GOOD, "%s", symbols[i].what);
		} else if (has_vendor(doctor->machine, symbols[i].vendor)) {
			say_that(doctor, HEALTH_MEND, "%s", symbols[i].without);
			mend(doctor, "%s", symbols[i].command);
		}
	}
}

static void check_kernel(struct doctor *doctor)
{
	const char *release = fact_string(doctor, "kernel|release");

	say_that(doctor, HEALTH_GOOD, "Linux %s", release ? release : "of unknown release");
	check_symbols(doctor);
	if (booted_with(doctor, "notph")) {
		say_that(doctor, HEALTH_MEND, "it was booted with pci=notph");
		mend(doctor, "take notph off the kernel's command line, and boot");
	}
	if (fact_truth(doctor, "processor|virtual") == 1)
		say_that(doctor, HEALTH_NOTE,
			 "this is a virtual machine: what devices and bridges look like is the "
			 "hypervisor's choice");
}

/* vendor: whose devices it is for, 0 for all */
static const struct {
	const char *fact, *name, *why;
	uint16_t vendor;
} modules[] = {
	{ "system|modules|vfio_pci", "vfio-pci", "owns devices that are to be targets", 0 },
	{ "system|modules|mlx5_core", "mlx5_core", "drives ConnectX", VENDOR_MELLANOX },
	{ "system|modules|mlx5_ib", "mlx5_ib", "registers memory of ConnectX", VENDOR_MELLANOX },
	{ "system|modules|ib_uverbs", "ib_uverbs", "is what RDMA programs talk to", 0 },
};

static void check_modules(struct doctor *doctor)
{
	for (size_t i = 0; i < ARRAY_SIZE(modules); i++) {
		int there = fact_truth(doctor, modules[i].fact);

		if (there == 1) {
			say_that(doctor, HEALTH_GOOD, "%s is there", modules[i].name);
		} else if (!there && has_vendor(doctor->machine, modules[i].vendor)) {
			say_that(doctor, HEALTH_MEND, "%s, which %s, is not there", modules[i].name,
				 modules[i].why);
			mend(doctor, "modprobe %s", modules[i].name);
		}
	}
}

/* Whether any function is in a group that an IOMMU translates for. */
static bool has_iommu(const struct machine *machine)
{
	const struct vfio_tph_node *node;

	for (size_t i = 0; (node = vfio_tph_topology_node(machine->topology, i)); i++)
		if (node->function.iommu_type && strcmp(node->function.iommu_type, "noiommu"))
			return true;
	return false;
}

static void check_iommu(struct doctor *doctor)
{
	const char *noiommu = fact_string(doctor, "system|noiommu");

	if (has_iommu(doctor->machine)) {
		say_that(doctor, HEALTH_GOOD, "there is an IOMMU");
	} else if (noiommu && noiommu[0] == 'Y') {
		say_that(doctor, HEALTH_NOTE,
			 "there is no IOMMU, and VFIO goes without: whoever has "
			 "a device has all memory");
	} else {
		say_that(doctor, HEALTH_MEND,
			 "there is no IOMMU, and vfio-pci takes no device "
			 "without one");
		mend(doctor,
		     "switch the IOMMU on in the firmware's setup and boot with intel_iommu=on "
		     "(AMD: nothing); or echo 1 > "
		     "/sys/module/vfio/parameters/enable_unsafe_noiommu_mode");
	}
	if (fact_truth(doctor, "system|nodes|/dev/vfio/vfio") == 0 &&
	    fact_truth(doctor, "system|nodes|/dev/iommu") == 0) {
		say_that(doctor, HEALTH_MEND, "neither /dev/vfio/vfio nor /dev/iommu is there");
		mend(doctor, "modprobe vfio-pci");
	}
}

/* ACS matters where a switch could route: in its downstream ports. */
static void check_acs(struct doctor *doctor)
{
	const struct vfio_tph_node *node;
	bool found = false;

	for (size_t i = 0; (node = vfio_tph_topology_node(doctor->machine->topology, i)); i++) {
		const char *address = node->function.address;
		char words[ACS_WORDS_SIZE];

		if (node->type != VFIO_TPH_PORT_DOWNSTREAM ||
		    !(node->acs.control & VFIO_TPH_ACS_REDIRECTS))
			continue;
		found = true;
		say_that(doctor, HEALTH_MEND,
			 "ACS of switch port %s sends peer-to-peer requests up "
			 "to the root complex (%s)",
			 address,
			 acs_words(node->acs.control & VFIO_TPH_ACS_REDIRECTS, words,
				   sizeof(words)));
		mend(doctor,
		     "boot with pci=disable_acs_redir=%s (devices below come into one IOMMU "
		     "group), or until the next boot: setpci -s %s ECAP_ACS+6.w=0:2c",
		     address, address);
	}
	if (!found)
		say_that(doctor, HEALTH_GOOD, "no switch port redirects peer-to-peer requests");
}

/*
 * RDMA pins registered memory. A dma-buf needs little of the limit, but programs also register
 * ordinary buffers.
 */
#define ENOUGH_MEMLOCK (64ll << 20)

static void check_limits(struct doctor *doctor)
{
	struct json_object *limit = machine_fact(doctor->machine, "system|memlock");

	if (!limit) {
		say_that(doctor, HEALTH_UNKNOWN, "the limit of locked memory is not known");
	} else if (json_object_is_type(limit, json_type_string) ||
		   json_object_get_int64(limit) >= ENOUGH_MEMLOCK) {
		say_that(doctor, HEALTH_GOOD, "%s bytes of memory may be locked",
			 json_object_get_string(limit));
	} else {
		say_that(doctor, HEALTH_MEND,
			 "only %s bytes of memory may be locked, and RDMA locks "
			 "what it registers",
			 json_object_get_string(limit));
		mend(doctor, "ulimit -l unlimited; for good: memlock in /etc/security/limits.conf");
	}
}

/* Check whether the device has a free entry for another tag. */
static void check_room(struct doctor *doctor, const struct vfio_tph_node *node)
{
	struct json_object *imports = machine_imports(doctor->machine, node);
	char words[160];

	if (!imports)
		return;
	imports_words(imports, words, sizeof(words));
	if (!imports_are_full(imports)) {
		say_that(doctor, HEALTH_GOOD, "%s imports %s", node->function.address, words);
		return;
	}
	say_that(doctor, HEALTH_MEND, "%s has no room for another tag: %s", node->function.address,
		 words);
	mend(doctor, "tphctl st show %s tells which programs have them", node->function.address);
}

static void check_requester(struct doctor *doctor, const struct vfio_tph_node *node)
{
	const struct vfio_tph_requester *requester = &node->requester;
	const struct vfio_tph_node *port;
	const char *address = node->function.address;

	port = vfio_tph_topology_root_port(doctor->machine->topology, node);
	if (requester->enabled == 1 || requester->enabled == 3) {
		say_that(doctor, HEALTH_GOOD, "%s sends %s tags", address, requester_words(node));
		check_room(doctor, node);
	} else if (!(requester->modes & 1 << VFIO_TPH_MODE_DEVICE_SPECIFIC)) {
		say_that(doctor, HEALTH_NOTE, "%s has no mode to choose tags by what it writes to",
			 address);
	} else if (node->type != VFIO_TPH_PORT_INTEGRATED && port &&
		   port->completer != VFIO_TPH_COMPLETER_ST &&
		   port->completer != VFIO_TPH_COMPLETER_ST_EXT) {
		say_that(doctor, HEALTH_MEND,
			 "%s is off: Linux enables it only as far as root port "
			 "%s is a TPH completer",
			 address, port->function.address);
		mend(doctor, "look for TPH in the firmware's setup, or use another slot");
	} else {
		say_that(doctor, HEALTH_MEND,
			 "%s could send tags, and its driver, %s, has not "
			 "enabled it",
			 address, node->function.driver ? node->function.driver : "none");
		mend(doctor,
		     "dmesg | grep -i %s; then another kernel or firmware, or the driver "
		     "that knows how",
		     address);
	}
}

#define CLASS_NETWORK 0x02

static void check_nics(struct doctor *doctor)
{
	const struct vfio_tph_node *node;
	size_t nics = 0;

	for (size_t i = 0; (node = vfio_tph_topology_node(doctor->machine->topology, i)); i++) {
		const char *address = node->function.address;

		if (node->class_code >> 16 != CLASS_NETWORK)
			continue;
		nics++;
		if (node->requester.offset) {
			check_requester(doctor, node);
		} else if (!node->extended_config && node->type != VFIO_TPH_PORT_CONVENTIONAL) {
			say_that(doctor, HEALTH_UNKNOWN,
				 "of NIC %s only %zu bytes of configuration "
				 "space could be read",
				 address, node->function.config_size);
			mend(doctor, "run tphctl as root");
		} else {
			say_that(doctor, HEALTH_NOTE, "NIC %s (%s) has no TPH Requester capability",
				 address, node_name(node));
			mend(doctor, "mstflint -d %s query shows its firmware: newer may have it",
			     address);
		}
	}
	if (!nics)
		say_that(doctor, HEALTH_NOTE, "there is no NIC");
}

static void check_targets(struct doctor *doctor)
{
	const struct vfio_tph_node *node;
	size_t targets = 0;

	for (size_t i = 0; (node = vfio_tph_topology_node(doctor->machine->topology, i)); i++) {
		if (node->class_code >> 16 == 0x06 || node->class_code >> 16 == CLASS_NETWORK ||
		    node->completer == VFIO_TPH_COMPLETER_NONE)
			continue;
		targets++;
		if (node->completer == VFIO_TPH_COMPLETER_RESERVED) {
			say_that(doctor, HEALTH_MEND,
				 "%s has the reserved completer encoding 10b, "
				 "which counts as none",
				 node->function.address);
			mend(doctor, "ask the vendor of %s for firmware", node_name(node));
		} else {
			say_that(doctor, HEALTH_GOOD, "%s takes %s tags", node->function.address,
				 completer_words(node));
		}
	}
	if (!targets)
		say_that(doctor, HEALTH_NOTE,
			 "no device takes steering tags (Device Capabilities 2, "
			 "bits 13:12), as far as could be read");
}

static void check_firmware(struct doctor *doctor)
{
	const char *vendor = fact_string(doctor, "system|firmware|vendor");
	const char *version = fact_string(doctor, "system|firmware|version");
	const char *date = fact_string(doctor, "system|firmware|date");

	if (vendor && version && date)
		say_that(doctor, HEALTH_GOOD, "firmware %s %s of %s", vendor, version, date);
	else
		say_that(doctor, HEALTH_NOTE, "the firmware does not say what it is");
}

static const struct {
	const char *name;
	void (*check)(struct doctor *doctor);
} checks[] = {
	{ "kernel", check_kernel },   { "modules", check_modules },   { "iommu", check_iommu },
	{ "acs", check_acs },         { "limits", check_limits },     { "nics", check_nics },
	{ "targets", check_targets }, { "firmware", check_firmware },
};

static void print_findings(const struct doctor *doctor, bool details)
{
	size_t count = json_object_array_length(doctor->findings);

	for (size_t i = 0; i < count; i++) {
		struct json_object *finding = json_object_array_get_idx(doctor->findings, i);
		const char *command = json_get_string(finding, "command");

		if (!details &&
		    !strcmp(json_get_string(finding, "health"), health_words[HEALTH_GOOD]))
			continue;
		printf("%-8s %-9s %s\n", json_get_string(finding, "health"),
		       json_get_string(finding, "check"), json_get_string(finding, "text"));
		if (command)
			printf("%-19s%s\n", "", command);
	}
}

static enum health examine(struct doctor *doctor)
{
	for (size_t i = 0; i < ARRAY_SIZE(checks); i++) {
		doctor->check = checks[i].name;
		checks[i].check(doctor);
	}
	return doctor->worst;
}

static enum exit_code run(const struct arguments *arguments)
{
	struct json_object *all = json_object_new_array();
	enum exit_code code = EXIT_FINE;
	struct machines machines;

	if (!machines_load(&machines, arguments)) {
		json_object_put(all);
		return EXIT_TROUBLE;
	}
	for (size_t i = 0; i < machines.count; i++) {
		struct doctor doctor = { .machine = &machines.array[i],
					 .findings = json_object_new_array() };

		if (examine(&doctor) == HEALTH_MEND)
			code = EXIT_ANSWER_IS_NO;
		if (arguments->values[OPT_JSON]) {
			json_object_array_add(all, doctor.findings);
			continue;
		}
		printf("%s: %s\n", doctor.machine->name,
		       doctor.worst == HEALTH_MEND ? "something is to be mended" :
						     "nothing is to be mended");
		print_findings(&doctor, arguments->values[OPT_DETAILS]);
		json_object_put(doctor.findings);
	}
	if (arguments->values[OPT_JSON])
		print_json(all);
	else
		json_object_put(all);
	machines_free(&machines);
	return code;
}

const struct command command_doctor = {
	.name = "doctor",
	.summary = "Look for what is to be mended, and say how",
	.help = "Looks at kernel, modules, IOMMU, ACS, limits, NICs, targets and firmware. What\n"
		"is to be mended comes with the command that does it. Exit code 1 when there is\n"
		"something.\n",
	.options = options,
	.num_options = ARRAY_SIZE(options),
	.run = run,
};
