#!/bin/bash
# SPDX-License-Identifier: GPL-2.0 OR Linux-OpenIB
# at_work.sh POINTS TEST...: runs these guest tests, each a point, in a guest that has the project
# installed on a release of Debian. A test may have arguments, behind it in the same word. Goes on
# counting after POINTS, and fails when one of them does.
set -u
# shellcheck source=tests/lib/tap.sh
. "$(dirname "$0")/tap.sh"
tests=/usr/local/libexec/rdma-tph/tests
points=$1
shift
failed=0

# passes TEST [ARGUMENT]...: its points do, and none is left out
passes() {
	"$tests/$1" "${@:2}" | tee "$work/points"
	((!PIPESTATUS[0])) && grep -q '^ok ' "$work/points" && ! grep -qi '# skip' "$work/points"
}

rdma_core=$(dpkg-query --show --showformat '${source:Upstream-Version}' libibverbs1)
for test; do
	read -ra words <<<"$test"
	check "with rdma-core $rdma_core: $test" passes "${words[@]}" || failed=1
done
((!failed))
