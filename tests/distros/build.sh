#!/bin/bash
# SPDX-License-Identifier: GPL-2.0 OR Linux-OpenIB
# build.sh DIR: the commands of README.md on a release of Debian that has what README.md asks for,
# and nothing else; the guest's programs have to build there as well. Leaves in DIR what they
# install, and the list of that. Runs in the root of that release, see lab.d/roots/distro.
set -u
. tests/lib/tap.sh
installed=$1
build=$work/build
softfabric=0

configures() {
	cmake -S . -B "$build" -G Ninja -DTPH_WERROR=ON -DTPH_GUEST_TESTS=ON
}

# Where there are no headers for softfabric it is left out, and the user is told what would help.
says_about_softfabric() {
	cmake -S . -B "$build" | tee "$work/cmake"
	if ((softfabric)); then
		! grep -q 'softfabric is not built' "$work/cmake"
	else
		grep -q 'softfabric is not built: .*install linux-headers-' "$work/cmake"
	fi
}

# By itself softfabric is all there is to build, and headers that are named have to be there.
refuses_nowhere() {
	! cmake -S emulator -B "$work/alone" -G Ninja -DLINUX_HEADERS_DIR=/nowhere 2>"$work/alone-err" &&
		grep -q 'softfabric cannot be built' "$work/alone-err"
}

installs() {
	local bin=$installed/usr/local/bin
	DESTDIR=$installed cmake --install "$build" &&
		cp "$build/install_manifest.txt" "$installed" &&
		[[ -x $bin/tlpdump && -x $bin/ib_write_bw ]] &&
		((softfabric == $([[ -x $bin/softfabric ]] && echo 1 || echo 0)))
}

# imports: what was installed, together with the release's own pyverbs
imports() {
	local root=$installed/usr/local
	PYTHONPATH=$(echo "$root"/lib/python3*/dist-packages) PYTHONDONTWRITEBYTECODE=1 \
		LD_LIBRARY_PATH=$root/lib debian/tests/python
}

compgen -G '/usr/src/linux-headers-*-common' >/dev/null && softfabric=1
check "configures" configures || exit
check "$( ((softfabric)) && echo 'builds softfabric, too' || echo 'says why softfabric is not built')" \
	says_about_softfabric
check "softfabric by itself insists on headers" refuses_nowhere
check "builds without a warning" cmake --build "$build" || exit
check "passes its tests" ctest --test-dir "$build" -j "$(nproc)" --no-tests=error --output-on-failure
check "installs what was built" installs
check "pyverbs_tph is installed where Python looks, and has what it needs" imports
