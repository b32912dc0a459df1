#!/bin/sh
# SPDX-License-Identifier: GPL-2.0 OR Linux-OpenIB
# connectx_rc again, with inline work requests posted through BlueFlame, as they are on hardware.
MLX5_SHUT_UP_BF=0 exec "$(dirname "$0")/connectx_rc"
