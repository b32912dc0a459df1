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

# passes SECONDS: whether they do before standard input ends
passes() {
	local rc=0
	read -rt "$1" || rc=$?
	((rc > 128))
}

# ticker LOG LABEL MEASURE: says every so often how far the step has come that writes LOG, until its
# standard input ends. That ends with the lab, too, so that no ticker outlives it, and its locks.
ticker() {
	local log=$1 label=$2 measure=$3 start=$SECONDS every=15 line
	passes $quiet_s || return 0
	say "$label ..."
	[[ -t 2 ]] && every=1
	while passes "$every"; do
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
	local label=$1 log=$2 measure=$3 start=$SECONDS rc=0 ticking
	shift 3
	: >"$log"
	exec 3> >(ticker "$log" "$label" "$measure")
	ticking=$!
	"$@" >"$log" 2>&1 </dev/null 3>&- || rc=$?
	exec 3>&-
	wait "$ticking" || true
	if [[ -t 2 ]]; then printf '\r\e[K' >&2; fi
	if ((rc)); then
		tail -n 40 "$log" | sed 's/^/    /' >&2
		die "$label failed (exit code $rc); the whole output is in $log"
	fi
	((SECONDS - start <= quiet_s)) || say "$label: done in $((SECONDS - start)) s"
}
