// SPDX-License-Identifier: GPL-2.0 OR Linux-OpenIB
#include "pci_address.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define MAX_BUS 0xff
#define MAX_DEVICE 0x1f
#define MAX_FUNCTION 7

/* A hexadecimal number of at most @digits digits that ends with the character @end. */
static bool parse_field(const char **text, size_t digits, char end, uint32_t max, uint32_t *value)
{
	size_t length = strspn(*text, "0123456789abcdefABCDEF");

	if (!length || length > digits || (*text)[length] != end)
		return false;
	*value = strtoul(*text, NULL, 16);
	*text += length + (end ? 1 : 0);
	return *value <= max;
}

/* An address with a domain has two colons. */
static bool has_domain(const char *text)
{
	const char *colon = strchr(text, ':');

	return colon && strchr(colon + 1, ':');
}

bool pci_address_parse(const char *text, struct pci_address *address)
{
	bool domain_given = has_domain(text);
	uint32_t domain = 0, bus, device, function;

	if (domain_given && !parse_field(&text, 8, ':', UINT32_MAX, &domain))
		return false;
	if (!parse_field(&text, 2, ':', MAX_BUS, &bus) ||
	    !parse_field(&text, 2, '.', MAX_DEVICE, &device) ||
	    !parse_field(&text, 1, '\0', MAX_FUNCTION, &function))
		return false;
	*address = (struct pci_address){
		.domain = domain,
		.bus = bus,
		.device = device,
		.function = function,
		.has_domain = domain_given,
	};
	return true;
}

void pci_address_format(const struct pci_address *address, char text[static PCI_ADDRESS_SIZE])
{
	snprintf(text, PCI_ADDRESS_SIZE, "%04" PRIx32 ":%02x:%02x.%x", address->domain,
		 address->bus, address->device & MAX_DEVICE, address->function & MAX_FUNCTION);
}
