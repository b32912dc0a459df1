// SPDX-License-Identifier: GPL-2.0 OR Linux-OpenIB
/*
 * UMR as mlx5_ib posts it: load and enable, chunks, zap, revoke, change of page size, and all that
 * must be refused.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "connectx/command/pd.h"
#include "connectx/queue/completion.h"
#include "connectx/queue/qp.h"
#include "guest_command.h"
#include "guest_mkey.h"
#include "guest_wqe.h"
#include "tlp/capture.h"
#include "tlp/capture_reader.h"

#define PAGES	20U
#define IOVA	0x7f0000000123ULL	/* not page aligned, as user memory is not */

#define MASK_ENABLE (MLX5_MKEY_MASK_KEY | MLX5_MKEY_MASK_FREE)
#define MASK_ACCESS                                                                                \
	(MLX5_MKEY_MASK_LR | MLX5_MKEY_MASK_LW | MLX5_MKEY_MASK_RR | MLX5_MKEY_MASK_RW |           \
	 MLX5_MKEY_MASK_A | MLX5_MKEY_MASK_PD)
#define MASK_TRANSLATION                                                                           \
	(MLX5_MKEY_MASK_LEN | MLX5_MKEY_MASK_PAGE_SIZE | MLX5_MKEY_MASK_START_ADDR)

struct umr {
	struct guest *guest;
	struct guest_cq cq;
	struct guest_qp qp;    /* the driver's UMR queue */
	uint32_t key;          /* with room for PAGES pages, free */
	uint64_t memory, list; /* bus addresses: PAGES pages, and a list of them */
	uint16_t posted;
};

struct request {
	uint8_t flags;
	uint64_t mask, offset; /* offset: octowords */
	uint16_t octowords;
	uint32_t key;
	bool free;
	uint8_t variant, page_shift, access;
	uint32_t pd;
	uint64_t start, len;
};

static int setup(void **state)
{
	static struct umr umr;
	__be64 *list;

	umr = (struct umr){ .guest = guest_create() };
	guest_cq(umr.guest, &umr.cq);
	guest_qp(umr.guest, &umr.qp, &umr.cq, MLX5_QP_ST_REG_UMR);
	guest_connect(umr.guest, &umr.qp, &(struct guest_path){ 0 });
	umr.memory = guest_alloc(umr.guest, PAGES * GUEST_PAGE);
	umr.list = guest_alloc(umr.guest, GUEST_PAGE);
	list = guest_ptr(umr.guest, umr.list);
	for (unsigned int i = 0; i < PAGES; i++)
		list[i] = cpu_to_be64((umr.memory + i * GUEST_PAGE) | MKEY_PTAG_PRESENT);
	umr.key = guest_mkey(umr.guest, &(struct guest_mkey){
						.pd = umr.guest->pd,
						.access = MKEY_LOCAL_READ,
						.variant = 1,
						.page_shift = 12,
						.free = true,
						.umr = true,
						.octowords = PAGES / 2,
					});
	*state = &umr;
	return 0;
}

static int teardown(void **state)
{
	struct umr *umr = *state;

	guest_destroy(umr->guest);
	return 0;
}

