#!/bin/sh
# SPDX-License-Identifier: GPL-2.0 OR Linux-OpenIB
# usage: check_exports.sh CC HEADER LIBRARY NODE
# A library exports every function that its header declares, at symbol version NODE, and no other.
set -eu
cc=$1 header=$2 library=$3 node=$4
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT

# Without comments, a name before "(" that the header itself declares: all have _tph_ in it.
"$cc" -fpreprocessed -E -P "$header" |
	grep -oE '[a-z0-9]+_tph_[a-z0-9_]+\(' | sed "s/($/@@$node/" | sort -u >"$work/declared"
nm -D --defined-only --with-symbol-versions "$library" |
	awk '$2 == "T" { print $3 }' | sort -u >"$work/exported"
[ -s "$work/declared" ] || { echo "no function found in $header" >&2; exit 1; }
diff -u "$work/declared" "$work/exported"
