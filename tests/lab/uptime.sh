#!/bin/bash
# SPDX-License-Identifier: GPL-2.0 OR Linux-OpenIB
# ./lab test unit passes however long the machine has been up: right after boot, when the clocks say
# less than the spans that are subtracted from them, and when no 32 bits hold them any more. Both are
# said by time name spaces. Runs in the tools root, as ./lab test starts it.
set -u
cd "$(dirname "$(realpath "$0")")/../.." || exit
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
points=0

if [[ ! -e /proc/self/timens_offsets ]]; then
	echo "1..0 # SKIP this kernel has no time name spaces (CONFIG_TIME_NS)"
	exit
fi

# check WHAT COMMAND...: one point; what the last unit tests said is shown when it fails
check() {
	local what=$1
	shift
	points=$((points + 1))
	if "$@"; then
		echo "ok $points - $what"
	else
		echo "not ok $points - $what"
		echo "# failed: $*"
		sed 's/^/# /' "$work/failed"
	fi
}

# clock NAME: what CLOCK_NAME says, in seconds
clock() {
	python3 -c "import time; print(int(time.clock_gettime(time.CLOCK_$1)))"
}

# offset NAME SECONDS: what makes CLOCK_NAME say SECONDS, counted from the machine's own clock
offset() {
	local own
	own=$(awk -v name="${1,,}" '$1 == name { print $2 }' /proc/self/timens_offsets)
	echo $(($2 - $(clock "$1") + own))
}

# up_for SECONDS COMMAND...: on a machine that has been up for so long
up_for() {
	local seconds=$1
	shift
	unshare --time --fork --kill-child --monotonic="$(offset MONOTONIC "$seconds")" \
		--boottime="$(offset BOOTTIME "$seconds")" -- "$@"
}

# says_so SECONDS: the clock of such a machine, which runs meanwhile
says_so() {
	local now
	now=$(up_for "$1" python3 -c 'import time; print(int(time.monotonic()))') || return
	((now >= $1 && now < $1 + 600))
}

unit_tests_pass() {
	local status=0
	up_for "$1" ./lab test unit >"$work/out" 2>"$work/err" || status=$?
	# a failure is followed by what is known of it
	sed -n '/^FAIL/,/^\(ok\|skip\) /{/^\(ok\|skip\) /!p}' "$work/out" >"$work/failed"
	[[ -s $work/failed ]] || tail -n 20 "$work/err" >"$work/failed"
	return $status
}

# check_uptime WORDS SECONDS
check_uptime() {
	: >"$work/failed"
	check "a machine can be up for $1" says_so "$2"
	check "all unit tests pass there" unit_tests_pass "$2"
}

check_uptime 'a minute' 60
check_uptime '400 days' $((400 * 24 * 3600))
echo "1..$points"
