// SPDX-License-Identifier: GPL-2.0 OR Linux-OpenIB
#include "ib/manager.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/engine.h"
#include "ib/directed.h"
#include "ib/pma.h"
#include "ib/sa.h"
#include "ib/sma.h"
#include "util/macros.h"

#define INBOX		256		/* packets; those that find it full are lost */
/* engine budget of a packet: forwarding and answers walk all groups */
#define PACKET_UNITS	16

/* What has come, and through which port of the switch. */
struct arrival {
	struct ib_packet packet;
	uint8_t ingress;
};

struct manager {
	struct ib_port port;   /* its own */
	struct ib_ports ports; /* of the subnet, its own among them */
	struct sa sa;
	struct ib_counts counts; /* of port 0 */
	struct engine_work work;
	struct arrival inbox[INBOX];
	unsigned int first, count;
};

static void describe(const struct ib_port *port, struct ib_port_attr *attr)
{
	switch_describe(&container_of(port, struct manager, port)->sa.sw, 0, attr);
}

/* To whom it is, unless there is nobody or the link is down. */
static void send_to(struct ib_port *port, const struct ib_packet *packet)
{
	struct ib_port_attr attr = { .up = false };

	if (port)
		port->ops->describe(port, &attr);
	if (attr.up)
		port->ops->deliver(port, packet);
}

static void send_packet(void *context, const struct ib_packet *packet)
{
	struct manager *manager = context;
	struct ib_port_attr attr;
	struct ib_port *port;

	manager->counts.unicast.xmit_packets++;
	manager->counts.unicast.xmit_bytes += sizeof(packet->mad);
	TAILQ_FOREACH(port, &manager->ports, entry) {
		port->ops->describe(port, &attr);
		if (attr.lid == packet->dlid)
			break;
	}
	send_to(port, packet);
}

/* Return: whether @packet has become an answer. */
static bool answer(struct manager *manager, struct ib_packet *packet, uint8_t ingress)
{
	struct ib_port_attr attr;

	describe(&manager->port, &attr);
	attr.number = ingress;
	if (!sma_answer(&(struct sma){ &attr, &manager->sa.sw }, (struct ib_smp *)packet->mad))
		return false;
	packet->dlid = packet->slid;
	packet->slid = MANAGER_LID;
	return true;
}

static void send_out(struct manager *manager, struct ib_packet *packet, uint8_t number)
{
	packet->slid = packet->dlid = IB_LID_PERMISSIVE;
	/* no route leads out of port 0 */
	if (number)
		send_to(switch_find(&manager->sa.sw, number), packet);
}

/* Only an answer of its own takes a second step: what is for a manager is for none that is here. */
static void route(struct manager *manager, struct ib_packet *packet, uint8_t ingress)
{
	struct ib_smp *smp = (struct ib_smp *)packet->mad;
	struct directed_step step = directed_step(smp, ingress);
	bool request = !(smp->status & IB_SMP_DIRECTION);

	if ((step.action == DIRECTED_TAKE ||
	     (step.action == DIRECTED_LID && step.lid == MANAGER_LID)) &&
	    request && answer(manager, packet, ingress))
		step = directed_step(smp, ingress);
	if (step.action == DIRECTED_OUT) {
		send_out(manager, packet, step.port);
	} else if (step.action == DIRECTED_LID) {
		packet->slid = MANAGER_LID;
		packet->dlid = step.lid;
		send_packet(manager, packet);
	}
}

static void receive_smp(struct manager *manager, struct ib_packet *packet, uint8_t ingress)
{
	const struct ib_mad_hdr *mad = (const struct ib_mad_hdr *)packet->mad;

	if (mad->mgmt_class == IB_MGMT_CLASS_SUBN_DIRECTED_ROUTE)
		route(manager, packet, ingress);
	else if (mad->mgmt_class == IB_MGMT_CLASS_SUBN_LID_ROUTED && packet->dlid == MANAGER_LID &&
		 answer(manager, packet, ingress))
		send_packet(manager, packet);
}

/* The switch's ports send what those at the other ends of their links receive. */
static struct ib_traffic mirrored(const struct ib_traffic *traffic)
{
	return (struct ib_traffic){
		.xmit_packets = traffic->rcv_packets,
		.xmit_bytes = traffic->rcv_bytes,
		.rcv_packets = traffic->xmit_packets,
		.rcv_bytes = traffic->xmit_bytes,
	};
}

static struct pma_port count_port(struct ib_port *port)
{
	struct ib_counts counts;

	port->ops->count(port, &counts);
	if (port->switch_port) {
		counts.unicast = mirrored(&counts.unicast);
		counts.multicast = mirrored(&counts.multicast);
	}
	return (struct pma_port){ port->switch_port, counts, &port->cleared };
}

