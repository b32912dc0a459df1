// SPDX-License-Identifier: GPL-2.0 OR Linux-OpenIB
/* Lines to the control socket of a fabric with both devices; every reply is a JSON object. */
#include <json-c/json.h>

#include "accelerator/accelerator.h"
#include "base/engine.h"
#include "base/registry.h"
#include "connectx/device/connectx.h"
#include "control/control.h"
#include "fuzz.h"
#include "input.h"

struct machine {
	struct engine *engine;
	struct registry *registry;
	struct fabric *fabric;
	struct connectx *nic;
	struct accelerator *accelerator;
};

static void machine_create(struct machine *machine)
{
	struct accelerator_attr accelerator = accelerator_defaults;
	struct connectx_attr nic = connectx_defaults;

	machine->engine = engine_create();
	machine->registry = registry_create();
	machine->fabric = fabric_create();
	accelerator.name = "acc0";
	accelerator.memory_size = 1 << 16;
	nic.name = "nic0";
	machine->accelerator = accelerator_create(machine->engine, machine->fabric,
						  machine->registry, &accelerator);
	machine->nic = connectx_create(machine->engine, machine->fabric, machine->registry, &nic);
	fuzz_assert(machine->accelerator && machine->nic);
}

static void machine_destroy(struct machine *machine)
{
	connectx_destroy(machine->nic);
	accelerator_destroy(machine->accelerator);
	fabric_destroy(machine->fabric);
	registry_destroy(machine->registry);
	engine_destroy(machine->engine);
}

static void check_reply(const char *text)
{
	struct json_object *reply, *part;

	fuzz_assert(text && !strchr(text, '\n'));
	reply = json_tokener_parse(text);
	fuzz_assert(json_object_is_type(reply, json_type_object));
	fuzz_assert(json_object_object_get_ex(reply, "return", &part) !=
		    json_object_object_get_ex(reply, "error", &part));
	json_object_put(reply);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct machine machine;

	machine_create(&machine);
	while (size) {
		const uint8_t *end = memchr(data, '\n', size);
		size_t len = end ? (size_t)(end - data) : size;
		char *text;

		text = control_execute(machine.registry, machine.fabric, (const char *)data, len);
		check_reply(text);
		free(text);
		data += len + !!end;
		size -= len + !!end;
	}
	machine_destroy(&machine);
	return 0;
}
