// SPDX-License-Identifier: GPL-2.0 OR Linux-OpenIB
/*
 * Management datagrams of any content, to the subnet's manager and to the agents of a port.
 *
 * Input: actions of one byte each (enum action) with their arguments. Headers that have to be right
 * for anything to happen are filled in, unless an action leaves them to the input.
 */
#include "base/engine.h"
#include "fuzz.h"
#include "ib/manager.h"
#include "ib/pma.h"
#include "ib/sa.h"
#include "ib/sma.h"
#include "input.h"
#include "util/macros.h"

#define PORTS		2
#define TURNS_MAX	64
#define CLASS_SA	3
/* when the manager gives up a table of which nothing is acknowledged */
#define GIVEN_UP_NS	4000000000ULL

enum action {
	ACTION_RAW,           /* port (1), QP (1), length (1), bytes: all of it */
	ACTION_REQUEST,       /* port (1), method (1), attribute (1), mask (8), len (1), bytes */
	ACTION_TABLE_CONTROL, /* port (1), type (1), segment (4), window (4): of the last */
	ACTION_PORT,          /* port (1): goes down or up */
	ACTION_AGENT,         /* class (1), length (1), bytes */
	ACTIONS,
};

struct host {
	struct ib_port port;
	uint16_t lid;
	bool up;
};

struct fuzzed {
	struct engine *engine;
	struct manager *manager;
	struct host host[PORTS];
	uint32_t tid;
};

static unsigned int delivered;

static void describe(const struct ib_port *port, struct ib_port_attr *attr)
{
	const struct host *host = container_of(port, struct host, port);

	*attr = (struct ib_port_attr){
		.type = IB_NODE_CA,
		.number = 1,
		.ports = 1,
		.guids = 8,
		.pkeys = 128,
		.node_guid = host->lid,
		.port_guid = host->lid,
		.lid = host->lid,
		.manager_lid = MANAGER_LID,
		.up = host->up,
	};
}

static void count(const struct ib_port *port, struct ib_counts *counts)
{
	*counts = (struct ib_counts){ .unicast = { 1, 256, 2, 512 } };
}

static void deliver(struct ib_port *port, const struct ib_packet *packet)
{
	bool directed = packet->mad[1] == IB_MGMT_CLASS_SUBN_DIRECTED_ROUTE;

	/* what comes is an answer, a report, or what another port sent by a directed route */
	fuzz_assert(container_of(port, struct host, port)->up);
	fuzz_assert(packet->slid == MANAGER_LID || (directed && packet->slid == IB_LID_PERMISSIVE));
	fuzz_assert(directed || packet->mad[3] & IB_MGMT_METHOD_RESP ||
		    packet->mad[3] == IB_MGMT_METHOD_REPORT);
	delivered++;
}

static void start(struct fuzzed *fuzzed)
{
	static const struct ib_port_ops ops = {
		.describe = describe,
		.count = count,
		.deliver = deliver,
	};

	fuzzed->engine = engine_create();
	fuzzed->manager = manager_create(fuzzed->engine);
	fuzz_assert(fuzzed->engine && fuzzed->manager);
	engine_set_clock(fuzzed->engine, 0);
	for (unsigned int i = 0; i < PORTS; i++) {
		fuzzed->host[i] = (struct host){ .port.ops = &ops, .lid = i + 1, .up = true };
		manager_add(fuzzed->manager, &fuzzed->host[i].port);
	}
}

/* The manager must not wait for anybody forever. */
static void end(struct fuzzed *fuzzed)
{
	while (engine_poll(fuzzed->engine, UINT64_MAX) == 1)
		fuzz_assert(engine_now_ns(fuzzed->engine) <= GIVEN_UP_NS);
	for (unsigned int i = 0; i < PORTS; i++)
		manager_remove(fuzzed->manager, &fuzzed->host[i].port);
	manager_destroy(fuzzed->manager);
	engine_destroy(fuzzed->engine);
}

static struct host *pick(struct fuzzed *fuzzed, struct input *input)
{
	return &fuzzed->host[input_number(input, 1) % PORTS];
}

/*
 * A packet that is a response itself is not answered. Otherwise the manager sends no more than the
 * largest table takes.
 */
static void send(struct fuzzed *fuzzed, const struct ib_packet *packet)
{
	delivered = 0;
	manager_receive(fuzzed->manager, &fuzzed->host[packet->slid - 1].port, packet);
	for (int i = 0; i < TURNS_MAX && engine_poll(fuzzed->engine, 0) == 1; i++)
		;
	fuzz_assert(delivered <= SA_TABLE_MAX / IB_MGMT_SA_DATA + SA_INFORMS_MAX + 1);
}

