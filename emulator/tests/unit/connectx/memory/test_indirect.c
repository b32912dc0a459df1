// SPDX-License-Identifier: GPL-2.0 OR Linux-OpenIB
/* Keys that lead to other keys: lists, pieces of one size, strided blocks, and what is refused. */
#include <string.h>

#include "connectx/command/pd.h"
#include "connectx/queue/completion.h"
#include "guest_command.h"
#include "guest_transfer.h"
#include "util/macros.h"

#define SIZE	(4 * GUEST_PAGE)
#define STRIDED	0x400
#define MS	1000000ULL

static int setup(void **state)
{
	static struct guest_transfer test;

	guest_transfer_create(&test, SIZE);
	*state = &test;
	return 0;
}

static struct guest_mkey klm_proto(const struct guest_transfer *test, const struct guest_klm *klms,
				   uint32_t count, uint64_t len)
{
	return (struct guest_mkey){
		.pd = test->guest->pd,
		.access = GUEST_ACCESS,
		.variant = 3,
		.klm = true,
		.len = len,
		.octowords = count,
		.klms = klms,
		.num_klms = count,
	};
}

static uint32_t klm_key(struct guest_transfer *test, const struct guest_klm *klms, uint32_t count,
			uint64_t len)
{
	struct guest_mkey attr = klm_proto(test, klms, count, len);

	return guest_mkey(test->guest, &attr);
}

/* Write @len bytes from @lva of @lkey to @rva of @rkey; the completion has @syndrome. */
static void write_keys(struct guest_transfer *test, uint32_t lkey, uint64_t lva, uint32_t rkey,
		       uint64_t rva, uint32_t len, uint8_t syndrome)
{
	uint16_t index = test->qp[0].sq_posted;
	struct guest_wqe wqe;

	guest_wqe(&wqe, MLX5_OPCODE_RDMA_WRITE, GUEST_SIGNALED, 0);
	guest_wqe_raddr(&wqe, rva, rkey);
	guest_wqe_data(&wqe, lva, lkey, len);
	guest_post(test->guest, &test->qp[0], &wqe, false);
	guest_expect(test->guest, &test->cq[0], syndrome ? CQE_REQ_ERR : CQE_REQ, index, syndrome);
}

static const uint8_t *source(const struct guest_transfer *test, uint64_t offset)
{
	return (uint8_t *)guest_ptr(test->guest, test->local) + offset;
}

static const uint8_t *target(const struct guest_transfer *test, uint64_t offset)
{
	return (uint8_t *)guest_ptr(test->guest, test->remote) + offset;
}

static void list_of_keys_is_written_piece_by_piece(void **state)
{
	struct guest_transfer *test = *state;
	const struct guest_klm to[] = {
		{ 100, test->rkey, test->remote + 5000 },
		{ 0, 0, 0 }, /* names nothing, and is passed over */
		{ 3000, test->rkey, test->remote },
		{ 8, test->rkey, test->remote + SIZE - 8 },
	};
	uint32_t key = klm_key(test, to, 4, 3108);

	write_keys(test, test->lkey, test->local, key, 0, 3108, 0);
	assert_memory_equal(target(test, 5000), source(test, 0), 100);
	assert_memory_equal(target(test, 0), source(test, 100), 3000);
	assert_memory_equal(target(test, SIZE - 8), source(test, 3100), 8);
	assert_int_equal(*target(test, 3000), 0);
	assert_int_equal(*target(test, 5100), 0);
	/* from the middle of one piece to the middle of another */
	write_keys(test, test->lkey, test->local, key, 99, 2, 0);
	assert_memory_equal(target(test, 5099), source(test, 0), 1);
	assert_memory_equal(target(test, 0), source(test, 1), 1);
}

static void list_of_keys_is_read_from_its_own_start(void **state)
{
	struct guest_transfer *test = *state;
	const struct guest_klm from[] = {
		{ GUEST_PAGE, test->lkey, test->local + GUEST_PAGE },
		{ GUEST_PAGE, test->lkey, test->local },
	};
	struct guest_mkey attr = klm_proto(test, from, 2, 2 * GUEST_PAGE);

	/* a start of its own, which the pieces know nothing of */
	attr.start = 0x7000000123;
	write_keys(test, guest_mkey(test->guest, &attr), attr.start + 10, test->rkey, test->remote,
		   2 * GUEST_PAGE - 10, 0);
	assert_memory_equal(target(test, 0), source(test, GUEST_PAGE + 10), GUEST_PAGE - 10);
	assert_memory_equal(target(test, GUEST_PAGE - 10), source(test, 0), GUEST_PAGE);
}

