// SPDX-License-Identifier: GPL-2.0 OR Linux-OpenIB
/* Whole command lines: ours are taken out wherever they stand, all else stays as it was, and what
 * the stock flags say is understood in all of their spellings.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "backend/checks.h"
#include "backend/command_line.h"
#include "util/macros.h"

#define LONGEST 16

struct parsed {
	struct command_line line;
	char *argv[LONGEST];
	char text[512];
	struct complaint why;
	bool good;
};

/* @text is cut at its spaces. */
static void parse(struct parsed *parsed, const char *text)
{
	char *rest;
	int argc = 0;

	strcpy(parsed->text, text);
	for (char *part = strtok_r(parsed->text, " ", &rest); part;
	     part = strtok_r(NULL, " ", &rest))
		parsed->argv[argc++] = part;
	parsed->argv[argc] = NULL;
	parsed->why.text[0] = '\0';
	parsed->good = command_line_parse(&parsed->line, argc, parsed->argv, &parsed->why);
}

/* What is left for the stock tool, joined by spaces. */
static void assert_stock(const struct parsed *parsed, const char *expected)
{
	char text[512] = "";
	int i;

	for (i = 0; parsed->line.argv[i]; i++) {
		strcat(text, i ? " " : "");
		strcat(text, parsed->line.argv[i]);
	}
	assert_string_equal(text, expected);
	assert_int_equal(parsed->line.argc, i);
}

static void takes_ours_in_every_order(void **state)
{
	static const char *const ours[4] = {
		"--dmabuf-tph=st",
		"--vfio-dmabuf=4:0.0,bar=2",
		"--tph-st 0xf0",
		"--tph_ph 2",
	};

	for (int order = 0; order < 256; order++) {
		int at[4] = { order & 3, order >> 2 & 3, order >> 4 & 3, order >> 6 & 3 };
		struct parsed parsed;
		char text[512];

		if (((1 << at[0]) | (1 << at[1]) | (1 << at[2]) | (1 << at[3])) != 15)
			continue;
		snprintf(text, sizeof(text), "ib_write_bw %s -d mlx5_0 %s -s 4096 %s host %s",
			 ours[at[0]], ours[at[1]], ours[at[2]], ours[at[3]]);
		parse(&parsed, text);
		assert_true(parsed.good);
		assert_stock(&parsed, "ib_write_bw -d mlx5_0 -s 4096 host");
		assert_int_equal(parsed.line.options.ns, IBV_TPH_NS_ST);
		assert_string_equal(parsed.line.options.bdf, "0000:04:00.0");
		assert_int_equal(parsed.line.options.st, 0xf0);
		assert_int_equal(parsed.line.options.ph, 2);
		command_line_free(&parsed.line);
	}
}

static void takes_both_forms_of_a_value(void **state)
{
	static const struct {
		const char *text, *stock;
		enum ibv_tph_namespace ns;
	} cases[] = {
		{ "t --dmabuf-tph=st-ext host", "t host", IBV_TPH_NS_ST_EXT },
		{ "t --dmabuf_tph=st_ext host", "t host", IBV_TPH_NS_ST_EXT },
		{ "t --dmabuf-tph st host", "t host", IBV_TPH_NS_ST },
		{ "t --dmabuf-tph none", "t", IBV_TPH_NS_NONE },
		/* The value is optional: what is no namespace is the stock tool's. */
		{ "t --dmabuf-tph host", "t host", IBV_TPH_NS_AUTO },
		{ "t --dmabuf-tph -a", "t -a", IBV_TPH_NS_AUTO },
		{ "t --dmabuf-tph", "t", IBV_TPH_NS_AUTO },
		{ "t --dmabuf-tph=auto st", "t st", IBV_TPH_NS_AUTO },
		{ "t --vfio-dmabuf 4:0.0,bar=2 host", "t host", IBV_TPH_NS_AUTO },
	};

	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		struct parsed parsed;

		parse(&parsed, cases[i].text);
		assert_true(parsed.good);
		assert_stock(&parsed, cases[i].stock);
		assert_int_equal(parsed.line.options.ns, cases[i].ns);
		assert_true(tph_options_given(&parsed.line.options));
		command_line_free(&parsed.line);
	}
}

static void leaves_stock_lines_alone(void **state)
{
	static const char *const lines[] = {
		"ib_write_bw",
		"ib_write_bw -d mlx5_0 -aFq4 --report_gbits host",
		"ib_write_bw --mmap=file --mmap-offset 4096 --tph_mem=pm --cpu_id 3 --ph=1",
		"ib_write_bw -",
		"ib_write_bw -- --tph-st=4 --dmabuf-tph",
		"ib_write_bw --no-such-flag -@ -q",
		"ib_write_bw -: --size",
	};

	for (size_t i = 0; i < ARRAY_SIZE(lines); i++) {
		struct parsed parsed;

		parse(&parsed, lines[i]);
		assert_true(parsed.good);
		assert_stock(&parsed, lines[i]);
		assert_false(tph_options_given(&parsed.line.options));
		command_line_free(&parsed.line);
	}
}

