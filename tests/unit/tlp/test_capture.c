// SPDX-License-Identifier: GPL-2.0 OR Linux-OpenIB
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include <cmocka.h>

#include "tlp/capture.h"
#include "tlp/capture_reader.h"
#include "util/macros.h"

#include "capture_blocks.h"

struct fixture {
	char path[64];
};

static int set_up(void **state)
{
	struct fixture *fixture = calloc(1, sizeof(*fixture));
	int fd;

	if (!fixture)
		return -1;
	strcpy(fixture->path, "/tmp/test_capture.XXXXXX");
	fd = mkstemp(fixture->path);
	if (fd < 0)
		return -1;
	close(fd);
	*state = fixture;
	return 0;
}

static int tear_down(void **state)
{
	struct fixture *fixture = *state;

	unlink(fixture->path);
	free(fixture);
	return 0;
}

static void assert_file(const char *path, const void *bytes, size_t size)
{
	FILE *file = fopen(path, "r");
	uint8_t found[1024];

	assert_non_null(file);
	assert_int_equal(fread(found, 1, sizeof(found), file), size);
	assert_memory_equal(found, bytes, size);
	fclose(file);
}

static struct capture *create_with_link(const char *path, uint64_t max_bytes)
{
	struct capture *capture;
	uint32_t link;

	assert_int_equal(capture_create(path, max_bytes, &capture), 0);
	assert_int_equal(capture_add_link(capture, "acc0", TLP_FLIT, &link), 0);
	assert_int_equal(link, 0);
	return capture;
}

static void written_bytes_are_those_of_the_format(void **state)
{
	struct fixture *fixture = *state;
	struct capture *capture = create_with_link(fixture->path, 0);

	assert_int_equal(capture_packet(capture, 0, CAPTURE_INBOUND, TIME, "ab", 2, "cde", 3), 0);
	assert_int_equal(capture_packets(capture), 1);
	assert_int_equal(capture_close(capture), 0);
	assert_file(fixture->path, whole, sizeof(whole));
}

static void notes_are_comments_of_the_next_packet(void **state)
{
	static const uint8_t noted[] = {
		SECTION,
		LINK_ACC0,
		LE32(6),
		LE32(64),
		LE32(0),
		LE32(0x11223344),
		LE32(0x55667788),
		LE32(5),
		LE32(5),
		'a',
		'b',
		'c',
		'd',
		'e',
		0,
		0,
		0,
		LE16(1),
		LE16(2),
		'h',
		'i',
		0,
		0,
		LE16(1),
		LE16(0),
		LE16(2),
		LE16(4),
		LE32(1),
		LE16(0),
		LE16(0),
		LE32(64),
		PACKET_ABCDE,
		STATISTICS(0, 2ull, 0ull),
	};
	struct fixture *fixture = *state;
	struct capture *capture = create_with_link(fixture->path, 0);
	struct capture_record record;
	struct capture_reader *reader;
	FILE *file;

	capture_note(capture, "hi");
	capture_note(capture, "");
	for (int i = 0; i < 2; i++)
		assert_int_equal(capture_packet(capture, 0, CAPTURE_INBOUND, TIME, "ab", 2, "cde",
						3),
				 0);
	capture_note(capture, "nothing comes after it");
	assert_int_equal(capture_close(capture), 0);
	assert_file(fixture->path, noted, sizeof(noted));
	file = fopen(fixture->path, "r");
	assert_int_equal(capture_reader_create(file, &reader), 0);
	assert_int_equal(capture_reader_next(reader, &record), CAPTURE_RECORD);
	assert_string_equal(record.notes, "hi\n\n");
	assert_memory_equal(record.data, "abcde", 5);
	assert_int_equal(capture_reader_next(reader, &record), CAPTURE_RECORD);
	assert_null(record.notes);
	capture_reader_close(reader);
	fclose(file);
}

static void notes_beyond_their_room_are_counted(void **state)
{
	struct fixture *fixture = *state;
	struct capture *capture = create_with_link(fixture->path, 0);
	const size_t kept = (16384 - 36) / (4 + 256);
	char text[300], last[] = "19938 notes are missing\n";
	struct capture_record record;
	struct capture_reader *reader;
	FILE *file;

	memset(text, 'x', sizeof(text) - 1);
	text[sizeof(text) - 1] = '\0';
	for (int i = 0; i < 20000; i++)
		capture_note(capture, text);
	assert_int_equal(capture_packet(capture, 0, CAPTURE_INBOUND, TIME, "a", 1, NULL, 0), 0);
	assert_int_equal(capture_close(capture), 0);
	file = fopen(fixture->path, "r");
	assert_int_equal(capture_reader_create(file, &reader), 0);
	assert_int_equal(capture_reader_next(reader, &record), CAPTURE_RECORD);
	assert_int_equal(strlen(record.notes), kept * (CAPTURE_NOTE_MAX + 1) + strlen(last));
	assert_string_equal(record.notes + kept * (CAPTURE_NOTE_MAX + 1), last);
	assert_int_equal(capture_reader_next(reader, &record), CAPTURE_END);
	capture_reader_close(reader);
	fclose(file);
}

