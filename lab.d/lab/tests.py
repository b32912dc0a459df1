#!/usr/bin/python3
# SPDX-License-Identifier: GPL-2.0 OR Linux-OpenIB
"""The test runner: runs what was asked for, lists every test point, and counts.

Runs in the tools root. Guest tests come from the manifest that tests/guest/CMakeLists.txt makes,
unit tests and fuzzers from ctest, tests of the lab itself are the programs in tests/lab.
"""

import argparse
import concurrent.futures
import dataclasses
import json
import os
import pathlib
import re
import signal
import subprocess
import sys
import threading
import time

import machine

TIERS = ("unit", "guest", "lab", "fuzz", "debug")
DEFAULT_TIERS = ("unit", "guest", "lab", "fuzz")
DEBUG_SLOWDOWN = 6          # KASAN and lockdep under emulation
BOOT_S = 120                # allowed for booting and powering off, beside the tests' own time-outs
HARDWARE = "needs hardware:"

# What the kernel's log must not contain while a test runs
SPLAT = re.compile(
    r"BUG: |WARNING: |Oops: |KASAN|UBSAN: |general protection fault|Kernel panic"
    r"|possible recursive locking|possible circular locking|INFO: .*blocked for more than"
    r"|rcu.*(stall|suspicious)|refcount_t: ")

# Functions whose memory kmemleak rightly reports, though nobody here can help it:
# dma_buf_phys_vec_to_sgt() leaves orig_nents of the table 0 in Linux 7.3, so sg_free_table() frees
# nothing of it.
KNOWN_LEAKS = re.compile(r"\bdma_buf_phys_vec_to_sgt\+")


@dataclasses.dataclass
class Point:
    """One line of the list."""
    name: str
    outcome: str            # ok, FAIL, skip
    note: str = ""          # the reason of a skip; for a failure, what is known of it


@dataclasses.dataclass
class Test:
    """One program."""
    tier: str
    name: str
    timeout: float
    command: list[str] = dataclasses.field(default_factory=list)
    machine: str = ""
    environment: dict[str, str] = dataclasses.field(default_factory=dict)
    directory: str | None = None
    tap: bool = True        # otherwise it is one point, by its exit code
    debug: bool = False     # whether it is for the debug kernel, too

    @property
    def title(self):
        return f"{self.tier}/{self.name}"


class Report:
    """Prints points as they come, and keeps count."""

    def __init__(self):
        self.counts = {"ok": 0, "FAIL": 0, "skip": 0}
        self.lock = threading.Lock()

    def add(self, points):
        with self.lock:
            for point in points:
                self.add_one(point)
            sys.stdout.flush()

    def add_one(self, point):
        outcome = point.outcome
        if outcome == "skip" and os.environ.get("CI") == "true" \
                and not point.note.startswith(HARDWARE):
            outcome = "FAIL"
            point.note = f"skipped ({point.note}), which this run does not allow"
        self.counts[outcome] += 1
        if outcome == "skip":
            print(f"skip {point.name} # {point.note}")
        else:
            print(f"{outcome} {point.name}")
        if outcome == "FAIL" and point.note:
            print("\n".join("    " + line for line in point.note.rstrip("\n").split("\n")))

    def close(self):
        counts = self.counts
        print(f"{counts['ok']} passed, {counts['FAIL']} failed, {counts['skip']} skipped")
        return 1 if counts["FAIL"] or not counts["ok"] else 0


TAP_POINT = re.compile(r"\s*(not )?ok\b\s*\d*\s*(?:-\s*)?([^#]*)(?:#\s*(?:SKIP|skip)\s*(.*))?")
TAP_PLAN = re.compile(r"\s*1\.\.(\d+)(?:\s*#\s*(?:SKIP|skip)\S*\s*(.*))?")


def points_of(test, output, errors, status):
    """What a program's TAP says, held against its plan and its exit code."""
    points, planned, notes = [], None, []
    for line in output.splitlines():
        if match := TAP_PLAN.fullmatch(line):
            planned = int(match[1])
            if planned == 0:
                points.append(Point(test.title, "skip", match[2] or "no reason given"))
                planned = 1
        elif (match := TAP_POINT.fullmatch(line)) and re.match(r"\s*(not )?ok\b", line):
            name = f"{test.title}: {match[2].strip()}"
            if match[3] is not None:
                points.append(Point(name, "skip", match[3] or "no reason given"))
            else:
                points.append(Point(name, "FAIL" if match[1] else "ok"))
        elif points and line.lstrip().startswith("#"):
            points[-1].note = points[-1].note or ""
            if points[-1].outcome == "FAIL":
                points[-1].note += line.strip() + "\n"
        else:
            notes.append(line)
    if not points and planned is None and not test.tap:
        points.append(Point(test.title, "FAIL" if status else "ok"))
    broken = what_is_broken(points, planned, status)
    if broken:
        points.append(Point(f"{test.title}: runs to its end", "FAIL", broken))
    failed = [point for point in points if point.outcome == "FAIL"]
    if failed:
        failed[-1].note = "\n".join(filter(None, (
            failed[-1].note.rstrip("\n"), *notes[-60:], *errors.splitlines()[-60:])))
    return points


