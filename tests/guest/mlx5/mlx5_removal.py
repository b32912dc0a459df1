#!/usr/bin/python3
# SPDX-License-Identifier: GPL-2.0 OR Linux-OpenIB
"""Taking the driver away in the middle of its work leaves nothing in the software ConnectX, and
taking the NIC away from the driver is something it recovers from.

That killed programs leave nothing either is in connectx_killed.
"""

import contextlib
import os
import select
import sys

import nic
import tap
from perftest_pair import run_pair, start_client, start_server

TIMEOUT_S = 20
RECOVERY_S = 60         # it takes six; of commands that are not answered each takes as long as this
TAG = ("--dmabuf-tph=st", "--tph-st=0xf0", "--tph-ph=2",
       f"--vfio-dmabuf={os.environ['TPH_ACC0']},bar=2,size=1M")
# Both run until they are killed, which is long before this.
RUN_S = 60


class Traffic:
    """RDMA writes from one process to another, under way."""

    def __enter__(self):
        before = nic.counter("messages")
        command = "ib_write_bw", "-D", str(RUN_S), "-s", "65536"
        self.processes = [start_server(*command)]
        if self.processes[0].wait_listening():
            self.processes.append(start_client(*command))
            under_way = self.processes[-1].wait_until(lambda: nic.counter("messages") > before + 100)
            if under_way:
                return self
        self.__exit__()
        raise AssertionError("no messages:\n" + "\n".join(str(process) for process in self.ended))

    def __exit__(self, *_):
        for process in self.processes:
            process.kill()
        self.ended = [process.wait(TIMEOUT_S) for process in self.processes]


def unbound_under_load():
    """Unbinding the driver in the middle of writes leaves no object, and binding works again"""
    orphans = nic.counter("orphans")
    with Traffic():
        nic.unbind()
        assert nic.objects() == {}, f"objects after unbinding: {nic.objects()}"
    assert nic.counter("orphans") == orphans, "the driver left objects to TEARDOWN_HCA"
    nic.bind()
    with Traffic():
        pass


def reset_function():
    """A reset of the function takes all objects, and the driver binds again after it"""
    nic.unbind()
    nic.reset()
    assert nic.objects() == {}, f"objects after the reset: {nic.objects()}"
    nic.bind()
    with Traffic():
        pass


@contextlib.contextmanager
def kernel_says(text):
    """Waits at the end until a message of the kernel that comes from now on has this."""
    with open("/dev/kmsg", "rb", buffering=0) as messages:
        os.set_blocking(messages.fileno(), False)
        messages.seek(0, os.SEEK_END)
        yield
        while select.select([messages], [], [], RECOVERY_S)[0]:
            if text.encode() in messages.read(8192):
                return
    raise AssertionError(f"the kernel says nothing of '{text}' within {RECOVERY_S} s")


@contextlib.contextmanager
def losses_expected():
    nic.softfabric("losses", device="nic0", expected=True)
    try:
        yield
    finally:
        nic.softfabric("losses", device="nic0", expected=False)


def reset_under_driver():
    """A reset in the middle of writes is noticed by the driver, which recovers, tags and all"""
    with losses_expected(), kernel_says("health recovery succeeded"), Traffic():
        nic.reset()
    pair = run_pair("ib_write_bw", ["-s", "4096", "-n", "64"], TAG)
    assert pair.succeeded(), pair
    assert pair.effect("registered")["st"] == 0xf0, pair
    nic.unbind()
    assert nic.objects() == {}, f"objects after unbinding: {nic.objects()}"
    nic.bind()


if __name__ == "__main__":
    sys.exit(tap.run(unbound_under_load, reset_function, reset_under_driver))
