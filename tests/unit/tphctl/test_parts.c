// SPDX-License-Identifier: GPL-2.0 OR Linux-OpenIB
/* The parts of tphctl that take what others wrote: dumps, netlink's answers, command lines. */
#include <errno.h>
#include <linux/netlink.h>
#include <rdma/rdma_netlink.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

#include "imports.h"
#include "machine.h"
#include "rdma_mrs.h"
#include "scrub.h"
#include "st_table.h"
#include "tags.h"
#include "util/macros.h"

#define HEAD "{\"tphctl_dump\":1,\"machine\":\"m\","
#define ONE(device) HEAD "\"devices\":[" device "]}"
#define ADDRESS "\"address\":\"0000:00:01.0\","

static const struct {
	const char *text, *why;
} refused[] = {
	{ "", "no JSON: it ends too early, after 0 bytes" },
	{ "{\"devices\":[", "no JSON: it ends too early, after 12 bytes" },
	{ "{} }", "no JSON: something follows it at byte 3" },
	{ "null ", "this is no dump. tphctl dump prints one" },
	{ "[1]", "this is no dump. tphctl dump prints one" },
	{ "[[[[[[[[[1]]]]]]]]]", "no JSON: nesting too deep at byte 8" },
	{ "{\"tphctl_dump\":2}",
	  "a dump of version 2, and this tphctl reads version 1: use the tphctl that made it, or a "
	  "newer one" },
	{ "{\"tphctl_dump\":1,\"machine\":\"\\u001b[2J\"}",
	  "it has control characters in a string" },
	{ "{\"tphctl_dump\":1,\"machine\":\"a\\u0000b\"}",
	  "it has control characters in a string" },
	{ "{\"tphctl_dump\":1,\"machine\":\"\\u009b31m\"}",
	  "it has control characters in a string" },
	{ "{\"tphctl_dump\":1,\"machine\":\"a\\u202eb\"}",
	  "it has control characters in a string" },
	{ "{\"tphctl_dump\":1,\"\\u001b[2J\":0}", "it has control characters in a key" },
	{ ONE("{" ADDRESS "\"config\":{\"\\u009b31m\":\"00\"}}"),
	  "it has control characters in a key" },
	{ "{\"tphctl_dump\":1,\"machine\":\"a\xff\"}", "no JSON: invalid utf-8 string at byte 29" },
	{ "{\"tphctl_dump\":1,\"system\":{\"memlock\":NaN}}", "it has a number that is none" },
	{ "{\"tphctl_dump\":1,\"system\":[[1e999]]}", "it has a number that is none" },
	{ "{\"tphctl_dump\":1,\"machine\":5}", "'machine' is no string" },
	{ HEAD "\"devices\":{}}", "'devices' is no array" },
	{ HEAD "\"kernel\":{\"command_line\":[]},\"devices\":[]}", "'command_line' is no string" },
	{ ONE("7"), "device 0 (no address): it is no object" },
	{ ONE("{\"address\":7}"), "device 0 (no address): 'address' is no string" },
	{ ONE("{\"config\":{}}"), "NULL, or the bridge above it, none, is no PCI address: Invalid "
				  "argument" },
	{ ONE("{\"address\":\"x\",\"config\":{}}"),
	  "x, or the bridge above it, none, is no PCI address: Invalid argument" },
	{ ONE("{" ADDRESS "\"parent\":\"y\",\"config\":{}}"),
	  "0000:00:01.0, or the bridge above it, y, is no PCI address: Invalid argument" },
	{ ONE("{" ADDRESS "\"config\":[]}"), "device 0 (0000:00:01.0): 'config' is no object" },
	{ ONE("{" ADDRESS "\"config\":{\"0\":1}}"),
	  "device 0 (0000:00:01.0): 'config' at 0 is no string" },
	{ ONE("{" ADDRESS "\"config\":{\"0\":\"0g\"}}"),
	  "device 0 (0000:00:01.0): 'config' at 0: '0g' are no hexadecimal digits" },
	{ ONE("{" ADDRESS "\"config\":{\"0\":\"123\"}}"),
	  "device 0 (0000:00:01.0): 'config' at 0 has half a byte" },
	{ ONE("{" ADDRESS "\"config\":{\"fff\":\"1234\"}}"),
	  "device 0 (0000:00:01.0): 'config' at fff goes beyond its 4096 bytes" },
	{ ONE("{" ADDRESS "\"config\":{\"1001\":\"\"}}"),
	  "device 0 (0000:00:01.0): 'config' has no offset '1001'" },
	{ ONE("{" ADDRESS "\"config\":{\"-1\":\"\"}}"),
	  "device 0 (0000:00:01.0): 'config' has no offset '-1'" },
	{ ONE("{" ADDRESS "\"config\":{\"zz\":\"\"}}"),
	  "device 0 (0000:00:01.0): 'config' has no offset 'zz'" },
	{ ONE("{" ADDRESS "\"config_size\":4097,\"config\":{}}"),
	  "device 0 (0000:00:01.0): 'config_size' is no number up to 4096" },
	{ ONE("{" ADDRESS "\"config_size\":-1,\"config\":{}}"),
	  "device 0 (0000:00:01.0): 'config_size' is no number up to 4096" },
	{ ONE("{" ADDRESS "\"config_size\":1e9,\"config\":{}}"),
	  "device 0 (0000:00:01.0): 'config_size' is no number up to 4096" },
	{ ONE("{" ADDRESS "\"config_size\":63,\"config\":{}}"),
	  "0000:00:01.0 has 63 bytes of configuration space: Invalid argument. It is 64 to 4096" },
	{ ONE("{" ADDRESS "\"config\":{}},{\"address\":\"0:1.0\",\"config\":{}}"),
	  "there are two functions 0:1.0: File exists" },
};

