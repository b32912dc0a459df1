# SPDX-License-Identifier: GPL-2.0 OR Linux-OpenIB
# shellcheck shell=bash
# What the lab says while it works; all of it on stderr, stdout belongs to the commands it runs.

# The lab's own failures, as distinct from those of a command in the guest (as timeout(1) and
# docker-run(1) have it; a time-out is 124).
readonly lab_failed=125

say() {
	printf 'lab: %s\n' "$*" >&2
}

warn() {
	say "warning: $*"
}

die() {
	say "$*"
	exit $lab_failed
}

# Steps that take less are not worth a word
readonly quiet_s=2

# pause SECONDS: without a process that would outlive ours, and hold its locks and pipes
pause() {
	read -rt "$1" <> <(:) || true
}

# ticker LOG LABEL MEASURE: says every so often how far the step has come that writes LOG
ticker() {
	local log=$1 label=$2 measure=$3 start=$SECONDS every=15 line
	pause $quiet_s
	say "$label ..."
	[[ -t 2 ]] && every=1
	while pause "$every" && kill -0 $$ 2>/dev/null; do
		line="$label: $("$measure" "$log") ($((SECONDS - start)) s)"
		if [[ -t 2 ]]; then
			printf '\r\e[Klab: %.*s' "$((${COLUMNS:-80} - 6))" "$line" >&2
		else
			say "$line"
		fi
	done
}

# last_line LOG: the measure of a step whose log reads well by itself
last_line() {
	tail -c 4096 "$1" | tr '\r' '\n' | grep -v '^ *$' | tail -n 1 || true
}

# watched LABEL LOG MEASURE COMMAND...: a long step, its output kept in LOG
watched() {
	local label=$1 log=$2 measure=$3 start=$SECONDS rc=0 pid
	shift 3
	: >"$log"
	ticker "$log" "$label" "$measure" &
	pid=$!
	"$@" >"$log" 2>&1 </dev/null || rc=$?
	kill "$pid" 2>/dev/null || true
	wait "$pid" 2>/dev/null || true
	if [[ -t 2 ]]; then printf '\r\e[K' >&2; fi
	if ((rc)); then
		tail -n 40 "$log" | sed 's/^/    /' >&2
		die "$label failed (exit code $rc); the whole output is in $log"
	fi
	((SECONDS - start <= quiet_s)) || say "$label: done in $((SECONDS - start)) s"
}
