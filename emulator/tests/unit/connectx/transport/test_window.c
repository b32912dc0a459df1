// SPDX-License-Identifier: GPL-2.0 OR Linux-OpenIB
/*
 * Memory windows as mlx5_ib allocates and libmlx5 binds them: by UMR in the program's own queue,
 * which may do that and no more.
 */
#include <string.h>

#include "connectx/command/pd.h"
#include "connectx/device/objects.h"
#include "connectx/queue/completion.h"
#include "guest_command.h"
#include "guest_mkey.h"
#include "guest_wqe.h"

#define SIZE		(2 * GUEST_PAGE)
#define CHECK_QPN	(1 << 3)	/* MLX5_WQE_UMR_CTRL_FLAG_CHECK_QPN */

#define MASK_KEY	(MLX5_MKEY_MASK_FREE | MLX5_MKEY_MASK_KEY)
#define MASK_BIND                                                                                  \
	(MASK_KEY | MLX5_MKEY_MASK_LEN | MLX5_MKEY_MASK_START_ADDR | MLX5_MKEY_MASK_LW |           \
	 MLX5_MKEY_MASK_RR | MLX5_MKEY_MASK_RW | MLX5_MKEY_MASK_A)

enum { OWNER, PEER };

struct window {
	struct guest *guest;
	struct guest_qp qp[2]; /* the owner binds, the peer uses */
	struct guest_cq cq[2];
	uint64_t memory, local;
	uint32_t mr; /* SIZE bytes at memory, for nobody else */
	uint32_t lkey;
	uint32_t key; /* of the window, as it is now */
	uint16_t posted[2];
};

static int setup(void **state)
{
	static struct window test;

	test = (struct window){ .guest = guest_create() };
	guest_pair(test.guest, test.qp, test.cq);
	test.memory = guest_alloc(test.guest, SIZE);
	test.local = guest_alloc(test.guest, SIZE);
	test.mr = guest_mr(test.guest, test.memory, SIZE, MKEY_LOCAL_READ | MKEY_LOCAL_WRITE);
	test.lkey = guest_mr(test.guest, test.local, SIZE, GUEST_ACCESS);
	guest_fill(guest_ptr(test.guest, test.local), SIZE, 5);
	*state = &test;
	return 0;
}

static int teardown(void **state)
{
	struct window *test = *state;

	guest_destroy(test->guest);
	return 0;
}

static void alloc(struct window *test, bool type2)
{
	test->key = guest_mkey(test->guest, &(struct guest_mkey){
						    .pd = test->guest->pd,
						    .access = MKEY_LOCAL_READ,
						    .variant = 0x11,
						    .klm = true,
						    .free = true,
						    .umr = true,
						    .octowords = 4,
						    .remote_invalidate = type2,
					    });
}

struct bind {
	uint32_t imm;  /* key that is changed */
	uint8_t flags; /* beside the ones that always are */
	uint64_t mask;
	uint8_t variant, access;
	uint32_t qpn;
	uint64_t start, len;
	bool free;
	uint32_t mr;
	uint64_t address;
};

static struct bind bind_type1(const struct window *test)
{
	return (struct bind){
		.imm = test->key,
		.mask = MASK_BIND,
		.variant = test->key + 1,
		.access = MKEY_REMOTE_WRITE | MKEY_REMOTE_READ,
		.qpn = MKEY_QPN_ANY,
		.start = test->memory,
		.len = SIZE,
		.mr = test->mr,
		.address = test->memory,
	};
}

static struct bind bind_type2(const struct window *test)
{
	struct bind bind = bind_type1(test);

	bind.flags = MLX5_UMR_CHECK_NOT_FREE;
	bind.mask |= MLX5_MKEY_MASK_QPN;
	bind.qpn = test->qp[OWNER].qpn;
	return bind;
}

