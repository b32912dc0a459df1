# SPDX-License-Identifier: GPL-2.0 OR Linux-OpenIB
# shellcheck shell=bash
# What a plan can consist of: each step is a line with its name, after which it has one argument or
# none. lab.d/lab/ says which command needs what.

readonly runs_kept=20
# Where lab.d/lab finds what was made ready
ready=()
installed='' saved_terminal=''

plan_tools() {
	host_ready
	cache_ready
	new_run
	tools_root_ready
}

plan_guest_root() {
	guest_root_ready
	ready+=(--root="$root_guest")
}

plan_middleware_root() {
	middleware_root_ready
	ready+=(--middleware="$root")
}

# plan_root DIR: the guest boots from that instead
plan_root() {
	shared_dirs+=("$1")
	ready+=(--root="$1")
}

# plan_kernel FLAVOUR|FILE
plan_kernel() {
	kernel_ready "$1"
	ready+=(--kernel="$kernel_dir")
}

plan_debug_kernel() {
	kernel_ready debug
	ready+=(--debug-kernel="$kernel_dir")
}

# plan_distro SUITE
plan_distro() {
	distro_root_ready "$1"
	ready+=(--distro="$1=$root")
}

# plan_packaging SUITE
plan_packaging() {
	packaging_root_ready "$1"
	ready+=(--packaging="$1=$root")
}

plan_project() { project_ready; }
plan_checked() { checked_ready; }
plan_fuzzers() { fuzzers_ready; }

# plan_installed: what was built last, in a copy that no other build changes under the guest's feet
plan_installed() {
	[[ -d $stage ]] || die "nothing is built yet, so --no-build cannot be"
	installed=1
}

# plan_directory PATH: the command uses what is in there
plan_directory() {
	shared_dirs+=("$1")
}

plan_terminal() {
	saved_terminal=$(stty -g)
}

# plan_job JSON: for lab.d/lab to do
plan_job() {
	trap end_run EXIT
	[[ -z $installed ]] || locked -s "$build_lock" cp -a "$stage" "$run/local"
	printf '%s\n' "$1" >"$run/job.json"
	in_tools lab.d/lab/__main__.py perform --run="$run" "${ready[@]}"
}

# plan_clean [cache]
plan_clean() {
	[[ $1 != cache ]] || cache_ready
	rm -rf --one-file-system "$out"
	[[ $1 != cache ]] || rm -rf --one-file-system "$cache"
}

# new_run: sets `run`, a directory for one run's logs (hence `logs`), locked as long as the lab runs;
# the oldest of those that are not go
new_run() {
	local old lock
	directory_ready "$out/runs" "the lab builds in its checkout, which has to be one it can write to"
	run=$(mktemp -d "$out/runs/$(date +%Y%m%d-%H%M%S)-XXXX")
	logs=$run
	exec {lock}<"$run"
	flock -s "$lock"
	find "$out/runs" -mindepth 1 -maxdepth 1 -type d | sort | head -n "-$runs_kept" |
		while read -r old; do flock -n "$old" rm -rf "$old" || true; done
}

end_run() {
	rm -rf "$run/local"
	[[ -z $saved_terminal ]] || stty "$saved_terminal"
}
