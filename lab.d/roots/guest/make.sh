# SPDX-License-Identifier: GPL-2.0 OR Linux-OpenIB
# shellcheck shell=bash
# The guest boots from it. An older release's perftest is in there, too: what people have on their
# machines is not always the newest. The same with middleware, if it is to have that.

# make_root [middleware] DIR
make_root() {
	local older=bookworm options=()
	(($# == 1)) || options+=(--include="$(packages_of "guest/$1")")
	find_mirror "$suite"
	if ! serves_debian "$mirror" "$older"; then
		warn "$older is not in the archive any more, using perftest of $suite in its place"
		older=$suite
	fi
	bootstrap guest "$suite" "${options[@]}" \
		--customize-hook="'$top/lab.d/roots/guest/older-perftest' \"\$1\" '$mirror' $older" \
		"${*: -1}"
}
