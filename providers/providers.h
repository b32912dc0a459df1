/* SPDX-License-Identifier: GPL-2.0 OR Linux-OpenIB */
/* What each folder here gives to libibverbs-tph. */
#ifndef TPH_PROVIDERS_H
#define TPH_PROVIDERS_H

#include "provider.h"

extern const struct tph_provider tph_provider_mlx5;

#endif /* TPH_PROVIDERS_H */
