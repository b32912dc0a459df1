# SPDX-License-Identifier: GPL-2.0 OR Linux-OpenIB
# shellcheck shell=bash
# What tests of ./lab run share, besides tests/lib/tap.sh.

# lab_run ARGUMENT...: with what was built for this run. status, and out and err in $work
lab_run() {
	./lab run --no-build "$@" >"$work/out" 2>"$work/err"
	status=$?
}

# says TEXT: on stderr
says() {
	grep -qF -- "$1" "$work/err"
}
