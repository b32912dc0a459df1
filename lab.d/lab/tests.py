# SPDX-License-Identifier: GPL-2.0 OR Linux-OpenIB
"""lab test: runs what was asked for, lists every test point, and counts.

Unit tests and fuzzers come from ctest, tests of the lab itself are the programs in tests/lab.
"""

import concurrent.futures
import dataclasses
import json
import os
import pathlib
import subprocess
import time

from lab import places, say
from lab.guest_tests import DEBUG_SLOWDOWN, GuestTests, manifest
from lab.options import Command, add_accel, default_kernel, guest_needs
from lab.report import Report
from lab.tap import Test, points_of

TIERS = ("unit", "guest", "lab", "fuzz", "debug")
DEFAULT_TIERS = ("unit", "guest", "lab", "fuzz")


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
