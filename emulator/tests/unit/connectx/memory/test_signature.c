// SPDX-License-Identifier: GPL-2.0 OR Linux-OpenIB
/* Block signatures: guards, what is inserted, stripped and checked, and BSFs that lie. */
#include <string.h>

#include "connectx/memory/psv.h"
#include "connectx/memory/signature.h"
#include "connectx/queue/completion.h"
#include "connectx/queue/qp.h"
#include "guest_command.h"
#include "guest_mkey.h"
#include "guest_wqe.h"

#define SIZE		(4 * GUEST_PAGE)
#define BLOCK		512
#define DIF		8
#define APP		0xabcd
#define REF		0x01234567
#define BSF_INLINE	(2 << 6)
#define BSF_SAME	(1 << 4)
#define ALL_BYTES	0xff

struct test {
	struct guest *guest;
	struct guest_qp qp[2];
	struct guest_cq cq[2];
	uint64_t local, remote;
	uint32_t lkey, rkey;
	uint32_t key;   /* with signatures, over local */
	uint64_t start; /* its address */
	uint32_t psv;
};

static uint8_t psv_try(struct guest *guest, uint32_t count, uint32_t pd, uint32_t *psv)
{
	COMMAND(create_psv, CREATE_PSV, 0);
	uint8_t status;

	MLX5_SET(create_psv_in, in, num_psv, count);
	MLX5_SET(create_psv_in, in, pd, pd);
	status = guest_try(guest, in, sizeof(in), out, sizeof(out));
	*psv = MLX5_GET(create_psv_out, out, psv0_index);
	return status;
}

static uint8_t psv_try_destroy(struct guest *guest, uint32_t psv)
{
	COMMAND(destroy_psv, DESTROY_PSV, 0);

	MLX5_SET(destroy_psv_in, in, psvn, psv);
	return guest_try(guest, in, sizeof(in), out, sizeof(out));
}

static uint32_t signed_key(const struct test *test)
{
	return guest_mkey(test->guest, &(struct guest_mkey){
					       .pd = test->guest->pd,
					       .access = GUEST_ACCESS,
					       .variant = 3,
					       .klm = true,
					       .umr = true,
					       .start = test->start,
					       .octowords = 4,
					       .bsf_octowords = 4,
				       });
}

static int setup(void **state)
{
	static struct test test;

	test = (struct test){ .guest = guest_create() };
	guest_pair(test.guest, test.qp, test.cq);
	test.local = guest_alloc(test.guest, SIZE);
	test.remote = guest_alloc(test.guest, SIZE);
	test.lkey = guest_mr(test.guest, test.local, SIZE, GUEST_ACCESS);
	test.rkey = guest_mr(test.guest, test.remote, SIZE, GUEST_ACCESS);
	test.key = signed_key(&test);
	assert_int_equal(psv_try(test.guest, 1, test.guest->pd, &test.psv), MLX5_CMD_STAT_OK);
	guest_fill(guest_ptr(test.guest, test.local), SIZE, 1);
	*state = &test;
	return 0;
}

static int teardown(void **state)
{
	struct test *test = *state;

	guest_destroy(test->guest);
	return 0;
}

/* Post to QP 0; the next completion has @syndrome. */
static void run(struct test *test, const struct guest_wqe *wqe, uint8_t syndrome)
{
	uint16_t index = test->qp[0].sq_posted;

	guest_post(test->guest, &test->qp[0], wqe, false);
	guest_expect(test->guest, &test->cq[0], syndrome ? CQE_REQ_ERR : CQE_REQ, index, syndrome);
}

