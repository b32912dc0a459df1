# SPDX-License-Identifier: GPL-2.0 OR Linux-OpenIB
"""lab test: runs what was asked for, lists every test point, and counts.

Guest tests come from the manifest that tests/guest/CMakeLists.txt makes,
unit tests and fuzzers from ctest, tests of the lab itself are the programs in tests/lab.
"""

import concurrent.futures
import dataclasses
import json
import os
import pathlib
import re
import subprocess
import sys
import threading
import time

from lab import machine, places, say
from lab.options import Command, add_accel, default_kernel, describe, guest_needs

TIERS = ("unit", "guest", "lab", "fuzz", "debug")
DEFAULT_TIERS = ("unit", "guest", "lab", "fuzz")
DEBUG_SLOWDOWN = 6          # KASAN and lockdep under emulation
DEBUG_MEMORY = "4G"
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

    def __init__(self, ready, accel, tier, tests, description, report):
        self.ready = ready
        self.accel = accel
        self.tier = tier
        self.tests = list(tests)
        self.description = description      # of the machine, as options.machine() gives it
        self.report = report
        self.boots = 0

    def run(self):
        while self.tests:
            self.boot()

    def boot(self):
        """Runs as many of the remaining tests as the guest survives."""
        self.boots += 1
        run = self.ready.run / f"{self.tier}-{self.tests[0].machine}-{self.boots}"
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
            except (say.LabError, TimeoutError) as error:
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
        ready, debug = self.ready, self.tier == "debug"
        limits = [f"{test.name}:{test.timeout:.0f}" for test in self.tests]
        return machine.Options(
            kernel=ready.debug_kernel if debug else ready.kernel, root=ready.root,
            local=str(ready.local), guest=str(places.GUEST), run=run,
            command=["run-tests", *limits], streams=streams, accel=self.accel,
            timeout=sum(test.timeout + 5 for test in self.tests)
            + BOOT_S * (DEBUG_SLOWDOWN if debug else 1),
            **self.description | ({"memory": DEBUG_MEMORY} if debug else {}))

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
    """The tests that CMake knows by this label."""
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
    """Guest tests and the descriptions of their machines, as installed."""
    tests, machines = [], {"default": describe([], "the default machine")}
    path = pathlib.Path(local, "libexec/rdma-tph/tests/manifest")
    for line in path.read_text().splitlines():
        kind, name, *rest = line.split("\t")
        if kind == "machine":
            machines[name] = describe([word for word in rest if word],
                                      f"tph_guest_machine({name})")
        else:
            tests.append(Test("guest", name, float(rest[1]), machine=rest[0],
                              debug=rest[2] == "debug"))
    return sorted(tests, key=lambda test: test.name), machines


def lab_tests(ready):
    """They run ./lab, in here: with the kernel that this run has, and what was built for it."""
    kernel = ready.kernel + ("/bzImage" if os.path.isdir(ready.kernel) else "")
    return [Test("lab", path.stem, 600, [str(path)], environment={"RDMA_TPH_KERNEL": kernel})
            for path in sorted(pathlib.Path("tests/lab").glob("*.sh"))]


def known_tests(words, ready):
    """All tests of the tiers that may be meant, and the guest's machines; `debug` is those of the
    guest once more that are about its kernel."""
    tests, guest, machines = [], [], {}
    if ready.root:
        guest, machines = manifest(ready.local)
    if wanted("unit", words):
        tests += ctest_tests(places.CHECKED, "unit")
    if wanted("guest", words):
        tests += guest
    if wanted("lab", words):
        tests += lab_tests(ready)
    if wanted("fuzz", words):
        tests += ctest_tests(places.FUZZERS, "fuzz")
    if wanted("debug", words):
        tests += [dataclasses.replace(test, tier="debug", timeout=test.timeout * DEBUG_SLOWDOWN)
                  for test in guest if test.debug]
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
            say.die(f"no tier or test '{word}'; tiers: {', '.join(TIERS)}; tests:\n    "
                    + "\n    ".join(test.title for test in tests))
        chosen += [test for test in found if test not in chosen]
    return chosen


def run_all(ready, accel, tests, machines, report):
    def of(*tiers):
        return [test for test in tests if test.tier in tiers]

    with concurrent.futures.ThreadPoolExecutor(os.cpu_count()) as pool:
        for points in pool.map(run_here, of("unit", "fuzz")):
            report.add(points)
    for tier in ("guest", "debug"):
        for name in dict.fromkeys(test.machine for test in of(tier)):
            if name not in machines:
                say.die(f"a guest test asks for machine '{name}', which no tph_guest_machine() "
                        "describes")
            GuestTests(ready, accel, tier, [t for t in of(tier) if t.machine == name],
                       machines[name], report).run()
    for test in of("lab"):
        report.add(run_here(test))


def add_options(parser):
    parser.add_argument("words", nargs="*", metavar="TIER|NAME",
                        help="a tier, or a test as NAME or TIER/NAME (default: all tiers but debug)")
    add_accel(parser)


def wanted(tier, words):
    """Whether a test of it may be meant; a bare name can be of any but debug."""
    if not words:
        return tier in DEFAULT_TIERS
    return any(word.split("/")[0] == tier
               or ("/" not in word and word not in TIERS and tier in DEFAULT_TIERS)
               for word in words)


def needs(options):
    steps = ["tools"]
    if any(wanted(tier, options.words) for tier in ("guest", "lab", "debug")):
        steps = guest_needs(default_kernel())
    for tier, step in (("debug", "debug_kernel"), ("unit", "checked"), ("fuzz", "fuzzers")):
        if wanted(tier, options.words):
            steps.append(step)
    return steps


def test(options, ready):
    report = Report()
    tests, machines = known_tests(options.words, ready)
    start = time.monotonic()
    run_all(ready, options.accel, selected(tests, options.words), machines, report)
    say.say(f"{time.monotonic() - start:.0f} s, logs in {ready.run}")
    return report.close()


TEST = Command(
    name="test", usage="[OPTION]... [TIER|NAME]...",
    summary="runs tests; without argument all tiers but debug",
    text="""\
Runs tests, lists each point with its outcome, and ends with `N passed, N failed, N skipped`. The
exit code is 0 when none failed.

  unit     parts by themselves, with sanitizers
  guest    the whole, in the guest: our kernel, the models, stock user space
  lab      the lab itself, and the project's scripts
  fuzz     whatever takes bytes from outside, 10 s each
  debug    the guest tests again on a kernel with KASAN, lockdep and kmemleak""",
    notes="""\
A NAME that does not exist gets the list of all. With CI=true a skipped point counts as failed,
unless it needs hardware. tests/README.md says how a test is added.""",
    add_options=add_options, needs=needs, perform=test)
