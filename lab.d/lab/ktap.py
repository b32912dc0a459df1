# SPDX-License-Identifier: GPL-2.0 OR Linux-OpenIB
"""What tests of the kernel say. KTAP differs from TAP in two ways: what is said of a test comes
before its result, and a test may have tests of its own, a level further in.
"""

import dataclasses
import re

INDENT = 4
VERSION = re.compile(r"KTAP version 1|TAP version 13")
SUBTEST = re.compile(r"# Subtest: (.*)")
PLAN = re.compile(r"1\.\.(\d+)")
RESULT = re.compile(r"(not ok|ok) \d+ ?(?:- )?(.*)")


@dataclasses.dataclass
class Level:
    """The tests that one has."""
    name: str = ""
    planned: int | None = None
    made: int = 0
    failed: bool = False

    def lacks(self):
        """What its plan promised and it has not, or an empty string."""
        if self.planned in (None, self.made):
            return ""
        return f"planned {self.planned} tests, made {self.made}"


class Flattener:
    """Reads KTAP line by line; `lines` is what it is in TAP. One test that has all others, and the
    name of the program, is left out of their names."""

    def __init__(self, program):
        self.program = program
        self.lines = []
        self.notes = []
        self.levels = []

    def read(self, line):
        text = line.lstrip(" ")
        depth = (len(line) - len(text)) // INDENT
        if VERSION.fullmatch(text):
            self.levels[depth:] = [Level()]
        elif depth == len(self.levels) - 1 and (match := SUBTEST.fullmatch(text)):
            self.levels[depth].name = match[1]
        elif depth == len(self.levels) - 1 and (match := PLAN.match(text)):
            self.levels[depth].planned = int(match[1])
        elif depth < len(self.levels) and (match := RESULT.fullmatch(text)):
            self.result(depth, match[1] == "not ok", match[2])
        else:
            self.notes.append(text)

    def result(self, depth, failed, name):
        """One that only sums up is none of its own."""
        inner = self.levels[depth + 1:]
        del self.levels[depth + 1:]
        level = self.levels[depth]
        level.made += 1
        level.failed |= failed
        lacks = "".join(its.lacks() for its in inner)
        if not inner or lacks or (failed and not inner[0].failed):
            self.notes += [lacks] * bool(lacks)
            self.point(failed or bool(lacks), name)

    def point(self, failed, name):
        names = [level.name for level in self.levels[1:]] + [name]
        names = names[1:] if len(names) > 1 and names[0] == self.program else names
        self.lines.append(f"{'not ok' if failed else 'ok'} - {': '.join(names)}")
        self.lines += [f"# {note.removeprefix('# ')}" for note in self.notes]
        self.notes = []

    def end(self):
        for level in self.levels:
            if level.lacks():
                self.lines += ["not ok - runs to its end", f"# {level.lacks()}"]


def is_ktap(output):
    return bool(VERSION.match(output))


def flat(output, program):
    """What this program said as TAP, each test that has none of its own once."""
    flattener = Flattener(program)
    for line in output.splitlines():
        flattener.read(line)
    flattener.end()
    return "\n".join(flattener.lines)