static void build(struct guest_wqe *wqe, const struct request *request)
{
	struct mlx5_wqe_umr_ctrl_seg *ctrl;
	void *mkc;

	guest_wqe(wqe, MLX5_OPCODE_UMR, GUEST_SIGNALED, request->key);
	ctrl = (void *)(wqe->bytes + wqe->len);
	ctrl->flags = request->flags;
	ctrl->mkey_mask = cpu_to_be64(request->mask);
	ctrl->xlt_octowords = cpu_to_be16(request->octowords);
	ctrl->xlt_offset = cpu_to_be16(request->offset & 0xffff);
	ctrl->xlt_offset_47_16 = cpu_to_be32(request->offset >> 16);
	mkc = wqe->bytes + wqe->len + sizeof(*ctrl);
	wqe->len += sizeof(*ctrl) + sizeof(struct mlx5_mkey_seg);
	MLX5_SET(mkc, mkc, free, request->free);
	MLX5_SET(mkc, mkc, mkey_7_0, request->variant);
	MLX5_SET(mkc, mkc, qpn, 0xffffff);
	MLX5_SET(mkc, mkc, pd, request->pd);
	MLX5_SET(mkc, mkc, lr, !!(request->access & MKEY_LOCAL_READ));
	MLX5_SET(mkc, mkc, lw, !!(request->access & MKEY_LOCAL_WRITE));
	MLX5_SET(mkc, mkc, rr, !!(request->access & MKEY_REMOTE_READ));
	MLX5_SET(mkc, mkc, rw, !!(request->access & MKEY_REMOTE_WRITE));
	MLX5_SET(mkc, mkc, a, !!(request->access & MKEY_REMOTE_ATOMIC));
	MLX5_SET(mkc, mkc, log_page_size, request->page_shift);
	MLX5_SET64(mkc, mkc, start_addr, request->start);
	MLX5_SET64(mkc, mkc, len, request->len);
}

/* @list: bus address of the translations; 0: none, or inline */
static void post(struct umr *umr, const struct request *request, uint64_t list)
{
	struct guest_wqe wqe;

	build(&wqe, request);
	if (list)
		guest_wqe_data(&wqe, list, umr->guest->dma_key, request->octowords * 16);
	guest_post(umr->guest, &umr->qp, &wqe, false);
}

static void expect(struct umr *umr, uint8_t syndrome)
{
	guest_expect(umr->guest, &umr->cq, syndrome ? CQE_REQ_ERR : CQE_REQ, umr->posted, syndrome);
	umr->posted = umr->qp.sq_posted;
}

static struct request enable_request(const struct umr *umr)
{
	return (struct request){
		.flags = MLX5_UMR_CHECK_NOT_FREE | MLX5_UMR_TRANSLATION_OFFSET_EN,
		.mask = MASK_ENABLE | MASK_ACCESS | MASK_TRANSLATION,
		.octowords = (PAGES / 2 + 3) & ~3,
		.key = umr->key,
		.variant = umr->key & 0xff,
		.pd = umr->guest->pd,
		.page_shift = 12,
		.access = GUEST_ACCESS,
		.start = IOVA,
		.len = (PAGES - 1) * GUEST_PAGE,
	};
}

static void enable(struct umr *umr)
{
	struct request request = enable_request(umr);

	post(umr, &request, umr->list);
	expect(umr, 0);
}

static struct mkey *mkey(const struct umr *umr)
{
	return mkey_find(&umr->guest->nic->memory->mkeys, umr->key >> 8);
}

/* Where byte @offset of the region is; 0: not present, UINT64_MAX: not admitted. */
static uint64_t where(const struct umr *umr, uint64_t offset)
{
	const struct mkey_use use = {
		.pd = pd_find(umr->guest->nic, umr->guest->pd),
		.access = MKEY_REMOTE_WRITE,
	};
	struct mkey *found;
	uint64_t address;

	if (mkey_check(&umr->guest->nic->memory->mkeys, umr->key, &use, IOVA + offset, 1, &found) !=
	    MKEY_OK)
		return UINT64_MAX;
	return mkey_translate(found, IOVA + offset, 1, true, &address) ? address : 0;
}

static void enabled_key_translates(void **state)
{
	struct umr *umr = *state;

	assert_int_equal(where(umr, 0), UINT64_MAX);
	enable(umr);
	assert_false(mkey(umr)->free);
	assert_int_equal(mkey(umr)->access, GUEST_ACCESS);
	assert_int_equal(where(umr, 0), umr->memory + 0x123);
	assert_int_equal(where(umr, GUEST_PAGE), umr->memory + GUEST_PAGE + 0x123);
	assert_int_equal(where(umr, (PAGES - 1) * GUEST_PAGE - 1),
			 umr->memory + (PAGES - 1) * GUEST_PAGE + 0x122);
	assert_int_equal(where(umr, (PAGES - 1) * GUEST_PAGE), UINT64_MAX);
	assert_int_equal(where(umr, -1), UINT64_MAX);
}