static void does_not_take_a_stock_value(void **state)
{
	struct parsed parsed;

	/* getopt() gives -d whatever comes next, also what looks like a flag of ours. */
	parse(&parsed, "t -d --udmabuf -s --dmabuf-tph");
	assert_true(parsed.good);
	assert_stock(&parsed, "t -d --udmabuf -s --dmabuf-tph");
	assert_false(tph_options_given(&parsed.line.options));
	command_line_free(&parsed.line);
}

static void complains_about_ours_only(void **state)
{
	static const struct {
		const char *text, *words;
	} cases[] = {
		{ "t --tph-st", "--tph-st needs a value; write --tph-st=<0..0xff>" },
		{ "t --udmabuf --udmabuf", "--udmabuf is given twice; give it once" },
		{ "t --tph_st=1 --tph-st=1", "--tph-st is given twice; give it once" },
		{ "t --tph-ph=2 --udmabuf",
		  "--tph-ph: a hint is published together with a tag; add --tph-st or --tph-st-ext" },
	};

	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		struct parsed parsed;

		parse(&parsed, cases[i].text);
		assert_false(parsed.good);
		assert_string_equal(parsed.why.text, cases[i].words);
		command_line_free(&parsed.line);
	}
}

static void adds_the_buffer_first(void **state)
{
	char flag[] = "--mmap=//udmabuf";
	struct parsed parsed;

	parse(&parsed, "t --udmabuf -s 64 -- host");
	assert_true(parsed.good);
	command_line_add_buffer(&parsed.line, flag);
	assert_stock(&parsed, "t --mmap=//udmabuf -s 64 -- host");
	command_line_free(&parsed.line);
	parse(&parsed, "t --udmabuf");
	command_line_add_buffer(&parsed.line, flag);
	assert_stock(&parsed, "t --mmap=//udmabuf");
	command_line_free(&parsed.line);
}

static void understands_stock_flags(void **state)
{
	static const struct {
		const char *text;
		struct stock_facts facts;
	} cases[] = {
		{ "t -s 4096 -q 8", { .size = 4096, .qps = 8 } },
		{ "t -s4K -q8", { .size = 4096, .qps = 8 } },
		{ "t --size=0x1000 --qp 8", { .size = 4096, .qps = 8 } },
		{ "t --size 2M", { .size = 2 << 20 } },
		{ "t -Fas1M", { .size = 1 << 20, .all_sizes = true } },
		{ "t -FNq2", { .qps = 2 } },
		{ "t --all -I0 --mr_per_qp",
		  { .all_sizes = true, .inline_given = true, .mr_per_qp = true } },
		{ "t --inline_size 0 --odp --use_data_direct",
		  { .inline_given = true, .on_demand = true, .data_direct = true } },
		{ "t -c UD", { .datagram = true } },
		{ "t -c SRD", { .datagram = true } },
		{ "t --connection=XRC", { .datagram = false } },
		{ "t -h", { .help = true } },
		{ "t --help", { .help = true } },
		/* What the stock tool refuses counts for nothing. */
		{ "t -s -5 -q x", { .size = 0 } },
		{ "t -s 99999999999999999999 -q 0", { .size = 0 } },
		/* Values, not flags; and what follows the end of flags. */
		{ "t -d -a -p -h", { .size = 0 } },
		{ "t -- -a -s 1", { .size = 0 } },
	};

	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		struct parsed parsed;

		parse(&parsed, cases[i].text);
		assert_true(parsed.good);
		assert_memory_equal(&parsed.line.facts, &cases[i].facts, sizeof(cases[i].facts));
		command_line_free(&parsed.line);
	}
}

#define ONE_BUFFER(ours, theirs) ours " and " theirs ": there is one data buffer; choose one of them"

