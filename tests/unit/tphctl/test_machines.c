// SPDX-License-Identifier: GPL-2.0 OR Linux-OpenIB
/*
 * Machines of machines/, and what has to be said of them. They are machines that their owners have
 * shown in public, written anew as dumps: of each what decides, nothing else. Where none is public
 * (a NIC and a device with TPH below one switch) the devices are put into a real topology; "note"
 * in each file says which it is.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

#include "machine.h"
#include "util/macros.h"

/* What is found, in this order: verdict and code. */
struct expected {
	enum vfio_tph_verdict verdict;
	const char *code;
};

static const struct row {
	const char *machine, *requester, *completer;
	enum vfio_tph_verdict verdict;
	enum vfio_tph_route route;
	uint32_t namespaces;
	size_t hops;
	struct expected findings[8];
} rows[] = {
	{
		.machine = "turin-switch", .requester = "c3:00.0", .completer = "c4:00.0",
		.verdict = VFIO_TPH_YES, .route = VFIO_TPH_ROUTE_SWITCH,
		.namespaces = VFIO_TPH_TAG_ST, .hops = 5,
		.findings = {
			{ VFIO_TPH_YES, "requester-enabled" },
			{ VFIO_TPH_YES, "completer" },
			{ VFIO_TPH_YES, "switch" },
		},
	},
	{
		.machine = "turin-acs", .requester = "c3:00.0", .completer = "c4:00.0",
		.verdict = VFIO_TPH_DEPENDS, .route = VFIO_TPH_ROUTE_REDIRECTED,
		.namespaces = VFIO_TPH_TAG_ST, .hops = 9,
		.findings = {
			{ VFIO_TPH_YES, "requester-enabled" },
			{ VFIO_TPH_YES, "completer" },
			{ VFIO_TPH_DEPENDS, "acs-redirect" },
			{ VFIO_TPH_DEPENDS, "root-complex" },
			{ VFIO_TPH_NOTE, "iommu" },
		},
	},
	{
		.machine = "turin-notph", .requester = "c3:00.0", .completer = "c4:00.0",
		.verdict = VFIO_TPH_NOT_NOW, .route = VFIO_TPH_ROUTE_SWITCH,
		.namespaces = VFIO_TPH_TAG_ST, .hops = 5,
		.findings = {
			{ VFIO_TPH_NOT_NOW, "requester-disabled" },
			{ VFIO_TPH_YES, "completer" },
			{ VFIO_TPH_YES, "switch" },
		},
	},
	{
		.machine = "turin-no-root", .requester = "c3:00.0", .completer = "c4:00.0",
		.verdict = VFIO_TPH_NOT_NOW, .route = VFIO_TPH_ROUTE_SWITCH,
		.namespaces = 0, .hops = 5,
		.findings = {
			{ VFIO_TPH_NOT_NOW, "root-port-completer" },
			{ VFIO_TPH_NOT_NOW, "requester-disabled" },
			{ VFIO_TPH_YES, "completer" },
			{ VFIO_TPH_YES, "switch" },
		},
	},
	{
		.machine = "turin-reserved", .requester = "c3:00.0", .completer = "c4:00.0",
		.verdict = VFIO_TPH_NO, .route = VFIO_TPH_ROUTE_SWITCH,
		.namespaces = 0, .hops = 5,
		.findings = {
			{ VFIO_TPH_YES, "requester-enabled" },
			{ VFIO_TPH_NO, "completer-reserved" },
			{ VFIO_TPH_YES, "switch" },
		},
	},
	{
		.machine = "icelake-a100", .requester = "9a:00.0", .completer = "9b:00.0",
		.verdict = VFIO_TPH_NO, .route = VFIO_TPH_ROUTE_SWITCH,
		.namespaces = 0, .hops = 5,
		.findings = {
			{ VFIO_TPH_NO, "requester-missing" },
			{ VFIO_TPH_NO, "completer-missing" },
			{ VFIO_TPH_YES, "switch" },
		},
	},
	{
		.machine = "rocketlake-b70", .requester = "0e:00.0", .completer = "12:00.0",
		.verdict = VFIO_TPH_NO, .route = VFIO_TPH_ROUTE_REDIRECTED,
		.namespaces = 0, .hops = 9,
		.findings = {
			{ VFIO_TPH_NO, "requester-missing" },
			{ VFIO_TPH_NO, "completer-missing" },
			{ VFIO_TPH_NOT_NOW, "acs-redirect" },
			{ VFIO_TPH_NOT_NOW, "root-complex-unknown" },
			{ VFIO_TPH_NOTE, "iommu" },
		},
	},
	{
		.machine = "kunpeng-nvme", .requester = "7d:00.0", .completer = "81:00.0",
		.verdict = VFIO_TPH_NO, .route = VFIO_TPH_ROUTE_HOST_BRIDGES,
		.namespaces = 0, .hops = 6,
		.findings = {
			{ VFIO_TPH_NOT_NOW, "root-port-completer" },
			{ VFIO_TPH_NOT_NOW, "requester-disabled" },
			{ VFIO_TPH_YES, "completer" },
			{ VFIO_TPH_NO, "root-complex-unknown" },
		},
	},
	{
		.machine = "broadwell-i210", .requester = "09:00.0", .completer = "0a:00.0",
		.verdict = VFIO_TPH_NO, .route = VFIO_TPH_ROUTE_ROOT_COMPLEX,
		.namespaces = 0, .hops = 5,
		.findings = {
			{ VFIO_TPH_NOT_NOW, "requester-disabled" },
			{ VFIO_TPH_NO, "completer-missing" },
			{ VFIO_TPH_NO, "root-complex-unknown" },
		},
	},
	{
		.machine = "ryzen-realtek", .requester = "04:00.0", .completer = "05:00.0",
		.verdict = VFIO_TPH_NO, .route = VFIO_TPH_ROUTE_ROOT_COMPLEX,
		.namespaces = VFIO_TPH_TAG_ST, .hops = 5,
		.findings = {
			{ VFIO_TPH_NO, "requester-modes" },
			{ VFIO_TPH_YES, "completer" },
			{ VFIO_TPH_DEPENDS, "root-complex" },
			{ VFIO_TPH_NOTE, "iommu" },
		},
	},
	{
		.machine = "dgx-a100-user", .requester = "0c:00.0", .completer = "07:00.0",
		.verdict = VFIO_TPH_UNKNOWN, .route = VFIO_TPH_ROUTE_SWITCH,
		.namespaces = 0, .hops = 5,
		.findings = {
			{ VFIO_TPH_UNKNOWN, "requester-unreadable" },
			{ VFIO_TPH_UNKNOWN, "completer-unreadable" },
			{ VFIO_TPH_YES, "switch" },
			{ VFIO_TPH_UNKNOWN, "hop-unreadable" },
			{ VFIO_TPH_UNKNOWN, "hop-unreadable" },
			{ VFIO_TPH_UNKNOWN, "hop-unreadable" },
		},
	},
};

