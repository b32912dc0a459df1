#!/bin/bash
# SPDX-License-Identifier: GPL-2.0 OR Linux-OpenIB
# What ./lab run --capture leaves, decoded: on each link its own encoding, on all the published tag;
# and nothing that it lacks goes unsaid.
# Runs in the tools root, as ./lab test starts it.
set -u
cd "$(dirname "$(realpath "$0")")/../.." || exit
. tests/lib/tap.sh

tlpdump() {
	build/lab/local/bin/tlpdump "$@" "$work/capture"
}

# encoded_as LINK ENCODING: the link has packets, and all are
encoded_as() {
	tlpdump --link="$1" --json | grep '"encoding"' >"$work/json"
	[[ -s $work/json ]] && ! grep -v "\"encoding\":\"$2\"" "$work/json"
}

# prefixed LINK: as many prefixes as there are writes with the tag
prefixed() {
	[[ $(tlpdump --link="$1" --type=MWr --st=0x0f07 | grep -c 'TPH prefix ST\[15:8\]=Fh AMA=0 AV-$') == \
		$(tlpdump --link="$1" --type=MWr --st=0x0f07 --json | grep -c '"st"') ]]
}

# cut_short: a run that writes without a tag before it writes with one, and no room for all of it
cut_short() {
	./lab run --no-build --capture "$work/capture" --capture-limit 8K -- \
		/usr/local/libexec/rdma-tph/tests/tph_op_check 2>"$work/run"
}

# says_how_much: in the words of the lab, and the capture has the same number
says_how_much() {
	local cut='^lab: softfabric: the capture is cut: ([0-9]+) of [0-9]+ packets were not recorded; '
	cut+='give a --capture-limit above 8192 bytes, or do less$'
	cat "$work/run"
	[[ $(grep 'the capture is cut' "$work/run") =~ $cut ]] || return
	tlpdump --count --json | python3 -c "
import json, sys
missing = json.load(sys.stdin)['missing']
print(missing)
sys.exit(sum(link['dropped'] for link in missing) != ${BASH_REMATCH[1]})"
}

# met_by_what_is_there: all that was recorded is as expected, but that is not all
met_by_what_is_there() {
	tlpdump --link=nic0 --type=MWr --expect=none --json >"$work/json"
	[[ $? == 1 ]] && python3 -c "
import json, sys
found = json.load(open('$work/json'))
print(found)
sys.exit(not 0 < found['matching'] == found['tlps'])"
}

check "a 16-bit tag crosses from a link out of flit mode to one in it" \
	./lab run --no-build --capture "$work/capture" --nic requester=ext,flit=off -- \
	/usr/local/libexec/rdma-tph/tests/tph_op_check --st-ext 0x0f07 --ph 2
check "the NIC's link is captured out of flit mode" encoded_as nic0 non-flit
check "the accelerator's link is captured in flit mode" encoded_as acc0 flit
for link in nic0 acc0; do
	check "$link: all writes with hints carry tag and hint" \
		tlpdump --link=$link --type=MWr --hv=3 --expect=st-ext=0x0f07,ph=2
done
check "nic0: the prefix carries ST[15:8]" prefixed nic0

# Out of flit mode the tag of an AtomicOp is where that of a write is not: in the last byte of DW1.
check "RDMA atomics become AtomicOps across the same links" \
	./lab run --no-build --capture "$work/capture" --nic flit=off -- \
	/usr/local/libexec/rdma-tph/tests/tph_atomics
for link in nic0 acc0; do
	check "$link: the AtomicOp carries tag and hint" \
		tlpdump --link=$link --type=FetchAdd --expect=st=0x05,ph=1
done

check "a capture may run out of room" cut_short
check "the lab says how many packets it lacks, as does the capture" says_how_much
check "no expectation is met by it" met_by_what_is_there
checked