/* As set_bind_wr() of libmlx5 builds it */
static void post_bind(struct window *test, const struct bind *bind)
{
	struct mlx5_wqe_umr_ctrl_seg *ctrl;
	struct guest_wqe wqe;
	void *mkc;

	guest_wqe(&wqe, MLX5_OPCODE_UMR, GUEST_SIGNALED, bind->imm);
	ctrl = (void *)(wqe.bytes + wqe.len);
	ctrl->flags = MLX5_UMR_TRANSLATION_OFFSET_EN | MLX5_UMR_INLINE | bind->flags;
	ctrl->mkey_mask = cpu_to_be64(bind->mask);
	ctrl->xlt_octowords = cpu_to_be16(bind->len ? 4 : 0);
	mkc = wqe.bytes + wqe.len + sizeof(*ctrl);
	MLX5_SET(mkc, mkc, free, bind->free);
	MLX5_SET(mkc, mkc, qpn, bind->qpn);
	MLX5_SET(mkc, mkc, mkey_7_0, bind->variant);
	MLX5_SET(mkc, mkc, lw, !!(bind->access & MKEY_LOCAL_WRITE));
	MLX5_SET(mkc, mkc, rr, !!(bind->access & MKEY_REMOTE_READ));
	MLX5_SET(mkc, mkc, rw, !!(bind->access & MKEY_REMOTE_WRITE));
	MLX5_SET(mkc, mkc, a, !!(bind->access & MKEY_REMOTE_ATOMIC));
	MLX5_SET64(mkc, mkc, start_addr, bind->start);
	MLX5_SET64(mkc, mkc, len, bind->len);
	wqe.len += sizeof(*ctrl) + sizeof(struct mlx5_mkey_seg);
	if (bind->len) {
		guest_put_klms(wqe.bytes + wqe.len,
			       &(struct guest_klm){ bind->len, bind->mr, bind->address }, 1);
		wqe.len += 64;
	}
	guest_post(test->guest, &test->qp[OWNER], &wqe, false);
}

static void expect(struct window *test, unsigned int side, uint8_t syndrome)
{
	guest_expect(test->guest, &test->cq[side], syndrome ? CQE_REQ_ERR : CQE_REQ,
		     test->posted[side], syndrome);
	test->posted[side] = test->qp[side].sq_posted;
}

static void bind(struct window *test, const struct bind *bind)
{
	post_bind(test, bind);
	expect(test, OWNER, 0);
	test->key = (test->key & ~0xffu) | bind->variant;
}

static void refuse(struct window *test, const struct bind *bind)
{
	struct mkey *mkey = mkey_find(&test->guest->nic->memory->mkeys, bind->imm >> 8);
	struct mkey before = *mkey;

	post_bind(test, bind);
	expect(test, OWNER, CQE_MW_BIND);
	assert_memory_equal(&before, mkey, sizeof(before));
}

/* IBV_WR_LOCAL_INV */
static struct bind invalidation(uint32_t key)
{
	return (struct bind){
		.imm = key,
		.flags = CHECK_QPN,
		.mask = MASK_KEY | MLX5_MKEY_MASK_QPN,
		.qpn = MKEY_QPN_ANY,
		.free = true,
	};
}

static void post_rdma(struct window *test, uint8_t opcode, uint64_t va, uint32_t len)
{
	struct guest_wqe wqe;

	guest_wqe(&wqe, opcode, GUEST_SIGNALED, 0);
	guest_wqe_raddr(&wqe, va, test->key);
	guest_wqe_data(&wqe, test->local, test->lkey, len);
	guest_post(test->guest, &test->qp[PEER], &wqe, false);
}

static void use(struct window *test, uint64_t va, uint32_t len, uint8_t syndrome)
{
	post_rdma(test, MLX5_OPCODE_RDMA_WRITE, va, len);
	expect(test, PEER, syndrome);
}

