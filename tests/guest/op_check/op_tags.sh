#!/bin/sh
# SPDX-License-Identifier: GPL-2.0 OR Linux-OpenIB
# Every operation of the accelerator, and every hint: tph_op_check for each.
check=$(dirname "$0")/tph_op_check
failed=0 test=0
echo 1..11
for tag in 0x00:0 0x1a:1 0x25:2 0x3f:3 0x41:0 0x52:1 0x63:2 0x7b:3 0xe9:0 0xf0:1 0xff:3; do
	test=$((test + 1))
	if output=$("$check" --st "${tag%:*}" --ph "${tag#*:}" 2>&1); then
		echo "ok $test - ST ${tag%:*} PH ${tag#*:}: $(echo "$output" | grep -o 'result of [^,]*' | tail -1)"
	else
		failed=1
		echo "not ok $test - ST ${tag%:*} PH ${tag#*:}"
		echo "$output" | sed 's/^/# /'
	fi
done
exit $failed
