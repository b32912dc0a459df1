// SPDX-License-Identifier: GPL-2.0 OR Linux-OpenIB
/* The flags one by one: every spelling of a value, every refusal and its words. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "options.h"
#include "util/macros.h"

#define PAGE_TEXT "4096"

static bool may_be_ours(const char *argument)
{
	char copy[64];
	char *argv[] = { "mlx5_0", copy, "host", NULL };

	strcpy(copy, argument);
	return tph_options_may_be_in(argv);
}

static void sees_ours(void **state)
{
	static const char *const ours[] = {
		"--dmabuf-tph",
		"--dmabuf_tph=st",
		"--dmabuf_tph-require",
		"--vfio_dmabuf=4:0.0",
		"--udmabuf",
		"--tph-st",
		"--tph_st_ext=1",
		"--tph-ph",
		"--tph_json_file",
		/* abbreviations, also such that getopt_long() may refuse */
		"--dm",
		"--tph",
		"--tph_",
		"--v=4:0.0",
		"--tph-j=x",
	};
	static const char *const foreign[] = {
		"",          "-",
		"--",        "--=",
		"-t",        "tph-st",
		"--tph-stx", "--dmabuf-tph-no",
		"--mmap=x",  "--size",
		"--tph mem", "--TPH-ST",
		"--ph",      "--tph_mem=vm",
	};
	char *const none[] = { NULL };

	for (size_t i = 0; i < ARRAY_SIZE(ours); i++)
		assert_true(may_be_ours(ours[i]));
	for (size_t i = 0; i < ARRAY_SIZE(foreign); i++)
		assert_false(may_be_ours(foreign[i]));
	assert_false(tph_options_may_be_in(none));
}

static void writes_each_name_both_ways(void **state)
{
	for (int id = 0; id < TPH_OPTION_COUNT; id++) {
		char name[64];

		strcpy(name, tph_option_table[id].name);
		for (char *at = name; (at = strchr(at, '-'));)
			*at = '_';
		assert_string_equal(tph_option_table[id].underscored, name);
	}
}

static void takes_values_of_their_own(void **state)
{
	assert_true(tph_option_takes(TPH_OPTION_ST, "host"));
	assert_true(tph_option_takes(TPH_OPTION_JSON_FILE, "--all"));
	assert_true(tph_option_takes(TPH_OPTION_NAMESPACE, "st_ext"));
	assert_false(tph_option_takes(TPH_OPTION_NAMESPACE, "host"));
	assert_false(tph_option_takes(TPH_OPTION_UDMABUF, "1"));
}

static void takes_namespaces(void **state)
{
	static const struct {
		const char *value;
		enum ibv_tph_namespace ns;
	} cases[] = {
		{ NULL, IBV_TPH_NS_AUTO },       { "none", IBV_TPH_NS_NONE },
		{ "auto", IBV_TPH_NS_AUTO },     { "st", IBV_TPH_NS_ST },
		{ "st-ext", IBV_TPH_NS_ST_EXT }, { "st_ext", IBV_TPH_NS_ST_EXT },
	};

	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		struct tph_options options;
		struct complaint why;

		tph_options_init(&options);
		assert_true(tph_option_set(&options, TPH_OPTION_NAMESPACE, cases[i].value, &why));
		assert_int_equal(options.ns, cases[i].ns);
	}
}

static void takes_ranges(void **state)
{
	static const struct {
		const char *value, *bdf;
		unsigned int bar;
		uint64_t offset, size;
	} cases[] = {
		{ "0000:04:00.0,bar=2", "0000:04:00.0", 2, 0, 0 },
		{ "04:00.0,bar=0", "0000:04:00.0", 0, 0, 0 },
		{ "ABCD:Ef:1f.7,bar=5", "abcd:ef:1f.7", 5, 0, 0 },
		{ "10000:e1:00.0,bar=4", "10000:e1:00.0", 4, 0, 0 },
		{ "FEDCBA98:e1:00.0,bar=4", "fedcba98:e1:00.0", 4, 0, 0 },
		{ "4:0.0,size=1M,bar=2,offset=0x2000", "0000:04:00.0", 2, 0x2000, 1 << 20 },
		{ "4:0.0,offset=" PAGE_TEXT ",bar=2", "0000:04:00.0", 2, 4096, 0 },
		{ "4:0.0,bar=2,offset=4k,size=2G", "0000:04:00.0", 2, 4096, UINT64_C(2) << 30 },
	};

	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		struct tph_options options;
		struct complaint why;

		tph_options_init(&options);
		assert_true(tph_option_set(&options, TPH_OPTION_VFIO, cases[i].value, &why));
		assert_int_equal(options.exporter, TPH_EXPORTER_VFIO);
		assert_string_equal(options.bdf, cases[i].bdf);
		assert_int_equal(options.bar, cases[i].bar);
		assert_true(options.offset == cases[i].offset);
		assert_true(options.size == cases[i].size);
	}
}

