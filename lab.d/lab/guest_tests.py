# SPDX-License-Identifier: GPL-2.0 OR Linux-OpenIB
"""Tests in the guest, by lab.d/guest/bin/run-tests, from the manifest that
tests/guest/CMakeLists.txt makes.
"""

import dataclasses
import os
import pathlib
import re
import threading

from lab import machine, say
from lab.costs import Stopwatch
from lab.options import describe
from lab.report import Point
from lab.tap import Test, points_of

SLOWDOWN = {"kunit": 1, "guest": 1, "debug": 6}     # KASAN and lockdep under emulation
DEBUG_MEMORY = "4G"
BOOT_S = 120                # allowed for booting and powering off, beside the tests' own time-outs

# What the kernel's log must not contain while a test runs
SPLAT = re.compile(
    r"BUG: |WARNING: |Oops: |KASAN|UBSAN: |general protection fault|Kernel panic"
    r"|possible recursive locking|possible circular locking|INFO: .*blocked for more than"
    r"|rcu.*(stall|suspicious)|refcount_t: "
    # What ends the watch that the debug kernel keeps
    r"|locking correctness validator|kmemleak: .* disabled")

# Functions whose memory kmemleak rightly reports, though nobody here can help it:
# dma_buf_phys_vec_to_sgt() leaves orig_nents of the table 0 in Linux 7.3, so sg_free_table() frees
# nothing of it.
KNOWN_LEAKS = re.compile(r"\bdma_buf_phys_vec_to_sgt\+")


def manifest(local):
    """Tests of all tiers in the guest, and the descriptions of their machines, as installed."""
    tests, machines = [], {"default": describe([], "the default machine")}
    path = pathlib.Path(local, "libexec/rdma-tph/tests/manifest")
    for line in path.read_text().splitlines():
        kind, name, *rest = line.split("\t")
        if kind == "machine":
            machines[name] = describe([word for word in rest if word],
                                      f"tph_guest_machine({name})")
        else:
            for tier in rest[2:]:
                tests.append(Test(tier, name, float(rest[1]) * SLOWDOWN[tier], machine=rest[0]))
    return sorted(tests, key=lambda test: test.name), machines


