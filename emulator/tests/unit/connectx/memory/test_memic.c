// SPDX-License-Identifier: GPL-2.0 OR Linux-OpenIB
/* Memory of the device: given out, seen by the CPU and by RDMA, and changed by its operations. */
#include <string.h>

#include "connectx/device/device.h"
#include "connectx/memory/memic.h"
#include "connectx/queue/completion.h"
#include "guest_command.h"
#include "guest_mkey.h"
#include "guest_wqe.h"

#define LEN	1024u

static uint8_t try_alloc(struct guest *guest, uint64_t page, uint32_t len, uint64_t *address)
{
	COMMAND(alloc_memic, ALLOC_MEMIC, 0);
	uint8_t status;

	MLX5_SET64(alloc_memic_in, in, range_start_addr, MEMIC_START + page * MEMIC_PAGE);
	MLX5_SET(alloc_memic_in, in, range_size, (len + MEMIC_PAGE - 1) & ~(MEMIC_PAGE - 1));
	MLX5_SET(alloc_memic_in, in, memic_size, len);
	status = guest_try(guest, in, sizeof(in), out, sizeof(out));
	*address = MLX5_GET64(alloc_memic_out, out, memic_start_addr);
	return status;
}

static uint64_t alloc(struct guest *guest, uint64_t page, uint32_t len)
{
	uint64_t address;

	assert_int_equal(try_alloc(guest, page, len, &address), MLX5_CMD_STAT_OK);
	return address;
}

static uint8_t dealloc(struct guest *guest, uint64_t address, uint32_t len)
{
	COMMAND(dealloc_memic, DEALLOC_MEMIC, 0);

	MLX5_SET64(dealloc_memic_in, in, memic_start_addr, address);
	MLX5_SET(dealloc_memic_in, in, memic_size, len);
	return guest_try(guest, in, sizeof(in), out, sizeof(out));
}

static uint8_t operation(struct guest *guest, uint64_t address, uint8_t number, bool on,
			 uint64_t *alias)
{
	COMMAND(modify_memic, MODIFY_MEMIC, 0);
	uint8_t status;

	MLX5_SET(modify_memic_in, in, op_mod,
		 on ? MLX5_MODIFY_MEMIC_OP_MOD_ALLOC : MLX5_MODIFY_MEMIC_OP_MOD_DEALLOC);
	MLX5_SET(modify_memic_in, in, memic_operation_type, number);
	MLX5_SET64(modify_memic_in, in, memic_start_addr, address);
	status = guest_try(guest, in, sizeof(in), out, sizeof(out));
	*alias = MLX5_GET64(modify_memic_out, out, memic_operation_addr);
	return status;
}

/* Returns the status; @key is set when it is OK. */
static uint8_t try_key(struct guest *guest, uint64_t address, uint64_t len, uint32_t *key)
{
	COMMAND(create_mkey, CREATE_MKEY, 0);
	void *mkc = MLX5_ADDR_OF(create_mkey_in, in, memory_key_mkey_entry);
	uint8_t status;

	MLX5_SET(mkc, mkc, access_mode_1_0, MLX5_MKC_ACCESS_MODE_MEMIC & 3);
	MLX5_SET(mkc, mkc, access_mode_4_2, MLX5_MKC_ACCESS_MODE_MEMIC >> 2);
	MLX5_SET(mkc, mkc, lr, 1);
	MLX5_SET(mkc, mkc, lw, 1);
	MLX5_SET(mkc, mkc, rr, 1);
	MLX5_SET(mkc, mkc, rw, 1);
	MLX5_SET(mkc, mkc, a, 1);
	MLX5_SET(mkc, mkc, pd, guest->pd);
	MLX5_SET(mkc, mkc, qpn, 0xffffff);
	MLX5_SET64(mkc, mkc, start_addr, address);
	MLX5_SET64(mkc, mkc, len, len);
	status = guest_try(guest, in, sizeof(in), out, sizeof(out));
	*key = MLX5_GET(create_mkey_out, out, mkey_index) << 8;
	return status;
}

