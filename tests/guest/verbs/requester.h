/* SPDX-License-Identifier: GPL-2.0 OR Linux-OpenIB */
/*
 * The TPH Requester capability of the NIC, by its configuration space: what its function emits,
 * whatever kernel and libraries say.
 */
#ifndef GUEST_VERBS_REQUESTER_H
#define GUEST_VERBS_REQUESTER_H

#include <stdbool.h>
#include <stdint.h>
#include <infiniband/tph.h>

struct requester {
	int config;
	unsigned int capability; /* where it is, 0 when there is none */
	uint32_t control;        /* its control register when it was opened */
};

/* That of the function at $TPH_NIC0, or ends the test. */
void requester_open(struct requester *requester);
void requester_close(struct requester *requester);

/* The namespace that is enabled, NONE when none is. */
enum ibv_tph_namespace requester_emitted(const struct requester *requester);
/* Entries of the ST table in the capability. */
unsigned int requester_entries(const struct requester *requester);
/* Disables it, or enables it again as it was. Without the capability there is nothing to do. */
void requester_set_enabled(const struct requester *requester, bool enabled);

#endif
