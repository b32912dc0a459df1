// SPDX-License-Identifier: GPL-2.0 OR Linux-OpenIB
/* The commands: what Documentation/control.md describes. */
#include <errno.h>
#include <linux/pci_regs.h>
#include <stdio.h>
#include <string.h>

#include "base/registry.h"
#include "control/internal.h"
#include "fabric/fabric.h"
#include "pci/function.h"
#include "tlp/capture.h"

/* The link of a function to its fabric, beside the links that devices register as switches. */
#define PCIE_LINK "pcie"

static struct fabric_port *find_port(struct request *request, const char *device)
{
	struct fabric_port *port = NULL;

	if (!device)
		return NULL;
	while ((port = fabric_next_port(request->fabric, port)))
		if (!strcmp(fabric_port_name(port), device))
			return port;
	return NULL;
}

/* The argument "device" of commands that need one; NULL after failing the request. */
static struct fabric_port *required_port(struct request *request)
{
	const char *device = argument_required(request, "device");
	struct fabric_port *port = find_port(request, device);

	if (device && !port)
		request_fail(request, "NotFound", "no device '%s'; try 'devices'", device);
	return port;
}

/*
 * Calls @describe for the device that the argument names, or for each without it, and puts what it
 * says under the device's name.
 */
static void for_devices(struct request *request,
			void (*describe)(struct request *request, struct fabric_port *port,
					 struct json_object *object))
{
	struct fabric_port *only = NULL, *port = NULL;

	if (argument_given(request, "device")) {
		only = required_port(request);
		if (!only)
			return;
	}
	while ((port = fabric_next_port(request->fabric, port))) {
		struct json_object *object;

		if (only && port != only)
			continue;
		object = json_object_new_object();
		describe(request, port, object);
		json_object_object_add(request->reply, fabric_port_name(port), object);
	}
}

static void add_number(struct json_object *object, const char *name, uint64_t value)
{
	json_object_object_add(object, name, json_object_new_uint64(value));
}

static void add_value(void *context, const char *device, const char *name, uint64_t value)
{
	add_number(context, name, value);
}

static void add_values(struct request *request, enum registry_kind kind, struct fabric_port *port,
		       struct json_object *object)
{
	const struct registry_visitor visitor = { .value = add_value, .context = object };

	registry_visit(request->registry, kind, fabric_port_name(port), &visitor);
}

static void describe_device(struct request *request, struct fabric_port *port,
			    struct json_object *object)
{
	uint16_t id = fabric_port_requester(port);
	char bdf[16];

	snprintf(bdf, sizeof(bdf), "%02x:%02x.%x", id >> 8, id >> 3 & 0x1f, id & 7);
	json_object_object_add(object, "requester", json_object_new_string(bdf));
	json_object_object_add(object, PCIE_LINK, json_object_new_boolean(fabric_port_link(port)));
	json_object_object_add(object, "flit",
			       json_object_new_boolean(fabric_port_encoding(port) == TLP_FLIT));
}

static void serve_devices(struct request *request)
{
	for_devices(request, describe_device);
}

static void describe_link(struct fabric_port *port, struct json_object *object)
{
	const struct fabric_counters *c = fabric_port_counters(port);

	add_number(object, "tx_writes", c->tx_writes);
	add_number(object, "tx_write_bytes", c->tx_write_bytes);
	add_number(object, "tx_reads", c->tx_reads);
	add_number(object, "tx_atomics", c->tx_atomics);
	add_number(object, "tx_completions", c->tx_completions);
	add_number(object, "rx_writes", c->rx_writes);
	add_number(object, "rx_write_bytes", c->rx_write_bytes);
	add_number(object, "rx_reads", c->rx_reads);
	add_number(object, "rx_atomics", c->rx_atomics);
	add_number(object, "rx_completions", c->rx_completions);
	add_number(object, "ram_write_bytes", c->ram_write_bytes);
	add_number(object, "ram_read_bytes", c->ram_read_bytes);
	add_number(object, "refused", c->refused);
	add_number(object, "lost_writes", c->lost_writes);
	add_number(object, "hints_lost", c->hints_lost);
	add_number(object, "capture_errors", c->capture_errors);
}

static void describe_counters(struct request *request, struct fabric_port *port,
			      struct json_object *object)
{
	struct json_object *link = json_object_new_object();

	add_values(request, REGISTRY_COUNTER, port, object);
	describe_link(port, link);
	json_object_object_add(object, PCIE_LINK, link);
}

static void serve_counters(struct request *request)
{
	for_devices(request, describe_counters);
}

static void describe_objects(struct request *request, struct fabric_port *port,
			     struct json_object *object)
{
	add_values(request, REGISTRY_OBJECT, port, object);
}

static void serve_objects(struct request *request)
{
	for_devices(request, describe_objects);
}

static void describe_gauges(struct request *request, struct fabric_port *port,
			    struct json_object *object)
{
	add_values(request, REGISTRY_GAUGE, port, object);
}

