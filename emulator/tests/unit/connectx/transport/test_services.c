// SPDX-License-Identifier: GPL-2.0 OR Linux-OpenIB
/* What the other services do differently: unreliable connections and datagrams. */
#include <string.h>

#include <rdma/ib_verbs.h>

#include "connectx/port/port.h"
#include "connectx/queue/completion.h"
#include "connectx/queue/qp.h"
#include "guest_mkey.h"
#include "guest_wqe.h"

#define SIZE 3000U
#define GRH sizeof(struct ib_grh)
#define QKEY 0x11223344

struct services {
	struct guest *guest;
	struct guest_qp qp[2];
	struct guest_cq cq[2];
	uint64_t local, remote;
	uint32_t lkey, rkey;
	uint8_t *from, *to;
};

static struct services *make(void **state, uint8_t service)
{
	static struct services all;
	struct guest_path path = { 0 };

	all = (struct services){ .guest = guest_create() };
	for (unsigned int i = 0; i < 2; i++) {
		guest_cq(all.guest, &all.cq[i]);
		guest_qp(all.guest, &all.qp[i], &all.cq[i], service);
	}
	for (unsigned int i = 0; i < 2; i++) {
		path.remote_qpn = all.qp[!i].qpn;
		guest_connect(all.guest, &all.qp[i], &path);
		qp_find(all.guest->nic, all.qp[i].qpn)->qkey = QKEY;
	}
	all.local = guest_alloc(all.guest, 2 * SIZE);
	all.remote = guest_alloc(all.guest, 2 * SIZE);
	all.lkey = guest_mr(all.guest, all.local, SIZE, GUEST_ACCESS);
	all.rkey = guest_mr(all.guest, all.remote, SIZE + GRH, GUEST_ACCESS);
	all.from = guest_ptr(all.guest, all.local);
	all.to = guest_ptr(all.guest, all.remote);
	guest_fill(all.from, SIZE, 1);
	*state = &all;
	return &all;
}

static int setup_uc(void **state)
{
	make(state, MLX5_QP_ST_UC);
	return 0;
}

static int setup_ud(void **state)
{
	make(state, MLX5_QP_ST_UD);
	return 0;
}

static int teardown(void **state)
{
	struct services *all = *state;

	guest_destroy(all->guest);
	return 0;
}

static void post_connected(struct services *all, uint8_t opcode, uint32_t rkey)
{
	struct guest_wqe wqe;

	guest_wqe(&wqe, opcode, GUEST_SIGNALED, 0);
	if (opcode != MLX5_OPCODE_SEND)
		guest_wqe_raddr(&wqe, all->remote, rkey);
	guest_wqe_data(&wqe, all->local, all->lkey, SIZE);
	guest_post(all->guest, &all->qp[0], &wqe, false);
}

static void unreliable_connection_writes_and_sends(void **state)
{
	struct services *all = *state;

	post_connected(all, MLX5_OPCODE_RDMA_WRITE, all->rkey);
	guest_expect(all->guest, &all->cq[0], CQE_REQ, 0, 0);
	guest_assert_filled(all->to, SIZE, 1);
	memset(all->to, 0, SIZE);
	guest_post_recv(all->guest, &all->qp[1], all->remote, all->rkey, SIZE);
	post_connected(all, MLX5_OPCODE_SEND, 0);
	guest_expect(all->guest, &all->cq[1], CQE_RESP_SEND, 0, 0);
	guest_expect(all->guest, &all->cq[0], CQE_REQ, 1, 0);
	guest_assert_filled(all->to, SIZE, 1);
}

static void sender_does_not_learn_of_losses(void **state)
{
	struct services *all = *state;

	/* no receive, a bad key, no link: the sender does not learn of it, the next one arrives */
	post_connected(all, MLX5_OPCODE_SEND, 0);
	guest_expect(all->guest, &all->cq[0], CQE_REQ, 0, 0);
	post_connected(all, MLX5_OPCODE_RDMA_WRITE, all->rkey + 1);
	guest_expect(all->guest, &all->cq[0], CQE_REQ, 1, 0);
	all->guest->nic->ib->link = false;
	post_connected(all, MLX5_OPCODE_RDMA_WRITE, all->rkey);
	guest_expect(all->guest, &all->cq[0], CQE_REQ, 2, 0);
	all->guest->nic->ib->link = true;
	assert_int_equal(all->to[0], 0);
	post_connected(all, MLX5_OPCODE_RDMA_WRITE, all->rkey);
	guest_expect(all->guest, &all->cq[0], CQE_REQ, 3, 0);
	guest_assert_filled(all->to, SIZE, 1);
	assert_null(guest_event(all->guest));
}

static void unreliable_connection_does_not_read(void **state)
{
	struct services *all = *state;

	post_connected(all, MLX5_OPCODE_RDMA_READ, all->rkey);
	guest_expect(all->guest, &all->cq[0], CQE_REQ_ERR, 0, CQE_LOCAL_QP_OP);
}

static void post_datagram(struct services *all, uint32_t qpn, uint32_t qkey, uint32_t len, bool grh)
{
	struct guest_wqe wqe;
	struct mlx5_av *av;

	guest_wqe(&wqe, MLX5_OPCODE_SEND_IMM, GUEST_SIGNALED, 0x12345678);
	av = (void *)(wqe.bytes + wqe.len);
	wqe.len += sizeof(*av);
	av->key.qkey.qkey = cpu_to_be32(qkey);
	av->dqp_dct = cpu_to_be32(1u << 31 | qpn);
	av->rlid = cpu_to_be16(all->guest->nic->ib->lid);
	av->stat_rate_sl = 3;
	av->grh_gid_fl = cpu_to_be32(grh ? 1u << 30 : 0);
	memset(av->rgid, 0xfe, sizeof(av->rgid));
	guest_wqe_data(&wqe, all->local, all->lkey, len);
	guest_post(all->guest, &all->qp[0], &wqe, false);
}

