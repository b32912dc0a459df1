#!/bin/bash
# SPDX-License-Identifier: GPL-2.0 OR Linux-OpenIB
# check.sh ROOT GUEST: what README.md's commands install on the release of Debian in ROOT, at work.
# It is built there; then the lab's guest boots from a copy of that root which has it installed: its
# rdma-core, its pyverbs, its C library. Of GUEST there is but the shell that the guest begins with,
# and what rdma-core's own tests need besides. Runs in the tools root, as ./lab test starts it.
set -u
cd "$(dirname "$(realpath "$0")")/../.." || exit
. tests/lib/tap.sh
. tests/lib/machine.sh
release=$1
guest=$2
of_st=(pyverbs_tph verbs_device verbs_namespaces verbs_ranges verbs_registration vfio_tph)
of_ext=(pyverbs_tph_ext verbs_device_requester_ext verbs_namespaces_ext)
# Behind root ports, with a libibverbs that has DMA handles; and what its tests need of DevX
of_handles=(topology_cpu_tags 'pyverbs --no-skips test_dmah' 'pyverbs --no-skips export_import')

builds() {
	unshare --mount --pid --fork --kill-child --mount-proc \
		lab.d/enter "$release" "$PWD" "$work" -- tests/distros/build.sh "$work/installed"
}

has_handles() {
	grep -q ibv_alloc_dmah "$release/usr/include/infiniband/verbs.h"
}

add_for_tests_of_handles() {
	local libraries=usr/lib/x86_64-linux-gnu python=usr/lib/python3/dist-packages
	cp "$guest"/bin/{ip,rdma} "$machine/bin" &&
		cp "$guest/$libraries"/lib{cap.so.2,mnl.so.0} "$machine/$libraries" &&
		cp -r "$guest/$python/scapy" "$machine/$python"
}

make_guest() {
	make_machine "$release" && cp "$guest/bin/busybox" "$machine/bin" &&
		{ ! has_handles || add_for_tests_of_handles; } &&
		cp -r "$work/installed/usr/local/." "$machine/usr/local" && on_machine ldconfig &&
		cp tests/lib/tap.sh tests/distros/at_work.sh "$machine/opt"
}

# counted COMMAND...: the points that it made are counted with those here
counted() {
	local rc
	"$@" | tee "$work/tap"
	rc=${PIPESTATUS[0]}
	points=$((points + $(grep -cE '^(not )?ok ' "$work/tap")))
	return "$rc"
}

# boots [OPTION...] -- TEST...: the guest runs them, with these options of its machine
boots() {
	local options=()
	while [[ $1 != -- ]]; do
		options+=("$1")
		shift
	done
	mkdir -p "$work/share"
	counted ./lab run --no-build --root "$machine" --share "$work/share" "${options[@]}" -- \
		env LAB_RUN=/run/lab/share /opt/at_work.sh "$points" "${@:2}" 2>"$work/err"
}

ran_to_its_end() {
	return "$1"
}

files_in() {
	find "$1" ! -type d -printf '%P\n' | LC_ALL=C sort
}

# As README.md has it, of what the build says that it installed
removes_by_hand() {
	on_machine xargs rm <"$work/installed/install_manifest.txt" &&
		diff <(files_in "$release/usr/local") <(files_in "$machine/usr/local")
}

counted builds || { checked; exit; }
check "there is a guest that has it installed" make_guest || { checked; exit; }
boots --nic requester=tph -- "${of_st[@]}"
check "the guest has run all tests of 8-bit tags" ran_to_its_end $?
boots --nic requester=ext -- "${of_ext[@]}"
check "the guest has run all tests of 16-bit tags" ran_to_its_end $?
if has_handles; then
	boots --topology root-port --nic lid=1 --nic lid=2,guid=2,requester=ext \
		--capture "$work/share/capture.pcapng" -- "${of_handles[@]}"
	check "the guest has run all tests of DMA handles" ran_to_its_end $?
fi
check "what was installed can be removed by hand, and no file is left" removes_by_hand
checked
