#!/bin/sh
# SPDX-License-Identifier: GPL-2.0 OR Linux-OpenIB
# usage: check_exports.sh CC LIBRARY HEADER NODE [HEADER NODE]...
# A library exports every function that its headers declare, at symbol version NODE of the header,
# and no other.
set -eu
cc=$1 library=$2
shift 2
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT

# Without comments, a name before "(" that the header itself declares: all have _tph_ in it.
while [ $# -gt 0 ]; do
	"$cc" -fpreprocessed -E -P "$1" | grep -oE '[a-z0-9]+_tph_[a-z0-9_]+\(' |
		sed "s/($/@@$2/" >"$work/header"
	[ -s "$work/header" ] || { echo "no function found in $1" >&2; exit 1; }
	cat "$work/header" >>"$work/all"
	shift 2
done
sort -u "$work/all" >"$work/declared"
nm -D --defined-only --with-symbol-versions "$library" |
	awk '$2 == "T" { print $3 }' | sort -u >"$work/exported"
diff -u "$work/declared" "$work/exported"
