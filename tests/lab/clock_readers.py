#!/usr/bin/python3
# SPDX-License-Identifier: GPL-2.0 OR Linux-OpenIB
"""Names the unit tests, as built last, whose program or interpreter imports a clock: a line each.

Not those that give fuzzers their old inputs again: these are longest, and wait for no time.
"""

import pathlib
import subprocess
import sys

TOP = pathlib.Path(__file__).resolve().parents[2]
# The packages lab, and bench, which that is with
sys.path[:1] = [str(TOP / "lab.d"), str(TOP / "tests")]
from lab import places  # noqa: E402 (the path comes first)
from lab.tests import ctest_tests  # noqa: E402

CLOCK = "clock_gettime"     # which all of ours is read by; glibc's other calls are in no program


def imports(program):
    """What it takes from shared libraries; nothing for scripts that a shell runs."""
    return subprocess.run(["nm", "-D", "--undefined-only", program], capture_output=True, text=True,
                          check=False).stdout


for test in ctest_tests(places.CHECKED, "unit"):
    if not test.name.startswith("fuzz_") and CLOCK in imports(test.command[0]):
        print(test.title)
