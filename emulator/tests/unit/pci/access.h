/* SPDX-License-Identifier: GPL-2.0 OR Linux-OpenIB */
/* Configuration space as a guest has it; an access that fails ends the case. */
#ifndef TESTS_PCI_ACCESS_H
#define TESTS_PCI_ACCESS_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include "pci/function.h"

static inline uint32_t access_get(struct pci_function *fn, unsigned int offset, size_t len)
{
	uint32_t value = 0;

	assert_int_equal(pci_config_read(fn, offset, &value, len), 0);
	return value;
}

static inline void access_set(struct pci_function *fn, unsigned int offset, uint32_t value,
			      size_t len)
{
	assert_int_equal(pci_config_write(fn, offset, &value, len), 0);
}

#endif