/* Notes of a packet that is not in the file are not in it either, however many there are */
static void notes_of_cut_packets_are_cut(void **state)
{
	const uint64_t limit = 48 + 56 + 48 + 76;
	struct fixture *fixture = *state;
	struct capture *capture = create_with_link(fixture->path, limit);

	for (int i = 0; i < 100; i++) {
		for (int note = 0; i && note < 2000; note++)
			capture_note(capture, "a note of some length");
		assert_int_equal(capture_packet(capture, 0, CAPTURE_INBOUND, TIME, "abcd", 4, NULL,
						0),
				 0);
	}
	assert_int_equal(capture_dropped(capture), 99);
	assert_int_equal(capture_close(capture), 0);
}

/* The link type says how to decode, the description says it to people. */
static void encodings_are_told_apart(void **state)
{
	static const uint8_t described[] = {
		LE32(1), LE32(60), LE16(148), LE16(0), LE32(0),  LE16(2),  LE16(4), 'a',
		'c',     'c',      '1',       LE16(3), LE16(13), 'n',      'o',     'n',
		'-',     'f',      'l',       'i',     't',      ' ',      'm',     'o',
		'd',     'e',      0,         0,       0,        LE16(9),  LE16(1), 9,
		0,       0,        0,         LE16(0), LE16(0),  LE32(60),
	};
	struct fixture *fixture = *state;
	struct capture *capture = create_with_link(fixture->path, 0);
	struct capture_record record;
	struct capture_reader *reader;
	uint8_t found[48 + 56 + 60];
	uint32_t link;
	FILE *file;

	assert_int_equal(capture_add_link(capture, "acc1", TLP_NONFLIT, &link), 0);
	assert_int_equal(capture_packet(capture, 0, CAPTURE_INBOUND, 0, "a", 1, NULL, 0), 0);
	assert_int_equal(capture_packet(capture, 1, CAPTURE_INBOUND, 0, "b", 1, NULL, 0), 0);
	assert_int_equal(capture_close(capture), 0);
	file = fopen(fixture->path, "r");
	assert_non_null(file);
	assert_int_equal(fread(found, 1, sizeof(found), file), sizeof(found));
	assert_memory_equal(found + 48 + 56, described, sizeof(described));
	rewind(file);
	assert_int_equal(capture_reader_create(file, &reader), 0);
	assert_int_equal(capture_reader_next(reader, &record), CAPTURE_RECORD);
	assert_int_equal(record.encoding, TLP_FLIT);
	assert_int_equal(capture_reader_next(reader, &record), CAPTURE_RECORD);
	assert_int_equal(record.encoding, TLP_NONFLIT);
	assert_string_equal(record.link, "acc1");
	assert_int_equal(capture_reader_next(reader, &record), CAPTURE_END);
	capture_reader_close(reader);
	fclose(file);
}

static void flush_shows_packets_to_readers(void **state)
{
	struct fixture *fixture = *state;
	struct capture *capture = create_with_link(fixture->path, 0);

	assert_int_equal(capture_packet(capture, 0, CAPTURE_INBOUND, TIME, "abcde", 5, NULL, 0), 0);
	assert_int_equal(capture_flush(capture), 0);
	assert_file(fixture->path, whole, sizeof(whole));
	assert_int_equal(capture_close(capture), 0);
	assert_file(fixture->path, whole, sizeof(whole));
}

static void bad_arguments_write_nothing(void **state)
{
	static const uint8_t big[CAPTURE_PACKET_MAX + 1];
	struct fixture *fixture = *state;
	struct capture *capture;
	char name[CAPTURE_NAME_MAX + 2];
	uint32_t link = 77;

	memset(name, 'x', sizeof(name) - 1);
	name[sizeof(name) - 1] = '\0';
	capture = create_with_link(fixture->path, 0);
	assert_int_equal(capture_add_link(capture, "", TLP_FLIT, &link), EINVAL);
	assert_int_equal(capture_add_link(capture, name, TLP_FLIT, &link), EINVAL);
	assert_int_equal(link, 77);
	assert_int_equal(capture_packet(capture, 1, CAPTURE_INBOUND, 0, "a", 1, NULL, 0), EINVAL);
	assert_int_equal(capture_packet(capture, 0, CAPTURE_INBOUND, 0, "", 0, NULL, 0), EINVAL);
	assert_int_equal(capture_packet(capture, 0, CAPTURE_INBOUND, 0, big, sizeof(big), NULL, 0),
			 EINVAL);
	assert_int_equal(capture_packet(capture, 0, CAPTURE_INBOUND, 0, "a", 1, big,
					sizeof(big) - 1),
			 EINVAL);
	assert_int_equal(capture_packet(capture, 0, CAPTURE_INBOUND, 0, "a", 1, big, SIZE_MAX),
			 EINVAL);
	assert_int_equal(capture_packets(capture), 0);
	assert_int_equal(capture_close(capture), 0);
	assert_file(fixture->path, without_packets, sizeof(without_packets));
}

