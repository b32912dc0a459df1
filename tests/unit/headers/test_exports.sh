#!/bin/sh
# SPDX-License-Identifier: GPL-2.0 OR Linux-OpenIB
# usage: test_exports.sh CC LIBRARY SYMBOLS HEADER...
# A library exports every function that its headers declare, and no other; each at the version that
# SYMBOLS, a .symbols file of Debian, has for it.
set -eu
cc=$1 library=$2 symbols=$3
shift 3
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT

# Without comments, a name before "(" that the header itself declares: all have _tph_ in it.
for header; do
	"$cc" -fpreprocessed -E -P "$header" | grep -oE '[a-z0-9]+_tph_[a-z0-9_]+\(' |
		tr -d '(' >"$work/header"
	[ -s "$work/header" ] || { echo "no function found in $header" >&2; exit 1; }
	cat "$work/header" >>"$work/all"
done
sort -u "$work/all" >"$work/declared"
nm -D --defined-only --with-symbol-versions "$library" |
	awk '$2 == "T" { sub("@@", "@", $3); print $3 }' | sort >"$work/exported"
sed 's/@.*//' "$work/exported" | diff -u "$work/declared" -

# Those of the versions themselves have the name of the version on both sides.
sed -n 's/^ \([a-z][^ @]*@[^ ]*\) .*/\1/p' "$symbols" | sort | diff -u - "$work/exported"
