// SPDX-License-Identifier: GPL-2.0 OR Linux-OpenIB
/* Management datagrams through the NIC: by MAD_IFC, and from its QP 1 to manager and ports. */
#include <string.h>

#include <rdma/ib_mad.h>

#include "connectx/queue/completion.h"
#include "connectx/queue/qp.h"
#include "guest_command.h"
#include "guest_mkey.h"
#include "guest_wqe.h"
#include "ib/manager.h"

#define GRH		40U
#define MAD		256U
#define SLOT		0x1000U
#define GSI_QKEY	0x80010000
#define QKEY		0x1234
#define MTU_BYTES	1000U

/* In a datagram of the administrator's class; types and offsets are those of vol. 1, 15.2. */
enum { METHOD = 3, STATUS = 4, ATTRIBUTE = 17, MASK = 48, DATA = 56 };
enum { CLASS_PORT_INFO = 0x01, MC_MEMBER = 0x38 };
enum {
	MEMBER_PORT_GID = 16,
	MEMBER_QKEY = 32,
	MEMBER_MLID = 36,
	MEMBER_PKEY = 40,
	MEMBER_STATE = 48
};

static const uint8_t mgid[16] = { 0xff, 0x12, 0xa0, 0x1b, [15] = 9 };

/* A NIC with its QP 1 and a UD QP. */
struct host {
	struct guest *guest;
	struct guest_qp gsi, ud;
	struct guest_cq gsi_cq, ud_cq;
	uint64_t memory;
	uint32_t key;
};

struct two {
	struct host near, far;
};

static void qp_init(struct host *host, struct guest_qp *qp, struct guest_cq *cq, uint8_t service,
		    uint32_t qkey)
{
	const struct guest_path path = { 0 };

	guest_cq(host->guest, cq);
	guest_qp(host->guest, qp, cq, service);
	guest_connect(host->guest, qp, &path);
	qp_find(host->guest->nic, qp->qpn)->qkey = qkey;
}

static void host_init(struct host *host, uint16_t lid)
{
	host->guest = guest_create_lid(lid);
	qp_init(host, &host->gsi, &host->gsi_cq, MLX5_QP_ST_QP1, GSI_QKEY);
	qp_init(host, &host->ud, &host->ud_cq, MLX5_QP_ST_UD, QKEY);
	host->memory = guest_alloc(host->guest, 4 * SLOT);
	host->key = guest_mr(host->guest, host->memory, 4 * SLOT, GUEST_ACCESS);
}

static int setup(void **state)
{
	static struct two two;

	two = (struct two){ 0 };
	host_init(&two.near, 1);
	host_init(&two.far, 2);
	*state = &two;
	return 0;
}

static int teardown(void **state)
{
	struct two *two = *state;

	/* the manager runs in the first one's engine */
	guest_destroy(two->far.guest);
	guest_destroy(two->near.guest);
	return 0;
}

static uint8_t *slot(struct host *host, unsigned int index)
{
	return guest_ptr(host->guest, host->memory + index * SLOT);
}

static void send(struct host *host, struct guest_qp *qp, uint16_t lid, uint32_t qpn, uint32_t qkey,
		 uint32_t len)
{
	struct guest_wqe wqe;
	struct mlx5_av *av;

	guest_wqe(&wqe, MLX5_OPCODE_SEND, GUEST_SIGNALED, 0);
	av = (void *)(wqe.bytes + wqe.len);
	wqe.len += sizeof(*av);
	av->key.qkey.qkey = cpu_to_be32(qkey);
	av->dqp_dct = cpu_to_be32(1u << 31 | qpn);
	av->rlid = cpu_to_be16(lid);
	av->grh_gid_fl = cpu_to_be32(qpn == 0xffffff ? 1u << 30 : 0);
	memcpy(av->rgid, mgid, sizeof(av->rgid));
	guest_wqe_data(&wqe, host->memory, host->key, len);
	guest_post(host->guest, qp, &wqe, false);
	guest_run(host->guest);
}

