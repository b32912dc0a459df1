#!/bin/bash
# SPDX-License-Identifier: GPL-2.0 OR Linux-OpenIB
# The packages of a release of Debian: made, looked through, installed, used and removed. Runs in
# the root of that release, see lab.d/roots/distro; they are installed in a copy of it that goes.
set -u
. tests/lib/tap.sh
. tests/lib/machine.sh
packages=$work/packages
version=$(dpkg-parsechangelog --show-field Version)
newer=$version.1
mark=+marked
tools=(ib_write_bw ib_write_lat ib_read_bw ib_read_lat ib_send_bw ib_send_lat ib_atomic_bw
	ib_atomic_lat raw_ethernet_bw raw_ethernet_lat raw_ethernet_burst_lat raw_ethernet_fs_rate)

nothing_to_complain_of() {
	lintian --fail-on error,warning --allow-root "$packages"/*.changes
}

# make_room: a copy of this root, with packages and their tests
make_room() {
	make_machine / && cp "$packages"/*.deb "$machine/packages" &&
		cp -r debian/tests "$machine/packages"
}

# everything: all files, but what dpkg and ld.so write for themselves
everything() {
	(cd "$machine" && find . -xdev \( -path ./tmp -o -path ./packages -o -path ./var/lib/dpkg \
		-o -path ./var/log -o -path ./var/cache -o -path ./etc/ld.so.cache \) -prune \
		-o -type f -printf '%P %m %s\n' -o -type l -printf '%P %l\n' | LC_ALL=C sort)
}

# all_taken: their names are ours, and perftest's tools are where they were put
all_taken() {
	local tool stock
	for tool in "${tools[@]}"; do
		stock=$machine/usr/libexec/rdma-tph/stock/$tool
		[[ $(readlink "$machine/usr/bin/$tool") == *libexec/rdma-tph/perftest-tph &&
			-x $stock && ! -L $stock ]] && continue
		echo "not $tool"
		return 1
	done
}

# make_newer: the packages become those of a later version
make_newer() {
	local deb tree=$work/tree old=${version//./[.]}
	for deb in "$machine"/packages/*.deb; do
		rm -rf "$tree"
		dpkg-deb --raw-extract "$deb" "$tree" &&
			sed -i -E "s/^(Version: )$old$/\1$newer/; s/(>?= )$old\)/\1$newer)/g" \
				"$tree/DEBIAN/control" &&
			dpkg-deb -Znone --build "$tree" "$deb" || return
	done
}

upgrades() {
	installs &&
		same "$(on_machine dpkg-query --show perftest-tph | cut -f 2)" "$newer"
}

# make_perftest [MARK]: Debian's package perftest, as it is installed here, made again; with MARK a
# newer one, whose tools and version end with that
make_perftest() {
	local mark=${1:-} tree=$work/perftest deb=$machine/tmp/perftest.deb path
	rm -rf "$tree"
	mkdir -p "$tree/DEBIAN"
	dpkg-query --status perftest | sed -E "/^Status:/d; s/^Version: .*/&$mark/" \
		>"$tree/DEBIAN/control" || return
	dpkg --listfiles perftest | while read -r path; do
		[[ ! -f $path ]] || (cd / && cp -a --parents ".$path" "$tree")
	done
	[[ -z $mark ]] || for path in "$tree"/usr/bin/*; do printf '\n%s\n' "$mark" >>"$path"; done
	dpkg-deb --root-owner-group -Znone --build "$tree" "$deb"
}

# installs_perftest [MARK]: that package, as an upgrade of the distribution does
installs_perftest() {
	make_perftest "$@" && on_machine dpkg --force-downgrade --install /tmp/perftest.deb
}

# all_marked FOLDER MARK: the tools there are those of perftest's newer package
all_marked() {
	local tool
	for tool in "${tools[@]}"; do
		same "$(tail -n 1 "$machine$1/$tool")" "$2" || return
	done
}

perftest_is_upgraded() {
	installs_perftest "$mark" && all_taken && all_marked /usr/libexec/rdma-tph/stock "$mark" &&
		on_machine /packages/tests/perftest
}

removes() {
	# shellcheck disable=SC2016 # the shell there expands it
	on_machine sh -c 'cd /packages && dpkg --purge $(for deb in *.deb; do echo "${deb%%_*}"; done)'
}

nothing_stays() {
	diff "$work/before" <(everything)
}

# Without the libraries that it needs it cannot be configured.
unpacked_only() {
	on_machine sh -c 'dpkg --unpack /packages/perftest-tph_*.deb' && all_taken &&
		on_machine dpkg --purge perftest-tph && nothing_stays
}

makes_rpms() {
	lab.d/package-rpm "$packages/rpm" &&
		same "$(find "$packages/rpm" -name '*.src.rpm' | wc -l)" 1 &&
		(($(find "$packages/rpm" -name '*.x86_64.rpm' | wc -l) >= 4))
}

# Debian 12 and 13 have no headers of Linux 7.2.
has_softfabric() {
	ls "$packages"/softfabric_*.deb
}

check "packages are made, and pass their tests" lab.d/package-deb "$packages" || { checked; exit; }
grep -q sid /etc/debian_version && check "softfabric is among them" has_softfabric
check "lintian has nothing to complain of" nothing_to_complain_of
check "there is a machine to install them on" make_room || { checked; exit; }
everything >"$work/before"
check "they are installed" installs
check "every tool of perftest has made room" all_taken
for test in "$machine"/packages/tests/*; do
	[[ -x $test ]] || continue
	[[ $test != */softfabric ]] || has_softfabric >/dev/null 2>&1 || continue
	check "autopkgtest $(basename "$test")" on_machine "/packages/tests/$(basename "$test")"
done
check "they are installed again over themselves" installs
check "every tool of perftest is still where it was put" all_taken
check "there are packages of a later version" make_newer
check "they are upgraded to these" upgrades
check "and every tool of perftest is there yet" all_taken
check "perftest is upgraded, and what has its names still runs its tools, the newer ones" \
	perftest_is_upgraded
check "they are removed" removes
check "and perftest's newer tools have their names" all_marked /usr/bin "$mark"
check "perftest is again as it was" installs_perftest
check "and nothing is left" nothing_stays
check "unpacked only, perftest-tph can be removed again" unpacked_only
check "packages of RPM are made, and pass their tests" makes_rpms
checked
