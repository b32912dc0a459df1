# SPDX-License-Identifier: GPL-2.0 OR Linux-OpenIB
# shellcheck shell=bash
# Releases on which libraries and tools have to build, as people have them

# make_root RELEASE DIR
make_root() {
	local release=$1 options=()
	find_mirror "$release"
	# Not every archive keeps its copy of sid fresh, and nothing but a test comes from it.
	[[ $release != sid ]] || options=(--aptopt='Acquire::Check-Valid-Until "false"')
	bootstrap distro "$release" "${options[@]}" \
		--customize-hook="'$top/lab.d/roots/distro/install-headers' \"\$1\"" "$2"
}
