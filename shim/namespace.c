// SPDX-License-Identifier: GPL-2.0 OR Linux-OpenIB
#include "namespace.h"

#include <stddef.h>

#include "util/macros.h"

static const char *const names[] = {
	[IBV_TPH_NS_NONE] = "none",
	[IBV_TPH_NS_AUTO] = "auto",
	[IBV_TPH_NS_ST] = "st",
	[IBV_TPH_NS_ST_EXT] = "st-ext",
};

const char *tph_namespace_name(uint32_t ns)
{
	return ns < ARRAY_SIZE(names) ? names[ns] : "?";
}

static bool is(const char *name, const char *text)
{
	while (*name && (*text == *name || (*text == '_' && *name == '-')))
		name++, text++;
	return !*name && !*text;
}

bool tph_namespace_find(const char *text, enum ibv_tph_namespace *ns)
{
	for (size_t i = 0; i < ARRAY_SIZE(names); i++) {
		if (is(names[i], text)) {
			*ns = i;
			return true;
		}
	}
	return false;
}
