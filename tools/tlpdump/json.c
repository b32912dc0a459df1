// SPDX-License-Identifier: GPL-2.0 OR Linux-OpenIB
#include <inttypes.h>
#include <string.h>

#include "json.h"
#include "util/macros.h"

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

static void add_bool(struct json_object *object, const char *name, bool value)
{
	json_object_object_add(object, name, json_object_new_boolean(value));
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

/* The fields that all requests share */
static void add_shared(struct json_object *object, const struct tlp_view *view)
{
	if (view->has_ids)
		add_id(object, "requester", view->tlp.requester);
	if (view->has_tag)
		add_int(object, "tag", view->tag);
	add_int(object, "tc", view->tlp.tc);
	add_int(object, "attr", view->tlp.attr);
	add_bool(object, "ep", view->tlp.ep);
	if (tlp_has_length(view->type) && view->name)
		add_int(object, "length", view->tlp.length);
}

static void add_message(struct json_object *object, uint8_t code)
{
	const char *name = tlp_message_name(code);

	add_int(object, "message_code", code);
	if (name)
		add_string(object, "message", name);
}

static void add_pasid(struct json_object *object, const struct tlp_view *view)
{
	add_int(object, "pasid", view->pasid);
	add_bool(object, "pmr", view->pmr);
	add_bool(object, "er", view->er);
}

static void add_fields(struct json_object *object, const struct tlp_view *view)
{
	add_shared(object, view);
	if (view->decoded && tlp_is_completion(view->type))
		add_completion(object, &view->tlp);
	else if (view->decoded)
		add_request(object, &view->tlp);
	if (view->has_destination)
		add_id(object, "destination", view->destination);
	if (view->has_code)
		add_message(object, view->code);
	if (view->has_pasid)
		add_pasid(object, view);
}

static void add_trailer(struct json_object *object, const struct packet *packet)
{
	const struct tlp_view *view = &packet->view;

	if (packet->record.encoding == TLP_NONFLIT)
		add_bool(object, "td", view->trailer_len);
	if (view->trailer)
		add_hex(object, packet_trailer_name(packet), view->trailer, view->trailer_len);
}

/* ["payload", "digest"]: parts that are not there, or not to their end */
static void add_missing(struct json_object *object, const struct packet *packet)
{
	const struct {
		enum tlp_part part;
		const char *name;
	} parts[] = {
		{ TLP_PART_HEADER, "header" },
		{ TLP_PART_PAYLOAD, "payload" },
		{ TLP_PART_TRAILER, packet_trailer_name(packet) },
	};
	struct json_object *array = json_object_new_array();

	for (size_t i = 0; i < ARRAY_SIZE(parts); i++)
		if (packet->view.missing & parts[i].part)
			json_object_array_add(array, json_object_new_string(parts[i].name));
	json_object_object_add(object, "missing_parts", array);
}

static void add_packet(struct json_object *object, const struct packet *packet, bool payload)
{
	const struct tlp_view *view = &packet->view;

	if (packet_malformed(packet))
		add_string(object, "error", tlp_error_string(packet->error));
	if (packet->error == TLP_ERR_TYPE)
		add_int(object, "type_number", view->type);
	if (view->has_dw0)
		add_fields(object, view);
	if (view->name)
		add_trailer(object, packet);
	if (view->has_dw0 && !tlp_is_decoded(view->type))
		add_bool(object, "decoded", false);
	if (view->missing)
		add_missing(object, packet);
	if (payload && view->payload_len)
		add_hex(object, "payload", view->tlp.payload, view->payload_len);
}

static void add_place(struct json_object *object, const struct packet *packet)
{
	if (packet->line) {
		add_int(object, "line", packet->line);
	} else {
		add_string(object, "link", packet->record.link);
		add_string(object, "direction", packet_direction(packet));
	}
	add_string(object, "encoding", tlp_encoding_name(packet->record.encoding));
	if (!packet->line)
		add_int(object, "time_ns", packet->record.time_ns);
}

static void print(FILE *out, struct json_object *object)
{
	fprintf(out, "%s\n", json_object_to_json_string_ext(object, JSON_C_TO_STRING_PLAIN));
	json_object_put(object);
}

void json_print_packet(FILE *out, const struct packet *packet, bool payload)
{
	struct json_object *object = json_object_new_object();

	add_int(object, "number", packet->number);
	add_place(object, packet);
	add_string(object, "type", packet_type(packet));
	add_packet(object, packet, payload);
	print(out, object);
}

void json_print_notes(FILE *out, const struct packet *packet)
{
	const char *note = packet->record.notes;
	struct json_object *object;

	if (!note)
		return;
	for (const char *end; (end = strchr(note, '\n')); note = end + 1) {
		object = json_object_new_object();
		json_object_object_add(object, "note",
				       json_object_new_string_len(note, end - note));
		add_int(object, "before", packet->number);
		print(out, object);
	}
}

void json_print_missing(FILE *out, struct json_object *missing)
{
	struct json_object *object = json_object_new_object();

	json_object_object_add(object, "missing", json_object_get(missing));
	print(out, object);
}
