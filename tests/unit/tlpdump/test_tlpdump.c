// SPDX-License-Identifier: GPL-2.0 OR Linux-OpenIB
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>
#include <cmocka.h>

#include "fixture.h"
#include "util/macros.h"
#include "vectors.h"

/* Each vector leaves the NIC and reaches the accelerator a microsecond later. */
static void add_vectors(struct fixture *fixture)
{
	for (size_t i = 0; i < num_vectors; i++) {
		uint64_t time_ns = SECOND + i * 2000;

		add(fixture, fixture->nic, CAPTURE_OUTBOUND, time_ns, vectors[i].bytes,
		    vector_size(&vectors[i]));
		add(fixture, fixture->accelerator, CAPTURE_INBOUND, time_ns + 1000,
		    vectors[i].bytes, vector_size(&vectors[i]));
	}
}

/* How many of the vectors, seen on one link, pass a filter */
static void assert_accepted(struct fixture *fixture, const char *filter, int expected)
{
	char options[128];
	int lines = 0;

	snprintf(options, sizeof(options), "--json --link=acc0 %s", filter);
	assert_int_equal(run(fixture, options), 0);
	for (const char *at = fixture->output; *at; at++)
		lines += *at == '\n';
	assert_int_equal(lines, expected);
}

static void filters_take_what_they_say(void **state)
{
	struct fixture *fixture = *state;

	add_vectors(fixture);
	assert_accepted(fixture, "", num_vectors);
	assert_accepted(fixture, "--link=nic0", 2 * num_vectors);
	assert_accepted(fixture, "--direction=in", num_vectors);
	assert_accepted(fixture, "--direction=out", 0);
	assert_accepted(fixture, "--type=MWr64", 6);
	assert_accepted(fixture, "--type=mwr", 8);
	assert_accepted(fixture, "--type=CplD,MRd32", 3);
	assert_accepted(fixture, "--type=cpl", 2);
	assert_accepted(fixture, "--requester=00:03.0", 2);
	assert_accepted(fixture, "--requester=0000:00:03.0", 2);
	assert_accepted(fixture, "--requester=10001:00:03.0", 2);
	assert_accepted(fixture, "--requester=ffffffff:00:03.0", 2);
	assert_accepted(fixture, "--address=0x123456780-0x123456780", 1);
	assert_accepted(fixture, "--address=0x123456781-0x123456fff", 0);
	assert_accepted(fixture, "--address=0x20e006000800-0x20e006000803", 2);
	assert_accepted(fixture, "--address=0x20e006000800-0xffffffffffffffff --type=MWr64", 3);
	assert_accepted(fixture, "--address=0-0xffffffffffffffff --type=Cpl,CplD", 0);
	assert_accepted(fixture, "--st=0xf0", 2);
	assert_accepted(fixture, "--st=0x12f0", 1);
	assert_accepted(fixture, "--st=0", 1);
	assert_accepted(fixture, "--ph=3", 2);
	assert_accepted(fixture, "--hv=0", 11);
	assert_accepted(fixture, "--hv=3", 1);
	assert_accepted(fixture, "--hv=1 --ph=2 --st=240", 2);
	assert_accepted(fixture, "--limit=3", 3);
	assert_accepted(fixture, "--type=MWr64 --limit=100", 6);
}

static void counts_by_kind(void **state)
{
	struct fixture *fixture = *state;

	for (int i = 0; i < 3; i++)
		add(fixture, fixture->accelerator, CAPTURE_INBOUND, i, REFERENCE->bytes,
		    vector_size(REFERENCE));
	add(fixture, fixture->accelerator, CAPTURE_INBOUND, 3, vectors[5].bytes,
	    vector_size(&vectors[5]));
	add(fixture, fixture->nic, CAPTURE_OUTBOUND, 3, vectors[2].bytes, vector_size(&vectors[2]));
	add(fixture, fixture->nic, CAPTURE_OUTBOUND, 3, "", 1);
	assert_run(fixture, "--count", 0,
		   "LINK DIR TYPE       ST PH HV TLPS PAYLOAD\n"
		   "acc0 in  MWr32       -  -  0    1       4\n"
		   "acc0 in  MWr64     F0h  2  1    3      96\n"
		   "nic0 out MWr64   12F0h  3  3    1       8\n"
		   "nic0 out unknown     ?  ?  ?    1       0\n");
	assert_run(fixture, "--count --json --type=MWr", 0,
		   "{\"tlps\":5,\"counts\":["
		   "{\"link\":\"acc0\",\"direction\":\"in\",\"type\":\"MWr32\",\"hv\":0,"
		   "\"tlps\":1,\"payload_bytes\":4},"
		   "{\"link\":\"acc0\",\"direction\":\"in\",\"type\":\"MWr64\",\"hv\":1,"
		   "\"st\":240,\"ph\":2,\"tlps\":3,\"payload_bytes\":96},"
		   "{\"link\":\"nic0\",\"direction\":\"out\",\"type\":\"MWr64\",\"hv\":3,"
		   "\"st\":4848,\"ph\":3,\"tlps\":1,\"payload_bytes\":8}],\"missing\":[]}\n");
}

