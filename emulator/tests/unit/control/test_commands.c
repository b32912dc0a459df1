// SPDX-License-Identifier: GPL-2.0 OR Linux-OpenIB
/* Each command of the control socket, its reply to the byte, and each way of asking wrongly. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include <linux/pci_regs.h>
#include <cmocka.h>

#include "base/registry.h"
#include "control/control.h"
#include "fabric/fabric.h"
#include "pci/function.h"
#include "tlp/capture.h"
#include "tlp/capture_reader.h"
#include "util/macros.h"

struct fixture {
	struct fabric *fabric;
	struct registry *registry;
	struct fabric_port *nic, *acc;
	struct fault_point command, umr;
	struct registry_switch port1;
	bool port1_up;
	uint64_t qps, commands, state;
	unsigned int releases;
};

static bool get_port(struct registry_switch *sw)
{
	return container_of(sw, struct fixture, port1)->port1_up;
}

static void set_port(struct registry_switch *sw, bool on)
{
	container_of(sw, struct fixture, port1)->port1_up = on;
}

static void released(struct fault_point *fault)
{
	container_of(fault, struct fixture, umr)->releases++;
}

static void ignore_write(void *device, const struct fabric_request *req, const void *data)
{
}

static const struct fabric_port_ops port_ops = { .mem_write = ignore_write };

static int make_devices(void **state)
{
	struct fixture *f = calloc(1, sizeof(*f));
	const struct fabric_port_attr nic = { .name = "nic0", .requester = 0x0018 };
	const struct fabric_port_attr acc = {
		.name = "acc0",
		.requester = 0x0021,
		.ops = &port_ops,
	};

	f->fabric = fabric_create();
	f->registry = registry_create();
	f->nic = fabric_port_create(f->fabric, &nic);
	f->acc = fabric_port_create(f->fabric, &acc);
	f->command = (struct fault_point){ .name = "command", .actions = FAULT_FAIL };
	f->umr = (struct fault_point){
		.name = "umr",
		.actions = FAULT_FAIL | FAULT_STALL,
		.released = released,
	};
	f->port1 = (struct registry_switch){ .name = "port1", .get = get_port, .set = set_port };
	f->qps = 3;
	f->commands = UINT64_MAX;
	f->state = 2;
	registry_add_value(f->registry, REGISTRY_OBJECT, "nic0", "qp", &f->qps);
	registry_add_value(f->registry, REGISTRY_COUNTER, "nic0", "commands", &f->commands);
	registry_add_value(f->registry, REGISTRY_GAUGE, "nic0", "state", &f->state);
	registry_add_fault(f->registry, "nic0", &f->command);
	registry_add_fault(f->registry, "nic0", &f->umr);
	registry_add_switch(f->registry, "nic0", &f->port1);
	*state = f;
	return !f->nic || !f->acc;
}

static int free_devices(void **state)
{
	struct fixture *f = *state;

	fabric_port_destroy(f->nic);
	fabric_port_destroy(f->acc);
	fabric_destroy(f->fabric);
	registry_destroy(f->registry);
	free(f);
	return 0;
}

static void expect(struct fixture *f, const char *line, const char *reply)
{
	char *got = control_execute(f->registry, f->fabric, line, strlen(line));

	assert_non_null(got);
	assert_string_equal(got, reply);
	free(got);
}

/* The reply is an error of @class; its sentence has @part. */
static void expect_error(struct fixture *f, const char *line, const char *class, const char *part)
{
	char *got = control_execute(f->registry, f->fabric, line, strlen(line));
	char start[64] = "{\"error\":{\"class\":\"";

	assert_non_null(got);
	strcat(strcat(start, class), "\",\"desc\":\"");
	if (strncmp(got, start, strlen(start)) || !strstr(got, part))
		fail_msg("%s\ngave %s", line, got);
	free(got);
}

