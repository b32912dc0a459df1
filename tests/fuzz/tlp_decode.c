// SPDX-License-Identifier: GPL-2.0 OR Linux-OpenIB
/* A packet that decodes keeps its promises, and survives being encoded and decoded again. */
#include "tlp_checks.h"

static void check_round_trip(const struct tlp *tlp)
{
	uint8_t bytes[TLP_MAX_SIZE];
	struct tlp again;
	size_t size;

	fuzz_assert(tlp_flit_encode(tlp, 0, bytes, sizeof(bytes), &size) == TLP_OK);
	fuzz_assert(tlp_flit_decode(bytes, size, &again) == TLP_OK);
	check_same(tlp, again);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct tlp tlp;

	check_views(TLP_FLIT, data, size);
	if (tlp_flit_decode(data, size, &tlp) != TLP_OK)
		return 0;
	check_promises(&tlp, data, size);
	if (may_encode(&tlp))
		check_round_trip(&tlp);
	return 0;
}
