// SPDX-License-Identifier: GPL-2.0 OR Linux-OpenIB
/*
 * tshark opens captures of ours, and the dissector, which shares nothing with the encoder, reads
 * from them what the encoder was told to write.
 */
#include <inttypes.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>
#include <cmocka.h>

#include "tlp/capture.h"
#include "vectors.h"

#define LINE_MAX_CHARS 512
#define RANDOM_PACKETS 3000
#define SEED 0x7a91c3
#define SECOND 1000000000ull

/*
 * Lua is off for the superuser, so tshark runs as nobody, who may be kept out of the checkout: all
 * that it reads is in a directory for it.
 */
static const char run_tshark[] =
	"%s " TSHARK " -n -X lua_script:%s/tph.lua -r %s/capture -T fields -E separator='|' %s "
	"2>/dev/null";
static const char as_nobody[] = "setpriv --reuid=65534 --regid=65534 --clear-groups env HOME=/tmp";
static const char fields[] =
	"-e tlp.type -e tlp.tc -e tlp.length -e tlp.requester -e tlp.tag -e tlp.at -e tlp.address "
	"-e tlp.hv -e tlp.st -e tlp.ph -e tlp.ama -e tlp.last_be -e tlp.first_be "
	"-e tlp.completer -e tlp.byte_count -e tlp.lower_address -e tlp.status -e tlp.data";
static const char nonflit_fields[] =
	"-e tlpnf.name -e tlpnf.tc -e tlpnf.length -e tlpnf.requester -e tlpnf.tag -e tlpnf.at "
	"-e tlpnf.address -e tlpnf.st -e tlpnf.ph -e tlpnf.ama -e tlpnf.last_be -e tlpnf.first_be "
	"-e tlpnf.completer -e tlpnf.byte_count -e tlpnf.lower_address -e tlpnf.status "
	"-e tlpnf.data";

struct fixture {
	char directory[32];
	char capture_path[48], dissector_path[48];
	struct capture *capture;
	uint32_t links[3]; /* the last is not in flit mode */
};

static int copy_file(const char *from, const char *to)
{
	FILE *in = fopen(from, "r"), *out = fopen(to, "w");
	int byte;

	if (!in || !out)
		return -1;
	while ((byte = fgetc(in)) != EOF)
		fputc(byte, out);
	fclose(in);
	return fclose(out) || chmod(to, 0644);
}

static int set_up(void **state)
{
	struct fixture *fixture = calloc(1, sizeof(*fixture));

	if (!fixture)
		return -1;
	strcpy(fixture->directory, "/tmp/test_wireshark.XXXXXX");
	if (!mkdtemp(fixture->directory) || chmod(fixture->directory, 0755))
		return -1;
	snprintf(fixture->capture_path, sizeof(fixture->capture_path), "%s/capture",
		 fixture->directory);
	snprintf(fixture->dissector_path, sizeof(fixture->dissector_path), "%s/tph.lua",
		 fixture->directory);
	*state = fixture;
	return copy_file(DISSECTOR, fixture->dissector_path) ||
	       capture_create(fixture->capture_path, 0, &fixture->capture) ||
	       chmod(fixture->capture_path, 0644) ||
	       capture_add_link(fixture->capture, "nic0", TLP_FLIT, &fixture->links[0]) ||
	       capture_add_link(fixture->capture, "acc0", TLP_FLIT, &fixture->links[1]) ||
	       capture_add_link(fixture->capture, "old0", TLP_NONFLIT, &fixture->links[2]);
}

static int tear_down(void **state)
{
	struct fixture *fixture = *state;

	capture_close(fixture->capture);
	unlink(fixture->capture_path);
	unlink(fixture->dissector_path);
	rmdir(fixture->directory);
	free(fixture);
	return 0;
}