static void devices_and_values_are_listed(void **state)
{
	struct fixture *f = *state;

	expect(f, "{\"execute\":\"devices\"}",
	       "{\"return\":{\"nic0\":{\"requester\":\"00:03.0\",\"pcie\":true,\"flit\":true},"
	       "\"acc0\":{\"requester\":\"00:04.1\",\"pcie\":true,\"flit\":true}}}");
	expect(f, "{\"execute\":\"objects\",\"id\":[1,\"a\"]}",
	       "{\"return\":{\"nic0\":{\"qp\":3},\"acc0\":{}},\"id\":[1,\"a\"]}");
	f->qps = 0;
	expect(f, "{\"execute\":\"objects\",\"arguments\":{\"device\":\"nic0\"}}",
	       "{\"return\":{\"nic0\":{\"qp\":0}}}");
	expect(f, "{\"execute\":\"gauges\",\"arguments\":{\"device\":\"nic0\"}}",
	       "{\"return\":{\"nic0\":{\"state\":2}}}");
	expect(f, "{\"execute\":\"counters\",\"arguments\":{\"device\":\"nic0\"}}",
	       "{\"return\":{\"nic0\":{\"commands\":18446744073709551615,\"pcie\":{"
	       "\"tx_writes\":0,\"tx_write_bytes\":0,\"tx_reads\":0,"
	       "\"tx_atomics\":0,\"tx_completions\":0,"
	       "\"rx_writes\":0,\"rx_write_bytes\":0,\"rx_reads\":0,"
	       "\"rx_atomics\":0,\"rx_completions\":0,"
	       "\"ram_write_bytes\":0,\"ram_read_bytes\":0,\"refused\":0,\"lost_writes\":0,\"hints_lost\":0,"
	       "\"capture_errors\":0}}}}");
	expect(f, "{\"execute\":\"capture\"}", "{\"return\":{}}");
	expect(f, "{\"execute\":\"commands\"}",
	       "{\"return\":{\"commands\":[\"capture\",\"commands\",\"counters\",\"devices\","
	       "\"fault\",\"faults\",\"gauges\",\"link\",\"losses\",\"note\",\"objects\","
	       "\"release\",\"tlps\",\"tph\"]}}");
}

static void tlps_are_counted_by_hints(void **state)
{
	struct fixture *f = *state;
	const struct tlp_hints st = { .hv = TLP_HV_ST, .ph = 2, .st = 0xf0 };
	const struct tlp_hints ext = { .hv = TLP_HV_ST_EXT, .ph = 1, .st = 0x1234 };

	fabric_port_set_bus_master(f->nic, true);
	fabric_port_set_window(f->acc, 2, 0x1000, 0x1000);
	fabric_write(f->nic, 0x1000, "12345678", 8, &st);
	fabric_write(f->nic, 0x1000, "12345678", 4, &ext);
	fabric_write(f->nic, 0x1000, "12345678", 4, NULL);
	expect(f, "{\"execute\":\"tlps\",\"arguments\":{\"device\":\"acc0\"}}",
	       "{\"return\":{\"received\":["
	       "{\"namespace\":\"st\",\"st\":240,\"ph\":2,\"writes\":1,\"write_bytes\":8,"
	       "\"reads\":0,\"read_bytes\":0,\"atomics\":0},"
	       "{\"namespace\":\"st_ext\",\"st\":4660,\"ph\":1,\"writes\":1,\"write_bytes\":4,"
	       "\"reads\":0,\"read_bytes\":0,\"atomics\":0},"
	       "{\"namespace\":\"none\",\"st\":0,\"ph\":0,\"writes\":1,\"write_bytes\":4,"
	       "\"reads\":0,\"read_bytes\":0,\"atomics\":0}"
	       "],\"lost\":0}}");
}

