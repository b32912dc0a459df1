# SPDX-License-Identifier: GPL-2.0 OR Linux-OpenIB
# shellcheck shell=bash
# In it everything is built, and QEMU runs: the release, with newer QEMU and Linux of its backports.

make_root() {
	local source=$top/lab.d/roots/tools
	find_mirror "$suite" "$suite-backports"
	# shellcheck disable=SC2016 # mmdebstrap's shell expands $1
	bootstrap tools "$suite $suite-backports" \
		--setup-hook='mkdir -p "$1/etc/apt/preferences.d"' \
		--setup-hook="cp '$source/backports.pref' \"\$1/etc/apt/preferences.d\"" \
		--customize-hook="'$source/install-linux' \"\$1\"" "$1"
}