static FILE *start_following(struct fixture *fixture, const char *options)
{
	char command[256];
	FILE *pipe;

	snprintf(command, sizeof(command), "'%s' --follow %s %s 2>&1", TLPDUMP, options,
		 fixture->path);
	pipe = popen(command, "r");
	assert_non_null(pipe);
	return pipe;
}

static void read_up_to(FILE *pipe, const char *wanted)
{
	char line[512];

	do
		assert_non_null(fgets(line, sizeof(line), pipe));
	while (strcmp(line, wanted));
}

/* What is there is printed at once, what comes as it comes, and it ends with the writer. */
static void follows_a_capture_that_grows(void **state)
{
	struct fixture *fixture = *state;
	FILE *pipe;

	add(fixture, fixture->accelerator, CAPTURE_INBOUND, SECOND, REFERENCE->bytes,
	    vector_size(REFERENCE));
	assert_int_equal(capture_flush(fixture->capture), 0);
	pipe = start_following(fixture, "");
	read_up_to(pipe, "#1 acc0 in +0.000000000\n");
	add(fixture, fixture->accelerator, CAPTURE_INBOUND, SECOND + 1, REFERENCE->bytes,
	    vector_size(REFERENCE));
	assert_int_equal(capture_flush(fixture->capture), 0);
	read_up_to(pipe, "#2 acc0 in +0.000000001\n");
	assert_int_equal(capture_close(fixture->capture), 0);
	fixture->capture = NULL;
	while (fgetc(pipe) != EOF)
		;
	assert_int_equal(WEXITSTATUS(pclose(pipe)), 0);
	assert_run(fixture, "--follow --hex", 2,
		   "tlpdump: --follow is for the file of a capture; what comes through a pipe is "
		   "printed as it comes\n");
}

/* Nobody can add to a file that is gone. */
static void follows_no_longer_than_there_is_a_file(void **state)
{
	struct fixture *fixture = *state;
	char other[64];
	FILE *pipe;

	add(fixture, fixture->accelerator, CAPTURE_INBOUND, SECOND, REFERENCE->bytes,
	    vector_size(REFERENCE));
	assert_int_equal(capture_flush(fixture->capture), 0);
	pipe = start_following(fixture, "");
	read_up_to(pipe, "#1 acc0 in +0.000000000\n");
	snprintf(other, sizeof(other), "%s.other", fixture->path);
	assert_int_equal(link(fixture->path, other), 0);
	add(fixture, fixture->accelerator, CAPTURE_INBOUND, SECOND + 1, REFERENCE->bytes,
	    vector_size(REFERENCE));
	assert_int_equal(capture_flush(fixture->capture), 0);
	read_up_to(pipe, "#2 acc0 in +0.000000001\n");
	assert_int_equal(unlink(fixture->path), 0);
	while (fgetc(pipe) != EOF)
		;
	assert_int_equal(WEXITSTATUS(pclose(pipe)), 0);
	assert_int_equal(unlink(other), 0);
}

