// SPDX-License-Identifier: GPL-2.0 OR Linux-OpenIB
/* Requests: where they go, how they are cut into TLPs, and what comes back. */
#include <errno.h>
#include <string.h>

#include "fabric/internal.h"

static const struct tlp_hints no_hints;

bool find_window(struct fabric_port *from, uint64_t addr, struct target *target)
{
	struct fabric_port *port;

	TAILQ_FOREACH(port, &from->fabric->ports, entry) {
		if (port == from)
			continue;
		for (unsigned int bar = 0; bar < FABRIC_BARS; bar++) {
			const struct window *window = &port->windows[bar];

			if (addr - window->base >= window->size)
				continue;
			*target = (struct target){
				.port = port,
				.bar = bar,
				.offset = addr - window->base,
				.len = window->size - (addr - window->base),
			};
			return true;
		}
	}
	return false;
}

/* Memory comes first: the guest does not place BARs over its memory. */
static int resolve(struct fabric_port *port, uint64_t addr, bool write, struct target *target)
{
	struct mapping *mapping = mapping_find(port, addr);

	if (mapping && mapping->host) {
		if (!(write ? mapping->write : mapping->read))
			return -EFAULT;
		*target = (struct target){
			.ram = mapping->host + (addr - mapping->addr),
			.len = mapping->len - (addr - mapping->addr),
		};
		return 0;
	}
	if (!find_window(port, addr, target))
		return mapping && !mapping->window ? -ENXIO : -EFAULT;
	if (mapping)
		mapping->window = true;
	return target->port->link_up ? 0 : -ENETDOWN;
}

int fabric_check(struct fabric_port *port, uint64_t addr, uint64_t len, bool write)
{
	struct target target;
	int err;

	if (!port->link_up)
		return -ENETDOWN;
	if (!port->bus_master)
		return -EPERM;
	if (len && len - 1 > UINT64_MAX - addr)
		return -EFAULT;
	while (len) {
		err = resolve(port, addr, write, &target);
		if (err)
			return err;
		if (len <= target.len)
			break;
		addr += target.len;
		len -= target.len;
	}
	return 0;
}

/* Cutting there keeps a TLP within its page, and never cuts a naturally aligned word in two. */
uint32_t tlp_len(uint64_t addr, uint64_t len, uint32_t size)
{
	uint32_t room = size - (addr & (size - 1));

	return len < room ? len : room;
}

static bool any_nonflit(const struct fabric_port *from, const struct fabric_port *to)
{
	return from->attr.encoding == TLP_NONFLIT || to->attr.encoding == TLP_NONFLIT;
}

static struct transfer transfer_between(struct fabric_port *from, struct fabric_port *to,
					const struct tlp_hints *hints)
{
	struct transfer transfer = {
		.from = from,
		.to = to,
		.hints = *hints,
		.arriving = any_nonflit(from, to) ? tlp_nonflit_hints(*hints) : *hints,
	};

	trace_start(&transfer);
	return transfer;
}

static void peer_write(struct fabric_port *from, const struct target *target, uint64_t addr,
		       const uint8_t *data, uint64_t len, const struct tlp_hints *hints)
{
	struct transfer transfer = transfer_between(from, target->port, hints);
	struct fabric_request req = {
		.requester = from->attr.requester,
		.bar = target->bar,
		.offset = target->offset,
		.hints = transfer.arriving,
	};

	while (len) {
		req.len = tlp_len(addr, len, from->max_payload);
		trace_write(&transfer, addr, data, req.len);
		target->port->attr.ops->mem_write(target->port->attr.device, &req, data);
		req.offset += req.len;
		addr += req.len;
		data += req.len;
		len -= req.len;
	}
}

/* What @fault, if it is armed, makes of the read: 0, or -errno for a completion without data */
static int read_fault(struct transfer *transfer, const struct fabric_request *req)
{
	struct fault_point *fault = &transfer->to->read_fault;

	transfer->poisoned = false;
	if (fault_check(fault, req->offset) != FAULT_FAIL)
		return 0;
	transfer->poisoned = fault->value == FABRIC_READ_POISONED;
	if (transfer->poisoned)
		return 0;
	return fault->value == TLP_STATUS_CA ? -EREMOTEIO : -EFAULT;
}

/* One read TLP with its completions. */
static int read_tlp(struct transfer *transfer, const struct fabric_request *req, uint64_t addr,
		    uint8_t *data)
{
	uint16_t tag = trace_read(transfer, addr, req->len);
	int err = read_fault(transfer, req);

	if (err) {
		trace_read_failed(transfer, tag, addr, req->len,
				  err == -EREMOTEIO ? TLP_STATUS_CA : TLP_STATUS_UR);
		return err;
	}
	transfer->to->attr.ops->mem_read(transfer->to->attr.device, req, data);
	trace_completions(transfer, tag, addr, data, req->len);
	return transfer->poisoned ? -EBADMSG : 0;
}

/*
 * Hints leave no room for byte enables where a link is not in flit mode: whole DWs are asked for,
 * and what nobody wants is dropped (2.2.5.1). A TLP stays within its DW-aligned size and BAR.
 */