/* Ports that nothing is plugged into count nothing. */
static bool answer_counters(struct manager *manager, struct ib_packet *packet)
{
	struct pma_port ports[SWITCH_PORTS + 1];
	struct ib_counts nothing = { 0 };

	for (unsigned int i = 0; i <= SWITCH_PORTS; i++) {
		struct ib_port *port = switch_find(&manager->sa.sw, i);

		ports[i] = port ? count_port(port) :
				  (struct pma_port){ .number = i, .cleared = &nothing };
	}
	return pma_answer(ports, SWITCH_PORTS + 1, (struct ib_pma_mad *)packet->mad);
}

static void receive_counters(struct manager *manager, const struct ib_packet *packet)
{
	struct ib_packet answer = *packet;

	if (!answer_counters(manager, &answer))
		return;
	answer.slid = packet->dlid;
	answer.dlid = packet->slid;
	answer.source_qpn = packet->qpn;
	answer.qpn = packet->source_qpn;
	memcpy(answer.sgid, packet->dgid, sizeof(answer.sgid));
	memcpy(answer.dgid, packet->sgid, sizeof(answer.dgid));
	send_packet(manager, &answer);
}

/* To its own management QPs: the agent at QP 0; at QP 1 the administrator, and counters. */
static void receive(struct manager *manager, struct ib_packet *packet, uint8_t ingress)
{
	const struct ib_mad_hdr *mad = (const struct ib_mad_hdr *)packet->mad;

	if (packet->dlid == MANAGER_LID) {
		manager->counts.unicast.rcv_packets++;
		manager->counts.unicast.rcv_bytes += sizeof(packet->mad);
	}
	if (packet->qpn == 0)
		receive_smp(manager, packet, ingress);
	else if (packet->dlid == MANAGER_LID && mad->mgmt_class == IB_MGMT_CLASS_SUBN_ADM)
		sa_receive(&manager->sa, packet);
	else if (packet->dlid == MANAGER_LID && mad->mgmt_class == IB_MGMT_CLASS_PERF_MGMT)
		receive_counters(manager, packet);
}

static void count(const struct ib_port *port, struct ib_counts *counts)
{
	*counts = container_of(port, struct manager, port)->counts;
}

static void deliver(struct ib_port *port, const struct ib_packet *packet)
{
	manager_receive(container_of(port, struct manager, port), port, packet);
}

static bool run(struct engine_work *work, unsigned int budget)
{
	struct manager *manager = container_of(work, struct manager, work);

	for (unsigned int left = budget / PACKET_UNITS + 1; manager->count && left; left--) {
		struct arrival arrival = manager->inbox[manager->first];

		manager->first = (manager->first + 1) % INBOX;
		manager->count--;
		receive(manager, &arrival.packet, arrival.ingress);
	}
	return manager->count;
}

bool manager_takes(uint16_t lid)
{
	return lid == MANAGER_LID || lid == IB_LID_PERMISSIVE;
}

void manager_receive(struct manager *manager, const struct ib_port *from,
		     const struct ib_packet *packet)
{
	if (manager->count == INBOX)
		return;
	manager->inbox[(manager->first + manager->count++) % INBOX] = (struct arrival){
		*packet, from->switch_port
	};
	engine_work_schedule(&manager->work);
}

struct manager *manager_create(struct engine *engine)
{
	static const struct ib_port_ops ops = {
		.describe = describe,
		.count = count,
		.deliver = deliver,
	};
	struct manager *manager = calloc(1, sizeof(*manager));

	if (!manager)
		return NULL;
	TAILQ_INIT(&manager->ports);
	engine_work_init(&manager->work, engine, run);
	if (sa_init(&manager->sa, engine, &manager->ports, send_packet, manager)) {
		free(manager);
		errno = ENOMEM;
		return NULL;
	}
	manager->port.ops = &ops;
	TAILQ_INSERT_TAIL(&manager->ports, &manager->port, entry);
	return manager;
}

void manager_destroy(struct manager *manager)
{
	engine_work_cancel(&manager->work);
	sa_fini(&manager->sa);
	free(manager);
}

void manager_add(struct manager *manager, struct ib_port *port)
{
	switch_plug(&manager->sa.sw, port);
	TAILQ_INSERT_TAIL(&manager->ports, port, entry);
}

void manager_remove(struct manager *manager, struct ib_port *port)
{
	sa_forget(&manager->sa, port);
	TAILQ_REMOVE(&manager->ports, port, entry);
}

void manager_forget(struct manager *manager, const struct ib_port *port)
{
	sa_forget(&manager->sa, port);
}

void manager_port_changed(struct manager *manager, const struct ib_port *port)
{
	uint8_t gid[IB_GID_BYTES];
	struct ib_port_attr attr;

	port->ops->describe(port, &attr);
	ib_port_gid(attr.port_guid, gid);
	if (!attr.up)
		sa_forget(&manager->sa, port);
	sa_report(&manager->sa, attr.up ? SA_TRAP_PORT_UP : SA_TRAP_PORT_DOWN, gid);
}

bool manager_forwards(const struct manager *manager, uint16_t mlid, const struct ib_port *port)
{
	return groups_forward(&manager->sa.groups, mlid, port);
}
