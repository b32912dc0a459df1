#!/usr/bin/python3
# SPDX-License-Identifier: GPL-2.0 OR Linux-OpenIB
"""Debian's ucx_perftest in host memory: each transport that UCX has for the NIC, by itself and as UCX
chooses among them.
"""

import re
import shlex
import sys

import nic
import perftest_pair
import tap

PORT = 13337            # ucx_perftest's own default
ITERATIONS = 500
TIMEOUT_S = 60
# Both sides are in one machine, which UCX would otherwise use.
UCP = ("env", "UCX_TLS=ib")


def side(*command):
    """Debian's ucx_perftest takes part in a job of MPI unless its input is a terminal."""
    words = shlex.join((*command, "-n", str(ITERATIONS)))
    return perftest_pair.Running(["script", "-qec", words, "/dev/null"])


def runs(*command):
    before = nic.counter("messages")
    server = side(*command)
    assert server.wait_listening(PORT), str(server.wait(0))
    client = side(*command, perftest_pair.LOOPBACK).wait(TIMEOUT_S)
    ends = server.wait(TIMEOUT_S), client
    assert not any(end.status for end in ends), "\n".join(map(str, ends))
    assert re.search(rf"^Final: +{ITERATIONS} ", client.stdout, re.M), str(client)
    messages = nic.counter("messages") - before
    assert messages >= ITERATIONS, f"the NIC sent {messages} messages"


def uct(transport, test, *options):
    runs("ucx_perftest", "-x", transport, "-d", f"{perftest_pair.rdma_device()}:1", "-t", test,
         *options)


def rc_verbs():
    """rc_verbs puts"""
    uct("rc_verbs", "put_bw", "-s", "8")


def rc_mlx5():
    """rc_mlx5 puts from where the data is"""
    uct("rc_mlx5", "put_bw", "-s", "4096", "-D", "zcopy")


def rc_mlx5_atomics():
    """rc_mlx5 adds"""
    uct("rc_mlx5", "fadd", "-s", "8")


def dc_mlx5():
    """dc_mlx5 gets"""
    uct("dc_mlx5", "get", "-s", "4096", "-D", "zcopy")


def ud_verbs():
    """ud_verbs sends"""
    uct("ud_verbs", "am_lat", "-s", "64", "-D", "bcopy")


def ud_mlx5():
    """ud_mlx5 sends"""
    uct("ud_mlx5", "am_bw", "-s", "1024", "-D", "bcopy")


def tag_matching():
    """UCX's choice for messages by tag"""
    runs(*UCP, "ucx_perftest", "-t", "tag_bw", "-s", "65536")


def remote_memory():
    """UCX's choice for remote memory"""
    runs(*UCP, "ucx_perftest", "-t", "ucp_put_bw", "-s", "65536")


sys.exit(tap.run(rc_verbs, rc_mlx5, rc_mlx5_atomics, dc_mlx5, ud_verbs, ud_mlx5, tag_matching,
                 remote_memory))