static FILE *dissect(struct fixture *fixture, const char *what)
{
	char command[2048];
	FILE *pipe;

	assert_int_equal(capture_flush(fixture->capture), 0);
	snprintf(command, sizeof(command), run_tshark, geteuid() ? "" : as_nobody,
		 fixture->directory, fixture->directory, what);
	pipe = popen(command, "r");
	assert_non_null(pipe);
	return pipe;
}

/* The next line without its end; it may be long, as the data is in it */
static void read_line(FILE *pipe, char *line, size_t size)
{
	assert_non_null(fgets(line, size, pipe));
	line[strcspn(line, "\n")] = '\0';
}

static void assert_end(FILE *pipe)
{
	assert_int_equal(fgetc(pipe), EOF);
	assert_int_equal(pclose(pipe), 0);
}

/* A column that tshark leaves empty if the field is not in the packet */
__attribute__((format(printf, 3, 4))) static void column(char *line, bool there, const char *format,
							 ...)
{
	size_t used = strlen(line);
	va_list args;

	va_start(args, format);
	if (there)
		vsnprintf(line + used, LINE_MAX_CHARS - used, format, args);
	va_end(args);
	strcat(line, "|");
}

static void expect_id(char *line, bool there, uint16_t id)
{
	column(line, there, "%02x:%02x.%x", id >> 8, id >> 3 & 0x1f, id & 7);
}

static void expect_request(char *line, const struct tlp *tlp)
{
	bool request = !tlp_is_completion(tlp->type);
	bool atomic = !tlp->first_be && !tlp->last_be && tlp_has_data(tlp->type);
	bool ohc_a = request && !atomic &&
		     (tlp->first_be != 0xf || (tlp->length > 1 && tlp->last_be != 0xf));
	bool hints = request && tlp->hints.hv;

	column(line, request, "%u", tlp->at);
	column(line, request, "0x%016" PRIx64, tlp->address);
	column(line, hints || tlp->av, "%u", tlp->hints.hv);
	column(line, hints, "0x%04x", tlp->hints.st);
	column(line, hints, "%u", tlp->hints.ph);
	column(line, hints || tlp->av, "%u", tlp->ama);
	column(line, ohc_a, "0x%02x", tlp->last_be);
	column(line, ohc_a, "0x%02x", tlp->first_be);
}

static void expect_completion(char *line, const struct tlp *tlp)
{
	bool completion = tlp_is_completion(tlp->type);
	bool ohc_a = completion && (tlp->status || tlp->lower_address % 4);

	expect_id(line, completion, tlp->completer);
	column(line, completion, "%u", tlp->byte_count);
	column(line, completion, "0x%02x", tlp->lower_address);
	column(line, ohc_a, "%u", tlp->status);
}

/* All columns but the data. Of Cpl Length is reserved. */
static void expect_line(char *line, const struct tlp *tlp, uint16_t tag)
{
	line[0] = '\0';
	column(line, true, "0x%02x", tlp->type);
	column(line, true, "%u", tlp->tc);
	column(line, tlp->length, "%u", tlp->length);
	expect_id(line, true, tlp->requester);
	column(line, true, "0x%04x", tag);
	expect_request(line, tlp);
	expect_completion(line, tlp);
}

static void assert_columns(FILE *pipe, const char *expected, const struct tlp *tlp,
			   const uint8_t *payload)
{
	size_t len = tlp_has_data(tlp->type) ? tlp->length * 4 : 0;
	char line[LINE_MAX_CHARS + 2 * TLP_MAX_PAYLOAD];
	char *data;

	read_line(pipe, line, sizeof(line));
	data = strrchr(line, '|') + 1;
	assert_int_equal(strlen(data), 2 * len);
	for (size_t i = 0; i < len; i++) {
		char byte[3];

		snprintf(byte, sizeof(byte), "%02x", payload[i]);
		assert_memory_equal(data + 2 * i, byte, 2);
	}
	*data = '\0';
	assert_string_equal(line, expected);
}

