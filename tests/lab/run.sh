#!/bin/bash
# SPDX-License-Identifier: GPL-2.0 OR Linux-OpenIB
# What ./lab run promises: bytes and exit codes pass unchanged, and however it ends, nothing of it
# stays. Runs in the tools root, as ./lab test starts it, and in a process name space of its own:
# what it finds running there is its own.
set -u
[[ $$ == 1 ]] || exec unshare --mount --pid --fork --kill-child --mount-proc "$0"
cd "$(dirname "$(realpath "$0")")/../.." || exit
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
points=0

# check WHAT COMMAND...: one point; the last run's stderr is shown when it fails
check() {
	local what=$1
	shift
	points=$((points + 1))
	if "$@"; then
		echo "ok $points - $what"
	else
		echo "not ok $points - $what"
		echo "# failed: $*"
		sed 's/^/# /' "$work/err"
	fi
}

# lab_run ARGUMENT...: in the background: pid; afterwards: out, err in $work
lab_run() {
	./lab run --no-build "$@" >"$work/out" 2>"$work/err"
	status=$?
}

same() {
	[[ $1 == "$2" ]] || { echo "# '$1', not '$2'"; return 1; }
}

says() {
	grep -qF -- "$1" "$work/err"
}

left_over() {
	cat /proc/[0-9]*/comm 2>/dev/null | grep -E '^(qemu-system|softfabric|python3)' || true
	diff <(cut -d ' ' -f 2 "$work/mounts") <(cut -d ' ' -f 2 /proc/self/mounts)
}

# nothing_stays: processes that were killed may take a moment to go
nothing_stays() {
	local attempt
	for ((attempt = 0; attempt < 50; attempt++)); do
		[[ -z $(left_over) ]] && return
		sleep 0.1
	done
	left_over | sed 's/^/# left over: /'
	return 1
}

# begin: starts a run in a process group of its own, returns when its command is up
begin() {
	local line
	rm -f "$work/up"
	mkfifo "$work/up"
	setsid ./lab run --no-build -- sh -c 'echo up; sleep 300' >"$work/up" 2>"$work/err" &
	pid=$!
	read -r line <"$work/up"
	[[ $line == up ]]
}

killed_by() {
	check "the guest is up, to be ended by SIG$1" begin
	kill "-$1" -- "$2$pid"
	wait "$pid" 2>/dev/null
	check "after SIG$1 nothing stays" nothing_stays
}

cp /proc/self/mounts "$work/mounts"
printf '%b' "$(printf '\\x%x' {0..255})" >"$work/bytes"

lab_run -- sh -c 'cat; exit 7' <"$work/bytes"
check "the exit code is the command's" same "$status" 7
check "stdin and stdout pass every byte" cmp "$work/bytes" "$work/out"
check "and the lab says nothing" same "$(<"$work/err")" ""

# shellcheck disable=SC2016 # nobody is to expand it
lab_run -- printf '%s|' 'two words' "it's" $'a\nb' '$HOME' '' '*'
check "arguments arrive as they were" same "$(<"$work/out")" $'two words|it\'s|a\nb|$HOME||*|'

lab_run -- sh -c 'echo one; echo two >/dev/stderr; nonesuch'
check "stdout has stdout only" same "$(<"$work/out")" one
check "stderr can be opened again" says two
check "a command that does not exist gives 127" same "$status" 127

lab_run --capture "$work/capture" -- uname -r
check "our kernel runs" grep -q rdma-tph "$work/out"
check "a capture is left" same "$(head -c 4 "$work/capture" | od -An -tx1)" ' 0a 0d 0d 0a'

lab_run --timeout 15 -- sleep 100
check "a time-out gives 124" same "$status" 124
check "and says how far the guest got" says 'still running after 15 s'
check "after a time-out nothing stays" nothing_stays

lab_run -- busybox poweroff -f
check "a guest that goes down gives 125" same "$status" 125
check "and a reason" says 'went down before the command ended'

lab_run -- sh -c 'echo c >/proc/sysrq-trigger'
check "a kernel that panics gives 125" same "$status" 125
check "and its last words" says 'Kernel panic - not syncing: sysrq triggered crash'

lab_run --nic no-such-key=1 -- true
check "an option that a model does not have gives 125" same "$status" 125
check "and softfabric's own message" says 'no-such-key'

lab_run --frobnicate -- true
check "an unknown option gives 125" same "$status" 125
check "and is named" says "'--frobnicate'"

# Where KVM would work, this takes it away: nothing but the test's own runs see that.
[[ ! -e /dev/kvm ]] || mount --bind /dev/null /dev/kvm
lab_run --accel kvm -- sh -c 'exit 3'
check "without KVM the guest is emulated" same "$status" 3
check "which is said" says 'the guest is emulated, as QEMU cannot use KVM here: '
[[ ! -e /dev/kvm ]] || umount /dev/kvm

begin
check "a second run at the same time works" lab_run --no-nic -- true
check "with its own exit code" same "$status" 0
kill -TERM "$pid"
wait "$pid" 2>/dev/null
check "after SIGTERM nothing stays" nothing_stays
killed_by INT -
killed_by KILL ''
killed_by HUP ''

echo "1..$points"
