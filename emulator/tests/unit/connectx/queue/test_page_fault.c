// SPDX-License-Identifier: GPL-2.0 OR Linux-OpenIB
/* Page faults of either side: event, parking, resume, failure, and what may happen meanwhile. */
#include <string.h>

#include "connectx/device/objects.h"
#include "connectx/queue/completion.h"
#include "connectx/queue/page_fault.h"
#include "guest_transfer.h"

#define SIZE (3 * GUEST_PAGE)

static int setup(void **state)
{
	static struct guest_transfer fault;

	guest_transfer_create(&fault, SIZE);
	fault.guest->nic->queues->faults.enabled = true;
	*state = &fault;
	return 0;
}

/* Page @page of a key, as an exporter's revoke leaves it and a driver's handler restores it. */
static void set_page(struct guest_transfer *fault, uint32_t key, unsigned int page,
		     uint64_t address)
{
	struct mkey *mkey = mkey_find(&fault->guest->nic->memory->mkeys, key >> 8);
	__be64 ptag = cpu_to_be64(address ? address | MKEY_PTAG_PRESENT : 0);

	assert_int_equal(mkey_load(mkey, page, 1, &ptag, 0), 0);
}

static void post_write(struct guest_transfer *fault)
{
	struct guest_wqe wqe;

	guest_wqe(&wqe, MLX5_OPCODE_RDMA_WRITE, GUEST_SIGNALED, 0);
	guest_wqe_raddr(&wqe, fault->remote, fault->rkey);
	guest_wqe_data(&wqe, fault->local, fault->lkey, SIZE);
	guest_post(fault->guest, &fault->qp[0], &wqe, false);
}

static void fault_of_the_responder_is_resumed(void **state)
{
	struct guest_transfer *fault = *state;
	uint64_t token;

	set_page(fault, fault->rkey, 1, 0);
	post_write(fault);
	token = guest_expect_fault(fault->guest, fault->rkey, fault->remote + GUEST_PAGE, 2);
	guest_expect_nothing(fault->guest, &fault->cq[0]);
	set_page(fault, fault->rkey, 1, fault->remote + GUEST_PAGE);
	guest_resume(fault->guest, token, false);
	guest_expect(fault->guest, &fault->cq[0], CQE_REQ, 0, 0);
	guest_assert_filled(guest_ptr(fault->guest, fault->remote), SIZE, 1);
	assert_int_equal(fault->guest->nic->queues->faults.raised, 1);
	assert_int_equal(fault->guest->nic->queues->faults.pending.count, 0);
}

static void fault_of_the_requester_is_resumed(void **state)
{
	struct guest_transfer *fault = *state;
	uint64_t token;

	set_page(fault, fault->lkey, 0, 0);
	post_write(fault);
	token = guest_expect_fault(fault->guest, fault->lkey, fault->local, 3);
	set_page(fault, fault->lkey, 0, fault->local);
	guest_resume(fault->guest, token, false);
	guest_expect(fault->guest, &fault->cq[0], CQE_REQ, 0, 0);
	guest_assert_filled(guest_ptr(fault->guest, fault->remote), SIZE, 1);
}

static void each_missing_page_faults_by_itself(void **state)
{
	struct guest_transfer *fault = *state;

	for (unsigned int i = 0; i < 3; i++)
		set_page(fault, fault->rkey, i, 0);
	post_write(fault);
	for (unsigned int i = 0; i < 3; i++) {
		uint64_t token = guest_expect_fault(fault->guest, fault->rkey,
						    fault->remote + i * GUEST_PAGE, 3 - i);

		set_page(fault, fault->rkey, i, fault->remote + i * GUEST_PAGE);
		guest_resume(fault->guest, token, false);
	}
	guest_expect(fault->guest, &fault->cq[0], CQE_REQ, 0, 0);
	guest_assert_filled(guest_ptr(fault->guest, fault->remote), SIZE, 1);
}

static void page_that_is_gone_again_faults_again(void **state)
{
	struct guest_transfer *fault = *state;
	uint64_t token;

	/* resumed, but the page went away again meanwhile: the fault is raised anew */
	set_page(fault, fault->rkey, 0, 0);
	post_write(fault);
	token = guest_expect_fault(fault->guest, fault->rkey, fault->remote, 3);
	guest_resume(fault->guest, token, false);
	assert_int_not_equal(guest_expect_fault(fault->guest, fault->rkey, fault->remote, 3),
			     token);
	guest_expect_nothing(fault->guest, &fault->cq[0]);
}

static void failed_fault_of_the_responder_ends_the_request(void **state)
{
	struct guest_transfer *fault = *state;

	set_page(fault, fault->rkey, 2, 0);
	post_write(fault);
	guest_resume(fault->guest,
		     guest_expect_fault(fault->guest, fault->rkey, fault->remote + 2 * GUEST_PAGE,
					1),
		     true);
	guest_expect(fault->guest, &fault->cq[0], CQE_REQ_ERR, 0, CQE_REMOTE_ACCESS);
	assert_int_equal(fault->guest->nic->queues->faults.failed, 1);
}

static void failed_fault_of_the_requester_ends_the_request(void **state)
{
	struct guest_transfer *fault = *state;

	set_page(fault, fault->lkey, 2, 0);
	post_write(fault);
	guest_resume(fault->guest,
		     guest_expect_fault(fault->guest, fault->lkey, fault->local + 2 * GUEST_PAGE,
					1),
		     true);
	guest_expect(fault->guest, &fault->cq[0], CQE_REQ_ERR, 0, CQE_LOCAL_PROT);
}

