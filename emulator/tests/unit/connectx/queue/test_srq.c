// SPDX-License-Identifier: GPL-2.0 OR Linux-OpenIB
/* Event queues and shared receive queues, with what the data path calls. */
#include <errno.h>
#include <linux/pci_regs.h>
#include <string.h>
#include <sys/eventfd.h>
#include <unistd.h>

#include "connectx/device/device.h"
#include "connectx/queue/eq.h"
#include "connectx/queue/srq.h"
#include "driver.h"

#define CQ_DOORBELL	0x20
#define EQ_ARM		0x40
#define EQ_UPDATE	0x48

/* Interrupts that vector 0 gave since the last call. */
static uint64_t interrupts(int fd)
{
	uint64_t count = 0;

	return read(fd, &count, sizeof(count)) == sizeof(count) ? count : 0;
}

static void eq_ring(struct driver *driver, uint32_t eqn, uint32_t consumer, uint32_t offset)
{
	bar_write32(driver, (uint64_t)driver->uar * RAM_PAGE + offset,
		    eqn << 24 | (consumer & 0xffffff));
}

/* Returns what vector 0 signals; the function closes it. */
static int enable_interrupts(struct driver *driver)
{
	const uint16_t enable = PCI_MSIX_FLAGS_ENABLE;
	int fd = eventfd(0, EFD_NONBLOCK);

	assert_true(fd >= 0);
	assert_int_equal(pci_config_write(driver->fn, driver->fn->msix.cap + PCI_MSIX_FLAGS,
					  &enable, sizeof(enable)),
			 0);
	assert_int_equal(pci_msix_set_eventfd(driver->fn, 0, fd), 0);
	return fd;
}

static void post_event(struct driver *driver, uint32_t eqn, int expected)
{
	struct eq *eq = eq_find(driver->nic, eqn);
	uint32_t data = 0;

	assert_non_null(eq);
	assert_int_equal(eq_post(driver->nic, eq, MLX5_EVENT_TYPE_PORT_CHANGE, 0, &data,
				 sizeof(data)),
			 expected);
}

static void armed_eq_interrupts_once(void **state)
{
	struct driver *driver = *state;
	int fd = enable_interrupts(driver);
	uint64_t ring;
	uint32_t eqn = create_eq(driver, 0, 3, &ring);

	post_event(driver, eqn, 0);
	assert_int_equal(interrupts(fd), 0);
	/* armed with one entry unseen: at once */
	eq_ring(driver, eqn, 0, EQ_ARM);
	assert_int_equal(interrupts(fd), 1);
	post_event(driver, eqn, 0);
	assert_int_equal(interrupts(fd), 0);
	/* armed with all seen: at the next */
	eq_ring(driver, eqn, 2, EQ_ARM);
	assert_int_equal(interrupts(fd), 0);
	post_event(driver, eqn, 0);
	assert_int_equal(interrupts(fd), 1);
	/* updated without arming: not at all */
	eq_ring(driver, eqn, 3, EQ_UPDATE);
	post_event(driver, eqn, 0);
	assert_int_equal(interrupts(fd), 0);
}

static void eq_owner_bit_turns_with_each_round(void **state)
{
	struct driver *driver = *state;
	uint64_t ring;
	uint32_t eqn = create_eq(driver, 0, 2, &ring);
	const struct mlx5_eqe *eqe = ram_ptr(driver, ring);

	for (uint32_t i = 0; i < 12; i++) {
		post_event(driver, eqn, 0);
		assert_int_equal(eqe[i & 3].owner, i >> 2 & 1);
		eq_ring(driver, eqn, i + 1, EQ_UPDATE);
	}
}

static uint8_t eq_status(struct driver *driver, uint32_t eqn)
{
	COMMAND(query_eq, QUERY_EQ, 0);

	MLX5_SET(query_eq_in, in, eq_number, eqn);
	assert_int_equal(command(driver, in, sizeof(in), out, sizeof(out)), MLX5_CMD_STAT_OK);
	return MLX5_GET(query_eq_out, out, eq_context_entry.status);
}

static void full_eq_overflows_and_stays_so(void **state)
{
	struct driver *driver = *state;
	uint64_t ring;
	uint32_t eqn = create_eq(driver, 0, 2, &ring);

	for (unsigned int i = 0; i < 4; i++)
		post_event(driver, eqn, 0);
	post_event(driver, eqn, -ENOSPC);
	eq_ring(driver, eqn, 4, EQ_ARM);
	post_event(driver, eqn, -ENOSPC);
	assert_int_equal(registered(driver, REGISTRY_COUNTER, "eq_overruns"), 2);
	assert_int_equal(eq_status(driver, eqn), 0x9);
}