static void assert_line(FILE *pipe, const struct tlp *tlp, uint16_t tag, const uint8_t *payload)
{
	char expected[LINE_MAX_CHARS];

	expect_line(expected, tlp, tag);
	assert_columns(pipe, expected, tlp, payload);
}

/* Byte 7 of a request is byte enables, or a tag in their place, or reserved. */
static bool shows_byte_enables(const struct tlp *tlp)
{
	bool atomic = !tlp->first_be && !tlp->last_be && tlp_has_data(tlp->type);

	if (tlp_is_completion(tlp->type) || atomic)
		return false;
	return tlp_is_posted(tlp->type) || !tlp->hints.hv;
}

static void assert_nonflit_line(FILE *pipe, const struct tlp *tlp, const uint8_t *payload)
{
	bool completion = tlp_is_completion(tlp->type), hints = !completion && tlp->hints.hv;
	bool prefix = tlp->av || (tlp->hints.hv == TLP_HV_ST_EXT && tlp->hints.st > 0xff);
	char line[LINE_MAX_CHARS] = "";

	column(line, true, "%s", tlp_type_name(tlp->type));
	column(line, true, "%u", tlp->tc);
	column(line, tlp->length, "%u", tlp->length);
	expect_id(line, true, tlp->requester);
	/* without hints a write has a Tag, too, which the encoder leaves 0 */
	column(line, !tlp_is_posted(tlp->type) || !tlp->hints.hv, "0x%04x", tlp->tag);
	column(line, true, "%u", tlp->at);
	column(line, !completion, "0x%016" PRIx64, tlp->address);
	column(line, hints, "0x%04x", tlp->hints.st);
	column(line, hints, "%u", tlp->hints.ph);
	column(line, prefix, "%u", tlp->ama);
	column(line, shows_byte_enables(tlp), "0x%02x", tlp->last_be);
	column(line, shows_byte_enables(tlp), "0x%02x", tlp->first_be);
	expect_id(line, completion, tlp->completer);
	column(line, completion, "%u", tlp->byte_count);
	column(line, completion, "0x%02x", tlp->lower_address);
	column(line, completion, "%u", tlp->status);
	assert_columns(pipe, line, tlp, payload);
}

static void vectors_are_dissected(void **state)
{
	struct fixture *fixture = *state;
	FILE *pipe;

	for (size_t i = 0; i < num_vectors; i++)
		assert_int_equal(capture_packet(fixture->capture, 0, CAPTURE_OUTBOUND, i,
						vectors[i].bytes, vector_size(&vectors[i]), NULL,
						0),
				 0);
	pipe = dissect(fixture, fields);
	for (size_t i = 0; i < num_vectors; i++) {
		const struct tlp *tlp = &vectors[i].tlp;
		bool echo = tlp_is_posted(tlp->type) && vectors[i].flags && tlp->hints.hv;

		assert_line(pipe, tlp, echo ? tlp->hints.st & 0xff : tlp->tag,
			    vectors[i].bytes + vectors[i].header);
	}
	assert_end(pipe);
}

static void nonflit_vectors_are_dissected(void **state)
{
	struct fixture *fixture = *state;
	FILE *pipe;

	for (size_t i = 0; i < num_nonflit_vectors; i++)
		assert_int_equal(capture_packet(fixture->capture, fixture->links[2],
						CAPTURE_OUTBOUND, i, nonflit_vectors[i].bytes,
						vector_size(&nonflit_vectors[i]), NULL, 0),
				 0);
	pipe = dissect(fixture, nonflit_fields);
	for (size_t i = 0; i < num_nonflit_vectors; i++)
		assert_nonflit_line(pipe, &nonflit_vectors[i].tlp,
				    nonflit_vectors[i].bytes + nonflit_vectors[i].header);
	assert_end(pipe);
}

static unsigned int pick(unsigned int below)
{
	return random() % below;
}

