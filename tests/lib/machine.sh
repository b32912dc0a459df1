# SPDX-License-Identifier: GPL-2.0 OR Linux-OpenIB
# shellcheck shell=bash
# A machine to install packages on: a copy of a root that goes when the test ends. After
# tests/lib/tap.sh.
machine=$work/machine

# Its mounts last as long as this does.
trap 'umount -R "$machine" "$work/layer"; rm -rf --one-file-system "$work"' EXIT

# make_machine ROOT: as ROOT is, but documentation is installed as well
make_machine() {
	mkdir -p "$work/layer" "$machine"
	mount -t tmpfs tmpfs "$work/layer" &&
		mkdir "$work/layer/upper" "$work/layer/work" &&
		mount -t overlay overlay "$machine" \
			-o "lowerdir=$1,upperdir=$work/layer/upper,workdir=$work/layer/work" &&
		mount -t proc proc "$machine/proc" && mount --rbind /dev "$machine/dev" &&
		mount --rbind /sys "$machine/sys" &&
		rm -f "$machine"/etc/dpkg/dpkg.cfg.d/* && mkdir "$machine/packages"
}

on_machine() {
	DEBIAN_FRONTEND=noninteractive chroot "$machine" "$@"
}

installs() {
	on_machine sh -c 'dpkg --install /packages/*.deb'
}
