// SPDX-License-Identifier: GPL-2.0 OR Linux-OpenIB
/* Datagrams to multicast groups: who is attached, who gets them, and what is counted. */
#include <string.h>

#include <rdma/ib_verbs.h>

#include "connectx/device/objects.h"
#include "connectx/port/subnet.h"
#include "connectx/queue/completion.h"
#include "connectx/queue/qp.h"
#include "guest_command.h"
#include "guest_mkey.h"
#include "guest_wqe.h"

#define SIZE	1000U
#define GRH	sizeof(struct ib_grh)
#define SLOT	0x1000U
#define QKEY	0x11223344
#define MLID	0xc012
#define QPS	3

static const uint8_t group_gid[16] = { 0xff, 0x12, 0xa0, 0x1b, [15] = 7 };

struct port {
	struct guest *guest;
	struct guest_qp qp[QPS];
	struct guest_cq cq[QPS];
	uint64_t memory;
	uint32_t key;
};

struct two {
	struct port near, far;
};

static void port_join(struct port *port, uint16_t lid)
{
	const struct guest_path path = { 0 };

	port->guest = guest_create_lid(lid);
	for (unsigned int i = 0; i < QPS; i++) {
		guest_cq(port->guest, &port->cq[i]);
		guest_qp(port->guest, &port->qp[i], &port->cq[i], MLX5_QP_ST_UD);
		guest_connect(port->guest, &port->qp[i], &path);
		qp_find(port->guest->nic, port->qp[i].qpn)->qkey = QKEY;
	}
	port->memory = guest_alloc(port->guest, (QPS + 1) * SLOT);
	port->key = guest_mr(port->guest, port->memory, (QPS + 1) * SLOT, GUEST_ACCESS);
	guest_fill(guest_ptr(port->guest, port->memory), SIZE, 1);
}

