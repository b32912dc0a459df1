#!/bin/sh
# SPDX-License-Identifier: GPL-2.0 OR Linux-OpenIB
# The kernel's selftest of VFIO_DEVICE_FEATURE_DMA_BUF_TPH, with the kind of completer that is in the
# name of this program. With those that complete nothing only what is not skipped then.
case ${0##*_} in
	ext) set -- "$TPH_ACC0" "$TPH_ACC1" ;;
	tph) set -- "$TPH_ACC1" "$TPH_ACC0" ;;
	none) set -- -t operations -t arguments -t unreadable -t values "$TPH_ACC2" ;;
	reserved) set -- -t operations -t arguments -t unreadable -t values "$TPH_ACC3" ;;
esac
exec "${LAB_SELFTESTS:?this kernel came without}/vfio/vfio_pci_dma_buf_tph_test" "$@"
