# SPDX-License-Identifier: GPL-2.0 OR Linux-OpenIB
"""Jobs that run beside each other where this machine's processors allow it.

A job has `processors`, how many it keeps busy; `timeout`, the seconds that it may take; run(); and
stop(), for another thread, after which run() returns soon.
"""

import concurrent.futures
import os


def run(jobs):
    """Those of one processor beside each other, then each of the others by itself: programs that
    wait for each other on two processors have time-outs.
    """
    some_at_once([job for job in jobs if job.processors == 1], os.cpu_count())
    some_at_once([job for job in jobs if job.processors > 1], 1)


def some_at_once(jobs, count):
    """The ones that may take longest begin, or at the end they would run alone."""
    pool = concurrent.futures.ThreadPoolExecutor(count)
    try:
        for done in [pool.submit(job.run)
                     for job in sorted(jobs, key=lambda job: job.timeout, reverse=True)]:
            done.result()
    except BaseException:
        # What has not begun does not begin.
        pool.shutdown(wait=False, cancel_futures=True)
        for job in jobs:
            job.stop()
        raise
    pool.shutdown()