static int read_whole_dws(struct transfer *transfer, const struct fabric_request *req,
			  uint64_t addr, uint8_t *data)
{
	unsigned int head = addr % 4, tail = -(addr + req->len) % 4;
	struct fabric_request whole = *req;
	uint8_t dws[TLP_MAX_PAYLOAD];
	int err;

	whole.offset -= head;
	whole.len += head + tail;
	err = read_tlp(transfer, &whole, addr - head, dws);
	if (!err)
		memcpy(data, dws + head, req->len);
	return err;
}

static int peer_read(struct fabric_port *from, const struct target *target, uint64_t addr,
		     uint8_t *data, uint64_t len, const struct tlp_hints *hints)
{
	struct transfer transfer = transfer_between(from, target->port, hints);
	bool whole_dws = any_nonflit(from, target->port) && tlp_hints_valid(hints);
	struct fabric_request req = {
		.requester = from->attr.requester,
		.bar = target->bar,
		.offset = target->offset,
		.hints = transfer.arriving,
	};
	int err = 0;

	while (len && !err) {
		req.len = tlp_len(addr, len, from->max_read);
		err = whole_dws && (addr % 4 || req.len % 4) ?
			      read_whole_dws(&transfer, &req, addr, data) :
			      read_tlp(&transfer, &req, addr, data);
		req.offset += req.len;
		addr += req.len;
		data += req.len;
		len -= req.len;
	}
	return err;
}

static int peer_atomic(struct fabric_port *from, const struct target *target, uint64_t addr,
		       uint32_t len, const struct fabric_atomic *op, uint64_t *old,
		       const struct tlp_hints *hints)
{
	const struct fabric_port_attr *completer = &target->port->attr;
	struct transfer transfer = transfer_between(from, target->port, hints);
	const struct fabric_request req = {
		.requester = from->attr.requester,
		.bar = target->bar,
		.offset = target->offset,
		.len = len,
		.hints = transfer.arriving,
	};
	uint16_t tag = trace_atomic(&transfer, addr, len, op);
	bool done = completer->ops->mem_atomic &&
		    completer->ops->mem_atomic(completer->device, &req, op, old);

	trace_atomic_end(&transfer, tag, done ? old : NULL, len);
	return done ? 0 : -EOPNOTSUPP;
}

int fabric_atomic(struct fabric_port *port, uint64_t addr, uint32_t len,
		  const struct fabric_atomic *op, uint64_t *old, const struct tlp_hints *hints)
{
	struct target target;
	int err = addr % len ? -EFAULT : fabric_check(port, addr, len, true);

	err = err ? err : resolve(port, addr, true, &target);
	if (!err && target.ram)
		err = -EFAULT;
	err = err ? err :
		    peer_atomic(port, &target, addr, len, op, old,
				tlp_hints_valid(hints) ? hints : &no_hints);
	if (err)
		refused_answered(port, addr, len, true, err);
	return err;
}

static int write_range(struct fabric_port *port, uint64_t addr, const void *data, uint64_t len,
		       const struct tlp_hints *hints)
{
	struct target target;
	int err = fabric_check(port, addr, len, true);

	while (!err && len) {
		uint64_t part;

		err = resolve(port, addr, true, &target);
		if (err)
			break;
		part = len < target.len ? len : target.len;
		if (target.ram) {
			/* The source may be guest memory as well, and overlap. */
			fabric_moved(port, addr, data, part, true, hints);
			memmove(target.ram, data, part);
			port->counters.ram_write_bytes += part;
		} else {
			peer_write(port, &target, addr, data, part,
				   tlp_hints_valid(hints) ? hints : &no_hints);
		}
		addr += part;
		data = (const uint8_t *)data + part;
		len -= part;
	}
	return err;
}

int fabric_write(struct fabric_port *port, uint64_t addr, const void *data, uint64_t len,
		 const struct tlp_hints *hints)
{
	int err = write_range(port, addr, data, len, hints);

	if (err == -ENXIO)
		refused_and_told(port, addr, len, true, err);
	else if (err)
		refused_write(port, addr, len, err);
	return err;
}

static int read_range(struct fabric_port *port, uint64_t addr, void *data, uint64_t len,
		      const struct tlp_hints *hints)
{
	struct target target;
	int err = fabric_check(port, addr, len, false);

	while (!err && len) {
		uint64_t part;

		err = resolve(port, addr, false, &target);
		if (err)
			break;
		part = len < target.len ? len : target.len;
		if (target.ram) {
			memmove(data, target.ram, part);
			fabric_moved(port, addr, data, part, false, hints);
			port->counters.ram_read_bytes += part;
		} else {
			err = peer_read(port, &target, addr, data, part,
					tlp_hints_valid(hints) ? hints : &no_hints);
		}
		addr += part;
		data = (uint8_t *)data + part;
		len -= part;
	}
	return err;
}

int fabric_read(struct fabric_port *port, uint64_t addr, void *data, uint64_t len,
		const struct tlp_hints *hints)
{
	int err = read_range(port, addr, data, len, hints);

	if (err)
		refused_answered(port, addr, len, false, err);
	return err;
}
