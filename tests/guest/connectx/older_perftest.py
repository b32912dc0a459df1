#!/usr/bin/python3
# SPDX-License-Identifier: GPL-2.0 OR Linux-OpenIB
"""Debian 12's perftest on the software ConnectX, each service and operation.

connectx_older_perftest [REGEX] runs the commands that match, without one every fourth: to the NIC,
Debian 13's, which stock_tools runs, are mostly the same.
"""

import sys

import stock_rows
from perftest_rows import PERFTEST

FOURTH = {tool: rows[::4] for tool, rows in PERFTEST.items()}


def main(pattern=None):
    rows = stock_rows.Runner("/opt/older/usr/bin/", [PERFTEST if pattern else FOURTH], pattern or "")
    return rows.run()


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))
