# SPDX-License-Identifier: GPL-2.0 OR Linux-OpenIB
# shellcheck shell=bash
# TAP for tests in bash, and `work`, a directory that goes when they end.

work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
points=0

# check WHAT COMMAND...: one point. When the command fails, what it says is shown, and what else is
# in $work/err.
check() {
	local what=$1
	shift
	points=$((points + 1))
	if "$@" >"$work/said" 2>&1; then
		echo "ok $points - $what"
		return
	fi
	echo "not ok $points - $what"
	echo "# failed: $*"
	cat "$work/said" "$work/err" 2>/dev/null | tail -n 60 | sed 's/^/# /'
	return 1
}

same() {
	echo "'$1', not '$2'"
	[[ $1 == "$2" ]]
}

# checked: the plan, when all points were made
checked() {
	echo "1..$points"
}
