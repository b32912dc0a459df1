/* SPDX-License-Identifier: GPL-2.0 OR Linux-OpenIB */
/* Options that all devices with a link have (base/options.h). */
#ifndef FABRIC_OPTIONS_H
#define FABRIC_OPTIONS_H

#include <stdbool.h>

#include "tlp/tlp.h"

/** fabric_option_encoding() - on: the link is in flit mode; off: it is not. */
bool fabric_option_encoding(const char *value, enum tlp_encoding *encoding);

#endif
