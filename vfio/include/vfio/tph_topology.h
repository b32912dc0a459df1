/* SPDX-License-Identifier: GPL-2.0 OR Linux-OpenIB */
/*
 * What stands between a device that sends TPH steering tags and a device that takes them: the PCI
 * functions of a machine, the way between two of them, and in words why hints will or will not
 * arrive. It is read from configuration space and sysfs, here and now or from a copy of them.
 *
 * A topology may be used by several threads as long as none changes it. Everything that is handed
 * out belongs to the topology or the path that it came from. Structures may grow at their ends:
 * programs get them from the library and do not allocate or copy them. Two stay as they are, which
 * callers fill: struct vfio_tph_function and struct vfio_tph_machine.
 */
#ifndef VFIO_TPH_TOPOLOGY_H
#define VFIO_TPH_TOPOLOGY_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <vfio/tph.h>

#ifdef __cplusplus
extern "C" {
#endif

/* The PCI functions of one machine. */
struct vfio_tph_topology;

/* Room for an address, with its end. */
#define VFIO_TPH_ADDRESS_SIZE 24

/* Bytes of configuration space that a function has at most. */
#define VFIO_TPH_CONFIG_SIZE 4096

/*
 * A function as sysfs has it. Strings that are not there are NULL.
 *
 * address:     "DDDD:BB:DD.F", hexadecimal; a domain has up to 8 digits
 * parent:      address of the bridge above, NULL on a root bus
 * host_bridge: name of the host bridge above, as "pci0000:00"
 * driver:      driver that is bound to it
 * iommu_group: name of its IOMMU group, a number
 * iommu_type:  what the IOMMU does for the group: "identity", "DMA", "DMA-FQ", "blocked" …; "noiommu"
 *              when there is none and VFIO goes without
 * config:      first bytes of configuration space
 * config_size: how many, 64 to VFIO_TPH_CONFIG_SIZE; without CAP_SYS_ADMIN the kernel gives 64
 * numa_node:   NUMA node, or -1
 */
struct vfio_tph_function {
	const char *address;
	const char *parent;
	const char *host_bridge;
	const char *driver;
	const char *iommu_group;
	const char *iommu_type;
	const void *config;
	size_t config_size;
	int numa_node;
};

/* Device/Port Type of the PCI Express Capabilities register, and what it has no number for. */
enum vfio_tph_port_type {
	VFIO_TPH_PORT_ENDPOINT = 0x0,
	VFIO_TPH_PORT_LEGACY_ENDPOINT = 0x1,
	VFIO_TPH_PORT_ROOT = 0x4,
	VFIO_TPH_PORT_UPSTREAM = 0x5,
	VFIO_TPH_PORT_DOWNSTREAM = 0x6,
	VFIO_TPH_PORT_TO_PCI = 0x7,
	VFIO_TPH_PORT_FROM_PCI = 0x8,
	VFIO_TPH_PORT_INTEGRATED = 0x9, /* root complex integrated endpoint */
	VFIO_TPH_PORT_EVENT_COLLECTOR = 0xa,
	VFIO_TPH_PORT_CONVENTIONAL = 0x10, /* no PCI Express capability */
	VFIO_TPH_PORT_UNREADABLE,          /* the capabilities could not be read */
};

/* TPH Completer Supported: bits 13:12 of Device Capabilities 2. */
enum vfio_tph_completer {
	VFIO_TPH_COMPLETER_NONE,
	VFIO_TPH_COMPLETER_ST,       /* 8-bit tags */
	VFIO_TPH_COMPLETER_RESERVED, /* counts as none */
	VFIO_TPH_COMPLETER_ST_EXT,   /* 8-bit and 16-bit tags */
};

/* ST Table Location of the TPH Requester Capability register. */
enum vfio_tph_table {
	VFIO_TPH_TABLE_NONE,
	VFIO_TPH_TABLE_CAPABILITY,
	VFIO_TPH_TABLE_MSIX,
	VFIO_TPH_TABLE_RESERVED,
};

/* ST Mode Select of the TPH Requester Control register; 1 << mode says that it is supported. */
enum vfio_tph_mode {
	VFIO_TPH_MODE_NO_ST,
	VFIO_TPH_MODE_INTERRUPT_VECTOR,
	VFIO_TPH_MODE_DEVICE_SPECIFIC,
};

/*
 * TPH Requester Extended Capability (PCI Express Base Specification, same name).
 *
 * offset:   of the capability in configuration space; 0: there is none, and all else is 0
 * modes:    1 << enum vfio_tph_mode
 * extended: it can send 16-bit tags
 * table:    enum vfio_tph_table
 * entries:  of the ST table, 0 without one
 * mode:     enum vfio_tph_mode that is selected
 * enabled:  TPH Requester Enable: 0 off, 1 8-bit tags, 3 16-bit tags; 2 is reserved, as off
 */
struct vfio_tph_requester {
	uint16_t offset;
	uint8_t modes;
	bool extended;
	uint8_t table;
	uint16_t entries;
	uint8_t mode;
	uint8_t enabled;
};

/*
 * Access Control Services of a port or function.
 *
 * present:   it has the capability
 * supported: ACS Capability register
 * control:   ACS Control register
 */
struct vfio_tph_acs {
	bool present;
	uint16_t supported;
	uint16_t control;
};

/* Those of the ACS Control register that send peer-to-peer requests to the root complex. */
#define VFIO_TPH_ACS_REDIRECTS 0x002c	/* Request Redirect, Completion Redirect, Egress Control */

/*
 * A function, and what its configuration space says.
 *
 * type:             enum vfio_tph_port_type
 * class_code:       base class, subclass, programming interface: 0xbbssii
 * completer:        enum vfio_tph_completer
 * extended_config:  there was configuration space above 0xff to read; without it nothing is known
 *                   of requester and acs
 * prefixes:         it supports End-End TLP Prefixes, by which 16-bit tags travel outside of flit
 *                   mode (Device Capabilities 2, bit 21)
 * prefixes_blocked: it does not send them on (Device Control 2, bit 15)
 * flit:             its link is in flit mode (Link Status 2, bit 10)
 * msix:             it has an MSI-X table
 * msix_table:       where: MSI-X Table Offset in bits 31:3, number of the BAR in bits 2:0
 */
struct vfio_tph_node {
	struct vfio_tph_function function;
	uint16_t vendor;
	uint16_t device;
	uint32_t class_code;
	uint8_t type;
	uint8_t completer;
	bool extended_config;
	bool prefixes;
	bool prefixes_blocked;
	bool flit;
	struct vfio_tph_requester requester;
	struct vfio_tph_acs acs;
	bool msix;
	uint32_t msix_table;
};

/*
 * What else of a machine decides about peer-to-peer requests. Strings may be NULL.
 *
 * cpu_vendor:   as in /proc/cpuinfo
 * cpu_family:   as in /proc/cpuinfo
 * command_line: of the kernel; vfio_tph_topology_read() keeps the words about PCI and IOMMUs only
 */
struct vfio_tph_machine {
	const char *cpu_vendor;
	unsigned int cpu_family;
	const char *command_line;
};

/**
 * vfio_tph_topology_create - Make a topology without any function
 *
 * Return: the topology, or NULL with errno ENOMEM.
 */
struct vfio_tph_topology *vfio_tph_topology_create(void);

/**
 * vfio_tph_topology_destroy - Forget a topology, and all that it handed out
 * @topology: from vfio_tph_topology_create(), or NULL
 */
void vfio_tph_topology_destroy(struct vfio_tph_topology *topology);

/**
 * vfio_tph_topology_read - Add all functions of this machine, and what else decides
 * @root: NULL or "" for this machine; a directory that has a copy of /sys and /proc
 *
 * Return: 0, or a positive errno:
 *	ENOENT	there is no PCI bus in sysfs
 *	ENOMEM	no memory
 * and what opening and reading sysfs says.
 */
int vfio_tph_topology_read(struct vfio_tph_topology *topology, const char *root,
			   struct vfio_tph_reason *reason);

/**
 * vfio_tph_topology_add - Add one function; copies everything
 *
 * Return: 0, or a positive errno:
 *	EINVAL	an address has another form; config_size is out of range
 *	EEXIST	there is a function with this address
 *	ENOSPC	there are more functions than any machine has, 16384
 *	ENOMEM	no memory
 */
int vfio_tph_topology_add(struct vfio_tph_topology *topology,
			  const struct vfio_tph_function *function, struct vfio_tph_reason *reason);

/**
 * vfio_tph_topology_set_machine - Say what else decides; copies everything
 *
 * Return: 0, or ENOMEM.
 */
int vfio_tph_topology_set_machine(struct vfio_tph_topology *topology,
				  const struct vfio_tph_machine *machine);

/**
 * vfio_tph_topology_machine - What else decides
 *
 * Return: what was set or read; zeroes and NULL before that.
 */
const struct vfio_tph_machine *vfio_tph_topology_machine(const struct vfio_tph_topology *topology);

/**
 * vfio_tph_topology_node - A function by its place in the order of addresses
 * @index: 0 is the lowest address
 *
 * Return: the function, or NULL when there are no more.
 */
const struct vfio_tph_node *vfio_tph_topology_node(const struct vfio_tph_topology *topology,
						   size_t index);

/**
 * vfio_tph_topology_find - A function by its address
 * @address: "DDDD:BB:DD.F" or "BB:DD.F" in domain 0, hexadecimal
 *
 * Return: the function, or NULL with errno, EINVAL when @address has another form and ENODEV when
 * there is none.
 */
const struct vfio_tph_node *vfio_tph_topology_find(const struct vfio_tph_topology *topology,
						   const char *address);

/**
 * vfio_tph_topology_root_port - The root port above a function
 *
 * Return: the root port, or NULL when there is none: @node is on a root bus.
 */
const struct vfio_tph_node *vfio_tph_topology_root_port(const struct vfio_tph_topology *topology,
							const struct vfio_tph_node *node);

/**
 * vfio_tph_read_st - An entry of the ST table in the TPH Requester capability
 * @index: below requester.entries of @node
 * @tag: set to the steering tag, on success only
 *
 * Return: 0, or a positive errno:
 *	EOPNOTSUPP	@node has no table there
 *	ERANGE		the table has no such entry
 *	ENODATA		configuration space ends before it
 */
int vfio_tph_read_st(const struct vfio_tph_node *node, unsigned int index, uint16_t *tag);

/* Whether hints will arrive, and what a finding means for that; from best to worst. */
enum vfio_tph_verdict {
	VFIO_TPH_YES,     /* nothing is in the way */
	VFIO_TPH_NOTE,    /* of a finding: worth knowing, decides nothing */
	VFIO_TPH_DEPENDS, /* on hardware that says nothing about it in its registers */
	VFIO_TPH_UNKNOWN, /* what decides could not be read */
	VFIO_TPH_NOT_NOW, /* a setting is in the way */
	VFIO_TPH_NO,      /* the hardware, or the kernel, cannot */
};

/*
 * One thing that was looked at.
 *
 * verdict: what it means for the answer
 * code:    for programs: a word that never changes, as "requester-disabled"
 * address: the function that it is about, or NULL
 * text:    what was found and why it matters, a sentence without a full stop
 * remedy:  what to do about it, or NULL
 */
struct vfio_tph_finding {
	enum vfio_tph_verdict verdict;
	const char *code;
	const char *address;
	const char *text;
	const char *remedy;
};

/* How peer-to-peer requests get from one function to the other. */
enum vfio_tph_route {
	VFIO_TPH_ROUTE_DEVICE,       /* both are functions of one device */
	VFIO_TPH_ROUTE_SWITCH,       /* by a switch above both */
	VFIO_TPH_ROUTE_REDIRECTED,   /* a switch is above both, ACS takes the root complex */
	VFIO_TPH_ROUTE_ROOT_COMPLEX, /* by the root complex */
	VFIO_TPH_ROUTE_HOST_BRIDGES, /* by the root complex, from one host bridge to another */
};

/*
 * Where the requests come by. Host bridges have no function: node is NULL then.
 */
struct vfio_tph_hop {
	const struct vfio_tph_node *node;
	const char *host_bridge;
};

/*
 * The way from a requester to a completer.
 *
 * verdict:      the worst of the findings, a note being none
 * route:        how
 * namespaces:   enum vfio_tph_tag_flags: which tags the requester sends, or would when enabled as
 *               Linux does it, and the completer takes
 * hops:         from the requester to the completer, both included
 * findings:     all that was looked at, the order is that of the way
 */
struct vfio_tph_path {
	enum vfio_tph_verdict verdict;
	enum vfio_tph_route route;
	uint32_t namespaces;
	size_t num_hops;
	const struct vfio_tph_hop *hops;
	size_t num_findings;
	const struct vfio_tph_finding *findings;
};

/**
 * vfio_tph_path_create - Look at the way from a requester to a completer
 * @requester: address of the function that writes, a NIC
 * @completer: address of the function that is written to
 * @path: set to the path, on success only; vfio_tph_path_destroy() it before the topology
 *
 * Return: 0, or a positive errno, the first that applies of
 *	EINVAL	an address has another form
 *	ENODEV	no such function
 *	EINVAL	both are the same, or one is a bridge
 *	ELOOP	functions are each other's parents
 *	ENOMEM	no memory
 */
int vfio_tph_path_create(const struct vfio_tph_topology *topology, const char *requester,
			 const char *completer, struct vfio_tph_path **path,
			 struct vfio_tph_reason *reason);

/**
 * vfio_tph_path_destroy - Forget a path
 * @path: from vfio_tph_path_create(), or NULL
 */
void vfio_tph_path_destroy(struct vfio_tph_path *path);

/**
 * vfio_tph_verdict_text - A verdict in words
 *
 * Return: "yes", "note", "depends", "unknown", "not now", "no".
 */
const char *vfio_tph_verdict_text(enum vfio_tph_verdict verdict);

#ifdef __cplusplus
}
#endif

#endif /* VFIO_TPH_TOPOLOGY_H */