/* @len: bytes of memory that the key has */
static void configure(struct test *test, const struct mlx5_bsf *bsf, uint32_t len,
		      uint8_t octowords, uint8_t syndrome)
{
	const struct guest_klm klm = { len, test->lkey, test->local };
	struct mlx5_wqe_umr_ctrl_seg *ctrl;
	struct guest_wqe wqe;
	void *mkc;

	guest_wqe(&wqe, MLX5_OPCODE_UMR, GUEST_SIGNALED, test->key);
	ctrl = (void *)(wqe.bytes + wqe.len);
	ctrl->flags = MLX5_UMR_INLINE;
	ctrl->xlt_octowords = cpu_to_be16(4);
	ctrl->bsf_octowords = cpu_to_be16(octowords);
	ctrl->mkey_mask = cpu_to_be64(MLX5_MKEY_MASK_LEN | MLX5_MKEY_MASK_BSF_EN |
				      MLX5_MKEY_MASK_EN_SIGERR);
	mkc = wqe.bytes + wqe.len + sizeof(*ctrl);
	MLX5_SET64(mkc, mkc, len, len);
	MLX5_SET(mkc, mkc, bsf_en, 1);
	wqe.len += sizeof(*ctrl) + sizeof(struct mlx5_mkey_seg);
	guest_put_klms(wqe.bytes + wqe.len, &klm, 1);
	wqe.len += 4 * MKEY_KLM_SIZE;
	memcpy(wqe.bytes + wqe.len, bsf, sizeof(*bsf));
	wqe.len += sizeof(*bsf);
	run(test, &wqe, syndrome);
}

static void set_psv(struct test *test, uint32_t psv, uint64_t seed, uint8_t syndrome)
{
	struct mlx5_seg_set_psv *seg;
	struct guest_wqe wqe;

	guest_wqe(&wqe, MLX5_OPCODE_SET_PSV, GUEST_SIGNALED, 0);
	seg = (void *)(wqe.bytes + wqe.len);
	seg->psv_num = cpu_to_be32(psv);
	seg->transient_sig = cpu_to_be32(seed >> 32);
	seg->ref_tag = cpu_to_be32(seed);
	wqe.len += sizeof(*seg);
	run(test, &wqe, syndrome);
}

static struct mlx5_bsf_inl dif(void)
{
	return (struct mlx5_bsf_inl){
		.vld_refresh = cpu_to_be16(MLX5_BSF_INL_VALID | MLX5_BSF_REFRESH_DIF),
		.dif_apptag = cpu_to_be16(APP),
		.dif_reftag = cpu_to_be32(REF),
		.sig_type = 1,
		.rp_inv_seed = MLX5_BSF_REPEAT_BLOCK,
		.dif_inc_ref_guard_check = MLX5_BSF_INC_REFTAG,
		.dif_app_bitmask_check = cpu_to_be16(0xffff),
	};
}

static struct mlx5_bsf wire_dif(const struct test *test)
{
	return (struct mlx5_bsf){
		.basic.bsf_size_sbs = BSF_INLINE,
		.basic.check_byte_mask = ALL_BYTES,
		.basic.wire.bs_selector = 1,
		.basic.w_bfs_psv = cpu_to_be32(test->psv),
		.w_inl = dif(),
	};
}

static struct mlx5_bsf memory_dif(const struct test *test)
{
	return (struct mlx5_bsf){
		.basic.bsf_size_sbs = BSF_INLINE,
		.basic.check_byte_mask = ALL_BYTES,
		.basic.mem.bs_selector = 1,
		.basic.m_bfs_psv = cpu_to_be32(test->psv),
		.m_inl = dif(),
	};
}

/* From or to the key, @len bytes of it as requests count. */
static void rdma(struct test *test, uint8_t opcode, uint32_t len)
{
	struct guest_wqe wqe;

	guest_wqe(&wqe, opcode, GUEST_SIGNALED, 0);
	guest_wqe_raddr(&wqe, test->remote, test->rkey);
	guest_wqe_data(&wqe, test->start, test->key, len);
	guest_post(test->guest, &test->qp[0], &wqe, false);
}

static void expect_done(struct test *test, uint16_t index)
{
	guest_expect(test->guest, &test->cq[0], CQE_REQ, index, 0);
}

static uint8_t *at(const struct test *test, uint64_t address, uint64_t offset)
{
	return (uint8_t *)guest_ptr(test->guest, address) + offset;
}

static void assert_dif(const uint8_t *field, const uint8_t *data, uint32_t ref)
{
	uint16_t guard = guard_compute(GUARD_T10_CRC, 0, data, BLOCK);
	const uint8_t expected[DIF] = {
		guard >> 8, guard, APP >> 8, APP & 0xff, ref >> 24, ref >> 16, ref >> 8, ref,
	};

	assert_memory_equal(field, expected, DIF);
}

