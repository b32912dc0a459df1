# SPDX-License-Identifier: GPL-2.0 OR Linux-OpenIB
"""Tests that are programs of the tools root: those of unit, fuzz, lab and distros."""

import concurrent.futures
import os
import select
import subprocess
import tempfile

from lab.costs import Stopwatch
from lab.tap import points_of


class HereTests:
    """As many at once as there are processors."""

    def __init__(self, tests, report):
        # Those of the lab take longest, and mostly wait for guests to boot: they begin.
        self.tests = sorted(tests, key=lambda test: test.tier != "lab")
        self.report = report
        self.running = set()
        self.interrupted = False

    def run(self):
        pool = concurrent.futures.ThreadPoolExecutor(os.cpu_count())
        try:
            for done in [pool.submit(self.run_one, test) for test in self.tests]:
                done.result()
        except BaseException:
            # What has not begun does not begin, and what has is not waited for.
            self.interrupted = True
            pool.shutdown(wait=False, cancel_futures=True)
            for process in list(self.running):
                process.kill()
            raise
        pool.shutdown()

    def run_one(self, test):
        watch = Stopwatch()
        with tempfile.TemporaryFile() as output, tempfile.TemporaryFile() as errors:
            process = subprocess.Popen(test.command, stdin=subprocess.DEVNULL, stdout=output,
                                       stderr=errors, cwd=test.directory,
                                       env=os.environ | test.environment)
            self.running.add(process)
            ended = has_ended(process, test.timeout)
            self.report.costs.add(test.title, *watch.lap(process.pid))
            if not ended:
                process.kill()
            status = process.wait()
            self.running.remove(process)
            said = [content(output), content(errors)]
        if not self.interrupted:
            self.report.add(points_of(test, *said, status if ended else "timeout"))


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
