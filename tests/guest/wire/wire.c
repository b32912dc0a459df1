// SPDX-License-Identifier: GPL-2.0 OR Linux-OpenIB
#include <endian.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "control.h"
#include "packets.h"
#include "tap.h"
#include "traffic.h"
#include "wire.h"

#define MAX_KEYS	4096

#define BEGIN		"test: begins"
#define DUE		"test: due from the next mapping on: hv %u st 0x%x ph %u"
#define REGION		"test: stream %u uses mkey 0x%x"
#define MAPPED		"nic0: mkey 0x%x mapped, %*u pages%n"
#define UNMAPPED	"nic0: mkey 0x%x unmapped, %*u pages%n"

struct key {
	uint32_t key;
	bool mapped;
	struct tlp_hints hints; /* since it was */
};

struct wire {
	struct wire_report *report;
	uint64_t bar_size, packets;
	struct key keys[MAX_KEYS];
	unsigned int num_keys;
	struct key *streams[TRAFFIC_STREAMS];
	uint32_t numbers[TRAFFIC_STREAMS]; /* of the work request seen last */
	struct tlp_hints due;
	bool bare;  /* the NIC can send no hints */
	bool begun; /* this test, or another one */
};

void wire_note_begin(int control)
{
	control_note(control, BEGIN);
}

void wire_note_due(int control, const struct tlp_hints *hints)
{
	char text[128];

	snprintf(text, sizeof(text), DUE, hints->hv, hints->st, hints->ph);
	control_note(control, text);
}

void wire_note_region(int control, unsigned int stream, uint32_t rkey)
{
	char text[128];

	snprintf(text, sizeof(text), REGION, stream, rkey);
	control_note(control, text);
}

static struct key *key_of(struct wire *wire, uint32_t number)
{
	struct key *key;

	for (unsigned int i = 0; i < wire->num_keys; i++)
		if (wire->keys[i].key == number)
			return &wire->keys[i];
	if (wire->num_keys == MAX_KEYS)
		tap_bail_out("the capture has more than %d keys", MAX_KEYS);
	key = &wire->keys[wire->num_keys++];
	key->key = number;
	return key;
}

static bool is_used(const struct wire *wire, const struct key *key)
{
	for (unsigned int i = 0; i < TRAFFIC_STREAMS; i++)
		if (wire->streams[i] == key)
			return true;
	return false;
}

static void take_mapping(struct wire *wire, uint32_t number, bool mapped)
{
	struct key *key = key_of(wire, number);

	key->mapped = mapped;
	if (mapped)
		key->hints = wire->due;
	if (is_used(wire, key)) {
		wire->report->mapped += mapped;
		wire->report->unmapped += !mapped;
	}
}

static void begin(struct wire *wire)
{
	*wire->report = (struct wire_report){ 0 };
	memset(wire->streams, 0, sizeof(wire->streams));
	memset(wire->numbers, 0, sizeof(wire->numbers));
	wire->begun = true;
}

static void take_note(struct wire *wire, const char *note)
{
	unsigned int hv, st, ph, stream, key;
	int end = 0;

	if (!strcmp(note, BEGIN)) {
		begin(wire);
	} else if (sscanf(note, DUE, &hv, &st, &ph) == 3) {
		wire->due = (struct tlp_hints){ .hv = hv, .st = st, .ph = ph };
	} else if (sscanf(note, REGION, &stream, &key) == 2 && stream < TRAFFIC_STREAMS) {
		wire->streams[stream] = key_of(wire, key);
	} else if (sscanf(note, MAPPED, &key, &end) == 1 && end) {
		take_mapping(wire, key, true);
	} else if (sscanf(note, UNMAPPED, &key, &end) == 1 && end) {
		take_mapping(wire, key, false);
	} else if (!strcmp(note, "nic0: TPH requester disabled")) {
		wire->bare = true;
		wire->report->windows++;
	} else if (!strcmp(note, "nic0: TPH requester enabled")) {
		wire->bare = false;
	} else {
		tap_bail_out("the capture has a note that this test does not know: %s", note);
	}
}

