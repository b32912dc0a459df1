# SPDX-License-Identifier: GPL-2.0 OR Linux-OpenIB
# shellcheck shell=bash
# How a Debian root file system is made. What changes here makes all of them anew.

# The release that the lab lives in
readonly suite=trixie

# find_mirror SUITE...: sets `mirror`, which has all of them
find_mirror() {
	command -v mmdebstrap >/dev/null || host_install mmdebstrap debian-archive-keyring
	mirror=$(host_mirror "$@") || exit
}

# bootstrap SOURCE SUITES [OPTION]... DIR: makes it from `mirror`: the first of SUITES, and the
# packages that lab.d/roots/SOURCE lists. OPTIONs are mmdebstrap's.
bootstrap() {
	local source=$1 suites each archives=() options=("${@:3}") dir=${*: -1} name
	unset 'options[-1]'
	read -ra suites <<<"$2"
	for each in "${suites[@]}"; do archives+=("deb $mirror $each main"); done
	name=${dir##*/}
	name=${name%-*}
	watched "making the $name root" "$logs/$name-root.log" last_line \
		mmdebstrap_apart --include="$(packages_of "$source")" "${options[@]}" \
		"${suites[0]}" "$dir" "${archives[@]}"
}

packages_of() {
	sed 's/#.*//' "$top/lab.d/roots/$1/packages" | xargs | tr ' ' ,
}

# mmdebstrap_apart ARGUMENT...: in name spaces of its own, so that nothing stays mounted or running
# when it is interrupted
mmdebstrap_apart() {
	host_apt_options >"$logs/apt.conf"
	setpriv --pdeathsig KILL unshare --mount --pid --fork --kill-child --mount-proc \
		mmdebstrap --mode=root --variant=apt --format=directory \
		--aptopt='APT::Install-Recommends "false"' --aptopt="$logs/apt.conf" \
		--dpkgopt='path-exclude=/usr/share/doc/*' --dpkgopt='path-exclude=/usr/share/man/*' \
		--dpkgopt='path-include=/usr/share/doc/rdma-core/*' "$@"
}
