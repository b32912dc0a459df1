# SPDX-License-Identifier: GPL-2.0 OR Linux-OpenIB
# shellcheck shell=bash
# The cache: what was fetched or built, under a name that is the hash of what it was made from.
# A thing is made aside and renamed when whole, so one that has its name can be trusted.

cache=${XDG_CACHE_HOME:-$HOME/.cache}/rdma-tph

# hash_of PATH...: of the names, modes and contents of all files there, wherever the checkout lies
hash_of() {
	(
		cd "$top" || exit
		find "$@" -type f -printf '%P %m ' -exec sha256sum {} \; | LC_ALL=C sort
	) | sha256sum | cut -c 1-16
}

# locked [-s] NAME COMMAND...: no two labs at once, but those with -s; says so when it has to wait
locked() {
	local how=-x name fd rc=0
	if [[ $1 == -s ]]; then
		how=$1
		shift
	fi
	name=$1
	shift
	mkdir -p "$cache/locks"
	exec {fd}>"$cache/locks/${name//\//-}"
	if ! flock "$how" -n "$fd"; then
		say "waiting for another lab that works on $name"
		flock "$how" "$fd"
	fi
	"$@" || rc=$?
	exec {fd}>&-
	return "$rc"
}

# cached NAME MAKER...: MAKER... DIR makes it if it is not there yet. The same thing with another
# hash, not used for 30 days, goes.
cached() {
	[[ -d $cache/$1 ]] || locked "$1" make_cached "$@"
	touch "$cache/$1"
	forget_unused "${1%-*}"
}

make_cached() {
	local name=$1 partial=$cache/$1.partial
	shift
	[[ -d $cache/$name ]] && return
	mkdir -p "${partial%/*}"
	rm -rf --one-file-system "$partial"
	mkdir "$partial" && "$@" "$partial" && touch "$partial" && mv -T "$partial" "$cache/$name"
}

forget_unused() {
	find "$cache/${1%/*}" -mindepth 1 -maxdepth 1 -type d -name "${1##*/}-*" \
		! -name '*.partial' -mtime +30 -exec rm -rf --one-file-system {} +
}