static void key_is_free_until_its_last_chunk(void **state)
{
	struct umr *umr = *state;
	struct request request = enable_request(umr);

	/* all but the last chunk load pages and change nothing else */
	request.mask = 0;
	request.octowords = 8;
	post(umr, &request, umr->list);
	expect(umr, 0);
	assert_true(mkey(umr)->free);
	request.mask = MASK_ENABLE | MASK_ACCESS | MASK_TRANSLATION;
	request.octowords = 4;
	request.offset = 8;
	post(umr, &request, umr->list + 8 * 16);
	expect(umr, 0);
	assert_int_equal(where(umr, 0), umr->memory + 0x123);
	assert_int_equal(where(umr, 17 * GUEST_PAGE), umr->memory + 17 * GUEST_PAGE + 0x123);
}

static void new_variant_replaces_the_old_one(void **state)
{
	struct umr *umr = *state;
	struct request request = enable_request(umr);

	request.variant = 0x99;
	post(umr, &request, umr->list);
	expect(umr, 0);
	assert_int_equal(where(umr, 0), UINT64_MAX);
	umr->key = (umr->key & ~0xffu) | 0x99;
	assert_int_equal(where(umr, 0), umr->memory + 0x123);
}

static void key_in_use_is_not_enabled_again(void **state)
{
	struct umr *umr = *state;
	struct request request = enable_request(umr);

	enable(umr);
	post(umr, &request, umr->list);
	expect(umr, CQE_MW_BIND);
}

static void zapped_entries_translate_to_nothing(void **state)
{
	struct umr *umr = *state;
	struct request request = {
		.flags = MLX5_UMR_CHECK_FREE | MLX5_UMR_TRANSLATION_OFFSET_EN,
		.octowords = 12,
		.key = umr->key,
	};

	enable(umr);
	post(umr, &request, guest_alloc(umr->guest, GUEST_PAGE));
	expect(umr, 0);
	assert_int_equal(where(umr, 0), 0);
	assert_int_equal(where(umr, 5 * GUEST_PAGE), 0);
	assert_int_equal(mkey(umr)->access, GUEST_ACCESS);
	/* and back again */
	post(umr, &request, umr->list);
	expect(umr, 0);
	assert_int_equal(where(umr, 0), umr->memory + 0x123);
}

/* What is noted before the next packet, which is sent here; ends the capture. */
static void expect_notes(struct umr *umr, struct capture *capture, const char *path,
			 const char *notes)
{
	struct capture_record record;
	struct capture_reader *reader;
	FILE *file;

	fabric_write(umr->guest->nic->port, GUEST_PEER, "1234", 4, NULL);
	fabric_set_capture(umr->guest->fabric, NULL);
	assert_int_equal(capture_close(capture), 0);
	file = fopen(path, "r");
	assert_int_equal(capture_reader_create(file, &reader), 0);
	assert_int_equal(capture_reader_next(reader, &record), CAPTURE_RECORD);
	assert_string_equal(record.notes, notes);
	capture_reader_close(reader);
	fclose(file);
	unlink(path);
}

