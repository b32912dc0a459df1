#!/usr/bin/python3
# SPDX-License-Identifier: GPL-2.0 OR Linux-OpenIB
"""Behind an IOMMU that translates, each page of memory has an address of its own for the NIC. One of
another device's has one, too, and nobody tells softfabric which page that is.
"""

import os
import pathlib
import sys

import nic
import perftest_pair
import tap

ACCELERATOR = os.environ["TPH_ACC0"]
MEMORY = 20 << 20       # of a region of 5120 pages
REMOTE_OPERATION = 11   # IBV_WC_REM_OP_ERR of infiniband/verbs.h


def translates():
    """the NIC is in a domain that translates"""
    kind = pathlib.Path("/sys/bus/pci/devices", nic.ADDRESS, "iommu_group/type").read_text().strip()
    assert kind.startswith("DMA"), kind


def memory():
    """a region of many single pages is written to, from end to end"""
    pair = perftest_pair.run_pair("ib_write_bw", ["-s", MEMORY, "-n", 5])
    assert pair.succeeded(), pair


def refused(tool):
    """Both ends have the NIC: it is to access the accelerator for the client, which hears of it."""
    buffer = f"--vfio-dmabuf={ACCELERATOR},bar=2,size=1M"
    nic.softfabric("losses", device="nic0", expected=True)
    try:
        pair = perftest_pair.run_pair(tool, ["-s", 4096, "-n", 64], [buffer])
    finally:
        lost = nic.softfabric("losses", device="nic0", expected=False)
    assert pair.client.status == 1, pair
    assert f"Failed status {REMOTE_OPERATION}:" in pair.client.stdout + pair.client.stderr, pair
    assert lost["lost_writes"] == 0, lost
    arrived = nic.softfabric("counters", device="acc0")["acc0"]["pcie"]
    assert arrived["rx_writes"] == arrived["rx_reads"] == 0, arrived


def writes():
    """writes to another device are refused, and whoever asked for them learns of it"""
    refused("ib_write_bw")


def reads():
    """so are reads"""
    refused("ib_read_bw")


sys.exit(tap.run(translates, memory, writes, reads))