static uint8_t *request(struct host *host, uint8_t method, uint8_t attribute)
{
	uint8_t *mad = slot(host, 0);

	memset(mad, 0, MAD);
	memcpy(mad, (uint8_t[]){ 1, 3, 2, method }, 4);
	mad[ATTRIBUTE] = attribute;
	return mad;
}

/* What is answered there; the near one's engine is the manager's, too. */
static const uint8_t *ask_lid(struct two *two, struct host *host, uint16_t lid)
{
	const struct mlx5_cqe64 *cqe;

	guest_post_recv(host->guest, &host->gsi, host->memory + SLOT, host->key, MAD + GRH);
	send(host, &host->gsi, lid, 1, GSI_QKEY, MAD);
	guest_run(two->near.guest);
	cqe = guest_poll(host->guest, &host->gsi_cq);
	assert_non_null(cqe);
	if (cqe->op_own >> 4 == CQE_REQ)
		cqe = guest_poll(host->guest, &host->gsi_cq);
	assert_non_null(cqe);
	assert_int_equal(cqe->op_own >> 4, CQE_RESP_SEND);
	assert_int_equal(be16_to_cpu(cqe->slid), lid);
	assert_int_equal(be32_to_cpu(cqe->flags_rqpn) & 0xffffff, 1);
	assert_int_equal(be32_to_cpu(cqe->byte_cnt), MAD + GRH);
	return slot(host, 1) + GRH;
}

static const uint8_t *ask(struct two *two, struct host *host)
{
	return ask_lid(two, host, MANAGER_LID);
}

static void manager_answers(void **state)
{
	struct two *two = *state;
	const uint8_t *mad;

	request(&two->near, 0x01, CLASS_PORT_INFO);
	mad = ask(two, &two->near);
	assert_int_equal(mad[METHOD], 0x81);
	assert_int_equal(mad[STATUS] | mad[STATUS + 1], 0);
	assert_int_equal(two->near.guest->nic->ib->counts.unicast.xmit_packets, 1);
	assert_int_equal(two->near.guest->nic->ib->counts.unicast.rcv_packets, 1);
}

/* Neither a key that everybody may know, nor a length that no datagram has, gets an answer. */
static void manager_does_not_answer(void **state)
{
	struct host *host = &((struct two *)*state)->near;

	request(host, 0x01, CLASS_PORT_INFO);
	guest_post_recv(host->guest, &host->ud, host->memory + SLOT, host->key, MAD + GRH);
	send(host, &host->ud, MANAGER_LID, 1, QKEY, MAD);
	guest_expect(host->guest, &host->ud_cq, CQE_REQ, 0, 0);
	guest_expect_nothing(host->guest, &host->ud_cq);
	guest_post_recv(host->guest, &host->gsi, host->memory + SLOT, host->key, MAD + GRH);
	send(host, &host->gsi, MANAGER_LID, 1, GSI_QKEY, MAD - 1);
	guest_expect(host->guest, &host->gsi_cq, CQE_REQ, 0, 0);
	send(host, &host->gsi, MANAGER_LID, 0, GSI_QKEY, MAD);
	guest_expect(host->guest, &host->gsi_cq, CQE_REQ, 2, 0);
	host->guest->nic->ib->link = false;
	send(host, &host->gsi, MANAGER_LID, 1, GSI_QKEY, MAD);
	guest_expect(host->guest, &host->gsi_cq, CQE_REQ, 4, 0);
	guest_expect_nothing(host->guest, &host->gsi_cq);
}

