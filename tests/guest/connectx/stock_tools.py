#!/usr/bin/python3
# SPDX-License-Identifier: GPL-2.0 OR Linux-OpenIB
"""Debian 13's perftest and ibverbs-utils on the software ConnectX, each service and operation.

stock_tools [REGEX] runs the commands that match.
"""

import os
import re
import subprocess
import sys

import control
import perftest_pair
import stock_rows
from perftest_rows import PERFTEST, PERFTEST_25_01, PERFTEST_CM, PERFTEST_DC

CHECKED = "-n 100 -c"                   # received data are compared

PINGPONGS = {
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
}
# They do not compare what they receive.
UNCHECKED_PINGPONGS = {
    "ibv_xsrq_pingpong": ["-n 50 -s 4096", "-n 50 -s 4096 -e", "-n 20 -s 100000"],
}


def pingpong(tool, flags):
    """Both sides end well."""
    # not what /usr/local/bin may have in the tool's place
    pair = perftest_pair.run_pair("/usr/bin/" + tool, flags.split())
    assert pair.succeeded(), str(pair)


def counted_pingpong(tool, flags):
    """And the NIC has moved each message to the server and back."""
    count, size = (int(number) for number in re.findall(r"-[ns] (\d+)", flags))
    with stock_rows.Moved(2 * count, size):
        pingpong(tool, flags)


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
    tests = [stock_rows.named(f"{tool} {flags}", pingpong, tool, flags)
             for tool, rows in PINGPONGS.items() for flags in rows]
    tests += [stock_rows.named(f"{tool} {flags} (the NIC's counters only)", counted_pingpong, tool,
                               flags)
              for tool, rows in UNCHECKED_PINGPONGS.items() for flags in rows]
    tests += [test_devinfo, test_asyncwatch]
    tables = PERFTEST, PERFTEST_25_01, PERFTEST_CM, PERFTEST_DC
    return stock_rows.Runner("/usr/bin/", tables, pattern).run(
        *(test for test in tests if re.search(pattern, test.__doc__)))


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))
