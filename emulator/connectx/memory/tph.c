// SPDX-License-Identifier: GPL-2.0 OR Linux-OpenIB
#include "connectx/memory/tph.h"

#include "connectx/command/nic.h"
#include "connectx/memory/mkey.h"

struct tlp_hints tph_hints(const struct connectx *nic, const struct mkey *mkey)
{
	struct pci_tph_choice choice;

	if (!mkey || !mkey->tph.enabled)
		return (struct tlp_hints){ .hv = TLP_HV_NONE };
	/* A key has no vector: the NIC has no interrupt-vector mode. */
	choice = (struct pci_tph_choice){ .st = mkey->tph.st_index, .ph = mkey->tph.ph };
	return pci_tph_hints(&nic->fn, &choice);
}
