// SPDX-License-Identifier: GPL-2.0 OR Linux-OpenIB
#include <stddef.h>

#include "providers.h"

const struct tph_provider *const tph_providers[] = { &tph_provider_mlx5, NULL };