static void serve_gauges(struct request *request)
{
	for_devices(request, describe_gauges);
}

static const char *namespace_name(uint8_t hv)
{
	switch (hv) {
	case TLP_HV_ST:
		return "st";
	case TLP_HV_ST_EXT:
		return "st_ext";
	default:
		return "none";
	}
}

static void serve_tlps(struct request *request)
{
	struct fabric_port *port = required_port(request);
	const struct fabric_hint_count *counts;
	struct json_object *list, *entry;
	unsigned int count;

	if (!port)
		return;
	list = json_object_new_array();
	counts = fabric_port_hint_counts(port, &count);
	for (unsigned int i = 0; i < count; i++) {
		entry = json_object_new_object();
		json_object_object_add(entry, "namespace",
				       json_object_new_string(namespace_name(counts[i].hints.hv)));
		add_number(entry, "st", counts[i].hints.st);
		add_number(entry, "ph", counts[i].hints.ph);
		add_number(entry, "writes", counts[i].writes);
		add_number(entry, "write_bytes", counts[i].write_bytes);
		add_number(entry, "reads", counts[i].reads);
		add_number(entry, "read_bytes", counts[i].read_bytes);
		add_number(entry, "atomics", counts[i].atomics);
		json_object_array_add(list, entry);
	}
	json_object_object_add(request->reply, "received", list);
	add_number(request->reply, "lost", fabric_port_counters(port)->hints_lost);
}

static struct json_object *seen_controls(const struct pci_function *fn)
{
	struct json_object *list = json_object_new_array();

	for (uint32_t type = 0; type <= PCI_TPH_REQ_EXT_TPH; type++)
		for (uint32_t mode = 0; mode <= PCI_TPH_CTRL_MODE_SEL_MASK; mode++)
			if (pci_tph_control_seen(fn, type << 8 | mode))
				json_object_array_add(list,
						      json_object_new_uint64(type << 8 | mode));
	return list;
}

static struct json_object *st_entries(const struct pci_function *fn)
{
	struct json_object *list = json_object_new_array();

	for (unsigned int i = 0; i < pci_tph_entries(fn); i++)
		json_object_array_add(list, json_object_new_uint64(pci_tph_st(fn, i)));
	return list;
}

static void serve_tph(struct request *request)
{
	struct fabric_port *port = required_port(request);
	bool forget = argument_bool(request, "forget", false);
	struct pci_function *fn = port ? pci_function_of(port) : NULL;

	if (request->failure_class)
		return;
	if (!fn || !fn->tph_cap) {
		request_fail(request, "NotFound", "%s has no TPH Requester capability",
			     fabric_port_name(port));
		return;
	}
	add_number(request->reply, "control", pci_tph_control(fn));
	json_object_object_add(request->reply, "seen", seen_controls(fn));
	json_object_object_add(request->reply, "entries", st_entries(fn));
	if (forget)
		pci_tph_control_forget(fn);
}

static const struct {
	const char *name;
	enum fault_action action;
} actions[] = { { "stall", FAULT_STALL }, { "fail", FAULT_FAIL }, { NULL, FAULT_NONE } };

static const char *action_name(enum fault_action action)
{
	for (size_t i = 0; actions[i].name; i++)
		if (actions[i].action == action)
			return actions[i].name;
	return "none";
}

static void describe_fault(const struct fault_point *fault, struct json_object *object)
{
	json_object_object_add(object, "action",
			       json_object_new_string(
				       fault->remaining ? action_name(fault->action) : "none"));
	add_number(object, "remaining", fault->remaining);
	add_number(object, "hits", fault->hits);
}

static void describe_faults(struct request *request, struct fabric_port *port,
			    struct json_object *object)
{
	struct fault_point *fault = NULL;

	while ((fault = registry_next_fault(request->registry, fabric_port_name(port), fault))) {
		struct json_object *entry = json_object_new_object();

		describe_fault(fault, entry);
		json_object_object_add(object, fault->name, entry);
	}
}

static void serve_faults(struct request *request)
{
	for_devices(request, describe_faults);
}

/* The fault point that "device" and "point" name; NULL after failing the request. */
static struct fault_point *required_fault(struct request *request)
{
	struct fabric_port *port = required_port(request);
	const char *point = argument_required(request, "point");
	struct fault_point *fault = NULL;

	if (!port || !point)
		return NULL;
	fault = registry_find_fault(request->registry, fabric_port_name(port), point);
	if (!fault)
		request_fail(request, "NotFound", "%s has no fault point '%s'; try 'faults'",
			     fabric_port_name(port), point);
	return fault;
}

