# SPDX-License-Identifier: GPL-2.0 OR Linux-OpenIB
# shellcheck shell=bash
# The project itself, built in the tools root and staged as the guest's /usr/local.

stage=$out/local

locked_project() {
	locked "build-$(echo "$out" | sha256sum | cut -c 1-16)" "$@"
}

# project_ready: builds and stages what has changed
project_ready() {
	locked_project build_project
}

build_project() {
	in_tools lab.d/build "$out/build" "$stage" >"$logs/build.log" 2>&1 && return
	tail -n 60 "$logs/build.log" | sed 's/^/    /' >&2
	die "building the project failed; the whole output is in $logs/build.log"
}
