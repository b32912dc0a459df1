#!/bin/bash
# SPDX-License-Identifier: GPL-2.0 OR Linux-OpenIB
# as_installed.sh POINTS TAG HINT: what people do with the packages, in the guest that has them
# installed. Goes on counting after POINTS, and fails when one of its own points does.
set -u
tests=$(dirname "$0")
# shellcheck source=tests/lib/tap.sh
. "$tests/tap.sh"
points=$1
tag=$2
hint=$3
failed=0
rdma=$(ls "/sys/bus/pci/devices/$TPH_NIC0/infiniband")
example=/usr/share/doc/python3-pyverbs-tph/examples/tph_write.py

holds() {
	check "$@" || failed=1
}

only_tests() {
	! find /usr/local -type f ! -path "$tests/*" | grep .
}

# finds PACKAGE PROGRAM: by its plain name, and the package has brought it
finds() {
	dpkg -L "$1" | grep -xF "$(command -v "$2")"
}

# The test programs of the build look in /usr/local first.
uses_packaged_libraries() {
	local library
	for library in libibverbs-tph libvfio-tph; do
		ldd "$tests/tph_op_check" | grep -E "$library\.so\.1 => /(usr/)?lib/x86_64-linux-gnu/" || return
	done
}

main_job() {
	demo --st="$((tag))" --ph="$hint" --size=65536 --iters=5 --timeout=60
}

path_is_clear() {
	tphctl path "$rdma" "$TPH_ACC0"
}

# The accelerator swaps the bytes of each word for this tag.
example_of_pyverbs() {
	python3 "$example" "$TPH_ACC0" "$rdma" --st="$tag" --ph="$hint" | tee "$work/example"
	grep -qx "the region's requests carry tag $tag, hint $hint" "$work/example" &&
		grep -qx 'memory:  03 02 01 00 07 06 05 04 0b 0a 09 08 0f 0e 0d 0c' "$work/example"
}

decodes_header_log() {
	echo 'TLP Header: 6001007a ab00f0ff 00000001 629d431a' | tlpdump --hex - | tee "$work/tlp"
	grep -q ' ST=F0h ' "$work/tlp" && grep -q ' PH=2$' "$work/tlp"
}

holds "of the project the guest's /usr/local has tests alone" only_tests
holds "these use the libraries of the packages" uses_packaged_libraries
holds "ib_write_bw is perftest-tph's" finds perftest-tph ib_write_bw
holds "tphctl is rdma-tph-tools'" finds rdma-tph-tools tphctl
holds "the demo's main job: ib_write_bw --dmabuf-tph, the query, the tag's operation" main_job
holds "tphctl path says that hints will arrive" path_is_clear
holds "the example of pyverbs_tph writes with the tag" example_of_pyverbs
holds "tlpdump decodes the header log of README.md" decodes_header_log
((!failed))