static void add_packet(struct capture *capture, size_t len)
{
	static const uint8_t data[CAPTURE_PACKET_MAX];

	assert_int_equal(capture_packet(capture, 0, CAPTURE_INBOUND, TIME,
					len == 5 ? "abcde" : (const char *)data, len, NULL, 0),
			 0);
}

/* The interface says so, each packet how long it was; what is cut may be within the header. */
static void snaplen_cuts_packets(void **state)
{
	static const uint8_t expected[] = {
		SECTION,
		LE32(1),
		LE32(56),
		LE16(147),
		LE16(0),
		LE32(3),
		LE16(2),
		LE16(4),
		'a',
		'c',
		'c',
		'0',
		LE16(3),
		LE16(9),
		'f',
		'l',
		'i',
		't',
		' ',
		'm',
		'o',
		'd',
		'e',
		0,
		0,
		0,
		LE16(9),
		LE16(1),
		9,
		0,
		0,
		0,
		LE16(0),
		LE16(0),
		LE32(56),
		/* header shorter than that, header longer, all of it shorter */
		LE32(6),
		LE32(48),
		LE32(0),
		TIME_HALVES,
		LE32(3),
		LE32(5),
		'a',
		'b',
		'c',
		0,
		LE16(2),
		LE16(4),
		LE32(1),
		LE16(0),
		LE16(0),
		LE32(48),
		LE32(6),
		LE32(48),
		LE32(0),
		TIME_HALVES,
		LE32(3),
		LE32(6),
		'd',
		'e',
		'f',
		0,
		LE16(2),
		LE16(4),
		LE32(1),
		LE16(0),
		LE16(0),
		LE32(48),
		LE32(6),
		LE32(48),
		LE32(0),
		TIME_HALVES,
		LE32(2),
		LE32(2),
		'x',
		'y',
		0,
		0,
		LE16(2),
		LE16(4),
		LE32(1),
		LE16(0),
		LE16(0),
		LE32(48),
		STATISTICS(0, 3ull, 0ull),
	};
	struct fixture *fixture = *state;
	struct capture *capture;
	uint32_t link;

	assert_int_equal(capture_create(fixture->path, sizeof(expected), &capture), 0);
	capture_set_snaplen(capture, 3);
	assert_int_equal(capture_add_link(capture, "acc0", TLP_FLIT, &link), 0);
	assert_int_equal(capture_packet(capture, link, CAPTURE_INBOUND, TIME, "ab", 2, "cde", 3),
			 0);
	assert_int_equal(capture_packet(capture, link, CAPTURE_INBOUND, TIME, "defgh", 5, "i", 1),
			 0);
	assert_int_equal(capture_packet(capture, link, CAPTURE_INBOUND, TIME, "xy", 2, NULL, 0), 0);
	assert_int_equal(capture_close(capture), 0);
	assert_file(fixture->path, expected, sizeof(expected));
}

static void limit_drops_and_counts(void **state)
{
	static const uint8_t cut[] = {
		SECTION,
		LINK_ACC0,
		PACKET_ABCDE,
		STATISTICS(0, 3ull, 2ull),
	};
	struct fixture *fixture = *state;
	struct capture *capture = create_with_link(fixture->path, sizeof(cut));

	for (int i = 0; i < 3; i++)
		add_packet(capture, 5);
	assert_int_equal(capture_packets(capture), 1);
	assert_int_equal(capture_dropped(capture), 2);
	assert_int_equal(capture_close(capture), 0);
	assert_file(fixture->path, cut, sizeof(cut));
}

/* A packet that would have fitted behind one that did not: the file has no gaps. */
static void what_is_cut_stays_cut(void **state)
{
	static const uint8_t cut[] = {
		SECTION,
		LINK_ACC0,
		PACKET_ABCDE,
		STATISTICS(0, 3ull, 2ull),
	};
	struct fixture *fixture = *state;
	struct capture *capture = create_with_link(fixture->path, sizeof(cut) + 100);

	add_packet(capture, 5);
	add_packet(capture, CAPTURE_PACKET_MAX);
	add_packet(capture, 5);
	assert_int_equal(capture_dropped(capture), 2);
	assert_int_equal(capture_close(capture), 0);
	assert_file(fixture->path, cut, sizeof(cut));
}