static void dumps_are_refused(void **state)
{
	for (size_t i = 0; i < ARRAY_SIZE(refused); i++) {
		struct vfio_tph_reason why = { "" };
		struct machine machine;

		assert_false(
			machine_parse(&machine, refused[i].text, strlen(refused[i].text), &why));
		assert_string_equal(why.text, refused[i].why);
		machine_free(&machine);
	}
}

/* The least that is a dump; what is not known is absent and does not hurt. */
static void least_dump_is_read(void **state)
{
	static const char text[] = ONE("{" ADDRESS "\"config_size\":64,\"config\":{}}");
	const struct vfio_tph_node *node;
	struct vfio_tph_reason why;
	struct machine machine;
	char names[16];

	assert_true(machine_parse(&machine, text, strlen(text), &why));
	node = vfio_tph_topology_find(machine.topology, "00:01.0");
	assert_int_equal(node->function.config_size, 64);
	assert_int_equal(node->function.numa_node, -1);
	assert_null(node->function.driver);
	machine_rdma_names(&machine, node, names, sizeof(names));
	assert_string_equal(names, "");
	assert_int_equal(machine_bar_size(&machine, node, 0), 0);
	assert_null(machine_fact(&machine, "system|symbols|x"));
	machine_free(&machine);
}

/* What "devices" has beside functions may be anything: it is looked at by its type. */
static void extras_of_wrong_types_do_no_harm(void **state)
{
	static const char *const extras[] = {
		"\"rdma\":7",
		"\"rdma\":[7,null,[1]]",
		"\"bars\":[7,null,{\"bar\":\"x\"}]",
		"\"bars\":{\"bar\":0}",
		"\"bars\":[{\"bar\":0,\"size\":[]}]",
		"\"numa_node\":\"x\"",
		"\"imports\":[1]",
	};
	char text[256], names[8];

	for (size_t i = 0; i < ARRAY_SIZE(extras); i++) {
		const struct vfio_tph_node *node;
		struct vfio_tph_reason why;
		struct machine machine;

		snprintf(text, sizeof(text), ONE("{" ADDRESS "%s,\"config\":{}}"), extras[i]);
		assert_true(machine_parse(&machine, text, strlen(text), &why));
		node = vfio_tph_topology_node(machine.topology, 0);
		machine_rdma_names(&machine, node, names, sizeof(names));
		assert_string_equal(names, "");
		assert_int_equal(machine_bar_size(&machine, node, 0), 0);
		assert_null(machine_imports(&machine, node));
		machine_free(&machine);
	}
}