static void unwritable_eq_breaks_and_stays_so(void **state)
{
	struct driver *driver = *state;
	uint64_t ring;
	uint32_t eqn = create_eq(driver, 0, 2, &ring);

	post_event(driver, eqn, 0);
	assert_int_equal(eq_status(driver, eqn), 0x0);
	eq_find(driver->nic, eqn)->buf.page[0] = 0xffffffffff000;
	post_event(driver, eqn, -EFAULT);
	eq_find(driver->nic, eqn)->buf.page[0] = ring;
	eq_ring(driver, eqn, 1, EQ_ARM);
	post_event(driver, eqn, -EFAULT);
	assert_int_equal(eq_status(driver, eqn), 0xa);
	assert_int_equal(registered(driver, REGISTRY_COUNTER, "eq_access_errors"), 1);
	assert_int_equal(registered(driver, REGISTRY_COUNTER, "eq_overruns"), 0);
	assert_int_equal(fabric_port_counters(driver->fn->port)->lost_writes, 1);
}

static void doorbell_through_another_uar_is_stray(void **state)
{
	struct driver *driver = *state;
	uint64_t before = registered(driver, REGISTRY_COUNTER, "doorbells_stray");
	uint32_t other = alloc_uar(driver);
	struct test_cq cq;

	create_cq(driver, &cq, 4);
	uar_write64(driver, other, CQ_DOORBELL, 0, cq.cqn);
	uar_write64(driver, driver->uar, CQ_DOORBELL, 0, cq.cqn + 1);
	bar_write32(driver, (uint64_t)other * RAM_PAGE + EQ_ARM, driver->eqn << 24);
	uar_write64(driver, other + 1, 0x800, 0, 0);
	uar_write64(driver, driver->uar, 0x800, 0, 0x4000 << 8);
	assert_int_equal(registered(driver, REGISTRY_COUNTER, "doorbells_stray"), before + 5);
}

static void page_lists_of_all_queues_have_a_limit(void **state)
{
	struct driver *driver = *state;
	struct test_cq cq;

	/* as if others had all but one page */
	driver->nic->buf_pages += CX_MAX_PAGES - 2;
	create_cq(driver, &cq, 2);
	assert_int_equal(try_create_cq(driver, &cq, 2), MLX5_CMD_STAT_NO_RES_ERR);
	driver->nic->buf_pages -= CX_MAX_PAGES - 2;
	create_cq(driver, &cq, 2);
}

#define LOG_SRQ		2
#define LOG_SRQ_STRIDE	5

struct test_srq {
	uint32_t srqn;
	uint64_t ring, dbr;
};

static uint8_t try_create_rmp(struct driver *driver, struct test_srq *srq, uint8_t type)
{
	uint8_t status;

	COMMAND(create_rmp, CREATE_RMP, 1);
	void *rmpc = MLX5_ADDR_OF(create_rmp_in, in, ctx);
	void *wq = MLX5_ADDR_OF(rmpc, rmpc, wq);
	__be64 *pas = MLX5_ADDR_OF(wq, wq, pas);

	srq->ring = ram_alloc(driver, RAM_PAGE);
	srq->dbr = ram_alloc(driver, RAM_PAGE);
	MLX5_SET(rmpc, rmpc, state, MLX5_RMPC_STATE_RDY);
	MLX5_SET(wq, wq, wq_type, type);
	MLX5_SET(wq, wq, log_wq_sz, LOG_SRQ);
	MLX5_SET(wq, wq, log_wq_stride, LOG_SRQ_STRIDE);
	MLX5_SET(wq, wq, pd, driver->pd);
	MLX5_SET64(wq, wq, dbr_addr, srq->dbr);
	*pas = cpu_to_be64(srq->ring);
	status = command(driver, in, sizeof(in), out, sizeof(out));
	srq->srqn = MLX5_GET(create_rmp_out, out, rmpn);
	return status;
}

static void create_rmp(struct driver *driver, struct test_srq *srq)
{
	assert_int_equal(try_create_rmp(driver, srq, MLX5_WQ_TYPE_LINKED_LIST), MLX5_CMD_STAT_OK);
}

/* Link entry @index to @next. */
static void srq_link(struct driver *driver, const struct test_srq *srq, uint16_t index,
		     uint16_t next)
{
	__be16 *entry = ram_ptr(driver, srq->ring + ((uint64_t)index << LOG_SRQ_STRIDE));

	entry[1] = cpu_to_be16(next);
}