static void datagram_lands_behind_a_header_room(void **state)
{
	struct services *all = *state;
	const struct mlx5_cqe64 *cqe;

	memset(all->to, 0xcc, SIZE + GRH);
	guest_post_recv(all->guest, &all->qp[1], all->remote, all->rkey, SIZE + GRH);
	post_datagram(all, all->qp[1].qpn, QKEY, SIZE, false);
	cqe = guest_poll(all->guest, &all->cq[1]);
	assert_non_null(cqe);
	assert_int_equal(cqe->op_own >> 4, CQE_RESP_SEND_IMM);
	assert_int_equal(be32_to_cpu(cqe->byte_cnt), SIZE + GRH);
	assert_int_equal(be32_to_cpu(cqe->immediate), 0x12345678);
	assert_int_equal(be32_to_cpu(cqe->flags_rqpn), 3u << 24 | all->qp[0].qpn);
	assert_int_equal(be16_to_cpu(cqe->slid), all->guest->nic->ib->lid);
	for (unsigned int i = 0; i < GRH; i++)
		assert_int_equal(all->to[i], 0xcc);
	guest_assert_filled(all->to + GRH, SIZE, 1);
	guest_expect(all->guest, &all->cq[0], CQE_REQ, 0, 0);
}

static void datagram_brings_its_route_header(void **state)
{
	struct services *all = *state;
	const struct ib_grh *grh = (const void *)all->to;
	const struct mlx5_cqe64 *cqe;
	uint8_t gid[16];

	guest_post_recv(all->guest, &all->qp[1], all->remote, all->rkey, SIZE + GRH);
	post_datagram(all, all->qp[1].qpn, QKEY, 100, true);
	cqe = guest_poll(all->guest, &all->cq[1]);
	assert_non_null(cqe);
	assert_int_equal(be32_to_cpu(cqe->flags_rqpn) >> 28, 1);
	assert_int_equal(be32_to_cpu(grh->version_tclass_flow) >> 28, 6);
	assert_int_equal(be16_to_cpu(grh->paylen), 100);
	assert_int_equal(grh->next_hdr, 0x1b);
	port_gid(all->guest->nic, gid);
	assert_memory_equal(grh->sgid.raw, gid, 16);
	memset(gid, 0xfe, sizeof(gid));
	assert_memory_equal(grh->dgid.raw, gid, 16);
}

static void lost_datagram_is_sent_all_the_same(void **state)
{
	struct services *all = *state;

	/* nobody there, the wrong key, no receive: sent all the same */
	post_datagram(all, 0xabcdef, QKEY, SIZE, false);
	guest_expect(all->guest, &all->cq[0], CQE_REQ, 0, 0);
	guest_post_recv(all->guest, &all->qp[1], all->remote, all->rkey, SIZE + GRH);
	post_datagram(all, all->qp[1].qpn, QKEY + 1, SIZE, false);
	guest_expect(all->guest, &all->cq[0], CQE_REQ, 2, 0);
	guest_expect_nothing(all->guest, &all->cq[1]);
	/* a key with the top bit set is the sender's own */
	post_datagram(all, all->qp[1].qpn, 0x80000000, SIZE, false);
	guest_expect(all->guest, &all->cq[0], CQE_REQ, 4, 0);
	guest_expect(all->guest, &all->cq[1], CQE_RESP_SEND_IMM, 0, 0);
	post_datagram(all, all->qp[1].qpn, QKEY, SIZE, false);
	guest_expect(all->guest, &all->cq[0], CQE_REQ, 6, 0);
	guest_expect_nothing(all->guest, &all->cq[1]);
}

static void too_short_a_receive_fails_at_the_receiver(void **state)
{
	struct services *all = *state;

	guest_post_recv(all->guest, &all->qp[1], all->remote, all->rkey, SIZE + GRH - 1);
	post_datagram(all, all->qp[1].qpn, QKEY, SIZE, false);
	guest_expect(all->guest, &all->cq[1], CQE_RESP_ERR, 0, CQE_LOCAL_LENGTH);
	guest_expect(all->guest, &all->cq[0], CQE_REQ, 0, 0);
}

static void datagram_queue_does_not_write(void **state)
{
	struct services *all = *state;
	struct guest_wqe wqe;

	guest_wqe(&wqe, MLX5_OPCODE_RDMA_WRITE, GUEST_SIGNALED, 0);
	wqe.len += sizeof(struct mlx5_av);
	guest_wqe_raddr(&wqe, all->remote, all->rkey);
	guest_post(all->guest, &all->qp[0], &wqe, false);
	guest_expect(all->guest, &all->cq[0], CQE_REQ_ERR, 0, CQE_LOCAL_QP_OP);
}

int main(void)
{
#define TEST(name, setup) cmocka_unit_test_setup_teardown(name, setup, teardown)
	const struct CMUnitTest tests[] = {
		TEST(unreliable_connection_writes_and_sends, setup_uc),
		TEST(sender_does_not_learn_of_losses, setup_uc),
		TEST(unreliable_connection_does_not_read, setup_uc),
		/* datagrams */
		TEST(datagram_lands_behind_a_header_room, setup_ud),
		TEST(datagram_brings_its_route_header, setup_ud),
		TEST(lost_datagram_is_sent_all_the_same, setup_ud),
		TEST(too_short_a_receive_fails_at_the_receiver, setup_ud),
		TEST(datagram_queue_does_not_write, setup_ud),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
