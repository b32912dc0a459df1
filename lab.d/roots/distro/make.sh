# SPDX-License-Identifier: GPL-2.0 OR Linux-OpenIB
# shellcheck shell=bash
# Releases on which libraries and tools have to build, as people have them. The same with what makes
# and checks packages, if they are to do that.

# make_root RELEASE [packaging] DIR
make_root() {
	local release=$1 options=()
	find_mirror "$release"
	(($# == 2)) || options+=(--include="$(packages_of "distro/$2")")
	# Not every archive keeps its copy of sid fresh, and nothing but a test comes from it.
	[[ $release != sid ]] || options+=(--aptopt='Acquire::Check-Valid-Until "false"')
	bootstrap distro "$release" "${options[@]}" \
		--customize-hook="'$top/lab.d/roots/distro/install-headers' \"\$1\"" "${*: -1}"
}