static void pick_hints(struct tlp *tlp)
{
	static const uint8_t hvs[] = { TLP_HV_NONE, TLP_HV_ST, TLP_HV_ST_EXT };

	tlp->hints.hv = hvs[pick(3)];
	if (!tlp->hints.hv)
		return;
	tlp->hints.ph = pick(4);
	tlp->hints.st = pick(tlp->hints.hv == TLP_HV_ST ? 0x100 : 0x10000);
}

static void pick_completion(struct tlp *tlp)
{
	static const uint8_t statuses[] = { TLP_STATUS_SC, TLP_STATUS_UR, TLP_STATUS_RRS,
					    TLP_STATUS_CA };

	tlp->type = pick(2) ? TLP_CPLD : TLP_CPL;
	tlp->length = tlp->type == TLP_CPLD ? 1 + pick(64) : 0;
	tlp->completer = pick(0x10000);
	tlp->status = statuses[pick(4)];
	tlp->byte_count = 1 + pick(4096);
	tlp->lower_address = pick(128);
	tlp->tag = pick(0x4000);
}

static void pick_request(struct tlp *tlp)
{
	static const enum tlp_type types[] = { TLP_MRD64, TLP_MWR64, TLP_DMWR64 };
	uint64_t page = ((uint64_t)random() << 31 | random()) & ~0xfffull;
	unsigned int start = pick(4096), room = 4096 - start;

	if (pick(2))
		page &= 0xffffffff;
	tlp_set_span(tlp, page + start, 1 + pick(room < 256 ? room : 256));
	tlp->type = tlp_type_for(types[pick(3)], tlp->address);
	tlp->tag = tlp_is_posted(tlp->type) ? 0 : pick(0x4000);
	tlp->at = pick(3);
	tlp->av = tlp->at == 2 && pick(2);
	tlp->ama = tlp->av ? pick(8) : 0;
	pick_hints(tlp);
}

static void pick_atomic(struct tlp *tlp)
{
	static const enum tlp_type types[] = { TLP_FETCHADD64, TLP_SWAP64, TLP_CAS64 };
	enum tlp_type type = types[pick(3)];
	unsigned int operand = 1 + pick(2);

	tlp->length = type == TLP_CAS64 ? 2 * operand : operand;
	tlp->address = ((uint64_t)random() << pick(24)) & ~(operand * 4 - 1ull);
	tlp->type = tlp_type_for(type, tlp->address);
	tlp->tag = pick(0x4000);
	pick_hints(tlp);
}

static void pick_packet(struct tlp *tlp, const uint8_t *payload)
{
	static void (*const kinds[])(struct tlp *) = { pick_completion, pick_request, pick_atomic };

	*tlp = (struct tlp){ .tc = pick(8), .attr = pick(8), .requester = pick(0x10000) };
	kinds[pick(3)](tlp);
	tlp->payload = payload;
}

static void random_packets_are_dissected(void **state)
{
	struct tlp *tlps = calloc(RANDOM_PACKETS, sizeof(*tlps));
	struct fixture *fixture = *state;
	uint8_t bytes[TLP_MAX_SIZE], payload[1024];
	size_t size;
	FILE *pipe;

	assert_non_null(tlps);
	srandom(SEED);
	for (size_t i = 0; i < sizeof(payload); i++)
		payload[i] = random();
	for (size_t i = 0; i < RANDOM_PACKETS; i++) {
		pick_packet(&tlps[i], payload);
		assert_int_equal(tlp_flit_encode(&tlps[i], 0, bytes, sizeof(bytes), &size), TLP_OK);
		assert_int_equal(capture_packet(fixture->capture, i % 2, CAPTURE_INBOUND, i, bytes,
						size, NULL, 0),
				 0);
	}
	pipe = dissect(fixture, fields);
	for (size_t i = 0; i < RANDOM_PACKETS; i++)
		assert_line(pipe, &tlps[i], tlps[i].tag, payload);
	assert_end(pipe);
	free(tlps);
}

