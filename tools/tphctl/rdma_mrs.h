/* SPDX-License-Identifier: GPL-2.0 OR Linux-OpenIB */
/*
 * Memory regions of RDMA devices, by the kernel's resource tracking (RDMA netlink), which is where
 * rdma resource show mr has them from. A driver that knows says which entry of the ST table a
 * region's requests select, as attributes of its own: "tph", "tph_st_index", "tph_ph".
 */
#ifndef TPHCTL_RDMA_MRS_H
#define TPHCTL_RDMA_MRS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/*
 * device:   name of the RDMA device
 * mrn:      number of the region
 * pid:      process that has it, 0 for one of the kernel
 * program:  its name, or that of the part of the kernel
 * length:   bytes
 * has_tph:  its requests carry hints, the rest says which
 * source:   where they come from, in the driver's words: "exporter", "dmah"
 * st_index: entry of the ST table
 * ph:       processing hint
 */
struct rdma_mr {
	char device[64];
	uint32_t mrn;
	uint32_t pid;
	char program[32];
	uint64_t length;
	bool has_tph;
	char source[32];
	uint32_t st_index;
	uint32_t ph;
};

struct rdma_mrs {
	struct rdma_mr *array;
	size_t count, room;
};

/* All of the system; the caller frees the array, also after an error. 0 or an errno. */
int rdma_mrs_list(struct rdma_mrs *mrs);

/*
 * What one answer to a request for a device's regions has: @size bytes after the netlink header.
 * 0, EPROTO when it is not as it should be, ENOMEM.
 */
int rdma_mrs_parse(struct rdma_mrs *mrs, const void *message, size_t size);

#endif /* TPHCTL_RDMA_MRS_H */
