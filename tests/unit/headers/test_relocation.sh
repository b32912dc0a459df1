#!/bin/sh
# SPDX-License-Identifier: GPL-2.0 OR Linux-OpenIB
# test_relocation.sh PKG-CONFIG MODULE LIBDIR: whether MODULE's libraries are in LIBDIR when it is
# told to have the prefix /elsewhere.
set -eu
said=$("$1" --define-variable=prefix=/elsewhere --variable=libdir "$2")
[ "$said" = "$3" ] && exit
echo "$2: $said, not $3" >&2
exit 1