static void fault_of_a_receive_is_resumed(void **state)
{
	struct guest_transfer *fault = *state;
	struct guest_wqe wqe;
	uint64_t token;

	set_page(fault, fault->rkey, 1, 0);
	guest_post_recv(fault->guest, &fault->qp[1], fault->remote, fault->rkey, SIZE);
	guest_wqe(&wqe, MLX5_OPCODE_SEND, GUEST_SIGNALED, 0);
	guest_wqe_data(&wqe, fault->local, fault->lkey, SIZE);
	guest_post(fault->guest, &fault->qp[0], &wqe, false);
	token = guest_expect_fault(fault->guest, fault->rkey, fault->remote + GUEST_PAGE, 2);
	guest_expect_nothing(fault->guest, &fault->cq[1]);
	set_page(fault, fault->rkey, 1, fault->remote + GUEST_PAGE);
	guest_resume(fault->guest, token, false);
	guest_expect(fault->guest, &fault->cq[1], CQE_RESP_SEND, 0, 0);
	guest_assert_filled(guest_ptr(fault->guest, fault->remote), SIZE, 1);
}

static void driver_without_the_scheme_is_not_asked(void **state)
{
	struct guest_transfer *fault = *state;

	/* a driver that did not turn the scheme on is not asked */
	fault->guest->nic->queues->faults.enabled = false;
	set_page(fault, fault->rkey, 0, 0);
	post_write(fault);
	guest_expect(fault->guest, &fault->cq[0], CQE_REQ_ERR, 0, CQE_REMOTE_ACCESS);
}

static void fault_goes_with_its_qp(void **state)
{
	struct guest_transfer *fault = *state;
	uint64_t token;

	set_page(fault, fault->rkey, 0, 0);
	post_write(fault);
	token = guest_expect_fault(fault->guest, fault->rkey, fault->remote, 3);
	guest_qp_destroy(fault->guest, &fault->qp[0]);
	assert_int_equal(fault->guest->nic->queues->faults.pending.count, 0);
	guest_resume(fault->guest, token, false);
	guest_expect_nothing(fault->guest, &fault->cq[0]);
}

static void fault_of_a_peer_that_goes_is_given_up(void **state)
{
	struct guest_transfer *fault = *state;
	uint64_t token;

	set_page(fault, fault->rkey, 0, 0);
	post_write(fault);
	token = guest_expect_fault(fault->guest, fault->rkey, fault->remote, 3);
	guest_qp_destroy(fault->guest, &fault->qp[1]);
	guest_resume(fault->guest, token, false);
	guest_expect(fault->guest, &fault->cq[0], CQE_REQ_ERR, 0, CQE_RETRY_EXC);
}

static void qp_in_error_does_not_wait_for_its_fault(void **state)
{
	struct guest_transfer *fault = *state;
	uint64_t token;

	set_page(fault, fault->rkey, 0, 0);
	post_write(fault);
	token = guest_expect_fault(fault->guest, fault->rkey, fault->remote, 3);
	guest_modify(fault->guest, &fault->qp[0], MLX5_CMD_OP_2ERR_QP);
	guest_expect(fault->guest, &fault->cq[0], CQE_REQ_ERR, 0, CQE_WR_FLUSH);
	guest_resume(fault->guest, token, false);
	guest_expect_nothing(fault->guest, &fault->cq[0]);
}

static void revoked_key_ends_a_resumed_request(void **state)
{
	struct guest_transfer *fault = *state;
	uint64_t token;

	set_page(fault, fault->rkey, 0, 0);
	post_write(fault);
	token = guest_expect_fault(fault->guest, fault->rkey, fault->remote, 3);
	mkey_find(&fault->guest->nic->memory->mkeys, fault->rkey >> 8)->free = true;
	guest_resume(fault->guest, token, false);
	guest_expect(fault->guest, &fault->cq[0], CQE_REQ_ERR, 0, CQE_REMOTE_ACCESS);
}

static void unknown_tokens_resume_nothing(void **state)
{
	struct guest_transfer *fault = *state;
	uint64_t token;

	set_page(fault, fault->rkey, 0, 0);
	post_write(fault);
	token = guest_expect_fault(fault->guest, fault->rkey, fault->remote, 3);
	guest_resume(fault->guest, 0, false);
	guest_resume(fault->guest, token ^ 1ULL << 47, false);
	guest_resume(fault->guest, token + 1, false);
	guest_resume(fault->guest, 0xffffffffffff, true);
	guest_expect_nothing(fault->guest, &fault->cq[0]);
	assert_int_equal(fault->guest->nic->queues->faults.pending.count, 1);
}

static void reset_forgets_faults(void **state)
{
	struct guest_transfer *fault = *state;

	set_page(fault, fault->rkey, 0, 0);
	post_write(fault);
	guest_expect_fault(fault->guest, fault->rkey, fault->remote, 3);
	pci_function_reset(&fault->guest->nic->fn);
	assert_int_equal(fault->guest->nic->queues->faults.pending.count, 0);
	assert_int_equal(objects_count(fault->guest->nic), 0);
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, guest_transfer_teardown)
	const struct CMUnitTest tests[] = {
		TEST(fault_of_the_responder_is_resumed),
		TEST(fault_of_the_requester_is_resumed),
		TEST(each_missing_page_faults_by_itself),
		TEST(page_that_is_gone_again_faults_again),
		/* where the driver has no pages */
		TEST(failed_fault_of_the_responder_ends_the_request),
		TEST(failed_fault_of_the_requester_ends_the_request),
		TEST(fault_of_a_receive_is_resumed),
		TEST(driver_without_the_scheme_is_not_asked),
		TEST(fault_goes_with_its_qp),
		TEST(fault_of_a_peer_that_goes_is_given_up),
		TEST(qp_in_error_does_not_wait_for_its_fault),
		TEST(revoked_key_ends_a_resumed_request),
		TEST(unknown_tokens_resume_nothing),
		TEST(reset_forgets_faults),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
