#!/usr/bin/python3
# SPDX-License-Identifier: GPL-2.0 OR Linux-OpenIB
"""Debian 12's perftest on the software ConnectX, each service and operation.

connectx_older_perftest [REGEX] runs the commands that match.
"""

import sys

import stock_rows
from perftest_rows import PERFTEST

if __name__ == "__main__":
    sys.exit(stock_rows.Runner("/opt/older/usr/bin/", [PERFTEST], *sys.argv[1:]).run())
