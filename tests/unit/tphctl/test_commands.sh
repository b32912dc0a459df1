#!/bin/bash
# SPDX-License-Identifier: GPL-2.0 OR Linux-OpenIB
# usage: test_commands.sh TPHCTL MACHINES
# What commands say of dumps, and their exit codes, where only the whole program shows it.
set -u
tphctl=$1
machines=$2
points=0
failed=0
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
export XDG_RUNTIME_DIR=$work
output=$work/output
place=$work
[[ $EUID == 0 ]] && place=/run

# same WHAT WANT HAVE
same() {
	points=$((points + 1))
	if [[ $3 == "$2" ]]; then
		echo "ok $points - $1"
		return
	fi
	failed=1
	echo "not ok $points - $1"
	diff <(echo "$3") <(echo "$2") | sed 's/^/# /'
}

# point WHAT WANT ARGUMENT...: tphctl prints what is wanted, its exit code and a colon in front
point() {
	local what=$1 want=$2 have

	shift 2
	have=$("$tphctl" "$@" 2>&1 >"$output")
	have="$?: $have$([[ -f $output ]] && cat "$output")"
	same "$what" "$want" "$have"
}

acs=$machines/turin-acs.json
bar="turin-acs: no: that is not one or more whole pages of BAR2 of 0000:c4:00.0, which has"
bar+=" 0x10000000 bytes"
point "a whole BAR" "0: turin-acs: yes: BAR2 of 0000:c4:00.0 can be exported" \
	export --from "$acs" c4:00.0
point "its last page" "0: turin-acs: yes: BAR2 of 0000:c4:00.0 can be exported" \
	export --from "$acs" c4:00.0 --offset=0xffff000 --length=4K
for part in --length=0 --length=4097 --offset=1 --offset=0x10000000 --offset=1G \
	"--offset=0xffff000 --length=8K"; do
	# shellcheck disable=SC2086 # a part may be two options
	point "no pages of it: $part" "1: $bar" export --from "$acs" c4:00.0 $part
done

cp "$machines/turin-switch.json" "$work/a.json"
cp "$machines/turin-switch.json" "$work/b.json"
point "two machines of one name" "2: tphctl: turin-switch/mlx5_0: there are several machines of \
that name; tphctl dump --name gives one another" \
	path --from "$work" turin-switch/mlx5_0 turin-switch/c4:00.0
"$tphctl" dump --from "$machines/turin-switch.json" --name=other >"$work/b.json"
point "one that got another" "0: other: yes" publish --st=1 --from "$work" other/c4:00.0
for name in '' 'a b' a/b $'a\e[2J'; do
	point "no name: ${name@Q}" \
		"2: tphctl: dump: --name is one word of visible characters, without a /" \
		dump --from "$acs" --name="$name"
done
for name in . .. a/b '' "$(printf '%0100d' 0)"; do
	point "no name of an export: '$name'" \
		"2: tphctl: '$name' is no name for an export: it becomes a file in $place/tphctl" \
		clear "$name"
done

# owner DRIVER STAGE: what the next owner of a requester with this driver may
owner() {
	sed "s/\"release\": .*/&, \"vfio_tph\": \"$2\"/; s/mlx5_core/$1/" "$acs" >"$work/owner"
	"$tphctl" dev show --details --from "$work/owner" c3:00.0 | sed -n 's/^  owner may *//p'
}

for want in "0 hints without tags" "1 tags by interrupt vector" "2 tags as the device chooses" \
	"3 any tags"; do
	same "an owner at stage ${want%% *}" "${want#* }" "$(owner vfio-pci "${want%% *}")"
done
same "a stage that nobody knows" "" "$(owner vfio-pci 4)"
same "no owner in user space" "" "$(owner mlx5_core 2)"
ln -s "$acs" "$work/acs.json"
for words in --help "dev show --help" "dev show --from $work/acs.json"; do
	output=/dev/full
	# shellcheck disable=SC2086 # some are several words
	point "a full disk: $words" "2: tphctl: cannot write the output: No space left on device" $words
	output=$work/output
done
echo "1..$points"
((!failed))
