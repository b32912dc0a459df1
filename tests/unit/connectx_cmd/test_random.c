// SPDX-License-Identifier: GPL-2.0 OR Linux-OpenIB
/*
 * Commands and doorbells as no driver sends them. Nothing is asserted but that the device answers
 * every command and is itself afterwards; the sanitizers of the unit tier watch over the rest.
 */
#include <stdlib.h>
#include <string.h>

#include "driver.h"
#include "util.h"

#define COMMANDS	30000
#define DOORBELLS	30000
#define MAX_IN		8192
#define MAX_OUT		8192

static uint64_t seed;

/* splitmix64: the same numbers in every run. */
static uint64_t random64(void)
{
	uint64_t z = seed += 0x9e3779b97f4a7c15;

	z = (z ^ z >> 30) * 0xbf58476d1ce4e5b9;
	z = (z ^ z >> 27) * 0x94d049bb133111eb;
	return z ^ z >> 31;
}

static uint32_t below(uint32_t limit)
{
	return random64() % limit;
}

/*
 * Bytes that come near to something: mostly zero, with small numbers (handles, sizes) and addresses
 * of memory strewn in.
 */
static void fill(uint8_t *bytes, uint32_t len)
{
	memset(bytes, 0, len);
	for (uint32_t i = below(16); i; i--) {
		uint32_t at = below(len / 4) * 4;
		__be32 word;

		switch (below(4)) {
		case 0:
			word = cpu_to_be32(below(128));
			break;
		case 1:
			word = cpu_to_be32(RAM_BASE + below(RAM_BYTES));
			break;
		case 2:
			word = cpu_to_be32(1U << below(32));
			break;
		default:
			word = (__be32)random64();
		}
		memcpy(bytes + at, &word, sizeof(word));
	}
}

static uint16_t random_opcode(void)
{
	/* each group that there is: 0x100, 0x200 ... 0x900 */
	return below(8) ? (1 + below(9)) << 8 | below(0x30) : below(0x1000);
}

static void random_commands_are_all_answered(void **state)
{
	struct driver *driver = *state;
	uint8_t *in = malloc(MAX_IN), *out = malloc(MAX_OUT);

	assert_true(in && out);
	seed = 1;
	for (unsigned int i = 0; i < COMMANDS; i++) {
		uint32_t in_len = 16 + below(below(4) ? 1024 : MAX_IN - 16);
		uint32_t out_len = 16 + below(below(4) ? 1024 : MAX_OUT - 16);
		uint16_t opcode = random_opcode();

		fill(in, in_len);
		MLX5_SET(nop_in, in, opcode, opcode);
		command(driver, in, in_len, out, out_len);
		/* whatever happened to the state, go on with the function up */
		if (opcode == MLX5_CMD_OP_TEARDOWN_HCA || opcode == MLX5_CMD_OP_DISABLE_HCA) {
			command_number(driver, MLX5_CMD_OP_ENABLE_HCA, 0);
			command_number(driver, MLX5_CMD_OP_INIT_HCA, 0);
		}
	}
	free(in);
	free(out);
	assert_int_equal(command_number(driver, MLX5_CMD_OP_NOP, 0), MLX5_CMD_STAT_OK);
}

static void random_doorbells_harm_nothing(void **state)
{
	struct driver *driver = *state;
	struct test_cq cq;

	create_cq(driver, &cq, 4);
	create_rc_qp(driver, &cq);
	seed = 2;
	for (unsigned int i = 0; i < DOORBELLS; i++) {
		uint8_t bytes[64];
		size_t len = 1U << below(7);
		uint64_t offset = below(2) ? (uint64_t)driver->uar * RAM_PAGE + below(4096)
					   : below(driver->fn->bars[0].size);

		fill(bytes, sizeof(bytes));
		/* registers of the initialization segment that the other tests are about */
		if (offset < RAM_PAGE || offset + len > driver->fn->bars[0].size)
			continue;
		assert_int_equal(pci_bar_write(driver->fn, 0, offset, bytes, len), 0);
		assert_int_equal(pci_bar_read(driver->fn, 0, offset, bytes, len), 0);
	}
	while (engine_poll(driver->engine, 0) > 0)
		;
	assert_int_equal(command_number(driver, MLX5_CMD_OP_NOP, 0), MLX5_CMD_STAT_OK);
}

int main(void)
{
#define TEST(name)	cmocka_unit_test_setup_teardown(name, driver_setup_up, driver_teardown)
	const struct CMUnitTest tests[] = {
		TEST(random_commands_are_all_answered),
		TEST(random_doorbells_harm_nothing),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
