/* SPDX-License-Identifier: GPL-2.0 OR Linux-OpenIB */
/* The operations that a steering tag can select (accelerator_regs.h). */
#ifndef ACCELERATOR_OPERATIONS_H
#define ACCELERATOR_OPERATIONS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/**
 * operation_apply() - land @len bytes of @data at @memory.
 * @misalign: of @memory in the device's memory, modulo 4
 *
 * Return: whether @operation is one; if not, data are stored.
 */
bool operation_apply(unsigned int operation, uint8_t *memory, unsigned int misalign,
		     const uint8_t *data, size_t len);

#endif