static void refuses_what_the_tools_cannot(void **state)
{
	static const struct {
		const char *text, *words;
	} cases[] = {
		{ "ib_write_bw --dmabuf-tph=st",
		  "--dmabuf-tph: the data buffer is no dma-buf; make it one with --vfio-dmabuf, --udmabuf or a flag of perftest such as --use_cuda_dmabuf" },
		{ "ib_write_bw --tph-json-file=x --use_cuda=0",
		  "--tph-json-file: the data buffer is no dma-buf; make it one with --vfio-dmabuf, --udmabuf or a flag of perftest such as --use_cuda_dmabuf" },
		{ "ib_write_bw --udmabuf --mmap=file", ONE_BUFFER("--udmabuf", "--mmap=file") },
		{ "ib_write_bw --mmap-offset 4096 --udmabuf",
		  ONE_BUFFER("--udmabuf", "--mmap-offset") },
		{ "ib_write_bw --vfio-dmabuf=4:0.0,bar=2 --use_cuda=0",
		  ONE_BUFFER("--vfio-dmabuf", "--use_cuda=0") },
		{ "ib_write_bw --vfio-dmabuf=4:0.0,bar=2 --use_hl=0",
		  ONE_BUFFER("--vfio-dmabuf", "--use_hl=0") },
		{ "raw_ethernet_bw --udmabuf",
		  "--udmabuf: the raw_ethernet tools cannot use a mapped buffer; use an ib_ tool" },
		{ "ib_write_bw --vfio-dmabuf=4:0.0,bar=2 -q 4 --mr_per_qp",
		  "--vfio-dmabuf with --mr_per_qp and more than one QP: perftest loses its pointers to a mapped buffer when it makes several; drop --mr_per_qp, and the QPs share one memory region" },
		{ "ib_write_bw --udmabuf --odp",
		  "--udmabuf with --odp: a dma-buf cannot be registered on demand; drop --odp" },
		{ "ib_write_bw --dmabuf-tph --use_cuda=0 --use_cuda_dmabuf --use_data_direct",
		  "--dmabuf-tph with --use_data_direct: data direct requests leave from another PCI function, which has no steering tags; drop one of them" },
		{ "ib_write_bw --dmabuf-tph-require --udmabuf --ph=1",
		  "--dmabuf-tph-require with --ph=1: a DMA handle takes the place of the exporter's tag; drop one of them" },
	};

	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		struct parsed parsed;

		parse(&parsed, cases[i].text);
		assert_true(parsed.good);
		assert_false(check_flags(parsed.argv[0], &parsed.line, &parsed.why));
		assert_string_equal(parsed.why.text, cases[i].words);
		command_line_free(&parsed.line);
	}
}

static void allows_what_they_can(void **state)
{
	static const char *const lines[] = {
		"ib_write_bw --udmabuf",
		"ib_write_bw --vfio-dmabuf=4:0.0,bar=2 -q 4",
		"ib_write_bw --vfio-dmabuf=4:0.0,bar=2 -q 1 --mr_per_qp",
		"ib_read_lat --dmabuf-tph --use_cuda=0 --use_cuda_dmabuf",
		"ib_write_bw --dmabuf-tph=st -q 4 --mr_per_qp --use_hl=1",
		"raw_ethernet_bw --dmabuf-tph --use_rocm=0 --use_rocm_dmabuf",
	};

	for (size_t i = 0; i < ARRAY_SIZE(lines); i++) {
		struct parsed parsed;

		parse(&parsed, lines[i]);
		assert_true(parsed.good);
		assert_true(check_flags(parsed.argv[0], &parsed.line, &parsed.why));
		command_line_free(&parsed.line);
	}
}

static void knows_the_least_buffer(void **state)
{
	static const struct {
		const char *text;
		uint64_t least;
	} cases[] = {
		{ "ib_write_bw", 2 * 65536 },
		{ "ib_write_lat", 2 * 4096 },
		{ "ib_atomic_bw -q 16", 2 * 4096 * 16 },
		{ "ib_write_bw -s 1M -q 4", 8 << 20 },
		{ "ib_write_bw -s 1M -q 4 --mr_per_qp", 2 << 20 },
		{ "ib_write_bw -a -q 2", 32 << 20 },
		{ "ib_send_bw -c UD -s 65536", 2 * 4096 },
		{ "ib_write_bw -s 2147483647 -q 2147483647",
		  UINT64_C(2147483647) * 2 * 2147483647 },
	};

	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		struct parsed parsed;

		parse(&parsed, cases[i].text);
		assert_true(check_least_buffer(parsed.argv[0], &parsed.line.facts) ==
			    cases[i].least);
		command_line_free(&parsed.line);
	}
}

static void knows_what_is_inlined(void **state)
{
	static const struct {
		const char *text;
		bool inlines;
	} cases[] = {
		{ "ib_write_lat", true },
		{ "ib_send_lat -s 236", true },
		/* 236 bytes are the most */
		{ "ib_write_lat -s 237", false },
		{ "ib_write_lat -a", true },
		{ "ib_write_lat -I 0", false },
		{ "ib_read_lat", false },
		{ "ib_write_bw -s 2", false },
	};

	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		struct parsed parsed;

		parse(&parsed, cases[i].text);
		assert_int_equal(check_inlines(parsed.argv[0], &parsed.line.facts),
				 cases[i].inlines);
		command_line_free(&parsed.line);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(takes_ours_in_every_order),
		cmocka_unit_test(takes_both_forms_of_a_value),
		cmocka_unit_test(leaves_stock_lines_alone),
		cmocka_unit_test(does_not_take_a_stock_value),
		cmocka_unit_test(complains_about_ours_only),
		cmocka_unit_test(adds_the_buffer_first),
		cmocka_unit_test(understands_stock_flags),
		cmocka_unit_test(refuses_what_the_tools_cannot),
		cmocka_unit_test(allows_what_they_can),
		cmocka_unit_test(knows_the_least_buffer),
		cmocka_unit_test(knows_what_is_inlined),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