/* What flit mode can say and this cannot: 14 bits of tag, byte enables beside hints */
static void make_nonflit(struct tlp *tlp)
{
	bool atomic = !tlp->first_be && !tlp->last_be && tlp_has_data(tlp->type);

	tlp->tag &= TLP_MAX_TAG_NONFLIT;
	if (tlp_is_completion(tlp->type) || tlp_is_posted(tlp->type) || atomic || !tlp->hints.hv)
		return;
	tlp->first_be = 0xf;
	tlp->last_be = tlp->length > 1 ? 0xf : 0;
}

static void random_nonflit_packets_are_dissected(void **state)
{
	struct tlp *tlps = calloc(RANDOM_PACKETS, sizeof(*tlps));
	struct fixture *fixture = *state;
	uint8_t bytes[TLP_MAX_SIZE], payload[1024];
	size_t size;
	FILE *pipe;

	assert_non_null(tlps);
	srandom(SEED);
	for (size_t i = 0; i < sizeof(payload); i++)
		payload[i] = random();
	for (size_t i = 0; i < RANDOM_PACKETS; i++) {
		pick_packet(&tlps[i], payload);
		make_nonflit(&tlps[i]);
		assert_int_equal(tlp_nonflit_encode(&tlps[i], bytes, sizeof(bytes), &size), TLP_OK);
		assert_int_equal(capture_packet(fixture->capture, fixture->links[2],
						CAPTURE_INBOUND, i, bytes, size, NULL, 0),
				 0);
	}
	pipe = dissect(fixture, nonflit_fields);
	for (size_t i = 0; i < RANDOM_PACKETS; i++)
		assert_nonflit_line(pipe, &tlps[i], payload);
	assert_end(pipe);
	free(tlps);
}

static void links_directions_and_times_are_shown(void **state)
{
	struct fixture *fixture = *state;
	char line[LINE_MAX_CHARS];
	FILE *pipe;

	assert_int_equal(capture_packet(fixture->capture, 0, CAPTURE_OUTBOUND,
					1700000000 * SECOND + 123456789, REFERENCE->bytes,
					vector_size(REFERENCE), NULL, 0),
			 0);
	assert_int_equal(capture_packet(fixture->capture, 1, CAPTURE_INBOUND,
					1700000000 * SECOND + 123456790, REFERENCE->bytes,
					vector_size(REFERENCE), NULL, 0),
			 0);
	pipe = dissect(fixture, "-e frame.interface_name -e frame.packet_flags_direction "
				"-e frame.time_epoch -e _ws.col.info");
	read_line(pipe, line, sizeof(line));
	assert_string_equal(line, "nic0|0x00000002|1700000000.123456789|MWr64 L=8 ST=F0h PH=2");
	read_line(pipe, line, sizeof(line));
	assert_string_equal(line, "acc0|0x00000001|1700000000.123456790|MWr64 L=8 ST=F0h PH=2");
	assert_end(pipe);
}

static void add(struct fixture *fixture, uint32_t link, const void *bytes, size_t len)
{
	assert_int_equal(capture_packet(fixture->capture, link, CAPTURE_OUTBOUND, 0, bytes, len,
					NULL, 0),
			 0);
}

static void malformed_packets_are_named(void **state)
{
	static const uint8_t write[20] = { 0x40, 0, 0, 1 }, read[20] = { 0, 0, 0, 1 };
	struct fixture *fixture = *state;
	char line[LINE_MAX_CHARS];
	FILE *pipe;

	add(fixture, fixture->links[0], write, sizeof(write));
	add(fixture, fixture->links[2], write, sizeof(write));
	/* A fourth word behind three is what header logs have, a fifth is not. */
	add(fixture, fixture->links[2], read, sizeof(read));
	pipe = dissect(fixture, "-e _ws.col.info -e tlp.malformed -e tlpnf.malformed");
	read_line(pipe, line, sizeof(line));
	assert_string_equal(line, "MWr32 L=1 [20 bytes instead of 16]|1|");
	read_line(pipe, line, sizeof(line));
	assert_string_equal(line, "MWr32 L=1 [20 bytes instead of 16]||1");
	read_line(pipe, line, sizeof(line));
	assert_string_equal(line, "MRd32 L=1 [20 bytes instead of 12]||1");
	assert_end(pipe);
}