class GuestTests:
    """The tests of one machine: one boot, and one more after each test that brings it down. A job,
    see jobs.py.
    """
    patient = False     # drivers and programs in there have time-outs

    def __init__(self, ready, accel, tier, tests, description, report):
        self.ready = ready
        self.accel = accel
        self.tier = tier
        self.tests = list(tests)
        self.description, self.processors = description     # options.describe() gives both
        if tier == "debug":
            self.processors = 1     # KASAN's guest is busy with itself, and its time-outs are long
        self.report = report
        self.timeout = self.limit()
        self.boots = 0
        self.guest = None
        self.watch = None
        self.stopped = False

    def run(self):
        while self.tests and not self.stopped:
            self.boot()

    def stop(self):
        self.stopped = True
        if self.guest:
            self.guest.kill()

    def limit(self):
        """Seconds for the remaining tests."""
        return sum(test.timeout + 5 for test in self.tests) + BOOT_S * SLOWDOWN[self.tier]

    def boot(self):
        """Runs as many of the remaining tests as the guest survives."""
        self.boots += 1
        run = self.ready.run / f"{self.tier}-{self.tests[0].machine}-{self.boots}"
        run.mkdir(parents=True)
        share = run / "share"
        reading, writing = os.pipe()
        reader = threading.Thread(target=self.follow, args=(reading, share / "tests", run))
        self.watch = Stopwatch()
        self.guest = problem = None
        reader.start()
        with open(run / "test-errors.log", "wb") as errors, open(os.devnull, "rb") as nothing:
            streams = (nothing.fileno(), writing, errors.fileno())
            try:
                with self.machine_for(run, streams) as self.guest:
                    if self.stopped:
                        self.guest.kill()
                    self.guest.wait()
            except (say.LabError, TimeoutError) as error:
                problem = str(error)
            finally:
                os.close(writing)
                reader.join()
                os.close(reading)
        if self.stopped:
            return
        if problem:
            self.blame(share / "tests", problem, run)
        elif self.tests:
            self.blame(share / "tests", "the guest ended without running it", run)
        self.report.add(self.boot_points(run) + self.end_points(run))
        if (share / "tests/kmemleak").exists():
            self.report.add([self.leaks((share / "tests/kmemleak").read_text())])

    def boot_points(self, run):
        """A failure for what the kernel complained of before the first test."""
        splat = splats(said_by_kernel(run).split("lab: begin ", 1)[0])
        name = f"{self.tier}: the kernel of {run.name} boots without a complaint"
        return [Point(name, "FAIL", splat)] if splat else []

    def end_points(self, run):
        """Failures for what kernel and softfabric complained of after the last test."""
        name = f"{self.tier}: the end of {run.name}"
        _, ended, rest = said_by_kernel(run).rpartition("lab: end ")
        splat = splats(rest) if ended else ""
        points = [Point(f"{name}: the kernel has nothing to complain of", "FAIL",
                        splat)] if splat else []
        return points + (self.fabric_points(name) if self.guest else [])

    def machine_for(self, run, streams):
        ready, debug = dataclasses.replace(self.ready, run=run), self.tier == "debug"
        if debug:
            ready = dataclasses.replace(ready, kernel=ready.debug_kernel)
        description = dict(self.description)
        if description["capture"]:
            description["capture"] = str(run / "share" / description["capture"])
        limits = [f"{test.name}:{test.timeout:.0f}" for test in self.tests]
        return machine.Machine(ready, machine.Options(
            command=["run-tests", self.tier, *limits], streams=streams, accel=self.accel,
            timeout=self.limit(), **description | ({"memory": DEBUG_MEMORY} if debug else {})))

    def follow(self, reading, results, run):
        """Reports each test when the guest says that it has ended."""
        before = f"{run.name}: boots"
        with os.fdopen(os.dup(reading)) as lines:
            for line in lines:
                event, _, name = line.strip().partition(" ")
                test = next((t for t in self.tests if t.name == name), None)
                if event == "begin":
                    self.spent(before)
                    before = f"{run.name}: between tests"
                elif test:
                    self.spent(test.title)
                    self.tests.remove(test)
                    self.report.add(self.collect(test, results, run))

    def spent(self, what):
        self.report.costs.add(what, *self.watch.lap(*self.guest.pids()))

    def collect(self, test, results, run):
        def read(suffix):
            path = results / f"{test.name}.{suffix}"
            return path.read_bytes().decode(errors="replace") if path.exists() else ""

        status = int(read("exit"))
        points = points_of(test, read("out"), read("err"), "timeout" if status == 124 else status)
        splat = splat_in(said_by_kernel(run), test.name)
        if splat:
            points.append(Point(f"{test.title}: the kernel has nothing to complain of", "FAIL",
                                splat))
        return points + self.fabric_points(test.title)

    def fabric_points(self, whose):
        """A failure for what softfabric complained of by now, such as writes that nobody took."""
        said = self.guest.complaints()
        name = f"{whose}: softfabric has nothing to complain of"
        return [Point(name, "FAIL", "\n".join(said))] if said else []

    def blame(self, results, problem, run):
        """The test that was running fails; without one, all that remain."""
        running = [t for t in self.tests if (results / f"{t.name}.begun").exists()]
        for test in running or list(self.tests):
            self.tests.remove(test)
            output = results / f"{test.name}.out"
            so_far = output.read_text(errors="replace") if output.exists() else ""
            self.report.add([Point(f"{test.title}: runs to its end", "FAIL",
                                   f"{so_far}{problem}\nlogs: {run}")])

    def leaks(self, found):
        name = f"{self.tier}/kmemleak: no kernel memory is lost"
        lost = [record for record in re.split(r"(?m)^(?=unreferenced object)", found)
                if record.strip() and not KNOWN_LEAKS.search(record)]
        return Point(name, "FAIL", "".join(lost)) if lost else Point(name, "ok")


def said_by_kernel(run):
    """Its console; nothing when the machine did not come that far."""
    console = run / "console.log"
    if not console.exists():
        return ""
    return console.read_bytes().decode(errors="replace").replace("\r", "")


def splat_in(text, name):
    """The kernel's complaints between a test's begin and end, or an empty string."""
    begin, end = f"lab: begin {name}\n", f"lab: end {name}\n"
    text = text[text.find(begin) + len(begin):]
    return splats(text.split(end, 1)[0])


def splats(text):
    """From the first complaint on, or an empty string."""
    lines = text.splitlines()
    for i, line in enumerate(lines):
        if SPLAT.search(line):
            return "\n".join(lines[max(0, i - 2):i + 50])
    return ""