/* Without gnuplot there is none, which is said; with it, each tag has its name in it. */
static void plots_tags_over_time(void **state)
{
	struct fixture *fixture = *state;
	char options[128], path[64], text[65536], said[256];
	size_t size;
	FILE *file;

	snprintf(path, sizeof(path), "%s.svg", fixture->path);
	snprintf(options, sizeof(options), "--count --plot=%s", path);
	snprintf(said, sizeof(said),
		 "tlpdump: %s: no request passed the filters: nothing to draw\n", path);
	assert_int_equal(run(fixture, options), 2);
	assert_non_null(strstr(fixture->output, said));
	for (int i = 0; i < 1000; i++)
		add(fixture, fixture->accelerator, CAPTURE_INBOUND, SECOND + i * 1000000ull,
		    i % 2 ? REFERENCE->bytes : vectors[2].bytes,
		    vector_size(i % 2 ? REFERENCE : &vectors[2]));
	if (system("command -v gnuplot >/dev/null"))
		skip();
	assert_int_equal(run(fixture, options), 0);
	file = fopen(path, "r");
	assert_non_null(file);
	size = fread(text, 1, sizeof(text) - 1, file);
	text[size] = '\0';
	fclose(file);
	unlink(path);
	assert_non_null(strstr(text, "<svg"));
	assert_non_null(strstr(text, "ST=F0h PH=2"));
	assert_non_null(strstr(text, "ST=12F0h PH=3 16-bit"));
	assert_non_null(strstr(text, "requests in 8.192 ms"));
}

/* gnuplot would warn of a range without an extent, and draw no line. */
static void plots_a_single_packet(void **state)
{
	struct fixture *fixture = *state;
	char options[128];

	if (system("command -v gnuplot >/dev/null"))
		skip();
	add(fixture, fixture->accelerator, CAPTURE_INBOUND, SECOND, REFERENCE->bytes,
	    vector_size(REFERENCE));
	snprintf(options, sizeof(options), "--expect=st=0xf0,ph=2 --plot=%s.svg", fixture->path);
	assert_run(fixture, options, 0, "1 of 1 TLPs carry ST=F0h PH=2 HV=1\n");
	snprintf(options, sizeof(options), "%s.svg", fixture->path);
	assert_int_equal(unlink(options), 0);
}

/* gnuplot's exit code is 0 all the same; this one stands for a file system that is full. */
static void plots_that_are_not_whole_are_no_success(void **state)
{
	static const char gnuplot[] = "#!/bin/sh\ncat >/dev/null\n";
	struct fixture *fixture = *state;
	char directory[] = "/tmp/test_plot.XXXXXX", path[64], plot[64], options[256], said[256];
	char search[4096], *before;
	FILE *file;

	assert_non_null(mkdtemp(directory));
	snprintf(path, sizeof(path), "%s/gnuplot", directory);
	snprintf(plot, sizeof(plot), "%s/plot", directory);
	file = fopen(path, "w");
	assert_non_null(file);
	fputs(gnuplot, file);
	assert_int_equal(fclose(file), 0);
	assert_int_equal(chmod(path, 0755), 0);
	file = fopen(plot, "w");
	assert_non_null(file);
	fputs("<svg>", file);
	assert_int_equal(fclose(file), 0);
	add(fixture, fixture->accelerator, CAPTURE_INBOUND, SECOND, REFERENCE->bytes,
	    vector_size(REFERENCE));
	snprintf(options, sizeof(options), "--expect=st=0xf0,ph=2 --plot=%s", plot);
	snprintf(said, sizeof(said),
		 "1 of 1 TLPs carry ST=F0h PH=2 HV=1\n"
		 "tlpdump: cannot draw %s: gnuplot has not written all of it; is there room?\n",
		 plot);
	before = strdup(getenv("PATH"));
	assert_non_null(before);
	snprintf(search, sizeof(search), "%s:%s", directory, before);
	assert_int_equal(setenv("PATH", search, 1), 0);
	assert_run(fixture, options, 2, said);
	assert_int_equal(setenv("PATH", before, 1), 0);
	free(before);
	unlink(path);
	unlink(plot);
	rmdir(directory);
}

/* Requests alone: what completions carry belongs to those that they answer. */
static void summary_is_by_initiator(void **state)
{
	struct fixture *fixture = *state;

	for (int i = 0; i < 3; i++)
		add(fixture, fixture->accelerator, CAPTURE_INBOUND, i, REFERENCE->bytes,
		    vector_size(REFERENCE));
	add(fixture, fixture->accelerator, CAPTURE_INBOUND, 3, vectors[5].bytes,
	    vector_size(&vectors[5]));
	add(fixture, fixture->accelerator, CAPTURE_OUTBOUND, 3, vectors[17].bytes,
	    vector_size(&vectors[17]));
	add(fixture, fixture->nic, CAPTURE_OUTBOUND, 3, "", 1);
	assert_run(fixture, "--summary", 0,
		   "REQUESTER  ST PH HV TLPS PAYLOAD SHARE HISTOGRAM\n"
		   "00:03.0     -  -  0    1       4 25.0% ##########\n"
		   "04:00.0   F0h  2  1    3      96 75.0% ##############################\n");
	assert_run(fixture, "--summary --json --type=MWr64", 0,
		   "{\"tlps\":3,\"counts\":[{\"requester\":\"04:00.0\",\"hv\":1,\"st\":240,"
		   "\"ph\":2,\"tlps\":3,\"payload_bytes\":96}],\"missing\":[]}\n");
}

