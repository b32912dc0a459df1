// SPDX-License-Identifier: GPL-2.0 OR Linux-OpenIB
#include "connectx/memory/tph.h"

#include "connectx/command/nic.h"
#include "connectx/memory/mkey.h"

struct tlp_hints tph_hints(const struct connectx *nic, const struct mkey *mkey)
{
	if (!mkey || !mkey->tph.enabled)
		return (struct tlp_hints){ .hv = TLP_HV_NONE };
	return pci_tph_hints(&nic->fn, mkey->tph.st_index, mkey->tph.ph);
}