static void capture_notes_what_is_mapped(void **state)
{
	struct umr *umr = *state;
	struct request request = {
		.flags = MLX5_UMR_CHECK_FREE | MLX5_UMR_TRANSLATION_OFFSET_EN,
		.octowords = 12,
		.key = umr->key,
	};
	uint64_t nothing = guest_alloc(umr->guest, GUEST_PAGE);
	char path[] = "/tmp/test_umr.XXXXXX", notes[160];
	struct capture *capture;

	close(mkstemp(path));
	assert_int_equal(capture_create(path, 0, &capture), 0);
	assert_int_equal(fabric_set_capture(umr->guest->fabric, capture), 0);
	enable(umr);
	for (int i = 0; i < 2; i++) {
		post(umr, &request, nothing);
		expect(umr, 0);
	}
	request.octowords = 4;
	post(umr, &request, umr->list);
	expect(umr, 0);
	snprintf(notes, sizeof(notes),
		 GUEST_NIC ": mkey 0x%08x mapped, 20 pages\n" GUEST_NIC
			   ": mkey 0x%08x unmapped, 20 pages\n" GUEST_NIC
			   ": mkey 0x%08x mapped, 8 pages\n",
		 umr->key, umr->key, umr->key);
	expect_notes(umr, capture, path, notes);
}

static void free_key_is_not_zapped(void **state)
{
	struct umr *umr = *state;
	struct request request = {
		.flags = MLX5_UMR_CHECK_FREE,
		.octowords = 4,
		.key = umr->key,
	};

	post(umr, &request, umr->list);
	expect(umr, CQE_MW_BIND);
}

static void read_only_entry_is_not_written_to(void **state)
{
	struct umr *umr = *state;
	__be64 *list = guest_ptr(umr->guest, umr->list);
	uint64_t address;

	list[0] = cpu_to_be64(umr->memory | MKEY_PTAG_READ);
	enable(umr);
	assert_int_equal(where(umr, 0), 0);
	assert_int_equal(mkey_translate(mkey(umr), IOVA, 1, false, &address), 1);
	assert_int_equal(address, umr->memory + 0x123);
}

static void revoked_key_is_free_in_another_domain(void **state)
{
	struct umr *umr = *state;
	uint32_t other = guest_pd(umr->guest);
	struct request request = {
		.flags = MLX5_UMR_INLINE,
		.mask = MLX5_MKEY_MASK_PD | MLX5_MKEY_MASK_FREE,
		.key = umr->key,
		.free = true,
		.pd = other,
	};

	enable(umr);
	post(umr, &request, 0);
	expect(umr, 0);
	assert_int_equal(where(umr, 0), UINT64_MAX);
	assert_true(mkey(umr)->free);
	assert_int_equal(mkey(umr)->pd->number, other);
	assert_int_equal(pd_find(umr->guest->nic, other)->users, 1);
}

static void page_size_changes_the_translation(void **state)
{
	struct umr *umr = *state;
	struct request request = {
		.flags = MLX5_UMR_CHECK_FREE | MLX5_UMR_INLINE,
		.mask = MASK_TRANSLATION,
		.key = umr->key,
		.page_shift = 13,
		.start = IOVA,
		.len = (PAGES - 1) * GUEST_PAGE,
	};
	__be64 *list = guest_ptr(umr->guest, umr->list);

	/* two pages at a time from a memory that is contiguous: every second entry's pages */
	for (unsigned int i = 0; i < PAGES / 2; i++)
		list[i] = cpu_to_be64((umr->memory + i * 2 * GUEST_PAGE) | MKEY_PTAG_PRESENT);
	enable(umr);
	post(umr, &request, 0);
	expect(umr, 0);
	assert_int_equal(mkey(umr)->page_shift, 13);
	assert_int_equal(where(umr, 0) & 0x1fff, 0x123);
	assert_int_equal(where(umr, 6 * GUEST_PAGE) - where(umr, 0), 6 * GUEST_PAGE);
}

