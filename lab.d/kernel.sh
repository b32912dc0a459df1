# SPDX-License-Identifier: GPL-2.0 OR Linux-OpenIB
# shellcheck shell=bash
# Our kernel, in two flavours: `lab` is lean, `debug` has KASAN, lockdep and kmemleak.

# Objects that a build compiles, roughly: only for saying how far it has come
declare -rA kernel_objects=([lab]=2360 [debug]=2500)

# kernel_ready FLAVOUR: sets kernel_dir. FLAVOUR may also be the path of a bzImage made elsewhere.
kernel_ready() {
	local name
	if [[ $1 == */* ]]; then
		kernel_dir=$1
		shared_dirs+=("${kernel_dir%/*}")
		return
	fi
	kernel_flavour=$1
	name=kernels/$1-$({ hash_of kernel kernel-headers; cat "$root_tools/etc/rdma-tph-linux"; } |
		sha256sum | cut -c 1-16)
	mkdir -p "$cache/kernels" "$cache/trees"
	cached "$name" make_kernel
	kernel_dir=$cache/$name
}

# Source and objects stay, so that a change to the overlay compiles only what it touches.
make_kernel() {
	local tree=$cache/trees/$linux
	locked "${tree#"$cache/"}" \
		watched "building the kernel ($kernel_flavour)" "$logs/kernel-$kernel_flavour.log" \
		kernel_progress \
		in_tools nice kernel/build --source "/usr/src/$linux.tar.xz" \
		--flavour "$kernel_flavour" --tree "$tree" --output "$1" --jobs "$(nproc)" --selftests
}

kernel_progress() {
	local count
	count=$(grep -cE '^  (CC|AS|LD|AR|HOSTCC) ' "$1" || true)
	echo "$count objects; a whole build has about ${kernel_objects[$kernel_flavour]}"
}
