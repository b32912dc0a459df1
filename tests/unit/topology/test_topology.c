// SPDX-License-Identifier: GPL-2.0 OR Linux-OpenIB
/*
 * The walk, one thing changed at a time: a switch below a root port, a NIC and a device below the
 * switch, everything in order; then what each register bit, and each place, does to the answer.
 */
#include <errno.h>
#include <limits.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>
#include <cmocka.h>
#include <vfio/tph_topology.h>

#include "util/macros.h"

#define EXPRESS 0x60
#define TPH 0x200
#define ACS 0x240
#define HOST "pci0000:00"

/* The functions of the machine, as places in it. */
enum place { HOST_BRIDGE, ROOT, UPSTREAM, DOWN_NIC, DOWN_DEVICE, NIC, DEVICE, NUM_PLACES };

static const char *const addresses[NUM_PLACES] = {
	"0000:00:00.0", "0000:00:01.0", "0000:01:00.0", "0000:02:00.0",
	"0000:02:01.0", "0000:03:00.0", "0000:04:00.0",
};

static const char *const parents[NUM_PLACES] = {
	NULL, NULL, "0000:00:01.0", "0000:01:00.0", "0000:01:00.0", "0000:02:00.0", "0000:02:01.0",
};

static const uint8_t types[NUM_PLACES] = {
	[ROOT] = VFIO_TPH_PORT_ROOT,
	[UPSTREAM] = VFIO_TPH_PORT_UPSTREAM,
	[DOWN_NIC] = VFIO_TPH_PORT_DOWNSTREAM,
	[DOWN_DEVICE] = VFIO_TPH_PORT_DOWNSTREAM,
};

static struct vfio_tph_function functions[NUM_PLACES];
static uint8_t config[NUM_PLACES][VFIO_TPH_CONFIG_SIZE];
static struct vfio_tph_machine machine;

static void put(enum place place, unsigned int offset, uint32_t value, unsigned int size)
{
	for (unsigned int i = 0; i < size; i++)
		config[place][offset + i] = value >> 8 * i;
}

/* Bits of a 16-bit register, Device Capabilities 2 in two halves. */
static void set_bits(enum place place, unsigned int offset, uint16_t mask, uint16_t bits)
{
	uint16_t old = config[place][offset] | config[place][offset + 1] << 8;

	put(place, offset, (old & ~mask) | bits, 2);
}

static void set_completer(enum place place, unsigned int completer)
{
	set_bits(place, EXPRESS + 0x24, 0x3000, completer << 12);
}

static void set_tph(uint32_t cap, uint32_t control)
{
	put(NIC, TPH + 4, cap, 4);
	put(NIC, TPH + 8, control, 4);
}

static void make_express(enum place place)
{
	put(place, 0x06, 0x10, 2);
	put(place, 0x34, EXPRESS, 1);
	put(place, EXPRESS, 0x10, 1);
	put(place, EXPRESS + 2, 2 | types[place] << 4, 2);
	set_bits(place, EXPRESS + 0x26, 0x20, 0x20); /* End-End TLP Prefixes */
	put(place, 0x100, 0x0001 | 1 << 16 | ACS << 20, 4);
	put(place, ACS, 0x000d | 1 << 16, 4);
}

static int setup(void **state)
{
	memset(config, 0, sizeof(config));
	machine = (struct vfio_tph_machine){ 0 };
	for (enum place place = 0; place < NUM_PLACES; place++) {
		functions[place] = (struct vfio_tph_function){
			.address = addresses[place],
			.parent = parents[place],
			.host_bridge = HOST,
			.numa_node = -1,
			.config = config[place],
			.config_size = VFIO_TPH_CONFIG_SIZE,
		};
		put(place, 0x00, 0x1234 | 0x5678u << 16, 4);
		put(place, 0x08, place < NIC ? 0x06040000 : 0x12000000, 4);
		if (place != HOST_BRIDGE)
			make_express(place);
	}
	put(HOST_BRIDGE, 0x08, 0x06000000, 4);
	set_completer(ROOT, 1);
	set_completer(DEVICE, 3);
	/* After ACS comes TPH: no ST, device-specific; 64 entries in the capability; on, 8-bit */
	put(NIC, ACS, 0x000d | 1 << 16 | TPH << 20, 4);
	put(NIC, TPH, 0x0017 | 1 << 16, 4);
	set_tph(0x003f0205, 0x102);
	return 0;
}

