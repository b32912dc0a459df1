#!/usr/bin/python3
# SPDX-License-Identifier: GPL-2.0 OR Linux-OpenIB
"""Debian's Open MPI over UCX: two ranks, each with a NIC, and a window in the accelerator's memory."""

import os
import pathlib
import subprocess
import sys

import nic
import tap
from arrivals import Arrivals

HERE = pathlib.Path(__file__).resolve().parent
LIBRARY = HERE / "libdevice_memory.so"
WRITTEN = 0x20000 + 7 + 0x1abc      # by mpi_rank.py
READ = 0x20000
TIMEOUT_S = 120
# Both ranks are in one machine, which they would otherwise notice.
AS_IF_APART = {"UCX_TLS": "rc,self"}
OVER_UCX = ("--mca", "pml", "ucx", "--mca", "osc", "ucx")


def run(*tag):
    command = ("mpirun", "--allow-run-as-root", *OVER_UCX, "-x", f"LD_PRELOAD={LIBRARY}", "-n", "2",
               HERE / "mpi_rank", LIBRARY, *tag)
    return subprocess.run(command, capture_output=True, text=True, timeout=TIMEOUT_S, check=False,
                          env=os.environ | AS_IF_APART)


def works(*tag, hints):
    arrivals = Arrivals(nic.softfabric, "acc0")
    done = run(*tag)
    assert done.returncode == 0, (done.returncode, done.stdout, done.stderr)
    arrived = {what: arrivals.grown(what) for what in ("write_bytes", "read_bytes")}
    assert arrived == {"write_bytes": {hints: WRITTEN}, "read_bytes": {hints: READ}}, arrived


def with_tag():
    """all that one rank puts into the other's window, and gets, carries the published tag"""
    works("0x07:2", hints=("st", 7, 2))


sys.exit(tap.run(with_tag))
