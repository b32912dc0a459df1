#!/usr/bin/python3
# SPDX-License-Identifier: GPL-2.0 OR Linux-OpenIB
"""What an exporter cannot do is said in one line before perftest starts: exit code 1, nothing else
on either output. The machine has one completer of each kind and needs no NIC for this.
"""

import os
import pathlib
import subprocess
import sys

import perftest_pair
import tap

EXT, PLAIN, NONE = (os.environ[f"TPH_ACC{i}"] for i in range(3))


def refused(device, flags, message, exporter="--vfio-dmabuf", folder="/usr/bin"):
    command = ["ib_write_bw", f"{exporter}={device},{flags[0]}", *flags[1:]]
    done = subprocess.run(command, capture_output=True, text=True, timeout=30, check=False,
                          env={**os.environ, "RDMA_TPH_PERFTEST_DIR": folder})
    assert (done.returncode, done.stdout, done.stderr) == (1, "", f"ib_write_bw: {message}\n"), done


def accepted(device, *flags):
    """As far as perftest itself, which then finds no RDMA device."""
    command = ["ib_write_bw", f"--vfio-dmabuf={device},bar=2", *flags]
    done = subprocess.run(command, capture_output=True, text=True, timeout=30, check=False)
    assert done.returncode == 1 and "Unable to find the Infiniband/RoCE device" in done.stderr, done


def test_no_completer():
    """A device that completes no TPH takes no tag, and is a buffer all the same."""
    refused(NONE, ["bar=2", "--tph-st=0xf0"],
            f"--vfio-dmabuf: {NONE} is no TPH completer, or its driver exports no dma-bufs: "
            "Operation not supported. Bits 13:12 of its Device Capabilities 2 register and the "
            f"driver's name say which; tphctl dev show {NONE} tells")
    accepted(NONE)


def test_narrow_completer():
    """A device that completes 8-bit tags takes no 16-bit one, alone or with an 8-bit one."""
    message = (f"--vfio-dmabuf: {PLAIN} completes 8-bit steering tags only: "
               "Operation not supported. Publish one in the 8-bit namespace")
    refused(PLAIN, ["bar=2", "--tph-st-ext=0x12f0"], message)
    refused(PLAIN, ["bar=2", "--tph-st-ext=0", "--tph-st=0xf0"], message)
    accepted(PLAIN, "--tph-st=0xff", "--tph-ph=3")


def test_wide_completer():
    """A device that completes 16-bit tags takes either kind, and both."""
    accepted(EXT, "--tph-st=0xff")
    accepted(EXT, "--tph-st-ext=0xffff", "--tph-ph=3")
    accepted(EXT, "--tph-st=1", "--tph-st-ext=0x100", "--dmabuf-tph=st-ext", "--dmabuf-tph-require")


def test_bars():
    """A BAR that does not exist, and ranges beyond the end of one that does."""
    size = 256 << 20
    refused(EXT, ["bar=3"],
            f"--vfio-dmabuf: {EXT} does not implement BAR3, or it is the upper half of a 64-bit "
            f"BAR: No such device or address. lspci -vs {EXT} shows its BARs")
    refused(EXT, [f"bar=2,offset={size}"],
            f"--vfio-dmabuf: offset={size} is beyond the end of BAR 2 of {EXT}, which has {size} "
            "bytes; give a smaller one")
    refused(EXT, ["bar=2,offset=255M,size=2M"],
            f"--vfio-dmabuf: 0x200000 bytes at 0xff00000 do not fit into BAR2 of {EXT}, which has "
            "0x10000000 bytes: Numerical result out of range")
    refused(EXT, ["bar=2,size=64K"],
            "the data buffer needs 131072 bytes and the exported range has 65536; lower -s or -q, "
            "or export more (size=, or another BAR)")
    refused(EXT, ["bar=2", "-s", "64M", "-q", "4"],
            f"the data buffer needs {2 * size} bytes and the exported range has {size}; lower -s "
            "or -q, or export more (size=, or another BAR)")


def test_shortened():
    """Shortened flags are what they are in full, with each version of perftest."""
    for folder in perftest_pair.STOCK_FOLDERS.values():
        def short(flags, message, folder=folder):
            refused(EXT, ["bar=2,size=64K", *flags.split()], message, "--vf", folder)

        short("--siz=64M", "the data buffer needs 134217728 bytes and the exported range has "
              "65536; lower -s or -q, or export more (size=, or another BAR)")
        short("--mr_per -q 2", "--vfio-dmabuf with --mr_per_qp and more than one QP: perftest "
              "loses its pointers to a mapped buffer when it makes several; drop --mr_per_qp, and "
              "the QPs share one memory region")
        short("--od", "--vfio-dmabuf with --odp: a dma-buf cannot be registered on demand; "
              "drop --odp")
        short("--tph-p=4", "--tph-ph=4: a processing hint is 0 (bidirectional), 1 (requester), "
              "2 (target) or 3 (target with priority)")
        short("--dmabuf-tph-r --dmabuf_tph=none", "--dmabuf-tph-require with --dmabuf-tph=none: "
              "there is nothing to require; ask for auto, st or st-ext")


def test_unbound():
    """A device that no driver has, and how to give it to vfio-pci."""
    driver = pathlib.Path(f"/sys/bus/pci/devices/{EXT}/driver")
    (driver / "unbind").write_text(EXT)
    try:
        refused(EXT, ["bar=2"],
                f"--vfio-dmabuf: {EXT} has no driver: No such device or address. Bind it: "
                f"echo vfio-pci > /sys/bus/pci/devices/{EXT}/driver_override; "
                f"echo {EXT} > /sys/bus/pci/drivers_probe")
    finally:
        pathlib.Path("/sys/bus/pci/drivers_probe").write_text(EXT)
    accepted(EXT)


def test_foreign():
    """A device that another driver has."""
    port = next(device for device in pathlib.Path("/sys/bus/pci/devices").iterdir()
                if (device / "driver").exists()
                and (device / "driver").resolve().name == "virtio-pci").name
    command = ["ib_write_bw", f"--vfio-dmabuf={port},bar=0"]
    done = subprocess.run(command, capture_output=True, text=True, timeout=30, check=False)
    assert done.returncode == 1 and done.stdout == "", done
    assert done.stderr.startswith(f"ib_write_bw: --vfio-dmabuf: {port} "), done
    assert "virtio-pci" in done.stderr and "vfio-pci" in done.stderr, done


if __name__ == "__main__":
    sys.exit(tap.run(test_no_completer, test_narrow_completer, test_wide_completer, test_bars,
                     test_shortened, test_unbound, test_foreign))
