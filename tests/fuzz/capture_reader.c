// SPDX-License-Identifier: GPL-2.0 OR Linux-OpenIB
/* Reading a capture ends, stays within its memory and says what is wrong. */
#include <string.h>

#include "fuzz.h"
#include "tlp/capture_reader.h"
#include "tlp/tlp.h"

/* Lines that can be printed */
static void check_notes(const char *notes)
{
	size_t len = strlen(notes);

	fuzz_assert(len && len < CAPTURE_BLOCK_MAX && notes[len - 1] == '\n');
	for (; *notes; notes++)
		fuzz_assert(*notes == '\n' || (*notes >= ' ' && *notes <= '~'));
}

static void check_record(const struct capture_record *record)
{
	struct tlp_nonflit_layout nonflit;
	struct tlp_flit_layout flit;
	struct tlp tlp;

	fuzz_assert(record->link && strlen(record->link) <= CAPTURE_NAME_MAX);
	fuzz_assert(record->len <= CAPTURE_BLOCK_MAX && record->direction <= 3);
	fuzz_assert(record->encoding == TLP_FLIT || record->encoding == TLP_NONFLIT);
	if (record->notes)
		check_notes(record->notes);
	(void)tlp_flit_layout(record->data, record->len, &flit);
	(void)tlp_nonflit_layout(record->data, record->len, &nonflit);
	(void)tlp_decode(record->encoding, record->data, record->len, &tlp);
}

static void check_links(const struct capture_reader *reader, uint64_t records)
{
	struct capture_link link;
	uint32_t count = 0;

	while (capture_reader_link(reader, count, &link)) {
		fuzz_assert(strlen(link.name) <= CAPTURE_NAME_MAX && ++count <= CAPTURE_LINKS_MAX);
		fuzz_assert(link.account == CAPTURE_COUNTED || link.account == CAPTURE_UNCOUNTED ||
			    link.account == CAPTURE_UNFINISHED);
		fuzz_assert(link.recorded <= records);
		records -= link.recorded;
	}
	fuzz_assert(!records);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct capture_record record;
	struct capture_reader *reader;
	enum capture_status status;
	uint64_t records = 0;
	FILE *file;

	/* fmemopen() refuses a size of 0, and an empty file is a unit test's business */
	if (!size)
		return 0;
	file = fmemopen((void *)data, size, "r");
	fuzz_assert(file);
	fuzz_assert(capture_reader_create(file, &reader) == 0);
	for (; (status = capture_reader_next(reader, &record)) == CAPTURE_RECORD; records++)
		check_record(&record);
	check_links(reader, records);
	fuzz_assert(status != CAPTURE_ERROR || capture_reader_error(reader)[0]);
	fuzz_assert(capture_reader_next(reader, &record) == status);
	capture_reader_close(reader);
	fclose(file);
	return 0;
}
