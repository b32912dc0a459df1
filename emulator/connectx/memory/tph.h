/* SPDX-License-Identifier: GPL-2.0 OR Linux-OpenIB */
/* From a memory key to the processing hints of the TLPs that use it. */
#ifndef CONNECTX_TPH_H
#define CONNECTX_TPH_H

#include "tlp/tlp.h"

struct connectx;
struct mkey;

/**
 * tph_hints() - the hints of a request through @mkey at this moment.
 *
 * The key says whether, and which PH and which entry of the ST table; the TPH capability of the
 * function decides what goes out: nothing while its requester is disabled, no tag in No ST mode,
 * 8 or 16 bits of ST[index] by its requester type. Both may change from one TLP to the next, so
 * callers ask for every piece they send.
 */
struct tlp_hints tph_hints(const struct connectx *nic, const struct mkey *mkey);

#endif
