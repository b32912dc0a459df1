/* SPDX-License-Identifier: GPL-2.0 OR Linux-OpenIB */
/* What the files of fabric/ share. */
#ifndef FABRIC_INTERNAL_H
#define FABRIC_INTERNAL_H

#include <sys/queue.h>

#include "base/registry.h"
#include "fabric/fabric.h"

/* Guest memory; or with host NULL a range that the guest has mapped but that is no memory. */
struct mapping {
	uint64_t addr, len;
	uint8_t *host;
	bool read, write;
	bool window; /* no memory: was seen to be a window, so that no IOMMU translates here */
};

struct window {
	uint64_t base, size; /* size 0: closed */
};

/* Refused requests are reported once for each of these, up to REFUSED_RANGES. */
struct refused_range {
	uint64_t number; /* address / REFUSED_RANGE_SIZE */
	bool write;
	int err;
};

#define REFUSED_RANGES 8
#define REFUSED_RANGE_SIZE (UINT64_C(2) << 20)

/* A hash table with open addressing. It is at most half full, which keeps probes short. */
#define HINT_SLOTS (2 * FABRIC_MAX_HINT_COUNTS)

struct hint_table {
	struct fabric_hint_count entries[FABRIC_MAX_HINT_COUNTS];
	uint16_t slots[HINT_SLOTS]; /* index into entries plus 1; 0: free */
	unsigned int count;
	unsigned int last; /* entry of the last request: bursts carry the same hints */
};

struct fabric_port {
	TAILQ_ENTRY(fabric_port) entry;
	struct fabric *fabric;
	struct fabric_port_attr attr;
	struct window windows[FABRIC_BARS];
	bool link_up;
	bool bus_master;
	uint32_t max_payload, max_read;
	uint16_t next_tag;

	void *mappings; /* a tree of tsearch(3), by address */
	unsigned int mapping_count;
	struct mapping *last_mapping; /* where the last look-up ended; NULL: nowhere */

	struct fabric_counters counters;
	struct refused_range refused[REFUSED_RANGES];
	unsigned int refused_count;
	bool losses_expected;
	struct fault_point read_fault;
	struct hint_table hints;
	uint32_t capture_link;
};

struct fabric {
	TAILQ_HEAD(, fabric_port) ports;
	unsigned int port_count;
	struct capture *capture;
};

/* Where an address leads. */
struct target {
	uint8_t *ram; /* guest memory, or NULL and then: */
	struct fabric_port *port;
	unsigned int bar;
	uint64_t offset; /* in the BAR */
	uint64_t len;    /* bytes that follow without a break */
};

/** mappings_free() - forget them all. */
void mappings_free(struct fabric_port *port);

/** mapping_find() - the mapping that contains @addr, or NULL. */
struct mapping *mapping_find(struct fabric_port *port, uint64_t addr);

/** find_window() - an open window of another port than @from that contains @addr. */
bool find_window(struct fabric_port *from, uint64_t addr, struct target *target);

/** tlp_len() - Return: bytes up to the next multiple of @size, a power of two up to 4 KiB. */
uint32_t tlp_len(uint64_t addr, uint64_t len, uint32_t size);

/** refused_write() - count a posted write that was lost because of @err, and report it. */
void refused_write(struct fabric_port *port, uint64_t addr, uint64_t len, int err);

/** refused_and_told() - the same for a request of which the requester learns that it failed. */
void refused_and_told(struct fabric_port *port, uint64_t addr, uint64_t len, bool write, int err);

/**
 * refused_answered() - the same for a read or an AtomicOp, whose requester a real bus tells by a
 * completion: it is reported only where a real bus would have delivered it.
 */
void refused_answered(struct fabric_port *port, uint64_t addr, uint64_t len, bool write, int err);

/* A TLP as it is on one link, payload apart */
struct packet {
	struct tlp tlp;
	uint8_t header[TLP_MAX_HEADER];
	size_t header_len; /* 0: it cannot be encoded */
};

/* The TLPs of one request from @from to @to: counted on both links, and recorded if wanted. */
struct transfer {
	struct fabric_port *from;
	struct fabric_port *to;    /* NULL: the root complex, and nothing is counted */
	struct tlp_hints hints;    /* as sent */
	struct tlp_hints arriving; /* as received, after a change of encoding */
	bool poisoned;    /* the completions of a read: what they carry is not to be used */
	uint64_t time_ns; /* since the epoch; set if there is a capture */
	/* The write recorded last: most of those behind it differ only in address and payload */
	struct packet sent, received;
	/* length of that write, if it has whole DWs only; 0: it has not, or there was none */
	uint32_t whole;
};

/** trace_start() - set up what all TLPs of one request share. */
void trace_start(struct transfer *transfer);

/** trace_write() - a write of @len bytes of @data to @addr. */
void trace_write(struct transfer *transfer, uint64_t addr, const void *data, uint32_t len);

/** trace_read() - a read request of @len bytes at @addr. Return: its tag. */
uint16_t trace_read(const struct transfer *transfer, uint64_t addr, uint32_t len);

/** trace_atomic() - an AtomicOp of @len bytes at @addr. Return: its tag. */
uint16_t trace_atomic(const struct transfer *transfer, uint64_t addr, uint32_t len,
		      const struct fabric_atomic *op);

/** trace_atomic_end() - its completion. @old: what was there; NULL: Unsupported Request */
void trace_atomic_end(const struct transfer *transfer, uint16_t tag, const uint64_t *old,
		      uint32_t len);

/** trace_read_failed() - the completion without data that ends that read. */
void trace_read_failed(const struct transfer *transfer, uint16_t tag, uint64_t addr, uint32_t len,
		       enum tlp_status status);

/** trace_completions() - the completions of that read, split at the completer's payload size. */
void trace_completions(const struct transfer *transfer, uint16_t tag, uint64_t addr,
		       const void *data, uint32_t len);

#endif
