#!/usr/bin/python3
# SPDX-License-Identifier: GPL-2.0 OR Linux-OpenIB
"""Debian's own ibverbs-utils and perftest on the software ConnectX, each service and operation.

stock_tools [REGEX] runs the commands that match.
"""

import os
import re
import subprocess
import sys

import control
import perftest_pair
import tap

CHECKED = "-n 100 -c"                   # received data are compared
SHORT = "-s 16384 -n 100"
SMALL = "-s 1024 -n 100"                # a datagram is one packet
TINY = "-s 64 -n 100"
ALL = "-a -n 5"
LIST = "-s 1024 -n 128"

TOOLS = {
    "ibv_rc_pingpong": [
        CHECKED, CHECKED + " -e", CHECKED + " -m 256", CHECKED + " -m 4096 -s 10000",
        CHECKED + " -s 1000000", CHECKED + " -r 1", CHECKED + " -t", CHECKED + " -N",
        CHECKED + " -t -N", CHECKED + " -l 3", CHECKED + " -o", CHECKED + " -o -P",
        CHECKED + " -O", CHECKED + " -O -P", CHECKED + " -j",
    ],
    "ibv_uc_pingpong": [CHECKED, CHECKED + " -e", CHECKED + " -m 256 -s 10000"],
    "ibv_ud_pingpong": [CHECKED, CHECKED + " -e", CHECKED + " -s 1"],
    "ibv_srq_pingpong": [
        CHECKED + " -q 1", CHECKED + " -q 8 -e", CHECKED + " -q 32 -r 200",
    ],
    "ibv_xsrq_pingpong": ["-n 50", "-n 50 -e", "-n 20 -s 100000"],
    "ib_write_bw": [
        ALL, ALL + " -b", ALL + " -c UC", ALL + " -c XRC",
        *(f"{SHORT} -q {number}" for number in (1, 2, 8, 16, 32, 64)),
        SHORT + " -b", SHORT + " -b -q 64", SHORT + " -b -c UC", SHORT + " -b -c XRC",
        SHORT + " -q 16 -c UC", SHORT + " -q 16 -c XRC",
        SHORT + " -t 1", SHORT + " -t 1024", SHORT + " -Q 1", SHORT + " -m 256",
        LIST + " -l 2", LIST + " -l 16 -q 4", LIST + " -l 16 -c UC", LIST + " -l 16 -c XRC",
        "-s 1 -n 100 -I 0", TINY + " -I 64", "-s 220 -n 100 -I 220", "-s 828 -n 100 -I 828",
        TINY + " -I 64 -c UC", TINY + " -I 64 -c XRC", "-s 64 -n 128 -I 64 -l 8 -q 4",
        SHORT + " --write_with_imm", SHORT + " --write_with_imm -q 8 -b",
        SHORT + " --write_with_imm -c UC", SHORT + " --use_old_post_send",
        SHORT + " --mr_per_qp -q 4", SHORT + " --reversed", SHORT + " -D 2", SHORT + " -x 0",
        SHORT + " --odp", SHORT + " --no_lock", SHORT + " -q 8 --no_lock",
    ],
    "ib_write_lat": [
        ALL, SMALL, SMALL + " -m 256", SMALL + " -c UC", SMALL + " -c XRC",
        "-s 2 -n 100 -I 0", "-s 236 -n 100 -I 236", TINY + " --write_with_imm",
        TINY + " --write_with_imm -c UC", TINY + " --use_old_post_send",
    ],
    "ib_read_bw": [
        ALL, ALL + " -b",
        *(f"{SHORT} -q {number}" for number in (1, 2, 8, 16, 32, 64)),
        SHORT + " -b", SHORT + " -e", SHORT + " -b -e", SHORT + " -e -q 4", SHORT + " -t 1",
        SHORT + " -t 1024", SHORT + " -o 1", SHORT + " -m 256", LIST + " -l 16 -q 4",
        SHORT + " --use_old_post_send", SHORT + " -x 0",
    ],
    "ib_read_lat": [ALL, SMALL, SMALL + " -m 256", SMALL + " -o 1", SMALL + " -e"],
    "ib_send_bw": [
        ALL, ALL + " -b", ALL + " -c UC", ALL + " -c XRC", ALL + " -c UD",
        *(f"{SHORT} -q {number}" for number in (1, 2, 8, 16, 32, 64)),
        SHORT + " -b", SHORT + " -b -q 64", SHORT + " -b -c UC", SHORT + " -b -c XRC",
        SMALL + " -b -c UD", SHORT + " -q 16 -c UC", SHORT + " -q 16 -c XRC",
        SMALL + " -q 16 -c UD",
        SHORT + " -e", SHORT + " -e -b", SHORT + " -e -q 4", SHORT + " -e -c UC",
        SHORT + " -e -c XRC", SMALL + " -e -c UD",
        SHORT + " -t 1", SHORT + " -t 1024", SHORT + " -r 16", SHORT + " -m 256",
        "-s 256 -n 100 -m 256 -c UD", "-s 4096 -n 100 -m 4096 -c UD",
        LIST + " -l 16 -q 4", LIST + " -l 16 -c UC", LIST + " -l 16 -c XRC",
        LIST + " -l 16 -c UD", LIST + " --recv_post_list 8", LIST + " --recv_post_list 8 -q 4",
        LIST + " --recv_post_list 8 -c UD", LIST + " --recv_post_list 8 --use-srq",
        TINY + " -I 64", "-s 828 -n 100 -I 828", TINY + " -I 64 -c UC", TINY + " -I 64 -c XRC",
        TINY + " -I 64 -c UD",
        SHORT + " --use-srq -q 8", SHORT + " --use-srq -b", SHORT + " --use-srq -e",
        TINY + " --use-srq", SMALL + " --use-srq -c UD", SHORT + " --use_old_post_send",
        SMALL + " --use_old_post_send -c UD", SMALL + " -x 0 -c UD", SHORT + " --no_lock",
    ],
    "ib_send_lat": [
        ALL, SMALL, SMALL + " -c UC", SMALL + " -c XRC", SMALL + " -c UD", TINY + " -I 0 -c UD",
        "-s 236 -n 100 -I 236", TINY + " --use-srq", SMALL + " -e", SMALL + " -e -c UC",
        SMALL + " -e -c XRC", SMALL + " -e -c UD",
    ],
    "ib_atomic_bw": [
        f"-n 100 -A {operation}{flags}" for operation in ("FETCH_AND_ADD", "CMP_AND_SWAP")
        for flags in ("", " -q 4", " -q 64", " -b", " -e", " -l 4", " -t 1", " -o 1", " -c XRC",
                      " --use_old_post_send")
    ],
    "ib_atomic_lat": [
        f"-n 100 -A {operation}{flags}" for operation in ("FETCH_AND_ADD", "CMP_AND_SWAP")
        for flags in ("", " -o 1", " -c XRC", " -e")
    ],
}

