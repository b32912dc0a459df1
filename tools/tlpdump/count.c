// SPDX-License-Identifier: GPL-2.0 OR Linux-OpenIB
#include <errno.h>
#include <inttypes.h>
#include <libsmartcols.h>
#include <search.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include "count.h"

struct kind {
	const char *link, *direction, *type;
	struct tlp_hints hints;
	uint64_t tlps, payload_bytes;
};

struct count {
	void *kinds; /* tree of search.h, ordered as the table is printed */
	uint64_t tlps;
};

static int compare_kinds(const void *a, const void *b)
{
	const struct kind *x = a, *y = b;
	int order;

	order = strcmp(x->link, y->link);
	if (!order)
		order = strcmp(x->direction, y->direction);
	if (!order)
		order = strcmp(x->type, y->type);
	if (!order)
		order = x->hints.hv - y->hints.hv;
	if (!order)
		order = x->hints.st - y->hints.st;
	return order ? order : x->hints.ph - y->hints.ph;
}

struct count *count_create(void)
{
	return calloc(1, sizeof(struct count));
}

void count_destroy(struct count *count)
{
	if (!count)
		return;
	tdestroy(count->kinds, free);
	free(count);
}

/* The kind like @key, a new one if there is none; NULL without memory */
static struct kind *find_kind(struct count *count, const struct kind *key)
{
	struct kind **found = tfind(key, &count->kinds, compare_kinds);
	struct kind *kind;

	if (found)
		return *found;
	kind = malloc(sizeof(*kind));
	if (!kind)
		return NULL;
	*kind = *key;
	if (tsearch(kind, &count->kinds, compare_kinds))
		return kind;
	free(kind);
	return NULL;
}

int count_packet(struct count *count, const struct packet *packet)
{
	const struct kind key = {
		.link = packet->record.link,
		.direction = packet_direction(packet),
		.type = packet_type(packet),
		.hints = packet_decoded(packet) ? packet->view.tlp.hints : (struct tlp_hints){ 0 },
	};
	struct kind *kind = find_kind(count, &key);

	if (!kind)
		return ENOMEM;
	kind->tlps++;
	if (!packet->error && tlp_has_data(packet->view.type))
		kind->payload_bytes += packet->view.tlp.length * 4;
	count->tlps++;
	return 0;
}

enum column { LINK, DIRECTION, TYPE, ST, PH, HV, TLPS, BYTES, NUM_COLUMNS };

static const struct {
	const char *name;
	int flags;
} columns[NUM_COLUMNS] = {
	[LINK] = { "LINK", 0 },
	[DIRECTION] = { "DIR", 0 },
	[TYPE] = { "TYPE", 0 },
	[ST] = { "ST", SCOLS_FL_RIGHT },
	[PH] = { "PH", SCOLS_FL_RIGHT },
	[HV] = { "HV", SCOLS_FL_RIGHT },
	[TLPS] = { "TLPS", SCOLS_FL_RIGHT },
	[BYTES] = { "PAYLOAD", SCOLS_FL_RIGHT },
};

struct table {
	struct libscols_table *scols;
	int error;
};

__attribute__((format(printf, 3, 4))) static int set_cell(struct libscols_line *line,
							  enum column column, const char *format,
							  ...)
{
	char text[CAPTURE_NAME_MAX + 1];
	va_list args;

	va_start(args, format);
	vsnprintf(text, sizeof(text), format, args);
	va_end(args);
	return scols_line_set_data(line, column, text);
}

static int fill_line(struct libscols_line *line, const struct kind *kind)
{
	int error = set_cell(line, LINK, "%s", kind->link) |
		    set_cell(line, DIRECTION, "%s", kind->direction) |
		    set_cell(line, TYPE, "%s", kind->type) |
		    set_cell(line, HV, "%u", kind->hints.hv) |
		    set_cell(line, TLPS, "%" PRIu64, kind->tlps) |
		    set_cell(line, BYTES, "%" PRIu64, kind->payload_bytes);

	if (!tlp_hints_valid(&kind->hints))
		return error | set_cell(line, ST, "-") | set_cell(line, PH, "-");
	return error | set_cell(line, ST, "%Xh", kind->hints.st) |
	       set_cell(line, PH, "%u", kind->hints.ph);
}

static void add_line(const void *node, VISIT visit, void *data)
{
	const struct kind *kind = *(struct kind *const *)node;
	struct libscols_line *line;
	struct table *table = data;

	if ((visit != postorder && visit != leaf) || table->error)
		return;
	line = scols_table_new_line(table->scols, NULL);
	if (!line || fill_line(line, kind))
		table->error = ENOMEM;
}

int count_print_table(const struct count *count, FILE *out)
{
	struct table table = { .scols = scols_new_table() };

	if (!table.scols)
		return ENOMEM;
	for (unsigned int i = 0; i < NUM_COLUMNS; i++)
		if (!scols_table_new_column(table.scols, columns[i].name, 0, columns[i].flags))
			table.error = ENOMEM;
	scols_table_set_stream(table.scols, out);
	twalk_r(count->kinds, add_line, &table);
	if (!table.error && scols_print_table(table.scols))
		table.error = EIO;
	scols_unref_table(table.scols);
	return table.error;
}

static void add_object(const void *node, VISIT visit, void *array)
{
	const struct kind *kind = *(struct kind *const *)node;
	struct json_object *object;

	if (visit != postorder && visit != leaf)
		return;
	object = json_object_new_object();
	json_object_object_add(object, "link", json_object_new_string(kind->link));
	json_object_object_add(object, "direction", json_object_new_string(kind->direction));
	json_object_object_add(object, "type", json_object_new_string(kind->type));
	json_object_object_add(object, "hv", json_object_new_int(kind->hints.hv));
	if (tlp_hints_valid(&kind->hints)) {
		json_object_object_add(object, "st", json_object_new_int(kind->hints.st));
		json_object_object_add(object, "ph", json_object_new_int(kind->hints.ph));
	}
	json_object_object_add(object, "tlps", json_object_new_int64(kind->tlps));
	json_object_object_add(object, "payload_bytes", json_object_new_int64(kind->payload_bytes));
	json_object_array_add(array, object);
}

void count_print_json(const struct count *count, struct json_object *missing, FILE *out)
{
	struct json_object *object = json_object_new_object();
	struct json_object *array = json_object_new_array();

	twalk_r(count->kinds, add_object, array);
	json_object_object_add(object, "tlps", json_object_new_int64(count->tlps));
	json_object_object_add(object, "counts", array);
	json_object_object_add(object, "missing", json_object_get(missing));
	fprintf(out, "%s\n", json_object_to_json_string_ext(object, JSON_C_TO_STRING_PLAIN));
	json_object_put(object);
}
