// SPDX-License-Identifier: GPL-2.0 OR Linux-OpenIB
#include <string.h>

#include "filter.h"
#include "util/number.h"
#include "util/pci_address.h"

bool filter_add_link(struct filter *filter, const char *name)
{
	if (!*name || filter->num_links == FILTER_LINKS)
		return false;
	filter->links[filter->num_links++] = name;
	return true;
}

bool filter_set_direction(struct filter *filter, const char *direction)
{
	if (!strcmp(direction, "in"))
		filter->direction = CAPTURE_INBOUND;
	else if (!strcmp(direction, "out"))
		filter->direction = CAPTURE_OUTBOUND;
	else
		return false;
	return true;
}

/* Whether the @len characters at @text are @name, or @name without the number at its end */
static bool names_type(const char *text, size_t len, const char *name)
{
	size_t stem = strcspn(name, "0123456789");

	return (len == strlen(name) || len == stem) && !strncasecmp(text, name, len);
}

static bool names_message(const char *text, size_t len, const char *name)
{
	return len == strlen(name) && !strncasecmp(text, name, len);
}

static bool add_type(struct filter *filter, const char *text, size_t len)
{
	bool found = false;

	for (unsigned int number = 0; len && number < 256; number++) {
		const char *type = tlp_type_name(number), *message = tlp_message_name(number);

		if (type && names_type(text, len, type))
			filter->types[number] = found = true;
		if (message && names_message(text, len, message))
			filter->messages[number] = found = true;
	}
	return found;
}

bool filter_add_types(struct filter *filter, const char *types)
{
	filter->has_types = true;
	for (;;) {
		size_t len = strcspn(types, ",");

		if (!add_type(filter, types, len))
			return false;
		if (!types[len])
			return true;
		types += len + 1;
	}
}

bool filter_set_requester(struct filter *filter, const char *text)
{
	struct pci_address address;

	if (!pci_address_parse(text, &address))
		return false;
	filter->requester = pci_address_id(&address);
	filter->has_requester = true;
	return true;
}

bool filter_set_addresses(struct filter *filter, const char *range)
{
	size_t len = strcspn(range, "-");
	uint64_t first, last;
	char text[32];

	if (!range[len] || len >= sizeof(text))
		return false;
	memcpy(text, range, len);
	text[len] = '\0';
	if (!number_parse(text, 0, UINT64_MAX, &first) ||
	    !number_parse(range + len + 1, 0, UINT64_MAX, &last) || first > last)
		return false;
	filter->first_address = first;
	filter->last_address = last;
	filter->has_addresses = true;
	return true;
}

bool filter_set_st(struct filter *filter, const char *number)
{
	uint64_t value;

	if (!number_parse(number, 0, TLP_ST_EXT_MAX, &value))
		return false;
	filter->st = value;
	filter->has_st = true;
	return true;
}

bool filter_set_ph(struct filter *filter, const char *number)
{
	uint64_t value;

	if (!number_parse(number, 0, TLP_PH_MAX, &value))
		return false;
	filter->ph = value;
	filter->has_ph = true;
	return true;
}

bool filter_set_hv(struct filter *filter, const char *number)
{
	uint64_t value;

	if (!number_parse(number, 0, TLP_HV_ST_EXT, &value) || value == TLP_HV_RESERVED)
		return false;
	filter->hv = value;
	filter->has_hv = true;
	return true;
}

bool filter_accepts_link(const struct filter *filter, const char *link)
{
	for (unsigned int i = 0; i < filter->num_links; i++)
		if (!strcmp(filter->links[i], link))
			return true;
	return !filter->num_links;
}

static bool accepts_address(const struct filter *filter, const struct packet *packet)
{
	const struct tlp *tlp = &packet->view.tlp;

	if (!filter->has_addresses)
		return true;
	return packet_decoded(packet) && !tlp_is_completion(tlp->type) &&
	       tlp->address >= filter->first_address && tlp->address <= filter->last_address;
}

static bool accepts_hints(const struct filter *filter, const struct packet *packet)
{
	const struct tlp_hints hints = packet_hints(packet);

	if (filter->has_hv && filter->hv != hints.hv)
		return false;
	if ((filter->has_st || filter->has_ph) && !tlp_hints_valid(&hints))
		return false;
	return (!filter->has_st || filter->st == hints.st) &&
	       (!filter->has_ph || filter->ph == hints.ph);
}

static bool accepts_type(const struct filter *filter, const struct packet *packet)
{
	const struct tlp_view *view = &packet->view;

	return !filter->has_types || (view->name && filter->types[view->type]) ||
	       (view->has_code && filter->messages[view->code]);
}

static bool accepts_requester(const struct filter *filter, const struct packet *packet)
{
	return !filter->has_requester ||
	       (packet->view.has_ids && filter->requester == packet->view.tlp.requester);
}

/* Criteria that a malformed packet cannot match */
static bool asks_for_fields(const struct filter *filter)
{
	return filter->has_types || filter->has_requester || filter->has_addresses ||
	       filter->has_st || filter->has_ph || filter->has_hv;
}

bool filter_accepts(const struct filter *filter, const struct packet *packet)
{
	if (!filter_accepts_link(filter, packet->record.link))
		return false;
	if (filter->direction && filter->direction != packet->record.direction)
		return false;
	if (packet_malformed(packet))
		return !asks_for_fields(filter);
	return accepts_type(filter, packet) && accepts_requester(filter, packet) &&
	       accepts_address(filter, packet) && accepts_hints(filter, packet);
}