/* Serial number, VPD and vendors' capabilities go, all else stays. */
static void what_identifies_a_device_is_scrubbed(void **state)
{
	static const struct {
		size_t first, end;
	} blank[] = { { 0x42, 0x48 }, { 0x53, 0x5a }, { 0x104, 0x10c }, { 0x208, 0x210 } };
	static const uint8_t standard[] = { 0x03, 0x50 }, vendor[] = { 0x09, 0x00, 0x0a };
	static const uint8_t serial[] = { 0x03, 0x00, 0x01, 0x20 };
	static const uint8_t vendors[] = { 0x0b, 0x00, 0x01, 0x00, 0x01, 0x00, 0x00, 0x01 };
	uint8_t config[VFIO_TPH_CONFIG_SIZE], want[VFIO_TPH_CONFIG_SIZE];

	memset(config, 0xaa, sizeof(config));
	config[0x34] = 0x40;
	memcpy(config + 0x40, standard, sizeof(standard));
	memcpy(config + 0x50, vendor, sizeof(vendor));
	memcpy(config + 0x100, serial, sizeof(serial));
	memcpy(config + 0x200, vendors, sizeof(vendors));
	memcpy(want, config, sizeof(want));
	for (size_t i = 0; i < ARRAY_SIZE(blank); i++)
		memset(want + blank[i].first, 0, blank[i].end - blank[i].first);
	scrub_config(config, sizeof(config));
	assert_memory_equal(config, want, sizeof(want));

	/* Capabilities at the very ends, of lengths beyond them */
	memset(config, 0xff, sizeof(config));
	config[0x34] = 0xfc;
	config[0xfc] = 0x09;
	scrub_config(config, sizeof(config));
	scrub_config(config, 256);
	scrub_config(config, 64);
}

/* Netlink's answer, attribute by attribute. */
struct message {
	uint8_t bytes[512];
	size_t size;
};

static size_t begin(struct message *message, uint16_t type)
{
	struct nlattr header = { .nla_type = type };
	size_t start = message->size;

	memcpy(message->bytes + start, &header, sizeof(header));
	message->size += sizeof(header);
	return start;
}

static void end(struct message *message, size_t start)
{
	uint16_t length = message->size - start;

	memcpy(message->bytes + start, &length, sizeof(length));
	message->size = NLA_ALIGN(message->size);
}

static void add(struct message *message, uint16_t type, const void *data, size_t size)
{
	size_t start = begin(message, type);

	memcpy(message->bytes + message->size, data, size);
	message->size += size;
	end(message, start);
}

static void add_u32(struct message *message, uint16_t type, uint32_t number)
{
	add(message, type, &number, sizeof(number));
}

static void add_string(struct message *message, uint16_t type, const char *string)
{
	add(message, type, string, strlen(string) + 1);
}

