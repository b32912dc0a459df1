// SPDX-License-Identifier: GPL-2.0 OR Linux-OpenIB
/* Packets of which not all is at hand: what is said is right, and what is missing is named. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

#include "same.h"
#include "util/macros.h"
#include "vectors.h"

#define PAYLOAD TLP_PART_PAYLOAD
#define TRAILER TLP_PART_TRAILER
#define ALL_BYTES 0xf

/* From a copy of exactly this size, so that AddressSanitizer sees reads beyond it */
static enum tlp_error view_exact(enum tlp_encoding encoding, const uint8_t *bytes, size_t size,
				 unsigned int flags, struct tlp_view *view)
{
	uint8_t *copy = malloc(size ? size : 1);
	enum tlp_error error;

	assert_non_null(copy);
	memcpy(copy, bytes, size);
	error = tlp_view(encoding, copy, size, flags, view);
	if (view->payload_len) {
		const uint8_t *payload = view->tlp.payload;

		assert_true(payload > copy && payload + view->payload_len <= copy + size);
	}
	free(copy);
	return error;
}

static size_t to_bytes(const uint32_t *words, size_t count, uint8_t *bytes)
{
	for (size_t i = 0; i < count; i++)
		for (unsigned int byte = 0; byte < 4; byte++)
			bytes[4 * i + byte] = words[i] >> (24 - 8 * byte);
	return 4 * count;
}

/* As machines have logged them; the four words of AER's Header Log each */
struct log {
	uint32_t words[4];
	const char *name;
	unsigned int missing;
	bool decoded;
	struct tlp tlp;
};

static const struct log logs[] = {
	{
		{ 0x6000007a, 0xab0000ff, 0x00000001, 0x629d4318 },
		"MWr64",
		PAYLOAD,
		true,
		{ .type = TLP_MWR64,
		  .requester = 0xab00,
		  .length = 122,
		  .address = 0x1629d4318,
		  .first_be = ALL_BYTES,
		  .last_be = ALL_BYTES },
	},
	{
		{ 0x60001004, 0x000000ff, 0x0000007d, 0xfe7eb000 },
		"MWr64",
		PAYLOAD,
		true,
		{ .type = TLP_MWR64,
		  .attr = TLP_ATTR_NO_SNOOP,
		  .length = 4,
		  .address = 0x7dfe7eb000,
		  .first_be = ALL_BYTES,
		  .last_be = ALL_BYTES },
	},
	{
		{ 0x40000004, 0x0a0000ff, 0xfffc0e80, 0x00000000 },
		"MWr32",
		PAYLOAD,
		true,
		{ .type = TLP_MWR32,
		  .requester = 0x0a00,
		  .length = 4,
		  .address = 0xfffc0e80,
		  .first_be = ALL_BYTES,
		  .last_be = ALL_BYTES },
	},
	{
		{ 0x00002001, 0x04000001, 0x2001ff00, 0xc281ff10 },
		"MRd32",
		0,
		true,
		{ .type = TLP_MRD32,
		  .attr = TLP_ATTR_RELAXED,
		  .requester = 0x0400,
		  .length = 1,
		  .address = 0x2001ff00,
		  .first_be = 1 },
	},
	{
		{ 0x04000001, 0x00200a03, 0x05010000, 0x00050100 },
		"CfgRd0",
		0,
		false,
		{ .type = TLP_CFGRD0, .requester = 0x0020, .tag = 0x0a, .length = 1 },
	},
	{
		{ 0x34000000, 0x70000010, 0x00000000, 0x88468846 },
		"Msg",
		0,
		false,
		{ .type = TLP_MSG + 4, .requester = 0x7000 },
	},
	{
		{ 0x60008010, 0x010000ff, 0x00001000, 0x9c4c0000 },
		"MWr64",
		PAYLOAD | TRAILER,
		true,
		{ .type = TLP_MWR64,
		  .requester = 0x0100,
		  .length = 16,
		  .address = 0x10009c4c0000,
		  .first_be = ALL_BYTES,
		  .last_be = ALL_BYTES },
	},
};