static void sixth_bit_of_the_page_size_has_its_own_mask(void **state)
{
	struct umr *umr = *state;
	struct request request = {
		.flags = MLX5_UMR_INLINE,
		.mask = MLX5_MKEY_MASK_PAGE_SIZE,
		.key = umr->key,
		.page_shift = 0x2d,
	};

	post(umr, &request, 0);
	expect(umr, 0);
	assert_int_equal(mkey(umr)->page_shift, 0xd);
	request.mask |= MLX5_MKEY_MASK_PAGE_SIZE_5;
	post(umr, &request, 0);
	expect(umr, 0);
	assert_int_equal(mkey(umr)->page_shift, 0x2d);
}

static void page_list_may_be_inline(void **state)
{
	struct umr *umr = *state;
	struct request request = enable_request(umr);
	struct guest_wqe wqe;

	request.flags = MLX5_UMR_CHECK_NOT_FREE | MLX5_UMR_INLINE;
	request.octowords = 4;
	request.len = 7 * GUEST_PAGE;
	build(&wqe, &request);
	memcpy(wqe.bytes + wqe.len, guest_ptr(umr->guest, umr->list), 64);
	wqe.len += 64;
	guest_post(umr->guest, &umr->qp, &wqe, false);
	expect(umr, 0);
	assert_int_equal(where(umr, 6 * GUEST_PAGE), umr->memory + 6 * GUEST_PAGE + 0x123);
}

static void short_inline_list_is_refused(void **state)
{
	struct umr *umr = *state;
	struct request request = enable_request(umr);

	/* says 4 octowords and brings none */
	request.flags = MLX5_UMR_CHECK_NOT_FREE | MLX5_UMR_INLINE;
	request.octowords = 4;
	post(umr, &request, 0);
	expect(umr, CQE_MW_BIND);
	assert_true(mkey(umr)->free);
}

static void refuse(struct umr *umr, const struct request *request, uint64_t list)
{
	struct mkey before = *mkey(umr);

	post(umr, request, list);
	expect(umr, CQE_MW_BIND);
	assert_memory_equal(&before, mkey(umr), sizeof(before));
}

static void entries_beyond_the_list_are_refused(void **state)
{
	struct umr *umr = *state;
	struct request request = enable_request(umr);

	request.offset = 12;
	request.octowords = 4;
	refuse(umr, &request, umr->list);
}

static void offset_that_wraps_is_refused(void **state)
{
	struct umr *umr = *state;
	struct request request = enable_request(umr);

	request.offset = 0xffffffffffff;
	refuse(umr, &request, umr->list);
}

static void unknown_mask_bit_is_refused(void **state)
{
	struct umr *umr = *state;
	struct request request = enable_request(umr);

	request.mask |= 1ULL << 62;
	refuse(umr, &request, umr->list);
}

static void unknown_pd_is_refused(void **state)
{
	struct umr *umr = *state;
	struct request request = enable_request(umr);

	request.pd = 0xffffff;
	refuse(umr, &request, umr->list);
}

static void unknown_key_is_refused(void **state)
{
	struct umr *umr = *state;
	struct request request = enable_request(umr);

	request.key = 0xffffff00;
	post(umr, &request, umr->list);
	expect(umr, CQE_MW_BIND);
}

static void old_variant_is_refused(void **state)
{
	struct umr *umr = *state;
	struct request request = {
		.flags = MLX5_UMR_INLINE,
		.mask = MLX5_MKEY_MASK_FREE,
		.key = umr->key ^ 1,
		.free = true,
	};

	enable(umr);
	refuse(umr, &request, 0);
}

static void key_not_made_for_umr_is_refused(void **state)
{
	struct umr *umr = *state;
	struct request request = enable_request(umr);

	mkey(umr)->umr = false;
	refuse(umr, &request, umr->list);
}

static void unreadable_page_list_fails(void **state)
{
	struct umr *umr = *state;
	struct request request = enable_request(umr);

	/* beyond the guest's memory: the bus refuses to read */
	post(umr, &request, GUEST_END);
	expect(umr, CQE_LOCAL_QP_OP);
	assert_true(mkey(umr)->free);
}

