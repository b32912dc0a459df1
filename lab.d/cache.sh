# SPDX-License-Identifier: GPL-2.0 OR Linux-OpenIB
# shellcheck shell=bash
# The cache: what was fetched or built, under a name that is the hash of what it was made from.
# A thing is made aside and renamed when whole, so one that has its name can be trusted.

cache=${XDG_CACHE_HOME:-$HOME/.cache}/rdma-tph

# hash_of PATH...: of all files there: their names, contents, and whether they are programs, as git
# has it; wherever the checkout lies, and whatever umask it was made with
hash_of() {
	(
		cd "$top" || exit
		find "$@" -type f \( -perm /100 -printf '%P 755 ' -o -printf '%P 644 ' \) \
			-exec sha256sum {} \; | LC_ALL=C sort
	) | sha256sum | cut -c 1-16
}

# cache_ready: it can be used for what the lab makes
cache_ready() {
	[[ $cache == /* ]] || die "XDG_CACHE_HOME is '$XDG_CACHE_HOME', which is no absolute path"
	[[ $cache != *[[:space:]:]* ]] || die "Linux cannot be built in '$cache', for the space or" \
		"colon in it; set XDG_CACHE_HOME to a directory without"
	directory_ready "$cache" "set XDG_CACHE_HOME to a directory that can be written"
}

# directory_ready DIR ADVICE: it is there and can be written
directory_ready() {
	local reason
	reason=$(mkdir -p "$1" 2>&1 && touch "$1" 2>&1) || die "${reason#*: }; $2"
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
	exec {fd}>"$cache/locks/${name//\//-}" || die "cannot lock $name"
	if ! flock "$how" -n "$fd"; then
		say "waiting for another lab that works on $name"
		flock "$how" "$fd" || die "the wait for $name was ended"
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

# By ctime: a root that is being made has whatever other times its packages have.
forget_unused() {
	find "$cache/${1%/*}" -mindepth 1 -maxdepth 1 -type d -name "${1##*/}-*" -ctime +30 \
		-exec rm -rf --one-file-system {} +
}
