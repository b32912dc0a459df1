// SPDX-License-Identifier: GPL-2.0 OR Linux-OpenIB
/* The two encodings behind one name, for those who handle links of either kind. */
#include "types.h"

enum tlp_error tlp_encode_header(enum tlp_encoding encoding, const struct tlp *tlp,
				 unsigned int flags, void *buf, size_t size, size_t *encoded)
{
	if (encoding == TLP_NONFLIT)
		return tlp_nonflit_encode_header(tlp, buf, size, encoded);
	return tlp_flit_encode_header(tlp, flags, buf, size, encoded);
}

void tlp_encode_address(enum tlp_encoding encoding, const struct tlp *tlp, void *header)
{
	if (encoding == TLP_NONFLIT)
		tlp_nonflit_encode_address(tlp, header);
	else
		tlp_flit_encode_address(tlp, header);
}

const char *tlp_encoding_name(enum tlp_encoding encoding)
{
	return encoding == TLP_NONFLIT ? "non-flit" : "flit";
}
