// SPDX-License-Identifier: GPL-2.0 OR Linux-OpenIB
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <cmocka.h>

#include "util/macros.h"
#include "util/pci_address.h"

static void good_addresses_are_parsed(void **state)
{
	static const struct {
		const char *text;
		struct pci_address address;
		const char *formatted;
		uint16_t id;
	} rows[] = {
		{ "0000:00:05.0", { 0, 0, 5, 0, true }, "0000:00:05.0", 0x0028 },
		{ "00:05.0", { 0, 0, 5, 0, false }, "0000:00:05.0", 0x0028 },
		{ "0:5.0", { 0, 0, 5, 0, false }, "0000:00:05.0", 0x0028 },
		{ "1:2:3.4", { 1, 2, 3, 4, true }, "0001:02:03.4", 0x021c },
		{ "fffe:Ff:1F.7", { 0xfffe, 0xff, 0x1f, 7, true }, "fffe:ff:1f.7", 0xffff },
		{ "10001:8a:00.0", { 0x10001, 0x8a, 0, 0, true }, "10001:8a:00.0", 0x8a00 },
		{ "ffffffff:ff:1f.7",
		  { UINT32_MAX, 0xff, 0x1f, 7, true },
		  "ffffffff:ff:1f.7",
		  0xffff },
		{ "00000001:02:03.4", { 1, 2, 3, 4, true }, "0001:02:03.4", 0x021c },
	};
	char text[PCI_ADDRESS_SIZE];
	struct pci_address address;

	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		if (!pci_address_parse(rows[i].text, &address))
			fail_msg("'%s'", rows[i].text);
		assert_int_equal(address.domain, rows[i].address.domain);
		assert_int_equal(address.bus, rows[i].address.bus);
		assert_int_equal(address.device, rows[i].address.device);
		assert_int_equal(address.function, rows[i].address.function);
		assert_int_equal(address.has_domain, rows[i].address.has_domain);
		pci_address_format(&address, text);
		assert_string_equal(text, rows[i].formatted);
		assert_int_equal(pci_address_id(&address), rows[i].id);
	}
}

static void bad_addresses_are_refused(void **state)
{
	static const char *const rows[] = {
		"",
		":",
		"::.",
		"05.0",
		"00:05",
		"00:05.",
		"00:05.8",
		"00:20.0",
		"100:05.0",
		"000:05.0",
		"0000:00:05.00",
		"0000:00:05.0 ",
		" 0000:00:05.0",
		"0000:00:+5.0",
		"0x0:00:05.0",
		"100000000:00:05.0",
		"000000000:00:05.0",
		"0:0000:00:05.0",
		"g:00:05.0",
		"../00:05.0",
		"0000:00:05:0",
		"00.05.0",
		"00:-1.0",
		":00:05.0",
	};
	struct pci_address address, before;

	memset(&address, 0xa5, sizeof(address));
	before = address;
	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		if (pci_address_parse(rows[i], &address))
			fail_msg("'%s'", rows[i]);
		assert_memory_equal(&address, &before, sizeof(address));
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(good_addresses_are_parsed),
		cmocka_unit_test(bad_addresses_are_refused),
	};

	return cmocka_run_group_tests_name("pci_address", tests, NULL, NULL);
}
