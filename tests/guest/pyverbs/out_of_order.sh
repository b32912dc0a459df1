#!/bin/sh
# SPDX-License-Identifier: GPL-2.0 OR Linux-OpenIB
# rdma-core's tests of QPs that take data out of order, on a NIC that offers them.
exec "$(dirname "$0")/pyverbs" --no-skips test_mlx5_ooo_qp
