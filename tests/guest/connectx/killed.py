#!/usr/bin/python3
# SPDX-License-Identifier: GPL-2.0 OR Linux-OpenIB
"""Busy programs of each transport are killed at any moment, and leave nothing in the NIC.

connectx_killed [REGEX] runs the tests that match. What is random is so by the test's name: the same
each time.
"""

import random
import re
import sys

import nic
import perftest_pair
import tap
from tier import rounds

MOST_STEPS = 300        # of commands and messages, before the kill; setting up takes some 30
TIMEOUT_S = 20
# So many messages that each is killed long before it ends; -N, or it would keep a time for each.
ENDLESS = ("-n", "50000000", "-N")

PROGRAMS = {
    "RC writes": ("ib_write_bw", "-q", "4", "-s", "65536"),
    "RC reads": ("ib_read_bw", "-q", "4", "-s", "65536"),
    "RC atomic operations": ("ib_atomic_bw", "-q", "4"),
    "RC sends with events": ("ib_send_bw", "-e", "-s", "65536"),
    "RC writes of pages on demand": ("ib_write_bw", "-s", "65536", "--odp"),
    "sends to a shared queue": ("ib_send_bw", "-q", "4", "--use-srq", "-s", "4096"),
    "UC writes": ("ib_write_bw", "-q", "4", "-c", "UC"),
    "UD sends": ("ib_send_bw", "-q", "4", "-c", "UD", "-s", "1024"),
    "XRC sends": ("ib_send_bw", "-q", "4", "-c", "XRC", "-s", "4096"),
    "DC sends": ("ib_send_bw", "-q", "4", "-c", "DC", "-s", "4096"),
    "DC writes": ("ib_write_bw", "-q", "4", "-c", "DC", "-s", "65536"),
}


def lasting_objects(command):
    """What the NIC has after the program ran to its end: the driver makes some at their first use."""
    pair = perftest_pair.run_pair(command[0], (*command[1:], "-n", "10"))
    assert pair.succeeded(), pair
    return nic.lasting_objects()


def progress():
    """How much the NIC has done: commands while a program sets up, messages after that."""
    return nic.counter("commands") + nic.counter("messages")


def start(command, steps):
    """Server and client, when so much has been done; the client not before the server listens."""
    end = progress() + steps
    running = [perftest_pair.start_server(*command, *ENDLESS)]
    listening = perftest_pair.is_listening

    def due():
        return progress() >= end

    assert running[0].wait_until(lambda: due() or listening(perftest_pair.PORT)), \
        running[0].wait(TIMEOUT_S)
    if not due():
        running.append(perftest_pair.start_client(*command, *ENDLESS))
        assert running[-1].wait_until(due), running[-1].wait(TIMEOUT_S)
    return running


def kill(running):
    for process in running:
        process.kill()
    for process in running:
        process.wait(TIMEOUT_S)


def make_killed_test(name, command):
    """A test for tap.run()."""
    def test():
        chance = random.Random(name)
        before = lasting_objects(command)
        steps = chance.randrange(1, MOST_STEPS)
        running = start(command, steps)
        chance.shuffle(running)
        kill(running)
        after = nic.lasting_objects()
        assert after == before, f"{steps} steps on; before: {before}, after: {after}"

    test.__doc__ = f"{name}: programs killed on their way leave nothing"
    return test


def make_removed_test(name, command):
    """A test for tap.run()."""
    def test():
        nic.unbind()    # whatever the driver has made for other programs is no matter here
        nic.bind()
        before, orphans = lasting_objects(command), nic.counter("orphans")
        running = start(command, MOST_STEPS)
        try:
            nic.unbind()
            assert nic.objects() == {}, f"after unbinding: {nic.objects()}"
        finally:
            kill(running)
        assert nic.counter("orphans") == orphans, "the driver left objects to TEARDOWN_HCA"
        nic.reset()
        assert nic.objects() == {}, f"after the reset: {nic.objects()}"
        nic.bind()
        after = lasting_objects(command)
        assert after == before, f"bound again: {after} instead of {before}"

    test.__doc__ = f"{name}: a driver that goes under them leaves nothing"
    return test


def main(pattern=""):
    # To the kernel, programs differ in the kinds of their objects.
    programs = rounds(list(PROGRAMS), ["RC writes of pages on demand", "XRC sends", "DC sends"])
    tests = [make(name, PROGRAMS[name]) for name in programs
             for make in (make_killed_test, make_removed_test)]
    return tap.run(*(test for test in tests if re.search(pattern, test.__doc__)))


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))
