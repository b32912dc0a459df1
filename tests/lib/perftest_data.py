# SPDX-License-Identifier: GPL-2.0 OR Linux-OpenIB
"""What perftest itself never looks at: whether the data arrived.

Both sides keep their buffers in files (--mmap), which are compared after the run. A side's buffer
has one region for each queue pair to send from, then one for each to receive into; messages of up
to half a region step through it, one cache line apart at least. perftest 4.5 and 25.01 agree in
this (ctx_set_send_wqes() and ctx_set_recv_wqes() in their perftest_resources.c). So that it cannot
be the same data by chance, each fills its whole buffer with rand(), or zeroes for the latency of
writes.
"""

import argparse
import ctypes
import itertools
import pathlib
import struct
import tempfile
import threading
import time

LINE = 64               # cache line: what messages are aligned to, and where a datagram is received
REGION = 4096           # the least; perftest calls it its cycle buffer
LARGEST = 8 << 20       # message of -a
FILE_SIZE = 256 << 20   # more than any buffer; it is sparse
WORD = struct.Struct("<Q")

LIBC = ctypes.CDLL(None)
RAND = threading.Lock()         # of the one state that LIBC's rand() has


def options_of(flags):
    """Those of perftest's options that decide what is where."""
    parser = argparse.ArgumentParser(allow_abbrev=False)
    parser.add_argument("-s", type=int, default=65536, dest="size")
    parser.add_argument("-n", type=int, dest="count")
    parser.add_argument("-q", type=int, default=1, dest="qps")
    parser.add_argument("-l", type=int, default=0, dest="list")
    parser.add_argument("-m", type=int, default=4096, dest="mtu")
    parser.add_argument("-c", default="RC", dest="service")
    parser.add_argument("-A", dest="operation")
    parser.add_argument("-a", action="store_true", dest="all_sizes")
    parser.add_argument("-b", action="store_true", dest="both_ways")
    parser.add_argument("--reversed", action="store_true")
    parser.add_argument("--use-srq", action="store_true", dest="srq")
    return parser.parse_known_args(flags)[0]


