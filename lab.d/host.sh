# SPDX-License-Identifier: GPL-2.0 OR Linux-OpenIB
# shellcheck shell=bash
# What is asked of the machine that the lab runs on, and where its apt gets Debian from.

host_ready() {
	((EUID == 0)) || die "must run as root: it makes root file systems and private mounts"
	[[ $(uname -m) == x86_64 ]] || die "needs an x86-64 machine; this one is $(uname -m)"
	command -v apt-get >/dev/null || die "needs Debian 12 or 13: no apt-get here"
	unshare --mount --pid --fork true 2>/dev/null ||
		die "may not make name spaces; in a container, start it with CAP_SYS_ADMIN" \
			"(docker run --privileged)"
	command -v mount >/dev/null || host_install mount
}

# What reads the command line: Debian's, whatever else comes first in PATH
readonly python=/usr/bin/python3

host_python() {
	[[ ! -x $python ]] || return 0
	((EUID == 0)) || die "needs Python: apt-get install python3"
	command -v apt-get >/dev/null || die "needs Debian 12 or 13: no apt-get here"
	host_install python3
}

# host_install PACKAGE...: on the machine itself, what even a small installation may lack
host_install() {
	say "installing $* on this machine"
	export DEBIAN_FRONTEND=noninteractive
	apt-get -qq install -y --no-install-recommends "$@" >/dev/null 2>&1 && return
	{ apt-get -qq update && apt-get -qq install -y --no-install-recommends "$@"; } >&2 && return
	die "could not install $*; apt-get's own message is above"
}

# Base addresses of all archives this machine takes packages from, its Debian ones first
host_archives() {
	local uri release list rank suites='^(bookworm|trixie|forky|sid|(old)?stable|testing|unstable)(-|$)'
	# Without ReleaseInfo it also knows archives that were never fetched from.
	# shellcheck disable=SC2016 # apt expands these
	apt-get -o APT::Get::IndexTargets::ReleaseInfo=false indextargets \
		--format '$(RELEASE) $(REPO_URI)' 'Created-By: Packages' |
		while read -r release uri; do
			if [[ $uri == mirror+file:* ]]; then
				list=${uri#mirror+file:}
				uri=$(grep -o '^[a-z]*:[^[:space:]]*' "${list%/}")
			fi
			if [[ $release =~ $suites ]]; then rank=1; else rank=2; fi
			xargs -n 1 echo "$rank" <<<"$uri"
		done | sort -s -k 1,1 | awk '!seen[$2]++ { print $2 }'
}

# serves_debian URI SUITE: whether this is Debian's main archive, and has that suite
serves_debian() {
	local release rc=0
	release=$(mktemp)
	/usr/lib/apt/apt-helper -qq -o APT::Sandbox::User=root \
		download-file "$1/dists/$2/Release" "$release" >/dev/null 2>&1 &&
		grep -qxE 'Origin: Debian( Backports)?' "$release" || rc=1
	rm -f "$release"
	return "$rc"
}

# host_mirror SUITE...: the first of the machine's archives that has all of them
host_mirror() {
	local uri wanted
	for uri in $(host_archives); do
		uri=${uri%/}
		for wanted; do
			serves_debian "$uri" "$wanted" || continue 2
		done
		echo "$uri"
		return
	done
	die "none of the archives in this machine's apt configuration serves $*;" \
		"add a Debian mirror to /etc/apt/sources.list"
}

# host_apt_options: the settings of the machine's apt that decide whether it reaches its archives
host_apt_options() {
	apt-config dump --no-empty --format '%F "%v";%n' Acquire |
		grep -E '^Acquire::(https?|Check-|Max-FutureTime|Retries|ForceIPv)' || true
}