static void type_1_can_be_bound_again_while_bound(void **state)
{
	struct window *test = *state;
	struct bind request;

	alloc(test, false);
	request = bind_type1(test);
	bind(test, &request);
	use(test, test->memory, SIZE, 0);
	guest_assert_filled(guest_ptr(test->guest, test->memory), SIZE, 5);
	/* bound again while it is bound, elsewhere and smaller */
	request = bind_type1(test);
	request.start = test->memory + 100;
	request.address = test->memory + 100;
	request.len = 50;
	bind(test, &request);
	use(test, test->memory + 100, 50, 0);
	use(test, test->memory + 100, 51, CQE_REMOTE_ACCESS);
}

static void unbound_type_1_gives_no_access(void **state)
{
	struct window *test = *state;
	struct bind request;

	alloc(test, false);
	request = bind_type1(test);
	bind(test, &request);
	request = (struct bind){
		.imm = test->key,
		.mask = MASK_KEY,
		.variant = test->key + 1,
		.qpn = MKEY_QPN_ANY,
		.free = true,
	};
	bind(test, &request);
	use(test, test->memory, 8, CQE_REMOTE_ACCESS);
}

static void window_gives_no_access_before_it_is_bound(void **state)
{
	struct window *test = *state;

	alloc(test, false);
	use(test, test->memory, 8, CQE_REMOTE_ACCESS);
}

static void old_key_gives_no_access(void **state)
{
	struct window *test = *state;
	struct bind request;

	alloc(test, false);
	request = bind_type1(test);
	bind(test, &request);
	test->key--;
	use(test, test->memory, 8, CQE_REMOTE_ACCESS);
}

static void window_gives_its_own_rights(void **state)
{
	struct window *test = *state;
	struct bind request;

	alloc(test, false);
	request = bind_type1(test);
	request.access = MKEY_REMOTE_READ;
	bind(test, &request);
	post_rdma(test, MLX5_OPCODE_RDMA_READ, test->memory, 64);
	expect(test, PEER, 0);
	use(test, test->memory, 64, CQE_REMOTE_ACCESS);
}

static void window_gives_access_to_atomics(void **state)
{
	struct window *test = *state;
	uint64_t *target = guest_ptr(test->guest, test->memory + 8);
	struct bind request;
	struct guest_wqe wqe;

	alloc(test, false);
	request = bind_type1(test);
	request.access = MKEY_REMOTE_ATOMIC;
	bind(test, &request);
	*target = 40;
	guest_wqe(&wqe, MLX5_OPCODE_ATOMIC_FA, GUEST_SIGNALED, 0);
	guest_wqe_raddr(&wqe, test->memory + 8, test->key);
	guest_wqe_atomic(&wqe, 2, 0);
	guest_wqe_data(&wqe, test->local, test->lkey, 8);
	guest_post(test->guest, &test->qp[PEER], &wqe, false);
	expect(test, PEER, 0);
	assert_int_equal(*target, 42);
	assert_int_equal(*(uint64_t *)guest_ptr(test->guest, test->local), 40);
}

static void window_may_begin_at_zero(void **state)
{
	struct window *test = *state;
	struct bind request;

	alloc(test, true);
	request = bind_type2(test);
	request.start = 0;
	request.address = test->memory + 64;
	request.len = SIZE - 64;
	bind(test, &request);
	use(test, 0, SIZE - 64, 0);
	guest_assert_filled(guest_ptr(test->guest, test->memory + 64), SIZE - 64, 5);
}

static void type_2_is_invalidated_before_it_is_bound_again(void **state)
{
	struct window *test = *state;
	struct bind request;

	alloc(test, true);
	request = bind_type2(test);
	bind(test, &request);
	use(test, test->memory, SIZE, 0);
	/* it must be invalidated before it is bound again */
	request = bind_type2(test);
	refuse(test, &request);
}