static struct vfio_tph_topology *build(void)
{
	struct vfio_tph_topology *topology = vfio_tph_topology_create();
	struct vfio_tph_reason reason;

	assert_non_null(topology);
	/* In any order: the last is added first. */
	for (int place = NUM_PLACES - 1; place >= 0; place--)
		if (functions[place].address)
			assert_int_equal(vfio_tph_topology_add(topology, &functions[place],
							       &reason),
					 0);
	assert_int_equal(vfio_tph_topology_set_machine(topology, &machine), 0);
	return topology;
}

/* The answer, the route, and the findings that are not in order, by their codes. */
static void assert_path(enum vfio_tph_verdict verdict, enum vfio_tph_route route, const char *codes)
{
	struct vfio_tph_topology *topology = build();
	struct vfio_tph_reason reason = { "" };
	struct vfio_tph_path *path;
	char found[512] = "";

	if (vfio_tph_path_create(topology, functions[NIC].address, functions[DEVICE].address, &path,
				 &reason))
		fail_msg("%s", reason.text);
	for (size_t i = 0; i < path->num_findings; i++)
		if (path->findings[i].verdict != VFIO_TPH_YES)
			snprintf(found + strlen(found), sizeof(found) - strlen(found), "%s ",
				 path->findings[i].code);
	assert_string_equal(found, codes);
	assert_int_equal(path->verdict, verdict);
	assert_int_equal(path->route, route);
	vfio_tph_path_destroy(path);
	vfio_tph_topology_destroy(topology);
}

#define SWITCH VFIO_TPH_ROUTE_SWITCH

static void path_that_is_in_order_works(void **state)
{
	assert_path(VFIO_TPH_YES, SWITCH, "");
}

static void completers_are_judged(void **state)
{
	set_completer(DEVICE, 0);
	assert_path(VFIO_TPH_NO, SWITCH, "completer-missing ");
	set_completer(DEVICE, 2);
	assert_path(VFIO_TPH_NO, SWITCH, "completer-reserved ");
	set_completer(DEVICE, 1);
	assert_path(VFIO_TPH_YES, SWITCH, "");
	/* Version 1 of the capability has no Device Capabilities 2. */
	put(DEVICE, EXPRESS + 2, 1, 2);
	assert_path(VFIO_TPH_NO, SWITCH, "completer-missing ");
	put(DEVICE, 0x06, 0, 2);
	assert_path(VFIO_TPH_NO, SWITCH, "completer-conventional ");
	functions[DEVICE].config_size = 64;
	assert_path(VFIO_TPH_UNKNOWN, SWITCH, "completer-unreadable ");
}

static void requesters_are_judged(void **state)
{
	set_tph(0x003f0205, 0x002);
	assert_path(VFIO_TPH_NOT_NOW, SWITCH, "requester-disabled ");
	set_tph(0x003f0205, 0x202); /* the reserved value */
	assert_path(VFIO_TPH_NOT_NOW, SWITCH, "requester-disabled ");
	set_tph(0x003f0205, 0x100);
	assert_path(VFIO_TPH_NOT_NOW, SWITCH, "requester-mode ");
	set_tph(0x003f0205, 0x101);
	assert_path(VFIO_TPH_NOT_NOW, SWITCH, "requester-mode ");
	set_tph(0x003f0203, 0x101);
	assert_path(VFIO_TPH_NO, SWITCH, "requester-modes ");
	put(NIC, ACS, 0x000d | 1 << 16, 4);
	assert_path(VFIO_TPH_NO, SWITCH, "requester-missing ");
	functions[NIC].config_size = 256;
	assert_path(VFIO_TPH_UNKNOWN, SWITCH, "requester-unreadable ");
}

