// SPDX-License-Identifier: GPL-2.0 OR Linux-OpenIB
/* Whole command lines, read as a tool reads them: ours are taken wherever they stand, the tool gets
 * all else as it was, and what its flags say is understood in all of their spellings.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "backend/checks.h"
#include "backend/command_line.h"
#include "tool.h"
#include "util/macros.h"

#define LONGEST 16

struct parsed {
	struct command_line line;
	char *argv[LONGEST];
	char text[512];
	char seen[512]; /* what the tool got, joined by spaces: its flags, then what is none */
	struct complaint why;
	bool good;
};

static void see(struct parsed *parsed, const char *what)
{
	size_t length = strlen(parsed->seen);

	snprintf(parsed->seen + length, sizeof(parsed->seen) - length, "%s%s", length ? " " : "",
		 what);
}

static void see_flag(struct parsed *parsed, int got, int index)
{
	char flag[128];

	tool_flag(got, index, flag, sizeof(flag));
	see(parsed, flag);
}

/* @text is cut at its spaces. */
static void parse(struct parsed *parsed, const char *text)
{
	int argc = 0, got, index;
	char *rest;

	memset(parsed, 0, sizeof(*parsed));
	strcpy(parsed->text, text);
	for (char *part = strtok_r(parsed->text, " ", &rest); part;
	     part = strtok_r(NULL, " ", &rest))
		parsed->argv[argc++] = part;
	optind = 0; /* another command line begins */
	opterr = 0;
	do {
		index = -1;
		got = command_line_next(&parsed->line, getopt_long, argc, parsed->argv,
					tool_letters, tool_flags, &index, &parsed->why);
		if (got >= 0)
			see_flag(parsed, got, index);
	} while (got >= 0);
	while (got == -1 && optind < argc)
		see(parsed, parsed->argv[optind++]);
	parsed->good = got == -1 && tph_options_check(&parsed->line.options, &parsed->why);
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
		assert_string_equal(parsed.seen, "-d mlx5_0 -s 4096 host");
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
		{ "t --dmabuf-tph=st-ext host", "host", IBV_TPH_NS_ST_EXT },
		{ "t --dmabuf_tph=st_ext host", "host", IBV_TPH_NS_ST_EXT },
		{ "t --dmabuf-tph st host", "host", IBV_TPH_NS_ST },
		{ "t host --dmabuf-tph st -a", "-a host", IBV_TPH_NS_ST },
		{ "t --dmabuf-tph none", "", IBV_TPH_NS_NONE },
		/* The value is optional: what is no namespace is the stock tool's. */
		{ "t --dmabuf-tph host", "host", IBV_TPH_NS_AUTO },
		{ "t --dmabuf-tph -a", "-a", IBV_TPH_NS_AUTO },
		{ "t --dmabuf-tph", "", IBV_TPH_NS_AUTO },
		{ "t --dmabuf-tph=auto st", "st", IBV_TPH_NS_AUTO },
		{ "t --vfio-dmabuf 4:0.0,bar=2 host", "host", IBV_TPH_NS_AUTO },
		{ "t host --tph_st 1 --vfio-dmabuf 4:0.0,bar=2 st", "host st", IBV_TPH_NS_AUTO },
	};

	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		struct parsed parsed;

		parse(&parsed, cases[i].text);
		assert_true(parsed.good);
		assert_string_equal(parsed.seen, cases[i].stock);
		assert_int_equal(parsed.line.options.ns, cases[i].ns);
		assert_true(tph_options_given(&parsed.line.options));
		command_line_free(&parsed.line);
	}
}

static void takes_abbreviations(void **state)
{
	struct parsed parsed;

	parse(&parsed,
	      "t --vf=4:0.0,bar=2 --tph-p=2 --tph_st-e --dmabuf-tph-r --siz=8M --tph_st_e 7");
	/* getopt_long() does not know both spellings in one name. */
	assert_string_equal(parsed.seen, "? --size=8M");
	assert_true(parsed.good);
	assert_int_equal(parsed.line.options.bar, 2);
	assert_int_equal(parsed.line.options.ph, 2);
	assert_int_equal(parsed.line.options.st_ext, 7);
	assert_true(parsed.line.options.require);
	assert_true(parsed.line.facts.size == 8 << 20);
	command_line_free(&parsed.line);
	/* of two of ours, and of one of each */
	parse(&parsed, "t --dmabuf --dmabuf-tph --tph");
	assert_string_equal(parsed.seen, "? ?");
	assert_int_equal(parsed.line.options.ns, IBV_TPH_NS_AUTO);
	assert_non_null(parsed.line.options.text[TPH_OPTION_NAMESPACE]);
	command_line_free(&parsed.line);
}

static void leaves_stock_lines_alone(void **state)
{
	static const struct {
		const char *text, *seen;
	} cases[] = {
		{ "ib_write_bw", "" },
		{ "ib_write_bw -d mlx5_0 -aFq4 --report_gbits host",
		  "-d mlx5_0 -a -F -q 4 --report_gbits host" },
		{ "ib_write_bw --mmap=file --mmap-offset 4096 --tph_mem=pm --cpu_id 3 --ph=1",
		  "--mmap=file --mmap-offset=4096 --tph_mem=pm --cpu_id=3 --ph=1" },
		{ "ib_write_bw -", "-" },
		{ "ib_write_bw -- --tph-st=4 --dmabuf-tph", "--tph-st=4 --dmabuf-tph" },
		{ "ib_write_bw --no-such-flag -@ -q", "? ? ?" },
		{ "ib_write_bw --size", "?" },
		/* getopt() gives -d whatever comes next, also what looks like a flag of ours. */
		{ "ib_write_bw -d --udmabuf -s --dmabuf-tph", "-d --udmabuf -s --dmabuf-tph" },
	};

	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		struct parsed parsed;

		parse(&parsed, cases[i].text);
		assert_true(parsed.good);
		assert_string_equal(parsed.seen, cases[i].seen);
		assert_false(tph_options_given(&parsed.line.options));
		command_line_free(&parsed.line);
	}
}

