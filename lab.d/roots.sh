# SPDX-License-Identifier: GPL-2.0 OR Linux-OpenIB
# shellcheck shell=bash
# Debian root file systems: `tools`, in which everything is built and QEMU runs, `guest`, which the
# guest boots from, and releases as people have them. lab.d/roots/ has all that decides what is in
# one. Once made they are only read.

# Everything was tested with this one; a newer one is taken with a warning.
readonly tested_linux=linux-source-7.3

# root_ready NAME SOURCE [ARGUMENT]...: sets `root` to a directory in the cache, which make_root
# ARGUMENT... of lab.d/roots/SOURCE has made.
root_ready() {
	local name=$1 source=$2
	shift 2
	root=roots/$name-$({ hash_of "lab.d/roots/$source"; hash_of lab.d/bootstrap.sh; } |
		sha256sum | cut -c 1-16)
	mkdir -p "$cache/roots"
	# shellcheck source=/dev/null
	. "$top/lab.d/roots/$source/make.sh"
	cached "$root" make_root "$@"
	root=$cache/$root
}

# tools_root_ready: sets root_tools, and linux: the source package that is in there
tools_root_ready() {
	root_ready tools tools
	root_tools=$root
	# shellcheck source=/dev/null
	linux=$(. "$root_tools/etc/rdma-tph-linux" && echo "$source")
	[[ $linux == "$tested_linux" ]] ||
		warn "$tested_linux is not in the archive any more, using $linux"
}

# guest_root_ready: sets root_guest
guest_root_ready() {
	root_ready guest guest
	root_guest=$root
}

# middleware_root_ready: sets root, to the guest's with UCX, libfabric and Open MPI
middleware_root_ready() {
	root_ready middleware guest middleware
}

# distro_root_ready RELEASE: sets root
distro_root_ready() {
	root_ready "$1" distro "$1"
}

# packaging_root_ready RELEASE: sets root, to the same with what makes packages
packaging_root_ready() {
	root_ready "packaging-$1" distro "$1" packaging
}