/* Statistics between packets are for readers of a file that still grows, and only if it may. */
static void each_flush_has_statistics_while_there_is_room(void **state)
{
	static const uint8_t bytes[] = {
		SECTION,      LINK_ACC0,
		PACKET_ABCDE, STATISTICS(0, 1ull, 0ull),
		PACKET_ABCDE, STATISTICS(0, 2ull, 0ull),
	};
	struct fixture *fixture = *state;
	struct capture *capture = create_with_link(fixture->path, sizeof(bytes));

	add_packet(capture, 5);
	assert_int_equal(capture_flush(capture), 0);
	assert_file(fixture->path, bytes, sizeof(bytes) - 52 - 76);
	assert_int_equal(capture_flush(capture), 0);
	assert_file(fixture->path, bytes, sizeof(bytes) - 52 - 76);
	add_packet(capture, 5);
	assert_int_equal(capture_flush(capture), 0);
	assert_file(fixture->path, bytes, sizeof(bytes) - 76);
	assert_int_equal(capture_close(capture), 0);
	assert_file(fixture->path, bytes, sizeof(bytes));
}

static void write_errors_are_final(void **state)
{
	struct capture *capture;

	assert_int_equal(capture_create("/nonexistent/capture", 0, &capture), ENOENT);
	assert_int_equal(capture_create("/dev/full", 0, &capture), ENOSPC);
	assert_int_equal(capture_close(NULL), 0);
}

/* More than the buffer holds, in packets of every length mod 4, comes back as it was. */
static void many_packets_round_trip(void **state)
{
	const uint32_t count = 2000;
	struct fixture *fixture = *state;
	struct capture *capture;
	struct capture_reader *reader;
	struct capture_record record;
	uint8_t data[600];
	uint32_t link;
	FILE *file;

	capture = create_with_link(fixture->path, 0);
	assert_int_equal(capture_add_link(capture, "nic0", TLP_FLIT, &link), 0);
	assert_int_equal(link, 1);
	for (uint32_t i = 0; i < count; i++) {
		memset(data, i, sizeof(data));
		assert_int_equal(capture_packet(capture, i % 2,
						i % 3 ? CAPTURE_OUTBOUND : CAPTURE_INBOUND, i, data,
						1 + i % 9, data, i % 500),
				 0);
	}
	assert_int_equal(capture_close(capture), 0);

	file = fopen(fixture->path, "r");
	assert_non_null(file);
	assert_int_equal(capture_reader_create(file, &reader), 0);
	for (uint32_t i = 0; i < count; i++) {
		memset(data, i, sizeof(data));
		assert_int_equal(capture_reader_next(reader, &record), CAPTURE_RECORD);
		assert_string_equal(record.link, i % 2 ? "nic0" : "acc0");
		assert_int_equal(record.link_number, i % 2);
		assert_int_equal(record.time_ns, i);
		assert_int_equal(record.direction, i % 3 ? CAPTURE_OUTBOUND : CAPTURE_INBOUND);
		assert_int_equal(record.len, 1 + i % 9 + i % 500);
		assert_int_equal(record.wire_len, record.len);
		assert_memory_equal(record.data, data, record.len);
	}
	assert_int_equal(capture_reader_next(reader, &record), CAPTURE_END);
	assert_int_equal(capture_reader_next(reader, &record), CAPTURE_END);
	capture_reader_close(reader);
	capture_reader_close(NULL);
	fclose(file);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(written_bytes_are_those_of_the_format, set_up,
						tear_down),
		cmocka_unit_test_setup_teardown(notes_are_comments_of_the_next_packet, set_up,
						tear_down),
		cmocka_unit_test_setup_teardown(notes_beyond_their_room_are_counted, set_up,
						tear_down),
		cmocka_unit_test_setup_teardown(notes_of_cut_packets_are_cut, set_up, tear_down),
		cmocka_unit_test_setup_teardown(encodings_are_told_apart, set_up, tear_down),
		cmocka_unit_test_setup_teardown(flush_shows_packets_to_readers, set_up, tear_down),
		cmocka_unit_test_setup_teardown(bad_arguments_write_nothing, set_up, tear_down),
		cmocka_unit_test_setup_teardown(snaplen_cuts_packets, set_up, tear_down),
		cmocka_unit_test_setup_teardown(limit_drops_and_counts, set_up, tear_down),
		cmocka_unit_test_setup_teardown(what_is_cut_stays_cut, set_up, tear_down),
		cmocka_unit_test_setup_teardown(each_flush_has_statistics_while_there_is_room,
						set_up, tear_down),
		cmocka_unit_test(write_errors_are_final),
		cmocka_unit_test_setup_teardown(many_packets_round_trip, set_up, tear_down),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
