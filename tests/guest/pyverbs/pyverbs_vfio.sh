#!/bin/sh
# SPDX-License-Identifier: GPL-2.0 OR Linux-OpenIB
# rdma-core's tests of its driver in user space, on a NIC that VFIO gives an address space of its own.
exec "$(dirname "$0")/pyverbs" --vfio
