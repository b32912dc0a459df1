#!/bin/bash
# SPDX-License-Identifier: GPL-2.0 OR Linux-OpenIB
# The unit tests of what reads a clock pass however long the machine has been up: a minute after
# boot, when its clock says less than what code may subtract from it, and after 400 days, when 32
# bits hold nothing of it but seconds. Time name spaces say so. Runs in the tools root, as ./lab
# test starts it.
set -u
cd "$(dirname "$(realpath "$0")")/../.." || exit
. tests/lib/tap.sh

if [[ ! -e /proc/self/timens_offsets ]]; then
	echo "1..0 # SKIP this kernel has no time name spaces (CONFIG_TIME_NS)"
	exit
fi

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
	echo "it is $now"
	((now >= $1 && now < $1 + 600))
}

unit_tests_pass() {
	up_for "$1" ./lab test "${readers[@]}" >"$work/out" 2>"$work/err" && return
	# a failure is followed by what is known of it
	sed -n '/^FAIL/,/^\(ok\|skip\) /{/^\(ok\|skip\) /!p}' "$work/out"
	return 1
}

# check_uptime WORDS SECONDS
check_uptime() {
	check "a machine can be up for $1" says_so "$2"
	check "up for $1, it passes the unit tests of what reads a clock" unit_tests_pass "$2"
}

# The engine's is one of them, as all else there is built on its clock.
names_clock_readers() {
	tests/lab/clock_readers.py >"$work/readers" && grep -qx unit/base_engine "$work/readers"
}

check "it is known which unit tests read a clock" names_clock_readers
mapfile -t readers <"$work/readers"

check_uptime 'a minute' 60
check_uptime '400 days' $((400 * 24 * 3600))
checked