static void owner_invalidates_type_2(void **state)
{
	struct window *test = *state;
	uint32_t allocated;
	struct bind request;

	alloc(test, true);
	allocated = test->key;
	request = bind_type2(test);
	bind(test, &request);
	request = invalidation(test->key);
	post_bind(test, &request);
	expect(test, OWNER, 0);
	/* and once more, by the key that it was allocated with, as programs may still name it */
	request = bind_type2(test);
	request.imm = allocated;
	bind(test, &request);
	use(test, test->memory, 64, 0);
	request = invalidation(test->key);
	post_bind(test, &request);
	expect(test, OWNER, 0);
	use(test, test->memory, 64, CQE_REMOTE_ACCESS);
}

static void old_key_is_not_invalidated(void **state)
{
	struct window *test = *state;
	struct bind request;

	alloc(test, true);
	request = bind_type2(test);
	bind(test, &request);
	request = invalidation(test->key - 1);
	refuse(test, &request);
}

static void type_2_of_another_qp_gives_no_access(void **state)
{
	struct window *test = *state;
	struct bind request;

	alloc(test, true);
	request = bind_type2(test);
	request.qpn = test->qp[PEER].qpn;
	bind(test, &request);
	/* the peer's requests come in through the owner's QP, to which it is not bound */
	use(test, test->memory, 8, CQE_REMOTE_ACCESS);
}

static void type_2_of_another_qp_is_not_invalidated(void **state)
{
	struct window *test = *state;
	struct bind request;

	alloc(test, true);
	request = bind_type2(test);
	request.qpn = test->qp[PEER].qpn;
	bind(test, &request);
	request = invalidation(test->key);
	refuse(test, &request);
}

static void send_invalidate(struct window *test)
{
	struct guest_wqe wqe;

	guest_post_recv(test->guest, &test->qp[OWNER], test->memory, test->mr, 8);
	guest_wqe(&wqe, MLX5_OPCODE_SEND_INVAL, GUEST_SIGNALED, test->key);
	guest_post(test->guest, &test->qp[PEER], &wqe, false);
}

static void peer_invalidates_type_2(void **state)
{
	struct window *test = *state;
	struct bind request;

	alloc(test, true);
	request = bind_type2(test);
	bind(test, &request);
	send_invalidate(test);
	expect(test, PEER, 0);
	guest_expect(test->guest, &test->cq[OWNER], CQE_RESP_SEND_INV, 0, 0);
	assert_true(mkey_find(&test->guest->nic->memory->mkeys, test->key >> 8)->free);
	request = bind_type2(test);
	bind(test, &request);
	use(test, test->memory, 8, 0);
}

static void peer_does_not_invalidate_type_1(void **state)
{
	struct window *test = *state;
	struct bind request;

	/* type 1 is not the remote side's to invalidate */
	alloc(test, false);
	request = bind_type1(test);
	bind(test, &request);
	send_invalidate(test);
	expect(test, PEER, CQE_REMOTE_ACCESS);
	assert_false(mkey_find(&test->guest->nic->memory->mkeys, test->key >> 8)->free);
}

static void peer_does_not_invalidate_for_another_qp(void **state)
{
	struct window *test = *state;
	struct bind request;

	alloc(test, true);
	request = bind_type2(test);
	request.qpn = test->qp[PEER].qpn;
	bind(test, &request);
	send_invalidate(test);
	expect(test, PEER, CQE_REMOTE_ACCESS);
	assert_false(mkey_find(&test->guest->nic->memory->mkeys, test->key >> 8)->free);
}

/*
 * What a program must not do by its own queue.
 */
static void window_of_another_domain_is_not_bound(void **state)
{
	struct window *test = *state;
	struct bind request;

	alloc(test, false);
	mkey_set_pd(mkey_find(&test->guest->nic->memory->mkeys, test->key >> 8),
		    pd_find(test->guest->nic, guest_pd(test->guest)));
	request = bind_type1(test);
	refuse(test, &request);
}

static void domain_is_not_changed(void **state)
{
	struct window *test = *state;
	struct bind request;

	alloc(test, false);
	request = bind_type1(test);
	request.mask |= MLX5_MKEY_MASK_PD;
	refuse(test, &request);
}

