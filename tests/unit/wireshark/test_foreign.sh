#!/bin/bash
# SPDX-License-Identifier: GPL-2.0 OR Linux-OpenIB
# test_foreign.sh TLPDUMP: what text2pcap, mergecap and editcap write tlpdump reads or says why not.
set -eu
tlpdump=$1
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
cd "$work"

# expect EXIT-CODE LINE ARGUMENT...: tlpdump ends with the code, and prints the line
expect() {
	local want=$1 line=$2 code=0

	shift 2
	"$tlpdump" "$@" >output 2>&1 || code=$?
	if [[ $code != "$want" ]] || ! grep -qxF -- "$line" output; then
		echo "tlpdump $*: exit code $code, and"
		cat output
		echo "instead of $want and '$line'"
		exit 1
	fi
}

met="TLPs carry ST=F0h PH=2 HV=1"
printf '0000 60 02 00 08 04 00 00 f0 00 00 20 e0 06 00 08 00\n0010 00 00 f0 90\n' >dump
text2pcap -q -E user0 dump pcapng >log 2>&1
text2pcap -q -E user0 -F pcap dump pcap >>log 2>&1
text2pcap -q -E user0 -F nsecpcap dump nsecpcap >>log 2>&1
for file in pcapng pcap nsecpcap; do
	expect 0 "1 of 1 $met" --expect=st=0xf0,ph=2 "$file"
	expect 0 "missing: payload (32 bytes)" "$file"
done

cat pcapng pcapng >sections
expect 0 "2 of 2 $met" --expect=st=0xf0,ph=2 sections
mergecap -w merged pcapng pcap nsecpcap
expect 0 "3 of 3 $met" --expect=st=0xf0,ph=2 merged
expect 0 "1 of 1 $met" --link=if2 --expect=st=0xf0,ph=2 merged
editcap -F pcap merged edited
expect 0 "3 of 3 $met" --link=if0 --expect=st=0xf0,ph=2 edited

# Bytes that were called something else, and the way out that the message names
editcap -T ether pcap ether
# (the block behind the section header, whose length is in its second word)
expect 2 "tlpdump: ether: block at byte $(($(od -An -tu4 -j4 -N4 ether))): \
link type 1 instead of 147 (USER0: TLPs in flit mode) or 148 (USER1: outside of it); if TLPs \
it is, editcap -T user0 OLD NEW or -T user1 says so" ether
editcap -T user0 ether again
expect 0 "1 of 1 $met" --expect=st=0xf0,ph=2 again
