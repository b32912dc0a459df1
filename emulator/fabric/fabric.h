/* SPDX-License-Identifier: GPL-2.0 OR Linux-OpenIB */
/*
 * The fabric: a root complex, one link to each device below it, and routing by address.
 *
 * A port is the device's end of its link. What a device requests goes out of its port and reaches
 * either memory of the guest or a BAR of a device of this fabric, peer to peer. Peer-to-peer
 * requests become TLPs as on a real link: split at the requester's max payload (or read request)
 * size and at 4 KiB boundaries, with byte enables for a ragged start and end, counted and, with a
 * capture, recorded on both links. Requests to guest memory move the data and are counted in bytes.
 * Those that carry hints, for the root complex to act upon, are recorded, too, on the one link that
 * they cross; its ID as a completer is 00:00.0.
 *
 * Each link is in flit mode or not; packets that cross from one kind to the other are translated as
 * a switch does it (2.2.1). A link that is not in flit mode leaves its mark on hints: a 16-bit tag
 * below 256 arrives as the 8-bit tag that is the same bits, and a read with hints asks for whole
 * DWs, as there is no room for byte enables beside them.
 *
 * All functions belong to the engine's thread. -errno results are the same everywhere:
 *   -EPERM     the requester's Bus Master Enable is off
 *   -ENETDOWN  the requester's link, or that of the device addressed, is down
 *   -EFAULT    no memory and no BAR there, not all of it, or mapped without the right to
 *              read/write it: Unsupported Request on a real bus
 *   -ENXIO     mapped, but not to memory, and the address is in no BAR: behind an IOMMU that
 *              translates, QEMU does not say which page of which BAR it mapped. A real bus delivers
 *              such requests, so they are refused, never lost: the caller fails its operation
 *   -EREMOTEIO a read was completed with Completer Abort, which only a fault does
 *   -EBADMSG   a read was completed with poisoned data, likewise
 * A posted write that fails is lost, as on a real bus: its requester is not told, and an operation
 * that it was part of may well end with success. So each is counted, and said on standard error.
 */
#ifndef FABRIC_FABRIC_H
#define FABRIC_FABRIC_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "tlp/tlp.h"

struct fabric;
struct fabric_port;
struct fault_point;
struct capture;

#define FABRIC_BARS 6
#define FABRIC_MAX_PORTS 16

/* One memory request TLP as the completer sees it. Bytes enabled are always contiguous. */
struct fabric_request {
	uint16_t requester;     /* bus << 8 | device << 3 | function */
	unsigned int bar;       /* of the completer */
	uint64_t offset;        /* of the first enabled byte in the BAR */
	uint32_t len;           /* enabled bytes, 1 to 4096, within one 4 KiB page */
	struct tlp_hints hints; /* as they arrive; all zero: none */
};

/* An AtomicOp (6.15). Values are in host byte order; on the bus they are little endian. */
struct fabric_atomic {
	enum tlp_type type; /* TLP_FETCHADD64, TLP_SWAP64 or TLP_CAS64 */
	uint64_t operand;   /* what to add, or to store */
	uint64_t compare;   /* TLP_CAS64: what must be there for the operand to be stored */
};

/** fabric_atomic_result() - Return: what @op leaves in place of @old, modulo the operands' size. */
static inline uint64_t fabric_atomic_result(const struct fabric_atomic *op, uint64_t old)
{
	switch (op->type) {
	case TLP_FETCHADD64:
		return old + op->operand;
	case TLP_SWAP64:
		return op->operand;
	default:
		return old == op->compare ? op->operand : old;
	}
}

/* What a device does with requests of its peers. All are called once for each TLP. */
struct fabric_port_ops {
	/** mem_write() - land req->len bytes of @data, which is valid during the call only. */
	void (*mem_write)(void *device, const struct fabric_request *req, const void *data);
	/** mem_read() - fill @data with req->len bytes. */
	void (*mem_read)(void *device, const struct fabric_request *req, void *data);
	/**
	 * mem_atomic() - carry out @op on req->len bytes, 4 or 8, at a multiple of that.
	 * @old: gets what was there before
	 *
	 * Return: true; false for a device that completes no AtomicOps, as one without this.
	 */
	bool (*mem_atomic)(void *device, const struct fabric_request *req,
			   const struct fabric_atomic *op, uint64_t *old);
};

/** fabric_create() - Return: a fabric without ports, or NULL with errno ENOMEM. */
struct fabric *fabric_create(void);

/** fabric_destroy() - free a fabric whose ports have all been destroyed. */
void fabric_destroy(struct fabric *fabric);

/**
 * fabric_set_capture() - record peer-to-peer TLPs in @capture, or stop recording with NULL.
 *
 * Each port is announced as a link under its name. The capture stays the caller's.
 * Return: 0, or -errno of capture_add_link().
 */
