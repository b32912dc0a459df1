#!/bin/bash
# SPDX-License-Identifier: GPL-2.0 OR Linux-OpenIB
# What ./lab makes of its command line. Help and errors come at once: from a copy of the lab that
# has no root file system, no kernel and no build, and none may be made.
set -u
cd "$(dirname "$(realpath "$0")")/../.." || exit
. tests/lib/tap.sh
mkdir -p "$work/copy/tests" "$work/share"
cp -r lab lab.d "$work/copy"
cp -r tests/bench "$work/copy/tests"
cd "$work/copy" || exit
export XDG_CACHE_HOME=$work/cache
unset RDMA_TPH_KERNEL

# gives STATUS STDOUT STDERR [ARGUMENT]...: what ./lab does, in whole; * matches any text
gives() {
	local status=$1 stdout=$2 stderr=$3 rc
	shift 3
	./lab "$@" >"$work/stdout" 2>"$work/stderr"
	rc=$?
	echo "exit code $rc"
	cat "$work/stdout" "$work/stderr"
	# shellcheck disable=SC2053 # they are patterns
	[[ $rc == "$status" && $(<"$work/stdout") == $stdout && $(<"$work/stderr") == $stderr ]]
}

# refused MESSAGE ARGUMENT...
refused() {
	check "'${*:2}': $1" gives 125 '' "lab: $1" "${@:2}"
}

# planned STEP... -- ARGUMENT...: all but the job
planned() {
	local steps=()
	while [[ $1 != -- ]]; do
		steps+=("$1")
		shift
	done
	shift
	/usr/bin/python3 lab.d/lab plan "$@" 3>"$work/plan"
	cat "$work/plan"
	[[ $(grep -v '^job ' "$work/plan") == "$(printf '%s\n' "${steps[@]}")" ]]
}

# job_has TEXT ARGUMENT...
job_has() {
	/usr/bin/python3 lab.d/lab plan "${@:2}" 3>"$work/plan"
	cat "$work/plan"
	tail -n 1 "$work/plan" | grep -q '^job ' && grep -qF -- "$1" "$work/plan"
}

for command in demo test run shell bench build clean; do
	check "$command explains itself" gives 0 "usage: ./lab $command *-h, --help*" '' "$command" --help
	check "help explains $command" gives 0 "usage: ./lab $command *-h, --help*" '' help "$command"
done
check "help lists all commands" \
	gives 0 "*  demo *  test *  run *  shell *  bench *  build *  clean *" '' help
check "without a command there is help, as an error" gives 125 '' 'usage: ./lab COMMAND*'

refused "no command 'fly'; ./lab help lists them" fly
refused "no command 'fly'; ./lab help lists them" help fly
refused "no option '--frobnicate'; ./lab run --help says more" run --frobnicate -- true
refused "no option '--frobnicate'; ./lab clean --help says more" clean --frobnicate
refused "no argument 'bash'; ./lab shell --help says more" shell bash
refused "lab shell needs a terminal; lab run works without" shell
refused "nothing to run; ./lab run --help says more" run --iommu
refused "--nic: expected one argument; ./lab run --help says more" run --nic
refused "--no-nic: not allowed with argument --nic; ./lab run --help says more" \
	run --nic lid=1 --no-nic -- true
refused "--timeout: takes a whole number from 0, not '1.5'; ./lab run --help says more" \
	run --timeout 1.5 -- true
refused "--cpus: takes a whole number from 1, not '0'; ./lab run --help says more" \
	run --cpus=0 -- true
refused "--memory: takes bytes, or a number with K, M or G, not '1T'; ./lab run --help says more" \
	run --memory 1T -- true
refused "--memory: takes 64M at least, not '65535K'; ./lab run --help says more" \
	run --memory 65535K -- true
refused "--accel: invalid choice: 'xen' (choose from *tcg*kvm*); ./lab run --help says more" \
	run --accel xen -- true
refused "--topology: no topology 'ring': integrated, root-port, switch; ./lab run --help says more" \
	run --topology ring -- true
refused "--topology: completer is one of none, tph, ext, not '2'; ./lab run --help says more" \
	run --topology root-port,completer=2 -- true
refused "--topology: switch has no 'ports'; ./lab run --help says more" \
	run --topology switch,ports=1 -- true
refused "--topology: integrated has no 'completer'; ./lab run --help says more" \
	run --topology integrated,completer=tph -- true
refused "--capture: cannot write nowhere/x: No such file or directory; ./lab run --help says more" \
	run --capture nowhere/x -- true
refused "--capture-limit: takes bytes, or a number with K, M or G, not '1T'; ./lab run --help says more" \
	run --capture x --capture-limit 1T -- true
refused "--capture-limit is of a --capture, and there is none" run --capture-limit 1M -- true
refused "--capture-snaplen is of a --capture, and there is none" run --capture-snaplen 32 -- true
refused "--share: no directory nowhere; ./lab run --help says more" run --share nowhere -- true
refused "--root: no directory nowhere; ./lab run --help says more" run --root nowhere -- true
refused "--root and --middleware both say what the guest boots from; give one" \
	run --root .. --middleware -- true
refused "--kernel: no kernel flavour 'fast': lab or debug, or *; ./lab run --help says more" \
	run --kernel fast -- true
refused "--kernel: no kernel image at ./fast; ./lab run --help says more" \
	run --kernel ./fast -- true
refused "--ph: takes a number from 0 to 0x3, not '4'; ./lab demo --help says more" demo --ph 4
refused "--iters: takes a whole number from 5, not '4'; ./lab demo --help says more" \
	demo --iters 4
refused "no measure flight; there are write_bw_64k,*" bench flight

guest=(tools guest_root "kernel lab")
check "a run needs all" planned "${guest[@]}" project installed -- run -- true
check "or what was built" planned "${guest[@]}" installed -- run --no-build -- true
check "directories it uses are named as they are" planned tools guest_root "kernel debug" project \
	installed "directory $work" "directory $work/share" -- \
	run --kernel debug --capture ../tlps --share ../share -- true
check "another root is mounted last" planned tools "kernel lab" project installed "directory $work" \
	"root $work/share" -- run --root ../share --capture ../tlps -- true
check "middleware has a root of its own" \
	planned "${guest[@]}" project installed middleware_root -- run --middleware -- true
check "unit tests need no guest" planned tools checked -- test unit/one
check "fuzzers neither" planned tools fuzzers -- test fuzz
check "the debug kernel is for whoever asks" \
	planned "${guest[@]}" project installed debug_kernel -- test debug/one
check "packages are used in the guest" planned "${guest[@]}" project installed "packaging trixie" -- \
	test packages/in_guest
check "and only made without it" planned tools "packaging sid" -- test packages/sid
check "a name may be a test of any other tier" \
	planned "${guest[@]}" project installed middleware_root checked fuzzers -- test one
check "what goes to the guest is not ours" job_has '"command": ["a", "--nic", "--", "b"]' \
	run --iommu -- a --nic -- b
check "with or without dashes before it" job_has '"command": ["a", "--nic", "--", "b"]' \
	run --iommu a --nic -- b
RDMA_TPH_KERNEL=$PWD/lab check "another kernel may come from the environment" \
	planned tools guest_root "kernel $PWD/lab" project installed -- demo

check "and nothing was made" same "$(find build "$XDG_CACHE_HOME" 2>/dev/null)" ""
checked