static void header_logs_of_real_machines_are_understood(void **state)
{
	for (size_t i = 0; i < ARRAY_SIZE(logs); i++) {
		const struct log *log = &logs[i];
		struct tlp_view view;
		uint8_t bytes[16];

		print_message("# %s %08x\n", log->name, log->words[0]);
		to_bytes(log->words, 4, bytes);
		assert_int_equal(view_exact(TLP_NONFLIT, bytes, sizeof(bytes), TLP_VIEW_HEADER_LOG,
					    &view),
				 TLP_OK);
		assert_string_equal(view.name, log->name);
		assert_int_equal(view.missing, log->missing);
		assert_int_equal(view.decoded, log->decoded);
		assert_true(view.has_dw0 && view.has_ids);
		assert_int_equal(view.payload_len, 0);
		assert_null(view.trailer);
		assert_same(&view.tlp, &log->tlp);
	}
}

static void types_decoded_in_part_say_what_they_can(void **state)
{
	static const uint8_t flit[16] = { 0x30, 0, 0, 0, 0x70, 0x00, 0x80, 0x18 };
	struct tlp_view view;
	uint8_t bytes[16];

	to_bytes(logs[4].words, 4, bytes);
	assert_int_equal(tlp_view(TLP_NONFLIT, bytes, 16, TLP_VIEW_HEADER_LOG, &view), TLP_OK);
	assert_true(view.has_destination && !view.has_code);
	assert_int_equal(view.destination, 0x0501);
	/* A packet that was captured with the fourth word is the same one. */
	assert_int_equal(tlp_view(TLP_NONFLIT, bytes, 16, 0, &view), TLP_OK);
	assert_int_equal(view.spare, 4);
	assert_int_equal(tlp_view(TLP_NONFLIT, bytes, 11, 0, &view), TLP_OK);
	assert_false(view.has_destination);
	assert_int_equal(view.missing, TLP_PART_HEADER);

	to_bytes(logs[5].words, 4, bytes);
	assert_int_equal(tlp_view(TLP_NONFLIT, bytes, 16, 0, &view), TLP_OK);
	assert_true(view.has_code && !view.has_destination);
	assert_int_equal(view.code, 0x10);
	assert_int_equal(view.spare, 0);
	/* In flit mode it is in the same byte; it has no Tag there, but EP. */
	assert_int_equal(tlp_view(TLP_FLIT, flit, sizeof(flit), 0, &view), TLP_OK);
	assert_true(view.has_code && !view.has_destination && view.tlp.ep);
	assert_int_equal(view.code, 0x18);
	assert_int_equal(view.tlp.requester, 0x7000);
	assert_int_equal(view.tlp.tag, 0);
	assert_int_equal(tlp_view(TLP_FLIT, flit, 7, 0, &view), TLP_OK);
	assert_false(view.has_code);
}

static void every_cut_of_every_vector(enum tlp_encoding encoding, const struct vector *vector)
{
	size_t whole = vector_size(vector), payload = whole - vector->header;
	struct tlp_view view;

	for (size_t size = 0; size < whole; size++) {
		unsigned int missing = size < vector->header ? TLP_PART_HEADER : 0;
		size_t there = size > vector->header ? size - vector->header : 0;

		assert_int_equal(view_exact(encoding, vector->bytes, size, 0, &view), TLP_OK);
		/* A prefix or less does not say whether there is a payload. */
		if (payload && view.has_dw0)
			missing |= TLP_PART_PAYLOAD;
		assert_int_equal(view.missing, missing);
		assert_int_equal(view.payload_len, there);
		assert_int_equal(view.decoded, size >= vector->header);
		if (view.decoded)
			assert_same(&view.tlp, &vector->tlp);
		else if (view.has_ids)
			assert_int_equal(view.tlp.requester, vector->tlp.requester);
		assert_true(size >= 4 || !view.has_dw0);
	}
	/* The header alone, logged with whatever is behind it */
	assert_int_equal(view_exact(encoding, vector->bytes, whole, TLP_VIEW_HEADER_LOG, &view),
			 TLP_OK);
	assert_int_equal(view.missing, payload ? TLP_PART_PAYLOAD : 0);
	assert_int_equal(view.payload_len, 0);
	assert_same(&view.tlp, &vector->tlp);
}

static void cut_anywhere_nothing_is_malformed(void **state)
{
	for (size_t i = 0; i < num_vectors; i++)
		every_cut_of_every_vector(TLP_FLIT, &vectors[i]);
	for (size_t i = 0; i < num_nonflit_vectors; i++)
		every_cut_of_every_vector(TLP_NONFLIT, &nonflit_vectors[i]);
}