static void namespaces_are_judged(void **state)
{
	set_tph(0x003f0305, 0x302);
	assert_path(VFIO_TPH_YES, SWITCH, "");
	set_completer(DEVICE, 1);
	assert_path(VFIO_TPH_NO, SWITCH, "namespaces-differ ");
}

/* 16-bit tags need prefixes at every hop, outside of flit mode; 8-bit ones do not. */
static void prefixes_are_judged(void **state)
{
	set_bits(DOWN_NIC, EXPRESS + 0x26, 0x20, 0);
	set_bits(UPSTREAM, EXPRESS + 0x28, 0x8000, 0x8000);
	assert_path(VFIO_TPH_YES, SWITCH, "");
	set_tph(0x003f0305, 0x302);
	assert_path(VFIO_TPH_NO, SWITCH, "prefixes-missing prefixes-blocked ");
	set_bits(DOWN_NIC, EXPRESS + 0x32, 0x400, 0x400);
	assert_path(VFIO_TPH_NOT_NOW, SWITCH, "prefixes-blocked ");
	set_bits(UPSTREAM, EXPRESS + 0x32, 0x400, 0x400);
	assert_path(VFIO_TPH_YES, SWITCH, "");
}

/* The root port has no part in it, but Linux goes by it. */
static void root_ports_are_judged(void **state)
{
	set_completer(ROOT, 0);
	assert_path(VFIO_TPH_YES, SWITCH, "root-port-completer ");
	set_tph(0x003f0205, 0x002);
	assert_path(VFIO_TPH_NOT_NOW, SWITCH, "root-port-completer requester-disabled ");
	set_completer(ROOT, 2);
	assert_path(VFIO_TPH_NOT_NOW, SWITCH, "root-port-completer requester-disabled ");
	machine.command_line = "pci=notph";
	set_completer(ROOT, 1);
	assert_path(VFIO_TPH_NOT_NOW, SWITCH, "requester-disabled ");
}

/* Which bits redirect, and where. */
static void acs_is_judged(void **state)
{
	static const struct {
		enum place place;
		uint16_t control;
		bool redirects;
	} rows[] = {
		{ DOWN_NIC, 0x01, false }, /* source validation */
		{ DOWN_NIC, 0x02, false }, /* translation blocking */
		{ DOWN_NIC, 0x04, true },  /* request redirect */
		{ DOWN_NIC, 0x08, true },  /* completion redirect */
		{ DOWN_NIC, 0x10, false }, /* upstream forwarding */
		{ DOWN_NIC, 0x20, true },  /* egress control */
		{ DOWN_NIC, 0x40, false }, /* direct translated */
		{ DOWN_DEVICE, 0x04, true }, { DOWN_DEVICE, 0x53, false }, { UPSTREAM, 0x04, true },
		{ NIC, 0x04, true },         { ROOT, 0x2c, false }, /* above where it turns */
	};

	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		setup(NULL);
		put(rows[i].place, ACS + 6, rows[i].control, 2);
		machine = (struct vfio_tph_machine){ .cpu_vendor = "AuthenticAMD",
						     .cpu_family = 25 };
		if (!rows[i].redirects)
			assert_path(VFIO_TPH_YES, SWITCH, "");
		else
			assert_path(VFIO_TPH_DEPENDS, VFIO_TPH_ROUTE_REDIRECTED,
				    "acs-redirect root-complex ");
	}
	machine = (struct vfio_tph_machine){ 0 };
	put(DOWN_NIC, ACS + 6, 0x04, 2);
	assert_path(VFIO_TPH_NOT_NOW, VFIO_TPH_ROUTE_REDIRECTED,
		    "acs-redirect root-complex-unknown ");
}

