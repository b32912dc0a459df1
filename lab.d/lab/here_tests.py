# SPDX-License-Identifier: GPL-2.0 OR Linux-OpenIB
"""Tests that are programs of the tools root: those of unit, fuzz, lab and distros."""

import contextlib
import os
import select
import signal
import subprocess
import tempfile

from lab.costs import Stopwatch
from lab.tap import points_of

LAST = ("nice", "-n", "19")


class HereTest:
    """A job, see jobs.py."""
    processors = 1

    def __init__(self, test, report):
        self.test = test
        self.patient = test.patient
        self.gives_way = False
        self.timeout = test.timeout
        self.report = report
        self.process = None
        self.stopped = False

    def run(self):
        test, watch = self.test, Stopwatch()
        with tempfile.TemporaryFile() as output, tempfile.TemporaryFile() as errors:
            command = [*(LAST if self.gives_way else ()), *test.command]
            self.process = subprocess.Popen(command, stdin=subprocess.DEVNULL, stdout=output,
                                            stderr=errors, cwd=test.directory, process_group=0,
                                            env=os.environ | test.environment)
            ended = not self.stopped and has_ended(self.process, test.timeout)
            self.report.costs.add(test.title, *watch.lap(self.process.pid))
            if not ended:
                os.killpg(self.process.pid, signal.SIGKILL)
            status = self.process.wait()
            said = [content(output), content(errors)]
        if not self.stopped:
            self.report.add(points_of(test, *said, status if ended else "timeout"))

    def runs(self):
        return self.process is not None and self.process.returncode is None

    def stop(self):
        self.stopped = True
        with contextlib.suppress(ProcessLookupError):
            if self.runs():
                os.killpg(self.process.pid, signal.SIGKILL)

    def hurry(self):
        self.gives_way = False
        with contextlib.suppress(ProcessLookupError, PermissionError):    # not all may raise it
            if self.runs():
                os.setpriority(os.PRIO_PGRP, self.process.pid,
                               os.getpriority(os.PRIO_PROCESS, 0))


def has_ended(process, timeout):
    """Whether it has after this many seconds; it is not reaped, so that its cost can be read."""
    ending = os.pidfd_open(process.pid)
    try:
        return bool(select.select([ending], [], [], timeout)[0])
    finally:
        os.close(ending)


def content(file):
    file.seek(0)
    return file.read().decode(errors="replace")