static void takes_limits(void **state)
{
	struct tph_options options;
	struct complaint why;

	tph_options_init(&options);
	assert_true(tph_option_set(&options, TPH_OPTION_ST, "255", &why));
	assert_true(tph_option_set(&options, TPH_OPTION_ST_EXT, "0xFFFF", &why));
	assert_true(tph_option_set(&options, TPH_OPTION_PH, "3", &why));
	assert_int_equal(options.st, 0xff);
	assert_int_equal(options.st_ext, 0xffff);
	assert_int_equal(options.ph, 3);
}

#define NOT_A_BDF(text) \
	"--vfio-dmabuf: '" text "' is not the address of a PCI function; write it as lspci -D does, for example 0000:04:00.0"
#define NOT_UNDERSTOOD(text) \
	"--vfio-dmabuf: '" text "' is not understood; after the BDF come bar=N and, if wanted, offset=BYTES and size=BYTES, separated by commas"
#define NOT_MAPPED(text) \
	"--vfio-dmabuf: " text " cannot be mapped; give a multiple of the page size, " PAGE_TEXT " bytes"
#define NO_BAR(text) "--vfio-dmabuf: bar=" text " is no BAR; a BAR's number is 0 to 5"
#define NO_ST(text) \
	"--tph-st=" text ": an 8-bit steering tag is 0 to 0xff; a 16-bit one is given with --tph-st-ext"
#define NO_ST_EXT(text) "--tph-st-ext=" text ": a 16-bit steering tag is 0 to 0xffff"
#define NO_PH(text) \
	"--tph-ph=" text ": a processing hint is 0 (bidirectional), 1 (requester), 2 (target) or 3 (target with priority)"