static int setup(void **state)
{
	static struct two two;

	two = (struct two){ 0 };
	port_join(&two.near, 1);
	port_join(&two.far, 2);
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

#define GROUP_COMMAND(op, layout)                                                                  \
	static uint8_t layout(struct port *port, uint32_t qpn, const uint8_t *gid)                 \
	{                                                                                          \
		COMMAND(layout, op, 0);                                                            \
                                                                                                   \
		MLX5_SET(layout##_in, in, qpn, qpn);                                               \
		memcpy(MLX5_ADDR_OF(layout##_in, in, multicast_gid), gid, 16);                     \
		return guest_try(port->guest, in, sizeof(in), out, sizeof(out));                   \
	}

GROUP_COMMAND(ATTACH_TO_MCG, attach_to_mcg)
GROUP_COMMAND(DETACH_FROM_MCG, detach_from_mcg)

static void attach(struct port *port, unsigned int qp)
{
	assert_int_equal(attach_to_mcg(port, port->qp[qp].qpn, group_gid), MLX5_CMD_STAT_OK);
}

static void receive(struct port *port, unsigned int qp)
{
	guest_post_recv(port->guest, &port->qp[qp], port->memory + (qp + 1) * SLOT, port->key,
			SIZE + GRH);
}

static void send(struct port *port, unsigned int qp, uint16_t lid, uint32_t qpn, bool grh,
		 uint32_t len)
{
	struct guest_wqe wqe;
	struct mlx5_av *av;

	guest_wqe(&wqe, MLX5_OPCODE_SEND, GUEST_SIGNALED, 0);
	av = (void *)(wqe.bytes + wqe.len);
	wqe.len += sizeof(*av);
	av->key.qkey.qkey = cpu_to_be32(QKEY);
	av->dqp_dct = cpu_to_be32(1u << 31 | qpn);
	av->rlid = cpu_to_be16(lid);
	av->grh_gid_fl = cpu_to_be32(grh ? 1u << 30 : 0);
	memcpy(av->rgid, group_gid, sizeof(av->rgid));
	guest_wqe_data(&wqe, port->memory, port->key, len);
	guest_post(port->guest, &port->qp[qp], &wqe, false);
	guest_run(port->guest);
}

static void send_group(struct port *port, unsigned int qp)
{
	send(port, qp, MLID, 0xffffff, true, SIZE);
}

static void expect(struct port *port, unsigned int qp, uint16_t source_lid, uint32_t source_qpn)
{
	const uint8_t *to = guest_ptr(port->guest, port->memory + (qp + 1) * SLOT);
	const struct mlx5_cqe64 *cqe = guest_poll(port->guest, &port->cq[qp]);
	const struct ib_grh *grh = (const void *)to;

	assert_non_null(cqe);
	assert_int_equal(cqe->op_own >> 4, CQE_RESP_SEND);
	assert_int_equal(be32_to_cpu(cqe->byte_cnt), SIZE + GRH);
	assert_int_equal(be32_to_cpu(cqe->flags_rqpn) & 0xffffff, source_qpn);
	assert_int_equal(be32_to_cpu(cqe->flags_rqpn) >> 28, 1);
	assert_int_equal(be16_to_cpu(cqe->slid), source_lid);
	assert_memory_equal(grh->dgid.raw, group_gid, 16);
	guest_assert_filled(to + GRH, SIZE, 1);
}

static void qp_is_attached_once(void **state)
{
	struct port *port = &((struct two *)*state)->near;
	const struct connectx *nic = port->guest->nic;
	uint32_t qpn = port->qp[0].qpn;
	uint8_t gid[16];

	memcpy(gid, group_gid, sizeof(gid));
	assert_int_equal(attach_to_mcg(port, qpn, gid), MLX5_CMD_STAT_OK);
	/* once more is no more */
	assert_int_equal(attach_to_mcg(port, qpn, gid), MLX5_CMD_STAT_OK);
	assert_int_equal(nic->queues->mcgs.attachments, 1);
	assert_int_equal(attach_to_mcg(port, 0xabcdef, gid), MLX5_CMD_STAT_BAD_RES_ERR);
	assert_int_equal(detach_from_mcg(port, port->qp[1].qpn, gid), MLX5_CMD_STAT_BAD_RES_ERR);
	gid[15]++;
	assert_int_equal(detach_from_mcg(port, qpn, gid), MLX5_CMD_STAT_BAD_RES_ERR);
	gid[0] = 0xfe;
	assert_int_equal(attach_to_mcg(port, qpn, gid), MLX5_CMD_STAT_BAD_PARAM_ERR);
	assert_int_equal(detach_from_mcg(port, qpn, group_gid), MLX5_CMD_STAT_OK);
	assert_int_equal(detach_from_mcg(port, qpn, group_gid), MLX5_CMD_STAT_BAD_RES_ERR);
	assert_int_equal(nic->queues->mcgs.attachments, 0);
	assert_int_equal(nic->queues->mcgs.groups, 0);
}

static void connected_qp_is_not_attached(void **state)
{
	struct port *port = &((struct two *)*state)->near;
	struct guest_qp qp;

	guest_qp(port->guest, &qp, &port->cq[0], MLX5_QP_ST_RC);
	assert_int_equal(attach_to_mcg(port, qp.qpn, group_gid), MLX5_CMD_STAT_BAD_PARAM_ERR);
}

/* A QP in a group cannot go, and TEARDOWN takes both. */
static void attached_qp_stays_until_teardown(void **state)
{
	struct port *port = &((struct two *)*state)->near;

	attach(port, 0);
	attach(port, 1);
	assert_int_equal(guest_try_number(port->guest, MLX5_CMD_OP_DESTROY_QP, port->qp[0].qpn),
			 MLX5_CMD_STAT_RES_BUSY);
	objects_clear(port->guest->nic);
	assert_int_equal(objects_count(port->guest->nic), 0);
	assert_int_equal(port->guest->nic->queues->mcgs.groups, 0);
}

static void groups_and_members_are_limited(void **state)
{
	struct port *port = &((struct two *)*state)->near;
	struct guest_qp qp;
	uint8_t gid[16];

	memcpy(gid, group_gid, sizeof(gid));
	for (unsigned int i = 0; i < 1 << CX_LOG_MAX_MCG; i++) {
		gid[3] = i;
		gid[4] = i >> 8;
		assert_int_equal(attach_to_mcg(port, port->qp[0].qpn, gid), MLX5_CMD_STAT_OK);
	}
	gid[1] = 0x15;
	assert_int_equal(attach_to_mcg(port, port->qp[0].qpn, gid), MLX5_CMD_STAT_LIM_ERR);
	gid[1] = group_gid[1];
	for (unsigned int i = 1; i < CX_MAX_QP_MCG; i++) {
		guest_qp(port->guest, &qp, &port->cq[0], MLX5_QP_ST_UD);
		assert_int_equal(attach_to_mcg(port, qp.qpn, gid), MLX5_CMD_STAT_OK);
	}
	guest_qp(port->guest, &qp, &port->cq[0], MLX5_QP_ST_UD);
	assert_int_equal(attach_to_mcg(port, qp.qpn, gid), MLX5_CMD_STAT_LIM_ERR);
}

/* Within one port, a group needs no manager. */
static void group_within_a_port_needs_no_manager(void **state)
{
	struct port *port = &((struct two *)*state)->near;
	const struct ib_traffic *counted = &port->guest->nic->ib->counts.multicast;

	for (unsigned int i = 0; i < QPS; i++)
		receive(port, i);
	attach(port, 0);
	attach(port, 1);
	send_group(port, 0);
	guest_expect(port->guest, &port->cq[0], CQE_RESP_SEND, 0, 0);
	guest_expect(port->guest, &port->cq[0], CQE_REQ, 0, 0);
	expect(port, 1, 1, port->qp[0].qpn);
	guest_expect_nothing(port->guest, &port->cq[2]);
	assert_int_equal(counted->xmit_packets, 1);
	assert_int_equal(counted->xmit_bytes, SIZE);
	assert_int_equal(counted->rcv_packets, 1);
	assert_int_equal(counted->rcv_bytes, SIZE);
	assert_int_equal(port->guest->nic->ib->counts.unicast.xmit_packets, 0);
}

static void sender_may_block_its_own_copy(void **state)
{
	struct port *port = &((struct two *)*state)->near;

	qp_find(port->guest->nic, port->qp[0].qpn)->block_loopback = true;
	receive(port, 0);
	receive(port, 1);
	attach(port, 0);
	attach(port, 1);
	send_group(port, 0);
	guest_expect(port->guest, &port->cq[0], CQE_REQ, 0, 0);
	guest_expect_nothing(port->guest, &port->cq[0]);
	expect(port, 1, 1, port->qp[0].qpn);
	/* only of what it sends itself */
	send_group(port, 1);
	expect(port, 0, 1, port->qp[1].qpn);
}

/* One that has no receive, another Q_Key or is not up loses it, and the others do not. */
static void what_some_lose_others_get(void **state)
{
	struct port *port = &((struct two *)*state)->near;

	for (unsigned int i = 0; i < QPS; i++)
		attach(port, i);
	receive(port, 1);
	receive(port, 2);
	qp_find(port->guest->nic, port->qp[1].qpn)->qkey = QKEY + 1;
	send_group(port, 0);
	guest_expect(port->guest, &port->cq[0], CQE_REQ, 0, 0);
	guest_expect_nothing(port->guest, &port->cq[1]);
	expect(port, 2, 1, port->qp[0].qpn);
}

/* What is no multicast packet by its header reaches no group, and is sent all the same. */
static void malformed_packets_reach_no_group(void **state)
{
	struct port *port = &((struct two *)*state)->near;

	attach(port, 1);
	receive(port, 1);
	send(port, 0, MLID, 0xffffff, false, SIZE);
	guest_expect(port->guest, &port->cq[0], CQE_REQ, 0, 0);
	send(port, 0, MLID, port->qp[1].qpn, true, SIZE);
	guest_expect(port->guest, &port->cq[0], CQE_REQ, 2, 0);
	send(port, 0, 1, 0xffffff, true, SIZE);
	guest_expect(port->guest, &port->cq[0], CQE_REQ, 4, 0);
	send(port, 0, 0xffff, 0xffffff, true, SIZE);
	guest_expect(port->guest, &port->cq[0], CQE_REQ, 6, 0);
	guest_expect_nothing(port->guest, &port->cq[1]);
}

static void nothing_is_sent_without_a_link(void **state)
{
	struct port *port = &((struct two *)*state)->near;

	attach(port, 1);
	receive(port, 1);
	port->guest->nic->ib->link = false;
	send_group(port, 0);
	guest_expect(port->guest, &port->cq[0], CQE_REQ, 0, 0);
	guest_expect_nothing(port->guest, &port->cq[1]);
	assert_int_equal(port->guest->nic->ib->counts.multicast.xmit_packets, 0);
}

/* Longer than any packet; the QP says that it may. */
static void too_long_a_datagram_fails_locally(void **state)
{
	struct port *port = &((struct two *)*state)->near;

	qp_find(port->guest->nic, port->qp[0].qpn)->log_max_msg = 30;
	send(port, 0, MLID, 0xffffff, true, 4 * SLOT);
	guest_expect(port->guest, &port->cq[0], CQE_REQ_ERR, 0, CQE_LOCAL_LENGTH);
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)
	const struct CMUnitTest tests[] = {
		TEST(qp_is_attached_once),
		TEST(connected_qp_is_not_attached),
		TEST(attached_qp_stays_until_teardown),
		TEST(groups_and_members_are_limited),
		TEST(group_within_a_port_needs_no_manager),
		TEST(sender_may_block_its_own_copy),
		TEST(what_some_lose_others_get),
		TEST(malformed_packets_reach_no_group),
		TEST(nothing_is_sent_without_a_link),
		TEST(too_long_a_datagram_fails_locally),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