static void pieces_of_one_size_need_no_length(void **state)
{
	struct guest_transfer *test = *state;
	const struct guest_klm to[] = {
		{ 0, test->rkey, test->remote + 2 * GUEST_PAGE },
		{ 0, test->rkey, test->remote + GUEST_PAGE },
		{ 0, test->rkey, test->remote },
	};
	struct guest_mkey attr = klm_proto(test, to, 3, 3 * GUEST_PAGE - 0x10);
	uint32_t key;

	attr.klm = false;
	attr.ksm = true;
	attr.page_shift = 12;
	attr.start = 0x10010;
	key = guest_mkey(test->guest, &attr);
	/* the first piece begins at the start, which is no multiple of its size */
	write_keys(test, test->lkey, test->local, key, attr.start, 3 * GUEST_PAGE - 0x10, 0);
	assert_memory_equal(target(test, 2 * GUEST_PAGE), source(test, 0), GUEST_PAGE);
	assert_memory_equal(target(test, GUEST_PAGE), source(test, GUEST_PAGE), GUEST_PAGE);
	assert_memory_equal(target(test, 0), source(test, 2 * GUEST_PAGE), GUEST_PAGE - 0x10);
	assert_int_equal(*target(test, GUEST_PAGE - 0x10), 0);
}

/* What lies where, of keys whose starts are no multiples of anything: addresses by hand. */
static const struct {
	uint64_t start;
	uint8_t page_shift; /* KSM; 0: KLMs, or a strided block */
	bool strided;
	uint64_t va;       /* looked for */
	uint64_t expected; /* in the key that the list names */
	uint64_t len;      /* that follow there, of all that can be asked for */
} places[] = {
	/* pieces of 1 GiB from 0x55ef80000000 on, seen 192 bytes further up */
	{ 0x55ef800000c0, 30, false, 0x55ef800000c0, 0x55ef80000000, 0x40000000 },
	{ 0x55ef800000c0, 30, false, 0x55ef80012418, 0x55ef80012358, 0x3ffedca8 },
	{ 0x55ef800000c0, 30, false, 0x55efc0000000, 0x55efbfffff40, 0xc0 },
	{ 0x55ef800000c0, 30, false, 0x55efc00000c0, 0x66ef80000000, 0x40000000 },
	{ 0x55ef800000c0, 30, false, 0x55efffffffff, 0x66efbfffff3f, 0xc1 },
	/* start above all multiples in it; pieces of 4 KiB */
	{ 0x10ff8, 12, false, 0x10ff8, 0x55ef80000000, 0x1000 },
	{ 0x10ff8, 12, false, 0x11ff7, 0x55ef80000fff, 1 },
	{ 0x10ff8, 12, false, 0x11ff8, 0x66ef80000000, 0x1000 },
	/* KLMs of 0x1000 bytes, and a block that takes 8 of every 16 */
	{ 0x7000000123, 0, false, 0x7000000123, 0x55ef80000000, 0x1000 },
	{ 0x7000000123, 0, false, 0x7000001122, 0x55ef80000fff, 1 },
	{ 0x7000000123, 0, false, 0x7000001125, 0x66ef80000002, 0xffe },
	{ 0x7000000123, 0, true, 0x7000000123, 0x55ef80000000, 8 },
	{ 0x7000000123, 0, true, 0x700000012d, 0x55ef80000012, 6 },
};

