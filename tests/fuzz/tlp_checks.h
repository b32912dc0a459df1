/* SPDX-License-Identifier: GPL-2.0 OR Linux-OpenIB */
/* What holds for every packet that decodes, in flit mode and outside of it. */
#ifndef TESTS_FUZZ_TLP_CHECKS_H
#define TESTS_FUZZ_TLP_CHECKS_H

#include <string.h>

#include "fuzz.h"
#include "tlp/tlp.h"

static inline bool may_encode(const struct tlp *tlp)
{
	if (tlp_is_completion(tlp->type))
		return tlp->status <= TLP_STATUS_RRS || tlp->status == TLP_STATUS_CA;
	/* Receivers take what requesters must not send: AT 11b, a short address in a long header */
	return tlp->at < 3 && tlp_type_for(tlp->type, tlp->address) == tlp->type;
}

static inline void check_promises(const struct tlp *tlp, const uint8_t *data, size_t size)
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

static inline void check_view(enum tlp_encoding encoding, const uint8_t *data, size_t size,
			      unsigned int flags)
{
	struct tlp_view view;
	enum tlp_error error = tlp_view(encoding, data, size, flags, &view);
	const uint8_t *payload = view.tlp.payload;

	fuzz_assert(error != TLP_ERR_TRUNCATED);
	fuzz_assert(!view.name || view.has_dw0);
	fuzz_assert(view.has_dw0 || !view.has_ids);
	fuzz_assert(!view.decoded || (view.has_ids && !(view.missing & TLP_PART_HEADER)));
	fuzz_assert(view.tlp.length <= TLP_MAX_LENGTH_DW && view.pasid <= 0xfffff);
	fuzz_assert(view.payload_len <= view.tlp.length * 4 && !view.payload_len == !payload);
	if (payload)
		fuzz_assert(payload > data && payload + view.payload_len <= data + size);
	if (view.trailer)
		fuzz_assert(view.trailer > data && view.trailer + view.trailer_len <= data + size);
	fuzz_assert(view.spare <= size);
}

/* What holds of all bytes, whatever they are */
static inline void check_views(enum tlp_encoding encoding, const uint8_t *data, size_t size)
{
	check_view(encoding, data, size, 0);
	check_view(encoding, data, size, TLP_VIEW_HEADER_LOG);
}

static inline void check_same(const struct tlp *tlp, struct tlp again)
{
	if (tlp->payload)
		fuzz_assert(!memcmp(tlp->payload, again.payload, tlp->length * 4));
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

#endif