static void remedy_names_all_redirectors(void **state)
{
	struct vfio_tph_topology *topology;
	struct vfio_tph_path *path;

	put(DOWN_NIC, ACS + 6, 0x1d, 2);
	put(DOWN_DEVICE, ACS + 6, 0x1d, 2);
	put(ROOT, ACS + 6, 0x1d, 2);
	topology = build();
	assert_int_equal(vfio_tph_path_create(topology, "03:00.0", "04:00.0", &path, NULL), 0);
	assert_string_equal(path->findings[2].code, "acs-redirect");
	assert_non_null(strstr(path->findings[2].remedy,
			       "pci=disable_acs_redir=0000:02:00.0;0000:02:01.0 "));
	vfio_tph_path_destroy(path);
	vfio_tph_topology_destroy(topology);
}

/* Both on root ports of their own. */
static void split(void)
{
	functions[UPSTREAM].address = functions[DOWN_NIC].address = NULL;
	functions[DOWN_DEVICE].parent = NULL;
	functions[NIC].parent = addresses[ROOT];
	put(DOWN_DEVICE, EXPRESS + 2, 2 | VFIO_TPH_PORT_ROOT << 4, 2);
}

static void root_complexes_are_judged(void **state)
{
	static const struct {
		const char *vendor;
		unsigned int family;
		uint32_t bridge;
		const char *other; /* host bridge of the device */
		bool known;
	} rows[] = {
		{ "AuthenticAMD", 0x17, 0x14501022, HOST, true },
		{ "AuthenticAMD", 0x16, 0x14501022, HOST, false },
		{ "HygonGenuine", 0x18, 0x14501022, HOST, false },
		{ "GenuineIntel", 6, 0x20308086, HOST, true },
		{ "GenuineIntel", 6, 0x20348086, HOST, false },
		{ "GenuineIntel", 6, 0x2f008086, HOST, true },
		{ "GenuineIntel", 6, 0x2f008086, "pci0000:80", false },
		{ NULL, 0, 0x00001ae0, HOST, true },
		{ NULL, 0, 0x2f9510de, HOST, true },
		{ NULL, 0, 0x2f9410de, HOST, false },
	};

	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		bool two = strcmp(rows[i].other, HOST);

		setup(NULL);
		split();
		machine = (struct vfio_tph_machine){ rows[i].vendor, rows[i].family, NULL };
		put(HOST_BRIDGE, 0, rows[i].bridge, 4);
		functions[DEVICE].host_bridge = functions[DOWN_DEVICE].host_bridge = rows[i].other;
		assert_path(rows[i].known ? VFIO_TPH_DEPENDS : VFIO_TPH_NO,
			    two ? VFIO_TPH_ROUTE_HOST_BRIDGES : VFIO_TPH_ROUTE_ROOT_COMPLEX,
			    rows[i].known ? "root-complex " : "root-complex-unknown ");
	}
}

static void iommus_are_judged(void **state)
{
	functions[NIC].iommu_group = "7";
	functions[NIC].iommu_type = "identity";
	assert_path(VFIO_TPH_YES, SWITCH, "");
	functions[NIC].iommu_type = "DMA-FQ";
	assert_path(VFIO_TPH_YES, SWITCH, "iommu ");
	split();
	machine = (struct vfio_tph_machine){ .cpu_vendor = "AuthenticAMD", .cpu_family = 25 };
	assert_path(VFIO_TPH_DEPENDS, VFIO_TPH_ROUTE_ROOT_COMPLEX, "root-complex iommu ");
}

static void unreadable_and_conventional_hops_are_judged(void **state)
{
	functions[DOWN_NIC].config_size = 64;
	assert_path(VFIO_TPH_UNKNOWN, SWITCH, "hop-unreadable ");
	functions[DOWN_NIC].config_size = VFIO_TPH_CONFIG_SIZE;
	put(DOWN_DEVICE, EXPRESS + 2, 2 | VFIO_TPH_PORT_TO_PCI << 4, 2);
	assert_path(VFIO_TPH_NO, SWITCH, "conventional-bridge ");
}

