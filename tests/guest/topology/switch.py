#!/usr/bin/python3
# SPDX-License-Identifier: GPL-2.0 OR Linux-OpenIB
"""Peer to peer below a switch, with an IOMMU above it that translates: requests turn in the switch,
where the peer's addresses are those on the bus, and carry hints.
"""

import os
import pathlib
import sys

import control
import perftest_pair
import tap
from arrivals import Arrivals

PCI = pathlib.Path("/sys/bus/pci/devices")
NIC, ACCELERATOR = os.environ["TPH_NIC0"], os.environ["TPH_ACC0"]
SIZE, ROUNDS = 4096, 64


def places():
    """The devices have a switch in common"""
    switches = {(PCI / address).resolve().parents[1].name for address in (NIC, ACCELERATOR)}
    assert len(switches) == 1, switches


def translated():
    """Each is in an IOMMU group of its own, and the NIC's domain translates"""
    groups = [(PCI / address / "iommu_group").resolve() for address in (NIC, ACCELERATOR)]
    assert groups[0] != groups[1], groups
    kind = (groups[0] / "type").read_text().strip()
    assert kind.startswith("DMA"), kind


def writes():
    """Writes from one to the other arrive, each with the tag"""
    arrivals = Arrivals(control.Control(), "acc0")
    pair = perftest_pair.run_pair("ib_write_bw", ["-s", SIZE, "-n", ROUNDS],
                                  ["--dmabuf-tph=st", "--dmabuf-tph-require", "--tph-st=0xf0",
                                   "--tph-ph=2", f"--vfio-dmabuf={ACCELERATOR},bar=2,size=1M"])
    assert pair.succeeded(), pair
    written = arrivals.grown("write_bytes")
    assert written.keys() == {("st", 0xf0, 2)}, written
    assert written["st", 0xf0, 2] % (SIZE * ROUNDS) == 0, written


sys.exit(tap.run(places, translated, writes))
