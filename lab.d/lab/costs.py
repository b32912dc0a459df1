# SPDX-License-Identifier: GPL-2.0 OR Linux-OpenIB
"""What the parts of a run cost: time that passed, and time of processors, which says how much of
the former a part only waited.
"""

import os
import pathlib
import threading
import time

SHOWN = 5


def cpu_s(*pids):
    """User and system time of these processes and the children they waited for; proc(5)."""
    ticks = 0
    for pid in pids:
        stat = pathlib.Path(f"/proc/{pid}/stat").read_text()
        ticks += sum(map(int, stat.rsplit(")", 1)[1].split()[11:15]))
    return ticks / os.sysconf("SC_CLK_TCK")


class Costs:
    """A list of what took how long."""

    def __init__(self):
        self.start = time.monotonic()
        self.parts = {}
        self.lock = threading.Lock()

    def add(self, title, seconds, cpu):
        """What has the same title is one part."""
        with self.lock:
            before = self.parts.get(title, (0, 0))
            self.parts[title] = before[0] + seconds, before[1] + cpu

    def write(self, path):
        """All of them, the longest first; the text is their summary."""
        elapsed = time.monotonic() - self.start
        parts = sorted(((*cost, title) for title, cost in self.parts.items()), reverse=True)
        rows = [f"{'seconds':>8}{'CPU':>8}  what"]
        rows += [f"{seconds:8.1f}{cpu:8.1f}  {title}" for seconds, cpu, title in parts]
        path.write_text("\n".join(rows) + "\n")
        longest = ", ".join(f"{title} {seconds:.0f}" for seconds, _, title in parts[:SHOWN])
        return f"{elapsed:.0f} s, {sum(part[1] for part in parts):.0f} of CPU; longest: {longest}"


class Stopwatch:
    """What processes cost from one call of lap() to the next."""

    def __init__(self):
        self.last = time.monotonic(), 0.0

    def lap(self, *pids):
        """Seconds and CPU seconds; none of the latter where one of the processes has ended."""
        try:
            now = time.monotonic(), cpu_s(*pids)
        except OSError:
            now = time.monotonic(), self.last[1]
        before, self.last = self.last, now
        return now[0] - before[0], now[1] - before[1]
