// SPDX-License-Identifier: GPL-2.0 OR Linux-OpenIB
#include "fabric/options.h"

#include "base/options.h"

bool fabric_option_encoding(const char *value, enum tlp_encoding *encoding)
{
	bool flit;

	if (!option_bool(value, &flit))
		return false;
	*encoding = flit ? TLP_FLIT : TLP_NONFLIT;
	return true;
}
