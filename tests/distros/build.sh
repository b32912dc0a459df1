#!/bin/bash
# SPDX-License-Identifier: GPL-2.0 OR Linux-OpenIB
# The commands of README.md on a release of Debian that has what README.md asks for, and nothing
# else. Runs in the root of that release, see lab.d/roots/distro.
set -u
build=/tmp/build
log=/tmp/log
softfabric=0
points=0

# check WHAT COMMAND...: one point; what the command says is shown when it fails
check() {
	local what=$1
	shift
	points=$((points + 1))
	if "$@" >"$log" 2>&1; then
		echo "ok $points - $what"
	else
		echo "not ok $points - $what"
		tail -n 60 "$log" | sed 's/^/# /'
		return 1
	fi
}

configures() {
	cmake -S . -B "$build" -G Ninja -DTPH_WERROR=ON
}

# Where there are no headers for softfabric it is left out, and the user is told what would help.
says_about_softfabric() {
	cmake -S . -B "$build" | tee "$log.cmake"
	if ((softfabric)); then
		! grep -q 'softfabric is not built' "$log.cmake"
	else
		grep -q 'softfabric is not built: .*install linux-headers-' "$log.cmake"
	fi
}

installs() {
	local bin=/tmp/root/usr/local/bin
	DESTDIR=/tmp/root cmake --install "$build" &&
		[[ -x $bin/tlpdump && -x $bin/ib_write_bw ]] &&
		((softfabric == $([[ -x $bin/softfabric ]] && echo 1 || echo 0)))
}

compgen -G '/usr/src/linux-headers-*-common' >/dev/null && softfabric=1
echo 1..5
check "configures" configures || exit
check "$( ((softfabric)) && echo 'builds softfabric, too' || echo 'says why softfabric is not built')" \
	says_about_softfabric
check "builds without a warning" cmake --build "$build" || exit
check "passes its tests" ctest --test-dir "$build" -j "$(nproc)" --no-tests=error --output-on-failure
check "installs what was built" installs
