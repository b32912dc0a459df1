# SPDX-License-Identifier: GPL-2.0 OR Linux-OpenIB
"""Jobs that run beside each other where this machine's processors allow it.

A job has `processors`, how many it keeps busy; `patient`, whether nothing in it has to be in time;
`timeout`, the seconds that it may take; run(); and stop(), for another thread, after which run()
returns soon. A patient one is told by `gives_way` to take only what others leave, and by hurry()
when there are none any longer.
"""

import collections
import concurrent.futures
import os
import threading


def run(jobs):
    """Those of one processor beside each other, then each of the others by itself: programs that
    wait for each other on two processors have time-outs. Patient ones, from the beginning, fill
    what those leave idle: guests wait for much.
    """
    # The ones that may take longest begin, or at the end they would run alone.
    jobs = sorted(jobs, key=lambda job: job.timeout, reverse=True)
    give_way = [job for job in jobs if job.patient]
    patient = collections.deque(give_way)
    single = collections.deque(job for job in jobs if not job.patient and job.processors == 1)
    others = collections.deque(job for job in jobs if not job.patient and job.processors > 1)
    count = os.cpu_count()
    not_last = threading.Semaphore(count - 1)

    for job in give_way:
        job.gives_way = bool(single or others)

    def work():
        empty(single)
        if not not_last.acquire(blocking=False):    # so that none of these is left
            empty(others)
            for job in give_way:
                job.hurry()
        empty(patient)

    with concurrent.futures.ThreadPoolExecutor(count + 1) as pool:
        try:
            for done in [*(pool.submit(work) for _ in range(count)), pool.submit(empty, patient)]:
                done.result()
        except BaseException:
            # What has not begun does not begin.
            for queue in (single, others, patient):
                queue.clear()
            for job in jobs:
                job.stop()
            raise


def empty(queue):
    """Runs what is in there, as other threads do."""
    while queue:
        try:
            job = queue.popleft()
        except IndexError:      # another one took the last
            break
        job.run()
