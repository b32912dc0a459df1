// SPDX-License-Identifier: GPL-2.0 OR Linux-OpenIB
/* Counting TLPs on both links they cross, and recording them. */
#include <string.h>
#include <time.h>

#include "fabric/internal.h"
#include "tlp/capture.h"

#define TAGS 1024	/* 10-bit tags */

#define ROOT_COMPLEX 0	/* its ID, 00:00.0 */

static uint32_t hint_key(const struct tlp_hints *hints)
{
	return (uint32_t)hints->hv << 24 | (uint32_t)hints->ph << 16 | hints->st;
}

/* The entry of @hints, made if there is none yet; NULL when the table is full. */
static struct fabric_hint_count *hint_entry(struct hint_table *table, const struct tlp_hints *hints)
{
	uint32_t key = hint_key(hints);
	/* Fibonacci hashing: the upper bits of the product are well mixed. */
	uint32_t slot = (key * UINT32_C(2654435769)) >> 16;

	if (table->count && hint_key(&table->entries[table->last].hints) == key)
		return &table->entries[table->last];
	for (;; slot++) {
		uint16_t *index = &table->slots[slot % HINT_SLOTS];

		if (!*index) {
			if (table->count == FABRIC_MAX_HINT_COUNTS)
				return NULL;
			table->entries[table->count].hints = *hints;
			*index = ++table->count;
		}
		if (hint_key(&table->entries[*index - 1].hints) == key) {
			table->last = *index - 1;
			return &table->entries[table->last];
		}
	}
}

void trace_start(struct transfer *transfer)
{
	struct timespec now;

	if (!transfer->from->fabric->capture)
		return;
	clock_gettime(CLOCK_REALTIME, &now);
	transfer->time_ns = (uint64_t)now.tv_sec * 1000000000 + now.tv_nsec;
}

static void encode(struct packet *packet, const struct fabric_port *link, bool echo_st)
{
	if (tlp_encode_header(link->attr.encoding, &packet->tlp, echo_st ? TLP_FLIT_ECHO_ST : 0,
			      packet->header, sizeof(packet->header), &packet->header_len))
		packet->header_len = 0;
}

/* On the link of the device that sends it, and on that of the one that receives it */
static void encode_both(const struct transfer *transfer, const struct fabric_port *sender,
			const struct fabric_port *receiver, struct packet *sent,
			struct packet *received)
{
	bool echo_st = sender->attr.echo_st && sender->attr.encoding == TLP_FLIT;

	encode(sent, sender, echo_st);
	*received = *sent;
	/* A packet changes on its way only if the two links differ in their mode. */
	if (sender->attr.encoding == receiver->attr.encoding)
		return;
	/* Completions have no hints in the first place. */
	if (tlp_hints_valid(&received->tlp.hints))
		received->tlp.hints = transfer->arriving;
	encode(received, receiver, echo_st);
}

static void record_on(const struct transfer *transfer, struct fabric_port *link,
		      enum capture_direction direction, const struct packet *packet,
		      const void *payload)
{
	if (!packet->header_len ||
	    capture_packet(link->fabric->capture, link->capture_link, direction, transfer->time_ns,
			   packet->header, packet->header_len, payload,
			   payload ? packet->tlp.length * 4 : 0))
		link->counters.capture_errors++;
}

/* There is no other link on the way to the root complex and back. */
static void record_one(const struct transfer *transfer, const struct tlp *tlp,
		       enum capture_direction direction)
{
	struct fabric_port *link = transfer->from;
	struct packet packet = { .tlp = *tlp };

	encode(&packet, link, link->attr.echo_st && link->attr.encoding == TLP_FLIT);
	record_on(transfer, link, direction, &packet, tlp->payload);
}

static void record(const struct transfer *transfer, const struct tlp *tlp,
		   struct fabric_port *sender, struct fabric_port *receiver)
{
	struct packet sent = { .tlp = *tlp }, received;

	if (!transfer->to) {
		record_one(transfer, tlp, sender ? CAPTURE_OUTBOUND : CAPTURE_INBOUND);
		return;
	}
	encode_both(transfer, sender, receiver, &sent, &received);
	record_on(transfer, sender, CAPTURE_OUTBOUND, &sent, tlp->payload);
	record_on(transfer, receiver, CAPTURE_INBOUND, &received, tlp->payload);
}

/*
 * Payload is whole DWs in the packet. Bytes that are not enabled are zero here.
 * Returns @data itself when it starts and ends on a DW, else @padded.
 */
static const void *pad(uint8_t *padded, uint64_t addr, const void *data, uint32_t len)
{
	unsigned int head = addr % 4, tail = -(addr + len) % 4;

	if (!head && !tail)
		return data;
	memset(padded, 0, head);
	memcpy(padded + head, data, len);
	memset(padded + head + len, 0, tail);
	return padded;
}