static void faults_are_armed_and_released(void **state)
{
	struct fixture *f = *state;

	expect(f,
	       "{\"execute\":\"fault\",\"arguments\":{\"device\":\"nic0\",\"point\":\"command\","
	       "\"action\":\"fail\",\"key\":512,\"value\":9,\"skip\":1,\"count\":2}}",
	       "{\"return\":{\"action\":\"fail\",\"remaining\":2,\"hits\":0}}");
	assert_int_equal(fault_check(&f->command, 512), FAULT_NONE);
	assert_int_equal(fault_check(&f->command, 512), FAULT_FAIL);
	assert_int_equal(f->command.value, 9);
	expect(f,
	       "{\"execute\":\"fault\",\"arguments\":{\"device\":\"nic0\",\"point\":\"umr\","
	       "\"action\":\"stall\"}}",
	       "{\"return\":{\"action\":\"stall\",\"remaining\":1,\"hits\":0}}");
	assert_int_equal(fault_check(&f->umr, 77), FAULT_STALL);
	expect(f, "{\"execute\":\"faults\",\"arguments\":{\"device\":\"nic0\"}}",
	       "{\"return\":{\"nic0\":{\"command\":{\"action\":\"fail\",\"remaining\":1,\"hits\":1},"
	       "\"umr\":{\"action\":\"none\",\"remaining\":0,\"hits\":1}}}}");
	f->releases = 0;
	expect(f, "{\"execute\":\"release\",\"arguments\":{\"device\":\"nic0\",\"point\":\"umr\"}}",
	       "{\"return\":{}}");
	assert_int_equal(f->releases, 1);
	assert_int_equal(f->command.remaining, 1);
	expect(f, "{\"execute\":\"release\",\"arguments\":{\"device\":\"nic0\"}}",
	       "{\"return\":{}}");
	assert_int_equal(f->releases, 2);
	assert_int_equal(f->command.remaining, 0);
}

static void links_are_operated(void **state)
{
	struct fixture *f = *state;

	expect(f, "{\"execute\":\"link\",\"arguments\":{\"device\":\"acc0\",\"up\":false}}",
	       "{\"return\":{\"up\":false}}");
	assert_false(fabric_port_link(f->acc));
	assert_true(fabric_port_link(f->nic));
	expect(f, "{\"execute\":\"link\",\"arguments\":{\"device\":\"acc0\"}}",
	       "{\"return\":{\"up\":false}}");
	expect(f,
	       "{\"execute\":\"link\",\"arguments\":{\"device\":\"nic0\",\"link\":\"port1\","
	       "\"up\":true}}",
	       "{\"return\":{\"up\":true}}");
	assert_true(f->port1_up);
}

/* Two links, and a packet of 8 bytes on both: limit is what the first two take. */
static void capture_tells_what_it_has_not(void **state)
{
	const uint64_t limit = 48 + 2 * 56 + 2 * (28 + 28 + 16) + 2 * 76;
	char path[] = "/tmp/test_control.XXXXXX";
	struct fixture *f = *state;
	struct capture *capture;
	int fd = mkstemp(path);

	assert_true(fd >= 0);
	close(fd);
	assert_int_equal(capture_create(path, limit, &capture), 0);
	assert_int_equal(fabric_set_capture(f->fabric, capture), 0);
	fabric_port_set_bus_master(f->nic, true);
	fabric_port_set_window(f->acc, 2, 0x1000, 0x1000);
	expect(f, "{\"execute\":\"capture\"}", "{\"return\":{\"recorded\":0,\"dropped\":0}}");
	fabric_write(f->nic, 0x1000, "12345678", 8, NULL);
	fabric_write(f->nic, 0x1000, "12345678", 8, NULL);
	expect(f, "{\"execute\":\"capture\"}", "{\"return\":{\"recorded\":2,\"dropped\":2}}");
	fabric_set_capture(f->fabric, NULL);
	assert_int_equal(capture_close(capture), 0);
	unlink(path);
}

static void notes_go_to_the_next_packet(void **state)
{
	static const char ask[] = "{\"execute\":\"note\",\"arguments\":{\"text\":\"round 1\"}}";
	char path[] = "/tmp/test_control.XXXXXX";
	struct capture_record record;
	struct capture_reader *reader;
	struct fixture *f = *state;
	struct capture *capture;
	FILE *file;

	close(mkstemp(path));
	expect(f, ask, "{\"return\":{\"noted\":false}}");
	assert_int_equal(capture_create(path, 0, &capture), 0);
	assert_int_equal(fabric_set_capture(f->fabric, capture), 0);
	fabric_port_set_bus_master(f->nic, true);
	fabric_port_set_window(f->acc, 2, 0x1000, 0x1000);
	expect(f, ask, "{\"return\":{\"noted\":true}}");
	fabric_write(f->nic, 0x1000, "12345678", 8, NULL);
	fabric_set_capture(f->fabric, NULL);
	assert_int_equal(capture_close(capture), 0);
	file = fopen(path, "r");
	assert_int_equal(capture_reader_create(file, &reader), 0);
	assert_int_equal(capture_reader_next(reader, &record), CAPTURE_RECORD);
	assert_string_equal(record.notes, "round 1\n");
	assert_int_equal(capture_reader_next(reader, &record), CAPTURE_RECORD);
	assert_null(record.notes);
	capture_reader_close(reader);
	fclose(file);
	unlink(path);
}