/* Two functions of one device below a port; the same on a root bus go by the root complex. */
static void functions_of_one_device_are_judged(void **state)
{
	functions[DEVICE].address = "0000:03:00.1";
	functions[DEVICE].parent = functions[NIC].parent;
	assert_path(VFIO_TPH_DEPENDS, VFIO_TPH_ROUTE_DEVICE, "same-device ");
	functions[DEVICE].parent = functions[NIC].parent = NULL;
	put(NIC, EXPRESS + 2, 2 | VFIO_TPH_PORT_INTEGRATED << 4, 2);
	put(HOST_BRIDGE, 0, 0x20308086, 4);
	assert_path(VFIO_TPH_DEPENDS, VFIO_TPH_ROUTE_ROOT_COMPLEX, "root-complex ");
}

static void other_functions_are_no_endpoints(void **state)
{
	static const struct {
		const char *requester, *completer;
		int err;
	} rows[] = {
		{ NULL, "04:00.0", EINVAL },           { "03:00.0", "4:0", EINVAL },
		{ "03:00.0", "05:00.0", ENODEV },      { "03:00.0", "0001:04:00.0", ENODEV },
		{ "03:00.0", "0000:03:00.0", EINVAL }, { "03:00.0", "02:00.0", EINVAL },
	};
	struct vfio_tph_topology *topology = build();
	struct vfio_tph_path *path = (void *)topology;
	struct vfio_tph_reason reason;

	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		assert_int_equal(vfio_tph_path_create(topology, rows[i].requester,
						      rows[i].completer, &path, &reason),
				 rows[i].err);
		assert_non_null(strstr(reason.text, strerror(rows[i].err)));
	}
	assert_ptr_equal(path, topology);
	vfio_tph_topology_destroy(topology);
}

static void parents_in_a_circle_end(void **state)
{
	struct vfio_tph_topology *topology;
	struct vfio_tph_reason reason;
	struct vfio_tph_path *path;

	functions[UPSTREAM].parent = addresses[DOWN_NIC];
	topology = build();
	assert_int_equal(vfio_tph_path_create(topology, "03:00.0", "04:00.0", &path, &reason),
			 ELOOP);
	assert_null(
		vfio_tph_topology_root_port(topology, vfio_tph_topology_find(topology, "03:00.0")));
	vfio_tph_topology_destroy(topology);
}

/* Lists of capabilities that lead out of the space, or nowhere. */
static void endless_lists_end(void **state)
{
	static const uint32_t nexts[] = { TPH, 0x100, 0xffc, 0x104, 0x201 };

	for (size_t i = 0; i < ARRAY_SIZE(nexts); i++) {
		setup(NULL);
		put(NIC, TPH, 0x0001 | 1 << 16 | nexts[i] << 20, 4);
		assert_path(VFIO_TPH_NO, SWITCH, "requester-missing ");
	}
	setup(NULL);
	put(DEVICE, EXPRESS, 0x01 | EXPRESS << 8, 2);
	assert_path(VFIO_TPH_NO, SWITCH, "completer-conventional ");
	setup(NULL);
	memset(config[NIC], 0xff, sizeof(config[NIC]));
	put(NIC, 0x08, 0x02000000, 4);
	assert_path(VFIO_TPH_UNKNOWN, SWITCH, "requester-unreadable ");
}

