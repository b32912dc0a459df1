#!/bin/bash
# SPDX-License-Identifier: GPL-2.0 OR Linux-OpenIB
# Where the lab looks for Debian: in the machine's own apt configuration, however that is written.
# Runs in the tools root; nothing is fetched.
set -u
cd "$(dirname "$(realpath "$0")")/../.." || exit
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
. lab.d/say.sh
. lab.d/host.sh

mkdir -p "$work/parts"
cat >"$work/apt.conf" <<END
Dir::Etc::SourceList "$work/sources.list";
Dir::Etc::SourceParts "$work/parts";
Dir::State::Lists "$work";
END
export APT_CONFIG=$work/apt.conf
points=0

# expect WHAT ADDRESS...: from what is in $work/sources.list
expect() {
	local what=$1 found
	shift
	points=$((points + 1))
	found=$(host_archives | xargs)
	[[ $found == "$*" ]] || printf 'not '
	echo "ok $points - $what"
	[[ $found == "$*" ]] || printf '# found %s\n# not %s\n' "$found" "$*"
}

cat >"$work/sources.list" <<-END
	deb http://first.example/debian trixie main
	deb http://first.example/debian trixie-updates main contrib
	deb-src http://source.example/debian trixie main
END
expect "an archive is named once, source archives are not" http://first.example/debian/

cat >"$work/sources.list" <<-END
	deb http://others.example/apt focal main
	deb http://security.example/debian-security bookworm-security main
	deb http://near.example/debian bookworm main
	deb [arch=amd64] https://far.example/debian stable main
END
expect "Debian's suites come before others, in the order of the configuration" \
	http://security.example/debian-security/ http://near.example/debian/ \
	https://far.example/debian/ http://others.example/apt/

printf 'http://listed.example/debian/\tpriority:1\nhttp://second.example/debian/\n' >"$work/mirrors"
echo "deb mirror+file:$work/mirrors bookworm main" >"$work/sources.list"
expect "a list of mirrors stands for all of them" http://listed.example/debian/ \
	http://second.example/debian/

: >"$work/sources.list"
cat >"$work/parts/debian.sources" <<-END
	Types: deb
	URIs: http://deb822.example/debian
	Suites: trixie trixie-updates
	Components: main

	Types: deb
	URIs: http://off.example/debian
	Suites: trixie
	Components: main
	Enabled: no
END
expect "deb822 sources are read, what is switched off is not" http://deb822.example/debian/

echo "1..$points"
