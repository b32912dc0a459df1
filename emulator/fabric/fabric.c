// SPDX-License-Identifier: GPL-2.0 OR Linux-OpenIB
#include "fabric/fabric.h"

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "fabric/internal.h"
#include "tlp/capture.h"

/* What a function starts with after reset (7.5.3.4): 128 bytes payload, 512 bytes read request. */
#define DEFAULT_MAX_PAYLOAD 128
#define DEFAULT_MAX_READ 512

struct fabric *fabric_create(void)
{
	struct fabric *fabric = calloc(1, sizeof(*fabric));

	if (fabric)
		TAILQ_INIT(&fabric->ports);
	return fabric;
}

void fabric_destroy(struct fabric *fabric)
{
	free(fabric);
}

static int announce(struct fabric_port *port)
{
	return -capture_add_link(port->fabric->capture, port->attr.name, port->attr.encoding,
				 &port->capture_link);
}

int fabric_set_capture(struct fabric *fabric, struct capture *capture)
{
	struct fabric_port *port;
	int err;

	fabric->capture = capture;
	if (!capture)
		return 0;
	TAILQ_FOREACH(port, &fabric->ports, entry) {
		err = announce(port);
		if (err) {
			fabric->capture = NULL;
			return err;
		}
	}
	return 0;
}

struct capture *fabric_capture(const struct fabric *fabric)
{
	return fabric->capture;
}

void fabric_note(const struct fabric_port *port, const char *format, ...)
{
	char text[CAPTURE_NOTE_MAX + 1];
	va_list arguments;
	int used;

	if (!port->fabric->capture)
		return;
	used = snprintf(text, sizeof(text), "%s: ", port->attr.name);
	va_start(arguments, format);
	vsnprintf(text + used, sizeof(text) - used, format, arguments);
	va_end(arguments);
	capture_note(port->fabric->capture, text);
}

static int check_attr(struct fabric *fabric, const struct fabric_port_attr *attr)
{
	struct fabric_port *port;
	size_t len = strlen(attr->name);

	if (!len || len > CAPTURE_NAME_MAX)
		return EINVAL;
	TAILQ_FOREACH(port, &fabric->ports, entry)
		if (!strcmp(port->attr.name, attr->name))
			return EEXIST;
	return fabric->port_count == FABRIC_MAX_PORTS ? ENOSPC : 0;
}

struct fabric_port *fabric_port_create(struct fabric *fabric, const struct fabric_port_attr *attr)
{
	struct fabric_port *port;

	errno = check_attr(fabric, attr);
	if (errno)
		return NULL;
	port = calloc(1, sizeof(*port));
	if (!port)
		return NULL;
	port->fabric = fabric;
	port->attr = *attr;
	port->link_up = true;
	port->max_payload = DEFAULT_MAX_PAYLOAD;
	port->max_read = DEFAULT_MAX_READ;
	port->read_fault = (struct fault_point){ .name = "read", .actions = FAULT_FAIL };
	port->attr.name = strdup(attr->name);
	if (!port->attr.name)
		goto err_free;
	if (fabric->capture) {
		int err = announce(port);

		if (err) {
			errno = -err;
			goto err_name;
		}
	}
	TAILQ_INSERT_TAIL(&fabric->ports, port, entry);
	fabric->port_count++;
	return port;

err_name:
	free((char *)port->attr.name);
err_free:
	free(port);
	return NULL;
}

void fabric_port_destroy(struct fabric_port *port)
{
	if (!port)
		return;
	TAILQ_REMOVE(&port->fabric->ports, port, entry);
	port->fabric->port_count--;
	mappings_free(port);
	free((char *)port->attr.name);
	free(port);
}

void fabric_port_set_window(struct fabric_port *port, unsigned int bar, uint64_t base,
			    uint64_t size)
{
	port->windows[bar] = (struct window){ .base = base, .size = size };
}

void fabric_port_set_bus_master(struct fabric_port *port, bool enabled)
{
	port->bus_master = enabled;
}

void fabric_port_set_sizes(struct fabric_port *port, uint32_t max_payload, uint32_t max_read)
{
	port->max_payload = max_payload;
	port->max_read = max_read;
}

void fabric_port_set_link(struct fabric_port *port, bool up)
{
	port->link_up = up;
}

bool fabric_port_link(const struct fabric_port *port)
{
	return port->link_up;
}

struct fault_point *fabric_port_read_fault(struct fabric_port *port)
{
	return &port->read_fault;
}

void *fabric_port_device(const struct fabric_port *port, const struct fabric_port_ops *ops)
{
	return port->attr.ops == ops ? port->attr.device : NULL;
}

const char *fabric_port_name(const struct fabric_port *port)
{
	return port->attr.name;
}

uint16_t fabric_port_requester(const struct fabric_port *port)
{
	return port->attr.requester;
}

enum tlp_encoding fabric_port_encoding(const struct fabric_port *port)
{
	return port->attr.encoding;
}

const struct fabric_counters *fabric_port_counters(const struct fabric_port *port)
{
	return &port->counters;
}

const struct fabric_hint_count *fabric_port_hint_counts(const struct fabric_port *port,
							unsigned int *count)
{
	*count = port->hints.count;
	return port->hints.entries;
}

struct fabric_port *fabric_next_port(struct fabric *fabric, const struct fabric_port *previous)
{
	return previous ? TAILQ_NEXT(previous, entry) : TAILQ_FIRST(&fabric->ports);
}
