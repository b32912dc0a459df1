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

static struct capture_reader *open_bytes(const void *bytes, size_t size, FILE **file)
{
	struct capture_reader *reader;

	*file = tmpfile();
	assert_non_null(*file);
	assert_int_equal(fwrite(bytes, 1, size, *file), size);
	rewind(*file);
	assert_int_equal(capture_reader_create(*file, &reader), 0);
	return reader;
}

static void assert_one_record(const void *bytes, size_t size, uint64_t time_ns, uint32_t direction,
			      const char *link)
{
	struct capture_record record;
	struct capture_reader *reader;
	FILE *file;

	reader = open_bytes(bytes, size, &file);
	assert_int_equal(capture_reader_next(reader, &record), CAPTURE_RECORD);
	assert_string_equal(record.link, link);
	assert_true(record.time_ns == time_ns);
	assert_int_equal(record.direction, direction);
	assert_int_equal(record.len, 5);
	assert_memory_equal(record.data, "abcde", 5);
	assert_int_equal(capture_reader_next(reader, &record), CAPTURE_END);
	capture_reader_close(reader);
	fclose(file);
}

/* Read to the end, and what is known of the first link then */
static struct capture_link account_of(const void *bytes, size_t size)
{
	struct capture_record record;
	struct capture_reader *reader;
	enum capture_status status;
	struct capture_link link;
	FILE *file;

	reader = open_bytes(bytes, size, &file);
	do
		status = capture_reader_next(reader, &record);
	while (status == CAPTURE_RECORD);
	assert_int_equal(status, CAPTURE_END);
	assert_true(capture_reader_link(reader, 0, &link));
	assert_string_equal(link.name, "acc0");
	assert_false(capture_reader_link(reader, 1, &link));
	assert_true(capture_reader_link(reader, 0, &link));
	link.name = NULL;
	capture_reader_close(reader);
	fclose(file);
	return link;
}

#define assert_account(bytes, expected_account, expected_recorded, expected_dropped) \
	do { \
		struct capture_link found = account_of(bytes, sizeof(bytes)); \
		\
		assert_int_equal(found.account, expected_account); \
		assert_int_equal(found.recorded, expected_recorded); \
		assert_int_equal(found.dropped, expected_dropped); \
	} while (0)

static void statistics_tell_what_is_missing(void **state)
{
	static const uint8_t twice[] = {
		SECTION,
		LINK_ACC0,
		PACKET_ABCDE,
		STATISTICS(0, 3ull, 2ull),
		STATISTICS(0, 0x200000005ull, 0x200000004ull),
	};

	assert_account(whole, CAPTURE_COUNTED, 1, 0);
	assert_account(without_packets, CAPTURE_COUNTED, 0, 0);
	assert_account(twice, CAPTURE_COUNTED, 1, 0x200000004);
}

/* What softfabric has written ends with statistics, unless it did not come to that. */
static void own_captures_without_statistics_are_unfinished(void **state)
{
	static const uint8_t empty[] = { SECTION, LINK_ACC0 };
	static const uint8_t none[] = { SECTION, LINK_ACC0, PACKET_ABCDE };
	static const uint8_t early[] = {
		SECTION,
		LINK_ACC0,
		STATISTICS(0, 0ull, 0ull),
		PACKET_ABCDE,
	};

	assert_account(empty, CAPTURE_UNFINISHED, 0, 0);
	assert_account(none, CAPTURE_UNFINISHED, 1, 0);
	assert_account(early, CAPTURE_UNFINISHED, 1, 0);
}

/* Another writer's section, big-endian; its statistics may have other numbers, or none. */
#define FOREIGN \
	BE32(0x0a0d0d0a), BE32(48), BE32(0x1a2b3c4d), 0, 1, 0, 0, \
	0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, \
	0, 4, 0, 10, 's', 'o', 'f', 't', 'f', 'a', 'b', 'r', 'i', 'k', 0, 0, \
	0, 0, 0, 0, BE32(48), \
	BE32(1), BE32(32), 0, 147, 0, 0, BE32(0), 0, 2, 0, 4, 'a', 'c', 'c', '0', 0, 0, 0, 0, BE32(32)