static void tables_are_described(void **state)
{
	const struct vfio_tph_node *node;
	struct vfio_tph_topology *topology;
	uint16_t tag = 7;

	put(NIC, TPH + 12 + 2 * 63, 0x12f0, 2);
	topology = build();
	node = vfio_tph_topology_find(topology, "3:00.0");
	assert_int_equal(node->requester.entries, 64);
	assert_int_equal(vfio_tph_read_st(node, 64, &tag), ERANGE);
	assert_int_equal(tag, 7);
	assert_int_equal(vfio_tph_read_st(node, 63, &tag), 0);
	assert_int_equal(tag, 0x12f0);
	assert_int_equal(vfio_tph_read_st(vfio_tph_topology_find(topology, "4:00.0"), 0, &tag),
			 EOPNOTSUPP);
	vfio_tph_topology_destroy(topology);

	/* A table that the space does not hold to its end */
	functions[NIC].config_size = TPH + 12 + 2 * 63 + 1;
	topology = build();
	node = vfio_tph_topology_find(topology, "3:00.0");
	assert_int_equal(vfio_tph_read_st(node, 63, &tag), ENODATA);
	assert_int_equal(vfio_tph_read_st(node, 62, &tag), 0);
	vfio_tph_topology_destroy(topology);
}

static void additions_are_checked(void **state)
{
	struct vfio_tph_topology *topology = build();
	struct vfio_tph_function function = functions[NIC];
	struct vfio_tph_reason reason;

	assert_int_equal(vfio_tph_topology_add(topology, &function, &reason), EEXIST);
	function.address = "10000:00:00.0";
	assert_int_equal(vfio_tph_topology_add(topology, &function, &reason), 0);
	function.address = "0000:20:00";
	assert_int_equal(vfio_tph_topology_add(topology, &function, &reason), EINVAL);
	function.address = NULL;
	assert_int_equal(vfio_tph_topology_add(topology, &function, &reason), EINVAL);
	function.address = "0000:20:00.0";
	function.parent = "";
	assert_int_equal(vfio_tph_topology_add(topology, &function, &reason), EINVAL);
	function.parent = NULL;
	function.config_size = 63;
	assert_int_equal(vfio_tph_topology_add(topology, &function, &reason), EINVAL);
	function.config_size = VFIO_TPH_CONFIG_SIZE + 1;
	assert_int_equal(vfio_tph_topology_add(topology, &function, &reason), EINVAL);
	/* In the order of addresses, the wide domain last */
	for (size_t i = 0; i < NUM_PLACES; i++)
		assert_string_equal(vfio_tph_topology_node(topology, i)->function.address,
				    addresses[i]);
	assert_string_equal(vfio_tph_topology_node(topology, NUM_PLACES)->function.address,
			    "10000:00:00.0");
	assert_null(vfio_tph_topology_node(topology, NUM_PLACES + 1));
	vfio_tph_topology_destroy(topology);
}

static char root[] = "/tmp/topology-XXXXXX";

__attribute__((format(printf, 1, 2))) static void in_root(const char *format, ...)
{
	char command[512], path[256];
	va_list args;

	va_start(args, format);
	vsnprintf(path, sizeof(path), format, args);
	va_end(args);
	snprintf(command, sizeof(command), "cd %s && %s", root, path);
	assert_int_equal(system(command), 0);
}

static void write_config(const char *path, enum place place, size_t size)
{
	char whole[PATH_MAX];
	FILE *file;

	snprintf(whole, sizeof(whole), "%s/%s/config", root, path);
	file = fopen(whole, "we");
	assert_non_null(file);
	assert_int_equal(fwrite(config[place], 1, size, file), size);
	fclose(file);
}

