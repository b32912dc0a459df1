#!/usr/bin/python3
# SPDX-License-Identifier: GPL-2.0 OR Linux-OpenIB
"""Each row of the table in Documentation/perftest.md, which is installed beside this: the page says
what is run, and what arrives at the two accelerators.

perftest_table [REGEX] runs the rows whose command matches.
"""

import concurrent.futures
import dataclasses
import os
import pathlib
import queue
import re
import sys
import tempfile

import ipoib
import nic
import perftest_pair
import tap
from arrivals import Arrivals

PAGE = pathlib.Path(__file__).with_name("perftest.md")
HEAD = "| command | perftest | server's buffer | client's buffer |"
TOOLS = {f"ib_{verb}_{kind}" for verb in ("write", "read", "send", "atomic")
         for kind in ("bw", "lat")}
COUNTED = {"bytes written": "write_bytes", "bytes read": "read_bytes", "AtomicOps": "atomics"}
NO_EXPORT, NOTHING = "host memory", "untouched"

PLAIN = ("none", 0, 0)
WORKERS = 3
FIRST_PORT = 18600
TIMEOUT_S = 300         # of one that shares the machine with the others
BY_CM = "-R"            # they find each other by rdma_cm
LONG = "-a"             # better begins early


@dataclasses.dataclass
class Side:
    """Whose buffer it is: its tag and hint, with which all that arrives there comes, and the flags
    for that
    """
    st: int
    ph: int
    spelling: str

    def flags(self, accelerator):
        address = os.environ[f"TPH_{accelerator.upper()}"]
        return self.spelling.format(address=address, st=self.st, ph=self.ph).split()


# Tags without an operation: the latency tools look at what was written. One side has the flags in
# full, the other one as short as they may be.
SERVER = Side(0x01, 1, "--vfio-dmabuf={address},bar=2 --tph-st={st} --tph-ph={ph} "
                       "--dmabuf-tph=st --dmabuf-tph-require")
CLIENT = Side(0x02, 2, "--vf={address},bar=2 --tph_st {st} --tph-p={ph} --dmabuf_tph=st "
                       "--dmabuf-tph-r")


@dataclasses.dataclass
class Row:
    """A row of the page, for one version of perftest"""
    command: str
    version: str
    server: str
    client: str

    def __str__(self):
        return (f"{self.command}, perftest {self.version}: server's buffer {self.server}, "
                f"client's {self.client}")


def rows():
    """Those of the page."""
    lines = iter(PAGE.read_text(encoding="utf-8").splitlines())
    for line in lines:
        if line == HEAD:
            break
    next(lines)
    for line in lines:
        if not line.startswith("|"):
            break
        command, versions, server, client = (cell.strip() for cell in line.strip("|").split("|"))
        for version in versions.split(", "):
            yield Row(command.strip("`"), version, server, client)


def expected(cell, side):
    """What a cell says, in the words of softfabric: kinds by what is counted."""
    counts = dict.fromkeys(COUNTED.values(), {})
    if cell == NOTHING:
        return counts
    for part in cell.split(", "):
        number, what = re.fullmatch(r"(\d+) (.*)", part).groups()
        counts[COUNTED[what]] = {("st", side.st, side.ph): int(number)}
    return counts


def with_windows(kinds, wanted):
    """What arrived, when no request of the NIC had hints for a moment: while another pair's tag was
    written into its table. Most of it has them all the same.
    """
    for kind in wanted:
        if kind in kinds and kinds.get(PLAIN, 0) < kinds[kind]:
            return {kind: kinds[kind] + kinds.get(PLAIN, 0)} | {
                other: number for other, number in kinds.items() if other not in (kind, PLAIN)}
    return kinds


class Buffer:
    """What one side of a row exports, if it does."""

    def __init__(self, fabric, accelerator, side, cell):
        self.side = side
        self.cell = cell
        self.flags = []
        if cell != NO_EXPORT:
            self.flags = side.flags(accelerator)
        self.fabric = fabric
        self.accelerator = accelerator
        self.arrivals = None

    def begin(self):
        self.arrivals = Arrivals(self.fabric, self.accelerator)

    def check(self):
        wanted = expected(NOTHING if self.cell == NO_EXPORT else self.cell, self.side)
        found = {what: with_windows(self.arrivals.grown(what), wanted[what])
                 for what in COUNTED.values()}
        assert found == wanted, f"{self.accelerator} got {found} instead of {wanted}"


def run(row, fabric, worker):
    """AssertionError unless both sides end well, and all arrived as the row says."""
    tool, *flags = row.command.split()
    server = Buffer(fabric, f"acc{2 * worker}", SERVER, row.server)
    client = Buffer(fabric, f"acc{2 * worker + 1}", CLIENT, row.client)
    address = ipoib.ADDRESS if BY_CM in flags else perftest_pair.LOOPBACK

    def once():
        server.begin()
        client.begin()
        return perftest_pair.run_pair_once(tool, flags, server.flags, client.flags, TIMEOUT_S,
                                           FIRST_PORT + worker, address)

    pair = perftest_pair.until_measured(once)
    assert pair.succeeded(), str(pair)
    server.check()
    client.check()


def test_whole():
    """The page's table has every tool, with each version of perftest"""
    found = {(row.command.split()[0], row.version) for row in rows()}
    missing = {(tool, version) for tool in TOOLS
               for version in perftest_pair.STOCK_FOLDERS} - found
    assert not missing, missing


class Batch:
    """The rows of one version, which an environment chooses that all share: the first row that is
    asked for starts them all.
    """

    def __init__(self, version, chosen, work, pool):
        self.folder = perftest_pair.STOCK_FOLDERS[version]
        self.rows = [row for row in chosen if row.version == version]
        self.work = work
        self.pool = pool
        self.futures = {}

    def start(self):
        os.environ["RDMA_TPH_PERFTEST_DIR"] = self.folder
        for row in sorted(self.rows, key=lambda row: LONG not in row.command.split()):
            self.futures[id(row)] = self.pool.submit(self.work, row)

    def test(self, row):
        def test():
            if not self.futures:
                self.start()
            self.futures[id(row)].result()

        test.__doc__ = str(row)
        return test

    def tests(self):
        return map(self.test, self.rows)


def main(pattern=""):
    chosen = [row for row in rows() if re.search(pattern, row.command)]
    fabric = nic.softfabric
    workers = queue.SimpleQueue()
    for worker in range(WORKERS):
        workers.put(worker)

    def work(row):
        worker = workers.get()
        try:
            run(row, fabric, worker)
        finally:
            workers.put(worker)

    ipoib.up(os.environ["TPH_NIC0"], ipoib.ADDRESS + "/24")
    with nic.atomics_enabled(), tempfile.TemporaryDirectory() as folder, \
            concurrent.futures.ThreadPoolExecutor(WORKERS) as pool:
        os.chdir(folder)        # --out_json leaves its file there
        batches = [Batch(version, chosen, work, pool) for version in perftest_pair.STOCK_FOLDERS]
        status = tap.run(test_whole, *(test for batch in batches for test in batch.tests()))
        os.chdir("/")
    return status


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))