static void a_digest_is_there_or_missing(void **state)
{
	/* MWr32 of one DW with TD; then the same in flit mode with TS 001b */
	static const uint8_t nonflit[] = { 0x40, 0, 0x80, 1,        0,    0x18, 0,    0x0f, 0xfe,
					   0xbf, 0, 0x10, PAYLOAD4, 0xec, 0xed, 0xee, 0xef };
	static const uint8_t flit[] = { 0x40, 0, 0x20, 1,        0,    0x18, 0,    0,   0xfe,
					0xbf, 0, 0x10, PAYLOAD4, 0xec, 0xed, 0xee, 0xef };
	const uint8_t *const packets[] = { [TLP_FLIT] = flit, [TLP_NONFLIT] = nonflit };
	struct tlp_view view;

	for (unsigned int encoding = TLP_FLIT; encoding <= TLP_NONFLIT; encoding++) {
		const uint8_t *bytes = packets[encoding];

		assert_int_equal(tlp_view(encoding, bytes, 20, 0, &view), TLP_OK);
		assert_int_equal(view.missing, 0);
		assert_int_equal(view.trailer_len, 4);
		assert_ptr_equal(view.trailer, bytes + 16);
		assert_ptr_equal(view.tlp.payload, bytes + 12);
		assert_int_equal(tlp_view(encoding, bytes, 16, 0, &view), TLP_OK);
		assert_int_equal(view.missing, TLP_PART_TRAILER);
		assert_int_equal(view.trailer_len, 4);
		assert_int_equal(view.payload_len, 4);
		assert_null(view.trailer);
		assert_int_equal(tlp_view(encoding, bytes, 14, 0, &view), TLP_OK);
		assert_int_equal(view.missing, TLP_PART_PAYLOAD | TLP_PART_TRAILER);
		assert_int_equal(view.payload_len, 2);
	}
}

static void bytes_left_over_are_an_error_but_for_the_fourth_word(void **state)
{
	static const uint8_t read[20] = { 0x00, 0, 0, 1, 4, 0, 0, 0x0f, 0, 0, 0x10, 0 };
	static const uint8_t flit_read[16] = { 0x03, 0, 0, 1, 4, 0, 0, 0, 0, 0, 0x10, 0 };
	static const uint8_t prefixed[20] = { 0x90, 0, 0, 0, 0x00, 1,    0, 1,
					      4,    0, 0, 0, 0,    0x10, 0, 0 };
	struct tlp_view view;

	assert_int_equal(view_exact(TLP_NONFLIT, read, 16, 0, &view), TLP_OK);
	assert_int_equal(view.spare, 4);
	assert_int_equal(view_exact(TLP_NONFLIT, read, 15, 0, &view), TLP_ERR_TRAILING);
	assert_int_equal(view_exact(TLP_NONFLIT, read, 20, 0, &view), TLP_ERR_TRAILING);
	assert_int_equal(view_exact(TLP_NONFLIT, read, 20, TLP_VIEW_HEADER_LOG, &view), TLP_OK);
	assert_int_equal(view_exact(TLP_FLIT, flit_read, 16, 0, &view), TLP_ERR_TRAILING);
	assert_int_equal(view_exact(TLP_FLIT, flit_read, 16, TLP_VIEW_HEADER_LOG, &view), TLP_OK);
	assert_int_equal(view_exact(TLP_NONFLIT, prefixed, 20, 0, &view), TLP_ERR_TRAILING);
}

static void pasids_of_either_mode_are_decoded(void **state)
{
	static const uint8_t prefix[] = { 0x91, 0x21, 0x23, 0x45, 0x00, 0, 0,    1,
					  4,    0,    0,    0x0f, 0,    0, 0x10, 0 };
	/* OHC-A1 with PV and ER; the same without PV, where the field is reserved */
	uint8_t ohc[] = { 0x03, 1, 0, 1, 4, 0, 0, 0, 0, 0, 0x10, 0, 0x51, 0x23, 0x45, 0x03 };
	struct tlp_view view;

	assert_int_equal(view_exact(TLP_NONFLIT, prefix, sizeof(prefix), 0, &view), TLP_OK);
	assert_true(view.has_pasid && view.pmr && !view.er);
	assert_int_equal(view.pasid, 0x12345);
	assert_int_equal(view_exact(TLP_FLIT, ohc, sizeof(ohc), 0, &view), TLP_OK);
	assert_true(view.has_pasid && !view.pmr && view.er);
	assert_int_equal(view.pasid, 0x12345);
	assert_int_equal(view_exact(TLP_FLIT, ohc, 12, 0, &view), TLP_OK);
	assert_false(view.has_pasid);
	ohc[12] = 0x31;
	assert_int_equal(view_exact(TLP_FLIT, ohc, sizeof(ohc), 0, &view), TLP_OK);
	assert_false(view.has_pasid || view.pmr || view.er);
	assert_int_equal(view.pasid, 0);
}

