// SPDX-License-Identifier: GPL-2.0 OR Linux-OpenIB
/*
 * Requests that nobody takes. Of a posted write the requester learns nothing: on a real bus the
 * root complex has an error report of it (Unsupported Request, 6.2.3); here standard error has.
 */
#include <errno.h>
#include <inttypes.h>

#include "fabric/internal.h"
#include "util/complaint.h"

static const char *reason(int err)
{
	switch (err) {
	case -EPERM:
		return "the device is no bus master";
	case -ENETDOWN:
		return "a PCIe link on its way is down";
	case -EFAULT:
		return "no memory and no BAR takes it there";
	case -ENXIO:
		return "it is behind an IOMMU that translates, and QEMU does not say where in which BAR;"
		       " boot with iommu=pt, or put both below a switch";
	default:
		return "the device needs the guest's memory there, in one piece";
	}
}

/* Whether it is the first of its kind; remembers it. */
static bool is_new(struct fabric_port *port, const struct refused_range *range)
{
	for (unsigned int i = 0; i < port->refused_count; i++) {
		const struct refused_range *known = &port->refused[i];

		if (known->number == range->number && known->write == range->write &&
		    known->err == range->err)
			return false;
	}
	if (port->refused_count == REFUSED_RANGES)
		return false;
	port->refused[port->refused_count++] = *range;
	return true;
}

static void report(struct fabric_port *port, uint64_t addr, uint64_t len, bool write, int err)
{
	const struct refused_range range = {
		.number = addr / REFUSED_RANGE_SIZE,
		.write = write,
		.err = err,
	};

	if (!is_new(port, &range))
		return;
	say("%s: a %s of %" PRIu64 " bytes at 0x%" PRIx64 " went nowhere: %s%s", port->attr.name,
	    write ? "posted write" : "read", len, addr, reason(err),
	    port->refused_count == REFUSED_RANGES ? "; more are only counted" : "");
}

void refused_write(struct fabric_port *port, uint64_t addr, uint64_t len, int err)
{
	port->counters.refused++;
	port->counters.lost_writes++;
	if (port->losses_expected)
		return;
	port->counters.unexpected_losses++;
	report(port, addr, len, true, err);
}

void refused_and_told(struct fabric_port *port, uint64_t addr, uint64_t len, bool write, int err)
{
	port->counters.refused++;
	if (!port->losses_expected)
		report(port, addr, len, write, err);
}

void refused_answered(struct fabric_port *port, uint64_t addr, uint64_t len, bool write, int err)
{
	if (err == -ENXIO)
		refused_and_told(port, addr, len, write, err);
	else
		port->counters.refused++;
}

void fabric_refused(struct fabric_port *port, uint64_t addr, uint64_t len, bool write)
{
	int err = fabric_check(port, addr, len, write);

	if (write)
		refused_write(port, addr, len, err);
	else
		refused_and_told(port, addr, len, false, err);
}

void fabric_port_expect_losses(struct fabric_port *port, bool expected)
{
	port->losses_expected = expected;
}

bool fabric_port_losses_expected(const struct fabric_port *port)
{
	return port->losses_expected;
}
