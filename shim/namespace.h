/* SPDX-License-Identifier: GPL-2.0 OR Linux-OpenIB */
/* Namespaces as people write them. */
#ifndef SHIM_NAMESPACE_H
#define SHIM_NAMESPACE_H

#include <stdbool.h>
#include <stdint.h>

#include <infiniband/tph.h>

/* "none", "auto", "st", "st-ext"; "?" for what is none of them. */
const char *tph_namespace_name(uint32_t ns);

/* Which one @text is, with hyphens or underscores. False, and nothing written, when it is none. */
bool tph_namespace_find(const char *text, enum ibv_tph_namespace *ns);

#endif