/* A capture of headers: all of them are dissected, and none is malformed. */
static void packets_that_were_cut_are_dissected(void **state)
{
	struct fixture *fixture = *state;
	char line[LINE_MAX_CHARS];
	uint32_t link;
	FILE *pipe;

	capture_close(fixture->capture);
	assert_int_equal(capture_create(fixture->capture_path, 0, &fixture->capture), 0);
	capture_set_snaplen(fixture->capture, 20);
	assert_int_equal(capture_add_link(fixture->capture, "nic0", TLP_FLIT, &link), 0);
	assert_int_equal(capture_add_link(fixture->capture, "old0", TLP_NONFLIT, &link), 0);
	assert_int_equal(capture_packet(fixture->capture, 0, CAPTURE_OUTBOUND, 0, REFERENCE->bytes,
					vector_size(REFERENCE), NULL, 0),
			 0);
	assert_int_equal(capture_packet(fixture->capture, 1, CAPTURE_OUTBOUND, 0,
					nonflit_vectors[1].bytes, vector_size(&nonflit_vectors[1]),
					NULL, 0),
			 0);
	pipe = dissect(fixture,
		       "-e tlp.st -e tlp.ph -e tlp.data -e tlpnf.st -e tlpnf.ph -e tlpnf.data "
		       "-e tlp.malformed -e tlpnf.malformed");
	read_line(pipe, line, sizeof(line));
	assert_string_equal(line, "0x00f0|2||||||");
	read_line(pipe, line, sizeof(line));
	assert_string_equal(line, "|||0x12f0|3|||");
	assert_end(pipe);
}

/* Words as people have them, without what else belongs to the packet */
struct logged {
	const char *words, *expected;
};

static size_t bytes_of(const char *words, uint8_t *bytes)
{
	size_t len = 0;
	int used;

	for (; sscanf(words, "%2hhx%n", &bytes[len], &used) == 1; words += used)
		len++;
	return len;
}

/* None of them is malformed. */
static void assert_logged(struct fixture *fixture, uint32_t link, const struct logged *logged,
			  size_t count, const char *columns)
{
	char line[LINE_MAX_CHARS];
	uint8_t bytes[64];
	FILE *pipe;

	for (size_t i = 0; i < count; i++)
		add(fixture, link, bytes, bytes_of(logged[i].words, bytes));
	pipe = dissect(fixture, columns);
	for (size_t i = 0; i < count; i++) {
		read_line(pipe, line, sizeof(line));
		assert_string_equal(line, logged[i].expected);
	}
	assert_end(pipe);
}

