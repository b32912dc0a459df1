// SPDX-License-Identifier: GPL-2.0 OR Linux-OpenIB
/* A line of hex becomes a packet that fits, or a message; either ends at the end of the line. */
#include <string.h>

#include "fuzz.h"
#include "hex_line.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	char *text = malloc(size + 1);
	struct complaint why = { "" };
	struct hex_line line;
	struct tlp_view view;

	fuzz_assert(text);
	memcpy(text, data, size);
	text[size] = '\0';
	(void)hex_line_empty(text);
	if (hex_line_parse(text, TLP_NONFLIT, &line, &why)) {
		fuzz_assert(line.len && line.len <= HEX_LINE_MAX);
		(void)tlp_view(line.encoding, line.bytes, line.len,
			       line.header_log ? TLP_VIEW_HEADER_LOG : 0, &view);
	} else {
		fuzz_assert(why.text[0]);
	}
	free(text);
	return 0;
}