static void encode_write(struct transfer *transfer, uint64_t addr, uint32_t len)
{
	struct tlp *tlp = &transfer->sent.tlp;

	*tlp = (struct tlp){
		.type = tlp_type_for(TLP_MWR64, addr),
		.requester = transfer->from->attr.requester,
		.hints = transfer->hints,
	};
	tlp_set_span(tlp, addr, len);
	encode_both(transfer, transfer->from, transfer->to, &transfer->sent, &transfer->received);
	transfer->whole = addr % 4 || len % 4 ? 0 : len;
}

static void readdress(struct packet *packet, const struct fabric_port *link, uint64_t addr)
{
	packet->tlp.address = addr;
	if (packet->header_len)
		tlp_encode_address(link->attr.encoding, &packet->tlp, packet->header);
}

static void record_write(struct transfer *transfer, uint64_t addr, const void *data, uint32_t len)
{
	bool same_form = !((addr ^ transfer->sent.tlp.address) >> 32);
	uint8_t padded[TLP_MAX_PAYLOAD];
	const void *payload = pad(padded, addr, data, len);

	if (len == transfer->whole && !(addr % 4) && same_form) {
		readdress(&transfer->sent, transfer->from, addr);
		readdress(&transfer->received, transfer->to, addr);
	} else {
		encode_write(transfer, addr, len);
	}
	record_on(transfer, transfer->from, CAPTURE_OUTBOUND, &transfer->sent, payload);
	record_on(transfer, transfer->to, CAPTURE_INBOUND, &transfer->received, payload);
}

void trace_write(struct transfer *transfer, uint64_t addr, const void *data, uint32_t len)
{
	struct fabric_counters *from = &transfer->from->counters, *to = &transfer->to->counters;
	struct fabric_hint_count *hint = hint_entry(&transfer->to->hints, &transfer->arriving);

	from->tx_writes++;
	from->tx_write_bytes += len;
	to->rx_writes++;
	to->rx_write_bytes += len;
	if (hint) {
		hint->writes++;
		hint->write_bytes += len;
	} else {
		to->hints_lost++;
	}
	if (transfer->from->fabric->capture)
		record_write(transfer, addr, data, len);
}

static uint16_t take_tag(struct fabric_port *port)
{
	uint16_t tag = port->next_tag;

	port->next_tag = (tag + 1) % TAGS;
	return tag;
}

uint16_t trace_read(const struct transfer *transfer, uint64_t addr, uint32_t len)
{
	struct fabric_hint_count *hint = hint_entry(&transfer->to->hints, &transfer->arriving);
	struct tlp tlp = {
		.type = tlp_type_for(TLP_MRD64, addr),
		.requester = transfer->from->attr.requester,
		.tag = take_tag(transfer->from),
		.hints = transfer->hints,
	};

	transfer->from->counters.tx_reads++;
	transfer->to->counters.rx_reads++;
	if (hint) {
		hint->reads++;
		hint->read_bytes += len;
	} else {
		transfer->to->counters.hints_lost++;
	}
	if (transfer->from->fabric->capture) {
		tlp_set_span(&tlp, addr, len);
		record(transfer, &tlp, transfer->from, transfer->to);
	}
	return tlp.tag;
}

/* CAS carries the value to compare with in front of the one to store (2.2.7.1). */
static void record_atomic(const struct transfer *transfer, uint16_t tag, uint64_t addr,
			  uint32_t len, const struct fabric_atomic *op)
{
	bool cas = op->type == TLP_CAS64;
	uint8_t operands[2 * sizeof(uint64_t)];
	struct tlp tlp = {
		.type = tlp_type_for(op->type, addr),
		.requester = transfer->from->attr.requester,
		.tag = tag,
		.length = (cas ? 2 : 1) * len / 4,
		.address = addr,
		.hints = transfer->hints,
		.payload = operands,
	};

	memcpy(operands, cas ? &op->compare : &op->operand, len);
	memcpy(operands + len, &op->operand, len);
	record(transfer, &tlp, transfer->from, transfer->to);
}

uint16_t trace_atomic(const struct transfer *transfer, uint64_t addr, uint32_t len,
		      const struct fabric_atomic *op)
{
	struct fabric_hint_count *hint = hint_entry(&transfer->to->hints, &transfer->arriving);
	uint16_t tag = take_tag(transfer->from);

	transfer->from->counters.tx_atomics++;
	transfer->to->counters.rx_atomics++;
	if (hint)
		hint->atomics++;
	else
		transfer->to->counters.hints_lost++;
	if (transfer->from->fabric->capture)
		record_atomic(transfer, tag, addr, len, op);
	return tag;
}

static void complete(const struct transfer *transfer, const struct tlp *tlp)
{
	transfer->to->counters.tx_completions++;
	transfer->from->counters.rx_completions++;
	if (transfer->from->fabric->capture)
		record(transfer, tlp, transfer->to, transfer->from);
}

