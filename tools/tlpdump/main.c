// SPDX-License-Identifier: GPL-2.0 OR Linux-OpenIB
/* tlpdump: shows what a capture of softfabric holds. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "count.h"
#include "json.h"
#include "missing.h"
#include "options.h"
#include "util/complaint.h"
#include "words.h"

struct run {
	const struct options *options;
	struct expect expect;
	struct count *count;
	uint64_t packets, accepted, start_ns;
	struct missing missing;
	bool to_end; /* all was read, so that it is known what is missing */
};

static void decode(struct run *run, struct packet *packet)
{
	packet->number = ++run->packets;
	if (packet->number == 1)
		run->start_ns = packet->record.time_ns;
	packet->since_start_ns = packet->record.time_ns - run->start_ns;
	packet->error = tlp_view(packet->record.encoding, packet->record.data, packet->record.len,
				 0, &packet->view);
}

static void show(struct run *run, const struct packet *packet)
{
	const struct options *options = run->options;

	if (run->count) {
		if (count_packet(run->count, packet))
			die("out of memory after %llu packets", (unsigned long long)run->packets);
	} else if (options->want_expect) {
		expect_packet(&run->expect, packet);
	} else if (options->want_json) {
		json_print_packet(stdout, packet, options->want_payload);
	} else {
		words_print(stdout, packet, options->want_payload);
	}
}

/* Everything in @reader. Returns CAPTURE_RECORD if that is more than was asked for. */
static enum capture_status read_all(struct run *run, struct capture_reader *reader)
{
	uint64_t limit = run->options->limit;
	enum capture_status status = CAPTURE_RECORD;
	struct packet packet;

	while (!limit || run->accepted < limit) {
		status = capture_reader_next(reader, &packet.record);
		if (status != CAPTURE_RECORD)
			break;
		decode(run, &packet);
		if (!filter_accepts(&run->options->filter, &packet))
			continue;
		run->accepted++;
		show(run, &packet);
	}
	if (status == CAPTURE_ERROR)
		say("%s: %s", run->options->path, capture_reader_error(reader));
	return status;
}

static void summarize_json(const struct run *run)
{
	struct json_object *missing;

	missing = run->to_end ? missing_json(&run->missing) : json_object_new_array();
	if (run->count)
		count_print_json(run->count, missing, stdout);
	else if (run->options->want_expect)
		expect_print_json(&run->expect, missing, stdout);
	else if (json_object_array_length(missing))
		json_print_missing(stdout, missing);
	json_object_put(missing);
}

static enum exit_code summarize(const struct run *run)
{
	bool lacking = run->to_end && missing_any(&run->missing);

	if (run->options->want_json)
		summarize_json(run);
	else if (run->count && count_print_table(run->count, stdout))
		die("cannot print the table: out of memory");
	else if (run->options->want_expect)
		expect_print(&run->expect, lacking, stdout);
	if (run->to_end) {
		fflush(stdout); /* so that it comes last */
		missing_say(&run->missing);
	}
	if (!run->options->want_expect)
		return EXIT_FINE;
	return expect_met(&run->expect) && !lacking ? EXIT_FINE : EXIT_NOT_AS_EXPECTED;
}

static enum exit_code dump(const struct options *options, FILE *file)
{
	struct run run = { .options = options, .expect = options->expect };
	enum capture_status status;
	struct capture_reader *reader;
	enum exit_code code;

	if (options->want_count) {
		run.count = count_create();
		if (!run.count)
			die("out of memory");
	}
	if (capture_reader_create(file, &reader))
		die("out of memory");
	run.missing = (struct missing){ reader, &options->filter, options->path };
	status = read_all(&run, reader);
	run.to_end = status == CAPTURE_END;
	code = summarize(&run);
	count_destroy(run.count);
	capture_reader_close(reader);
	return status == CAPTURE_ERROR ? EXIT_TROUBLE : code;
}

int main(int argc, char **argv)
{
	struct options options = { 0 };
	enum exit_code code;
	FILE *file;

	options_parse(&options, argc, argv);
	file = strcmp(options.path, "-") ? fopen(options.path, "re") : stdin;
	if (!file)
		die("cannot open %s: %s", options.path, strerror(errno));
	code = dump(&options, file);
	if (file != stdin)
		fclose(file);
	if (fflush(stdout) || ferror(stdout))
		die("cannot write the output: %s", strerror(errno));
	return code;
}