static void srq_post(struct driver *driver, const struct test_srq *srq, uint16_t posted)
{
	*(__be32 *)ram_ptr(driver, srq->dbr) = cpu_to_be32(posted);
}

static void srq_is_taken_along_its_links(void **state)
{
	struct driver *driver = *state;
	struct test_srq test;
	struct srq *srq;
	uint64_t offset;
	uint32_t bytes;
	uint16_t index;

	create_rmp(driver, &test);
	srq = srq_find(driver->nic, test.srqn);
	assert_non_null(srq);
	srq_link(driver, &test, 0, 3);
	srq_link(driver, &test, 3, 1);
	srq_link(driver, &test, 1, 0xfffe); /* outside: taken modulo the size */
	assert_false(srq_available(driver->nic, srq));
	assert_int_equal(srq_take(driver->nic, srq, &index, &offset, &bytes), -EAGAIN);
	srq_post(driver, &test, 3);
	assert_true(srq_available(driver->nic, srq));
	assert_int_equal(srq_take(driver->nic, srq, &index, &offset, &bytes), 0);
	assert_int_equal(index, 0);
	assert_int_equal(offset, 16);
	assert_int_equal(bytes, 16);
	assert_int_equal(srq_take(driver->nic, srq, &index, &offset, &bytes), 0);
	assert_int_equal(index, 3);
	assert_int_equal(srq_take(driver->nic, srq, &index, &offset, &bytes), 0);
	assert_int_equal(index, 1);
	assert_int_equal(srq->head, 2);
	assert_int_equal(srq_take(driver->nic, srq, &index, &offset, &bytes), -EAGAIN);
}

/* The links, which stay where they are, say nothing. */
static void cyclic_srq_is_taken_in_order(void **state)
{
	struct driver *driver = *state;
	struct test_srq test;
	struct srq *srq;
	uint64_t offset;
	uint32_t bytes;
	uint16_t index;

	assert_int_equal(try_create_rmp(driver, &test, MLX5_WQ_TYPE_CYCLIC), MLX5_CMD_STAT_OK);
	srq = srq_find(driver->nic, test.srqn);
	for (unsigned int i = 0; i < 1 << LOG_SRQ; i++)
		srq_link(driver, &test, i, i);
	/* more than 2^16, which the record and the numbers of entries count modulo */
	for (unsigned int i = 0; i < 0x10002; i++) {
		assert_int_equal(srq_take(driver->nic, srq, &index, &offset, &bytes), -EAGAIN);
		srq_post(driver, &test, (uint16_t)(i + 1));
		assert_int_equal(srq_take(driver->nic, srq, &index, &offset, &bytes), 0);
		assert_int_equal(index, i & 0xffff);
		assert_int_equal(offset, (i & 3) * 32 + 16);
		assert_int_equal(bytes, 16);
	}
	assert_false(srq_available(driver->nic, srq));
}

static void srq_of_many_messages_an_entry_is_refused(void **state)
{
	struct driver *driver = *state;
	struct test_srq test;

	assert_int_equal(try_create_rmp(driver, &test, MLX5_WQ_TYPE_LINKED_LIST_STRIDING_RQ),
			 MLX5_CMD_STAT_BAD_PARAM_ERR);
	assert_int_equal(try_create_rmp(driver, &test, MLX5_WQ_TYPE_CYCLIC_STRIDING_RQ),
			 MLX5_CMD_STAT_BAD_PARAM_ERR);
}

static uint8_t arm_rmp(struct driver *driver, uint32_t rmpn, uint16_t limit)
{
	COMMAND(modify_rmp, MODIFY_RMP, 0);
	void *rmpc = MLX5_ADDR_OF(modify_rmp_in, in, ctx);

	MLX5_SET(modify_rmp_in, in, rmpn, rmpn);
	MLX5_SET(modify_rmp_in, in, bitmask.lwm, 1);
	MLX5_SET(rmpc, rmpc, state, MLX5_RMPC_STATE_RDY);
	MLX5_SET(rmpc, rmpc, wq.lwm, limit);
	return command(driver, in, sizeof(in), out, sizeof(out));
}