static void what_others_do_not_say_is_not_known(void **state)
{
	static const uint8_t none[] = { FOREIGN };
	static const uint8_t received[] = {
		FOREIGN, BE32(5), BE32(36), BE32(0), BE32(0), BE32(0),  0,
		4,       0,       8,        BE32(0), BE32(7), BE32(36),
	};
	static const uint8_t dropped[] = {
		FOREIGN, BE32(5), BE32(60), BE32(0), BE32(0), BE32(0), 0,       5,        0, 8,
		BE32(1), BE32(7), 0,        7,       0,       8,       BE32(0), BE32(3),  0, 5,
		0,       4,       BE32(9),  0,       0,       0,       0,       BE32(60),
	};
	static const uint8_t too_many[] = {
		FOREIGN, BE32(5), BE32(48), BE32(0),          BE32(0),          BE32(0), 0,
		5,       0,       8,        BE32(0xffffffff), BE32(0xffffffff), 0,       7,
		0,       8,       BE32(0),  BE32(2),          BE32(48),
	};

	assert_account(none, CAPTURE_UNCOUNTED, 0, 0);
	assert_account(received, CAPTURE_UNCOUNTED, 0, 0);
	assert_account(dropped, CAPTURE_COUNTED, 0, 0x10000000a);
	assert_account(too_many, CAPTURE_COUNTED, 0, UINT64_MAX);
}

static void reads_its_own(void **state)
{
	assert_one_record(whole, sizeof(whole), TIME, CAPTURE_INBOUND, "acc0");
}

/* A big-endian section, microseconds by default, no name, no direction, an unknown block first */
static void reads_what_others_write(void **state)
{
	static const uint8_t bytes[] = {
		BE32(0x0a0d0d0a),
		BE32(28),
		BE32(0x1a2b3c4d),
		0,
		1,
		0,
		0,
		0xff,
		0xff,
		0xff,
		0xff,
		0xff,
		0xff,
		0xff,
		0xff,
		BE32(28),
		BE32(0xbad),
		BE32(16),
		1,
		2,
		3,
		4,
		BE32(16),
		BE32(1),
		BE32(20),
		0,
		147,
		0,
		0,
		BE32(0),
		BE32(20),
		BE32(6),
		BE32(40),
		BE32(0),
		BE32(1),
		BE32(2),
		BE32(5),
		BE32(9),
		'a',
		'b',
		'c',
		'd',
		'e',
		0,
		0,
		0,
		BE32(40),
	};

	assert_one_record(bytes, sizeof(bytes), (0x100000000ull + 2) * 1000, 0, "if0");
}

/* Links of an earlier section are not those of a later one. */
static void sections_have_their_own_links(void **state)
{
	static const uint8_t bytes[] = {
		SECTION, LINK_ACC0, PACKET_ABCDE, SECTION, PACKET_ABCDE,
	};
	struct capture_record record;
	struct capture_reader *reader;
	FILE *file;

	reader = open_bytes(bytes, sizeof(bytes), &file);
	assert_int_equal(capture_reader_next(reader, &record), CAPTURE_RECORD);
	assert_int_equal(capture_reader_next(reader, &record), CAPTURE_ERROR);
	assert_string_equal(capture_reader_error(reader),
			    "block at byte 204: packet of link 0, which was not described");
	capture_reader_close(reader);
	fclose(file);
}

#define WITH_RESOLUTION(resolution, high, low) { \
	SECTION, \
	LE32(1), LE32(28), LE16(147), LE16(0), LE32(0), LE16(9), LE16(1), (resolution), 0, 0, 0, \
	LE32(28), \
	LE32(6), LE32(40), LE32(0), LE32(high), LE32(low), LE32(5), LE32(5), \
	'a', 'b', 'c', 'd', 'e', 0, 0, 0, LE32(40) }

static void resolutions_are_converted(void **state)
{
	static const uint8_t seconds[] = WITH_RESOLUTION(0, 0, 3);
	static const uint8_t picoseconds[] = WITH_RESOLUTION(12, 1, 0);
	static const uint8_t quarters[] = WITH_RESOLUTION(0x82, 0, 7);

	assert_one_record(seconds, sizeof(seconds), 3000000000ull, 0, "if0");
	assert_one_record(picoseconds, sizeof(picoseconds), 4294967, 0, "if0");
	assert_one_record(quarters, sizeof(quarters), 1750000000, 0, "if0");
}

static void names_cannot_drive_a_terminal(void **state)
{
	uint8_t bytes[sizeof(whole)];

	memcpy(bytes, whole, sizeof(whole));
	memcpy(bytes + 48 + 20, "\x1b[3\xff", 4);
	assert_one_record(bytes, sizeof(bytes), TIME, CAPTURE_INBOUND, ".[3.");
}