/* 2.2.9: Byte Count is the size of the operand, and Lower Address reserved. */
void trace_atomic_end(const struct transfer *transfer, uint16_t tag, const uint64_t *old,
		      uint32_t len)
{
	struct tlp tlp = {
		.type = old ? TLP_CPLD : TLP_CPL,
		.requester = transfer->from->attr.requester,
		.completer = transfer->to->attr.requester,
		.tag = tag,
		.status = old ? TLP_STATUS_SC : TLP_STATUS_UR,
		.byte_count = len,
		.length = old ? len / 4 : 0,
		.payload = old,
	};

	complete(transfer, &tlp);
}

/* 2.3.1.1: Byte Count is what is left, the bytes that this one would have had included. */
void trace_read_failed(const struct transfer *transfer, uint16_t tag, uint64_t addr, uint32_t len,
		       enum tlp_status status)
{
	const struct tlp tlp = {
		.type = TLP_CPL,
		.requester = transfer->from->attr.requester,
		.completer = transfer->to->attr.requester,
		.tag = tag,
		.status = status,
		.byte_count = len,
		.lower_address = addr & 0x7f,
	};

	complete(transfer, &tlp);
}

static void record_completion(const struct transfer *transfer, uint16_t tag, uint64_t addr,
			      const void *data, uint32_t len, uint32_t left)
{
	uint8_t padded[TLP_MAX_PAYLOAD];
	struct tlp tlp = {
		.type = TLP_CPLD,
		.requester = transfer->from->attr.requester,
		.completer = transfer->to ? transfer->to->attr.requester : ROOT_COMPLEX,
		.tag = tag,
		.status = TLP_STATUS_SC,
		.ep = transfer->poisoned,
		.byte_count = left,
		.lower_address = addr & 0x7f,
		.length = (addr % 4 + len + 3) / 4,
		.payload = pad(padded, addr, data, len),
	};

	record(transfer, &tlp, transfer->to, transfer->from);
}

void trace_completions(const struct transfer *transfer, uint16_t tag, uint64_t addr,
		       const void *data, uint32_t len)
{
	uint32_t size = transfer->to->max_payload;

	/* Multiples of the payload size are read completion boundaries too (2.3.1.1). */
	while (len) {
		uint32_t room = size - (addr & (size - 1)), part = len < room ? len : room;

		transfer->to->counters.tx_completions++;
		transfer->from->counters.rx_completions++;
		if (transfer->from->fabric->capture)
			record_completion(transfer, tag, addr, data, part, len);
		addr += part;
		data = (const uint8_t *)data + part;
		len -= part;
	}
}

static void record_memory_write(struct transfer *transfer, uint64_t addr, const void *data,
				uint32_t len)
{
	uint8_t padded[TLP_MAX_PAYLOAD];
	struct tlp tlp = {
		.type = tlp_type_for(TLP_MWR64, addr),
		.requester = transfer->from->attr.requester,
		.hints = transfer->hints,
		.payload = pad(padded, addr, data, len),
	};

	tlp_set_span(&tlp, addr, len);
	record(transfer, &tlp, transfer->from, NULL);
}

/* Outside of flit mode hints leave no room for byte enables: whole DWs are asked for (2.2.5.1). */
static void record_memory_read(struct transfer *transfer, uint64_t addr, const void *data,
			       uint32_t len)
{
	bool whole_dws = transfer->from->attr.encoding == TLP_NONFLIT;
	uint32_t size = transfer->from->max_payload, room;
	uint8_t padded[TLP_MAX_PAYLOAD];
	struct tlp tlp = {
		.type = tlp_type_for(TLP_MRD64, addr),
		.requester = transfer->from->attr.requester,
		.tag = take_tag(transfer->from),
		.hints = transfer->hints,
	};

	if (whole_dws) {
		data = pad(padded, addr, data, len);
		len = (addr % 4 + len + 3) & ~3u;
		addr -= addr % 4;
	}
	tlp_set_span(&tlp, addr, len);
	record(transfer, &tlp, transfer->from, NULL);
	for (; len; addr += room, data = (const uint8_t *)data + room, len -= room) {
		room = tlp_len(addr, len, size);
		record_completion(transfer, tlp.tag, addr, data, room, len);
	}
}

void fabric_moved(struct fabric_port *port, uint64_t addr, const void *data, uint64_t len,
		  bool write, const struct tlp_hints *hints)
{
	struct transfer transfer = { .from = port };
	uint32_t part;

	if (!port->fabric->capture || !tlp_hints_valid(hints))
		return;
	transfer.hints = *hints;
	trace_start(&transfer);
	for (; len; addr += part, data = (const uint8_t *)data + part, len -= part) {
		part = tlp_len(addr, len, write ? port->max_payload : port->max_read);
		if (write)
			record_memory_write(&transfer, addr, data, part);
		else
			record_memory_read(&transfer, addr, data, part);
	}
}
