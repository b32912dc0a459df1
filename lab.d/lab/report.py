# SPDX-License-Identifier: GPL-2.0 OR Linux-OpenIB
"""What is said of test points as they come."""

import dataclasses
import os
import sys
import threading

from lab.costs import Costs

HARDWARE = "needs hardware:"


@dataclasses.dataclass
class Point:
    """One line of the list."""
    name: str
    outcome: str            # ok, FAIL, skip
    note: str = ""          # the reason of a skip; for a failure, what is known of it


class Report:
    """Prints points as they come, and keeps count of them, and of what they cost."""

    def __init__(self):
        self.costs = Costs()
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
