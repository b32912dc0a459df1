# SPDX-License-Identifier: GPL-2.0 OR Linux-OpenIB
# shellcheck shell=bash
# The guest with its devices, as options describe it; lab.d/lab/machine.py runs it.

readonly runs_kept=20

machine_usage() {
	cat <<-END
	usage: ./lab $command [OPTION]...$1

	  --nic KEY=VALUE[,...]          options of the NIC model; again for a second NIC
	  --accelerator KEY=VALUE[,...]  options of the accelerator model; again for a second one
	  --no-nic, --no-accelerator     without
	  --iommu                        the guest has an IOMMU, VFIO its address spaces
	  --capture FILE                 the TLPs between the devices, as pcapng
	  --share DIRECTORY              is /run/lab/share in the guest
	  --kernel lab|debug|FILE        flavour of our kernel, or a bzImage (default: lab)
	  --append ARGUMENTS             for the kernel's command line
	  --memory SIZE, --cpus N        of the guest (default: 2G, 2)
	  --timeout SECONDS              of the whole run (default: $default_timeout; 0: none)
	  --no-build                     with the project as it was built last

	By default there is one of each device, at \$TPH_NIC0 and \$TPH_ACC0 in the guest; the
	accelerator is bound to vfio-pci. The exit code is the command's, or 124 after a time-out,
	or 125 when the lab itself failed. $2
	END
}

# machine_options HELP NOTE OPTION...: fills the variables below; sets guest_command to the rest
nics=() accelerators=() machine=() guest_command=()
no_nic='' no_accelerator='' flavour=${RDMA_TPH_KERNEL:-lab} build=1 timeout=
machine_options() {
	local help=$1 note=$2
	shift 2
	while (($#)); do
		case $1 in
			--help) machine_usage "$help" "$note"; exit ;;
			--no-nic) no_nic=1 ;;
			--no-accelerator) no_accelerator=1 ;;
			--iommu) machine+=(--iommu) ;;
			--no-build) build= ;;
			--) shift; guest_command=("$@"); break ;;
			--nic | --accelerator | --capture | --share | --kernel | --append | --memory | --cpus | --timeout)
				(($# > 1)) || die "$1 needs a value; ./lab $command --help"
				machine_option "$1" "$2"
				shift
				;;
			--*=*) set -- "$@"; set -- "${1%%=*}" "${1#*=}" "${@:2}"; continue ;;
			-*) die "no option '$1'; ./lab $command --help lists them" ;;
			*) guest_command=("$@"); break ;;
		esac
		shift
	done
	((${#nics[@]})) || [[ $no_nic ]] || nics=('')
	((${#accelerators[@]})) || [[ $no_accelerator ]] || accelerators=('')
}

machine_option() {
	case $1 in
		--nic) nics+=("$2") ;;
		--accelerator) accelerators+=("$2") ;;
		--capture)
			capture=$(realpath -- "$2") || die "cannot write a capture to $2: no such directory"
			shared_dirs+=("$(dirname "$capture")")
			machine+=(--capture="$capture")
			;;
		--share)
			[[ -d $2 ]] || die "--share: no directory $2"
			shared_dirs+=("$(realpath -- "$2")")
			machine+=(--share="$(realpath -- "$2")")
			;;
		--kernel) flavour=$2 ;;
		--append) machine+=(--arguments="$2") ;;
		--timeout)
			[[ $2 =~ ^[0-9]+$ ]] || die "--timeout takes whole seconds, not '$2'"
			timeout=$2
			;;
		*) machine+=("$1=$2") ;;
	esac
}

# new_run: sets `run`, a directory for one run's logs, locked as long as the lab runs; the oldest of
# those that are not go
new_run() {
	local old lock
	mkdir -p "$out/runs"
	run=$(mktemp -d "$out/runs/$(date +%Y%m%d-%H%M%S)-XXXX")
	exec {lock}<"$run"
	flock -s "$lock"
	find "$out/runs" -mindepth 1 -maxdepth 1 -type d | sort | head -n "-$runs_kept" |
		while read -r old; do flock -n "$old" rm -rf "$old" || true; done
}

# machine_ready: everything that a run needs
machine_ready() {
	host_ready
	roots_ready
	kernel_ready "$flavour"
	new_run
	if [[ $build ]]; then project_ready; fi
	[[ -d $stage ]] || die "nothing is built yet, so --no-build cannot be"
	project_for_run
}

# project_for_run: a copy that the next build does not change under the guest's feet
project_for_run() {
	trap end_run EXIT
	locked_project cp -a "$stage" "$run/local"
}

end_run() {
	rm -rf "$run/local"
	[[ -z ${saved_terminal:-} ]] || stty "$saved_terminal"
}

# run_machine COMMAND...: boots it for this command and passes on its exit code
run_machine() {
	local spec
	for spec in "${nics[@]}"; do machine+=(--nic="$spec"); done
	for spec in "${accelerators[@]}"; do machine+=(--accelerator="$spec"); done
	((${timeout:=$default_timeout})) && machine+=(--timeout="$timeout")
	in_tools lab.d/lab/machine.py --kernel="$kernel_dir" --root="$root_guest" --guest="$top/lab.d/guest" \
		--local="$run/local" --run="$run" "${machine[@]}" -- "$@"
}