static uint32_t make_key(struct guest *guest, uint64_t address, uint64_t len)
{
	uint32_t key;

	assert_int_equal(try_key(guest, address, len, &key), MLX5_CMD_STAT_OK);
	return key;
}

static void destroy_key(struct guest *guest, uint32_t key)
{
	COMMAND(destroy_mkey, DESTROY_MKEY, 0);

	MLX5_SET(destroy_mkey_in, in, mkey_index, key >> 8);
	guest_command(guest, in, sizeof(in), out, sizeof(out));
}

/* As a CPU does it, in words. */
static void load(struct guest *guest, uint64_t address, void *data, size_t len)
{
	for (size_t i = 0; i < len; i += 4)
		assert_int_equal(pci_bar_read(&guest->nic->fn, 0, address + i, (char *)data + i, 4),
				 0);
}

static void store(struct guest *guest, uint64_t address, const void *data, size_t len)
{
	for (size_t i = 0; i < len; i += 4)
		assert_int_equal(pci_bar_write(&guest->nic->fn, 0, address + i,
					       (const char *)data + i, 4),
				 0);
}

static void store_byte(struct guest *guest, uint64_t address, uint8_t byte)
{
	assert_int_equal(pci_bar_write(&guest->nic->fn, 0, address, &byte, 1), 0);
}

static uint8_t load_byte(struct guest *guest, uint64_t address)
{
	uint8_t byte = 0xa5;

	assert_int_equal(pci_bar_read(&guest->nic->fn, 0, address, &byte, 1), 0);
	return byte;
}

static void cpu_and_rdma_see_the_same(void **state)
{
	struct guest *guest = *state;
	uint64_t address = alloc(guest, 3, LEN), local = guest_alloc(guest, 2 * LEN);
	uint32_t lkey = guest_mr(guest, local, 2 * LEN, GUEST_ACCESS);
	uint32_t key = make_key(guest, address, LEN);
	uint8_t seen[LEN];
	struct guest_qp qp[2];
	struct guest_cq cq[2];
	struct guest_wqe wqe;

	assert_int_equal(address, MEMIC_START + 3 * MEMIC_PAGE);
	guest_pair(guest, qp, cq);
	guest_fill(guest_ptr(guest, local), LEN, 1);
	guest_wqe(&wqe, MLX5_OPCODE_RDMA_WRITE, GUEST_SIGNALED, 0);
	guest_wqe_raddr(&wqe, 0, key);
	guest_wqe_data(&wqe, local, lkey, LEN);
	guest_post(guest, &qp[0], &wqe, false);
	guest_expect(guest, &cq[0], CQE_REQ, 0, 0);
	load(guest, address, seen, LEN);
	guest_assert_filled(seen, LEN, 1);
	/* and back, from where the CPU wrote */
	guest_fill(seen, LEN, 9);
	store(guest, address, seen, LEN);
	guest_wqe(&wqe, MLX5_OPCODE_RDMA_WRITE, GUEST_SIGNALED, 0);
	guest_wqe_raddr(&wqe, local + LEN, lkey);
	guest_wqe_data(&wqe, 0, key, LEN);
	guest_post(guest, &qp[0], &wqe, false);
	guest_expect(guest, &cq[0], CQE_REQ, 1, 0);
	guest_assert_filled(guest_ptr(guest, local + LEN), LEN, 9);
	/* a byte more than the key has */
	guest_wqe(&wqe, MLX5_OPCODE_RDMA_WRITE, GUEST_SIGNALED, 0);
	guest_wqe_raddr(&wqe, 4, key);
	guest_wqe_data(&wqe, local, lkey, LEN);
	guest_post(guest, &qp[0], &wqe, false);
	guest_expect(guest, &cq[0], CQE_REQ_ERR, 2, CQE_REMOTE_ACCESS);
}