static void expectations_decide_the_exit_code(void **state)
{
	struct fixture *fixture = *state;

	assert_run(fixture, "--expect=none", 1,
		   "no TLP passed the filters: nothing to expect of\n");
	add(fixture, fixture->nic, CAPTURE_OUTBOUND, 0, vectors[2].bytes, vector_size(&vectors[2]));
	for (int i = 0; i < 3; i++)
		add(fixture, fixture->accelerator, CAPTURE_INBOUND, i, REFERENCE->bytes,
		    vector_size(REFERENCE));
	assert_run(fixture, "--link=acc0 --expect=st=0xf0,ph=2", 0,
		   "3 of 3 TLPs carry ST=F0h PH=2 HV=1\n");
	assert_run(fixture, "--link=acc0 --expect=st=0xf0,ph=1", 1,
		   "0 of 3 TLPs carry ST=F0h PH=1 HV=1; the first that does not is #2\n");
	assert_run(fixture, "--link=acc0 --expect=st-ext=0xf0,ph=2", 1,
		   "0 of 3 TLPs carry ST=F0h PH=2 HV=3; the first that does not is #2\n");
	assert_run(fixture, "--link=acc0 --expect=none", 1,
		   "0 of 3 TLPs carry no hints; the first that does not is #2\n");
	assert_run(fixture, "--link=nic0 --expect=st-ext=0x12f0,ph=3", 0,
		   "1 of 1 TLPs carry ST=12F0h PH=3 HV=3\n");
	assert_run(fixture, "--json --expect=st=0xf0,ph=2", 1,
		   "{\"matching\":3,\"tlps\":4,\"first_other\":1,\"missing\":[]}\n");
}
/* Of three packets of the accelerator's link the first has room. */
static void cut_capture(struct fixture *fixture)
{
	const uint64_t limit = 48 + 2 * 56 + 96 + 2 * 76;

	assert_int_equal(capture_close(fixture->capture), 0);
	assert_int_equal(capture_create(fixture->path, limit, &fixture->capture), 0);
	assert_int_equal(capture_add_link(fixture->capture, "nic0", TLP_FLIT, &fixture->nic), 0);
	assert_int_equal(capture_add_link(fixture->capture, "acc0", TLP_FLIT,
					  &fixture->accelerator),
			 0);
	add_reference(fixture, 3);
	assert_int_equal(capture_close(fixture->capture), 0);
	fixture->capture = NULL;
}

static void a_cut_capture_says_so_and_meets_no_expectation(void **state)
{
	struct fixture *fixture = *state;
	char said[512], lacking[256];

	cut_capture(fixture);
	snprintf(lacking, sizeof(lacking),
		 "tlpdump: %s: 2 packets of acc0 were not recorded: the "
		 "capture has the first 1; give it more room (--capture-limit) or do less\n",
		 fixture->path);
	snprintf(said, sizeof(said), "#1 acc0 in +0.000000000\n" REFERENCE_WORDS "\n%s", lacking);
	assert_run(fixture, "", 0, said);
	snprintf(said, sizeof(said),
		 "LINK DIR TYPE   ST PH HV TLPS PAYLOAD\n"
		 "acc0 in  MWr64 F0h  2  1    1      32\n%s",
		 lacking);
	assert_run(fixture, "--count", 0, said);
	snprintf(said, sizeof(said),
		 "1 of 1 TLPs carry ST=F0h PH=2 HV=1; the capture is "
		 "not whole\n%s",
		 lacking);
	assert_run(fixture, "--expect=st=0xf0,ph=2", 1, said);
	assert_run(fixture, "--link=acc0 --type=MRd --count --json 2>/dev/null", 0,
		   "{\"tlps\":0,\"counts\":[],"
		   "\"missing\":[{\"link\":\"acc0\",\"recorded\":1,\"dropped\":2}]}\n");
	assert_run(fixture, "--type=MWr --expect=st=0xf0,ph=2 --json 2>/dev/null", 1,
		   "{\"matching\":1,\"tlps\":1,"
		   "\"missing\":[{\"link\":\"acc0\",\"recorded\":1,\"dropped\":2}]}\n");
	assert_run(fixture, "--type=MRd --json 2>/dev/null", 0,
		   "{\"missing\":[{\"link\":\"acc0\",\"recorded\":1,\"dropped\":2}]}\n");
	/* the other link has all its packets, and so has a beginning that was asked for */
	assert_run(fixture, "--link=nic0 --count --json", 0,
		   "{\"tlps\":0,\"counts\":[],\"missing\":[]}\n");
	assert_run(fixture, "--limit=1 --expect=st=0xf0,ph=2", 0,
		   "1 of 1 TLPs carry ST=F0h PH=2 HV=1\n");
}

