// SPDX-License-Identifier: GPL-2.0 OR Linux-OpenIB
#include <inttypes.h>
#include <string.h>

#include "expect.h"
#include "util/macros.h"
#include "util/number.h"

#define NUMBER_MAX_CHARS 16

static const struct {
	const char *name;
	enum tlp_hv hv;
	uint64_t max;
} namespaces[] = {
	{ "st=", TLP_HV_ST, TLP_ST_MAX },
	{ "st-ext=", TLP_HV_ST_EXT, TLP_ST_EXT_MAX },
};

static bool parse_st_and_ph(struct tlp_hints *hints, const char *text, uint64_t max)
{
	const char *comma = strchr(text, ',');
	char number[NUMBER_MAX_CHARS];
	uint64_t st, ph;

	if (!comma || (size_t)(comma - text) >= sizeof(number) || strncmp(comma, ",ph=", 4))
		return false;
	memcpy(number, text, comma - text);
	number[comma - text] = '\0';
	if (!number_parse(number, 0, max, &st) || !number_parse(comma + 4, 0, TLP_PH_MAX, &ph))
		return false;
	hints->st = st;
	hints->ph = ph;
	return true;
}

bool expect_parse(struct expect *expect, const char *text)
{
	*expect = (struct expect){ 0 };
	if (!strcmp(text, "none"))
		return true;
	for (size_t i = 0; i < ARRAY_SIZE(namespaces); i++) {
		size_t len = strlen(namespaces[i].name);

		if (strncmp(text, namespaces[i].name, len))
			continue;
		expect->hints.hv = namespaces[i].hv;
		return parse_st_and_ph(&expect->hints, text + len, namespaces[i].max);
	}
	return false;
}

void expect_packet(struct expect *expect, const struct packet *packet)
{
	const struct tlp_hints *want = &expect->hints, have = packet_hints(packet);

	expect->total++;
	if (have.hv == want->hv && have.st == want->st && have.ph == want->ph)
		expect->matching++;
	else if (!expect->first_other)
		expect->first_other = packet->number;
}

bool expect_met(const struct expect *expect)
{
	return expect->total && expect->matching == expect->total;
}

static void print_hints(const struct tlp_hints *hints, FILE *out)
{
	if (tlp_hints_valid(hints))
		fprintf(out, "ST=%Xh PH=%u HV=%u", hints->st, hints->ph, hints->hv);
	else
		fputs("no hints", out);
}

void expect_print(const struct expect *expect, bool lacking, FILE *out)
{
	if (!expect->total) {
		fputs("no TLP passed the filters: nothing to expect of\n", out);
		return;
	}
	fprintf(out, "%" PRIu64 " of %" PRIu64 " TLPs carry ", expect->matching, expect->total);
	print_hints(&expect->hints, out);
	if (expect->first_other)
		fprintf(out, "; the first that does not is #%" PRIu64, expect->first_other);
	fputs(lacking ? "; the capture is not whole\n" : "\n", out);
}

void expect_print_json(const struct expect *expect, struct json_object *missing, FILE *out)
{
	struct json_object *object = json_object_new_object();

	json_object_object_add(object, "matching", json_object_new_int64(expect->matching));
	json_object_object_add(object, "tlps", json_object_new_int64(expect->total));
	if (expect->first_other)
		json_object_object_add(object, "first_other",
				       json_object_new_int64(expect->first_other));
	json_object_object_add(object, "missing", json_object_get(missing));
	fprintf(out, "%s\n", json_object_to_json_string_ext(object, JSON_C_TO_STRING_PLAIN));
	json_object_put(object);
}
