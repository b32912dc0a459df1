#!/usr/bin/python3
# SPDX-License-Identifier: GPL-2.0 OR Linux-OpenIB
"""Writes to an accelerator whose PCIe link is down: posted, so that who asked for them is not told,
but the fabric counts them.
"""

import contextlib
import os
import sys

import control
import perftest_pair
import tap

SIZE = 64               # within one TLP
COUNT = 64
SERVER = ["--dmabuf-tph=st", "--tph-st=0xf0", "--tph-ph=2",
          f"--vfio-dmabuf={os.environ['TPH_ACC0']},bar=2,size=1M"]

fabric = control.Control()


@contextlib.contextmanager
def link_down():
    """Losses are what this wants to see: nobody else has to be told of them."""
    fabric("losses", device="nic0", expected=True)
    fabric("link", device="acc0", up=False)
    try:
        yield
    finally:
        fabric("link", device="acc0", up=True)
        fabric("losses", device="nic0", expected=False)


def write():
    """Runs perftest; how many writes were lost, and how many arrived at the accelerator."""

    def counts():
        return (fabric("losses", device="nic0"),
                fabric("counters", device="acc0")["acc0"]["pcie"]["rx_writes"])

    losses, arrived = counts()
    pair = perftest_pair.run_pair("ib_write_bw", ["-s", SIZE, "-n", COUNT], SERVER)
    losses_now, arrived_now = counts()
    assert pair.succeeded(), pair
    assert losses_now["unexpected"] == losses["unexpected"], losses_now
    return losses_now["lost_writes"] - losses["lost_writes"], arrived_now - arrived


def check(count):
    """perftest does it all again when it could not measure its clock."""
    assert count and count % COUNT == 0, count


def test_lost():
    """Writes that the link does not let pass complete with success, and are counted as lost"""
    with link_down():
        lost, arrived = write()
    check(lost)
    assert arrived == 0, arrived


def test_arrived():
    """None is lost when the link is up again"""
    lost, arrived = write()
    assert lost == 0, lost
    check(arrived)


if __name__ == "__main__":
    sys.exit(tap.run(test_lost, test_arrived))
