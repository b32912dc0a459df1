// SPDX-License-Identifier: GPL-2.0 OR Linux-OpenIB
/* tlpdump: shows the packets of a capture, or of lines of hex. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "count.h"
#include "follow.h"
#include "hex_reader.h"
#include "json.h"
#include "missing.h"
#include "options.h"
#include "plot.h"
#include "util/complaint.h"
#include "words.h"

struct run {
	const struct options *options;
	struct expect expect;
	struct count *count;
	struct capture_reader *capture; /* either this */
	struct hex_reader *hex;         /* or that */
	struct follow *follow;
	struct plot *plot;
	uint64_t packets, accepted, start_ns;
	struct missing missing;
	bool to_end; /* the whole capture was read, so that missing packets are known */
};

/*
 * Four words and nothing else are a header log, as people paste it, unless they are a whole packet:
 * a header of three words with a payload of one.
 */
static bool is_header_log(const struct packet *packet)
{
	return packet->line && packet->record.encoding == TLP_NONFLIT &&
	       packet->record.len == 4 * 4 && packet->view.missing;
}

static void decode(struct run *run, struct packet *packet)
{
	const struct capture_record *record = &packet->record;

	packet->number = ++run->packets;
	if (packet->number == 1)
		run->start_ns = record->time_ns;
	packet->since_start_ns = record->time_ns - run->start_ns;
	packet->error = tlp_view(record->encoding, record->data, record->len,
				 packet->header_log ? TLP_VIEW_HEADER_LOG : 0, &packet->view);
	if (!packet->header_log && is_header_log(packet))
		packet->error = tlp_view(record->encoding, record->data, record->len,
					 TLP_VIEW_HEADER_LOG, &packet->view);
}

/* Notes are about all packets, so they are shown whatever packets are filtered out. */
static void show_notes(const struct run *run, const struct packet *packet)
{
	if (run->count || run->options->want_expect)
		return;
	if (run->options->want_json)
		json_print_notes(stdout, packet);
	else
		words_print_notes(stdout, packet);
}

static void show(struct run *run, const struct packet *packet)
{
	const struct options *options = run->options;

	if (run->plot)
		plot_packet(run->plot, packet);
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

static enum capture_status next_packet(struct run *run, struct packet *packet)
{
	*packet = (struct packet){ 0 };
	return run->hex ? hex_reader_next(run->hex, packet) :
			  capture_reader_next(run->capture, &packet->record);
}

/* Everything in the file. Returns CAPTURE_RECORD if that is more than was asked for. */
static enum capture_status read_all(struct run *run)
{
	uint64_t limit = run->options->limit;
	enum capture_status status = CAPTURE_RECORD;
	struct packet packet;

	while ((!limit || run->accepted < limit) && !follow_stopped()) {
		status = next_packet(run, &packet);
		if (status != CAPTURE_RECORD)
			break;
		decode(run, &packet);
		show_notes(run, &packet);
		if (!filter_accepts(&run->options->filter, &packet))
			continue;
		run->accepted++;
		show(run, &packet);
	}
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
		fflush(stdout); /* print messages after the output */
		missing_say(&run->missing);
	}
	if (!run->options->want_expect)
		return EXIT_FINE;
	return expect_met(&run->expect) && !lacking ? EXIT_FINE : EXIT_NOT_AS_EXPECTED;
}

static void open_reader(struct run *run, FILE *file)
{
	const struct options *options = run->options;

	if (options->follow) {
		run->follow = follow_create(options->path);
		if (!run->follow)
			die("cannot follow %s: %s", options->path, strerror(errno));
	}
	if (options->hex)
		run->hex = hex_reader_create(file, options->hex_encoding);
	else if (capture_reader_create(file, &run->capture))
		run->capture = NULL;
	if (!run->hex && !run->capture)
		die("out of memory");
	if (run->follow)
		capture_reader_follow(run->capture, follow_wait, run->follow);
	run->missing = (struct missing){ run->capture, &options->filter, options->path };
}

static void close_reader(struct run *run)
{
	hex_reader_destroy(run->hex);
	follow_destroy(run->follow);
	capture_reader_close(run->capture);
}

static enum exit_code dump(const struct options *options, FILE *file)
{
	struct run run = { .options = options, .expect = options->expect };
	enum capture_status status;
	enum exit_code code;

	if (options->want_count || options->want_summary) {
		run.count = count_create(options->want_summary ? COUNT_BY_INITIATOR :
								 COUNT_BY_LINK);
		if (!run.count)
			die("out of memory");
	}
	if (options->plot) {
		run.plot = plot_create();
		if (!run.plot)
			die("out of memory");
	}
	open_reader(&run, file);
	status = read_all(&run);
	fflush(stdout); /* print messages after the output */
	/*
	 * A capture that is being written mostly ends within a packet when the user stops tlpdump.
	 */
	if (status == CAPTURE_ERROR && follow_stopped())
		status = CAPTURE_RECORD;
	if (status == CAPTURE_ERROR)
		say("%s: %s", options->path,
		    run.hex ? hex_reader_error(run.hex) : capture_reader_error(run.capture));
	run.to_end = run.capture && status == CAPTURE_END;
	code = summarize(&run);
	if (run.plot && !plot_draw(run.plot, options->plot))
		code = EXIT_TROUBLE;
	plot_destroy(run.plot);
	count_destroy(run.count);
	close_reader(&run);
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
	flush_output();
	return code;
}
