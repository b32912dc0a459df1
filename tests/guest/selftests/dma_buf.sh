#!/bin/sh
# SPDX-License-Identifier: GPL-2.0 OR Linux-OpenIB
# The kernel's selftest of TLP Processing Hints of dma-bufs that have none.
exec "${LAB_SELFTESTS:?this kernel came without}/drivers/dma-buf/tph"