static void refuses_in_these_words(void **state)
{
	static const struct {
		enum tph_option_id id;
		const char *value, *words;
	} cases[] = {
		{ TPH_OPTION_NAMESPACE, "8bit",
		  "--dmabuf-tph=8bit: there is no such namespace; choose none, auto, st or st-ext" },
		{ TPH_OPTION_NAMESPACE, "ST",
		  "--dmabuf-tph=ST: there is no such namespace; choose none, auto, st or st-ext" },
		{ TPH_OPTION_REQUIRE, "yes",
		  "--dmabuf-tph-require=yes: this flag takes no value; write --dmabuf-tph-require" },
		{ TPH_OPTION_UDMABUF, "1",
		  "--udmabuf=1: this flag takes no value; write --udmabuf" },
		{ TPH_OPTION_VFIO, NULL,
		  "--vfio-dmabuf needs a value; write --vfio-dmabuf=<BDF>,bar=<N>[,offset=<bytes>][,size=<bytes>]" },
		{ TPH_OPTION_VFIO, "", NOT_A_BDF("") },
		{ TPH_OPTION_VFIO, "bar=2", NOT_A_BDF("bar=2") },
		{ TPH_OPTION_VFIO, "mlx5_0,bar=2", NOT_A_BDF("mlx5_0") },
		{ TPH_OPTION_VFIO, "04:00,bar=2", NOT_A_BDF("04:00") },
		{ TPH_OPTION_VFIO, "04:20.0,bar=2", NOT_A_BDF("04:20.0") },
		{ TPH_OPTION_VFIO, "04:00.8,bar=2", NOT_A_BDF("04:00.8") },
		{ TPH_OPTION_VFIO, "04:00.0.1,bar=2", NOT_A_BDF("04:00.0.1") },
		{ TPH_OPTION_VFIO, "100:00.0,bar=2", NOT_A_BDF("100:00.0") },
		{ TPH_OPTION_VFIO, " 4:0.0,bar=2", NOT_A_BDF(" 4:0.0") },
		{ TPH_OPTION_VFIO, "123456789:04:00.0,bar=2", NOT_A_BDF("123456789:04:00.0") },
		{ TPH_OPTION_VFIO, "04:00.0",
		  "--vfio-dmabuf=0000:04:00.0: which BAR to export is missing; add ,bar=N with N from 0 to 5" },
		{ TPH_OPTION_VFIO, "04:00.0,offset=0",
		  "--vfio-dmabuf=0000:04:00.0: which BAR to export is missing; add ,bar=N with N from 0 to 5" },
		{ TPH_OPTION_VFIO, "04:00.0,bar=6", NO_BAR("6") },
		{ TPH_OPTION_VFIO, "04:00.0,bar=", NO_BAR("") },
		{ TPH_OPTION_VFIO, "04:00.0,bar=-1", NO_BAR("-1") },
		{ TPH_OPTION_VFIO, "04:00.0,bar=2x", NO_BAR("2x") },
		{ TPH_OPTION_VFIO, "04:00.0,bar=2,bar=2",
		  "--vfio-dmabuf: bar= is given twice; give it once" },
		{ TPH_OPTION_VFIO, "04:00.0,bar=2,length=4096", NOT_UNDERSTOOD("length=4096") },
		{ TPH_OPTION_VFIO, "04:00.0,2", NOT_UNDERSTOOD("2") },
		{ TPH_OPTION_VFIO, "04:00.0,bar=2,offset=1", NOT_MAPPED("offset=1") },
		{ TPH_OPTION_VFIO, "04:00.0,bar=2,offset=4KB", NOT_MAPPED("offset=4KB") },
		{ TPH_OPTION_VFIO, "04:00.0,bar=2,offset=-4096", NOT_MAPPED("offset=-4096") },
		{ TPH_OPTION_VFIO, "04:00.0,bar=2,size=0",
		  NOT_MAPPED("size=0") ", and more than 0" },
		{ TPH_OPTION_VFIO, "04:00.0,bar=2,size=100",
		  NOT_MAPPED("size=100") ", and more than 0" },
		{ TPH_OPTION_VFIO, "04:00.0,bar=2,size=20000000000G",
		  NOT_MAPPED("size=20000000000G") ", and more than 0" },
		{ TPH_OPTION_VFIO, "04:00.0,bar=2,size=99999999999999999999",
		  NOT_MAPPED("size=99999999999999999999") ", and more than 0" },
		{ TPH_OPTION_VFIO, "04:00.0,bar=2,offset=0xfffffffffffff000,size=4096",
		  "--vfio-dmabuf=0000:04:00.0: offset and size together are beyond 64 bits; give smaller ones" },
		{ TPH_OPTION_ST, NULL, "--tph-st needs a value; write --tph-st=<0..0xff>" },
		{ TPH_OPTION_ST, "0x100", NO_ST("0x100") },
		{ TPH_OPTION_ST, "-1", NO_ST("-1") },
		{ TPH_OPTION_ST, "", NO_ST("") },
		{ TPH_OPTION_ST, "f0", NO_ST("f0") },
		{ TPH_OPTION_ST, "0x", NO_ST("0x") },
		{ TPH_OPTION_ST, "1 ", NO_ST("1 ") },
		{ TPH_OPTION_ST_EXT, "0x10000", NO_ST_EXT("0x10000") },
		{ TPH_OPTION_ST_EXT, "18446744073709551616", NO_ST_EXT("18446744073709551616") },
		{ TPH_OPTION_PH, "4", NO_PH("4") },
		{ TPH_OPTION_PH, "two", NO_PH("two") },
		{ TPH_OPTION_JSON_FILE, "",
		  "--tph-json-file: the name is empty; give the path of a file to write" },
	};

	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		struct tph_options options;
		struct complaint why = { "" };

		tph_options_init(&options);
		assert_false(tph_option_set(&options, cases[i].id, cases[i].value, &why));
		assert_string_equal(why.text, cases[i].words);
	}
}

static void refuses_repetition(void **state)
{
	struct tph_options options;
	struct complaint why;

	tph_options_init(&options);
	assert_true(tph_option_set(&options, TPH_OPTION_ST, "1", &why));
	assert_false(tph_option_set(&options, TPH_OPTION_ST, "1", &why));
	assert_string_equal(why.text, "--tph-st is given twice; give it once");
}

