// SPDX-License-Identifier: GPL-2.0 OR Linux-OpenIB
/* A packet that decodes keeps its promises, and survives being encoded and decoded again. */
#include <string.h>

#include "fuzz.h"
#include "tlp/tlp.h"

static bool may_encode(const struct tlp *tlp)
{
	if (tlp_is_completion(tlp->type))
		return tlp->status <= TLP_STATUS_RRS || tlp->status == TLP_STATUS_CA;
	/* Receivers take what requesters must not send: AT 11b, a short address in a long header */
	return tlp->at < 3 && tlp_type_for(tlp->type, tlp->address) == tlp->type;
}

static void check_promises(const struct tlp *tlp, const uint8_t *data, size_t size)
{
	const uint8_t *payload = tlp->payload;

	fuzz_assert(tlp_type_name(tlp->type));
	fuzz_assert(tlp->length <= TLP_MAX_LENGTH_DW && tlp->tag <= TLP_MAX_TAG);
	fuzz_assert(tlp->address % 4 == 0);
	fuzz_assert(tlp->hints.hv == TLP_HV_NONE || tlp_hints_valid(&tlp->hints));
	fuzz_assert(tlp_has_data(tlp->type) == !!payload);
	if (payload)
		fuzz_assert(payload > data && payload + tlp->length * 4 <= data + size);
}

static void check_round_trip(const struct tlp *tlp)
{
	uint8_t bytes[TLP_MAX_SIZE];
	struct tlp again;
	size_t size;

	fuzz_assert(tlp_flit_encode(tlp, 0, bytes, sizeof(bytes), &size) == TLP_OK);
	fuzz_assert(tlp_flit_decode(bytes, size, &again) == TLP_OK);
	if (tlp->payload)
		fuzz_assert(!memcmp(tlp->payload, again.payload, tlp->length * 4));
	again.payload = tlp->payload;
	fuzz_assert(again.type == tlp->type && again.tc == tlp->tc && again.attr == tlp->attr &&
		    again.at == tlp->at && again.ep == tlp->ep && again.tag == tlp->tag &&
		    again.requester == tlp->requester && again.length == tlp->length &&
		    again.first_be == tlp->first_be && again.last_be == tlp->last_be &&
		    again.address == tlp->address && again.av == tlp->av && again.ama == tlp->ama);
	fuzz_assert(again.hints.hv == tlp->hints.hv && again.hints.st == tlp->hints.st &&
		    again.hints.ph == tlp->hints.ph);
	fuzz_assert(again.completer == tlp->completer && again.status == tlp->status &&
		    again.byte_count == tlp->byte_count &&
		    again.lower_address == tlp->lower_address);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct tlp tlp;

	if (tlp_flit_decode(data, size, &tlp) != TLP_OK)
		return 0;
	check_promises(&tlp, data, size);
	if (may_encode(&tlp))
		check_round_trip(&tlp);
	return 0;
}
