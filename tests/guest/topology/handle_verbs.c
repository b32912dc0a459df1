// SPDX-License-Identifier: GPL-2.0 OR Linux-OpenIB
#include <errno.h>
#include <string.h>
#include <infiniband/verbs.h>

#include "handle.h"
#include "tap.h"

const char handle_maker[] = "libibverbs";

static struct ibv_mr *reg(struct ibv_pd *pd, void *addr, size_t length, struct ibv_dmah *dmah)
{
	struct ibv_mr_init_attr attr = {
		.length = length,
		.access = IBV_ACCESS_LOCAL_WRITE | IBV_ACCESS_REMOTE_WRITE,
		.comp_mask = IBV_REG_MR_MASK_ADDR | IBV_REG_MR_MASK_DMAH,
		.addr = addr,
		.dmah = dmah,
	};

	return ibv_reg_mr_ex(pd, &attr);
}

int handle_reg(struct verbs *verbs, const struct handle_attr *attr, void *addr, size_t length,
	       struct handle_region *region)
{
	struct ibv_dmah_init_attr init = {
		.comp_mask = IBV_DMAH_INIT_ATTR_MASK_CPU_ID | IBV_DMAH_INIT_ATTR_MASK_PH |
			     IBV_DMAH_INIT_ATTR_MASK_TPH_MEM_TYPE,
		.cpu_id = attr->cpu,
		.ph = attr->ph,
		.tph_mem_type = attr->memory == HANDLE_PERSISTENT ? IBV_TPH_MEM_TYPE_PM :
								    IBV_TPH_MEM_TYPE_VM,
	};
	struct ibv_dmah *dmah = ibv_alloc_dmah(verbs->context, &init);
	struct ibv_mr *mr;

	if (!dmah)
		return errno;
	mr = reg(verbs->pd, addr, length, dmah);
	if (!mr)
		tap_bail_out("a region with a DMA handle: %s", strerror(errno));
	*region = (struct handle_region){
		.mr = { .handle = mr->handle, .lkey = mr->lkey, .rkey = mr->rkey },
		.handle = dmah,
		.region = mr,
	};
	return 0;
}

void handle_dereg(struct verbs *verbs, struct handle_region *region)
{
	if (ibv_dereg_mr(region->region) || ibv_dealloc_dmah(region->handle))
		tap_bail_out("a region with a DMA handle stays: %s", strerror(errno));
}
