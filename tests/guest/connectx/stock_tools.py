#!/usr/bin/python3
# SPDX-License-Identifier: GPL-2.0 OR Linux-OpenIB
"""Debian's own ibverbs-utils and perftest on the software ConnectX, each service and operation."""

import sys

import perftest_pair
import tap

TIMEOUT_S = 60

PINGPONG = "-n 200"
CHECKED = PINGPONG + " -c"              # received data are compared, event by event
SHORT = "-s 16384 -n 100"
SMALL = "-s 1024 -n 100"                # a datagram is one packet

TOOLS = [
    ("ibv_rc_pingpong", CHECKED),
    ("ibv_rc_pingpong", CHECKED + " -e"),
    ("ibv_rc_pingpong", PINGPONG + " -s 1000000"),
    ("ibv_rc_pingpong", CHECKED + " -o"),
    ("ibv_uc_pingpong", CHECKED),
    ("ibv_ud_pingpong", CHECKED),
    ("ibv_ud_pingpong", CHECKED + " -e"),
    ("ibv_srq_pingpong", CHECKED + " -q 8"),
    ("ibv_srq_pingpong", CHECKED + " -q 8 -e"),
    ("ibv_xsrq_pingpong", PINGPONG),
    ("ib_write_bw", "-a -n 20"),
    ("ib_write_bw", SHORT + " -c UC"),
    ("ib_write_bw", SHORT + " -c XRC"),
    ("ib_write_bw", SHORT + " -q 64"),
    ("ib_write_bw", SHORT + " -b"),
    ("ib_write_bw", "-s 200 -n 100 -I 256"),
    ("ib_write_bw", "-s 1024 -n 128 -l 8"),
    ("ib_write_bw", SHORT + " --odp"),
    ("ib_write_lat", SMALL),
    ("ib_write_lat", SMALL + " -c UC"),
    ("ib_read_bw", "-a -n 20"),
    ("ib_read_bw", SHORT + " -q 16"),
    ("ib_read_bw", SHORT + " -b -e"),
    ("ib_read_lat", SMALL),
    ("ib_send_bw", "-a -n 20"),
    ("ib_send_bw", SHORT + " -c UC"),
    ("ib_send_bw", SMALL + " -c UD"),
    ("ib_send_bw", SHORT + " -c XRC"),
    ("ib_send_bw", SHORT + " -q 8 --use-srq"),
    ("ib_send_bw", SHORT + " -b"),
    ("ib_send_bw", SHORT + " -e"),
    ("ib_send_lat", SMALL),
    ("ib_send_lat", SMALL + " -c UD"),
    ("ib_atomic_bw", "-n 100 -A FETCH_AND_ADD"),
    ("ib_atomic_bw", "-n 100 -A CMP_AND_SWAP -q 4"),
    ("ib_atomic_lat", "-n 100"),
]


def make_test(tool, flags):
    def test():
        pair = perftest_pair.run_pair(tool, flags.split(), timeout=TIMEOUT_S)
        assert pair.succeeded(), pair

    test.__doc__ = f"{tool} {flags}"
    return test


if __name__ == "__main__":
    sys.exit(tap.run(*(make_test(*tool) for tool in TOOLS)))