static void a_link_that_is_not_there_is_named(void **state)
{
	struct fixture *fixture = *state;
	char said[512];

	add_reference(fixture, 1);
	snprintf(said, sizeof(said),
		 "{\"tlps\":0,\"counts\":[],\"missing\":[]}\n"
		 "tlpdump: %s: there is no link acc1 in it; --count without --link shows the links "
		 "with packets\n",
		 fixture->path);
	assert_run(fixture, "--link=acc1 --count --json", 0, said);
	assert_run(fixture, "--link=acc0 --limit=1", 0,
		   "#1 acc0 in +0.000000000\n" REFERENCE_WORDS "\n");
}

/* What a killed softfabric leaves when the cut is between two blocks. */
static void an_unfinished_capture_meets_no_expectation(void **state)
{
	struct fixture *fixture = *state;
	char said[512];

	cut_capture(fixture);
	assert_int_equal(truncate(fixture->path, 48 + 2 * 56 + 96), 0);
	snprintf(said, sizeof(said),
		 "1 of 1 TLPs carry ST=F0h PH=2 HV=1; the capture is "
		 "not whole\ntlpdump: %s: packets of acc0 may be missing behind the first 1: "
		 "softfabric still writes the capture, or was killed\n",
		 fixture->path);
	assert_run(fixture, "--link=acc0 --expect=st=0xf0,ph=2", 1, said);
	assert_run(fixture, "--link=acc0 --type=MRd --json 2>/dev/null", 0,
		   "{\"missing\":[{\"link\":\"acc0\",\"recorded\":1,\"dropped\":null}]}\n");
}

/* Most writers of pcapng files have no statistics: what is there is taken for all. */
static void captures_of_others_are_taken_for_whole(void **state)
{
	struct fixture *fixture = *state;
	char said[512];
	FILE *file;

	cut_capture(fixture);
	assert_int_equal(truncate(fixture->path, 48 + 2 * 56 + 96), 0);
	file = fopen(fixture->path, "r+");
	assert_non_null(file);
	assert_int_equal(fseek(file, 24 + 4, SEEK_SET), 0);
	assert_int_equal(fputs("hardfabric", file) >= 0, 1);
	fclose(file);
	snprintf(said, sizeof(said),
		 "1 of 1 TLPs carry ST=F0h PH=2 HV=1\n"
		 "tlpdump: %s: nothing says whether packets of acc0 are missing\n",
		 fixture->path);
	assert_run(fixture, "--link=acc0 --expect=st=0xf0,ph=2", 0, said);
}

static void wrong_use_is_explained(void **state)
{
	static const char *const wrong[] = {
		"--link=",
		"--direction=up",
		"--type=",
		"--type=MWr,",
		"--type=MW",
		"--type=IO",
		"--requester=4",
		"--requester=100000000:00:03.0",
		"--requester=00:20.0",
		"--requester=00:04.8",
		"--requester=00:04.0x",
		"--address=4",
		"--address=-4",
		"--address=2-1",
		"--address=0-0x10000000000000000",
		"--address=1-2-3",
		"--st=0x10000",
		"--st=f0",
		"--st=-1",
		"--st=1x",
		"--ph=4",
		"--hv=4",
		"--hv=2",
		"--limit=0",
		"--limit=x",
		"--expect=st=0x100,ph=0",
		"--expect=st=1",
		"--expect=ph=1,st=1",
		"--expect=st=1,ph=4",
		"--expect=some",
		"--expect=st=00000000000000001,ph=0",
	};
	struct fixture *fixture = *state;
	char message[160];

	for (size_t i = 0; i < ARRAY_SIZE(wrong); i++) {
		const char *argument = strchr(wrong[i], '=') + 1;

		snprintf(message, sizeof(message),
			 "tlpdump: '%s' does not fit %.*s; see 'tlpdump --help'\n", argument,
			 (int)(argument - 1 - wrong[i]), wrong[i]);
		assert_run(fixture, wrong[i], 2, message);
	}
	assert_run(fixture, "-t IO", 2, "tlpdump: 'IO' does not fit -t; see 'tlpdump --help'\n");
	assert_run(fixture, "other", 2,
		   "tlpdump: one file is needed, not 2; see 'tlpdump --help'\n");
	assert_run(fixture, "--count --expect=none", 2,
		   "tlpdump: --count, --summary and --expect exclude each other\n");
}

