// SPDX-License-Identifier: GPL-2.0 OR Linux-OpenIB
#include "ib/manager.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/engine.h"
#include "ib/sa.h"
#include "ib/sma.h"
#include "util/macros.h"

#define INBOX		256		/* packets; those that find it full are lost */
/* engine budget of a packet: forwarding and answers walk all groups */
#define PACKET_UNITS	16
#define DEVICE_ID	0xd2f0		/* of an NDR switch */
#define SWITCH_PORTS	64
#define CAP_SM		(1U << 1)	/* CapabilityMask: the manager is here */

struct manager {
	struct ib_port port;   /* its own */
	struct ib_ports ports; /* of the subnet, its own among them */
	struct sa sa;
	struct engine_work work;
	struct ib_packet inbox[INBOX];
	unsigned int first, count;
};

static void describe(const struct ib_port *port, struct ib_port_attr *attr)
{
	*attr = (struct ib_port_attr){
		.type = IB_NODE_SWITCH,
		.manager = true,
		.ports = SWITCH_PORTS,
		.guids = 1,
		.pkeys = 32,
		.device_id = DEVICE_ID,
		.node_guid = MANAGER_GUID,
		.port_guid = MANAGER_GUID,
		.lid = MANAGER_LID,
		.manager_lid = MANAGER_LID,
		.up = true,
		.cap_mask = CAP_SM,
		.description = "softfabric switch",
	};
}

static struct ib_port *find_lid(const struct manager *manager, uint16_t lid)
{
	struct ib_port_attr attr;
	struct ib_port *port;

	TAILQ_FOREACH(port, &manager->ports, entry) {
		port->ops->describe(port, &attr);
		if (attr.lid == lid)
			return attr.up ? port : NULL;
	}
	return NULL;
}

static void send_packet(void *context, const struct ib_packet *packet)
{
	struct ib_port *port = find_lid(context, packet->dlid);

	if (port)
		port->ops->deliver(port, packet);
}

/* To its own management QPs: the agent at QP 0, and at QP 1 the administrator. */
static void receive(struct manager *manager, const struct ib_packet *packet)
{
	const struct ib_mad_hdr *mad = (const struct ib_mad_hdr *)packet->mad;
	struct ib_packet answer = *packet;
	struct ib_port_attr attr;

	if (packet->qpn == 1 && mad->mgmt_class == IB_MGMT_CLASS_SUBN_ADM)
		sa_receive(&manager->sa, packet);
	if (packet->qpn != 0 || mad->mgmt_class != IB_MGMT_CLASS_SUBN_LID_ROUTED)
		return;
	describe(&manager->port, &attr);
	if (!sma_answer(&attr, (struct ib_smp *)answer.mad))
		return;
	answer.dlid = packet->slid;
	answer.slid = packet->dlid;
	answer.qpn = packet->source_qpn;
	answer.source_qpn = packet->qpn;
	send_packet(manager, &answer);
}

static void deliver(struct ib_port *port, const struct ib_packet *packet)
{
	manager_receive(container_of(port, struct manager, port), packet);
}

static bool run(struct engine_work *work, unsigned int budget)
{
	struct manager *manager = container_of(work, struct manager, work);

	for (unsigned int left = budget / PACKET_UNITS + 1; manager->count && left; left--) {
		struct ib_packet packet = manager->inbox[manager->first];

		manager->first = (manager->first + 1) % INBOX;
		manager->count--;
		receive(manager, &packet);
	}
	return manager->count;
}

void manager_receive(struct manager *manager, const struct ib_packet *packet)
{
	if (manager->count == INBOX)
		return;
	manager->inbox[(manager->first + manager->count++) % INBOX] = *packet;
	engine_work_schedule(&manager->work);
}

struct manager *manager_create(struct engine *engine)
{
	static const struct ib_port_ops ops = { .describe = describe, .deliver = deliver };
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
	manager_add(manager, &manager->port);
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
