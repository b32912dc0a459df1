# SPDX-License-Identifier: GPL-2.0 OR Linux-OpenIB
"""Runs rows of a table of stock programs as tests, several at a time, and checks their data."""

import concurrent.futures
import os
import queue
import re

import control
import ipoib
import perftest_data
import perftest_pair
import tap

# Pairs that run at a time: while one starts or measures its clock, others can move data.
WORKERS = 3
FIRST_PORT = 18600
TIMEOUT_S = 300         # of one that shares the machine with the others
# With a region for each queue pair perftest loses those buffers that are in files.
UNCHECKED = "--mr_per_qp"
LONG = "-a "
BY_CM = "-R"            # they find each other by rdma_cm


class Moved:
    """As a context in which nothing else uses the NIC: it moves so many messages of this size."""

    def __init__(self, count, size):
        self.wanted = count, count * size
        self.before = None

    @staticmethod
    def now():
        softfabric = control.Control()
        counters = softfabric("counters", device="nic0")["nic0"]
        softfabric.port.close()
        return counters["messages"], counters["message_bytes"]

    def __enter__(self):
        self.before = self.now()

    def __exit__(self, kind, *_):
        moved = tuple(now - before for now, before in zip(self.now(), self.before))
        assert kind or moved == self.wanted, \
            f"the NIC moved {moved[0]} messages, {moved[1]} bytes, instead of {self.wanted}"


def named(name, call, *arguments):
    """call(*arguments) as a test for tap.run()."""
    def test():
        call(*arguments)

    test.__doc__ = name
    return test


def run_checked(tool, flags, port):
    """AssertionError unless both sides end well and all data arrived."""
    words = flags.split()
    address = ipoib.ADDRESS if BY_CM in words else perftest_pair.LOOPBACK
    with perftest_data.Buffers(tool, words) as buffers:
        pair = perftest_pair.run_pair(tool, words, [buffers.server.flag], [buffers.client.flag],
                                      TIMEOUT_S, port, address)
        assert pair.succeeded(), str(pair)
        buffers.check()


def run_counted(tool, flags):
    """The same where nobody can look at the data: so many were moved as should be."""
    options = perftest_data.options_of(flags.split())
    with Moved(options.qps * options.count, options.size):
        pair = perftest_pair.run_pair(tool, flags.split())
        assert pair.succeeded(), str(pair)


class Runner:
    """The rows of perftest in a directory, that match a pattern."""

    def __init__(self, directory, tables, pattern=""):
        self.directory = directory
        self.rows = [(tool, flags) for table in tables for tool, rows in table.items()
                     for flags in rows if re.search(pattern, f"{tool} {flags}")]
        self.ports = queue.SimpleQueue()
        for port in range(FIRST_PORT, FIRST_PORT + WORKERS):
            self.ports.put(port)

    def work(self, tool, flags):
        port = self.ports.get()
        try:
            run_checked(self.directory + tool, flags, port)
        finally:
            self.ports.put(port)

    def run(self, *others):
        """Runs them, then the other tests one by one. Returns the exit code."""
        if any(BY_CM in flags.split() for _, flags in self.rows):
            ipoib.up(os.environ["TPH_NIC0"], ipoib.ADDRESS + "/24")
        with concurrent.futures.ThreadPoolExecutor(WORKERS) as pool:
            tests, alone = {}, []
            for tool, flags in sorted(self.rows, key=lambda row: LONG not in row[1]):
                name = f"{tool} {flags}"
                if UNCHECKED in flags:
                    alone.append(named(f"{name} (the NIC's counters only)", run_counted,
                                       self.directory + tool, flags))
                else:
                    future = pool.submit(self.work, tool, flags)
                    tests[tool, flags] = named(name, future.result)
            in_order = [tests[row] for row in self.rows if row in tests]
            return tap.run(*in_order, *alone, *others)
