# SPDX-License-Identifier: GPL-2.0 OR Linux-OpenIB
# shellcheck shell=bash
# The project itself, built in the tools root and staged as the guest's /usr/local.

stage=$out/local
# Of this checkout
build_lock=build-$(echo "$out" | sha256sum | cut -c 1-16)

# project_ready: builds and stages what has changed
project_ready() {
	locked "$build_lock" build_project "the project" "$out/build" "$stage" \
		-DTPH_UNIT_TESTS=OFF -DTPH_GUEST_TESTS=ON
}

# checked_ready: the same with sanitizers, for tests that run without the guest
checked_ready() {
	locked "$build_lock" build_project "the project with sanitizers" "$out/checked" - \
		-DTPH_SANITIZE=ON
}

# fuzzers_ready: the fuzzers, which need an instrumented build of their own
fuzzers_ready() {
	locked "$build_lock" build_project "the fuzzers" "$out/fuzz" - \
		-DTPH_FUZZ=ON -DCMAKE_C_COMPILER=clang
}

# build_project WHAT ARGUMENT of lab.d/build...: all of it without a warning
build_project() {
	local what=$1
	shift
	watched "building $what" "$logs/${1##*/}.log" last_line in_tools lab.d/build "$@" \
		-DTPH_WERROR=ON
}
