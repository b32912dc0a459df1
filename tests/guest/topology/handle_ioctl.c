// SPDX-License-Identifier: GPL-2.0 OR Linux-OpenIB
#include <errno.h>
#include <string.h>

#include "handle.h"
#include "tap.h"

const char handle_maker[] = "the ioctl";

int handle_reg(struct verbs *verbs, const struct handle_attr *attr, void *addr, size_t length,
	       struct handle_region *region)
{
	const struct verbs_cpu cpu = { .id = attr->cpu, .memory = attr->memory };
	const struct verbs_reg reg = {
		.form = VERBS_REG_MR_ADDR,
		.addr = addr,
		.length = length,
		.tph_namespace = VERBS_NO_ATTR,
		.tph_flags = VERBS_NO_ATTR,
		.dmah = &region->handle_id,
	};
	int err = verbs_alloc_dmah(verbs, attr->ph, &cpu, &region->handle_id);

	if (err)
		return err;
	err = verbs_reg(verbs, &reg, &region->mr);
	if (err)
		tap_bail_out("a region with a DMA handle: %s", strerror(err));
	return 0;
}

void handle_dereg(struct verbs *verbs, struct handle_region *region)
{
	int err = verbs_dereg(verbs, &region->mr);

	err = err ? err : verbs_free_dmah(verbs, region->handle_id);
	if (err)
		tap_bail_out("a region with a DMA handle stays: %s", strerror(err));
}