int fabric_set_capture(struct fabric *fabric, struct capture *capture);

/** fabric_capture() - Return: the capture that is recorded to, or NULL. */
struct capture *fabric_capture(const struct fabric *fabric);

/**
 * fabric_note() - put what a device does now between the packets before and after, if there is a
 * capture: see capture_note(). The device's name is in front of it.
 */
void fabric_note(const struct fabric_port *port, const char *format, ...)
	__attribute__((format(printf, 2, 3)));

struct fabric_port_attr {
	const char *name;           /* of the device, 1 to CAPTURE_NAME_MAX bytes, unique */
	uint16_t requester;         /* ID that its requests carry; the guest's choice is not told */
	enum tlp_encoding encoding; /* of the packets on its link */
	bool echo_st;               /* posted requests echo ST[7:0] in Tag: TLP_FLIT_ECHO_ST */
	const struct fabric_port_ops *ops;
	void *device;
};

/**
 * fabric_port_create() - plug a device in: link up, bus master off, payload 128, no window.
 *
 * Return: the port, or NULL with errno EEXIST (name taken), EINVAL (name empty or too long),
 * ENOSPC (FABRIC_MAX_PORTS), ENOMEM, or an error of capture_add_link().
 */
struct fabric_port *fabric_port_create(struct fabric *fabric, const struct fabric_port_attr *attr);

/** fabric_port_destroy() - unplug the device; its mappings and windows go with it. */
void fabric_port_destroy(struct fabric_port *port);

/*
 * What the function's configuration space decides; called by pci/.
 */

/** fabric_port_set_window() - @bar decodes [base, base + size); a size of 0 closes it. */
void fabric_port_set_window(struct fabric_port *port, unsigned int bar, uint64_t base,
			    uint64_t size);

/** fabric_port_set_bus_master() - whether the device may send requests. */
void fabric_port_set_bus_master(struct fabric_port *port, bool enabled);

/** fabric_port_set_sizes() - Max_Payload_Size and Max_Read_Request_Size in bytes, 128 to 4096. */
void fabric_port_set_sizes(struct fabric_port *port, uint32_t max_payload, uint32_t max_read);

/** fabric_port_set_link() - link up or down (a fault); down, neither requests nor TLPs pass. */
void fabric_port_set_link(struct fabric_port *port, bool up);
bool fabric_port_link(const struct fabric_port *port);

/*
 * Guest memory as one device sees it; called by vfio_user/.
 */

/**
 * fabric_map() - make guest memory reachable.
 * @host: where it is mapped here; NULL for a range that the guest maps but that is no memory
 *	(another device's BAR, say): then addresses in it are routed to windows
 *
 * Return: 0; -EEXIST when the range overlaps one that is mapped; -EINVAL for an empty range or one
 * that wraps round; -ENOSPC beyond FABRIC_MAX_MAPPINGS; -ENOMEM.
 */
int fabric_map(struct fabric_port *port, uint64_t addr, uint64_t len, void *host, bool read,
	       bool write);

/**
 * fabric_unmap() - forget one mapping in [first, last]; call it until it returns something else.
 * @host: gets what fabric_map() was given
 *
 * The memory may be unmapped as soon as this returned: pointers from fabric_ram() do not outlive
 * the callback they were taken in.
 * Return: 1; 0 when there is none (any more); -EINVAL when one is only partly inside, and then
 * none is forgotten.
 */
int fabric_unmap(struct fabric_port *port, uint64_t first, uint64_t last, void **host);

/* Single pages of 4 GiB, which is what a guest maps for a device behind its IOMMU. */
#define FABRIC_MAX_MAPPINGS (1 << 20)

/*
 * What devices use.
 */

/**
 * fabric_ram() - the guest memory behind an address, for as long as the current callback runs.
 * @write: whether it will be written
 *
 * For queues, records and doorbells that are read and written in place, and for payload that is
 * moved by fabric_read()/fabric_write() on the other side. Not counted, and only captured by
 * fabric_moved(). A device that gives up on NULL calls fabric_refused().
 * Return: a pointer to @len contiguous bytes, or NULL where fabric_read()/fabric_write() would
 * fail, or where there is a BAR or more than one mapping.
 */
void *fabric_ram(struct fabric_port *port, uint64_t addr, uint64_t len, bool write);

/**
 * fabric_refused() - count a request that the device would have made if fabric_ram() had not
 * returned NULL, and report it: a write is lost, and of a read this device tells nobody.
 */
void fabric_refused(struct fabric_port *port, uint64_t addr, uint64_t len, bool write);

/**
 * fabric_moved() - record a request to the guest's memory, whose data went by fabric_ram().
 * @data: the @len bytes that were written or read
 * @hints: nothing is recorded without
 */