static void check_place(struct guest_transfer *test, unsigned int i)
{
	const struct guest_klm pieces[] = {
		{ 0x1000, test->rkey, 0x55ef80000000 },
		{ 0x1000, test->rkey, 0x66ef80000000 },
	};
	const struct guest_klm strided[] = {
		{ 8, STRIDED, 16ULL << 32 | 1 },
		{ 16 << 16 | 8, test->rkey, 0x55ef80000000 },
	};
	struct guest_mkey attr = klm_proto(test, places[i].strided ? strided : pieces, 2,
					   1ULL << 31);
	struct mkey_place place = { .va = places[i].va, .len = UINT64_MAX };
	struct mkey *mkey;

	attr.start = places[i].start;
	attr.page_shift = places[i].page_shift;
	attr.ksm = places[i].page_shift;
	attr.klm = !attr.ksm;
	mkey = mkey_find(&test->guest->nic->memory->mkeys, guest_mkey(test->guest, &attr) >> 8);
	assert_int_equal(mkey_follow(mkey, &place), MKEY_OK);
	assert_int_equal(place.key, test->rkey);
	assert_int_equal(place.va, places[i].expected);
	assert_int_equal(place.len, places[i].len);
}

static void every_place_in_a_list_is_found(void **state)
{
	for (unsigned int i = 0; i < ARRAY_SIZE(places); i++)
		check_place(*state, i);
}

/* Behind the last piece nothing follows, although the key is said to be longer. */
static void nothing_follows_the_last_piece(void **state)
{
	struct guest_transfer *test = *state;
	const struct guest_klm pieces[] = {
		{ 0, test->rkey, test->remote },
		{ 0, test->rkey, test->remote },
		{ 0, test->rkey, test->remote },
		{ 0, test->rkey, test->remote },
	};
	struct guest_mkey attr = klm_proto(test, pieces, 4, SIZE + 1);

	attr.klm = false;
	attr.ksm = true;
	attr.page_shift = 12;
	attr.start = 0x10ff8;
	write_keys(test, test->lkey, test->local, guest_mkey(test->guest, &attr),
		   attr.start + SIZE - 1, 1, 0);
	write_keys(test, test->lkey, test->local, guest_mkey(test->guest, &attr), attr.start + SIZE,
		   1, CQE_REMOTE_ACCESS);
}

/* Three times eight bytes from each of two streams, as test_mlx5_mkey of rdma-core lays them out */
static void strided_blocks_are_gathered(void **state)
{
	struct guest_transfer *test = *state;
	const struct guest_klm from[] = {
		{ 4, test->lkey, test->local + 1000 },
		{ 16, STRIDED, 3ULL << 32 | 2 },
		{ 10 << 16 | 8, test->lkey, test->local },
		{ 10 << 16 | 8, test->lkey, test->local + 64 },
		{ 4, test->lkey, test->local + 2000 },
	};
	uint32_t key = klm_key(test, from, 5, 56);
	uint8_t expected[56], *to = expected;

	memcpy(to, source(test, 1000), 4);
	to += 4;
	for (unsigned int i = 0; i < 3; i++) {
		memcpy(to, source(test, 10 * i), 8);
		memcpy(to + 8, source(test, 64 + 10 * i), 8);
		to += 16;
	}
	memcpy(to, source(test, 2000), 4);
	write_keys(test, key, 0, test->rkey, test->remote, 56, 0);
	assert_memory_equal(target(test, 0), expected, sizeof(expected));
	/* and from any place within it */
	for (unsigned int at = 0; at < sizeof(expected); at++) {
		write_keys(test, key, at, test->rkey, test->remote, 1, 0);
		assert_int_equal(*target(test, 0), expected[at]);
	}
}

static void malformed_strides_are_refused(void **state)
{
	struct guest_transfer *test = *state;
	const struct guest_klm short_of_streams[] = {
		{ 16, STRIDED, 1ULL << 32 | 9 },
		{ 8 << 16 | 8, test->lkey, test->local },
	};
	const struct guest_klm short_of_bytes[] = {
		{ 16, STRIDED, 1ULL << 32 | 1 },
		{ 8 << 16 | 8, test->lkey, test->local },
	};
	const struct guest_klm endless[] = {
		{ UINT32_MAX, STRIDED, (uint64_t)UINT32_MAX << 32 | 1 },
		{ 8 << 16 | 8, test->lkey, test->local },
		{ UINT32_MAX, STRIDED, (uint64_t)UINT32_MAX << 32 | 1 },
		{ UINT32_MAX, STRIDED, (uint64_t)UINT32_MAX << 32 | 0xffff },
	};
	const struct {
		const struct guest_klm *klms;
		uint32_t count;
		uint64_t va;
	} lists[] = {
		{ short_of_streams, 2, 0 },
		{ short_of_bytes, 2, 8 },
		{ endless, 4, 1ULL << 40 },
		{ endless, 4, UINT64_MAX - 100 },
	};
	const struct mkey_use use = {
		.pd = pd_find(test->guest->nic, test->guest->pd),
		.access = MKEY_LOCAL_READ,
	};

	for (unsigned int i = 0; i < ARRAY_SIZE(lists); i++) {
		uint32_t key = klm_key(test, lists[i].klms, lists[i].count, UINT64_MAX);
		struct mkey_place place;

		assert_int_equal(mkey_resolve(&test->guest->nic->memory->mkeys, key, &use,
					      lists[i].va, 1, false, &place),
				 MKEY_BAD_RANGE);
	}
}

