#!/usr/bin/python3
# SPDX-License-Identifier: GPL-2.0 OR Linux-OpenIB
"""Taking the driver away in the middle of its work leaves nothing in the software ConnectX.

That killed programs leave nothing either is in connectx_killed.
"""

import sys

import nic
import tap
from perftest_pair import start_client, start_server

TIMEOUT_S = 20
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


if __name__ == "__main__":
    sys.exit(tap.run(unbound_under_load, reset_function))
