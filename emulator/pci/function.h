/* SPDX-License-Identifier: GPL-2.0 OR Linux-OpenIB */
/*
 * A PCI function: 4 KiB of configuration space, BARs, interrupts, and its port into the fabric.
 *
 * A device embeds or owns one, fills in identity, BARs and capabilities, and from then on is told
 * about accesses through its ops. Register names and layouts are those of <linux/pci_regs.h>.
 * A transport (vfio_user/) drives the lower half of this file.
 *
 * All functions belong to the engine's thread.
 */
#ifndef PCI_FUNCTION_H
#define PCI_FUNCTION_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/registry.h"
#include "fabric/fabric.h"

#define PCI_CONFIG_SIZE		4096
#define PCI_BARS		FABRIC_BARS
#define PCI_MAX_VECTORS		2048

struct pci_function;

/* All are optional. */
struct pci_function_ops {
	/**
	 * bar_read()/bar_write() - the guest's CPU accesses a BAR. The range is inside the BAR;
	 * @len is what the guest used (1, 2, 4, 8), or up to 64 KiB from a debugger. Not called for
	 * BARs with memory (pci_bar.memory) nor for the MSI-X table and PBA. Data are bytes in
	 * address order; what bar_read() leaves alone reads as zero.
	 */
	void (*bar_read)(struct pci_function *fn, unsigned int bar, uint64_t offset, void *data,
			 size_t len);
	void (*bar_write)(struct pci_function *fn, unsigned int bar, uint64_t offset,
			  const void *data, size_t len);
	/**
	 * peer_write()/peer_read() - one TLP from another device. Without them a BAR with memory is
	 * written and read as memory, and another one goes to bar_write()/bar_read().
	 */
	void (*peer_write)(struct pci_function *fn, const struct fabric_request *req,
			   const void *data);
	void (*peer_read)(struct pci_function *fn, const struct fabric_request *req, void *data);
	/** peer_atomic() - mem_atomic() of fabric.h; only with pci_express_attr.atomic_completer */
	bool (*peer_atomic)(struct pci_function *fn, const struct fabric_request *req,
			    const struct fabric_atomic *op, uint64_t *old);
	/** config_written() - configuration space changed in [offset, offset + len). */
	void (*config_written)(struct pci_function *fn, unsigned int offset, unsigned int len);
	/**
	 * reset() - function level reset, a return from D3hot that resets, or the guest is gone.
	 * Configuration space is back at its initial state, memory mappings may be gone already:
	 * drop all state, touch nothing else.
	 */
	void (*reset)(struct pci_function *fn);
};

struct pci_identity {
	uint16_t vendor, device, subsystem_vendor, subsystem;
	uint8_t revision;
	uint32_t class_code; /* base class << 16 | sub-class << 8 | interface */
};

enum pci_bar_flags {
	PCI_BAR_64 = 1 << 0, /* takes the next BAR's place too */
	PCI_BAR_PREFETCH = 1 << 1,
};

struct pci_bar {
	uint64_t size; /* power of two, 16 B at least; 0: not there */
	unsigned int flags;
	/*
	 * BARs that are plain memory: where it is mapped here, and the memfd behind it. The guest's
	 * CPU maps the memfd and its accesses never get here. NULL and -1 otherwise. One such BAR
	 * makes *all* of the guest's writes to the function synchronous (QEMU), so a function with
	 * doorbells should have none.
	 */
	void *memory;
	int memfd;
};

/* Interrupt vectors. An eventfd is the transport's, and closed by whoever replaces it here. */
struct pci_msix {
	unsigned int vectors; /* 0: no MSI-X */
	unsigned int bar;
	uint32_t table, pba; /* offsets in the BAR */
	unsigned int cap;    /* where the capability is in configuration space */
	int *eventfds;       /* one a vector, -1 without */
	uint8_t *entries;    /* the vector table as last written, 16 B a vector */
	uint64_t *pending;   /* pending bit array */
	uint64_t raised;     /* interrupts sent */
};

