#!/usr/bin/python3
# SPDX-License-Identifier: GPL-2.0 OR Linux-OpenIB
"""The accelerator's DMA engine: what it moves between its memory, the guest's and a peer's, the
requests that are on its link meanwhile, and their hints, by registers that setpci writes.
"""

import ctypes
import json
import mmap
import os
import pathlib
import subprocess
import sys
import time

import control
import tap

PAGE = mmap.PAGESIZE
REGISTERS, MEMORY = 0, 2        # BARs

# emulator/accelerator/accelerator_regs.h
SOURCE, DESTINATION, LENGTH, FLAGS, ST, PH, VECTOR, COMMAND = (
    0x2000, 0x2008, 0x2010, 0x2014, 0x2018, 0x201c, 0x2020, 0x2024)
STATUS, ERROR, MOVED = 0x2028, 0x202c, 0x2030
SOURCE_LOCAL, DESTINATION_LOCAL, READ_HINTS, WRITE_HINTS = 1, 2, 4, 8
GO, DONE, BUSY = 1, 2, 1
UNSUPPORTED, COMPLETER_ABORT, POISONED = 4, 5, 6

# Of TPH Requester Control, at 8 in the capability: ST mode, and which requests may carry hints. The
# table of tags is behind it, at 0xc.
NO_ST, INTERRUPT_VECTOR, DEVICE_SPECIFIC = 0, 1, 2
TPH, EXTENDED = 0x100, 0x300

fabric = control.Control()