#define PCAP_HEADER(type) \
	LE32(0xa1b2c3d4), LE16(2), LE16(4), LE32(0), LE32(0), LE32(65535), LE32(type)

/* Packets of either byte order, counted in microseconds or nanoseconds */
static void reads_pcap(void **state)
{
	static const uint8_t micro[] = {
		PCAP_HEADER(147), LE32(3), LE32(7), LE32(5), LE32(5), 'a', 'b', 'c', 'd', 'e'
	};
	static const uint8_t nano[] = {
		BE32(0xa1b23c4d), 0,           2,         0,       4,       BE32(0),
		BE32(0),          BE32(65535), BE32(147), BE32(3), BE32(7), BE32(5),
		BE32(5),          'a',         'b',       'c',     'd',     'e',
	};
	static const uint8_t nonflit[] = {
		PCAP_HEADER(148), LE32(1), LE32(2), LE32(1), LE32(9), 'x'
	};
	struct capture_record record;
	struct capture_reader *reader;
	struct capture_link link;
	FILE *file;

	assert_one_record(micro, sizeof(micro), 3000007000ull, 0, "if0");
	assert_one_record(nano, sizeof(nano), 3000000007ull, 0, "if0");
	reader = open_bytes(nonflit, sizeof(nonflit), &file);
	assert_int_equal(capture_reader_next(reader, &record), CAPTURE_RECORD);
	assert_int_equal(record.encoding, TLP_NONFLIT);
	assert_int_equal(record.len, 1);
	assert_int_equal(record.wire_len, 9);
	assert_int_equal(capture_reader_next(reader, &record), CAPTURE_END);
	assert_true(capture_reader_link(reader, 0, &link));
	assert_int_equal(link.account, CAPTURE_UNCOUNTED);
	assert_int_equal(link.recorded, 1);
	capture_reader_close(reader);
	fclose(file);
}

/* The obsolete block, with a link of 16 bits; the simple one, cut by the link's snaplen */
static void reads_all_packet_blocks(void **state)
{
	static const uint8_t old[] = {
		SECTION,     LINK_ACC0, LE32(2), LE32(40), LE16(0), LE16(7),
		TIME_HALVES, LE32(5),   LE32(5), 'a',      'b',     'c',
		'd',         'e',       0,       0,        0,       LE32(40),
	};
	static const uint8_t simple[] = {
		SECTION, LE32(1),  LE32(20), LE16(147), LE16(0),  LE32(5), LE32(20),
		LE32(3), LE32(24), LE32(9),  'a',       'b',      'c',     'd',
		'e',     0,        0,        0,         LE32(24),
	};

	assert_one_record(old, sizeof(old), TIME, 0, "acc0");
	assert_one_record(simple, sizeof(simple), 0, 0, "if0");
}

static void offsets_of_timestamps_are_added(void **state)
{
	static const uint8_t bytes[] = {
		SECTION, LE32(1),    LE32(44), LE16(147), LE16(0), LE32(0),  LE16(14),
		LE16(8), LE64(5ull), LE16(9),  LE16(1),   9,       0,        0,
		0,       LE16(0),    LE16(0),  LE32(44),  LE32(6), LE32(40), LE32(0),
		LE32(0), LE32(7),    LE32(5),  LE32(5),   'a',     'b',      'c',
		'd',     'e',        0,        0,         0,       LE32(40),
	};

	assert_one_record(bytes, sizeof(bytes), 5000000007ull, 0, "if0");
}

#define OTHER_TYPE \
	" instead of 147 (USER0: TLPs in flit mode) or 148 (USER1: outside of it); if TLPs it is, " \
	"editcap -T user0 OLD NEW or -T user1 says so"

struct broken {
	const char *error;
	size_t size;
	uint8_t bytes[160];
};

#define BROKEN(error, ...) { error, sizeof((uint8_t[]){ __VA_ARGS__ }), { __VA_ARGS__ } }