def what_is_broken(points, planned, status):
    """Why a program's points cannot be the whole story, or None."""
    if status == "timeout":
        return "timed out"
    if not points:
        return f"no test point in its output, exit code {status}"
    if planned is None and status == 0 and len(points) > 0:
        return None
    if planned is not None and planned != len(points):
        return f"planned {planned} points, made {len(points)}; exit code {status}"
    if status != 0 and not any(point.outcome == "FAIL" for point in points):
        return f"all points passed, but its exit code is {status}"
    return None


def run_here(test):
    """A program in the tools root: unit tests, fuzzers, tests of the lab."""
    try:
        done = subprocess.run(test.command, stdin=subprocess.DEVNULL, capture_output=True,
                              timeout=test.timeout, cwd=test.directory, check=False,
                              env=os.environ | test.environment)
        output, errors, status = done.stdout, done.stderr, done.returncode
    except subprocess.TimeoutExpired as expired:
        output, errors, status = expired.stdout or b"", expired.stderr or b"", "timeout"
    return points_of(test, output.decode(errors="replace"), errors.decode(errors="replace"), status)


class GuestTests:
    """The tests of one machine: one boot, and one more after each test that brings it down."""

    def __init__(self, options, tier, tests, machine_options, report):
        self.options = options
        self.tier = tier
        self.tests = list(tests)
        self.machine_options = machine_options
        self.report = report
        self.boots = 0

    def run(self):
        while self.tests:
            self.boot()

    def boot(self):
        """Runs as many of the remaining tests as the guest survives."""
        self.boots += 1
        run = self.options.run / f"{self.tier}-{self.tests[0].machine}-{self.boots}"
        run.mkdir(parents=True)
        share = run / "share"
        reading, writing = os.pipe()
        reader = threading.Thread(target=self.follow, args=(reading, share / "tests", run))
        reader.start()
        problem = None
        with open(run / "test-errors.log", "wb") as errors, open(os.devnull, "rb") as nothing:
            streams = (nothing.fileno(), writing, errors.fileno())
            try:
                with machine.Machine(self.machine_for(run, streams)) as guest:
                    guest.wait()
            except (machine.LabError, TimeoutError) as error:
                problem = str(error)
            finally:
                os.close(writing)
                reader.join()
                os.close(reading)
        if problem:
            self.blame(share / "tests", problem, run)
        elif self.tests:
            self.blame(share / "tests", "the guest ended without running it", run)
        self.report.add(self.boot_points(run))
        if (share / "tests/kmemleak").exists():
            self.report.add([self.leaks((share / "tests/kmemleak").read_text())])

    def boot_points(self, run):
        """A failure for what the kernel complained of before the first test."""
        console = (run / "console.log").read_bytes().decode(errors="replace")
        splat = splats(console.replace("\r", "").split("lab: begin ", 1)[0])
        name = f"{self.tier}: the kernel of {run.name} boots without a complaint"
        return [Point(name, "FAIL", splat)] if splat else []

    def machine_for(self, run, streams):
        options = self.options
        limits = [f"{test.name}:{test.timeout:.0f}" for test in self.tests]
        models = argparse.ArgumentParser()
        models.add_argument("--nic", action="append")
        models.add_argument("--accelerator", action="append")
        models.add_argument("--no-nic", action="store_true")
        models.add_argument("--no-accelerator", action="store_true")
        models.add_argument("--iommu", action="store_true")
        models = models.parse_args(self.machine_options)
        return machine.Options(
            kernel=options.debug_kernel if self.tier == "debug" else options.kernel,
            root=options.root, local=options.local, guest=options.guest, run=run,
            command=["run-tests", *limits], streams=streams,
            nics=[] if models.no_nic else models.nic or [""],
            accelerators=[] if models.no_accelerator else models.accelerator or [""],
            iommu=models.iommu,
            memory="4G" if self.tier == "debug" else "2G",
            timeout=sum(test.timeout + 5 for test in self.tests)
            + BOOT_S * (DEBUG_SLOWDOWN if self.tier == "debug" else 1))

    def follow(self, reading, results, run):
        """Reports each test when the guest says that it is done."""
        with os.fdopen(os.dup(reading)) as lines:
            for line in lines:
                test = next((t for t in self.tests if t.name == line.strip()), None)
                if test:
                    self.tests.remove(test)
                    self.report.add(self.collect(test, results, run))

    def collect(self, test, results, run):
        def read(suffix):
            path = results / f"{test.name}.{suffix}"
            return path.read_bytes().decode(errors="replace") if path.exists() else ""

        status = int(read("exit"))
        points = points_of(test, read("out"), read("err"), "timeout" if status == 124 else status)
        splat = splat_in((run / "console.log").read_bytes().decode(errors="replace"), test.name)
        if splat:
            points.append(Point(f"{test.title}: the kernel has nothing to complain of", "FAIL", splat))
        return points

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