static void header_logs_are_dissected(void **state)
{
	static const struct logged logged[] = {
		{ "6000007a ab0000ff 00000001 629d4318",
		  "MWr64 L=122 [missing: payload]|ab:00.0|0x0000|0x00000001629d4318|payload||||||" },
		{ "40000004 0a0000ff fffc0e80 00000000",
		  "MWr32 L=4 [missing: payload]|0a:00.0|0x0000|0x00000000fffc0e80|payload|||||"
		  "00000000|" },
		{ "00002001 04000001 2001ff00 c281ff10",
		  "MRd32 L=1|04:00.0|0x0000|0x000000002001ff00||c281ff10|||||" },
		{ "04000001 00200a03 05010000 00050100",
		  "CfgRd0 L=1 [not decoded]|00:04.0|0x000a|||00050100|05:00.1||1||" },
		{ "34000000 70000010 00000000 88468846",
		  "Msg LTR [not decoded]|70:00.0|0x0000|||||0x10|1||" },
		{ "30000000 700000ab 00000000 00000000",
		  "Msg Code=ABh [not decoded]|70:00.0|0x0000|||||0xab|1||" },
		{ "60008010 010000ff 00001000 9c4c0000",
		  "MWr64 L=16 [missing: payload, digest]|01:00.0|0x0000|0x000010009c4c0000|"
		  "payload, digest||||||" },
		{ "60008001 0100000f 00001000 9c4c0000 11223344",
		  "MWr64 L=1 [missing: digest]|01:00.0|0x0000|0x000010009c4c0000|digest|||||"
		  "11223344|" },
		{ "42000001 0000050f 00000cf8 deadbeef",
		  "IOWr L=1 [not decoded]|00:00.0|0x0005||||||1|deadbeef|" },
		{ "21000001 0000050f 00000001 00000cf8",
		  "MRdLk64 L=1 [not decoded]|00:00.0|0x0005||||||1||" },
		{ "0b000000 00000004 00000500", "CplLk [not decoded]||||||||1||" },
		{ "0a000000 01002004 04000500", "Cpl|04:00.0|0x0005||||||||" },
		{ "60000001 0400",
		  "MWr64 L=1 [missing: header, payload]||||header, payload||||||" },
		{ "60010001 0400f00f 00000001",
		  "MWr64 L=1 [missing: header, payload]|04:00.0|||header, payload||||||" },
		{ "60", " [missing: header]||||header||||||" },
		{ "90120000", " [missing: header]||||header||||||" },
		{ "03000001 0400000f 00000000", " [unknown type 03h]||||||||1||" },
		{ "30", " [missing: header]||||header||||||" },
	};
	struct fixture *fixture = *state;

	assert_logged(fixture, fixture->links[2], logged, sizeof(logged) / sizeof(logged[0]),
		      "-e _ws.col.info -e tlpnf.requester -e tlpnf.tag -e tlpnf.address "
		      "-e tlpnf.missing -e tlpnf.spare -e tlpnf.destination "
		      "-e tlpnf.message_code -e tlpnf.undecoded -e tlpnf.data "
		      "-e tlpnf.malformed");
}

static void header_logs_of_flit_mode_are_dissected(void **state)
{
	static const struct logged logged[] = {
		{ "60020008 040000f0 000020e0 06000800 0000f090",
		  "MWr64 L=8 ST=F0h PH=2 [missing: payload]|04:00.0|0x00f0|0x000020e006000800|"
		  "payload||||" },
		{ "60022001 040000f0 000020e0 06000800 0000f090 11223344",
		  "MWr64 L=1 ST=F0h PH=2 [missing: trailer]|04:00.0|0x00f0|0x000020e006000800|"
		  "trailer||||" },
		{ "60020008 040000f0 000020e0",
		  "MWr64 L=8 [missing: header, payload]|04:00.0|0x00f0||header, payload||||" },
		{ "70000001 00000050 00000000 00000000 4b000000",
		  "MsgD L=1 Set_Slot_Power_Limit [not decoded]|00:00.0|||||0x50|1|" },
		{ "05000001 0020000a 05010000",
		  "CfgRd1 L=1 [not decoded]|00:04.0|0x000a|||05:00.1||1|" },
		{ "61000001 00200001 00000001 00001000 11223344",
		  "UIOMWr L=1 [not decoded]|00:04.0|0x0001|||||1|" },
		{ "0c000000 00000000 00000000", "UIOWrCpl [not decoded]|||||||1|" },
		{ "00000001", "NOP [not decoded]|||||||1|" },
		{ "0a", " [missing: header]||||header||||" },
		{ "ff000000", " [unknown type FFh]|||||||1|" },
	};
	struct fixture *fixture = *state;

	assert_logged(fixture, fixture->links[0], logged, sizeof(logged) / sizeof(logged[0]),
		      "-e _ws.col.info -e tlp.requester -e tlp.tag -e tlp.address "
		      "-e tlp.missing -e tlp.destination -e tlp.message_code -e tlp.undecoded "
		      "-e tlp.malformed");
}

