#!/bin/bash
# SPDX-License-Identifier: GPL-2.0 OR Linux-OpenIB
# A cluster of three guests, each with other devices, leaves its dumps in one directory, as nodes do
# on a shared file system; tphctl path --from tells of all of them which NIC can steer to which
# device. Runs in the tools root.
set -u
cd "$(dirname "$(realpath "$0")")/../.." || exit
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
mkdir "$work/dumps"
points=0

# check WHAT COMMAND...: one point; what the last guest said is shown when it fails
check() {
	local what=$1
	shift
	points=$((points + 1))
	if "$@"; then
		echo "ok $points - $what"
	else
		echo "not ok $points - $what"
		sed 's/^/# /' "$work/err"
	fi
}

# guest COMMAND OPTION...: COMMAND for sh, where the directory is /run/lab/share
guest() {
	local command=$1
	shift
	./lab run --no-build --share "$work/dumps" "$@" -- sh -c "$command" \
		>"$work/out" 2>"$work/err"
}

dump() {
	echo "tphctl dump --name $1 >/run/lab/share/$1.json"
}

# answers: machine, device's number, answer and what decides it, a line a pair
answers() {
	python3 -c '
import json, sys
for path in json.load(sys.stdin):
	why = next(f["code"] for f in path["findings"] if f["verdict"] == path["verdict"])
	print(path["machine"], path["completer"][-4:], path["verdict"], path["namespace"], why)
' <"$work/out"
}

same() {
	diff <(answers) - >"$work/err" <<-END
		node1 18.0 depends 8-bit root-complex
		node2 18.0 no none namespaces-differ
		node2 19.0 depends 16-bit root-complex
		node3 18.0 not now 8-bit requester-disabled
	END
}

check "node1 dumps itself" guest "$(dump node1)"
check "node2 dumps itself" guest "$(dump node2)" --nic requester=ext --accelerator completer=tph \
	--accelerator completer=ext
check "node3 dumps itself, and finds ways in all three" guest "$(dump node3)
	tphctl path --from /run/lab/share --json" --append pci=notph
check "which NIC can steer to which device" same
echo "1..$points"
