// SPDX-License-Identifier: GPL-2.0 OR Linux-OpenIB
/* Memory keys: the commands, and what a guest that lies about them gets. */
#include <string.h>

#include "connectx/command/pd.h"
#include "guest_command.h"
#include "guest_mkey.h"

#define START	0x10000000123ULL
#define LEN	10000ULL

static struct guest_mkey proto(struct guest *guest, uint64_t *pages)
{
	for (unsigned int i = 0; i < 3; i++)
		pages[i] = guest_alloc(guest, GUEST_PAGE);
	return (struct guest_mkey){
		.pd = guest->pd,
		.access = GUEST_ACCESS,
		.variant = 7,
		.page_shift = 12,
		.start = START,
		.len = LEN,
		.octowords = 2,
		.pages = pages,
		.num_pages = 3,
	};
}

static enum mkey_status check(struct guest *guest, uint32_t key, uint8_t access, uint64_t va,
			      uint64_t len)
{
	const struct mkey_use use = { .pd = pd_find(guest->nic, guest->pd), .access = access };
	struct mkey *found;

	return mkey_check(&guest->nic->memory->mkeys, key, &use, va, len, &found);
}

static void addresses_translate_page_by_page(void **state)
{
	struct guest *guest = *state;
	uint64_t pages[3], address;
	struct guest_mkey attr = proto(guest, pages);
	uint32_t key = guest_mkey(guest, &attr);
	const struct mkey *mkey = mkey_find(&guest->nic->memory->mkeys, key >> 8);

	assert_int_equal(key & 0xff, 7);
	assert_int_equal(mkey_translate(mkey, START, LEN, true, &address), GUEST_PAGE - 0x123);
	assert_int_equal(address, pages[0] + 0x123);
	assert_int_equal(mkey_translate(mkey, START + 8191, 2, false, &address), 2);
	assert_int_equal(address, pages[2] + 0x122);
	assert_int_equal(mkey_translate(mkey, START + 8191 - 0x123, 2, false, &address), 1);
	assert_int_equal(address, pages[1] + 4095);
	/* inside the list's unit of four octowords, but never loaded */
	assert_int_equal(mkey_translate(mkey, START + 4 * GUEST_PAGE, 1, false, &address), 0);
	/* far outside of it */
	assert_int_equal(mkey_translate(mkey, START + (1ULL << 40), 1, false, &address), 0);
	assert_int_equal(mkey_translate(mkey, START - GUEST_PAGE, 1, false, &address), 0);
}

static void range_beyond_the_key_is_refused(void **state)
{
	struct guest *guest = *state;
	uint64_t pages[3];
	struct guest_mkey attr = proto(guest, pages);
	uint32_t key = guest_mkey(guest, &attr);

	assert_int_equal(check(guest, key, MKEY_LOCAL_READ, START, LEN), MKEY_OK);
	assert_int_equal(check(guest, key, MKEY_LOCAL_READ, START + LEN, 0), MKEY_OK);
	assert_int_equal(check(guest, key, MKEY_LOCAL_READ, START - 1, 1), MKEY_BAD_RANGE);
	assert_int_equal(check(guest, key, MKEY_LOCAL_READ, START, LEN + 1), MKEY_BAD_RANGE);
	assert_int_equal(check(guest, key, MKEY_LOCAL_READ, START + LEN, 1), MKEY_BAD_RANGE);
	assert_int_equal(check(guest, key, MKEY_LOCAL_READ, START + 1, UINT64_MAX), MKEY_BAD_RANGE);
	assert_int_equal(check(guest, key, MKEY_LOCAL_READ, UINT64_MAX, 2), MKEY_BAD_RANGE);
	assert_int_equal(check(guest, guest->dma_key, MKEY_LOCAL_READ, UINT64_MAX, 1),
			 MKEY_BAD_RANGE);
}

static void wrong_keys_are_not_found(void **state)
{
	struct guest *guest = *state;
	uint64_t pages[3];
	struct guest_mkey attr = proto(guest, pages);
	uint32_t key = guest_mkey(guest, &attr);

	assert_int_equal(check(guest, key ^ 1, 0, START, 1), MKEY_BAD_KEY);
	assert_int_equal(check(guest, key + 0x100, 0, START, 1), MKEY_BAD_KEY);
	assert_int_equal(check(guest, 0, 0, START, 1), MKEY_BAD_KEY);
	assert_int_equal(check(guest, 0x100, 0, START, 1), MKEY_BAD_KEY);
	assert_int_equal(check(guest, UINT32_MAX, 0, START, 1), MKEY_BAD_KEY);
	attr.free = true;
	assert_int_equal(check(guest, guest_mkey(guest, &attr), 0, START, 1), MKEY_BAD_KEY);
	attr.free = false;
	attr.pd = guest_pd(guest);
	assert_int_equal(check(guest, guest_mkey(guest, &attr), 0, START, 1), MKEY_BAD_PD);
}