static void rdma_atomics_work_there(void **state)
{
	struct guest *guest = *state;
	uint64_t address = alloc(guest, 0, LEN), local = guest_alloc(guest, 8), value = 40;
	uint32_t lkey = guest_mr(guest, local, 8, GUEST_ACCESS);
	uint32_t key = make_key(guest, address, LEN);
	struct guest_qp qp[2];
	struct guest_cq cq[2];
	struct guest_wqe wqe;

	guest_pair(guest, qp, cq);
	store(guest, address + 16, &value, sizeof(value));
	guest_wqe(&wqe, MLX5_OPCODE_ATOMIC_FA, GUEST_SIGNALED, 0);
	guest_wqe_raddr(&wqe, 16, key);
	guest_wqe_atomic(&wqe, 2, 0);
	guest_wqe_data(&wqe, local, lkey, 8);
	guest_post(guest, &qp[0], &wqe, false);
	guest_expect(guest, &cq[0], CQE_REQ, 0, 0);
	load(guest, address + 16, &value, sizeof(value));
	assert_int_equal(value, 42);
	assert_int_equal(*(uint64_t *)guest_ptr(guest, local), 40);
}

static void ranges_are_their_owners(void **state)
{
	struct guest *guest = *state;
	uint64_t address = alloc(guest, 1, LEN), other;
	uint32_t word = 0x12345678, key;

	assert_int_equal(try_alloc(guest, 1, 64, &other), MLX5_CMD_STAT_NO_RES_ERR);
	assert_int_equal(try_alloc(guest, 0, 2 * MEMIC_PAGE, &other), MLX5_CMD_STAT_NO_RES_ERR);
	store(guest, address, &word, sizeof(word));
	/*
	 * memory that is not allocated reads as zero and ignores writes: the page before, and the
	 * one behind
	 */
	store(guest, address - MEMIC_PAGE, &word, sizeof(word));
	load(guest, address - MEMIC_PAGE, &word, sizeof(word));
	assert_int_equal(word, 0);
	key = make_key(guest, address, LEN);
	assert_int_equal(dealloc(guest, address, LEN), MLX5_CMD_STAT_RES_BUSY);
	destroy_key(guest, key);
	assert_int_equal(dealloc(guest, address, LEN - 64), MLX5_CMD_STAT_BAD_PARAM_ERR);
	assert_int_equal(dealloc(guest, address + 64, LEN), MLX5_CMD_STAT_BAD_RES_ERR);
	assert_int_equal(dealloc(guest, address, LEN), MLX5_CMD_STAT_OK);
	assert_int_equal(dealloc(guest, address, LEN), MLX5_CMD_STAT_BAD_RES_ERR);
	assert_int_equal(guest->nic->memory->memic.count, 0);
	/* the next owner finds nothing of the last */
	address = alloc(guest, 1, LEN);
	load(guest, address, &word, sizeof(word));
	assert_int_equal(word, 0);
}

static void wrong_lengths_and_places_are_refused(void **state)
{
	struct guest *guest = *state;
	uint64_t address = alloc(guest, 4, LEN), other;
	uint32_t key;

	assert_int_equal(try_alloc(guest, 0, 0, &other), MLX5_CMD_STAT_BAD_PARAM_ERR);
	assert_int_equal(try_alloc(guest, 0, 63, &other), MLX5_CMD_STAT_BAD_PARAM_ERR);
	assert_int_equal(try_alloc(guest, 8, CX_MAX_MEMIC + 64, &other),
			 MLX5_CMD_STAT_BAD_PARAM_ERR);
	assert_int_equal(try_alloc(guest, MEMIC_PAGES, 64, &other), MLX5_CMD_STAT_BAD_PARAM_ERR);
	assert_int_equal(try_alloc(guest, MEMIC_PAGES - 1, 2 * MEMIC_PAGE, &other),
			 MLX5_CMD_STAT_BAD_PARAM_ERR);
	assert_int_equal(try_alloc(guest, -1, 64, &other), MLX5_CMD_STAT_BAD_PARAM_ERR);
	assert_int_equal(try_key(guest, address, LEN + 1, &key), MLX5_CMD_STAT_BAD_PARAM_ERR);
	assert_int_equal(try_key(guest, address - 1, 1, &key), MLX5_CMD_STAT_BAD_PARAM_ERR);
	assert_int_equal(try_key(guest, address + 1, UINT64_MAX, &key),
			 MLX5_CMD_STAT_BAD_PARAM_ERR);
	assert_int_equal(try_key(guest, 0, 1, &key), MLX5_CMD_STAT_BAD_PARAM_ERR);
	assert_int_equal(try_key(guest, MEMIC_START + CX_MEMIC_SIZE, 1, &key),
			 MLX5_CMD_STAT_BAD_PARAM_ERR);
}

