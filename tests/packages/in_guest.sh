#!/bin/bash
# SPDX-License-Identifier: GPL-2.0 OR Linux-OpenIB
# in_guest.sh PACKAGING GUEST: the packages, made in the root PACKAGING, are installed in a copy of
# the guest's root, and the guest boots from it. Of the project it has nothing else but the tests
# that were built. Runs in the tools root, as ./lab test starts it.
set -u
cd "$(dirname "$(realpath "$0")")/../.." || exit
. tests/lib/tap.sh
. tests/lib/machine.sh
packaging=$1
guest=$2
packages=$work/packages
tests=/usr/local/libexec/rdma-tph/tests
tag=0xf0
hint=2

# Their own tests have passed where packages are checked by themselves.
makes_packages() {
	unshare --mount --pid --fork --kill-child --mount-proc \
		lab.d/enter "$packaging" "$PWD" "$work" -- \
		env DEB_BUILD_OPTIONS=nocheck lab.d/package-deb "$packages"
}

# Those with -dev would need rdma-core's.
make_guest() {
	make_machine "$guest" &&
		find "$packages" -name '*.deb' ! -name '*-dev_*' ! -name '*-dbgsym_*' \
			-exec cp -t "$machine/packages" {} + &&
		mkdir -p "$machine$tests" && cp -r "build/lab/local/${tests#/usr/local/}/." "$machine$tests" &&
		cp tests/lib/tap.sh tests/packages/as_installed.sh "$machine$tests"
}

# boots: the guest does the points there, which are counted with those here
boots() {
	local rc
	./lab run --no-build --root "$machine" --nic requester=tph --capture "$work/capture" -- \
		"$tests/as_installed.sh" "$points" "$tag" "$hint" >"$work/tap" 2>"$work/lab"
	rc=$?
	cat "$work/tap"
	points=$((points + $(grep -cE '^(not )?ok ' "$work/tap")))
	return "$rc"
}

on_the_wire() {
	cp "$work/capture" "$machine/tmp" &&
		on_machine tlpdump --link=acc0 --direction=in --type=MWr --hv=1 --json \
			--expect="st=$tag,ph=$hint" /tmp/capture
}

ran_to_its_end() {
	cat "$work/lab"
	return "$1"
}

check "packages are made for the guest's release" makes_packages || { checked; exit; }
check "there is a guest to install them on" make_guest || { checked; exit; }
check "they are installed with what the guest has" installs || { checked; exit; }
boots
check "the guest has done all that it was booted for" ran_to_its_end $?
check "the installed tlpdump finds tag $tag and hint $hint in each write with hints" on_the_wire
checked
