#!/bin/bash
# SPDX-License-Identifier: GPL-2.0 OR Linux-OpenIB
# No shell script of the project has what shellcheck complains of. Runs in the tools root.
set -u
cd "$(dirname "$(realpath "$0")")/../.." || exit

scripts() {
	grep -rlE --exclude-dir=build --exclude-dir=.git '^(#!/bin/(busybox sh|(ba)?sh)|# shellcheck shell=)' .
}

count=0
echo "1..$(scripts | wc -l)"
while read -r script; do
	count=$((count + 1))
	if found=$(shellcheck -x "$script"); then
		echo "ok $count - $script"
	else
		echo "not ok $count - $script"
		# shellcheck disable=SC2001 # of every line
		sed 's/^/# /' <<<"$found"
	fi
done < <(scripts | LC_ALL=C sort)