/* A process may write what it likes into its send queue: it must not get at bus addresses. */
static void queue_of_a_program_loads_no_bus_addresses(void **state)
{
	struct umr *umr = *state;
	struct request request = enable_request(umr);

	guest_qp(umr->guest, &umr->qp, &umr->cq, MLX5_QP_ST_RC);
	guest_connect(umr->guest, &umr->qp, &(struct guest_path){ 0 });
	refuse(umr, &request, umr->list);
}

static void queue_of_the_kernel_may_use_umr(void **state)
{
	struct umr *umr = *state;
	struct request request = enable_request(umr);

	request.mask &= ~MLX5_MKEY_MASK_PD;
	guest_qp(umr->guest, &umr->qp, &umr->cq, MLX5_QP_ST_RC);
	guest_connect(umr->guest, &umr->qp, &(struct guest_path){ 0 });
	qp_find(umr->guest->nic, umr->qp.qpn)->reserved_lkey = true;
	post(umr, &request, umr->list);
	expect(umr, 0);
	assert_int_equal(where(umr, 0), umr->memory + 0x123);
}

static void armed_fault_stalls_until_released(void **state)
{
	struct umr *umr = *state;
	struct request request = enable_request(umr);
	struct fault_point *fault = &umr->guest->nic->requesters->umr_fault;

	assert_int_equal(fault_arm(fault, FAULT_STALL, umr->key >> 8, 0, 0, 1), 0);
	post(umr, &request, umr->list);
	guest_expect_nothing(umr->guest, &umr->cq);
	assert_true(mkey(umr)->free);
	fault_release(fault);
	expect(umr, 0);
	assert_false(mkey(umr)->free);

	assert_int_equal(fault_arm(fault, FAULT_FAIL, FAULT_ANY_KEY, 0, 0, 1), 0);
	request.flags = MLX5_UMR_INLINE;
	request.mask = 0;
	request.octowords = 0;
	post(umr, &request, 0);
	expect(umr, CQE_MW_BIND);
}

static void queue_can_be_destroyed_while_it_is_stalled(void **state)
{
	struct umr *umr = *state;
	struct request request = enable_request(umr);
	struct fault_point *fault = &umr->guest->nic->requesters->umr_fault;

	assert_int_equal(fault_arm(fault, FAULT_STALL, FAULT_ANY_KEY, 0, 0, 1), 0);
	post(umr, &request, umr->list);
	guest_run(umr->guest);
	guest_qp_destroy(umr->guest, &umr->qp);
	fault_release(fault);
	guest_expect_nothing(umr->guest, &umr->cq);
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)
	const struct CMUnitTest tests[] = {
		TEST(enabled_key_translates),
		TEST(key_is_free_until_its_last_chunk),
		TEST(new_variant_replaces_the_old_one),
		TEST(key_in_use_is_not_enabled_again),
		TEST(zapped_entries_translate_to_nothing),
		TEST(capture_notes_what_is_mapped),
		TEST(free_key_is_not_zapped),
		TEST(read_only_entry_is_not_written_to),
		TEST(revoked_key_is_free_in_another_domain),
		TEST(page_size_changes_the_translation),
		TEST(sixth_bit_of_the_page_size_has_its_own_mask),
		TEST(page_list_may_be_inline),
		TEST(short_inline_list_is_refused),
		TEST(entries_beyond_the_list_are_refused),
		TEST(offset_that_wraps_is_refused),
		TEST(unknown_mask_bit_is_refused),
		TEST(unknown_pd_is_refused),
		TEST(unknown_key_is_refused),
		TEST(old_variant_is_refused),
		TEST(key_not_made_for_umr_is_refused),
		TEST(unreadable_page_list_fails),
		TEST(queue_of_a_program_loads_no_bus_addresses),
		TEST(queue_of_the_kernel_may_use_umr),
		TEST(armed_fault_stalls_until_released),
		TEST(queue_can_be_destroyed_while_it_is_stalled),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