static void each_right_is_checked(void **state)
{
	struct guest *guest = *state;
	uint64_t pages[3];
	struct guest_mkey attr = proto(guest, pages);

	for (unsigned int has = 0; has < 32; has++) {
		uint32_t key;

		attr.access = has;
		key = guest_mkey(guest, &attr);
		for (unsigned int bit = 1; bit < 32; bit <<= 1)
			assert_int_equal(check(guest, key, bit, START, 1),
					 has & bit ? MKEY_OK : MKEY_BAD_ACCESS);
	}
}

static void query_gives_back_what_was_set(void **state)
{
	struct guest *guest = *state;
	COMMAND(query_mkey, QUERY_MKEY, 0);
	const void *mkc = MLX5_ADDR_OF(query_mkey_out, out, memory_key_mkey_entry);
	uint64_t pages[3];
	struct guest_mkey attr = proto(guest, pages);

	attr.tph = true;
	attr.ph = 2;
	attr.st_index = 33;
	attr.umr = true;
	MLX5_SET(query_mkey_in, in, mkey_index, guest_mkey(guest, &attr) >> 8);
	guest_command(guest, in, sizeof(in), out, sizeof(out));
	assert_int_equal(MLX5_GET(mkc, mkc, mkey_7_0), 7);
	assert_int_equal(MLX5_GET(mkc, mkc, pd), guest->pd);
	assert_int_equal(MLX5_GET64(mkc, mkc, start_addr), START);
	assert_int_equal(MLX5_GET64(mkc, mkc, len), LEN);
	assert_int_equal(MLX5_GET(mkc, mkc, access_mode_1_0), MLX5_MKC_ACCESS_MODE_MTT);
	assert_int_equal(MLX5_GET(mkc, mkc, translations_octword_size), 2);
	assert_int_equal(MLX5_GET(mkc, mkc, log_page_size), 12);
	assert_int_equal(MLX5_GET(mkc, mkc, umr_en), 1);
	assert_int_equal(MLX5_GET(mkc, mkc, free), 0);
	assert_int_equal(MLX5_GET(mkc, mkc, pcie_tph_en), 1);
	assert_int_equal(MLX5_GET(mkc, mkc, pcie_tph_ph), 2);
	assert_int_equal(MLX5_GET(mkc, mkc, pcie_tph_steering_tag_index), 33);
	MLX5_SET(query_mkey_in, in, mkey_index, 0xffffff);
	assert_int_equal(guest_try(guest, in, sizeof(in), out, sizeof(out)),
			 MLX5_CMD_STAT_BAD_RES_ERR);
}

static uint8_t destroy(struct guest *guest, uint32_t index)
{
	COMMAND(destroy_mkey, DESTROY_MKEY, 0);

	MLX5_SET(destroy_mkey_in, in, mkey_index, index);
	return guest_try(guest, in, sizeof(in), out, sizeof(out));
}

static void destroyed_key_gives_back_what_it_held(void **state)
{
	struct guest *guest = *state;
	uint64_t bytes = guest->nic->memory->mkeys.xlt_bytes;
	uint32_t users = pd_find(guest->nic, guest->pd)->users;
	uint64_t pages[3];
	struct guest_mkey attr = proto(guest, pages);
	uint32_t key = guest_mkey(guest, &attr);

	assert_int_equal(guest->nic->memory->mkeys.xlt_bytes, bytes + MKEY_XLT_ALIGN);
	assert_int_equal(pd_find(guest->nic, guest->pd)->users, users + 1);
	assert_int_equal(destroy(guest, key >> 8), MLX5_CMD_STAT_OK);
	assert_int_equal(check(guest, key, 0, START, 1), MKEY_BAD_KEY);
	assert_int_equal(guest->nic->memory->mkeys.xlt_bytes, bytes);
	assert_int_equal(pd_find(guest->nic, guest->pd)->users, users);
	assert_int_equal(destroy(guest, key >> 8), MLX5_CMD_STAT_BAD_RES_ERR);
	assert_int_equal(destroy(guest, 0), MLX5_CMD_STAT_BAD_RES_ERR);
}

static void bad_fields_are_refused(void **state)
{
	struct guest *guest = *state;
	uint64_t pages[20] = { 0 };
	struct guest_mkey attr = proto(guest, pages);
	uint64_t count = guest->nic->memory->mkeys.keys.count;
	uint32_t key;

	attr.pd = 0xabcdef;
	assert_int_equal(guest_try_mkey(guest, &attr, &key), MLX5_CMD_STAT_BAD_RES_ERR);
	attr.pd = guest->pd;
	/* more pages than there is room for: a unit is eight */
	attr.num_pages = 9;
	assert_int_equal(guest_try_mkey(guest, &attr, &key), MLX5_CMD_STAT_BAD_INP_LEN_ERR);
	/* more room than there may be */
	attr.num_pages = 3;
	attr.octowords = UINT32_MAX;
	assert_int_equal(guest_try_mkey(guest, &attr, &key), MLX5_CMD_STAT_LIM_ERR);
	assert_int_equal(guest->nic->memory->mkeys.keys.count, count);
}

