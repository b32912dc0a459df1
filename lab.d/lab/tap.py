# SPDX-License-Identifier: GPL-2.0 OR Linux-OpenIB
"""Programs that test, and what they say in TAP."""

import dataclasses
import re

from lab import ktap
from lab.report import Point


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
    patient: bool = False   # nothing in it has to be in time, see jobs.py

    @property
    def title(self):
        return f"{self.tier}/{self.name}"


TAP_POINT = re.compile(r"\s*(not )?ok\b\s*\d*\s*(?:-\s*)?([^#]*)(?:#\s*(?:SKIP|skip)\s*(.*))?")
TAP_PLAN = re.compile(r"\s*1\.\.(\d+)(?:\s*#\s*(?:SKIP|skip)\S*\s*(.*))?")


def points_of(test, output, errors, status):
    """What a program's TAP says, held against its plan and its exit code."""
    points, planned, notes = [], None, []
    if ktap.is_ktap(output):
        output = ktap.flat(output, test.name)
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