/* A copy of sysfs: a NIC below a root port, a drive below a host bridge that is a function, too. */
static void sysfs_is_read(void **state)
{
	static const char port[] = "sys/devices/pci0000:00/0000:00:01.0";
	static const char nic[] = "sys/devices/pci0000:00/0000:00:01.0/0000:03:00.0";
	static const char drive[] = "sys/devices/pci0000:00/0000:00:0e.0/pci10000:e0/10000:e0:06.0";
	struct vfio_tph_topology *topology = vfio_tph_topology_create();
	const struct vfio_tph_node *node;
	struct vfio_tph_reason reason;

	assert_non_null(mkdtemp(root));
	in_root("mkdir -p proc sys/bus/pci/devices %s %s", nic, drive);
	write_config(port, ROOT, VFIO_TPH_CONFIG_SIZE);
	write_config(nic, NIC, VFIO_TPH_CONFIG_SIZE);
	write_config(drive, DEVICE, 64);
	in_root("ln -s ../../../../%s ../../../../%s ../../../../%s sys/bus/pci/devices", port, nic,
		drive);
	in_root("ln -s ../../../../bus/pci/drivers/mlx5_core %s/driver", nic);
	in_root("ln -s ../../../../kernel/iommu_groups/9 %s/iommu_group", nic);
	in_root("echo 1 >%s/numa_node", nic);
	in_root("mkdir -p sys/kernel/iommu_groups/9 sys/kernel/iommu_groups/10");
	in_root("cd sys/kernel/iommu_groups && echo DMA-FQ >9/type && echo unknown >10/type");
	in_root("echo vfio-noiommu >sys/kernel/iommu_groups/10/name");
	in_root("ln -s ../../../../../kernel/iommu_groups/10 %s/iommu_group", drive);
	in_root("printf 'vendor_id\\t: AuthenticAMD\\ncpu family\\t: 25\\n' >proc/cpuinfo");
	in_root("printf '\\nvendor_id\\t: X\\ncpu family\\t: 6\\n' >>proc/cpuinfo");
	in_root("echo 'root=/dev/sda password=1 pci=notph iommu=pt' >proc/cmdline");

	assert_int_equal(vfio_tph_topology_read(topology, root, &reason), 0);
	node = vfio_tph_topology_find(topology, "03:00.0");
	assert_non_null(node);
	assert_string_equal(node->function.parent, "0000:00:01.0");
	assert_string_equal(node->function.host_bridge, "pci0000:00");
	assert_string_equal(node->function.driver, "mlx5_core");
	assert_string_equal(node->function.iommu_group, "9");
	assert_string_equal(node->function.iommu_type, "DMA-FQ");
	assert_int_equal(node->function.numa_node, 1);
	assert_int_equal(node->requester.enabled, 1);
	assert_null(vfio_tph_topology_find(topology, "fedc0000:e0:06.0"));
	node = vfio_tph_topology_find(topology, "10000:e0:06.0");
	assert_null(node->function.parent);
	assert_string_equal(node->function.host_bridge, "pci10000:e0");
	assert_string_equal(node->function.iommu_type, "noiommu");
	assert_int_equal(node->type, VFIO_TPH_PORT_UNREADABLE);
	assert_null(vfio_tph_topology_node(topology, 3));
	assert_string_equal(vfio_tph_topology_machine(topology)->cpu_vendor, "AuthenticAMD");
	assert_int_equal(vfio_tph_topology_machine(topology)->cpu_family, 25);
	assert_string_equal(vfio_tph_topology_machine(topology)->command_line,
			    "pci=notph iommu=pt");
	vfio_tph_topology_destroy(topology);

	in_root("rm -r sys");
	topology = vfio_tph_topology_create();
	assert_int_equal(vfio_tph_topology_read(topology, root, &reason), ENOENT);
	vfio_tph_topology_destroy(topology);
	in_root("rm -r proc && rmdir %s", root);
}

#define TEST(function) cmocka_unit_test_setup(function, setup)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(path_that_is_in_order_works),
		TEST(completers_are_judged),
		TEST(requesters_are_judged),
		TEST(namespaces_are_judged),
		TEST(prefixes_are_judged),
		TEST(root_ports_are_judged),
		TEST(acs_is_judged),
		TEST(remedy_names_all_redirectors),
		TEST(root_complexes_are_judged),
		TEST(iommus_are_judged),
		TEST(unreadable_and_conventional_hops_are_judged),
		TEST(functions_of_one_device_are_judged),
		TEST(other_functions_are_no_endpoints),
		TEST(parents_in_a_circle_end),
		TEST(endless_lists_end),
		TEST(tables_are_described),
		TEST(additions_are_checked),
		TEST(sysfs_is_read),
	};

	return cmocka_run_group_tests_name("topology", tests, NULL, NULL);
}
