/* SPDX-License-Identifier: GPL-2.0 OR Linux-OpenIB */
#ifndef TPHCTL_SCRUB_H
#define TPHCTL_SCRUB_H

#include <stddef.h>
#include <stdint.h>

/*
 * Blanks what could tell one device from another of its kind in @config: the Device Serial Number,
 * Vital Product Data, and capabilities of vendors, whose contents nobody else knows.
 */
void scrub_config(uint8_t *config, size_t size);

#endif /* TPHCTL_SCRUB_H */