/* Counters are the device's to answer, not the driver's. */
static void port_answers_for_its_counters(void **state)
{
	struct two *two = *state;
	const uint8_t *mad;

	two->far.guest->nic->ib->counts.multicast.rcv_packets = 0x123;
	request(&two->near, 0x01, 0x1d);
	slot(&two->near, 0)[1] = 0x04;
	slot(&two->near, 0)[2] = 1;
	slot(&two->near, 0)[64 + 1] = 1;
	guest_post_recv(two->far.guest, &two->far.gsi, two->far.memory, two->far.key, MAD + GRH);
	mad = ask_lid(two, &two->near, 2);
	assert_int_equal(mad[METHOD], 0x81);
	assert_int_equal(mad[64 + 70] << 8 | mad[64 + 71], 0x123);
	guest_expect_nothing(two->far.guest, &two->far.gsi_cq);
}

static void other_classes_go_to_the_queue_pair(void **state)
{
	struct two *two = *state;
	uint8_t *mad = request(&two->near, 0x03, 0x10);

	mad[1] = 0x07;
	guest_post_recv(two->far.guest, &two->far.gsi, two->far.memory, two->far.key, MAD + GRH);
	send(&two->near, &two->near.gsi, 2, 1, GSI_QKEY, MAD);
	guest_expect(two->far.guest, &two->far.gsi_cq, CQE_RESP_SEND, 0, 0);
	assert_memory_equal(slot(&two->far, 0) + GRH, slot(&two->near, 0), MAD);
	/* one without a receive, or to nobody, is lost */
	send(&two->near, &two->near.gsi, 2, 1, GSI_QKEY, MAD);
	send(&two->near, &two->near.gsi, 3, 1, GSI_QKEY, MAD);
	for (unsigned int i = 0; i < 3; i++)
		guest_expect(two->near.guest, &two->near.gsi_cq, CQE_REQ, 2 * i, 0);
	guest_expect_nothing(two->far.guest, &two->far.gsi_cq);
}

static uint16_t join(struct two *two, struct host *host)
{
	uint8_t *mad = request(host, 0x02, MC_MEMBER);
	const __be64 gid[2] = { cpu_to_be64(0xfe80000000000000),
				cpu_to_be64(host->guest->nic->ib->guid) };

	memcpy(mad + MASK, (uint8_t[]){ 0, 0, 0, 0, 0, 0x01, 0x30, 0xc7 }, 8);
	memcpy(mad + DATA, mgid, sizeof(mgid));
	memcpy(mad + DATA + MEMBER_PORT_GID, gid, sizeof(gid));
	memcpy(mad + DATA + MEMBER_QKEY, (uint8_t[]){ 0, 0, QKEY >> 8, QKEY & 0xff }, 4);
	memcpy(mad + DATA + MEMBER_PKEY, (uint8_t[]){ 0xff, 0xff }, 2);
	mad[DATA + MEMBER_STATE] = 1;
	mad = (uint8_t *)ask(two, host);
	assert_int_equal(mad[STATUS] | mad[STATUS + 1], 0);
	return mad[DATA + MEMBER_MLID] << 8 | mad[DATA + MEMBER_MLID + 1];
}

static void attach(struct host *host)
{
	COMMAND(attach_to_mcg, ATTACH_TO_MCG, 0);

	MLX5_SET(attach_to_mcg_in, in, qpn, host->ud.qpn);
	memcpy(MLX5_ADDR_OF(attach_to_mcg_in, in, multicast_gid), mgid, sizeof(mgid));
	guest_command(host->guest, in, sizeof(in), out, sizeof(out));
}

