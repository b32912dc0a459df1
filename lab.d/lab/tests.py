# SPDX-License-Identifier: GPL-2.0 OR Linux-OpenIB
"""lab test: runs what was asked for, lists every test point, and counts.

Unit tests and fuzzers come from ctest, tests of the lab itself are the programs in tests/lab.
"""

import json
import os
import pathlib
import subprocess

from lab import jobs, places, say
from lab.guest_tests import GuestTests, manifest
from lab.here_tests import HereTest
from lab.options import Command, add_accel, default_kernel, guest_needs
from lab.report import Report
from lab.tap import Test

TIERS = ("unit", "kunit", "guest", "lab", "fuzz", "debug", "distros", "packages")
DEFAULT_TIERS = ("unit", "kunit", "guest", "lab", "fuzz")
GUEST_TIERS = ("kunit", "guest", "debug")
IN_GUEST = "in_guest"       # the test of tier packages that boots
LAB_TIMEOUT_S = 1800        # one that boots ten guests takes two minutes on a machine with time
# Those that boot, as drivers have time-outs; and what the lab says of a step is by its time.
LAB_IN_TIME = {"capture", "dumps", "ends", "run", "steps"}
PATIENCE = 5                # as much longer than its own time-out may a unit test take


def ctest_tests(build, label):
    """The tests that CMake knows by this label. Fuzzers have five seconds to find something."""
    patient = label == "unit"
    listing = subprocess.run(["ctest", "--test-dir", build, "--show-only=json-v1"],
                             capture_output=True, check=True)
    tests = []
    for entry in json.loads(listing.stdout)["tests"]:
        properties = {p["name"]: p["value"] for p in entry.get("properties", [])}
        if label not in properties.get("LABELS", []):
            continue
        environment = dict(item.split("=", 1) for item in properties.get("ENVIRONMENT", []))
        tests.append(Test(label, entry["name"].removeprefix(label + "/"),
                          properties.get("TIMEOUT", 300) * (PATIENCE if patient else 1),
                          entry.get("command", ["false"]), environment=environment,
                          directory=properties.get("WORKING_DIRECTORY"),
                          tap="CMOCKA_MESSAGE_OUTPUT" in environment, patient=patient))
    return tests


def lab_environment(ready):
    """Of tests that run ./lab, in here: with the kernel that this run has."""
    kernel = ready.kernel + ("/bzImage" if os.path.isdir(ready.kernel) else "")
    return {"RDMA_TPH_KERNEL": kernel}


def lab_tests(ready):
    """They run ./lab with what was built for this run."""
    return [Test("lab", path.stem, LAB_TIMEOUT_S, [str(path)], environment=lab_environment(ready),
                 patient=path.stem not in LAB_IN_TIME)
            for path in sorted(pathlib.Path("tests/lab").glob("*.sh"))]


def distro_tests(ready):
    """README's build in releases of Debian, and the packages for them."""
    for suite, root in places.by_suite(ready.distros):
        yield Test("distros", suite, 1800, ["tests/distros/check.sh", root, ready.root],
                   environment=lab_environment(ready))
    for suite, root in places.by_suite(ready.packaging):
        yield Test("packages", suite, 1800, places.in_root(root, "tests/packages/check.sh"))
    packaging = dict(places.by_suite(ready.packaging)).get(places.GUEST_SUITE)
    if packaging and ready.root:
        yield Test("packages", IN_GUEST, 1800,
                   ["tests/packages/in_guest.sh", packaging, ready.root],
                   environment=lab_environment(ready))


def known_tests(words, ready):
    """All tests of what was built, and the guest's machines."""
    tests, machines = [], {}
    if wanted("unit", words):
        tests += ctest_tests(places.CHECKED, "unit")
    if wanted("fuzz", words):
        tests += ctest_tests(places.FUZZERS, "fuzz")
    tests += distro_tests(ready)
    if ready.root:
        guest, machines = manifest(ready.local)
        tests += guest + lab_tests(ready)
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


def jobs_of(ready, accel, tests, machines, report):
    """Each test is one, and in the guest those of a tier that share a machine."""
    its = [HereTest(test, report) for test in tests if test.tier not in GUEST_TIERS]
    for (tier, name), group in by_machine(tests).items():
        if name not in machines:
            say.die(f"a guest test asks for machine '{name}', which no tph_guest_machine() "
                    "describes")
        its.append(GuestTests(ready, accel, tier, group, machines[name], report))
    return its


def by_machine(tests):
    """Those in the guest, by tier and machine."""
    groups = {}
    for test in tests:
        if test.tier in GUEST_TIERS:
            groups.setdefault((test.tier, test.machine), []).append(test)
    return groups


def add_options(parser):
    parser.add_argument("words", nargs="*", metavar="TIER|NAME",
                        help="a tier, or a test as NAME or TIER/NAME (default: the first "
                        f"{len(DEFAULT_TIERS)} tiers)")
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
    words = set(options.words)
    in_guest = {"packages", f"packages/{IN_GUEST}"} & words
    if in_guest or any(wanted(tier, options.words) for tier in (*GUEST_TIERS, "lab", "distros")):
        steps = guest_needs(default_kernel())
    for tier, step in (("guest", "middleware_root"), ("debug", "debug_kernel"),
                       ("unit", "checked"), ("fuzz", "fuzzers")):
        if wanted(tier, options.words):
            steps.append(step)
    for tier, step in (("distros", "distro"), ("packages", "packaging")):
        steps += [f"{step} {suite}" for suite in places.SUITES
                  if {tier, f"{tier}/{suite}"} & words
                  or (step == "packaging" and in_guest and suite == places.GUEST_SUITE)]
    return steps


def test(options, ready):
    report = Report()
    tests, machines = known_tests(options.words, ready)
    jobs.run(jobs_of(ready, options.accel, selected(tests, options.words), machines, report))
    times = ready.run / "times"
    say.say(f"{report.costs.write(times)}; all are in {times}, with the logs")
    return report.close()


TEST = Command(
    name="test", usage="[OPTION]... [TIER|NAME]...",
    summary=f"runs tests; without argument the first {len(DEFAULT_TIERS)} tiers",
    text="""\
Runs tests, lists each point with its outcome, and ends with `N passed, N failed, N skipped`. The
exit code is 0 when none failed.

  unit     parts by themselves, with sanitizers
  kunit    parts of our kernel by themselves, in the guest
  guest    the whole, in the guest: our kernel, the models, stock user space
  lab      the lab itself, and the project's scripts
  fuzz     whatever takes bytes from outside, 5 s each
  debug    what asks something of the kernel, on one with KASAN, lockdep, kmemleak and failing
           allocations
  distros  README's build of libraries and tools on Debian 12, 13 and sid, and its use in the guest
  packages those of Debian 12, 13 and sid: made, installed, used, upgraded, removed; and used in the
           guest""",
    notes="""\
A NAME that does not exist gets the list of all. With CI=true a skipped point counts as failed,
unless it needs hardware. tests/README.md says how a test is added.""",
    add_options=add_options, needs=needs, perform=test)
