#!/usr/bin/python3
# SPDX-License-Identifier: GPL-2.0 OR Linux-OpenIB
"""Behind root ports: where devices are, how far TPH is enabled by what the root ports complete, and
hints from peer to peer across two of them.
"""

import contextlib
import os
import pathlib
import subprocess
import sys

import control
import perftest_pair
import tap
from arrivals import Arrivals

PCI = pathlib.Path("/sys/bus/pci/devices")
DRIVER = pathlib.Path("/sys/bus/pci/drivers/mlx5_core")
COMPLETER = pathlib.Path("/sys/module/lab_root_port/parameters/tph_completer")
NICS = os.environ["TPH_NIC0"], os.environ["TPH_NIC1"]     # of 8 bits, of 16 bits
ACCELERATOR = os.environ["TPH_ACC0"]
BUFFER = f"--vfio-dmabuf={ACCELERATOR},bar=2,size=1M"
CPU_HANDLE = pathlib.Path(__file__).with_name("topology_cpu_handle")
SHORT = ["-s", "4096", "-n", "64"]

fabric = control.Control()


def setpci(address, register):
    return int(subprocess.run(["setpci", "-s", address, register], check=True, text=True,
                              capture_output=True).stdout, 16)


def requester(nic):
    """TPH Requester Enable: 0 off, 1 with 8-bit tags, 3 with 16-bit ones."""
    return setpci(nic, "ECAP_TPH+8.l") >> 8 & 3


def completer(port):
    """TPH Completer Supported, in Device Capabilities 2."""
    return setpci(port, "CAP_EXP+24.l") >> 12 & 3


def port_of(address):
    """What is above the device."""
    return (PCI / address).resolve().parent.name


@contextlib.contextmanager
def completing(value, nic):
    """As a context: root ports complete this, and the NIC was probed since."""
    before = COMPLETER.read_text()
    try:
        reprobe(value, nic)
        yield
    finally:
        reprobe(before, nic)


def reprobe(value, nic):
    (DRIVER / "unbind").write_text(nic)
    COMPLETER.write_text(str(value))
    (DRIVER / "bind").write_text(nic)


def write_with_tag(*more):
    """The server's side of ib_write_bw into the accelerator, and with which hints that arrived."""
    arrivals = Arrivals(fabric, "acc0")
    pair = perftest_pair.run_pair("ib_write_bw", SHORT,
                                  ["--dmabuf-tph=st", BUFFER, "--tph-st=0xf0", "--tph-ph=2", *more])
    return pair, arrivals.grown("write_bytes")


def errno_of_handle():
    """The errno with which the first NIC refuses a DMA handle of a CPU."""
    return subprocess.run([CPU_HANDLE, perftest_pair.rdma_device()], check=True, text=True,
                          capture_output=True).stdout.strip()


def test_places():
    """Each device is behind a root port of its own, on a bus of its own"""
    for bus, address in enumerate((*NICS, ACCELERATOR), 1):
        assert address == f"0000:{bus:02x}:00.0", address
        port = port_of(address)
        assert setpci(port, "SECONDARY_BUS.b") == bus, port
        assert setpci(port, "CAP_EXP+2.w") >> 4 & 0xf == 4, f"{port} is no root port"


def test_extended():
    """Below ports that complete 16-bit tags a NIC sends what it can"""
    assert [completer(port_of(nic)) for nic in NICS] == [3, 3]
    assert [requester(nic) for nic in NICS] == [1, 3]


def test_8_bit():
    """Below ports that complete 8-bit tags a NIC of 16-bit tags sends 8-bit ones"""
    nic = NICS[1]
    with completing(1, nic):
        assert completer(port_of(nic)) == 1
        assert requester(nic) == 1


def test_peer_to_peer():
    """From root port to root port a write has the exporter's tag"""
    pair, written = write_with_tag("--dmabuf-tph-require")
    assert pair.succeeded(), pair
    assert written.keys() == {("st", 0xf0, 2)}, written


def test_none():
    """Below ports that complete no tags TPH stays off, and all works without"""
    nic = NICS[0]
    with completing(0, nic):
        assert completer(port_of(nic)) == 0
        assert requester(nic) == 0
        # of a device without TPH the kernel knows no such object
        assert errno_of_handle() == "EPROTONOSUPPORT", errno_of_handle()
        pair, written = write_with_tag()
        assert pair.succeeded(), pair
        assert written.keys() == {("none", 0, 0)}, written
        assert "the device has no TPH, or it was switched off for good" in pair.server.stderr, pair
        pair, written = write_with_tag("--dmabuf-tph-require")
        assert pair.server.status == 1 and not written, pair
        path = subprocess.run(["tphctl", "path", nic, ACCELERATOR], check=False, text=True,
                              capture_output=True).stdout
        assert f"not now  root port {port_of(nic)} is no TPH completer" in path, path


def main():
    return tap.run(test_places, test_extended, test_8_bit, test_peer_to_peer, test_none)


if __name__ == "__main__":
    sys.exit(main())
