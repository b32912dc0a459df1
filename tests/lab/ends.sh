#!/bin/bash
# SPDX-License-Identifier: GPL-2.0 OR Linux-OpenIB
# However a run of the lab ends, its exit code says how, and nothing of it stays. Runs in the tools
# root, as ./lab test starts it, and in name spaces of its own: what it finds there is its own.
set -u
cd "$(dirname "$(realpath "$0")")/../.." || exit
[[ $$ == 1 ]] || exec unshare --mount --pid --fork --kill-child --mount-proc "$0"
. tests/lib/tap.sh
. tests/lib/lab_run.sh

left_over() {
	cat /proc/[0-9]*/comm 2>/dev/null | grep -E '^(qemu-system|softfabric|python3)' || true
	diff <(cut -d ' ' -f 2 "$work/mounts") <(cut -d ' ' -f 2 /proc/self/mounts)
}

# pid_of NAME: of the one process here that has it
pid_of() {
	grep -lx "$1" /proc/[0-9]*/comm | cut -d / -f 3
}

# nothing_stays: processes that were killed may take a moment to go
nothing_stays() {
	local attempt
	for ((attempt = 0; attempt < 100; attempt++)); do
		[[ -z $(left_over) ]] && return
		sleep 0.1
	done
	left_over
	return 1
}

# begin: starts a run in a process group of its own, returns when its command is up
begin() {
	local line
	rm -f "$work/up"
	mkfifo "$work/up"
	: >"$work/err"
	setsid ./lab run --no-build -- sh -c 'echo up; sleep 1000000' >"$work/up" 2>>"$work/err" &
	pid=$!
	read -r line <"$work/up"
	[[ $line == up ]]
}

# killed_by SIGNAL [-]: with - its whole process group
killed_by() {
	check "the guest is up, to be ended by SIG$1" begin
	kill "-$1" -- "${2:-}$pid"
	wait "$pid" 2>/dev/null
	check "after SIG$1 nothing stays" nothing_stays
}

cp /proc/self/mounts "$work/mounts"

lab_run --timeout 3 -- sleep 1000000
check "a time-out gives 124" same "$status" 124
check "and says how far the guest got" says 'still running after 3 s'
check "after a time-out nothing stays" nothing_stays

lab_run -- busybox poweroff -f
check "a guest that goes down gives 125" same "$status" 125
check "and a reason" says 'went down before the command ended'

begin
lab_run --no-nic -- sh -c 'echo c >/proc/sysrq-trigger'
check "a kernel that panics, in a second run at the same time, gives 125" same "$status" 125
check "and its last words" says 'Kernel panic - not syncing: sysrq triggered crash'
kill -KILL "$(pid_of softfabric)"
wait "$pid"
check "a guest whose devices are gone gives 125" same $? 125
check "and says so" says 'softfabric had ended (exit code -9)'
check "and nothing stays of it" nothing_stays

killed_by TERM
killed_by INT -
killed_by KILL
killed_by HUP

checked