/* Check values of the catalogues: over the ASCII digits 1 to 9. */
static void guards_have_their_published_values(void **state)
{
	static const char digits[] = "123456789";
	/* the example of RFC 1071 */
	static const uint8_t words[] = { 0x00, 0x01, 0xf2, 0x03, 0xf4, 0xf5, 0xf6, 0xf7 };
	uint8_t zeros[32] = { 0 };

	assert_int_equal(guard_compute(GUARD_T10_CRC, 0, digits, 9), 0xd0db);
	assert_int_equal(guard_compute(GUARD_CRC32, UINT32_MAX, digits, 9), 0xcbf43926);
	assert_int_equal(guard_compute(GUARD_CRC32C, UINT32_MAX, digits, 9), 0xe3069283);
	assert_true(guard_compute(GUARD_CRC64_XP10, UINT64_MAX, digits, 9) ==
		    0xae8b14860a799888ULL);
	assert_int_equal(guard_compute(GUARD_T10_CHECKSUM, 0, words, sizeof(words)), 0x220d);
	/* RFC 3720, B.4 */
	assert_int_equal(guard_compute(GUARD_CRC32C, UINT32_MAX, zeros, sizeof(zeros)), 0x8a9136aa);
}

static void guards_are_inserted_and_stripped(void **state)
{
	struct test *test = *state;
	struct mlx5_bsf bsf = wire_dif(test);
	uint16_t index;

	configure(test, &bsf, 3 * BLOCK + 100, 4, 0);
	index = test->qp[0].sq_posted;
	rdma(test, MLX5_OPCODE_RDMA_WRITE, 3 * BLOCK + 100);
	expect_done(test, index);
	for (unsigned int i = 0; i < 3; i++) {
		assert_memory_equal(at(test, test->remote, i * (BLOCK + DIF)),
				    at(test, test->local, i * BLOCK), BLOCK);
		assert_dif(at(test, test->remote, i * (BLOCK + DIF) + BLOCK),
			   at(test, test->local, i * BLOCK), REF + i);
	}
	/* what is left of a block has none */
	assert_memory_equal(at(test, test->remote, 3 * (BLOCK + DIF)),
			    at(test, test->local, 3 * BLOCK), 100);
	assert_int_equal(*at(test, test->remote, 3 * (BLOCK + DIF) + 100), 0);
	/* and back: all is right, so only the data come in */
	memset(at(test, test->local, 0), 0, SIZE);
	index = test->qp[0].sq_posted;
	rdma(test, MLX5_OPCODE_RDMA_READ, 3 * BLOCK + 100);
	expect_done(test, index);
	guest_assert_filled(at(test, test->local, 0), 3 * BLOCK + 100, 1);
	assert_int_equal(*at(test, test->local, 3 * BLOCK + 100), 0);
}

/* Blocks count from the start of the key, wherever that is. */
static void blocks_count_from_the_start_of_the_key(void **state)
{
	struct test *test = *state;

	test->start = 0x55ef800000c3;
	test->key = signed_key(test);
	guards_are_inserted_and_stripped(state);
}

static void guards_in_memory_are_stripped_and_inserted(void **state)
{
	struct test *test = *state;
	struct mlx5_bsf bsf = memory_dif(test);
	uint16_t index;

	configure(test, &bsf, 2 * (BLOCK + DIF), 4, 0);
	guest_fill(at(test, test->remote, 0), SIZE, 9);
	index = test->qp[0].sq_posted;
	rdma(test, MLX5_OPCODE_RDMA_READ, 2 * BLOCK);
	expect_done(test, index);
	for (unsigned int i = 0; i < 2; i++) {
		assert_memory_equal(at(test, test->local, i * (BLOCK + DIF)),
				    at(test, test->remote, i * BLOCK), BLOCK);
		assert_dif(at(test, test->local, i * (BLOCK + DIF) + BLOCK),
			   at(test, test->remote, i * BLOCK), REF + i);
	}
	memset(at(test, test->remote, 0), 0, SIZE);
	index = test->qp[0].sq_posted;
	rdma(test, MLX5_OPCODE_RDMA_WRITE, 2 * BLOCK);
	expect_done(test, index);
	guest_assert_filled(at(test, test->remote, 0), 2 * BLOCK, 9);
	assert_int_equal(*at(test, test->remote, 2 * BLOCK), 0);
}

