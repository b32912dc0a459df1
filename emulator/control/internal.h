/* SPDX-License-Identifier: GPL-2.0 OR Linux-OpenIB */
/* What the files of control/ share: requests and the commands that serve them. */
#ifndef CONTROL_INTERNAL_H
#define CONTROL_INTERNAL_H

#include <json-c/json.h>
#include <stdbool.h>
#include <stdint.h>

struct fabric;
struct fabric_port;
struct registry;

/*
 * A request that is being served. Only the first failure is kept; a request that has failed has no
 * other effect.
 */
struct request {
	struct registry *registry;
	struct fabric *fabric;
	struct json_object *arguments; /* an object, or NULL: none */
	struct json_object *reply;     /* an object, filled by the command */
	const char *failure_class;     /* NULL: fine so far */
	char failure[256];
};

struct command {
	const char *name;
	const char *arguments[8]; /* names of all allowed, NULL ends */
	void (*serve)(struct request *request);
};

extern const struct command commands[]; /* a NULL name ends */

/** request_fail() - fail with a class and a sentence, if nothing failed before. */
void request_fail(struct request *request, const char *failure_class, const char *format, ...)
	__attribute__((format(printf, 3, 4)));

/*
 * Arguments. Wrong types and ranges fail the request; then, and without the argument, the result is
 * @fallback.
 */
const char *argument_string(struct request *request, const char *name, const char *fallback);
uint64_t argument_number(struct request *request, const char *name, uint64_t fallback);
bool argument_bool(struct request *request, const char *name, bool fallback);
bool argument_given(struct request *request, const char *name);

/** argument_required() - as argument_string(); fails the request without it. NULL then. */
const char *argument_required(struct request *request, const char *name);

#endif