struct given {
	enum tph_option_id id;
	const char *value;
};

#define RANGE { TPH_OPTION_VFIO, "04:00.0,bar=2" }

static void refuses_combinations(void **state)
{
	static const struct {
		struct given given[3];
		int count;
		const char *words;
	} cases[] = {
		{ { RANGE, { TPH_OPTION_UDMABUF, NULL } },
		  2,
		  "--vfio-dmabuf and --udmabuf: there is one buffer; choose one exporter for it" },
		{ { { TPH_OPTION_UDMABUF, NULL }, RANGE },
		  2,
		  "--vfio-dmabuf and --udmabuf: there is one buffer; choose one exporter for it" },
		{ { RANGE, { TPH_OPTION_PH, "2" } },
		  2,
		  "--tph-ph: a hint is published together with a tag; add --tph-st or --tph-st-ext" },
		{ { { TPH_OPTION_ST, "1" } },
		  1,
		  "--tph-st and --tph-st-ext: only a device has tags to publish; name it with --vfio-dmabuf" },
		{ { { TPH_OPTION_ST_EXT, "1" }, { TPH_OPTION_UDMABUF, NULL } },
		  2,
		  "--tph-st and --tph-st-ext: only a device has tags to publish; name it with --vfio-dmabuf" },
		{ { { TPH_OPTION_NAMESPACE, "none" }, { TPH_OPTION_REQUIRE, NULL } },
		  2,
		  "--dmabuf-tph-require with --dmabuf-tph=none: there is nothing to require; ask for auto, st or st-ext" },
		{ { { TPH_OPTION_REQUIRE, NULL }, { TPH_OPTION_NAMESPACE, "none" } },
		  2,
		  "--dmabuf-tph-require with --dmabuf-tph=none: there is nothing to require; ask for auto, st or st-ext" },
	};

	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		struct tph_options options;
		struct complaint why = { "" };

		tph_options_init(&options);
		for (int j = 0; j < cases[i].count; j++)
			assert_true(tph_option_set(&options, cases[i].given[j].id,
						   cases[i].given[j].value, &why));
		assert_false(tph_options_check(&options, &why));
		assert_string_equal(why.text, cases[i].words);
	}
}

static void knows_when_tph_is_wanted(void **state)
{
	struct tph_options options;
	struct complaint why;

	tph_options_init(&options);
	assert_false(tph_options_given(&options));
	assert_false(tph_options_want_tph(&options));
	assert_true(tph_option_set(&options, TPH_OPTION_VFIO, "4:0.0,bar=2", &why));
	assert_true(tph_options_given(&options));
	assert_false(tph_options_want_tph(&options));
	assert_true(tph_option_set(&options, TPH_OPTION_ST, "0", &why));
	assert_true(tph_options_want_tph(&options));
	assert_true(tph_option_set(&options, TPH_OPTION_NAMESPACE, "none", &why));
	assert_false(tph_options_want_tph(&options));
}

static void names_the_buffer(void **state)
{
	struct tph_options options;
	struct complaint why;
	char name[128];

	tph_options_init(&options);
	assert_true(tph_option_set(&options, TPH_OPTION_UDMABUF, NULL, &why));
	tph_options_buffer_name(&options, name, sizeof(name));
	assert_string_equal(name, "//udmabuf");
	assert_true(tph_option_set(&options, TPH_OPTION_VFIO, "4:0.0,bar=2", &why));
	tph_options_buffer_name(&options, name, sizeof(name));
	assert_string_equal(name, "//vfio-dmabuf/0000:04:00.0/bar2");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(sees_ours),
		cmocka_unit_test(writes_each_name_both_ways),
		cmocka_unit_test(takes_values_of_their_own),
		cmocka_unit_test(takes_namespaces),
		cmocka_unit_test(takes_ranges),
		cmocka_unit_test(takes_limits),
		cmocka_unit_test(refuses_in_these_words),
		cmocka_unit_test(refuses_repetition),
		cmocka_unit_test(refuses_combinations),
		cmocka_unit_test(knows_when_tph_is_wanted),
		cmocka_unit_test(names_the_buffer),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