/*
 * A window is the time from a write that disables the TPH requester to the one that enables it
 * again: what drivers do to write the ST table. Requests of that time carry no hints.
 */
struct pci_tph_windows {
	uint64_t count;         /* that have begun */
	uint64_t tlps;          /* requests to other devices, in all that have ended */
	uint64_t most_tlps;     /* the same, in the one that had most */
	uint64_t most_accesses; /* to configuration space, the write that ended it included */

	/* private to pci/: the one that has not ended */
	bool open;
	uint64_t sent; /* by the port before it */
	uint64_t accesses;
};

struct pci_function {
	const struct pci_function_ops *ops;
	struct fabric_port *port;
	struct pci_bar bars[PCI_BARS];
	struct pci_msix msix;
	unsigned int express_cap; /* offset of the PCI Express capability, 0: none */
	bool atomic_completer;    /* Device Capabilities 2 says so */
	unsigned int power_cap;   /* offset of the Power Management capability, 0: none */
	unsigned int tph_cap;     /* offset of the TPH Requester capability, 0: none */
	/* "config", by offset: a read that begins there fails, as all ones. */
	struct fault_point config_fault;
	struct pci_tph_windows tph_windows;

	/* private to pci/ */
	uint32_t tph_controls; /* values that TPH Requester Control has had: bit mode | type << 3 */
	unsigned int next_cap, last_cap, last_ext_cap, next_ext_cap;
	uint8_t config[PCI_CONFIG_SIZE];      /* as read */
	uint8_t writable[PCI_CONFIG_SIZE];    /* mask of bits that a write changes */
	uint8_t write_clear[PCI_CONFIG_SIZE]; /* mask of bits that writing 1 clears */
	uint8_t initial[PCI_CONFIG_SIZE];     /* what reset goes back to */
};

/**
 * pci_function_init() - start a function and plug it into the fabric.
 * @attr: name, requester ID, encoding and echo_st of the port; ops and device are filled in here
 *
 * Return: 0, or -errno of fabric_port_create().
 */
int pci_function_init(struct pci_function *fn, struct fabric *fabric,
		      const struct fabric_port_attr *attr, const struct pci_identity *identity,
		      const struct pci_function_ops *ops);

/**
 * pci_function_register() - show what all functions have: the windows of TPH, the fault points
 * "config" and "read". registry_remove() is left to whoever registers the rest of the device.
 * @device: its name, as in registry_add_value()
 *
 * Return: 0; -ENOMEM; -EEXIST when one of the names is taken.
 */
int pci_function_register(struct pci_function *fn, struct registry *registry, const char *device);

/** pci_function_of() - Return: the function that has @port; NULL for a port that none has. */
struct pci_function *pci_function_of(const struct fabric_port *port);

/** pci_function_fini() - unplug, close event descriptors, free. BAR memory is the device's. */
void pci_function_fini(struct pci_function *fn);

/**
 * pci_add_bar() - add a BAR; order does not matter.
 *
 * Return: 0; -EINVAL: size no power of two, below 16 B, 4 GiB or more without PCI_BAR_64, prefetch
 * without PCI_BAR_64, or PCI_BAR_64 in the last place; -EEXIST: place taken.
 */
int pci_add_bar(struct pci_function *fn, unsigned int index, const struct pci_bar *bar);

/**
 * pci_add_capability() - reserve @size bytes (header included) of the first 256 for @id.
 *
 * All bytes behind the header are zero and read-only; see pci_config_init().
 * Return: offset, or 0 when space is used up.
 */
unsigned int pci_add_capability(struct pci_function *fn, uint8_t id, unsigned int size);

/** pci_add_ext_capability() - the same in the extended space. Return: offset, or 0. */
unsigned int pci_add_ext_capability(struct pci_function *fn, uint16_t id, uint8_t version,
				    unsigned int size);

