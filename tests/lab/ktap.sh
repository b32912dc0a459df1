#!/bin/bash
# SPDX-License-Identifier: GPL-2.0 OR Linux-OpenIB
# What the lab makes of the kernel's own test format.
. tests/lib/tap.sh

# points STATUS: outcomes, names and notes of the KTAP on standard input, one point a line; each >
# in it is a level
points() {
	sed 's/>/    /g' | PYTHONPATH=lab.d python3 -c '
import sys
from lab.tap import Test, points_of
for point in points_of(Test("tier", "suite", 1), sys.stdin.read(), "", int(sys.argv[1])):
	print(f"{point.outcome} {point.name}", *point.note.splitlines(), sep=" | ")' "$1"
}

# becomes WHAT STATUS EXPECTED...: a point; standard input is the KTAP, the rest the lines of it
becomes() {
	local what=$1 status=$2
	shift 2
	check "$what" same "$(points "$status")" "$(printf '%s\n' "$@")"
}

becomes "cases and their parameters" 0 \
	"ok tier/suite: one" "ok tier/suite: two: first" "ok tier/suite: two: second" <<END
KTAP version 1
1..1
>KTAP version 1
># Subtest: suite
># module: suite_kunit
>1..2
>ok 1 one
>>KTAP version 1
>># Subtest: two
>>1..2
>>ok 1 first
>>ok 2 second
># two: pass:2 fail:0 skip:0 total:2
>ok 2 two
# suite: pass:2 fail:0 skip:0 total:2
ok 1 suite
END

becomes "a failure has what was said before it" 0 "ok tier/suite: one" \
	"FAIL tier/suite: two | # two: EXPECTATION FAILED at file.c:12 | # Expected a == b, but" <<END
KTAP version 1
1..1
>KTAP version 1
># Subtest: suite
>1..2
>ok 1 one
># two: EXPECTATION FAILED at file.c:12
>Expected a == b, but
>not ok 2 two
not ok 1 suite
END

becomes "a suite of another name is named" 0 "ok tier/suite: other: one" <<END
KTAP version 1
1..1
>KTAP version 1
># Subtest: other
>1..1
>ok 1 one
ok 1 other
END

becomes "a skip has its reason" 0 "skip tier/suite: one | no device" <<END
TAP version 13
1..1
ok 1 one # SKIP no device
END

becomes "levels that nothing ends, and plans that are not kept" 1 "ok tier/suite: one" \
	"FAIL tier/suite: runs to its end | # planned 1 tests, made 0" \
	"FAIL tier/suite: runs to its end | # planned 2 tests, made 1" <<END
KTAP version 1
1..1
>KTAP version 1
># Subtest: suite
>1..2
>ok 1 one
END

becomes "a suite that fails before its cases" 0 "FAIL tier/suite: suite" <<END
KTAP version 1
1..1
>KTAP version 1
># Subtest: suite
>1..0
not ok 1 suite
END

becomes "no result at all" 1 \
	"FAIL tier/suite: runs to its end | # planned 1 tests, made 0" <<END
KTAP version 1
1..1
END
checked
