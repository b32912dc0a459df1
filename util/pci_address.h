/* SPDX-License-Identifier: GPL-2.0 OR Linux-OpenIB */
/* Addresses of PCI functions, as lspci and sysfs write them. */
#ifndef UTIL_PCI_ADDRESS_H
#define UTIL_PCI_ADDRESS_H

#include <stdbool.h>
#include <stdint.h>

struct pci_address {
	/*
	 * As Linux numbers domains, which is not PCIe's 8-bit segment: domains that Linux makes up
	 * are beyond 16 bits.
	 */
	uint32_t domain;
	uint8_t bus;
	uint8_t device;   /* 0 to 0x1f */
	uint8_t function; /* 0 to 7 */
	bool has_domain;  /* was written; without it @domain is 0 */
};

/* Room for the longest, with its end. */
#define PCI_ADDRESS_SIZE sizeof("00000000:00:00.0")

/**
 * pci_address_parse() - DDDD:BB:DD.F or BB:DD.F in hexadecimal; a domain has up to 8 digits.
 * @address: written only when @text is one. Where no domain may be given, or one has to be, the
 *	caller looks at its has_domain.
 *
 * Leading zeroes may be left out, as sysfs does not, but people do.
 *
 * Return: whether @text is one.
 */
bool pci_address_parse(const char *text, struct pci_address *address);

/** pci_address_format() - as sysfs calls the function: DDDD:BB:DD.F, the domain always there. */
void pci_address_format(const struct pci_address *address, char text[static PCI_ADDRESS_SIZE]);

/**
 * pci_address_id() - what a TLP calls the function: bus, device and function in 16 bits. PCI
 * Express Base Specification, "Transaction Descriptor - Transaction ID Field": the Requester ID.
 */
static inline uint16_t pci_address_id(const struct pci_address *address)
{
	return address->bus << 8 | address->device << 3 | address->function;
}

#endif
