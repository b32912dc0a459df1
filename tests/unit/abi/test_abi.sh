#!/bin/sh
# SPDX-License-Identifier: GPL-2.0 OR Linux-OpenIB
# usage: test_abi.sh check|write DUMP LIBRARY
# Holds what programs are compiled against, functions and types, against DUMP, which was written of
# LIBRARY once. Any difference fails: one that adds is recorded by `write`, and reviewed as a change
# of DUMP; any other one breaks programs.
set -eu
dump=$2 library=$3
opaque=$(dirname "$0")/opaque.abignore

# Nothing of where and how it was built
describe() {
	abidw --suppr "$opaque" --exported-interfaces-only --no-load-undefined-interfaces \
		--no-show-locs --no-corpus-path --no-comp-dir-path --no-elf-needed \
		--no-parameter-names --type-id-style hash "$library" |
		sed "s| path='[^']*/| path='|"
}

case $1 in
write)
	describe >"$dump"
	;;
check)
	new=$(mktemp)
	trap 'rm -f "$new"' EXIT
	describe >"$new"
	abidiff "$dump" "$new"
	;;
esac
