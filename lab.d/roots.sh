# SPDX-License-Identifier: GPL-2.0 OR Linux-OpenIB
# shellcheck shell=bash
# Two Debian 13 root file systems: `tools`, in which everything is built and QEMU runs, and `guest`,
# which the guest boots from. Both are only ever read once they are made.

readonly suite=trixie
# Its perftest is in the guest, too: what people have on their machines is not always the newest.
readonly older_suite=bookworm
# Everything was tested with this one; a newer one is taken with a warning.
readonly tested_linux=linux-source-7.3

roots_ready() {
	local common=(lab.d/roots/tools/backports.pref lab.d/roots.sh)
	root_tools=roots/tools-$(hash_of lab.d/roots/tools/{packages,install-linux} "${common[@]}")
	root_guest=roots/guest-$(hash_of lab.d/roots/guest/{packages,older-perftest} "${common[@]}")
	mkdir -p "$cache/roots"
	cached "$root_tools" make_tools_root
	cached "$root_guest" make_guest_root
	root_tools=$cache/$root_tools
	root_guest=$cache/$root_guest
	# shellcheck source=/dev/null
	linux=$(. "$root_tools/etc/rdma-tph-linux" && echo "$source")
	[[ $linux == "$tested_linux" ]] ||
		warn "$tested_linux is not in the archive any more, using $linux"
}

make_tools_root() {
	find_mirror
	watched "making the tools root" "$logs/tools-root.log" last_line bootstrap tools "$1" \
		--customize-hook="'$top/lab.d/roots/tools/install-linux' \"\$1\""
}

make_guest_root() {
	local older=$older_suite
	find_mirror
	if ! serves_debian "$mirror" "$older"; then
		warn "$older is not in the archive any more, using perftest of $suite in its place"
		older=$suite
	fi
	watched "making the guest root" "$logs/guest-root.log" last_line bootstrap guest "$1" \
		--customize-hook="'$top/lab.d/roots/guest/older-perftest' \"\$1\" '$mirror' $older"
}

find_mirror() {
	command -v mmdebstrap >/dev/null || host_install mmdebstrap debian-archive-keyring
	[[ -n ${mirror:-} ]] || mirror=$(host_mirror "$suite" "$suite-backports") || exit
}

# bootstrap LIST DIR OPTION...: in name spaces of its own, so that nothing stays mounted or running
# when it is interrupted
bootstrap() {
	local list=$top/lab.d/roots/$1/packages dir=$2
	shift 2
	host_apt_options >"$logs/apt.conf"
	# shellcheck disable=SC2016 # mmdebstrap's shell expands $1
	setpriv --pdeathsig KILL unshare --mount --pid --fork --kill-child --mount-proc \
		mmdebstrap --mode=root --variant=apt --format=directory \
		--include="$(sed 's/#.*//' "$list" | xargs | tr ' ' ,)" \
		--aptopt='APT::Install-Recommends "false"' --aptopt="$logs/apt.conf" \
		--dpkgopt='path-exclude=/usr/share/doc/*' --dpkgopt='path-exclude=/usr/share/man/*' \
		--dpkgopt='path-include=/usr/share/doc/rdma-core/*' \
		--setup-hook='mkdir -p "$1/etc/apt/preferences.d"' \
		--setup-hook="cp '$top/lab.d/roots/tools/backports.pref' \"\$1/etc/apt/preferences.d\"" \
		"$@" "$suite" "$dir" \
		"deb $mirror $suite main" "deb $mirror $suite-backports main"
}