static void group_spans_ports_that_joined(void **state)
{
	struct two *two = *state;
	struct host *near = &two->near, *far = &two->far;
	uint16_t mlid = join(two, near);

	assert_in_range(mlid, 0xc000, 0xc3ff);
	attach(far);
	guest_post_recv(far->guest, &far->ud, far->memory + 2 * SLOT, far->key, MTU_BYTES + GRH);
	guest_fill(slot(near, 0), MTU_BYTES, 3);
	/* a QP that is attached gets nothing while its port has not joined */
	send(near, &near->ud, mlid, 0xffffff, QKEY, MTU_BYTES);
	guest_expect_nothing(far->guest, &far->ud_cq);
	assert_int_equal(join(two, far), mlid);
	guest_fill(slot(near, 0), MTU_BYTES, 3);
	send(near, &near->ud, mlid, 0xffffff, QKEY, MTU_BYTES);
	guest_expect(far->guest, &far->ud_cq, CQE_RESP_SEND, 0, 0);
	guest_assert_filled(slot(far, 2) + GRH, MTU_BYTES, 3);
	assert_int_equal(far->guest->nic->ib->counts.multicast.rcv_packets, 1);
	/* nor after its link was down, until it joins again */
	guest_post_recv(far->guest, &far->ud, far->memory + 2 * SLOT, far->key, MTU_BYTES + GRH);
	far->guest->nic->ib->sw.set(&far->guest->nic->ib->sw, false);
	far->guest->nic->ib->sw.set(&far->guest->nic->ib->sw, true);
	send(near, &near->ud, mlid, 0xffffff, QKEY, MTU_BYTES);
	guest_expect_nothing(far->guest, &far->ud_cq);
}

static uint8_t mad_ifc(struct host *host, uint8_t class, uint8_t method, uint8_t attribute,
		       uint8_t out[MLX5_ST_SZ_BYTES(mad_ifc_out)])
{
	uint8_t in[MLX5_ST_SZ_BYTES(mad_ifc_in)] = { 0 };
	uint8_t *mad = MLX5_ADDR_OF(mad_ifc_in, in, mad);

	MLX5_SET(mad_ifc_in, in, opcode, MLX5_CMD_OP_MAD_IFC);
	memcpy(mad, (uint8_t[]){ 1, class, 1, method }, 4);
	mad[ATTRIBUTE] = attribute;
	mad[64 + 1] = 1; /* PortSelect of the counters */
	return guest_try(host->guest, in, sizeof(in), out, MLX5_ST_SZ_BYTES(mad_ifc_out));
}

static void agents_answer_the_driver(void **state)
{
	struct host *host = &((struct two *)*state)->near;
	uint8_t out[MLX5_ST_SZ_BYTES(mad_ifc_out)] = { 0 };
	const uint8_t *mad = MLX5_ADDR_OF(mad_ifc_out, out, response_mad_packet);

	assert_int_equal(mad_ifc(host, 0x01, 0x01, 0x15, out), MLX5_CMD_STAT_OK);
	assert_int_equal(mad[METHOD], 0x81);
	assert_int_equal(mad[STATUS] | mad[STATUS + 1], 0);
	assert_int_equal(mad[64 + 17], 1); /* LID */
	assert_int_equal(mad[64 + 18] << 8 | mad[64 + 19], MANAGER_LID);
	assert_int_equal(mad_ifc(host, 0x81, 0x01, 0x10, out), MLX5_CMD_STAT_OK);
	assert_string_equal((const char *)mad + 64, "softfabric ConnectX");
	host->guest->nic->ib->counts.unicast.xmit_packets = 0x1234;
	assert_int_equal(mad_ifc(host, 0x04, 0x01, 0x12, out), MLX5_CMD_STAT_OK);
	assert_int_equal(mad[64 + 34] << 8 | mad[64 + 35], 0x1234);
	/* a class without an agent, and what is no request */
	assert_int_equal(mad_ifc(host, 0x21, 0x01, 0x12, out), MLX5_CMD_STAT_OK);
	assert_int_equal(mad[STATUS + 1], 0x0c);
	assert_int_equal(mad_ifc(host, 0x01, 0x81, 0x15, out), MLX5_CMD_STAT_BAD_PKT_ERR);
	assert_int_equal(mad_ifc(host, 0x21, 0x81, 0x15, out), MLX5_CMD_STAT_BAD_PKT_ERR);
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)
	const struct CMUnitTest tests[] = {
		TEST(manager_answers),
		TEST(manager_does_not_answer),
		TEST(port_answers_for_its_counters),
		TEST(other_classes_go_to_the_queue_pair),
		TEST(group_spans_ports_that_joined),
		TEST(agents_answer_the_driver),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