static const struct broken broken[] = {
	{ "block at byte 0: the file is empty", 0, { 0 } },
	BROKEN("block at byte 0: the file ends within a block header; was its writer interrupted?",
	       1, 2, 3),
	BROKEN("block at byte 0: no section header: neither a pcapng nor a pcap file; editcap "
	       "-F pcapng OLD NEW makes one of other captures, unpack what is compressed, and give lines of hex with --hex",
	       0xd4, 0xc3, 0xb2, 0xa2, 2, 0, 4, 0, 0, 0, 0, 0),
	BROKEN("block at byte 0: the file ends within its header; was its writer interrupted?",
	       LE32(0x0a0d0d0a), LE32(28), 0x4d, 0x3c),
	BROKEN("block at byte 0: no byte-order magic: not a pcapng file", LE32(0x0a0d0d0a),
	       LE32(28), 1, 2, 3, 4),
	BROKEN("block at byte 0: impossible length 12", LE32(0x0a0d0d0a), LE32(12),
	       LE32(0x1a2b3c4d)),
	BROKEN("block at byte 0: section header of 12 bytes", LE32(0x0a0d0d0a), LE32(24),
	       LE32(0x1a2b3c4d), LE16(1), LE16(0), LE32(0), LE32(24)),
	BROKEN("block at byte 0: pcapng version 2, known is 1", LE32(0x0a0d0d0a), LE32(28),
	       LE32(0x1a2b3c4d), LE16(2), LE16(0), LE32(0), LE32(0), LE32(28)),
	BROKEN("block at byte 0: its two lengths differ: 28 and 32", LE32(0x0a0d0d0a), LE32(28),
	       LE32(0x1a2b3c4d), LE16(1), LE16(0), LE32(0), LE32(0), LE32(32)),
	BROKEN("block at byte 48: the file ends within a block header; was its writer interrupted?",
	       SECTION, 1, 0, 0, 0),
	BROKEN("block at byte 48: impossible length 8", SECTION, LE32(1), LE32(8)),
	BROKEN("block at byte 48: impossible length 21", SECTION, LE32(1), LE32(21)),
	BROKEN("block at byte 48: impossible length 1048580", SECTION, LE32(1), LE32(1048580)),
	BROKEN("block at byte 48: the file ends within it; was its writer interrupted?", SECTION,
	       LE32(1), LE32(20), LE16(147)),
	BROKEN("block at byte 48: the file ends within it; was its writer interrupted?", SECTION,
	       LE32(1), LE32(20), LE16(147), LE16(0), LE32(0)),
	BROKEN("block at byte 48: interface description of 4 bytes", SECTION, LE32(1), LE32(16),
	       LE16(147), LE16(0), LE32(16)),
	BROKEN("block at byte 48: link type 1" OTHER_TYPE, SECTION, LE32(1), LE32(20), LE16(1),
	       LE16(0), LE32(0), LE32(20)),
	BROKEN("block at byte 48: resolution of timestamps out of range", SECTION, LE32(1),
	       LE32(28), LE16(147), LE16(0), LE32(0), LE16(9), LE16(1), 20, 0, 0, 0, LE32(28)),
	BROKEN("block at byte 48: resolution of timestamps out of range", SECTION, LE32(1),
	       LE32(28), LE16(147), LE16(0), LE32(0), LE16(9), LE16(1), 0xc0, 0, 0, 0, LE32(28)),
	BROKEN("block at byte 48: packet of link 0, which was not described", SECTION,
	       PACKET_ABCDE),
	BROKEN("block at byte 104: packet block of 16 bytes", SECTION, LINK_ACC0, LE32(6), LE32(28),
	       LE32(0), LE32(0), LE32(0), LE32(0), LE32(28)),
	BROKEN("block at byte 104: 1 bytes of packet do not fit into it", SECTION, LINK_ACC0,
	       LE32(6), LE32(32), LE32(0), LE32(0), LE32(0), LE32(1), LE32(1), LE32(32)),
	BROKEN("block at byte 104: 4294967295 bytes of packet do not fit into it", SECTION,
	       LINK_ACC0, LE32(6), LE32(32), LE32(0), LE32(0), LE32(0), LE32(0xffffffff), LE32(1),
	       LE32(32)),
	BROKEN("block at byte 104: statistics of 8 bytes", SECTION, LINK_ACC0, LE32(5), LE32(20),
	       LE32(0), LE32(0), LE32(20)),
	BROKEN("block at byte 104: statistics of link 1, which was not described", SECTION,
	       LINK_ACC0, LE32(5), LE32(24), LE32(1), LE32(0), LE32(0), LE32(24)),
	BROKEN("block at byte 48: packet of link 0, which was not described", SECTION, LE32(3),
	       LE32(16), LE32(0), LE32(16)),
	BROKEN("block at byte 104: packet block of 0 bytes", SECTION, LINK_ACC0, LE32(3), LE32(12),
	       LE32(12)),
	BROKEN("block at byte 104: 1 bytes of packet do not fit into it", SECTION, LINK_ACC0,
	       LE32(3), LE32(16), LE32(1), LE32(16)),
	BROKEN("block at byte 104: packet of link 1, which was not described", SECTION, LINK_ACC0,
	       LE32(2), LE32(32), LE16(1), LE16(0), LE32(0), LE32(0), LE32(0), LE32(0), LE32(32)),
	/* pcap */
	BROKEN("packet at byte 0: the file ends within its header; was its writer interrupted?",
	       0xd4, 0xc3, 0xb2, 0xa1, 2, 0, 4, 0, 0, 0, 0, 0),
	BROKEN("packet at byte 0: pcap version 3, known is 2", LE32(0xa1b2c3d4), LE16(3), LE16(0),
	       LE32(0), LE32(0), LE32(0), LE32(147)),
	BROKEN("packet at byte 0: link type 1" OTHER_TYPE, PCAP_HEADER(1)),
	BROKEN("packet at byte 24: the file ends within a packet's header; was its writer interrupted?",
	       PCAP_HEADER(147), LE32(1)),
	BROKEN("packet at byte 24: impossible length 1048577", PCAP_HEADER(147), LE32(1), LE32(2),
	       LE32(1048577), LE32(1048577)),
	BROKEN("packet at byte 24: the file ends within it; was its writer interrupted?",
	       PCAP_HEADER(147), LE32(1), LE32(2), LE32(5), LE32(5), 'a'),
};