static void key_of_a_region_is_not_bound(void **state)
{
	struct window *test = *state;
	struct bind request;

	/* a region's own key, although it may be changed by UMR: its list has bus addresses */
	alloc(test, false);
	mkey_find(&test->guest->nic->memory->mkeys, test->mr >> 8)->umr = true;
	request = bind_type1(test);
	request.imm = test->mr;
	refuse(test, &request);
}

static void region_of_another_domain_gives_no_access(void **state)
{
	struct window *test = *state;
	struct bind request;

	/* it may be named, as hardware looks at it only when it is used */
	alloc(test, false);
	mkey_set_pd(mkey_find(&test->guest->nic->memory->mkeys, test->mr >> 8),
		    pd_find(test->guest->nic, guest_pd(test->guest)));
	request = bind_type1(test);
	bind(test, &request);
	use(test, test->memory, 8, CQE_REMOTE_ACCESS);
}

static void kernels_key_gives_no_access(void **state)
{
	struct window *test = *state;
	struct bind request;

	/* the kernel's own key for all memory is in no program's domain */
	alloc(test, false);
	mkey_set_pd(mkey_find(&test->guest->nic->memory->mkeys, test->guest->dma_key >> 8),
		    pd_find(test->guest->nic, guest_pd(test->guest)));
	request = bind_type1(test);
	request.mr = test->guest->dma_key;
	bind(test, &request);
	use(test, test->memory, 8, CQE_REMOTE_ACCESS);
}

static void key_not_made_for_umr_is_not_bound(void **state)
{
	struct window *test = *state;
	struct bind request;

	alloc(test, false);
	mkey_find(&test->guest->nic->memory->mkeys, test->key >> 8)->umr = false;
	request = bind_type1(test);
	refuse(test, &request);
}

static void window_with_a_longer_list_is_not_bound(void **state)
{
	struct window *test = *state;
	struct mkey *mkey;
	struct bind request;

	alloc(test, false);
	mkey = mkey_find(&test->guest->nic->memory->mkeys, test->key >> 8);
	mkey->entries = 3;
	request = bind_type1(test);
	refuse(test, &request);
	mkey->entries = 4;
}

static void window_goes_with_its_qp_and_device(void **state)
{
	struct window *test = *state;
	struct bind request;

	alloc(test, true);
	request = bind_type2(test);
	bind(test, &request);
	guest_qp_destroy(test->guest, &test->qp[OWNER]);
	pci_function_reset(&test->guest->nic->fn);
	assert_int_equal(objects_count(test->guest->nic), 0);
	assert_int_equal(test->guest->nic->memory->mkeys.xlt_bytes, 0);
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)
	const struct CMUnitTest tests[] = {
		TEST(type_1_can_be_bound_again_while_bound),
		TEST(unbound_type_1_gives_no_access),
		TEST(window_gives_no_access_before_it_is_bound),
		TEST(old_key_gives_no_access),
		TEST(window_gives_its_own_rights),
		TEST(window_gives_access_to_atomics),
		TEST(window_may_begin_at_zero),
		TEST(type_2_is_invalidated_before_it_is_bound_again),
		TEST(owner_invalidates_type_2),
		TEST(old_key_is_not_invalidated),
		TEST(type_2_of_another_qp_gives_no_access),
		TEST(type_2_of_another_qp_is_not_invalidated),
		TEST(peer_invalidates_type_2),
		TEST(peer_does_not_invalidate_type_1),
		TEST(peer_does_not_invalidate_for_another_qp),
		TEST(window_of_another_domain_is_not_bound),
		TEST(domain_is_not_changed),
		TEST(key_of_a_region_is_not_bound),
		TEST(region_of_another_domain_gives_no_access),
		TEST(kernels_key_gives_no_access),
		TEST(key_not_made_for_umr_is_not_bound),
		TEST(window_with_a_longer_list_is_not_bound),
		TEST(window_goes_with_its_qp_and_device),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
