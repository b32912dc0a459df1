#!/usr/bin/python3
# SPDX-License-Identifier: GPL-2.0 OR Linux-OpenIB
"""Debian's UCX and libfabric, with their default settings, on memory of the accelerator: all bytes
are right, and all of the NIC's requests carry the tag that the exporter published.
"""

import contextlib
import os
import pathlib
import subprocess
import sys

import ipoib
import nic
import tap
from arrivals import Arrivals

HERE = pathlib.Path(__file__).resolve().parent
TAG, ON_THE_WIRE, PLAIN = "0x07:2", ("st", 7, 2), ("none", 0, 0)
# What exercise.c does
WRITTEN = 1 + 7 + 4096 + 0x1abc + 0x20000
ATOMICS = 3
TIMEOUT_S = 60


@contextlib.contextmanager
def arrives(hints):
    """What the accelerator gets meanwhile is what exercise.c does, all with these hints."""
    arrivals = Arrivals(nic.softfabric, "acc0")
    yield
    written, read, atomics = map(arrivals.grown, ("write_bytes", "read_bytes", "atomics"))
    assert written == {hints: WRITTEN}, f"bytes written: {written}"
    assert read.keys() == {hints}, f"bytes read: {read}"
    assert atomics == {hints: ATOMICS}, f"atomic operations: {atomics}"


def works(program, how, *tag, hints):
    with arrives(hints):
        done = subprocess.run([HERE / program, how, *tag], capture_output=True, text=True,
                              timeout=TIMEOUT_S, check=False)
        assert (done.returncode, done.stderr) == (0, ""), (done.returncode, done.stdout, done.stderr)


def ucx_rc_mlx5():
    """UCX by rc_mlx5, which makes a key of its own for atomic operations"""
    works("middleware_ucx", "rc_mlx5", TAG, hints=ON_THE_WIRE)


def ucx_dc_mlx5():
    """UCX by dc_mlx5"""
    works("middleware_ucx", "dc_mlx5", TAG, hints=ON_THE_WIRE)


def ucx_rc_verbs():
    """UCX by rc_verbs"""
    works("middleware_ucx", "rc_verbs", TAG, hints=ON_THE_WIRE)


def ucx_plain():
    """UCX on memory without a tag"""
    works("middleware_ucx", "rc_mlx5", hints=PLAIN)


def libfabric():
    """libfabric by its verbs provider"""
    works("middleware_libfabric", ipoib.ADDRESS, TAG, hints=ON_THE_WIRE)


def libfabric_plain():
    """libfabric on memory without a tag"""
    works("middleware_libfabric", ipoib.ADDRESS, hints=PLAIN)


ipoib.up(os.environ["TPH_NIC0"], f"{ipoib.ADDRESS}/24")
with nic.atomics_enabled():
    CODE = tap.run(ucx_rc_mlx5, ucx_dc_mlx5, ucx_rc_verbs, ucx_plain, libfabric, libfabric_plain)
sys.exit(CODE)