static const struct mlx5_sig_err_cqe *expect_error(struct test *test, uint16_t syndrome)
{
	const struct mlx5_sig_err_cqe *cqe = (const void *)guest_poll(test->guest, &test->cq[0]);

	assert_non_null(cqe);
	assert_int_equal(cqe->op_own >> 4, CQE_SIG_ERR);
	assert_int_equal(be32_to_cpu(cqe->mkey), test->key);
	assert_int_equal(be16_to_cpu(cqe->syndrome), syndrome);
	return cqe;
}

static void wrong_guards_and_tags_are_reported(void **state)
{
	struct test *test = *state;
	struct mlx5_bsf bsf = wire_dif(test);
	const struct mlx5_sig_err_cqe *cqe;
	uint16_t index;

	configure(test, &bsf, 2 * BLOCK, 4, 0);
	index = test->qp[0].sq_posted;
	rdma(test, MLX5_OPCODE_RDMA_WRITE, 2 * BLOCK);
	expect_done(test, index);
	/* the reference tag of the second block */
	*at(test, test->remote, 2 * (BLOCK + DIF) - 1) ^= 0x40;
	index = test->qp[0].sq_posted;
	rdma(test, MLX5_OPCODE_RDMA_READ, 2 * BLOCK);
	cqe = expect_error(test, SIGNATURE_BAD_REF);
	assert_int_equal(be32_to_cpu(cqe->expected_reftag), REF + 1);
	assert_int_equal(be32_to_cpu(cqe->actual_reftag), (REF + 1) ^ 0x40);
	assert_int_equal(be64_to_cpu(cqe->err_offset), BLOCK + DIF);
	assert_int_equal(cqe->rsvd22[1], 0);
	expect_done(test, index);
	/* told once, until the key is made ready again */
	index = test->qp[0].sq_posted;
	rdma(test, MLX5_OPCODE_RDMA_READ, 2 * BLOCK);
	expect_done(test, index);
	/* a mask that leaves the tag out */
	bsf.basic.check_byte_mask = 0xf0;
	configure(test, &bsf, 2 * BLOCK, 4, 0);
	index = test->qp[0].sq_posted;
	rdma(test, MLX5_OPCODE_RDMA_READ, 2 * BLOCK);
	expect_done(test, index);
	/* the data themselves */
	*at(test, test->remote, 7) ^= 1;
	index = test->qp[0].sq_posted;
	rdma(test, MLX5_OPCODE_RDMA_READ, 2 * BLOCK);
	expect_error(test, SIGNATURE_BAD_GUARD);
	expect_done(test, index);
}

static void escaped_blocks_are_not_checked(void **state)
{
	struct test *test = *state;
	struct mlx5_bsf bsf = memory_dif(test);
	uint16_t index;

	bsf.m_inl.dif_inc_ref_guard_check |= MLX5_BSF_APPTAG_ESCAPE;
	configure(test, &bsf, BLOCK + DIF, 4, 0);
	memset(at(test, test->local, BLOCK + 2), 0xff, 2);
	index = test->qp[0].sq_posted;
	rdma(test, MLX5_OPCODE_RDMA_WRITE, BLOCK);
	expect_done(test, index);
	/* the reference tag would have to be escaped, too */
	bsf.m_inl.dif_inc_ref_guard_check = MLX5_BSF_APPREF_ESCAPE;
	configure(test, &bsf, BLOCK + DIF, 4, 0);
	index = test->qp[0].sq_posted;
	rdma(test, MLX5_OPCODE_RDMA_WRITE, BLOCK);
	expect_error(test, SIGNATURE_BAD_GUARD | SIGNATURE_BAD_APP | SIGNATURE_BAD_REF);
	expect_done(test, index);
}