void fabric_moved(struct fabric_port *port, uint64_t addr, const void *data, uint64_t len,
		  bool write, const struct tlp_hints *hints);

/**
 * fabric_write() - write @len bytes to memory or a peer's BAR.
 * @hints: processing hints; NULL or all zero for none
 *
 * All or nothing as far as addresses go: nothing is written when part of the range is not there.
 * The write is lost then, but for -ENXIO, and has been counted and reported.
 * Return: 0; -EPERM, -ENETDOWN, -EFAULT, -ENXIO as above.
 */
int fabric_write(struct fabric_port *port, uint64_t addr, const void *data, uint64_t len,
		 const struct tlp_hints *hints);

/**
 * fabric_read() - read @len bytes; @data is undefined after an error. As fabric_write(), and
 * -EREMOTEIO and -EBADMSG as above: then the TLPs behind the one that failed are not sent.
 */
int fabric_read(struct fabric_port *port, uint64_t addr, void *data, uint64_t len,
		const struct tlp_hints *hints);

/**
 * fabric_atomic() - an AtomicOp on a peer's BAR, as one TLP.
 * @len: of the operands, 4 or 8 bytes; @addr is a multiple of it
 * @old: gets what was there before
 *
 * Memory of the guest is not for this: it is changed through fabric_ram().
 * Return: 0; -EPERM, -ENETDOWN, -EFAULT, -ENXIO as above; -EOPNOTSUPP when the completer answers
 * with Unsupported Request, as it has no AtomicOps.
 */
int fabric_atomic(struct fabric_port *port, uint64_t addr, uint32_t len,
		  const struct fabric_atomic *op, uint64_t *old, const struct tlp_hints *hints);

/**
 * fabric_check() - whether fabric_write() (@write) or fabric_read() of the range would work now.
 *
 * Return: as they do.
 */
int fabric_check(struct fabric_port *port, uint64_t addr, uint64_t len, bool write);

/*
 * "read", by offset in the BAR: a read TLP of a peer that begins there fails, by the status of its
 * completion: TLP_STATUS_UR, which is the default, or TLP_STATUS_CA; or it has its data, poisoned.
 */
#define FABRIC_READ_POISONED 0xff

/** fabric_port_read_fault() - the fault point, for a registry. */
struct fault_point *fabric_port_read_fault(struct fabric_port *port);

/** fabric_port_device() - Return: the device of @port if it was created with @ops, else NULL. */
void *fabric_port_device(const struct fabric_port *port, const struct fabric_port_ops *ops);

const char *fabric_port_name(const struct fabric_port *port);
uint16_t fabric_port_requester(const struct fabric_port *port);
enum tlp_encoding fabric_port_encoding(const struct fabric_port *port);

/*
 * Counters, each seen from the device: what its link carried out and in.
 */
struct fabric_counters {
	uint64_t tx_writes, tx_reads;    /* peer-to-peer request TLPs sent */
	uint64_t rx_writes, rx_reads;    /* peer-to-peer request TLPs received */
	uint64_t tx_atomics, rx_atomics; /* the same, AtomicOps */
	uint64_t tx_completions, rx_completions;
	uint64_t tx_write_bytes, rx_write_bytes;
	uint64_t ram_write_bytes, ram_read_bytes; /* fabric_write()/fabric_read(), guest memory */
	uint64_t refused;           /* requests of this device that had an -errno result */
	uint64_t lost_writes;       /* those of them that were posted: nobody was told */
	uint64_t unexpected_losses; /* those of these that were not expected */
	uint64_t hints_lost;        /* received requests beyond the table of hints */
	uint64_t capture_errors;    /* TLPs that could not be recorded */
};

/** fabric_port_counters() - the live counters, valid as long as the port. */
const struct fabric_counters *fabric_port_counters(const struct fabric_port *port);

/**
 * fabric_port_expect_losses() - whether lost writes are what somebody wants to see: they are
 * counted, but neither reported nor unexpected. Off at first.
 */
void fabric_port_expect_losses(struct fabric_port *port, bool expected);
bool fabric_port_losses_expected(const struct fabric_port *port);

/* How many peer-to-peer requests a device received with exactly these hints. */
struct fabric_hint_count {
	struct tlp_hints hints;
	uint64_t writes, write_bytes, reads, read_bytes, atomics;
};

#define FABRIC_MAX_HINT_COUNTS 1024

/**
 * fabric_port_hint_counts() - the table of received hints, in order of first sight.
 * @count: gets the number of entries
 *
 * Return: the live table, valid until the next request.
 */
const struct fabric_hint_count *fabric_port_hint_counts(const struct fabric_port *port,
							unsigned int *count);

/** fabric_next_port() - walk the ports in order of creation; pass NULL first. NULL ends. */
struct fabric_port *fabric_next_port(struct fabric *fabric, const struct fabric_port *previous);

#endif
