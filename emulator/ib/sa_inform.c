// SPDX-License-Identifier: GPL-2.0 OR Linux-OpenIB
/*
 * InformInfo: who wants to be told what happens in the subnet (13.4.8.3, 15.2.5.12), and the
 * reports that tell them. A report is sent once; its response ends nothing.
 */
#include "ib/sa.h"

#include <stdlib.h>
#include <string.h>

#include "ib/manager.h"

#define INFORM_BYTES	36
#define TRAP_ALL	0xffff
#define TYPE_INFO	4	/* Notice: informational */
#define PRODUCER	4	/* ... of a class manager */

/* Offsets in an InformInfo and in a Notice (13.4.8.2; its GID: table 131). */
enum { INFORM_GENERIC = 22, INFORM_SUBSCRIBE = 23, INFORM_TRAP = 26 };
enum { NOTICE_PRODUCER = 3, NOTICE_TRAP = 4, NOTICE_LID = 6, NOTICE_GID = 16, NOTICE_ISSUER = 64 };

static const struct sa_layout layout = { NULL, 0, INFORM_BYTES };

struct sa_inform {
	LIST_ENTRY(sa_inform) entry;
	struct ib_packet request; /* by whom; reports go back the same way */
	uint16_t trap;
};

static uint16_t get16(const uint8_t *bytes)
{
	return bytes[0] << 8 | bytes[1];
}

static void put16(uint8_t *bytes, uint16_t value)
{
	bytes[0] = value >> 8;
	bytes[1] = value;
}

static struct sa_inform *find(const struct sa_request *request, uint16_t trap)
{
	struct sa_inform *inform;

	LIST_FOREACH(inform, &request->sa->informs, entry)
		if (inform->trap == trap && inform->request.slid == request->packet->slid &&
		    inform->request.source_qpn == request->packet->source_qpn)
			break;
	return inform;
}

static void end(struct sa *sa, struct sa_inform *inform)
{
	LIST_REMOVE(inform, entry);
	sa->inform_count--;
	free(inform);
}

static uint16_t subscribe(const struct sa_request *request, uint16_t trap)
{
	struct sa *sa = request->sa;
	struct sa_inform *inform;

	if (sa->inform_count == SA_INFORMS_MAX)
		return SA_NO_RESOURCES;
	inform = calloc(1, sizeof(*inform));
	if (!inform)
		return SA_NO_RESOURCES;
	inform->request = *request->packet;
	inform->trap = trap;
	LIST_INSERT_HEAD(&sa->informs, inform, entry);
	sa->inform_count++;
	return 0;
}

static uint16_t set(const struct sa_request *request, uint8_t *record)
{
	uint16_t trap = get16(request->wanted + INFORM_TRAP);
	struct sa_inform *inform = find(request, trap);
	uint16_t status = 0;

	/* this switch has no traps of its vendor's */
	if (request->wanted[INFORM_GENERIC] != 1 || request->wanted[INFORM_SUBSCRIBE] > 1)
		return SA_REQUEST_INVALID;
	if (request->wanted[INFORM_SUBSCRIBE] && !inform)
		status = subscribe(request, trap);
	else if (!request->wanted[INFORM_SUBSCRIBE] && !inform)
		status = SA_REQUEST_INVALID;
	else if (!request->wanted[INFORM_SUBSCRIBE])
		end(request->sa, inform);
	memcpy(record, request->wanted, INFORM_BYTES);
	return status;
}

static void send_report(struct sa *sa, const struct sa_inform *inform, uint16_t trap,
			const uint8_t gid[IB_GID_BYTES])
{
	const struct ib_packet *request = &inform->request;
	struct ib_packet packet = {
		.slid = request->dlid,
		.dlid = request->slid,
		.source_qpn = request->qpn,
		.qpn = request->source_qpn,
		.sl = request->sl,
		.grh = request->grh,
	};
	struct ib_sa_mad *mad = (struct ib_sa_mad *)packet.mad;

	memcpy(packet.sgid, request->dgid, sizeof(packet.sgid));
	memcpy(packet.dgid, request->sgid, sizeof(packet.dgid));
	mad->mad_hdr = (struct ib_mad_hdr){
		.base_version = IB_MGMT_BASE_VERSION,
		.mgmt_class = IB_MGMT_CLASS_SUBN_ADM,
		.class_version = SA_CLASS_VERSION,
		.method = IB_MGMT_METHOD_REPORT,
		.tid = cpu_to_be64(++sa->reports),
		.attr_id = cpu_to_be16(SA_ATTR_NOTICE),
	};
	mad->data[0] = 1 << 7 | TYPE_INFO;
	mad->data[NOTICE_PRODUCER] = PRODUCER;
	put16(mad->data + NOTICE_TRAP, trap);
	put16(mad->data + NOTICE_LID, MANAGER_LID);
	memcpy(mad->data + NOTICE_GID, gid, IB_GID_BYTES);
	ib_port_gid(MANAGER_GUID, mad->data + NOTICE_ISSUER);
	rmpp_send_one(&sa->rmpp, &packet);
}

void sa_report(struct sa *sa, uint16_t trap, const uint8_t gid[IB_GID_BYTES])
{
	struct sa_inform *inform;

	LIST_FOREACH(inform, &sa->informs, entry)
		if (inform->trap == trap || inform->trap == TRAP_ALL)
			send_report(sa, inform, trap, gid);
}

void sa_inform_forget(struct sa *sa, const struct ib_port *port)
{
	struct sa_inform *inform, *next;
	struct ib_port_attr attr = { 0 };

	if (port)
		port->ops->describe(port, &attr);
	for (inform = LIST_FIRST(&sa->informs); inform; inform = next) {
		next = LIST_NEXT(inform, entry);
		if (!port || inform->request.slid == attr.lid)
			end(sa, inform);
	}
}

const struct sa_attribute sa_inform = { .id = SA_ATTR_INFORM, .layout = &layout, .set = set };