static void take(struct input *input, uint8_t *to, size_t room)
{
	size_t len = input_number(input, 1) % (room + 1);
	const uint8_t *bytes = input_bytes(input, len, &len);

	memcpy(to, bytes, len);
}

static struct ib_packet packet_from(const struct host *host)
{
	return (struct ib_packet){
		.slid = host->lid,
		.dlid = MANAGER_LID,
		.source_qpn = 1,
		.qpn = 1,
	};
}

static void raw(struct fuzzed *fuzzed, struct input *input)
{
	struct ib_packet packet = packet_from(pick(fuzzed, input));

	packet.qpn = input_number(input, 1) % 2;
	packet.source_qpn = packet.qpn;
	take(input, packet.mad, sizeof(packet.mad));
	send(fuzzed, &packet);
}

static void request(struct fuzzed *fuzzed, struct input *input)
{
	struct ib_packet packet = packet_from(pick(fuzzed, input));
	struct ib_sa_mad *mad = (struct ib_sa_mad *)packet.mad;

	mad->mad_hdr = (struct ib_mad_hdr){
		.base_version = 1,
		.mgmt_class = CLASS_SA,
		.class_version = SA_CLASS_VERSION,
		.method = input_number(input, 1),
		.tid = cpu_to_be64((uint64_t)++fuzzed->tid),
		.attr_id = cpu_to_be16((uint16_t)input_number(input, 1)),
	};
	mad->sa_hdr.comp_mask = (ib_sa_comp_mask)cpu_to_be64(input_number(input, 8));
	take(input, mad->data, sizeof(mad->data));
	send(fuzzed, &packet);
}

static void table_control(struct fuzzed *fuzzed, struct input *input)
{
	struct ib_packet packet = packet_from(pick(fuzzed, input));
	struct ib_rmpp_mad *mad = (struct ib_rmpp_mad *)packet.mad;

	mad->mad_hdr = (struct ib_mad_hdr){
		.base_version = 1,
		.mgmt_class = CLASS_SA,
		.class_version = SA_CLASS_VERSION,
		.method = SA_METHOD_GET_TABLE,
		.tid = cpu_to_be64((uint64_t)fuzzed->tid),
	};
	mad->rmpp_hdr.rmpp_version = IB_MGMT_RMPP_VERSION;
	mad->rmpp_hdr.rmpp_type = input_number(input, 1);
	mad->rmpp_hdr.rmpp_rtime_flags = IB_MGMT_RMPP_FLAG_ACTIVE;
	mad->rmpp_hdr.seg_num = cpu_to_be32((uint32_t)input_number(input, 4));
	mad->rmpp_hdr.paylen_newwin = cpu_to_be32((uint32_t)input_number(input, 4));
	send(fuzzed, &packet);
}

static void toggle(struct fuzzed *fuzzed, struct input *input)
{
	struct host *host = pick(fuzzed, input);

	host->up = !host->up;
	manager_port_changed(fuzzed->manager, &host->port);
}

/* As MAD_IFC hands them over. */
static void agent(struct fuzzed *fuzzed, struct input *input)
{
	_Alignas(8) uint8_t mad[IB_MGMT_MAD_SIZE] = { 0 };
	struct ib_counts cleared = { 0 };
	const struct pma_port port = { .number = 1, .cleared = &cleared };
	bool subnet = input_number(input, 1) % 2;
	struct ib_port_attr attr;

	take(input, mad, sizeof(mad));
	describe(&fuzzed->host[0].port, &attr);
	if (subnet ? sma_answer(&(struct sma){ .port = &attr }, (struct ib_smp *)mad) :
		     pma_answer(&port, 1, (struct ib_pma_mad *)mad))
		fuzz_assert(mad[3] & IB_MGMT_METHOD_RESP);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static void (*const actions[ACTIONS])(struct fuzzed *fuzzed, struct input *input) = {
		[ACTION_RAW] = raw,
		[ACTION_REQUEST] = request,
		[ACTION_TABLE_CONTROL] = table_control,
		[ACTION_PORT] = toggle,
		[ACTION_AGENT] = agent,
	};
	struct input input = { data, size };
	struct fuzzed fuzzed = { 0 };

	start(&fuzzed);
	while (!input_ended(&input))
		actions[input_number(&input, 1) % ACTIONS](&fuzzed, &input);
	end(&fuzzed);
	return 0;
}