/* Two regions: one with hints, of a process that is not there; one of the kernel, without. */
static void make_message(struct message *message)
{
	size_t list, entry, driver;
	uint64_t length = 0x123456789;

	*message = (struct message){ .size = 0 };
	add_u32(message, RDMA_NLDEV_ATTR_DEV_INDEX, 3);
	add_string(message, RDMA_NLDEV_ATTR_DEV_NAME, "mlx5_0");
	list = begin(message, RDMA_NLDEV_ATTR_RES_MR);
	entry = begin(message, RDMA_NLDEV_ATTR_RES_MR_ENTRY);
	add_u32(message, RDMA_NLDEV_ATTR_RES_MRN, 5);
	add(message, RDMA_NLDEV_ATTR_RES_MRLEN, &length, sizeof(length));
	add_u32(message, RDMA_NLDEV_ATTR_RES_PID, 0x7ffffffe);
	driver = begin(message, RDMA_NLDEV_ATTR_DRIVER | NLA_F_NESTED);
	add_string(message, RDMA_NLDEV_ATTR_DRIVER_STRING, "odp");
	add_string(message, RDMA_NLDEV_ATTR_DRIVER_STRING, "explicit");
	add_string(message, RDMA_NLDEV_ATTR_DRIVER_STRING, "tph");
	add_string(message, RDMA_NLDEV_ATTR_DRIVER_STRING, "exporter");
	add_string(message, RDMA_NLDEV_ATTR_DRIVER_STRING, "tph_st_index");
	add_u32(message, RDMA_NLDEV_ATTR_DRIVER_U32, 9);
	add_string(message, RDMA_NLDEV_ATTR_DRIVER_STRING, "tph_ph");
	add_u32(message, RDMA_NLDEV_ATTR_DRIVER_U32, 2);
	end(message, driver);
	end(message, entry);
	entry = begin(message, RDMA_NLDEV_ATTR_RES_MR_ENTRY);
	add_u32(message, RDMA_NLDEV_ATTR_RES_MRN, 6);
	add_string(message, RDMA_NLDEV_ATTR_RES_KERN_NAME, "mlx5_ib");
	end(message, entry);
	end(message, list);
}

static void regions_with_hints_are_listed(void **state)
{
	struct rdma_mrs mrs = { 0 };
	struct message message;

	make_message(&message);
	assert_int_equal(rdma_mrs_parse(&mrs, message.bytes, message.size), 0);
	assert_int_equal(mrs.count, 2);
	assert_string_equal(mrs.array[0].device, "mlx5_0");
	assert_int_equal(mrs.array[0].mrn, 5);
	assert_int_equal(mrs.array[0].length, 0x123456789);
	assert_int_equal(mrs.array[0].pid, 0x7ffffffe);
	assert_true(mrs.array[0].has_tph);
	assert_string_equal(mrs.array[0].source, "exporter");
	assert_int_equal(mrs.array[0].st_index, 9);
	assert_int_equal(mrs.array[0].ph, 2);
	assert_int_equal(mrs.array[1].mrn, 6);
	assert_false(mrs.array[1].has_tph);
	assert_string_equal(mrs.array[1].program, "mlx5_ib");
	free(mrs.array);
}

/* Cut anywhere it is refused or gives less, and nothing beyond it is read. */
static void cut_answers_are_refused(void **state)
{
	struct message message;

	make_message(&message);
	for (size_t size = 0; size < message.size; size++) {
		struct rdma_mrs mrs = { 0 };
		uint8_t *copy = malloc(size ? size : 1);
		int err;

		memcpy(copy, message.bytes, size);
		err = rdma_mrs_parse(&mrs, copy, size);
		assert_true(!err || err == EPROTO);
		free(mrs.array);
		free(copy);
	}
}

static const struct vfio_tph_node nodes[] = {
	{ .function = { .address = "n" }, .completer = VFIO_TPH_COMPLETER_NONE },
	{ .function = { .address = "n" }, .completer = VFIO_TPH_COMPLETER_ST },
	{ .function = { .address = "n" }, .completer = VFIO_TPH_COMPLETER_RESERVED },
	{ .function = { .address = "n" }, .completer = VFIO_TPH_COMPLETER_ST_EXT },
	{ .function = { .address = "n" }, .type = VFIO_TPH_PORT_UNREADABLE },
};