/* The list is shorter than the key says, and longer. */
static void shorter_of_list_and_key_counts(void **state)
{
	struct guest_transfer *test = *state;
	const struct guest_klm to[] = { { 64, test->rkey, test->remote } };

	write_keys(test, test->lkey, test->local, klm_key(test, to, 1, 32), 0, 32, 0);
	assert_int_equal(*target(test, 32), 0);
	write_keys(test, test->lkey, test->local, klm_key(test, to, 1, 128), 0, 65,
		   CQE_REMOTE_ACCESS);
}

static void range_beyond_the_key_is_refused(void **state)
{
	struct guest_transfer *test = *state;
	const struct guest_klm to[] = { { 64, test->rkey, test->remote } };

	write_keys(test, test->lkey, test->local, klm_key(test, to, 1, 32), 0, 33,
		   CQE_REMOTE_ACCESS);
}

static void range_beyond_a_child_is_refused(void **state)
{
	struct guest_transfer *test = *state;
	const struct guest_klm to[] = { { 64, test->rkey, test->remote + SIZE - 32 } };

	write_keys(test, test->lkey, test->local, klm_key(test, to, 1, 64), 0, 64,
		   CQE_REMOTE_ACCESS);
}

static void local_range_beyond_a_child_is_refused(void **state)
{
	struct guest_transfer *test = *state;
	const struct guest_klm from[] = { { 64, test->lkey, test->local + SIZE - 32 } };

	write_keys(test, klm_key(test, from, 1, 64), 0, test->rkey, test->remote, 64,
		   CQE_LOCAL_PROT);
}

static void child_of_another_variant_is_refused(void **state)
{
	struct guest_transfer *test = *state;
	const struct guest_klm to[] = { { 64, test->rkey ^ 1, test->remote } };

	write_keys(test, test->lkey, test->local, klm_key(test, to, 1, 64), 0, 64,
		   CQE_REMOTE_ACCESS);
}

static void destroyed_child_is_refused(void **state)
{
	struct guest_transfer *test = *state;
	const struct guest_klm to[] = { { 64, test->rkey, test->remote } };
	COMMAND(destroy_mkey, DESTROY_MKEY, 0);
	uint32_t key = klm_key(test, to, 1, 64);

	/* a list holds no references: as on hardware, the key is destroyed and the list stays */
	MLX5_SET(destroy_mkey_in, in, mkey_index, test->rkey >> 8);
	guest_command(test->guest, in, sizeof(in), out, sizeof(out));
	write_keys(test, test->lkey, test->local, key, 0, 64, CQE_REMOTE_ACCESS);
}

static void child_of_another_domain_is_refused(void **state)
{
	struct guest_transfer *test = *state;
	const uint64_t page = test->remote;
	uint32_t child = guest_mkey(test->guest, &(struct guest_mkey){
							 .pd = guest_pd(test->guest),
							 .access = GUEST_ACCESS,
							 .page_shift = 12,
							 .len = GUEST_PAGE,
							 .octowords = 1,
							 .pages = &page,
							 .num_pages = 1,
						 });
	const struct guest_klm to[] = { { 64, child, 0 } };

	write_keys(test, test->lkey, test->local, klm_key(test, to, 1, 64), 0, 64,
		   CQE_REMOTE_ACCESS);
}