static void complains_about_ours_only(void **state)
{
	static const struct {
		const char *text, *words;
	} cases[] = {
		{ "t --tph-st", "--tph-st needs a value; write --tph-st=<0..0xff>" },
		{ "t --udmabuf --udmabuf", "--udmabuf is given twice; give it once" },
		{ "t --udma=3", "--udmabuf=3: this flag takes no value; write --udmabuf" },
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

static void adds_the_buffer(void **state)
{
	char name[] = "//udmabuf", seen[128];
	static struct option none[] = { { "size", required_argument, NULL, 's' }, { 0 } };
	struct command_line old = { 0 };
	struct parsed parsed;
	int index = -1, got;

	parse(&parsed, "t --udmabuf -s 64 -- host");
	assert_true(parsed.good);
	got = command_line_add(&parsed.line, "mmap", name, &index, &parsed.why);
	tool_flag(got, index, seen, sizeof(seen));
	assert_string_equal(seen, "--mmap=//udmabuf");
	command_line_free(&parsed.line);

	optind = 0;
	assert_int_equal(command_line_next(&old, getopt_long, 1, parsed.argv, "s:", none, NULL,
					   &parsed.why),
			 -1);
	assert_int_equal(command_line_add(&old, "mmap", name, NULL, &parsed.why),
			 COMMAND_LINE_WRONG);
	assert_string_equal(
		parsed.why.text,
		"this perftest has no --mmap, by which it gets the exported buffer; install 4.5 or later");
	command_line_free(&old);
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
		{ "t --he", { .help = true } },
		{ "t --mr --od --use_data --conn=UD --al",
		  { .all_sizes = true,
		    .datagram = true,
		    .mr_per_qp = true,
		    .on_demand = true,
		    .data_direct = true } },
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
		{ "ib_write_bw --udmabuf --mmap=file", ONE_BUFFER("--udmabuf", "--mmap") },
		{ "ib_write_bw --mmap-offset 4096 --udmabuf",
		  ONE_BUFFER("--udmabuf", "--mmap-offset") },
		{ "ib_write_bw --vfio-dmabuf=4:0.0,bar=2 --use_cuda=0",
		  ONE_BUFFER("--vfio-dmabuf", "--use_cuda") },
		{ "ib_write_bw --vfio-dmabuf=4:0.0,bar=2 --use_hl=0",
		  ONE_BUFFER("--vfio-dmabuf", "--use_hl") },
		{ "raw_ethernet_bw --udmabuf",
		  "--udmabuf: the raw_ethernet tools cannot use a mapped buffer; use an ib_ tool" },
		{ "ib_write_bw --vfio-dmabuf=4:0.0,bar=2 -q 4 --mr_per_qp",
		  "--vfio-dmabuf with --mr_per_qp and more than one QP: perftest loses its pointers to a mapped buffer when it makes several; drop --mr_per_qp, and the QPs share one memory region" },
		{ "ib_write_bw --udmabuf --data_validation",
		  "--udmabuf with --data_validation: perftest validates data in memory that it allocates itself; drop one of them" },
		{ "ib_write_bw --udmabuf --odp",
		  "--udmabuf with --odp: a dma-buf cannot be registered on demand; drop --odp" },
		{ "ib_write_bw --dmabuf-tph --use_cuda=0 --use_cuda_dmabuf --use_data_direct",
		  "--dmabuf-tph with --use_data_direct: data direct requests leave from another PCI function, which has no steering tags; drop one of them" },
		{ "ib_write_bw --dmabuf-tph-require --udmabuf --ph=1",
		  "--dmabuf-tph-require with --ph: a DMA handle takes the place of the exporter's tag; drop one of them" },
		{ "ib_write_bw --udmabuf --tph-json-file=/tmp/../tmp/x --out_json --out_json_f /tmp/./x",
		  "--tph-json-file and the JSON file of perftest are the same, /tmp/./x, and each would overwrite the other's report; give two" },
		{ "ib_write_bw --udmabuf --tph-json-file=./perftest_out.json --out_json",
		  "--tph-json-file and the JSON file of perftest are the same, perftest_out.json, and each would overwrite the other's report; give two" },
		{ "ib_write_bw --dmabuf-tph --udmabuf --use-null",
		  "--dmabuf-tph with --use-null-mr: the client then uses a null memory region, and not the data buffer's; drop one of them" },
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
		"ib_write_bw --udmabuf --tph-json-file=/tmp/x --out_json_file=/tmp/y",
		"ib_write_bw --udmabuf --tph-json-file=/nonexistent/x --out_json_file=/tmp/x",
		"ib_write_bw --udmabuf --tph-json-file=perftest_out.json --out_json_file=y --out_json",
		"ib_write_bw --udmabuf --tph-json-file=perftest_out.json",
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
		cmocka_unit_test(takes_abbreviations),
		cmocka_unit_test(leaves_stock_lines_alone),
		cmocka_unit_test(complains_about_ours_only),
		cmocka_unit_test(adds_the_buffer),
		cmocka_unit_test(understands_stock_flags),
		cmocka_unit_test(refuses_what_the_tools_cannot),
		cmocka_unit_test(allows_what_they_can),
		cmocka_unit_test(knows_the_least_buffer),
		cmocka_unit_test(knows_what_is_inlined),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