static void tags_are_checked(void **state)
{
	static const struct {
		size_t node;
		uint32_t flags;
		int err;
	} rows[] = {
		{ 0, 0, EOPNOTSUPP },
		{ 0, VFIO_TPH_TAG_ST, EOPNOTSUPP },
		{ 1, VFIO_TPH_TAG_ST, 0 },
		{ 1, VFIO_TPH_TAG_ST_EXT, EOPNOTSUPP },
		{ 2, VFIO_TPH_TAG_ST, EOPNOTSUPP },
		{ 3, VFIO_TPH_TAG_ST_EXT, 0 },
		{ 3, VFIO_TPH_TAG_ST | VFIO_TPH_TAG_ST_EXT, 0 },
		{ 4, VFIO_TPH_TAG_ST, EACCES },
	};

	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		const struct vfio_tph_tags tags = { .flags = rows[i].flags };
		struct vfio_tph_reason reason;

		assert_int_equal(tags_check(&nodes[rows[i].node], &tags, &reason), rows[i].err);
	}
}

static void tags_are_read_from_json(void **state)
{
	static const char *const bad[] = {
		"{\"st\":256}", "{\"st\":-1}", "{\"st\":\"1\"}", "{\"st_ext\":65536}", "{\"ph\":4}",
	};
	struct json_object *object = json_tokener_parse("{\"st\":255,\"st_ext\":65535,\"ph\":3}");
	struct vfio_tph_tags tags;
	char words[TAGS_WORDS_SIZE];

	assert_true(tags_from_json(&tags, object));
	assert_string_equal(tags_words(&tags, words, sizeof(words)),
			    "st 0xff, st-ext 0xffff, ph 3");
	json_object_put(object);
	object = json_object_new_object();
	assert_true(tags_from_json(&tags, object));
	assert_string_equal(tags_words(&tags, words, sizeof(words)), "none");
	json_object_put(object);
	for (size_t i = 0; i < ARRAY_SIZE(bad); i++) {
		object = json_tokener_parse(bad[i]);
		assert_false(tags_from_json(&tags, object));
		json_object_put(object);
	}
}

static void imports_are_put_in_words(void **state)
{
	static const struct {
		const char *imports, *words;
		bool full;
	} cases[] = {
		{ "{\"hints\":true,\"namespace\":\"8-bit\",\"enabled\":true,\"table\":true,"
		  "\"entries\":64,\"free\":63,\"reserved\":16,\"available\":24}",
		  "8-bit tags; 63 of 64 entries free, 16 kept for CPUs, a process can have 24 more",
		  false },
		{ "{\"hints\":true,\"namespace\":\"16-bit\",\"enabled\":false,\"table\":true,"
		  "\"entries\":2,\"free\":0,\"reserved\":0,\"available\":0}",
		  "16-bit tags, off now; 0 of 2 entries free, 0 kept for CPUs, a process can have 0 more",
		  true },
		{ "{\"hints\":true,\"namespace\":\"8-bit\",\"enabled\":true,\"table\":false}",
		  "8-bit tags; each region its own", false },
		{ "{\"hints\":true,\"namespace\":\"none\"}", "no tags", false },
		{ "{\"hints\":false,\"namespace\":\"8-bit\"}", "no tags", false },
		{ "{\"hints\":true,\"namespace\":[]}", "[ ] tags, off now; each region its own",
		  false },
		{ "{}", "no tags", false },
	};
	char words[160], few[12];

	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		struct json_object *imports = json_tokener_parse(cases[i].imports);

		imports_words(imports, words, sizeof(words));
		assert_string_equal(words, cases[i].words);
		assert_int_equal(imports_are_full(imports), cases[i].full);
		imports_words(imports, few, sizeof(few));
		assert_memory_equal(few, words, strnlen(few, sizeof(few) - 1));
		json_object_put(imports);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(dumps_are_refused),
		cmocka_unit_test(least_dump_is_read),
		cmocka_unit_test(extras_of_wrong_types_do_no_harm),
		cmocka_unit_test(what_identifies_a_device_is_scrubbed),
		cmocka_unit_test(regions_with_hints_are_listed),
		cmocka_unit_test(cut_answers_are_refused),
		cmocka_unit_test(tags_are_checked),
		cmocka_unit_test(tags_are_read_from_json),
		cmocka_unit_test(imports_are_put_in_words),
	};

	return cmocka_run_group_tests_name("tphctl_parts", tests, NULL, NULL);
}
