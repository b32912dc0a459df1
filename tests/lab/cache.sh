#!/bin/bash
# SPDX-License-Identifier: GPL-2.0 OR Linux-OpenIB
# The cache: where it may be, what names a thing in it, and that nobody works in it without the
# lock. Runs in the tools root, as ./lab test starts it; the caches here are its own.
set -u
export LC_ALL=C
cd "$(dirname "$(realpath "$0")")/../.." || exit
[[ ${1:-} == apart ]] || exec unshare --mount "$0" apart
. tests/lib/tap.sh
. lab.d/say.sh
# shellcheck disable=SC2034 # cache.sh uses it
top=$work

# with CACHE COMMAND...: where the lab's cache is said to be CACHE
with() {
	(
		export XDG_CACHE_HOME=$1
		. lab.d/cache.sh
		"${@:2}"
	)
}

# refused CACHE MESSAGE
refused() {
	local rc
	with "$1" cache_ready 2>"$work/err"
	rc=$?
	[[ $rc == 125 ]] && same "$(<"$work/err")" "lab: $2"
}

# hashed: what names the files there
hashed() {
	with "$work" hash_of source
}

# same_for UMASK: a copy made with it
same_for() {
	rm -rf "$work/copy"
	(umask "$1" && mkdir "$work/copy" && cp -r --no-preserve=mode "$work/source" "$work/copy" &&
		chmod +x "$work/copy/source/program")
	ls -l "$work/copy/source"
	same "$(top=$work/copy hashed)" "$original"
}

# changed_by COMMAND...: done to the files
changed_by() {
	"$@"
	[[ $(hashed) != "$original" ]]
}

# stopped_while_waiting: a flock that has to wait is killed; the command must not run
stopped_while_waiting() {
	local rc
	mkdir "$work/bin"
	cat >"$work/bin/flock" <<-'END'
		#!/bin/bash
		[[ $* != *-n* ]] || exit 1
		kill -TERM $$
	END
	chmod +x "$work/bin/flock"
	(PATH=$work/bin:$PATH with "$work" locked thing touch "$work/ran")
	rc=$?
	echo "exit code $rc"
	[[ $rc == 125 && ! -e $work/ran ]]
}

check "no cache has a relative path" refused rel \
	"XDG_CACHE_HOME is 'rel', which is no absolute path"
check "nor one in which Linux cannot be built" refused "$work/a b" \
	"Linux cannot be built in '$work/a b/rdma-tph', for the space or colon in it; set XDG_CACHE_HOME to a directory without"
check "nor one that is none" refused /dev/null \
	"cannot create directory '/dev/null': Not a directory; set XDG_CACHE_HOME to a directory that can be written"
mkdir "$work/read-only"
mount --bind "$work/read-only" "$work/read-only"
mount -o remount,bind,ro "$work/read-only"
check "nor one that can only be read" refused "$work/read-only" \
	"cannot create directory '$work/read-only/rdma-tph': Read-only file system; set XDG_CACHE_HOME to a directory that can be written"
check "others are made" with "$work/new" cache_ready
umount "$work/read-only"

mkdir "$work/source"
echo text >"$work/source/text"
echo program >"$work/source/program"
chmod 755 "$work/source/program"
original=$(hashed)
for mask in 022 002 077; do
	check "files have the same name in the cache with umask $mask" same_for "$mask"
done
check "a program is not the same as a text" changed_by chmod 644 "$work/source/program"
chmod 755 "$work/source/program"
check "nor is another text" changed_by sh -c "echo other >'$work/source/text'"

check "who cannot wait for the lock any more works on nothing" stopped_while_waiting
checked