def splat_in(console, name):
    """The kernel's complaints between a test's begin and end, or an empty string."""
    begin, end = f"lab: begin {name}\n", f"lab: end {name}\n"
    text = console.replace("\r", "")
    text = text[text.find(begin) + len(begin):]
    return splats(text.split(end, 1)[0])


def splats(text):
    """From the first complaint on, or an empty string."""
    lines = text.splitlines()
    for i, line in enumerate(lines):
        if SPLAT.search(line):
            return "\n".join(lines[max(0, i - 2):i + 50])
    return ""


def ctest_tests(build, label):
    """The tests that CMake knows by this label, none without a build."""
    if not build:
        return []
    listing = subprocess.run(["ctest", "--test-dir", build, "--show-only=json-v1"],
                             capture_output=True, check=True)
    tests = []
    for entry in json.loads(listing.stdout)["tests"]:
        properties = {p["name"]: p["value"] for p in entry.get("properties", [])}
        if label not in properties.get("LABELS", []):
            continue
        environment = dict(item.split("=", 1) for item in properties.get("ENVIRONMENT", []))
        tests.append(Test(label, entry["name"].removeprefix(label + "/"),
                          properties.get("TIMEOUT", 300), entry.get("command", ["false"]),
                          environment=environment, directory=properties.get("WORKING_DIRECTORY"),
                          tap="CMOCKA_MESSAGE_OUTPUT" in environment))
    return tests


def manifest(local):
    """Guest tests and their machines, as installed."""
    tests, machines = [], {"default": []}
    path = pathlib.Path(local, "libexec/rdma-tph/tests/manifest")
    for line in path.read_text().splitlines():
        kind, name, *rest = line.split("\t")
        if kind == "machine":
            machines[name] = [word for word in rest if word]
        else:
            tests.append(Test("guest", name, float(rest[1]), machine=rest[0],
                              debug=rest[2] == "debug"))
    return sorted(tests, key=lambda test: test.name), machines


def lab_tests(options):
    """They run ./lab, in here: with the kernel that this run has, and what was built for it."""
    kernel = options.kernel + ("/bzImage" if os.path.isdir(options.kernel) else "")
    return [Test("lab", path.stem, 600, [str(path)], environment={"RDMA_TPH_KERNEL": kernel})
            for path in sorted(pathlib.Path("tests/lab").glob("*.sh"))]


def known_tests(options):
    """All tests there are; `debug` is those of the guest once more that are about its kernel."""
    guest, machines = manifest(options.local)
    debug = [dataclasses.replace(test, tier="debug", timeout=test.timeout * DEBUG_SLOWDOWN)
             for test in guest if test.debug]
    tests = ctest_tests(options.checked_build, "unit") + guest + lab_tests(options) \
        + ctest_tests(options.fuzz_build, "fuzz") + debug
    return tests, machines


def selected(tests, words):
    """The tests that tiers or names ask for."""
    if not words:
        return [test for test in tests if test.tier in DEFAULT_TIERS]
    chosen = []
    for word in words:
        found = [test for test in tests if test.tier == word or test.title == word
                 or (test.name == word and test.tier != "debug")]
        if not found and word not in TIERS:
            sys.exit(f"lab: no tier or test '{word}'; tiers: {', '.join(TIERS)}; tests:\n    "
                     + "\n    ".join(test.title for test in tests))
        chosen += [test for test in found if test not in chosen]
    return chosen


def run_all(options, tests, machines, report):
    def of(*tiers):
        return [test for test in tests if test.tier in tiers]

    with concurrent.futures.ThreadPoolExecutor(os.cpu_count()) as pool:
        for points in pool.map(run_here, of("unit", "fuzz")):
            report.add(points)
    for tier in ("guest", "debug"):
        for name in dict.fromkeys(test.machine for test in of(tier)):
            if name not in machines:
                sys.exit(f"lab: a guest test asks for machine '{name}', which no "
                         "tph_guest_machine() describes")
            GuestTests(options, tier, [t for t in of(tier) if t.machine == name],
                       machines[name], report).run()
    for test in of("lab"):
        report.add(run_here(test))


def main():
    parser = argparse.ArgumentParser()
    for name in ("kernel", "root", "guest", "local"):
        parser.add_argument(f"--{name}", required=True)
    for name in ("debug-kernel", "checked-build", "fuzz-build"):
        parser.add_argument(f"--{name}", help="needed only for the tests that use it")
    parser.add_argument("--run", required=True, type=pathlib.Path)
    parser.add_argument("words", nargs="*")
    options = parser.parse_args()
    for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        signal.signal(number, machine.interrupted)
    report = Report()
    tests, machines = known_tests(options)
    start = time.monotonic()
    run_all(options, selected(tests, options.words), machines, report)
    print(f"lab: {time.monotonic() - start:.0f} s, logs in {options.run}", file=sys.stderr)
    return report.close()


if __name__ == "__main__":
    sys.exit(main())
