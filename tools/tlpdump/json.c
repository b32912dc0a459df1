// SPDX-License-Identifier: GPL-2.0 OR Linux-OpenIB
#include <inttypes.h>

#include "json.h"

/* Long enough for an address or an ID */
#define TEXT_MAX 24

static void add_int(struct json_object *object, const char *name, int64_t value)
{
	json_object_object_add(object, name, json_object_new_int64(value));
}

static void add_string(struct json_object *object, const char *name, const char *value)
{
	json_object_object_add(object, name, json_object_new_string(value));
}

static void add_id(struct json_object *object, const char *name, uint16_t id)
{
	char text[TEXT_MAX];

	snprintf(text, sizeof(text), "%02x:%02x.%x", id >> 8, id >> 3 & 0x1f, id & 7);
	add_string(object, name, text);
}

static void add_hex(struct json_object *object, const char *name, const uint8_t *data, size_t len)
{
	static const char digits[] = "0123456789abcdef";
	char text[2 * TLP_MAX_PAYLOAD];

	for (size_t i = 0; i < len; i++) {
		text[2 * i] = digits[data[i] >> 4];
		text[2 * i + 1] = digits[data[i] & 0xf];
	}
	json_object_object_add(object, name, json_object_new_string_len(text, 2 * len));
}

static void add_request(struct json_object *object, const struct tlp *tlp)
{
	char address[TEXT_MAX];

	snprintf(address, sizeof(address), "0x%" PRIx64, tlp->address);
	add_string(object, "address", address);
	add_int(object, "first_be", tlp->first_be);
	add_int(object, "last_be", tlp->last_be);
	add_int(object, "at", tlp->at);
	add_int(object, "hv", tlp->hints.hv);
	if (tlp_hints_valid(&tlp->hints)) {
		add_int(object, "st", tlp->hints.st);
		add_int(object, "ph", tlp->hints.ph);
	}
}

static void add_completion(struct json_object *object, const struct tlp *tlp)
{
	add_id(object, "completer", tlp->completer);
	add_int(object, "status", tlp->status);
	add_int(object, "byte_count", tlp->byte_count);
	add_int(object, "lower_address", tlp->lower_address);
}

static void add_packet(struct json_object *object, const struct tlp *tlp, bool payload)
{
	add_id(object, "requester", tlp->requester);
	add_int(object, "tag", tlp->tag);
	add_int(object, "tc", tlp->tc);
	add_int(object, "attr", tlp->attr);
	json_object_object_add(object, "ep", json_object_new_boolean(tlp->ep));
	add_int(object, "length", tlp->length);
	if (tlp_is_completion(tlp->type))
		add_completion(object, tlp);
	else
		add_request(object, tlp);
	if (payload && tlp->payload)
		add_hex(object, "payload", tlp->payload, tlp->length * 4);
}

void json_print_packet(FILE *out, const struct packet *packet, bool payload)
{
	struct json_object *object = json_object_new_object();

	add_int(object, "number", packet->number);
	add_string(object, "link", packet->record.link);
	add_string(object, "direction", packet_direction(packet));
	add_string(object, "encoding", tlp_encoding_name(packet->record.encoding));
	add_int(object, "time_ns", packet->record.time_ns);
	add_string(object, "type", packet_type(packet));
	if (packet->error)
		add_string(object, "error", tlp_error_string(packet->error));
	else
		add_packet(object, &packet->tlp, payload);
	fprintf(out, "%s\n", json_object_to_json_string_ext(object, JSON_C_TO_STRING_PLAIN));
	json_object_put(object);
}

void json_print_missing(FILE *out, struct json_object *missing)
{
	struct json_object *object = json_object_new_object();

	json_object_object_add(object, "missing", json_object_get(missing));
	fprintf(out, "%s\n", json_object_to_json_string_ext(object, JSON_C_TO_STRING_PLAIN));
	json_object_put(object);
}