static void srq_limit_gives_one_event(void **state)
{
	struct driver *driver = *state;
	const struct mlx5_eqe *eqe;
	struct test_srq test;
	struct srq *srq;
	uint64_t offset;
	uint32_t bytes;
	uint16_t index;

	create_rmp(driver, &test);
	srq = srq_find(driver->nic, test.srqn);
	srq_post(driver, &test, 4);
	assert_int_equal(arm_rmp(driver, test.srqn, 5), MLX5_CMD_STAT_BAD_PARAM_ERR);
	assert_int_equal(arm_rmp(driver, test.srqn, 3), MLX5_CMD_STAT_OK);
	assert_int_equal(srq_take(driver->nic, srq, &index, &offset, &bytes), 0);
	expect_no_event(driver);
	assert_int_equal(srq_take(driver->nic, srq, &index, &offset, &bytes), 0);
	eqe = next_event(driver);
	assert_non_null(eqe);
	assert_int_equal(eqe->type, MLX5_EVENT_TYPE_SRQ_RQ_LIMIT);
	assert_int_equal(be32_to_cpu(eqe->data.qp_srq.qp_srq_n), test.srqn);
	assert_int_equal(eqe->data.qp_srq.type, MLX5_EVENT_QUEUE_TYPE_RQ);
	assert_int_equal(srq_take(driver->nic, srq, &index, &offset, &bytes), 0);
	expect_no_event(driver);
	/* armed below what is left: at once */
	assert_int_equal(arm_rmp(driver, test.srqn, 2), MLX5_CMD_STAT_OK);
	assert_non_null(next_event(driver));
}

static void qp_in_error_tells_that_it_takes_no_more(void **state)
{
	struct driver *driver = *state;
	const struct mlx5_eqe *eqe;
	struct test_qp_attr attr;
	struct test_srq srq;
	struct test_cq cq;
	uint32_t qpn;

	create_rmp(driver, &srq);
	create_cq(driver, &cq, 4);
	attr = (struct test_qp_attr){
		.service = MLX5_QP_ST_RC,
		.pd = driver->pd,
		.uar = driver->uar,
		.send_cqn = cq.cqn,
		.recv_cqn = cq.cqn,
		.rq_type = MLX5_SRQ_RQ,
		.srqn = srq.srqn,
		.log_sq = 3,
	};
	assert_int_equal(try_create_qp(driver, &attr, &qpn), MLX5_CMD_STAT_OK);
	assert_int_equal(modify_qp(driver, qpn, MLX5_CMD_OP_RST2INIT_QP), MLX5_CMD_STAT_OK);
	expect_no_event(driver);
	assert_int_equal(modify_qp(driver, qpn, MLX5_CMD_OP_2ERR_QP), MLX5_CMD_STAT_OK);
	eqe = next_event(driver);
	assert_non_null(eqe);
	assert_int_equal(eqe->type, MLX5_EVENT_TYPE_SRQ_LAST_WQE);
	assert_int_equal(be32_to_cpu(eqe->data.qp_srq.qp_srq_n), qpn);
	expect_no_event(driver);
}

static void srq_without_its_memory_is_a_catastrophe(void **state)
{
	struct driver *driver = *state;
	const struct mlx5_eqe *eqe;
	struct test_srq test;
	struct srq *srq;
	uint64_t offset;
	uint32_t bytes;
	uint16_t index;
	uint64_t len;
	void *host;

	create_rmp(driver, &test);
	srq = srq_find(driver->nic, test.srqn);
	assert_int_equal(fabric_unmap(driver->fn->port, 0, UINT64_MAX, &host, &len), 1);
	/* only the ring of events is left */
	assert_int_equal(fabric_map(driver->fn->port, driver->eq, RAM_PAGE,
				    ram_ptr(driver, driver->eq), true, true),
			 0);
	assert_int_equal(srq_take(driver->nic, srq, &index, &offset, &bytes), -EFAULT);
	eqe = next_event(driver);
	assert_non_null(eqe);
	assert_int_equal(eqe->type, MLX5_EVENT_TYPE_SRQ_CATAS_ERROR);
	assert_int_equal(be32_to_cpu(eqe->data.qp_srq.qp_srq_n), test.srqn);
	assert_int_equal(srq_take(driver->nic, srq, &index, &offset, &bytes), -EFAULT);
	expect_no_event(driver);
}

int main(void)
{
#define TEST(name)	cmocka_unit_test_setup_teardown(name, driver_setup_up, driver_teardown)
	const struct CMUnitTest tests[] = {
		TEST(armed_eq_interrupts_once),
		TEST(eq_owner_bit_turns_with_each_round),
		TEST(full_eq_overflows_and_stays_so),
		TEST(unwritable_eq_breaks_and_stays_so),
		TEST(doorbell_through_another_uar_is_stray),
		TEST(page_lists_of_all_queues_have_a_limit),
		TEST(srq_is_taken_along_its_links),
		TEST(cyclic_srq_is_taken_in_order),
		TEST(srq_of_many_messages_an_entry_is_refused),
		TEST(srq_limit_gives_one_event),
		TEST(qp_in_error_tells_that_it_takes_no_more),
		TEST(srq_without_its_memory_is_a_catastrophe),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
