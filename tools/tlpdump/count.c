// SPDX-License-Identifier: GPL-2.0 OR Linux-OpenIB
#include <errno.h>
#include <inttypes.h>
#include <libsmartcols.h>
#include <search.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include "count.h"

struct kind {
	const char *link, *direction, *type; /* "" by initiator */
	uint16_t requester;                  /* 0 by link */
	struct tlp_hints hints;
	uint64_t tlps, payload_bytes;
};

struct count {
	enum count_by by;
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
		order = x->requester - y->requester;
	if (!order)
		order = x->hints.hv - y->hints.hv;
	if (!order)
		order = x->hints.st - y->hints.st;
	return order ? order : x->hints.ph - y->hints.ph;
}

struct count *count_create(enum count_by by)
{
	struct count *count = calloc(1, sizeof(*count));

	if (count)
		count->by = by;
	return count;
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

static struct kind kind_of(const struct count *count, const struct packet *packet)
{
	struct kind kind = {
		.link = "",
		.direction = "",
		.type = "",
		.hints = packet_hints(packet),
	};

	if (count->by == COUNT_BY_INITIATOR) {
		kind.requester = packet->view.tlp.requester;
		return kind;
	}
	kind.link = packet->record.link;
	kind.direction = packet_direction(packet);
	kind.type = packet_type(packet);
	return kind;
}

int count_packet(struct count *count, const struct packet *packet)
{
	const struct kind key = kind_of(count, packet);
	struct kind *kind;

	if (count->by == COUNT_BY_INITIATOR && !packet_is_request(packet))
		return 0;
	kind = find_kind(count, &key);
	if (!kind)
		return ENOMEM;
	kind->tlps++;
	if (!packet->error && tlp_has_data(packet->view.type))
		kind->payload_bytes += packet->view.tlp.length * 4;
	count->tlps++;
	return 0;
}

enum column {
	LINK,
	DIRECTION,
	TYPE,
	REQUESTER,
	ST,
	PH,
	HV,
	TLPS,
	BYTES,
	SHARE,
	HISTOGRAM,
	NUM_COLUMNS
};

#define BY_LINK (1 << COUNT_BY_LINK)
#define BY_INITIATOR (1 << COUNT_BY_INITIATOR)

static const struct {
	const char *name;
	unsigned int tables; /* bit mask of the tables that have the column */
	int flags;
} columns[NUM_COLUMNS] = {
	[LINK] = { "LINK", BY_LINK, 0 },
	[DIRECTION] = { "DIR", BY_LINK, 0 },
	[TYPE] = { "TYPE", BY_LINK, 0 },
	[REQUESTER] = { "REQUESTER", BY_INITIATOR, 0 },
	[ST] = { "ST", BY_LINK | BY_INITIATOR, SCOLS_FL_RIGHT },
	[PH] = { "PH", BY_LINK | BY_INITIATOR, SCOLS_FL_RIGHT },
	[HV] = { "HV", BY_LINK | BY_INITIATOR, SCOLS_FL_RIGHT },
	[TLPS] = { "TLPS", BY_LINK | BY_INITIATOR, SCOLS_FL_RIGHT },
	[BYTES] = { "PAYLOAD", BY_LINK | BY_INITIATOR, SCOLS_FL_RIGHT },
	[SHARE] = { "SHARE", BY_INITIATOR, SCOLS_FL_RIGHT },
	[HISTOGRAM] = { "HISTOGRAM", BY_INITIATOR, 0 },
};

#define BAR_MAX 40	/* characters, for all packets */

struct table {
	struct libscols_table *scols;
	const struct count *count;
	struct libscols_column *columns[NUM_COLUMNS]; /* NULL: it has none such */
	int error;
};

__attribute__((format(printf, 4, 5))) static int set_cell(const struct table *table,
							  struct libscols_line *line,
							  enum column column, const char *format,
							  ...)
{
	char text[CAPTURE_NAME_MAX + 1];
	va_list args;

	if (!table->columns[column])
		return 0;
	va_start(args, format);
	vsnprintf(text, sizeof(text), format, args);
	va_end(args);
	return scols_cell_set_data(scols_line_get_column_cell(line, table->columns[column]), text);
}

static int fill_hints(const struct table *table, struct libscols_line *line,
		      const struct tlp_hints *hints)
{
	if (hints->hv == HV_UNKNOWN)
		return set_cell(table, line, ST, "?") | set_cell(table, line, PH, "?") |
		       set_cell(table, line, HV, "?");
	if (!tlp_hints_valid(hints))
		return set_cell(table, line, ST, "-") | set_cell(table, line, PH, "-") |
		       set_cell(table, line, HV, "0");
	return set_cell(table, line, ST, "%Xh", hints->st) |
	       set_cell(table, line, PH, "%u", hints->ph) |
	       set_cell(table, line, HV, "%u", hints->hv);
}

/* The share of all packets, as a bar: at least one character long if there are packets. */
static int fill_share(const struct table *table, struct libscols_line *line, uint64_t tlps)
{
	static const char bar[] = "########################################";
	double share = (double)tlps / table->count->tlps;

	return set_cell(table, line, SHARE, "%.1f%%", 100 * share) |
	       set_cell(table, line, HISTOGRAM, "%.*s", 1 + (int)(share * (BAR_MAX - 1)), bar);
}

static int fill_line(const struct table *table, struct libscols_line *line, const struct kind *kind)
{
	int error = set_cell(table, line, LINK, "%s", kind->link) |
		    set_cell(table, line, DIRECTION, "%s", kind->direction) |
		    set_cell(table, line, TYPE, "%s", kind->type) |
		    set_cell(table, line, REQUESTER, "%02x:%02x.%x", kind->requester >> 8,
			     kind->requester >> 3 & 0x1f, kind->requester & 7) |
		    set_cell(table, line, TLPS, "%" PRIu64, kind->tlps) |
		    set_cell(table, line, BYTES, "%" PRIu64, kind->payload_bytes);

	return error | fill_hints(table, line, &kind->hints) | fill_share(table, line, kind->tlps);
}

static void add_line(const void *node, VISIT visit, void *data)
{
	const struct kind *kind = *(struct kind *const *)node;
	struct libscols_line *line;
	struct table *table = data;

	if ((visit != postorder && visit != leaf) || table->error)
		return;
	line = scols_table_new_line(table->scols, NULL);
	if (!line || fill_line(table, line, kind))
		table->error = ENOMEM;
}

static void add_columns(struct table *table)
{
	for (unsigned int i = 0; i < NUM_COLUMNS; i++) {
		if (!(columns[i].tables & 1 << table->count->by))
			continue;
		table->columns[i] = scols_table_new_column(table->scols, columns[i].name, 0,
							   columns[i].flags);
		if (!table->columns[i])
			table->error = ENOMEM;
	}
}

int count_print_table(const struct count *count, FILE *out)
{
	struct table table = { .scols = scols_new_table(), .count = count };

	if (!table.scols)
		return ENOMEM;
	add_columns(&table);
	scols_table_set_stream(table.scols, out);
	twalk_r(count->kinds, add_line, &table);
	if (!table.error && scols_print_table(table.scols))
		table.error = EIO;
	scols_unref_table(table.scols);
	return table.error;
}

struct list {
	enum count_by by;
	struct json_object *array;
};

static void add_key(struct json_object *object, const struct kind *kind, enum count_by by)
{
	char requester[8];

	if (by == COUNT_BY_INITIATOR) {
		snprintf(requester, sizeof(requester), "%02x:%02x.%x", kind->requester >> 8,
			 kind->requester >> 3 & 0x1f, kind->requester & 7);
		json_object_object_add(object, "requester", json_object_new_string(requester));
		return;
	}
	json_object_object_add(object, "link", json_object_new_string(kind->link));
	json_object_object_add(object, "direction", json_object_new_string(kind->direction));
	json_object_object_add(object, "type", json_object_new_string(kind->type));
}

static void add_object(const void *node, VISIT visit, void *data)
{
	const struct kind *kind = *(struct kind *const *)node;
	const struct list *list = data;
	struct json_object *object;

	if (visit != postorder && visit != leaf)
		return;
	object = json_object_new_object();
	add_key(object, kind, list->by);
	json_object_object_add(object, "hv",
			       kind->hints.hv == HV_UNKNOWN ? NULL :
							      json_object_new_int(kind->hints.hv));
	if (tlp_hints_valid(&kind->hints)) {
		json_object_object_add(object, "st", json_object_new_int(kind->hints.st));
		json_object_object_add(object, "ph", json_object_new_int(kind->hints.ph));
	}
	json_object_object_add(object, "tlps", json_object_new_int64(kind->tlps));
	json_object_object_add(object, "payload_bytes", json_object_new_int64(kind->payload_bytes));
	json_object_array_add(list->array, object);
}

void count_print_json(const struct count *count, struct json_object *missing, FILE *out)
{
	struct json_object *object = json_object_new_object();
	struct list list = { count->by, json_object_new_array() };

	twalk_r(count->kinds, add_object, &list);
	json_object_object_add(object, "tlps", json_object_new_int64(count->tlps));
	json_object_object_add(object, "counts", list.array);
	json_object_object_add(object, "missing", json_object_get(missing));
	fprintf(out, "%s\n", json_object_to_json_string_ext(object, JSON_C_TO_STRING_PLAIN));
	json_object_put(object);
}