/* Remote rights are checked on the list, local rights on the keys that it names. */
static void rights_are_those_of_the_list(void **state)
{
	struct guest_transfer *test = *state;
	uint32_t child = guest_mr(test->guest, test->remote, SIZE,
				  MKEY_LOCAL_READ | MKEY_LOCAL_WRITE);
	const struct guest_klm to[] = { { 64, child, test->remote } };
	struct guest_mkey attr = klm_proto(test, to, 1, 64);

	attr.access = MKEY_REMOTE_WRITE;
	write_keys(test, test->lkey, test->local, guest_mkey(test->guest, &attr), 0, 64, 0);
	attr.access = GUEST_ACCESS & ~MKEY_REMOTE_WRITE;
	write_keys(test, test->lkey, test->local, guest_mkey(test->guest, &attr), 0, 64,
		   CQE_REMOTE_ACCESS);
}

static void read_only_child_is_not_written(void **state)
{
	struct guest_transfer *test = *state;
	uint32_t child = guest_mr(test->guest, test->remote, SIZE,
				  MKEY_LOCAL_READ | MKEY_REMOTE_READ | MKEY_REMOTE_WRITE);
	const struct guest_klm to[] = { { 64, child, test->remote } };

	write_keys(test, test->lkey, test->local, klm_key(test, to, 1, 64), 0, 64,
		   CQE_REMOTE_ACCESS);
	assert_int_equal(*target(test, 0), 0);
}

static void depth_of_lists_is_limited(void **state)
{
	struct guest_transfer *test = *state;
	uint32_t key = test->rkey;
	uint64_t va = test->remote;

	for (unsigned int i = 0; i < CX_MAX_INDIRECTION; i++) {
		const struct guest_klm to[] = { { 64, key, va } };

		key = klm_key(test, to, 1, 64);
		va = 0;
	}
	write_keys(test, test->lkey, test->local, key, 0, 64, 0);
	assert_memory_equal(target(test, 0), source(test, 0), 64);
	key = klm_key(test, (struct guest_klm[]){ { 64, key, 0 } }, 1, 64);
	write_keys(test, test->lkey, test->local, key, 0, 64, CQE_REMOTE_ACCESS);
}

static void list_of_itself_is_refused(void **state)
{
	struct guest_transfer *test = *state;
	uint32_t key = klm_key(test, (struct guest_klm[]){ { 64, test->rkey, 0 } }, 1, 64);
	struct mkey *mkey = mkey_find(&test->guest->nic->memory->mkeys, key >> 8);
	uint8_t self[MKEY_KLM_SIZE];

	guest_put_klms(self, &(struct guest_klm){ 64, key, 0 }, 1);
	assert_int_equal(mkey_load(mkey, 0, 1, self, 0), 0);
	write_keys(test, test->lkey, test->local, key, 0, 64, CQE_REMOTE_ACCESS);
}

static void list_bound_to_a_qp_serves_that_qp_alone(void **state)
{
	struct guest_transfer *test = *state;
	const struct guest_klm to[] = { { 64, test->rkey, test->remote } };
	struct guest_mkey attr = klm_proto(test, to, 1, 64);

	attr.qpn = test->qp[1].qpn;
	write_keys(test, test->lkey, test->local, guest_mkey(test->guest, &attr), 0, 64, 0);
	attr.qpn = test->qp[0].qpn;
	write_keys(test, test->lkey, test->local, guest_mkey(test->guest, &attr), 0, 64,
		   CQE_REMOTE_ACCESS);
}

static void null_key_reads_zeros_and_takes_anything(void **state)
{
	struct guest_transfer *test = *state;
	const struct guest_klm gap[] = {
		{ 8, test->lkey, test->local },
		{ 2 * GUEST_PAGE, MKEY_NULL, 0 },
		{ 8, test->lkey, test->local + 8 },
	};
	static const uint8_t zeros[2 * GUEST_PAGE];
	uint32_t key = klm_key(test, gap, 3, 2 * GUEST_PAGE + 16);

	guest_fill(guest_ptr(test->guest, test->remote), SIZE, 9);
	write_keys(test, key, 0, test->rkey, test->remote, 2 * GUEST_PAGE + 16, 0);
	assert_memory_equal(target(test, 0), source(test, 0), 8);
	assert_memory_equal(target(test, 8), zeros, sizeof(zeros));
	assert_memory_equal(target(test, 8 + sizeof(zeros)), source(test, 8), 8);
	/* what is written to it is gone */
	write_keys(test, test->lkey, test->local, MKEY_NULL, 12345, SIZE, 0);
	write_keys(test, MKEY_NULL, 0, test->rkey, test->remote, sizeof(zeros), 0);
	assert_memory_equal(target(test, 0), zeros, sizeof(zeros));
}