static void tags_pass_while_guards_are_made_anew(void **state)
{
	struct test *test = *state;
	struct mlx5_bsf bsf = memory_dif(test);
	uint16_t index;

	/* the guard is made anew, the tags go through as they are */
	bsf.basic.bsf_size_sbs |= BSF_SAME;
	bsf.basic.wire.copy_byte_mask = 0x3f;
	bsf.basic.check_byte_mask = 0;
	bsf.basic.w_bfs_psv = cpu_to_be32(test->psv);
	bsf.w_inl = dif();
	configure(test, &bsf, BLOCK + DIF, 4, 0);
	index = test->qp[0].sq_posted;
	rdma(test, MLX5_OPCODE_RDMA_WRITE, BLOCK + DIF);
	expect_done(test, index);
	assert_memory_equal(at(test, test->remote, 0), at(test, test->local, 0), BLOCK);
	assert_memory_equal(at(test, test->remote, BLOCK + 2), at(test, test->local, BLOCK + 2), 6);
	assert_int_equal(*at(test, test->remote, BLOCK) << 8 | *at(test, test->remote, BLOCK + 1),
			 guard_compute(GUARD_T10_CRC, 0, at(test, test->local, 0), BLOCK));
}

static void request_beyond_the_blocks_fails(void **state)
{
	struct test *test = *state;
	struct mlx5_bsf bsf = wire_dif(test);
	uint16_t index;

	configure(test, &bsf, BLOCK, 4, 0);
	index = test->qp[0].sq_posted;
	rdma(test, MLX5_OPCODE_RDMA_WRITE, BLOCK + 1);
	guest_expect(test->guest, &test->cq[0], CQE_REQ_ERR, index, CQE_LOCAL_LENGTH);
}

/* A real bus would deliver it, so that whoever asked for it has to learn that this one does not. */
static void what_an_iommu_hides_is_not_written_in_vain(void **state)
{
	struct test *test = *state;
	struct mlx5_bsf bsf = wire_dif(test);
	uint16_t index;

	test->local = GUEST_END;
	assert_int_equal(fabric_map(test->guest->fn->port, test->local, SIZE, NULL, true, true), 0);
	test->lkey = guest_mr(test->guest, test->local, SIZE, GUEST_ACCESS);
	configure(test, &bsf, BLOCK, 4, 0);
	index = test->qp[0].sq_posted;
	rdma(test, MLX5_OPCODE_RDMA_READ, BLOCK);
	guest_expect(test->guest, &test->cq[0], CQE_REQ_ERR, index, CQE_LOCAL_QP_OP);
}

static void psv_of_another_domain_is_refused(void **state)
{
	struct test *test = *state;
	uint32_t psv;

	assert_int_equal(psv_try(test->guest, 1, guest_pd(test->guest), &psv), MLX5_CMD_STAT_OK);
	set_psv(test, test->psv, 1, 0);
	set_psv(test, psv, 1, CQE_LOCAL_QP_OP);
}

static void psvs_are_made_and_destroyed(void **state)
{
	struct test *test = *state;
	uint32_t psv;

	assert_int_equal(psv_try(test->guest, 0, test->guest->pd, &psv),
			 MLX5_CMD_STAT_BAD_PARAM_ERR);
	assert_int_equal(psv_try(test->guest, 5, test->guest->pd, &psv),
			 MLX5_CMD_STAT_BAD_PARAM_ERR);
	assert_int_equal(psv_try(test->guest, 2, 0xffffff, &psv), MLX5_CMD_STAT_BAD_RES_ERR);
	assert_int_equal(psv_try(test->guest, 4, test->guest->pd, &psv), MLX5_CMD_STAT_OK);
	assert_int_equal(test->guest->nic->memory->psvs.count, 5);
	assert_int_equal(psv_try_destroy(test->guest, psv), MLX5_CMD_STAT_OK);
	assert_int_equal(psv_try_destroy(test->guest, psv), MLX5_CMD_STAT_BAD_RES_ERR);
}

