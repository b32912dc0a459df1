/* SPDX-License-Identifier: GPL-2.0 OR Linux-OpenIB */
/* Memory keys */
#ifndef TESTS_CONNECTX_GUEST_MKEY_H
#define TESTS_CONNECTX_GUEST_MKEY_H

#include "guest.h"

#define GUEST_ACCESS	0x1f	/* all of enum mkey_access */

/* An entry of an indirect key; in KSMs, len means nothing. */
struct guest_klm {
	uint32_t len, key;
	uint64_t va;
};

struct guest_mkey {
	uint32_t pd;
	uint8_t access, variant, page_shift;
	bool pa, free, umr;
	uint64_t start, len;
	uint32_t octowords;
	const uint64_t *pages; /* bus addresses, host byte order, loaded by the command */
	uint32_t num_pages;
	bool tph;
	uint8_t ph, st_index;
	/* indirect keys, whose entries these are */
	bool klm, ksm;
	const struct guest_klm *klms;
	uint32_t num_klms;
	uint32_t qpn; /* 0: any */
	bool remote_invalidate;
	uint32_t bsf_octowords; /* 0: none */
};

/* Returns the status; @key is set when it is OK. */
uint8_t guest_try_mkey(struct guest *guest, const struct guest_mkey *attr, uint32_t *key);
uint32_t guest_mkey(struct guest *guest, const struct guest_mkey *attr);
/* [address, address + len), as one page list of 4 KiB pages, I/O virtual address = bus address. */
uint32_t guest_mr(struct guest *guest, uint64_t address, uint64_t len, uint8_t access);
/* As drivers write it, MKEY_KLM_SIZE bytes each */
void guest_put_klms(void *to, const struct guest_klm *klms, uint32_t count);

#endif