/*
 * Page faults. The driver is told about the key that has no page, not about the one that led there.
 */
static struct mkey *child(const struct guest_transfer *test)
{
	return mkey_find(&test->guest->nic->memory->mkeys, test->rkey >> 8);
}

static void post_write(struct guest_transfer *test, uint32_t key, uint64_t va, uint32_t len)
{
	struct guest_wqe wqe;

	guest_wqe(&wqe, MLX5_OPCODE_RDMA_WRITE, GUEST_SIGNALED, 0);
	guest_wqe_raddr(&wqe, va, key);
	guest_wqe_data(&wqe, test->local, test->lkey, len);
	guest_post(test->guest, &test->qp[0], &wqe, false);
}

static void fault_names_the_child(void **state)
{
	struct guest_transfer *test = *state;
	const struct guest_klm to[] = {
		{ GUEST_PAGE, test->rkey, test->remote + GUEST_PAGE },
		{ GUEST_PAGE, test->rkey, test->remote },
	};
	uint32_t key = klm_key(test, to, 2, 2 * GUEST_PAGE);
	uint64_t ptag = child(test)->xlt[1], token;

	test->guest->nic->queues->faults.enabled = true;
	child(test)->xlt[1] = 0;
	post_write(test, key, 16, 2 * GUEST_PAGE - 16);
	token = guest_expect_fault(test->guest, test->rkey, test->remote + GUEST_PAGE, 1);
	child(test)->xlt[1] = ptag;
	guest_resume(test->guest, token, false);
	guest_expect(test->guest, &test->cq[0], CQE_REQ, 0, 0);
	assert_memory_equal(target(test, GUEST_PAGE + 16), source(test, 0), GUEST_PAGE - 16);
	assert_memory_equal(target(test, 0), source(test, GUEST_PAGE - 16), GUEST_PAGE);
}

/* A list that still names a part of an address space which the driver has given up */
static void fault_of_a_lost_child_waits_for_another_list(void **state)
{
	struct guest_transfer *test = *state;
	uint32_t key = klm_key(test, (struct guest_klm[]){ { 64, test->rkey, test->remote } }, 1,
			       64);
	struct mkey *list = mkey_find(&test->guest->nic->memory->mkeys, key >> 8);
	uint8_t klm[MKEY_KLM_SIZE];

	test->guest->nic->queues->faults.enabled = true;
	child(test)->xlt[0] = 0;
	post_write(test, key, 0, 64);
	guest_resume(test->guest, guest_expect_fault(test->guest, test->rkey, test->remote, 1),
		     true);
	guest_run(test->guest);
	guest_put_klms(klm, &(struct guest_klm){ 64, test->lkey, test->local + GUEST_PAGE }, 1);
	assert_int_equal(mkey_load(list, 0, 1, klm, 0), 0);
	guest_expect_at(test->guest, &test->cq[0], CQE_REQ, 0, 0, MS);
	assert_memory_equal(source(test, GUEST_PAGE), source(test, 0), 64);
}

/* Asked again after a millisecond, then after twice as long as the last time, and given up. */
static void fault_is_asked_again_and_given_up(void **state)
{
	struct guest_transfer *test = *state;
	uint32_t key = klm_key(test, (struct guest_klm[]){ { 64, test->rkey, test->remote } }, 1,
			       64);

	test->guest->nic->queues->faults.enabled = true;
	child(test)->xlt[0] = 0;
	post_write(test, key, 0, 64);
	guest_resume(test->guest, guest_expect_fault(test->guest, test->rkey, test->remote, 1),
		     true);
	for (unsigned int i = 0; i < 10; i++) {
		guest_pass(test->guest, (MS << i) - 1);
		assert_null(guest_event(test->guest));
		guest_pass(test->guest, 1);
		guest_resume(test->guest,
			     guest_expect_fault(test->guest, test->rkey, test->remote, 1), true);
	}
	guest_expect_at(test->guest, &test->cq[0], CQE_REQ_ERR, 0, CQE_REMOTE_ACCESS, 1023 * MS);
}