/* Types of which only what all requests share is decoded, in flit mode, and what is none */
static void types_of_flit_mode_are_known_in_it_alone(void **state)
{
	static const struct {
		uint8_t type;
		const char *name;
		size_t size; /* of a header with L=1, and its payload */
		bool ids;
	} types[] = {
		{ 0x00, "NOP", 4, false },        { 0x22, "UIOMRd", 16, true },
		{ 0x61, "UIOMWr", 20, true },     { 0x0c, "UIOWrCpl", 12, false },
		{ 0x48, "UIORdCplD", 16, false }, { 0x42, "IOWr", 16, true },
		{ 0x70, "MsgD", 20, true },
	};
	uint8_t bytes[20] = { 0, 0, 0, 1, 0xab, 0xcd };
	struct tlp_view view;

	for (size_t i = 0; i < ARRAY_SIZE(types); i++) {
		bytes[0] = types[i].type;
		assert_int_equal(view_exact(TLP_FLIT, bytes, types[i].size, 0, &view), TLP_OK);
		assert_string_equal(view.name, types[i].name);
		assert_int_equal(view.missing, 0);
		assert_int_equal(view.has_ids, types[i].ids);
		assert_int_equal(view.tlp.requester, types[i].ids ? 0xabcd : 0);
		assert_false(view.decoded);
		assert_int_equal(view_exact(TLP_FLIT, bytes, types[i].size - 1, 0, &view), TLP_OK);
		assert_int_not_equal(view.missing, 0);
	}
	bytes[0] = 0x22;
	assert_int_equal(view_exact(TLP_NONFLIT, bytes, 16, 0, &view), TLP_ERR_TYPE);
	assert_int_equal(view.type, 0x22);
	assert_null(view.name);
	assert_true(view.has_dw0 && !view.has_ids);
	assert_false(view.decoded);
}

/* The rules hold for what is there: malformed packets are what header logs are kept of. */
static void rules_hold_for_headers_alone(void **state)
{
	static const uint8_t across[] = { 0x60, 0, 0, 0x7a, 0xab, 0,    0,    0xff,
					  0,    0, 0, 1,    0x62, 0x9d, 0x4f, 0x18 };
	struct tlp_view view;

	assert_int_equal(view_exact(TLP_NONFLIT, across, 16, TLP_VIEW_HEADER_LOG, &view),
			 TLP_ERR_4K);
	assert_int_equal(view.missing, TLP_PART_PAYLOAD);
	assert_true(view.decoded);
	/* what is not at hand breaks none */
	assert_int_equal(view_exact(TLP_NONFLIT, across, 15, TLP_VIEW_HEADER_LOG, &view), TLP_OK);
}

static void too_many_prefixes_stay_an_error(void **state)
{
	static const uint8_t bytes[] = { 0x90, 0, 0,    0, 0x90, 0, 0,    0, 0x90, 0,
					 0,    0, 0x90, 0, 0,    0, 0x90, 0, 0,    0 };
	struct tlp_view view;

	assert_int_equal(view_exact(TLP_NONFLIT, bytes, sizeof(bytes), 0, &view), TLP_ERR_PREFIXES);
	assert_false(view.has_dw0);
	assert_int_equal(view_exact(TLP_NONFLIT, bytes, 16, 0, &view), TLP_OK);
	assert_int_equal(view.missing, TLP_PART_HEADER);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(header_logs_of_real_machines_are_understood),
		cmocka_unit_test(types_decoded_in_part_say_what_they_can),
		cmocka_unit_test(cut_anywhere_nothing_is_malformed),
		cmocka_unit_test(a_digest_is_there_or_missing),
		cmocka_unit_test(bytes_left_over_are_an_error_but_for_the_fourth_word),
		cmocka_unit_test(pasids_of_either_mode_are_decoded),
		cmocka_unit_test(types_of_flit_mode_are_known_in_it_alone),
		cmocka_unit_test(rules_hold_for_headers_alone),
		cmocka_unit_test(too_many_prefixes_stay_an_error),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
