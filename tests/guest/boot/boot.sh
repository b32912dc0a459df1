#!/bin/bash
# SPDX-License-Identifier: GPL-2.0 OR Linux-OpenIB
# The guest is what every other test takes for granted. What the kernel says while it boots is for
# lab.d/lab/guest_tests.py to judge.
points=0

check() {
	what=$1
	shift
	points=$((points + 1))
	if "$@" >/tmp/boot.out 2>&1; then
		echo "ok $points - $what"
	else
		echo "not ok $points - $what"
		echo "# failed: $*"
		sed 's/^/# /' /tmp/boot.out
	fi
}

check "the kernel is ours" grep -q rdma-tph /proc/sys/kernel/osrelease
check "there are two processors" test "$(nproc)" = 2
check "the loopback interface is up" ip -4 address show up dev lo to 127.0.0.1
check "memory may be locked without limit" test "$(ulimit -l)" = unlimited
check "the root can be written to" touch /etc/boot-test /usr/bin/boot-test
check "/usr/local cannot, it is what was installed" test ! -w /usr/local/lib
check "our libraries are found" ldd /usr/local/libexec/rdma-tph/tests/tph_op_check
check "debugfs is mounted" test -d /sys/kernel/debug/dma_buf
check "iommufd is there" test -c /dev/iommu
check "VFIO works without an IOMMU" grep -q Y /sys/module/vfio/parameters/enable_unsafe_noiommu_mode
check "the NIC is at \$TPH_NIC0, and mlx5_core has it" \
	test -e "/sys/bus/pci/drivers/mlx5_core/$TPH_NIC0"
check "the accelerator is at \$TPH_ACC0, and vfio-pci has it" \
	test -e "/sys/bus/pci/drivers/vfio-pci/$TPH_ACC0"
check "verbs and the connection manager have their nodes" \
	test -c /dev/infiniband/uverbs0 -a -c /dev/infiniband/rdma_cm
check "the models' control socket is reachable" test -c /dev/virtio-ports/softfabric.control
check "a device can be given to another driver" vfio-bind "$TPH_NIC0"
check "and back" vfio-bind "$TPH_NIC0" mlx5_core
check "a device that does not exist is refused" sh -c '! vfio-bind 0000:00:1e.7'

echo "1..$points"