static void files_that_are_none_are_named(void **state)
{
	struct fixture *fixture = *state;
	char message[160];

	add(fixture, fixture->accelerator, CAPTURE_INBOUND, SECOND, REFERENCE->bytes,
	    vector_size(REFERENCE));
	assert_int_equal(capture_flush(fixture->capture), 0);
	assert_int_equal(truncate(fixture->path, 48 + 56 + 56 + 60 + 12), 0);
	snprintf(message, sizeof(message),
		 "tlpdump: %s: block at byte 220: the file ends within "
		 "it; was its writer interrupted?\n",
		 fixture->path);
	assert_run(fixture, "", 2, message);

	assert_int_equal(truncate(fixture->path, 0), 0);
	snprintf(message, sizeof(message), "tlpdump: %s: block at byte 0: the file is empty\n",
		 fixture->path);
	assert_run(fixture, "", 2, message);
	unlink(fixture->path);
	snprintf(message, sizeof(message), "tlpdump: cannot open %s: No such file or directory\n",
		 fixture->path);
	assert_run(fixture, "", 2, message);
}

static void a_full_disk_is_noticed(void **state)
{
	static const char said[] = "tlpdump: cannot write the output: No space left on device\n";
	struct fixture *fixture = *state;

	add(fixture, fixture->accelerator, CAPTURE_INBOUND, SECOND, REFERENCE->bytes,
	    vector_size(REFERENCE));
	assert_run(fixture, ">/dev/full", 2, said);
	assert_run(fixture, "--help >/dev/full", 2, said);
}

static void standard_input_will_do(void **state)
{
	struct fixture *fixture = *state;
	char options[128];

	add(fixture, fixture->accelerator, CAPTURE_INBOUND, SECOND, REFERENCE->bytes,
	    vector_size(REFERENCE));
	snprintf(options, sizeof(options), "--limit=1 - < ");
	assert_run(fixture, options, 0, "#1 acc0 in +0.000000000\n" REFERENCE_WORDS "\n");
}
int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(filters_take_what_they_say, set_up, tear_down),
		cmocka_unit_test_setup_teardown(counts_by_kind, set_up, tear_down),
		cmocka_unit_test_setup_teardown(summary_is_by_initiator, set_up, tear_down),
		cmocka_unit_test_setup_teardown(follows_a_capture_that_grows, set_up, tear_down),
		cmocka_unit_test_setup_teardown(follows_no_longer_than_there_is_a_file, set_up,
						tear_down),
		cmocka_unit_test_setup_teardown(plots_that_are_not_whole_are_no_success, set_up,
						tear_down),
		cmocka_unit_test_setup_teardown(plots_tags_over_time, set_up, tear_down),
		cmocka_unit_test_setup_teardown(plots_a_single_packet, set_up, tear_down),
		cmocka_unit_test_setup_teardown(expectations_decide_the_exit_code, set_up,
						tear_down),
		cmocka_unit_test_setup_teardown(a_cut_capture_says_so_and_meets_no_expectation,
						set_up, tear_down),
		cmocka_unit_test_setup_teardown(a_link_that_is_not_there_is_named, set_up,
						tear_down),
		cmocka_unit_test_setup_teardown(an_unfinished_capture_meets_no_expectation, set_up,
						tear_down),
		cmocka_unit_test_setup_teardown(captures_of_others_are_taken_for_whole, set_up,
						tear_down),
		cmocka_unit_test_setup_teardown(wrong_use_is_explained, set_up, tear_down),
		cmocka_unit_test_setup_teardown(files_that_are_none_are_named, set_up, tear_down),
		cmocka_unit_test_setup_teardown(a_full_disk_is_noticed, set_up, tear_down),
		cmocka_unit_test_setup_teardown(standard_input_will_do, set_up, tear_down),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