static void serve_fault(struct request *request)
{
	struct fault_point *fault = required_fault(request);
	const char *name = argument_required(request, "action");
	uint64_t key = argument_number(request, "key", FAULT_ANY_KEY);
	uint64_t value = argument_number(request, "value", 0);
	uint64_t skip = argument_number(request, "skip", 0);
	uint64_t count = argument_number(request, "count", 1);
	size_t i;

	if (request->failure_class)
		return;
	for (i = 0; actions[i].name; i++)
		if (!strcmp(actions[i].name, name))
			break;
	switch (fault_arm(fault, actions[i].action, key, value, skip, count)) {
	case 0:
		describe_fault(fault, request->reply);
		break;
	case -EINVAL:
		request_fail(request, "InvalidArgument", "'count' must be 1 or more");
		break;
	case -ERANGE:
		request_fail(request, "InvalidArgument", "'value' must be from 0 to 255");
		break;
	default:
		request_fail(request, "Unsupported", "'%s' cannot do '%s'", fault->name, name);
	}
}

static void serve_release(struct request *request)
{
	struct fault_point *fault = NULL;
	struct fabric_port *port;

	if (argument_given(request, "point")) {
		fault = required_fault(request);
		if (fault)
			fault_release(fault);
		return;
	}
	port = required_port(request);
	if (!port)
		return;
	while ((fault = registry_next_fault(request->registry, fabric_port_name(port), fault)))
		fault_release(fault);
}

static void serve_link(struct request *request)
{
	struct fabric_port *port = required_port(request);
	const char *name = argument_string(request, "link", PCIE_LINK);
	bool set = argument_given(request, "up"), up = argument_bool(request, "up", false);
	struct registry_switch *link = NULL;

	if (request->failure_class)
		return;
	if (strcmp(name, PCIE_LINK)) {
		link = registry_find_switch(request->registry, fabric_port_name(port), name);
		if (!link) {
			request_fail(request, "NotFound", "%s has no link '%s'",
				     fabric_port_name(port), name);
			return;
		}
	}
	if (set && link)
		link->set(link, up);
	else if (set)
		fabric_port_set_link(port, up);
	json_object_object_add(request->reply, "up",
			       json_object_new_boolean(link ? link->get(link) :
							      fabric_port_link(port)));
}

/* A command of its own, as losses should be 0, and a user who causes them on purpose can say so. */
static void serve_losses(struct request *request)
{
	struct fabric_port *port = required_port(request);
	bool set = argument_given(request, "expected");
	bool expected = argument_bool(request, "expected", false);

	if (request->failure_class)
		return;
	if (set)
		fabric_port_expect_losses(port, expected);
	json_object_object_add(request->reply, "expected",
			       json_object_new_boolean(fabric_port_losses_expected(port)));
	add_number(request->reply, "lost_writes", fabric_port_counters(port)->lost_writes);
	add_number(request->reply, "unexpected", fabric_port_counters(port)->unexpected_losses);
}

static void serve_capture(struct request *request)
{
	struct capture *capture = fabric_capture(request->fabric);
	int err = capture ? capture_flush(capture) : 0;

	if (err) {
		request_fail(request, "Failed", "the capture cannot be written: %s", strerror(err));
	} else if (capture) {
		add_number(request->reply, "recorded", capture_packets(capture));
		add_number(request->reply, "dropped", capture_dropped(capture));
	}
}

static bool is_printable(const char *text)
{
	for (; *text; text++)
		if (*text < ' ' || *text > '~')
			return false;
	return true;
}

static void serve_note(struct request *request)
{
	struct capture *capture = fabric_capture(request->fabric);
	const char *text = argument_required(request, "text");

	if (!text)
		return;
	if (!*text || strlen(text) > CAPTURE_NOTE_MAX || !is_printable(text)) {
		request_fail(request, "InvalidArgument", "'text' must be 1 to %d ASCII characters",
			     CAPTURE_NOTE_MAX);
		return;
	}
	if (capture)
		capture_note(capture, text);
	json_object_object_add(request->reply, "noted", json_object_new_boolean(!!capture));
}

static void serve_commands(struct request *request)
{
	struct json_object *list = json_object_new_array();

	for (const struct command *command = commands; command->name; command++)
		json_object_array_add(list, json_object_new_string(command->name));
	json_object_object_add(request->reply, "commands", list);
}

const struct command commands[] = {
	{ "capture", { NULL }, serve_capture },
	{ "commands", { NULL }, serve_commands },
	{ "counters", { "device" }, serve_counters },
	{ "devices", { "device" }, serve_devices },
	{ "fault", { "device", "point", "action", "key", "value", "skip", "count" }, serve_fault },
	{ "faults", { "device" }, serve_faults },
	{ "gauges", { "device" }, serve_gauges },
	{ "link", { "device", "link", "up" }, serve_link },
	{ "losses", { "device", "expected" }, serve_losses },
	{ "note", { "text" }, serve_note },
	{ "objects", { "device" }, serve_objects },
	{ "release", { "device", "point" }, serve_release },
	{ "tlps", { "device" }, serve_tlps },
	{ "tph", { "device", "forget" }, serve_tph },
	{ .name = NULL },
};