/** pci_config_init() - initial value and writable bits of a register of 1, 2 or 4 bytes. */
void pci_config_init(struct pci_function *fn, unsigned int offset, unsigned int len, uint32_t value,
		     uint32_t writable);

/** pci_config_get()/pci_config_set() - a register of 1, 2 or 4 bytes, past all masks. */
uint32_t pci_config_get(const struct pci_function *fn, unsigned int offset, unsigned int len);
void pci_config_set(struct pci_function *fn, unsigned int offset, unsigned int len, uint32_t value);

/** pci_add_msix() - MSI-X with table and PBA in an existing BAR. */
struct pci_msix_attr {
	unsigned int vectors; /* 1 to PCI_MAX_VECTORS */
	unsigned int bar;
	uint32_t table, pba; /* offsets, multiples of 8, inside the BAR, not overlapping */
};
/* Return: 0; -EINVAL: attr against the rules above; -ENOSPC: configuration space full; -ENOMEM. */
int pci_add_msix(struct pci_function *fn, const struct pci_msix_attr *attr);

/**
 * pci_msix_raise() - send an interrupt.
 *
 * Masked vectors (MSI-X enable off, function mask, D3hot) become pending and are sent when
 * unmasked; masks of single vectors are the transport's, which takes their eventfd away.
 */
void pci_msix_raise(struct pci_function *fn, unsigned int vector);

/* Completer side of TPH, Device Capabilities 2 bits 13:12. */
enum pci_tph_completer {
	PCI_TPH_COMPLETER_NONE = 0,
	PCI_TPH_COMPLETER_TPH = 1,
	PCI_TPH_COMPLETER_RESERVED = 2, /* completes nothing; for drivers to be tested with */
	PCI_TPH_COMPLETER_EXT = 3,
};

struct pci_express_attr {
	uint32_t max_payload; /* supported, bytes: 128, 256 ... 4096 */
	enum pci_tph_completer completer;
	bool atomic_requester; /* may send AtomicOps: Device Control 2 enable is writable */
	bool atomic_completer; /* of 4 and 8 bytes; needs ops->peer_atomic */
};

/**
 * pci_add_express() - PCI Express capability of a root complex integrated endpoint, version 2:
 * no link registers, function level reset, 10-bit tags (as completer and requester).
 *
 * Return: 0; -EINVAL: max_payload not a power of two from 128 to 4096; -ENOSPC.
 */
int pci_add_express(struct pci_function *fn, const struct pci_express_attr *attr);

/**
 * pci_add_power() - Power Management capability: D0 and D3hot, no PME.
 * @soft_reset: a return from D3hot to D0 resets the function as Function Level Reset does, else it
 * finds everything as it was (No_Soft_Reset)
 *
 * In D3hot a function answers accesses to configuration space and nothing else, and sends nothing.
 * Return: 0; -ENOSPC.
 */
int pci_add_power(struct pci_function *fn, bool soft_reset);

/** pci_powered() - whether it is in D0, as a function without the capability always is. */
bool pci_powered(const struct pci_function *fn);

/** pci_add_serial() - Device Serial Number capability. Return: 0; -ENOSPC. */
int pci_add_serial(struct pci_function *fn, uint64_t serial);

enum pci_tph_table {
	PCI_TPH_TABLE_NONE,
	PCI_TPH_TABLE_CAPABILITY,
	PCI_TPH_TABLE_MSIX,
};

struct pci_tph_attr {
	bool interrupt_vector, device_specific; /* ST modes beside No ST */
	bool extended;                          /* Extended TPH Requester Supported */
	enum pci_tph_table table;
	unsigned int entries; /* 1 to 64 in the capability, to 2048 in MSI-X; 0 for NONE */
};

/**
 * pci_add_tph() - TPH Requester capability (7.9.13), requester disabled, No ST mode, table zero.
 *
 * Return: 0; -EINVAL: entries out of range, MSI-X table without MSI-X or with fewer vectors,
 * interrupt-vector mode without a table; -ENOSPC.
 */
