#!/usr/bin/python3
# SPDX-License-Identifier: GPL-2.0 OR Linux-OpenIB
"""16-bit tags from a NIC whose link is not in flit mode, to an accelerator that is like it and to
one in flit mode: the tag arrives, with its prefix, as long as ST[15:8] is not zero.
"""

import os
import subprocess
import sys

import control
import perftest_pair
import tap
from arrivals import Arrivals

ACCELERATORS = {"acc0": os.environ["TPH_ACC0"], "acc1": os.environ["TPH_ACC1"]}
OP_CHECK = os.path.join(os.path.dirname(__file__), "tph_op_check")
SIZE = 4093             # not a multiple of 4: ragged at the end
COUNT = 64

fabric = control.Control()


def perftest(tool, device, st, ph):
    """Runs the tool on the accelerator's memory, published with this 16-bit tag."""
    pair = perftest_pair.run_pair(tool, ["-s", SIZE, "-n", COUNT], [
        f"--vfio-dmabuf={ACCELERATORS[device]},bar=2,size=1M", "--dmabuf-tph=st-ext",
        "--dmabuf-tph-require", f"--tph-st-ext={st:#x}", f"--tph-ph={ph}"])
    assert pair.succeeded(), pair


def test_links():
    """NIC and first accelerator are not in flit mode, the second accelerator is."""
    flit = {name: device["flit"] for name, device in fabric("devices").items()}
    assert flit == {"nic0": False, "acc0": False, "acc1": True}, flit


def operations(device):
    arrivals = Arrivals(fabric, device)
    done = subprocess.run([OP_CHECK, "--accelerator", ACCELERATORS[device], "--st-ext", "0x0f07",
                           "--ph", "3"], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr
    written = arrivals.grown("write_bytes")
    assert written == {("none", 0, 0): 4096, ("st_ext", 0x0f07, 3): 4096}, written


def test_operations():
    """The operation that ST[15:8] selects runs on the data."""
    operations("acc0")


def test_operations_translated():
    """It does so behind a change to flit mode."""
    operations("acc1")


def writes(device, st, ph, namespace):
    arrivals = Arrivals(fabric, device)
    perftest("ib_write_bw", device, st, ph)
    written = arrivals.grown("write_bytes")
    assert written == {(namespace, st, ph): COUNT * SIZE}, written


def test_writes():
    """ib_write_bw's TLPs carry the 16-bit tag and the hint."""
    writes("acc0", 0x12f0, 2, "st_ext")


def test_writes_translated():
    """They do so behind a change to flit mode."""
    writes("acc1", 0x12f0, 2, "st_ext")


def test_small_tag():
    """16-bit tag 00F0h arrives as the 8-bit tag F0h: the same bits, as there is no prefix."""
    writes("acc0", 0x00f0, 1, "st")


def test_small_tag_translated():
    """It does so behind a change to flit mode, which cannot bring back what is lost."""
    writes("acc1", 0x00f0, 1, "st")


def reads(device):
    arrivals = Arrivals(fabric, device)
    perftest("ib_read_bw", device, 0x3401, 1)
    requests = arrivals.grown("reads")
    assert set(requests) == {("st_ext", 0x3401, 1)}, requests


def test_reads():
    """ib_read_bw's read requests carry tag and hint, those with ragged ends as well."""
    reads("acc0")


def test_reads_translated():
    """They do so behind a change to flit mode."""
    reads("acc1")


if __name__ == "__main__":
    sys.exit(tap.run(test_links, test_operations, test_operations_translated, test_writes,
                     test_writes_translated, test_small_tag, test_small_tag_translated,
                     test_reads, test_reads_translated))