class Layout:
    """Where a run of this tool with these flags has its messages."""

    def __init__(self, tool, flags):
        self.options = options = options_of(flags)
        _, self.verb, self.kind = tool.rsplit("/", 1)[-1].split("_")
        datagram = options.service == "UD"
        if self.verb == "atomic":
            self.size = WORD.size
        elif options.all_sizes:
            self.size = options.mtu if datagram else LARGEST
        else:
            self.size = options.size
        self.region = max(self.size, REGION)
        self.shift = LINE if datagram else 0
        # These services have separate queue pairs to send and to receive with, and a shared queue.
        one_way = options.service in ("XRC", "DC")
        self.pairs = one_way and (options.both_ways or self.kind == "lat")
        self.qps = options.qps * (2 if self.pairs else 1)
        self.shared = self.verb == "send" and options.qps > 1 and (
            options.srq or one_way)

    def slots(self):
        """Offsets of messages in a region. Each list of messages begins at its begin."""
        if self.kind == "lat" or self.size > REGION // 2:
            return [0]
        stride = -(-self.size // LINE) * LINE
        return range(0, REGION - stride + 1, stride)[:self.options.list or None]

    def source(self, qp):
        return qp * self.region

    def target(self, qp):
        """Where the peer's queue pair `qp` sends to."""
        index = self.qps + qp
        if self.pairs:
            index += self.qps // 2 if self.verb != "send" else -(self.qps // 2)
        return index * self.region + self.shift

    def directions(self, server, client):
        """(initiator's, other's) of the two buffers, for each way that messages go."""
        if self.options.reversed:
            server, client = client, server
        yield client, server
        if self.options.both_ways or (self.kind == "lat" and self.verb in ("write", "send")):
            yield server, client


class Buffer:
    """One side's buffer, in a file."""

    def __init__(self, directory, name):
        self.path = pathlib.Path(directory, name)
        with self.path.open("wb") as file:
            file.truncate(FILE_SIZE)
        self.flag = f"--mmap={self.path}"

    def read(self, offset, size):
        with self.path.open("rb") as file:
            file.seek(offset)
            return file.read(size)


class Buffers:
    """As a context: the buffers of a server and its client, to be checked after they have ended."""

    def __init__(self, tool, flags):
        self.layout = Layout(tool, flags)
        self.directory = None
        self.server = self.client = None
        self.began = time.time()

    def __enter__(self):
        self.directory = tempfile.TemporaryDirectory(dir="/dev/shm")
        self.server = Buffer(self.directory.name, "server")
        self.client = Buffer(self.directory.name, "client")
        return self

    def __exit__(self, *_):
        self.directory.cleanup()

    def check(self):
        """AssertionError unless all data are where they belong."""
        check = check_atomics if self.layout.verb == "atomic" else check_messages
        for initiator, other in self.layout.directions(self.server, self.client):
            check(self.layout, initiator, other, self.began)


def expect(found, wanted, what):
    if found == wanted:
        return
    at = next(i for i, (a, b) in enumerate(zip(found, wanted)) if a != b)
    raise AssertionError(f"{what}, byte {at} of {len(wanted)}: "
                         f"{found[at:at + 16].hex()} instead of {wanted[at:at + 16].hex()}")


def check_messages(layout, initiator, other, _began):
    """Each message of writes, sends and reads is the same at both ends."""
    here = [initiator.read(layout.source(qp), layout.region) for qp in range(layout.options.qps)]
    there = [other.read(layout.target(qp), layout.region) for qp in range(layout.options.qps)]
    for qp, slot in itertools.product(range(layout.options.qps), layout.slots()):
        end = slot + layout.size
        what = f"{other.path.name}'s data of queue pair {qp} at {slot:#x}"
        if layout.shared:
            assert there[qp][slot:end] in [sent[slot:end] for sent in here], \
                f"{what}: {there[qp][slot:end][:16].hex()}, which no queue pair sent"
        else:
            expect(there[qp][slot:end], here[qp][slot:end], what)
    if layout.verb == "write" and layout.kind == "lat":
        expect(there[0][:layout.size], counted(layout), f"{other.path.name}'s data")


def counted(layout):
    """What writes leave that are measured by their latency: each has its number in its last byte."""
    sizes = [layout.size]
    if layout.options.all_sizes:
        sizes = [1 << i for i in range(1, LARGEST.bit_length())]
    data = bytearray(layout.size)
    for size in sizes:
        data[size - 1] = layout.options.count & 0xff
    return bytes(data)


def filled(buffer, size, began):
    """What perftest had filled the buffer with: rand(), seeded with the time in seconds."""
    head = buffer.read(WORD.size, WORD.size)        # no atomic touches it
    with RAND:
        for seed in range(int(began), int(time.time()) + 1):
            LIBC.srand(seed)
            data = bytes(LIBC.rand() & 0xff for _ in range(2 * WORD.size))
            if data[WORD.size:] == head:
                return data + bytes(LIBC.rand() & 0xff for _ in range(size - len(data)))
    raise AssertionError(f"{buffer.path.name}'s buffer is not what perftest fills it with")


def times(layout, index):
    """How many atomics a queue pair had for its slot of this index."""
    return len(range(index, layout.options.count, len(layout.slots())))


def check_atomics(layout, initiator, other, began):
    """Each word has the sum of all additions, and the last one brought back what it was before.
    Swaps compare with zero, which none of the words is: they leave all as it was.
    """
    end = layout.target(layout.options.qps - 1) + layout.region
    before = filled(other, end, began)
    step = layout.options.operation == "FETCH_AND_ADD"
    for qp in range(layout.options.qps):
        base = layout.target(qp)
        results = initiator.read(layout.source(qp), layout.region)
        after = bytearray(before[base:base + layout.region])
        for index, slot in enumerate(layout.slots()):
            count = times(layout, index)
            if not count:
                continue
            value = WORD.unpack_from(after, slot)[0] + step * count
            WORD.pack_into(after, slot, value & (1 << 64) - 1)
            expect(results[slot:slot + WORD.size],
                   WORD.pack((value - step) & (1 << 64) - 1),
                   f"{initiator.path.name}'s result of queue pair {qp} at {slot:#x}")
        expect(other.read(base, layout.region), bytes(after),
               f"{other.path.name}'s words of queue pair {qp}")