int pci_add_tph(struct pci_function *fn, const struct pci_tph_attr *attr);

/** pci_tph_requester() - TPH Requester Enable as it is now: PCI_TPH_REQ_*, DISABLE without TPH. */
unsigned int pci_tph_requester(const struct pci_function *fn);

/** pci_tph_control() - TPH Requester Control as it is now: PCI_TPH_CTRL_*; 0 without TPH. */
uint32_t pci_tph_control(const struct pci_function *fn);

/**
 * pci_tph_control_seen() - whether TPH Requester Control has had @value (PCI_TPH_CTRL_*) since
 * pci_tph_control_forget(), or since the start. Nothing between two looks at it is missed: resets
 * and values that lasted for one access count.
 */
bool pci_tph_control_seen(const struct pci_function *fn, uint32_t value);

/** pci_tph_control_forget() - from now on only the value of this moment has been seen. */
void pci_tph_control_forget(struct pci_function *fn);

/** pci_tph_entries() - Return: the size of the ST table; 0 without TPH or without a table. */
unsigned int pci_tph_entries(const struct pci_function *fn);

/** pci_tph_st() - ST table entry @index as it is now; 0 beyond the table or without a table. */
uint16_t pci_tph_st(const struct pci_function *fn, unsigned int index);

/* What a request says of its tag, for whichever ST mode is selected, and its processing hint. */
struct pci_tph_choice {
	unsigned int st;     /* device-specific: index of the ST table; without one, the tag */
	unsigned int vector; /* interrupt-vector: the vector, which is the index of the ST table */
	uint8_t ph;          /* 0 to 3 */
};

/**
 * pci_tph_hints() - the hints of a request, by what is enabled at this moment (6.17.3).
 *
 * No hints while the requester is disabled. Otherwise PH, and the tag: zero in No ST mode, and in a
 * mode that the function does not have; else the one that @choice selects, of which only the low 8
 * bits go out unless Extended TPH is enabled.
 */
struct tlp_hints pci_tph_hints(const struct pci_function *fn, const struct pci_tph_choice *choice);

/** pci_atomic_requester() - whether AtomicOp Requester Enable is set. */
bool pci_atomic_requester(const struct pci_function *fn);

/**
 * pci_bus_master()/pci_memory_enabled() - whether the function may send requests, and whether it
 * takes those to its BARs: the bits of the Command register, and none of both in D3hot.
 */
bool pci_bus_master(const struct pci_function *fn);
bool pci_memory_enabled(const struct pci_function *fn);

/*
 * For transports.
 */

/**
 * pci_config_read() - what a config access reads.
 *
 * Return: 0; -EINVAL when [offset, offset + len) is not inside the 4 KiB.
 */
int pci_config_read(struct pci_function *fn, uint64_t offset, void *data, size_t len);

/** pci_config_write() - what a config access does. Return: 0; -EINVAL as above. */
int pci_config_write(struct pci_function *fn, uint64_t offset, const void *data, size_t len);

/**
 * pci_bar_read()/pci_bar_write() - CPU access. In D3hot nobody answers: all ones are read, and
 * what is written is lost. Return: 0; -EINVAL: no such BAR, out of range.
 */
int pci_bar_read(struct pci_function *fn, unsigned int bar, uint64_t offset, void *data,
		 size_t len);
int pci_bar_write(struct pci_function *fn, unsigned int bar, uint64_t offset, const void *data,
		  size_t len);

/**
 * pci_msix_set_eventfd() - signal @vector by @fd from now on; -1: by nothing.
 *
 * Takes @fd over in any case: what was there before is closed, and so is @fd on error. An interrupt
 * that was pending for want of an eventfd is sent.
 * Return: 0; -EINVAL: no such vector.
 */
int pci_msix_set_eventfd(struct pci_function *fn, unsigned int vector, int fd);

/** pci_function_reset() - configuration space back to its initial state, device reset. */
void pci_function_reset(struct pci_function *fn);

#endif
