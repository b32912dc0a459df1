#!/bin/bash
# SPDX-License-Identifier: GPL-2.0 OR Linux-OpenIB
# How a long step of the lab ends: by itself, by Ctrl-C, with the lab. Runs in the tools root, as
# ./lab test starts it, on a copy of the lab whose cache is its own, and whose tools root is made by
# the program "$work/step".
set -u
cd "$(dirname "$(realpath "$0")")/../.." || exit
. tests/lib/tap.sh
mkdir -p "$work/copy/tests"
cp -r lab lab.d "$work/copy"
cp -r tests/bench "$work/copy/tests"
cat >"$work/copy/lab.d/roots/tools/make.sh" <<-END
	make_root() {
		watched "making it" "\$logs/it.log" last_line \
			setpriv --pdeathsig KILL unshare --pid --fork --kill-child "$work/step"
	}
END
cd "$work/copy" || exit
export XDG_CACHE_HOME=$work/cache
mkfifo "$work/up"

# step LINE...: what the program does
step() {
	printf '%s\n' '#!/bin/bash' "$@" >"$work/step"
	chmod +x "$work/step"
}

# begin: starts the lab as a terminal does, returns when the step is up
begin() {
	setsid env --default-signal=INT ./lab build 2>"$work/err" &
	pid=$!
	read -r _ <"$work/up"
}

# ended STATUS: the lab does so
ended() {
	local rc
	wait "$pid"
	rc=$?
	echo "exit code $rc"
	[[ $rc == "$1" ]]
}

# said LINE...: all there is, but for what a slow step gets
said() {
	diff <(grep -v '^lab: making it [.]' "$work/err") <((($#)) && printf '%s\n' "$@")
}

# unlocked: whatever the lab held is free, and not only when somebody looks again
unlocked() {
	flock -w 10 "$(echo "$work/cache/rdma-tph/locks/roots-tools-"*)" true
}

step 'echo one; echo two; exit 3'
./lab build 2>"$work/err"
check "a step that fails gives 125" same $? 125
check "with what it said, and where that is" said '    one' '    two' \
	"lab: making it failed (exit code 3); the whole output is in $(echo "$PWD/build/lab/runs/"*/it.log)"

# Like ninja: with an exit code of its own when it is interrupted
step "trap 'exit 2' INT" "echo up >'$work/up'" 'sleep 1000000'
begin
kill -INT -- "-$pid"
check "Ctrl-C gives 130" ended 130
check "and no failure to read of" said
check "and leaves no lock" unlocked

begin
kill -TERM "$pid"
check "SIGTERM ends the lab" ended 143
check "and leaves no lock, either" unlocked
checked