static void bsf_that_lies_is_refused(void **state)
{
	struct test *test = *state;
	struct signature_format format;
	struct mlx5_bsf good = wire_dif(test), bad;

	assert_true(signature_parse(&format, &good));
	for (unsigned int selector = 0; selector < 256; selector++) {
		bool known = selector && selector <= 6 && selector != 5;

		bad = good;
		bad.basic.wire.bs_selector = selector;
		assert_int_equal(signature_parse(&format, &bad), known);
		if (known)
			assert_in_range(format.wire.block, 512, SIGNATURE_BLOCK_MAX);
	}
	for (unsigned int size = 0; size < 4; size++) {
		bad = good;
		bad.basic.bsf_size_sbs = size << 6;
		assert_int_equal(signature_parse(&format, &bad), size == 2);
	}
	bad = good;
	bad.w_inl.sig_type = 3;
	assert_false(signature_parse(&format, &bad));
	bad = good;
	bad.ext.w_tfs_psv = cpu_to_be32(1);
	assert_false(signature_parse(&format, &bad));
	/* one structure for both, where one has none */
	bad = good;
	bad.basic.bsf_size_sbs |= BSF_SAME;
	assert_false(signature_parse(&format, &bad));
}

static void bsf_of_a_wrong_size_is_refused(void **state)
{
	struct test *test = *state;
	struct mlx5_bsf bsf = wire_dif(test);

	/* more than the request has */
	configure(test, &bsf, BLOCK, 8, CQE_MW_BIND);
}

static void key_without_room_for_a_bsf_is_refused(void **state)
{
	struct test *test = *state;
	struct mlx5_bsf bsf = wire_dif(test);
	struct guest_mkey attr = {
		.pd = test->guest->pd,
		.access = GUEST_ACCESS,
		.klm = true,
		.umr = true,
		.octowords = 4,
		.bsf_octowords = 8,
	};
	uint32_t key;

	assert_int_equal(guest_try_mkey(test->guest, &attr, &key), MLX5_CMD_STAT_BAD_PARAM_ERR);
	attr.bsf_octowords = 0;
	test->key = guest_mkey(test->guest, &attr);
	configure(test, &bsf, BLOCK, 4, CQE_MW_BIND);
}

static void qp_that_drains_on_an_error_stops(void **state)
{
	struct test *test = *state;
	struct mlx5_bsf bsf = memory_dif(test);
	const struct mlx5_eqe *eqe;
	struct guest_wqe nop;
	uint16_t index;

	qp_find(test->guest->nic, test->qp[0].qpn)->drain_sigerr = true;
	configure(test, &bsf, BLOCK + DIF, 4, 0);
	index = test->qp[0].sq_posted;
	rdma(test, MLX5_OPCODE_RDMA_WRITE, BLOCK);
	expect_error(test, SIGNATURE_BAD_GUARD | SIGNATURE_BAD_APP | SIGNATURE_BAD_REF);
	expect_done(test, index);
	eqe = guest_event(test->guest);
	assert_non_null(eqe);
	assert_int_equal(eqe->type, MLX5_EVENT_TYPE_SQ_DRAINED);
	/* what comes behind waits until the queue is started again */
	index = test->qp[0].sq_posted;
	guest_wqe(&nop, MLX5_OPCODE_NOP, GUEST_SIGNALED, 0);
	guest_post(test->guest, &test->qp[0], &nop, false);
	guest_expect_nothing(test->guest, &test->cq[0]);
	guest_modify(test->guest, &test->qp[0], MLX5_CMD_OP_SQD_RTS_QP);
	expect_done(test, index);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(guards_have_their_published_values),
		TEST(guards_are_inserted_and_stripped),
		TEST(blocks_count_from_the_start_of_the_key),
		TEST(guards_in_memory_are_stripped_and_inserted),
		TEST(wrong_guards_and_tags_are_reported),
		TEST(escaped_blocks_are_not_checked),
		TEST(tags_pass_while_guards_are_made_anew),
		TEST(request_beyond_the_blocks_fails),
		TEST(what_an_iommu_hides_is_not_written_in_vain),
		TEST(psv_of_another_domain_is_refused),
		TEST(psvs_are_made_and_destroyed),
		TEST(bsf_that_lies_is_refused),
		TEST(bsf_of_a_wrong_size_is_refused),
		TEST(key_without_room_for_a_bsf_is_refused),
		TEST(qp_that_drains_on_an_error_stops),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