class Device:
    """One accelerator, by its BARs and its configuration space. It needs no driver for that; that
    of VFIO lets a device sleep which nobody has open, and then its BARs do not answer.
    """

    def __init__(self, variable):
        self.address = os.environ[variable]
        self.folder = pathlib.Path("/sys/bus/pci/devices", self.address)
        (self.folder / "power/control").write_text("on")
        self.setpci("COMMAND=6:6")      # Memory Space Enable, Bus Master Enable
        self.registers = memoryview(self.bar(REGISTERS)).cast("I")
        self.memory = self.bar(MEMORY)
        self.bus = int((self.folder / "resource").read_text().splitlines()[MEMORY].split()[0], 16)

    def bar(self, number):
        with open(self.folder / f"resource{number}", "r+b", buffering=0) as resource:
            return mmap.mmap(resource.fileno(), os.stat(resource.fileno()).st_size)

    def setpci(self, *what):
        subprocess.run(["setpci", "-s", self.address, *what], check=True)

    def start(self, source, destination, length, flags, *, st=0, ph=0, vector=0):
        for register, value in ((SOURCE, source), (DESTINATION, destination)):
            self.registers[register // 4] = value & 0xffffffff
            self.registers[register // 4 + 1] = value >> 32
        for register, value in ((LENGTH, length), (FLAGS, flags), (ST, st), (PH, ph),
                                (VECTOR, vector), (COMMAND, GO)):
            self.registers[register // 4] = value

    def run(self, *job, error=0, **hints):
        self.start(*job, **hints)
        wait_for(lambda: self.registers[STATUS // 4] == DONE)
        assert self.registers[ERROR // 4] == error, self.registers[ERROR // 4]


class Page:
    """A page of the guest's memory, which has the same address on the bus without an IOMMU."""

    def __init__(self):
        self.memory = mmap.mmap(-1, PAGE, flags=mmap.MAP_SHARED | mmap.MAP_ANONYMOUS)
        self.memory[:] = bytes(PAGE)
        self.virtual = ctypes.addressof(ctypes.c_char.from_buffer(self.memory))
        libc = ctypes.CDLL(None, use_errno=True)
        assert not libc.mlock(ctypes.c_void_p(self.virtual), PAGE), os.strerror(ctypes.get_errno())
        self.bus = self.physical()

    def physical(self):
        with open("/proc/self/pagemap", "rb", buffering=0) as pagemap:
            entry = int.from_bytes(os.pread(pagemap.fileno(), 8, self.virtual // PAGE * 8),
                                   "little")
        return (entry & ((1 << 55) - 1)) * PAGE


def wait_for(condition):
    deadline = time.monotonic() + 30
    while not condition():
        assert time.monotonic() < deadline, "it does not happen"
        os.sched_yield()


class Wire:
    """What is on the engine's link from one call to the next."""

    def __init__(self):
        self.capture = pathlib.Path(os.environ["LAB_RUN"], "capture.pcapng")
        self.last = 0
        self.requests()

    def packets(self):
        fabric("capture")
        lines = subprocess.run(["tlpdump", "--json", "--payload", "--link", "acc0", self.capture],
                               check=True, capture_output=True, text=True).stdout.splitlines()
        packets = [packet for packet in map(json.loads, lines)
                   if "type" in packet and packet["number"] > self.last]
        if packets:
            self.last = packets[-1]["number"]
        return packets

    def requests(self):
        """(type, (HV, ST, PH), bytes written) of each request of the engine"""
        return [(packet["type"][:3], tuple(packet.get(name, 0) for name in ("hv", "st", "ph")),
                 bytes.fromhex(packet.get("payload", "")))
                for packet in self.packets()
                if packet["direction"] == "out" and packet["type"][0] == "M"]


acc0, acc1 = Device("TPH_ACC0"), Device("TPH_ACC1")
ram = Page()
wire = Wire()
# By name: address for the engine, the bytes there, flag as source, flag as destination
PLACES = {
    "its memory": (0, acc0.memory, SOURCE_LOCAL, DESTINATION_LOCAL),
    "the guest's memory": (ram.bus, ram.memory, 0, 0),
    "a peer's memory": (acc1.bus, acc1.memory, 0, 0),
}


def test_copies():
    """Bytes are copied from each kind of memory to each, and none beside them"""
    start, destination, length = 5, 2051, 1027
    for name, (source_at, source, source_flag, _) in PLACES.items():
        for to, (destination_at, memory, _, destination_flag) in PLACES.items():
            data = os.urandom(length)
            source[start:start + length] = data
            memory[destination - 1:destination + length + 1] = bytes(length + 2)
            acc0.run(source_at + start, destination_at + destination, length,
                     source_flag | destination_flag)
            assert memory[destination:destination + length] == data, f"{name} to {to}"
            assert not memory[destination - 1] and not memory[destination + length], to
    assert ram.physical() == ram.bus, "the kernel has moved the page"


def due(mode, requesters):
    """The hints of a job with index 1, vector 2 and hint 3; entries 1 and 2 store at the peer"""
    st = {NO_ST: 0, DEVICE_SPECIFIC: 0xa101, INTERRUPT_VECTOR: 0xa202}[mode]
    return (3, st, 3) if requesters == EXTENDED else (1, st & 0xff, 3)


def expect_requests(hints):
    """Writes to the peer and to the guest's memory, and reads of both, carry @hints, and the data"""
    data = os.urandom(64)
    acc0.memory[:64] = data
    for at, memory in (PLACES["a peer's memory"][:2], PLACES["the guest's memory"][:2]):
        acc0.run(0, at, 64, SOURCE_LOCAL | WRITE_HINTS, st=1, ph=3, vector=2)
        acc0.run(at, 128, 64, DESTINATION_LOCAL | READ_HINTS, st=1, ph=3, vector=2)
        assert acc0.memory[128:192] == memory[:64] == data
    requests = wire.requests()
    assert requests == 2 * [("MWr", hints, data), ("MRd", hints, b"")], requests


def test_hints():
    """Requests carry the tag that ST mode and requester type select, as setpci sets them"""
    acc0.setpci("ECAP0017+e.w=a101", "ECAP0017+10.w=a202")
    fabric("tph", device="acc0", forget=True)
    wire.requests()
    for requesters in (TPH, EXTENDED):
        for mode in (NO_ST, INTERRUPT_VECTOR, DEVICE_SPECIFIC):
            acc0.setpci(f"ECAP0017+8.l={requesters | mode:x}")
            expect_requests(due(mode, requesters))
    assert fabric("tph", device="acc0") == {
        "control": EXTENDED | DEVICE_SPECIFIC,
        "seen": [0, TPH, TPH | INTERRUPT_VECTOR, TPH | DEVICE_SPECIFIC,
                 EXTENDED, EXTENDED | INTERRUPT_VECTOR, EXTENDED | DEVICE_SPECIFIC],
        "entries": [0, 0xa101, 0xa202] + [0] * 61,
    }, fabric("tph", device="acc0")


def test_disabled():
    """Requests carry no hints while the requester is disabled, whatever the job asks for"""
    acc0.setpci("ECAP0017+8.l=2")
    acc0.run(0, acc1.bus, 64, SOURCE_LOCAL | WRITE_HINTS, st=1, ph=3)
    requests = wire.requests()
    assert [hints for _, hints, _ in requests] == [(0, 0, 0)], requests


def test_errors():
    """A completion that fails a read ends the job, and the error code says how"""
    for status, error in ((1, UNSUPPORTED), (4, COMPLETER_ABORT), (255, POISONED)):
        fabric("fault", device="acc1", point="read", action="fail", value=status)
        acc0.run(acc1.bus, 0, 64, DESTINATION_LOCAL, error=error)
    completions = [(packet["type"], packet["status"], packet["ep"])
                   for packet in wire.packets() if packet["direction"] == "in"]
    assert completions == [("Cpl", 1, False), ("Cpl", 4, False), ("CplD", 0, True)], completions


def test_reset():
    """A function reset ends a job in its middle, and its registers are zero"""
    fabric("fault", device="acc0", point="dma", action="stall", skip=3)
    hits = fabric("faults", device="acc0")["acc0"]["dma"]["hits"]
    acc1.memory[:8 * PAGE] = bytes(8 * PAGE)
    acc0.memory[:8 * PAGE] = b"\xee" * 8 * PAGE
    acc0.start(0, acc1.bus, 8 * PAGE, SOURCE_LOCAL)
    wait_for(lambda: fabric("faults", device="acc0")["acc0"]["dma"]["hits"] > hits)
    assert acc0.registers[STATUS // 4] == BUSY
    assert acc0.registers[MOVED // 4] == 3 * PAGE, acc0.registers[MOVED // 4]
    (acc0.folder / "reset").write_text("1")
    fabric("release", device="acc0", point="dma")
    for register in (SOURCE, DESTINATION, LENGTH, STATUS, MOVED):
        assert acc0.registers[register // 4] == 0, register
    assert acc1.memory[:8 * PAGE] == b"\xee" * 3 * PAGE + bytes(5 * PAGE)
    acc0.run(0, acc1.bus, 8 * PAGE, SOURCE_LOCAL)
    assert acc1.memory[:8 * PAGE] == b"\xee" * 8 * PAGE


if __name__ == "__main__":
    sys.exit(tap.run(test_copies, test_hints, test_disabled, test_errors, test_reset))
