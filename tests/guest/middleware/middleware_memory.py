#!/usr/bin/python3
# SPDX-License-Identifier: GPL-2.0 OR Linux-OpenIB
"""Debian's UCX and libfabric, with their default settings, on memory of the accelerator: all bytes
are right, and all of the NIC's requests carry the tag that the exporter published.
"""

import contextlib
import json
import os
import pathlib
import subprocess
import sys
import tempfile

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


def run(program, how, *tag, by=()):
    """Its exit code and what it said on standard error"""
    done = subprocess.run([*by, HERE / program, how, *tag], capture_output=True, text=True,
                          timeout=TIMEOUT_S, check=False)
    return done.returncode, done.stderr


def works(program, how, *tag, hints, by=()):
    with arrives(hints):
        ended = run(program, how, *tag, by=by)
        assert ended == (0, ""), ended


def works_required(program, how):
    """With tphrun, whose report has the same as the wire."""
    with tempfile.NamedTemporaryFile("r") as report:
        works(program, how, TAG, hints=ON_THE_WIRE,
              by=("tphrun", "--require", f"--report={report.name}", "--"))
        lines = [json.loads(line) for line in report]
    for line in lines:
        assert line["program"] == program and line["required"], line
        effect = line["in_effect"]
        assert (effect["namespace"], effect["st"], effect["ph"]) == ON_THE_WIRE, line
    assert [line["event"] for line in lines] == ["registered", "ended"], lines


def refused(program, how, *said):
    """With tphrun, as there is no tag: tphrun says so, and the program what it makes of it."""
    code, text = run(program, how, by=("tphrun", "--require", "--"))
    assert code == 1 and all(words in text for words in said), (code, text)


def ucx_rc_mlx5():
    """UCX by rc_mlx5, which makes a key of its own for atomic operations"""
    works("middleware_ucx", "rc_mlx5", TAG, hints=ON_THE_WIRE)


def ucx_dc_mlx5():
    """UCX by dc_mlx5, where the tag is required"""
    works_required("middleware_ucx", "dc_mlx5")


def ucx_rc_verbs():
    """UCX by rc_verbs on memory without a tag"""
    works("middleware_ucx", "rc_verbs", hints=PLAIN)


def ucx_refused():
    """UCX registers nothing where a tag is required and there is none"""
    refused("middleware_ucx", "rc_mlx5", "the exporter published none",
            "middleware_ucx: uct_md_mem_reg_v2: ")


def libfabric():
    """libfabric by its verbs provider"""
    works("middleware_libfabric", ipoib.ADDRESS, TAG, hints=ON_THE_WIRE)


def libfabric_required():
    """libfabric where the tag is required"""
    works_required("middleware_libfabric", ipoib.ADDRESS)


def libfabric_refused():
    """libfabric registers nothing where a tag is required and there is none"""
    refused("middleware_libfabric", ipoib.ADDRESS, "the exporter published none",
            "middleware_libfabric: fi_mr_regattr: Operation not supported\n")


ipoib.up(os.environ["TPH_NIC0"], f"{ipoib.ADDRESS}/24")
with nic.atomics_enabled():
    CODE = tap.run(ucx_rc_mlx5, ucx_dc_mlx5, ucx_rc_verbs, ucx_refused, libfabric,
                   libfabric_required, libfabric_refused)
sys.exit(CODE)
