/* SPDX-License-Identifier: GPL-2.0 OR Linux-OpenIB */
/* The ST table of a requester, wherever it is. */
#ifndef TPHCTL_ST_TABLE_H
#define TPHCTL_ST_TABLE_H

#include "machine.h"

#define ST_TABLE_MAX 2048	/* entries, by the field's width */

/*
 * Reads all entries. From MSI-X only on this machine: a dump has no memory of devices in it.
 * Returns 0 or an errno with the reason, EOPNOTSUPP when there is no table.
 */
int st_table_read(const struct machine *machine, const struct vfio_tph_node *node,
		  uint16_t tags[static ST_TABLE_MAX], struct vfio_tph_reason *reason);

#endif /* TPHCTL_ST_TABLE_H */