# The same over the dynamically connected transport.
DC = {
    "ib_write_bw": [ALL, SHORT + " -b -q 16", LIST + " -l 16", TINY + " -I 64",
                    SHORT + " --write_with_imm"],
    "ib_write_lat": [SMALL, TINY + " --write_with_imm"],
    "ib_read_bw": [ALL, SHORT + " -b -q 16", SHORT + " -e"],
    "ib_read_lat": [SMALL],
    "ib_send_bw": [ALL, SHORT + " -b -q 16", SHORT + " -e", LIST + " -l 16", TINY + " -I 64"],
    "ib_send_lat": [SMALL],
    "ib_atomic_bw": ["-n 100 -A FETCH_AND_ADD", "-n 100 -A CMP_AND_SWAP -q 16"],
    "ib_atomic_lat": ["-n 100 -A FETCH_AND_ADD", "-n 100 -A CMP_AND_SWAP"],
}


def make_test(tool, flags):
    """A test for tap.run(); not of what /usr/local/bin has in the tool's place."""
    def test():
        pair = perftest_pair.run_pair("/usr/bin/" + tool, flags.split())
        assert pair.succeeded(), str(pair)

    test.__doc__ = f"{tool} {flags}"
    return test


def test_devinfo():
    """ibv_devinfo -v"""
    output = subprocess.run(["/usr/bin/ibv_devinfo", "-v", "-d", perftest_pair.rdma_device()],
                            check=True, capture_output=True, text=True).stdout
    said = dict(line.split(None, 1) for line in output.splitlines() if len(line.split()) > 1)
    for name, value in (("transport:", "InfiniBand (0)"), ("vendor_part_id:", "4129"),
                        ("phys_port_cnt:", "1"), ("atomic_cap:", "ATOMIC_HCA (1)"),
                        ("state:", "PORT_ACTIVE (4)"), ("link_layer:", "InfiniBand")):
        assert said.get(name) == value, f"{name} {said.get(name)} instead of {value}\n{output}"


def test_asyncwatch():
    """ibv_asyncwatch"""
    watch = perftest_pair.Running(["/usr/bin/ibv_asyncwatch", "-d", perftest_pair.rdma_device()])

    def says(text):
        # not through the file object: its position is the program's, too
        return text in os.pread(watch.outputs[0].fileno(), 65536, 0).decode()

    softfabric = control.Control()
    try:
        assert watch.wait_until(lambda: says("async event FD")), "it ended"
        for up, event in ((False, "IBV_EVENT_PORT_ERR (10), port 1"),
                          (True, "IBV_EVENT_PORT_ACTIVE (9), port 1")):
            softfabric("link", device="nic0", link="port", up=up)
            assert watch.wait_until(lambda event=event: says(event)), "it ended"
    finally:
        softfabric("link", device="nic0", link="port", up=True)
        watch.kill()
        watch.wait(None)


def main(pattern=""):
    tests = [make_test(tool, flags) for tool, rows in TOOLS.items() for flags in rows]
    tests += [make_test(tool, flags + " -c DC") for tool, rows in DC.items() for flags in rows]
    tests += [test_devinfo, test_asyncwatch]
    return tap.run(*(test for test in tests if re.search(pattern, test.__doc__)))


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))