static void take_notes(struct wire *wire, const char *notes)
{
	char note[CAPTURE_NOTE_MAX + 1];

	for (const char *end; notes && (end = strchr(notes, '\n')); notes = end + 1) {
		snprintf(note, sizeof(note), "%.*s", (int)(end - notes), notes);
		take_note(wire, note);
	}
}

static bool same(const struct tlp_hints *a, const struct tlp_hints *b)
{
	return a->hv == b->hv && a->st == b->st && a->ph == b->ph;
}

static void judge_hints(struct wire *wire, const struct tlp_hints *got, const struct tlp_hints *due)
{
	static const struct tlp_hints none;

	wire->report->bare += wire->bare;
	if (wire->bare)
		due = &none;
	if (!same(got, due))
		verdict_wrong(&wire->report->hints,
			      "packet %" PRIu64 " has hv %u st 0x%x ph %u instead of %u 0x%x %u",
			      wire->packets, got->hv, got->st, got->ph, due->hv, due->st, due->ph);
}

/* Whole words of one work request, which is not older than the one before */
static void judge_data(struct wire *wire, unsigned int stream, const struct tlp *tlp)
{
	unsigned int first = (tlp->address % TRAFFIC_SLOT - TRAFFIC_START) / 4;
	const uint32_t *words = tlp->payload;
	uint32_t number = le32toh(words[0]) >> 12, since = number - wire->numbers[stream];
	bool right = first < TRAFFIC_WORDS && first + tlp->length <= TRAFFIC_WORDS &&
		     (since & 0xfffff) < 0x80000 && tlp->first_be == 0xf &&
		     (tlp->length == 1 || tlp->last_be == 0xf);

	for (unsigned int i = 0; i < tlp->length && right; i++)
		right = le32toh(words[i]) == traffic_word(stream, number, first + i);
	if (!right)
		verdict_wrong(&wire->report->data,
			      "packet %" PRIu64 " to 0x%" PRIx64 " begins with 0x%08x",
			      wire->packets, tlp->address, le32toh(words[0]));
	wire->numbers[stream] = number;
}

static void judge(struct wire *wire, const struct tlp *tlp)
{
	uint64_t offset = tlp->address & (wire->bar_size - 1);
	unsigned int stream = offset / TRAFFIC_SLOT;
	struct key *key = offset < TRAFFIC_BYTES ? wire->streams[stream] : NULL;

	if (!key)
		tap_bail_out("packet %" PRIu64 " writes to 0x%" PRIx64 ", where no stream is",
			     wire->packets, tlp->address);
	wire->report->writes++;
	if (!key->mapped)
		verdict_wrong(&wire->report->pages,
			      "packet %" PRIu64 " goes through mkey 0x%08x, which is not mapped",
			      wire->packets, key->key);
	judge_hints(wire, &tlp->hints, &key->hints);
	judge_data(wire, stream, tlp);
}

static void take_packet(void *context, const struct capture_record *record)
{
	struct wire *wire = context;
	struct tlp tlp;
	int err;

	wire->packets++;
	take_notes(wire, record->notes);
	if (!wire->begun || strcmp(record->link, "nic0") || record->direction != CAPTURE_OUTBOUND)
		return;
	err = tlp_decode(record->encoding, record->data, record->len, &tlp);
	if (err || (tlp.type != TLP_MWR32 && tlp.type != TLP_MWR64))
		tap_bail_out("packet %" PRIu64 " is no write: %s", wire->packets,
			     tlp_error_string(err));
	judge(wire, &tlp);
}

void wire_read(int control, uint64_t bar_size, struct wire_report *report)
{
	static struct wire wire;

	*report = (struct wire_report){ 0 };
	wire = (struct wire){ .report = report, .bar_size = bar_size };
	packets_read(control, take_packet, &wire);
}