static void operations_change_what_they_touch(void **state)
{
	struct guest *guest = *state;
	uint64_t address = alloc(guest, 5, LEN), increment, test_and_set;

	assert_int_equal(operation(guest, address, MEMIC_INCREMENT, true, &increment),
			 MLX5_CMD_STAT_OK);
	assert_int_equal(operation(guest, address, MEMIC_TEST_AND_SET, true, &test_and_set),
			 MLX5_CMD_STAT_OK);
	store_byte(guest, increment + 7, 3);
	store_byte(guest, increment + 7, 4);
	assert_int_equal(load_byte(guest, address + 7), 7);
	assert_int_equal(load_byte(guest, test_and_set + 7), 7);
	assert_int_equal(load_byte(guest, test_and_set + 7), 1);
	assert_int_equal(load_byte(guest, address + 7), 1);
	/* the other direction means nothing */
	store_byte(guest, test_and_set + 7, 9);
	assert_int_equal(load_byte(guest, increment + 7), 0);
	assert_int_equal(load_byte(guest, address + 7), 1);
	assert_int_equal(operation(guest, address, MEMIC_INCREMENT, false, &test_and_set),
			 MLX5_CMD_STAT_OK);
	store_byte(guest, increment + 7, 1);
	assert_int_equal(load_byte(guest, address + 7), 1);
}

static void operations_are_switched_on_once(void **state)
{
	struct guest *guest = *state;
	uint64_t address = alloc(guest, 6, LEN), alias;

	assert_int_equal(operation(guest, address, MEMIC_OPERATIONS, true, &alias),
			 MLX5_CMD_STAT_BAD_PARAM_ERR);
	assert_int_equal(operation(guest, address + 64, MEMIC_INCREMENT, true, &alias),
			 MLX5_CMD_STAT_BAD_RES_ERR);
	assert_int_equal(operation(guest, address, MEMIC_INCREMENT, false, &alias),
			 MLX5_CMD_STAT_BAD_RES_STATE_ERR);
	assert_int_equal(operation(guest, address, MEMIC_INCREMENT, true, &alias),
			 MLX5_CMD_STAT_OK);
	assert_int_equal(operation(guest, address, MEMIC_INCREMENT, true, &alias),
			 MLX5_CMD_STAT_BAD_RES_STATE_ERR);
}

/* A page may be mapped as a whole, so all of it is cleared for its next owner. */
static void nothing_is_left_for_the_next(void **state)
{
	struct guest *guest = *state;
	uint64_t address = alloc(guest, 9, MEMIC_PAGE), alias;

	store_byte(guest, address + 64, 1);
	store_byte(guest, address + MEMIC_PAGE - 1, 2);
	assert_int_equal(dealloc(guest, address, MEMIC_PAGE), MLX5_CMD_STAT_OK);
	assert_int_equal(try_alloc(guest, 9, 64, &alias), MLX5_CMD_STAT_OK);
	assert_int_equal(alias, address);
	assert_int_equal(load_byte(guest, address + 64), 0);
	assert_int_equal(load_byte(guest, address + MEMIC_PAGE - 1), 0);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, guest_setup, guest_teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(cpu_and_rdma_see_the_same),
		TEST(rdma_atomics_work_there),
		/* the commands */
		TEST(ranges_are_their_owners),
		TEST(wrong_lengths_and_places_are_refused),
		TEST(operations_change_what_they_touch),
		TEST(operations_are_switched_on_once),
		TEST(nothing_is_left_for_the_next),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