static void read_machine(struct machine *machine, const char *name)
{
	static char text[1 << 20];
	struct vfio_tph_reason why;
	char path[512];
	size_t size;
	FILE *file;

	assert_true(snprintf(path, sizeof(path), MACHINES "/%s.json", name) < (int)sizeof(path));
	file = fopen(path, "re");
	assert_non_null(file);
	size = fread(text, 1, sizeof(text), file);
	assert_true(size < sizeof(text));
	fclose(file);
	if (!machine_parse(machine, text, size, &why))
		fail_msg("%s: %s", name, why.text);
	assert_string_equal(machine->name, name);
}

static void assert_findings(const struct row *row, const struct vfio_tph_path *path)
{
	size_t i;

	for (i = 0; i < path->num_findings && row->findings[i].code; i++) {
		assert_string_equal(path->findings[i].code, row->findings[i].code);
		assert_int_equal(path->findings[i].verdict, row->findings[i].verdict);
		assert_non_null(path->findings[i].text);
	}
	assert_int_equal(i, path->num_findings);
	assert_null(row->findings[i].code);
}

static void check_row(const struct row *row)
{
	struct vfio_tph_reason reason;
	struct vfio_tph_path *path;
	struct machine machine;

	print_message("# %s\n", row->machine);
	read_machine(&machine, row->machine);
	assert_int_equal(vfio_tph_path_create(machine.topology, row->requester, row->completer,
					      &path, &reason),
			 0);
	assert_findings(row, path);
	assert_int_equal(path->verdict, row->verdict);
	assert_int_equal(path->route, row->route);
	assert_int_equal(path->namespaces, row->namespaces);
	assert_int_equal(path->num_hops, row->hops);
	vfio_tph_path_destroy(path);
	machine_free(&machine);
}

static void machines_get_their_verdicts(void **state)
{
	for (size_t i = 0; i < ARRAY_SIZE(rows); i++)
		check_row(&rows[i]);
}

/* What a dump was read from is what it is printed as. */
static void dumps_come_back(void **state)
{
	static const char *const gone[] = { "note" };

	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		struct json_object *dump;
		struct machine machine;

		read_machine(&machine, rows[i].machine);
		json_object_object_del(machine.facts, gone[0]);
		dump = dump_make(&machine);
		assert_string_equal(json_object_to_json_string(dump),
				    json_object_to_json_string(machine.facts));
		json_object_put(dump);
		machine_free(&machine);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(machines_get_their_verdicts),
		cmocka_unit_test(dumps_come_back),
	};

	return cmocka_run_group_tests_name("tphctl_machines", tests, NULL, NULL);
}
