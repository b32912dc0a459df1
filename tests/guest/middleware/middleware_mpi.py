#!/usr/bin/python3
# SPDX-License-Identifier: GPL-2.0 OR Linux-OpenIB
"""Debian's Open MPI over UCX: two ranks, each with a NIC, and a window in the accelerator's memory."""

import json
import os
import pathlib
import subprocess
import sys
import tempfile

import nic
import tap
from arrivals import Arrivals

HERE = pathlib.Path(__file__).resolve().parent
LIBRARY = HERE / "libdevice_memory.so"
# What mpi_rank.py puts and gets
ARRIVES = {"write_bytes": {("st", 7, 2): 0x20000 + 7 + 0x1abc},
           "read_bytes": {("st", 7, 2): 0x20000}}
TIMEOUT_S = 120
# Both ranks are in one machine, which they would otherwise notice.
AS_IF_APART = {"UCX_TLS": "rc,self"}
# An exception ends the job, not its rank alone
AS_A_RANK = ("python3", "-m", "mpi4py")
OVER_UCX = ("--mca", "pml", "ucx", "--mca", "osc", "ucx")


def run(*tag, report=None):
    """As an administrator starts a job; with a report, one whose windows have to have a tag."""
    tphrun = ("tphrun", "--require", f"--report={report}", "--") if report else ()
    command = ("mpirun", "--allow-run-as-root", *OVER_UCX, "-n", "2", *tphrun, *AS_A_RANK,
               HERE / "mpi_rank", LIBRARY, *tag)
    return subprocess.run(command, capture_output=True, text=True, timeout=TIMEOUT_S, check=False,
                          env=os.environ | AS_IF_APART | {"LD_PRELOAD": str(LIBRARY)})


def as_it_is():
    """all that one rank puts into the other's window, and gets, carries the published tag"""
    arrivals = Arrivals(nic.softfabric, "acc0")
    done = run("0x07:2")
    assert done.returncode == 0, done
    arrived = {what: arrivals.grown(what) for what in ARRIVES}
    assert arrived == ARRIVES, arrived


def window():
    """the same where it is required, and the report says so"""
    arrivals = Arrivals(nic.softfabric, "acc0")
    with tempfile.NamedTemporaryFile("r") as report:
        done = run("0x07:2", report=report.name)
        assert done.returncode == 0, done
        effects = [json.loads(line)["in_effect"] for line in report]
    arrived = {what: arrivals.grown(what) for what in ARRIVES}
    assert arrived == ARRIVES, arrived
    assert effects and all(effect["st"] == 7 and effect["ph"] == 2 for effect in effects), effects


def refused():
    """without a published tag the window is refused, the job ends, and nothing arrives"""
    arrivals = Arrivals(nic.softfabric, "acc0")
    with tempfile.NamedTemporaryFile("r") as report:
        done = run(report=report.name)
        lines = [json.loads(line) for line in report]
    assert done.returncode == 1, done
    assert "no tag can be had: the exporter published none" in done.stderr, done
    failed, = lines
    assert (failed["event"], failed["rdma_device"], failed["error"]) == (
        "failed", "mlx5_1", "EOPNOTSUPP"), failed
    assert {what: arrivals.grown(what) for what in ARRIVES} == dict.fromkeys(ARRIVES, {}), done


sys.exit(tap.run(as_it_is, window, refused))
