#!/bin/sh
# SPDX-License-Identifier: GPL-2.0 OR Linux-OpenIB
# Gives other_provider an rxe device of its own.
set -e
ip link add tph-rxe type dummy
trap 'rdma link delete tph_rxe; ip link delete tph-rxe' EXIT
ip link set tph-rxe up
rdma link add tph_rxe type rxe netdev tph-rxe
"$(dirname "$0")/other_provider_program" tph_rxe