static void losses_can_be_expected(void **state)
{
	struct fixture *f = *state;

	expect(f, "{\"execute\":\"losses\",\"arguments\":{\"device\":\"nic0\"}}",
	       "{\"return\":{\"expected\":false,\"lost_writes\":0,\"unexpected\":0}}");
	fabric_write(f->nic, 0x1000, "12345678", 8, NULL);
	expect(f, "{\"execute\":\"losses\",\"arguments\":{\"device\":\"nic0\",\"expected\":true}}",
	       "{\"return\":{\"expected\":true,\"lost_writes\":1,\"unexpected\":1}}");
	fabric_write(f->nic, 0x1000, "12345678", 8, NULL);
	expect(f, "{\"execute\":\"losses\",\"arguments\":{\"device\":\"nic0\",\"expected\":false}}",
	       "{\"return\":{\"expected\":false,\"lost_writes\":2,\"unexpected\":1}}");
}

static void config_write(struct pci_function *fn, unsigned int offset, uint32_t value, size_t len)
{
	assert_int_equal(pci_config_write(fn, fn->tph_cap + offset, &value, len), 0);
}

/* Device-specific mode is 2, 8-bit requests 0x100, and both kinds 0x300. */
static void tph_tells_what_the_control_register_was(void **state)
{
	static const struct pci_function_ops no_ops;
	const struct pci_tph_attr tph = {
		.device_specific = true,
		.extended = true,
		.table = PCI_TPH_TABLE_CAPABILITY,
		.entries = 3,
	};
	struct fixture *f = *state;
	struct pci_function fn;

	assert_int_equal(pci_function_init(&fn, f->fabric,
					   &(struct fabric_port_attr){ .name = "acc1" },
					   &(struct pci_identity){ .vendor = 1 }, &no_ops),
			 0);
	expect_error(f, "{\"execute\":\"tph\",\"arguments\":{\"device\":\"acc1\"}}", "NotFound",
		     "no TPH Requester capability");
	assert_int_equal(pci_add_tph(&fn, &tph), 0);
	expect(f, "{\"execute\":\"tph\",\"arguments\":{\"device\":\"acc1\"}}",
	       "{\"return\":{\"control\":0,\"seen\":[0],\"entries\":[0,0,0]}}");
	config_write(&fn, PCI_TPH_BASE_SIZEOF + 2, 0x12f0, 2);
	config_write(&fn, PCI_TPH_CTRL, 0x302, 4);
	config_write(&fn, PCI_TPH_CTRL, 0x102, 4);
	expect(f, "{\"execute\":\"tph\",\"arguments\":{\"device\":\"acc1\",\"forget\":true}}",
	       "{\"return\":{\"control\":258,\"seen\":[0,258,770],\"entries\":[0,4848,0]}}");
	expect(f, "{\"execute\":\"tph\",\"arguments\":{\"device\":\"acc1\"}}",
	       "{\"return\":{\"control\":258,\"seen\":[258],\"entries\":[0,4848,0]}}");
	pci_function_fini(&fn);
}