static void query_gives_back_the_list(void **state)
{
	struct guest_transfer *test = *state;
	const struct guest_klm to[] = {
		{ 64, test->rkey, test->remote },
		{ 32, test->lkey, test->local },
		{ 16, test->rkey, test->remote + 99 },
	};
	uint32_t in[MLX5_ST_SZ_DW(query_mkey_in)] = { 0 };
	uint8_t out[MLX5_ST_SZ_BYTES(query_mkey_out) + MKEY_KLM_SIZE] = { 0 };
	const void *mkc = MLX5_ADDR_OF(query_mkey_out, out, memory_key_mkey_entry);
	uint8_t expected[3 * MKEY_KLM_SIZE];

	MLX5_SET(query_mkey_in, in, opcode, MLX5_CMD_OP_QUERY_MKEY);
	guest_put_klms(expected, to, 3);
	MLX5_SET(query_mkey_in, in, mkey_index, klm_key(test, to, 3, 112) >> 8);
	guest_command(test->guest, in, sizeof(in), out, sizeof(out));
	assert_int_equal(MLX5_GET(mkc, mkc, access_mode_1_0), MLX5_MKC_ACCESS_MODE_KLMS);
	assert_int_equal(MLX5_GET(mkc, mkc, translations_octword_size), 3);
	assert_memory_equal(MLX5_ADDR_OF(query_mkey_out, out, bsf0_klm0_pas_mtt0_1), expected,
			    sizeof(expected));
}

static void list_takes_whole_units_of_memory(void **state)
{
	struct guest_transfer *test = *state;
	struct mkey_table *mkeys = &test->guest->nic->memory->mkeys;
	struct guest_mkey attr = klm_proto(test, NULL, 0, 0);
	uint64_t bytes = mkeys->xlt_bytes;
	uint32_t key;

	attr.octowords = 5;
	key = guest_mkey(test->guest, &attr);
	assert_int_equal(mkeys->xlt_bytes, bytes + 8 * sizeof(struct mkey_klm));
	mkey_remove(mkeys, mkey_find(mkeys, key >> 8));
	assert_int_equal(mkeys->xlt_bytes, bytes);
	/* the limit counts what lists take here, not what they take in a command */
	attr.octowords = CX_MAX_XLT_BYTES / MKEY_OCTOWORD;
	assert_int_equal(guest_try_mkey(test->guest, &attr, &key), MLX5_CMD_STAT_LIM_ERR);
	assert_int_equal(mkeys->xlt_bytes, bytes);
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, guest_transfer_teardown)
	const struct CMUnitTest tests[] = {
		TEST(list_of_keys_is_written_piece_by_piece),
		TEST(list_of_keys_is_read_from_its_own_start),
		TEST(pieces_of_one_size_need_no_length),
		TEST(every_place_in_a_list_is_found),
		TEST(nothing_follows_the_last_piece),
		TEST(strided_blocks_are_gathered),
		TEST(malformed_strides_are_refused),
		TEST(shorter_of_list_and_key_counts),
		TEST(range_beyond_the_key_is_refused),
		TEST(range_beyond_a_child_is_refused),
		TEST(local_range_beyond_a_child_is_refused),
		TEST(child_of_another_variant_is_refused),
		TEST(destroyed_child_is_refused),
		TEST(child_of_another_domain_is_refused),
		TEST(rights_are_those_of_the_list),
		TEST(read_only_child_is_not_written),
		TEST(depth_of_lists_is_limited),
		TEST(list_of_itself_is_refused),
		TEST(list_bound_to_a_qp_serves_that_qp_alone),
		TEST(null_key_reads_zeros_and_takes_anything),
		TEST(fault_names_the_child),
		TEST(fault_of_a_lost_child_waits_for_another_list),
		TEST(fault_is_asked_again_and_given_up),
		TEST(query_gives_back_the_list),
		TEST(list_takes_whole_units_of_memory),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