static void short_page_list_is_refused(void **state)
{
	struct guest *guest = *state;
	uint8_t in[MLX5_ST_SZ_BYTES(create_mkey_in) + 16] = { 0 };
	uint8_t out[MLX5_ST_SZ_BYTES(create_mkey_out)] = { 0 };
	void *mkc = MLX5_ADDR_OF(create_mkey_in, in, memory_key_mkey_entry);

	MLX5_SET(create_mkey_in, in, opcode, MLX5_CMD_OP_CREATE_MKEY);
	/* says two octowords of pages, and brings one */
	MLX5_SET(mkc, mkc, access_mode_1_0, MLX5_MKC_ACCESS_MODE_MTT);
	MLX5_SET(mkc, mkc, pd, guest->pd);
	MLX5_SET(mkc, mkc, translations_octword_size, 4);
	MLX5_SET(create_mkey_in, in, translations_octword_actual_size, 2);
	assert_int_equal(guest_try(guest, in, sizeof(in), out, sizeof(out)),
			 MLX5_CMD_STAT_BAD_INP_LEN_ERR);
	MLX5_SET(create_mkey_in, in, translations_octword_actual_size, UINT32_MAX);
	assert_int_equal(guest_try(guest, in, sizeof(in), out, sizeof(out)),
			 MLX5_CMD_STAT_BAD_INP_LEN_ERR);
	MLX5_SET(create_mkey_in, in, translations_octword_actual_size, 1);
	assert_int_equal(guest_try(guest, in, sizeof(in), out, sizeof(out)), MLX5_CMD_STAT_OK);
}

static void modes_that_are_not_there_are_refused(void **state)
{
	static const uint8_t modes[] = {
		MLX5_MKC_ACCESS_MODE_SW_ICM,
		MLX5_MKC_ACCESS_MODE_MEMIC,
		MLX5_MKC_ACCESS_MODE_CROSSING,
	};
	struct guest *guest = *state;
	uint8_t out[MLX5_ST_SZ_BYTES(create_mkey_out)] = { 0 };

	for (unsigned int i = 0; i < sizeof(modes); i++) {
		uint8_t in[MLX5_ST_SZ_BYTES(create_mkey_in)] = { 0 };
		void *mkc = MLX5_ADDR_OF(create_mkey_in, in, memory_key_mkey_entry);

		MLX5_SET(create_mkey_in, in, opcode, MLX5_CMD_OP_CREATE_MKEY);
		MLX5_SET(mkc, mkc, pd, guest->pd);
		MLX5_SET(mkc, mkc, access_mode_1_0, modes[i] & 3);
		MLX5_SET(mkc, mkc, access_mode_4_2, modes[i] >> 2);
		assert_int_equal(guest_try(guest, in, sizeof(in), out, sizeof(out)),
				 MLX5_CMD_STAT_BAD_PARAM_ERR);
	}
}

static void every_page_size_translates(void **state)
{
	struct guest *guest = *state;
	uint64_t page = 0x40000000, address;
	struct mkey *mkey;

	/* every size that the field can say, among them those that make no sense */
	for (unsigned int shift = 0; shift < 64; shift++) {
		uint64_t size = 1ULL << shift;
		uint32_t key = guest_mkey(guest, &(struct guest_mkey){
							 .pd = guest->pd,
							 .access = GUEST_ACCESS,
							 .page_shift = shift,
							 .len = UINT64_MAX,
							 .octowords = 1,
							 .pages = &page,
							 .num_pages = 1,
						 });

		mkey = mkey_find(&guest->nic->memory->mkeys, key >> 8);
		assert_int_equal(mkey_translate(mkey, size - 1, 1, true, &address), 1);
		assert_int_equal(address, (page & ~(size - 1)) | (size - 1));
		if (shift < 60)
			assert_int_equal(mkey_translate(mkey, size * 8, 1, true, &address), 0);
	}
}

static void reset_destroys_all_keys(void **state)
{
	struct guest *guest = *state;

	for (unsigned int i = 0; i < 1000; i++)
		guest_mr(guest, GUEST_BASE, 3 * GUEST_PAGE, GUEST_ACCESS);
	pci_function_reset(&guest->nic->fn);
	assert_int_equal(guest->nic->memory->mkeys.keys.count, 0);
	assert_int_equal(guest->nic->memory->mkeys.xlt_bytes, 0);
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, guest_setup, guest_teardown)
	const struct CMUnitTest tests[] = {
		TEST(addresses_translate_page_by_page),
		TEST(range_beyond_the_key_is_refused),
		TEST(wrong_keys_are_not_found),
		TEST(each_right_is_checked),
		/* the commands */
		TEST(query_gives_back_what_was_set),
		TEST(destroyed_key_gives_back_what_it_held),
		TEST(bad_fields_are_refused),
		TEST(short_page_list_is_refused),
		TEST(modes_that_are_not_there_are_refused),
		TEST(every_page_size_translates),
		TEST(reset_destroys_all_keys),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