static void mistakes_are_named(void **state)
{
	struct fixture *f = *state;
	static const struct {
		const char *line, *class, *part;
	} cases[] = {
		{ "", "ParseError", "JSON" },
		{ "{", "ParseError", "JSON" },
		{ "{\"execute\":\"objects\"} x", "ParseError", "JSON" },
		{ "{\"execute\":\"objects\"}{}", "ParseError", "JSON" },
		{ "{'execute':'objects'}", "ParseError", "JSON" },
		{ "{\"execute\":\"\xff\"}", "ParseError", "JSON" },
		{ "[[[[[[[[[[[[[[[[[[[[", "ParseError", "nesting" },
		{ "[]", "InvalidRequest", "object" },
		{ "{}", "InvalidRequest", "execute" },
		{ "{\"execute\":1}", "InvalidRequest", "execute" },
		{ "{\"execute\":\"nope\"}", "CommandNotFound", "nope" },
		{ "{\"execute\":\"objects\",\"arguments\":[]}", "InvalidRequest", "arguments" },
		{ "{\"execute\":\"objects\",\"arguments\":{\"x\":1}}", "InvalidArgument", "'x'" },
		{ "{\"execute\":\"objects\",\"arguments\":{\"device\":1}}", "InvalidArgument",
		  "'device' must be a string" },
		{ "{\"execute\":\"objects\",\"arguments\":{\"device\":\"nic9\"}}", "NotFound",
		  "nic9" },
		{ "{\"execute\":\"tlps\"}", "InvalidArgument", "'device' is missing" },
		{ "{\"execute\":\"fault\",\"arguments\":{\"device\":\"nic0\",\"point\":\"x\","
		  "\"action\":\"fail\"}}",
		  "NotFound", "'x'" },
		{ "{\"execute\":\"fault\",\"arguments\":{\"device\":\"nic0\",\"point\":\"umr\"}}",
		  "InvalidArgument", "'action' is missing" },
		{ "{\"execute\":\"fault\",\"arguments\":{\"device\":\"nic0\",\"point\":\"umr\","
		  "\"action\":\"explode\"}}",
		  "Unsupported", "explode" },
		{ "{\"execute\":\"fault\",\"arguments\":{\"device\":\"nic0\",\"point\":\"command\","
		  "\"action\":\"stall\"}}",
		  "Unsupported", "stall" },
		{ "{\"execute\":\"fault\",\"arguments\":{\"device\":\"nic0\",\"point\":\"umr\","
		  "\"action\":\"stall\",\"count\":0}}",
		  "InvalidArgument", "count" },
		{ "{\"execute\":\"fault\",\"arguments\":{\"device\":\"nic0\",\"point\":\"umr\","
		  "\"action\":\"stall\",\"count\":-1}}",
		  "InvalidArgument", "count" },
		{ "{\"execute\":\"fault\",\"arguments\":{\"device\":\"nic0\",\"point\":\"umr\","
		  "\"action\":\"stall\",\"key\":1.5}}",
		  "InvalidArgument", "key" },
		{ "{\"execute\":\"link\",\"arguments\":{\"device\":\"nic0\",\"link\":\"port2\"}}",
		  "NotFound", "port2" },
		{ "{\"execute\":\"link\",\"arguments\":{\"device\":\"nic0\",\"up\":\"yes\"}}",
		  "InvalidArgument", "'up'" },
		{ "{\"execute\":\"note\"}", "InvalidArgument", "'text' is missing" },
		{ "{\"execute\":\"note\",\"arguments\":{\"text\":\"\"}}", "InvalidArgument",
		  "1 to" },
		{ "{\"execute\":\"note\",\"arguments\":{\"text\":\"a\\n\"}}", "InvalidArgument",
		  "ASCII" },
		{ "{\"execute\":\"note\",\"arguments\":{\"text\":\"\\u00e4\"}}", "InvalidArgument",
		  "ASCII" },
	};

	for (size_t i = 0; i < ARRAY_SIZE(cases); i++)
		expect_error(f, cases[i].line, cases[i].class, cases[i].part);
	assert_int_equal(f->umr.remaining, 0);
	assert_int_equal(f->releases, 0);
	assert_true(fabric_port_link(f->nic));
}

#define CONTROL_TEST(name) cmocka_unit_test_setup_teardown(name, make_devices, free_devices)

int main(void)
{
	const struct CMUnitTest tests[] = {
		CONTROL_TEST(devices_and_values_are_listed),
		CONTROL_TEST(tlps_are_counted_by_hints),
		CONTROL_TEST(faults_are_armed_and_released),
		CONTROL_TEST(links_are_operated),
		CONTROL_TEST(capture_tells_what_it_has_not),
		CONTROL_TEST(notes_go_to_the_next_packet),
		CONTROL_TEST(losses_can_be_expected),
		CONTROL_TEST(tph_tells_what_the_control_register_was),
		CONTROL_TEST(mistakes_are_named),
	};

	return cmocka_run_group_tests_name("control", tests, NULL, NULL);
}