static void broken_files_are_named_and_placed(void **state)
{
	for (size_t i = 0; i < ARRAY_SIZE(broken); i++) {
		struct capture_record record;
		struct capture_reader *reader;
		FILE *file;

		reader = open_bytes(broken[i].bytes, broken[i].size, &file);
		assert_int_equal(capture_reader_next(reader, &record), CAPTURE_ERROR);
		assert_string_equal(capture_reader_error(reader), broken[i].error);
		assert_int_equal(capture_reader_next(reader, &record), CAPTURE_ERROR);
		capture_reader_close(reader);
		fclose(file);
	}
}

/* Wherever a file is cut, what is before the cut is read and the cut is reported. */
static void every_cut_is_an_error(void **state)
{
	for (size_t size = 1; size < sizeof(whole); size++) {
		bool between_blocks = size == 48 || size == 104 || size == 156;
		struct capture_record record;
		struct capture_reader *reader;
		FILE *file;

		reader = open_bytes(whole, size, &file);
		if (size >= 156)
			assert_int_equal(capture_reader_next(reader, &record), CAPTURE_RECORD);
		assert_int_equal(capture_reader_next(reader, &record),
				 between_blocks ? CAPTURE_END : CAPTURE_ERROR);
		capture_reader_close(reader);
		fclose(file);
	}
}

static void links_are_limited(void **state)
{
	static const uint8_t section[] = { SECTION };
	static const uint8_t link[] = { LINK_ACC0 };
	struct capture_record record;
	struct capture_reader *reader;
	FILE *file;

	reader = open_bytes(section, sizeof(section), &file);
	fseek(file, 0, SEEK_END);
	for (int i = 0; i <= CAPTURE_LINKS_MAX; i++)
		assert_int_equal(fwrite(link, sizeof(link), 1, file), 1);
	rewind(file);
	assert_int_equal(capture_reader_next(reader, &record), CAPTURE_ERROR);
	assert_string_equal(capture_reader_error(reader),
			    "block at byte 229424: more than 4096 links");
	capture_reader_close(reader);
	fclose(file);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(statistics_tell_what_is_missing),
		cmocka_unit_test(own_captures_without_statistics_are_unfinished),
		cmocka_unit_test(what_others_do_not_say_is_not_known),
		cmocka_unit_test(reads_its_own),
		cmocka_unit_test(reads_what_others_write),
		cmocka_unit_test(sections_have_their_own_links),
		cmocka_unit_test(resolutions_are_converted),
		cmocka_unit_test(names_cannot_drive_a_terminal),
		cmocka_unit_test(broken_files_are_named_and_placed),
		cmocka_unit_test(every_cut_is_an_error),
		cmocka_unit_test(links_are_limited),
		cmocka_unit_test(reads_pcap),
		cmocka_unit_test(reads_all_packet_blocks),
		cmocka_unit_test(offsets_of_timestamps_are_added),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
