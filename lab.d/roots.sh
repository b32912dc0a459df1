# SPDX-License-Identifier: GPL-2.0 OR Linux-OpenIB
# shellcheck shell=bash
# Debian root file systems: `tools`, in which everything is built and QEMU runs, `guest`, which the
# guest boots from, and releases as people have them. lab.d/roots/ has what each is made from. Once
# made they are only read.

readonly suite=trixie
# Its perftest is in the guest, too: what people have on their machines is not always the newest.
readonly older_suite=bookworm
# Everything was tested with this one; a newer one is taken with a warning.
readonly tested_linux=linux-source-7.3

# root_ready NAME SOURCE MAKER...: sets `root` to a directory in the cache. MAKER... DIR makes it
# from what is in lab.d/roots/SOURCE.
root_ready() {
	local name=$1 source=$2
	shift 2
	root=roots/$name-$({ hash_of "lab.d/roots/$source"; hash_of lab.d/bootstrap.sh; } |
		sha256sum | cut -c 1-16)
	mkdir -p "$cache/roots"
	cached "$root" "$@"
	root=$cache/$root
}

# tools_root_ready: sets root_tools, and linux: the source package that is in there
tools_root_ready() {
	root_ready tools tools make_tools_root
	root_tools=$root
	# shellcheck source=/dev/null
	linux=$(. "$root_tools/etc/rdma-tph-linux" && echo "$source")
	[[ $linux == "$tested_linux" ]] ||
		warn "$tested_linux is not in the archive any more, using $linux"
}

make_tools_root() {
	local source=$top/lab.d/roots/tools
	find_mirror "$suite" "$suite-backports"
	# shellcheck disable=SC2016 # mmdebstrap's shell expands $1
	bootstrap tools "$suite $suite-backports" \
		--setup-hook='mkdir -p "$1/etc/apt/preferences.d"' \
		--setup-hook="cp '$source/backports.pref' \"\$1/etc/apt/preferences.d\"" \
		--customize-hook="'$source/install-linux' \"\$1\"" "$1"
}

# guest_root_ready: sets root_guest
guest_root_ready() {
	root_ready guest guest make_guest_root
	root_guest=$root
}

make_guest_root() {
	local older=$older_suite
	find_mirror "$suite"
	if ! serves_debian "$mirror" "$older"; then
		warn "$older is not in the archive any more, using perftest of $suite in its place"
		older=$suite
	fi
	bootstrap guest "$suite" \
		--customize-hook="'$top/lab.d/roots/guest/older-perftest' \"\$1\" '$mirror' $older" "$1"
}

# distro_root_ready SUITE: sets root: a release of Debian on which libraries and tools have to build
distro_root_ready() {
	root_ready "$1" distro make_distro_root "$1"
}

make_distro_root() {
	local release=$1 options=()
	find_mirror "$release"
	# Not every archive keeps its copy of sid fresh, and nothing but a test comes from it.
	[[ $release != sid ]] || options=(--aptopt='Acquire::Check-Valid-Until "false"')
	bootstrap distro "$release" "${options[@]}" \
		--customize-hook="'$top/lab.d/roots/distro/install-headers' \"\$1\"" "$2"
}

# find_mirror SUITE...: sets `mirror`, which has all of them
find_mirror() {
	command -v mmdebstrap >/dev/null || host_install mmdebstrap debian-archive-keyring
	mirror=$(host_mirror "$@") || exit
}
