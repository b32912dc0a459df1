// SPDX-License-Identifier: GPL-2.0 OR Linux-OpenIB
/* From a line to a reply: parsing, arguments, errors. */
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "control/control.h"
#include "control/internal.h"

void request_fail(struct request *request, const char *failure_class, const char *format, ...)
{
	va_list arguments;

	if (request->failure_class)
		return;
	request->failure_class = failure_class;
	va_start(arguments, format);
	vsnprintf(request->failure, sizeof(request->failure), format, arguments);
	va_end(arguments);
}

static struct json_object *argument(struct request *request, const char *name)
{
	struct json_object *value = NULL;

	json_object_object_get_ex(request->arguments, name, &value);
	return value;
}

bool argument_given(struct request *request, const char *name)
{
	return argument(request, name);
}

const char *argument_string(struct request *request, const char *name, const char *fallback)
{
	struct json_object *value = argument(request, name);

	if (!value)
		return fallback;
	if (!json_object_is_type(value, json_type_string)) {
		request_fail(request, "InvalidArgument", "'%s' must be a string", name);
		return fallback;
	}
	return json_object_get_string(value);
}

const char *argument_required(struct request *request, const char *name)
{
	const char *value = argument_string(request, name, NULL);

	if (!value)
		request_fail(request, "InvalidArgument", "'%s' is missing", name);
	return value;
}

uint64_t argument_number(struct request *request, const char *name, uint64_t fallback)
{
	struct json_object *value = argument(request, name);

	if (!value)
		return fallback;
	if (!json_object_is_type(value, json_type_int) || json_object_get_int64(value) < 0) {
		request_fail(request, "InvalidArgument", "'%s' must be a whole number, 0 or more",
			     name);
		return fallback;
	}
	return json_object_get_uint64(value);
}

bool argument_bool(struct request *request, const char *name, bool fallback)
{
	struct json_object *value = argument(request, name);

	if (!value)
		return fallback;
	if (!json_object_is_type(value, json_type_boolean)) {
		request_fail(request, "InvalidArgument", "'%s' must be true or false", name);
		return fallback;
	}
	return json_object_get_boolean(value);
}

static bool listed(const char *const *names, const char *name)
{
	for (; *names; names++)
		if (!strcmp(*names, name))
			return true;
	return false;
}

static void check_arguments(struct request *request, const struct command *command)
{
	if (!request->arguments)
		return;
	if (!json_object_is_type(request->arguments, json_type_object)) {
		request_fail(request, "InvalidRequest", "'arguments' must be an object");
		return;
	}
	json_object_object_foreach(request->arguments, name, value) {
		(void)value;
		if (!listed(command->arguments, name))
			request_fail(request, "InvalidArgument", "%s takes no argument '%s'",
				     command->name, name);
	}
}

static void serve(struct request *request, struct json_object *object)
{
	struct json_object *name = NULL;
	const struct command *command;

	if (!json_object_object_get_ex(object, "execute", &name) ||
	    !json_object_is_type(name, json_type_string)) {
		request_fail(request, "InvalidRequest",
			     "no \"execute\" with the name of a command");
		return;
	}
	for (command = commands; command->name; command++)
		if (!strcmp(command->name, json_object_get_string(name)))
			break;
	if (!command->name) {
		request_fail(request, "CommandNotFound", "no command '%s'; try 'commands'",
			     json_object_get_string(name));
		return;
	}
	json_object_object_get_ex(object, "arguments", &request->arguments);
	check_arguments(request, command);
	if (!request->failure_class)
		command->serve(request);
}

/* Returns the one object that the line is, or NULL after failing the request. */
static struct json_object *parse(struct request *request, const char *line, size_t len)
{
	struct json_tokener *tokener = json_tokener_new_ex(CONTROL_MAX_DEPTH);
	struct json_object *object;

	if (!tokener) {
		request_fail(request, "Failed", "out of memory");
		return NULL;
	}
	json_tokener_set_flags(tokener, JSON_TOKENER_STRICT | JSON_TOKENER_VALIDATE_UTF8);
	object = json_tokener_parse_ex(tokener, line, len);
	if (!object || json_tokener_get_parse_end(tokener) != len) {
		enum json_tokener_error error = json_tokener_get_error(tokener);

		request_fail(request, "ParseError", "not one JSON object on a line: %s",
			     error == json_tokener_success ? "something follows it" :
							     json_tokener_error_desc(error));
		json_object_put(object);
		object = NULL;
	} else if (!json_object_is_type(object, json_type_object)) {
		request_fail(request, "InvalidRequest", "a request is a JSON object");
		json_object_put(object);
		object = NULL;
	}
	json_tokener_free(tokener);
	return object;
}

/* Frees request->reply. */
static char *render(struct request *request, struct json_object *id)
{
	struct json_object *answer = json_object_new_object(), *error;
	char *text;

	if (request->failure_class) {
		json_object_put(request->reply);
		error = json_object_new_object();
		json_object_object_add(error, "class",
				       json_object_new_string(request->failure_class));
		json_object_object_add(error, "desc", json_object_new_string(request->failure));
		json_object_object_add(answer, "error", error);
	} else {
		json_object_object_add(answer, "return", request->reply);
	}
	if (id)
		json_object_object_add(answer, "id", json_object_get(id));
	text = strdup(json_object_to_json_string_ext(answer, JSON_C_TO_STRING_PLAIN));
	json_object_put(answer);
	return text;
}

char *control_execute(struct registry *registry, struct fabric *fabric, const char *line,
		      size_t len)
{
	struct request request = {
		.registry = registry,
		.fabric = fabric,
		.reply = json_object_new_object(),
	};
	struct json_object *object = parse(&request, line, len), *id = NULL;
	char *text;

	if (object) {
		json_object_object_get_ex(object, "id", &id);
		serve(&request, object);
	}
	text = render(&request, id);
	json_object_put(object);
	return text;
}