/* The first word of the line that tshark prints has to be what tlp calls it. */
static void assert_name(FILE *pipe, const char *name, uint8_t byte)
{
	char line[LINE_MAX_CHARS], unknown[32];

	snprintf(unknown, sizeof(unknown), " [unknown type %02Xh]", byte);
	read_line(pipe, line, sizeof(line));
	if (name)
		line[strcspn(line, " ")] = '\0';
	assert_string_equal(line, name ? name : unknown);
}

static void types_have_the_same_names(void **state)
{
	struct fixture *fixture = *state;
	struct tlp_nonflit_layout layout;
	uint8_t bytes[16] = { 0 };
	FILE *pipe;

	for (int type = 0; type < 256; type++) {
		bytes[0] = type;
		add(fixture, fixture->links[0], bytes, sizeof(bytes));
		if ((type & 0xe0) != 0x80) /* which is a prefix */
			add(fixture, fixture->links[2], bytes, sizeof(bytes));
	}
	pipe = dissect(fixture, "-e _ws.col.info");
	for (int type = 0; type < 256; type++) {
		bytes[0] = type;
		assert_name(pipe, tlp_type_name(type), type);
		if ((type & 0xe0) == 0x80)
			continue;
		assert_name(pipe,
			    tlp_nonflit_layout(bytes, sizeof(bytes), &layout) ?
				    NULL :
				    tlp_type_name(layout.type),
			    type);
	}
	assert_end(pipe);
}

static void messages_have_the_same_names(void **state)
{
	uint8_t bytes[16] = { TLP_MSG };
	struct fixture *fixture = *state;
	char line[LINE_MAX_CHARS], expected[LINE_MAX_CHARS];
	FILE *pipe;

	for (int code = 0; code < 256; code++) {
		bytes[7] = code;
		add(fixture, fixture->links[code % 3], bytes, sizeof(bytes));
	}
	pipe = dissect(fixture, "-e _ws.col.info");
	for (int code = 0; code < 256; code++) {
		const char *name = tlp_message_name(code);

		if (name)
			snprintf(expected, sizeof(expected), "Msg %s [not decoded]", name);
		else
			snprintf(expected, sizeof(expected), "Msg Code=%02Xh [not decoded]", code);
		read_line(pipe, line, sizeof(line));
		assert_string_equal(line, expected);
	}
	assert_end(pipe);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(vectors_are_dissected, set_up, tear_down),
		cmocka_unit_test_setup_teardown(random_packets_are_dissected, set_up, tear_down),
		cmocka_unit_test_setup_teardown(nonflit_vectors_are_dissected, set_up, tear_down),
		cmocka_unit_test_setup_teardown(packets_that_were_cut_are_dissected, set_up,
						tear_down),
		cmocka_unit_test_setup_teardown(random_nonflit_packets_are_dissected, set_up,
						tear_down),
		cmocka_unit_test_setup_teardown(links_directions_and_times_are_shown, set_up,
						tear_down),
		cmocka_unit_test_setup_teardown(malformed_packets_are_named, set_up, tear_down),
		cmocka_unit_test_setup_teardown(types_have_the_same_names, set_up, tear_down),
		cmocka_unit_test_setup_teardown(messages_have_the_same_names, set_up, tear_down),
		cmocka_unit_test_setup_teardown(header_logs_are_dissected, set_up, tear_down),
		cmocka_unit_test_setup_teardown(header_logs_of_flit_mode_are_dissected, set_up,
						tear_down),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
