#!/usr/bin/python3
# SPDX-License-Identifier: GPL-2.0 OR Linux-OpenIB
"""Taking the driver away in the middle of its work leaves nothing in the software ConnectX.

That killed programs leave nothing either is in perftest_tph.
"""

import os
import pathlib
import sys

import control
import tap
from perftest_pair import start_client, start_server

NIC = os.environ["TPH_NIC0"]
DEVICE = pathlib.Path("/sys/bus/pci/devices") / NIC
DRIVER = pathlib.Path("/sys/bus/pci/drivers/mlx5_core")
TIMEOUT_S = 20
# Both run until they are killed, which is long before this.
RUN_S = 60

softfabric = control.Control()


def write(path, text):
    # Unbuffered: a buffered file that could not be written tries again when it is closed.
    with open(path, "wb", buffering=0) as attribute:
        attribute.write(text.encode())


def objects():
    """What the guest has in the NIC, without the kinds of which there is nothing."""
    return {kind: count for kind, count in softfabric("objects", device="nic0")["nic0"].items()
            if count}


def counter(name):
    return softfabric("counters", device="nic0")["nic0"][name]


class Traffic:
    """RDMA writes from one process to another, under way."""

    def __enter__(self):
        before = counter("messages")
        command = "ib_write_bw", "-D", str(RUN_S), "-s", "65536"
        self.processes = [start_server(*command)]
        if self.processes[0].wait_listening():
            self.processes.append(start_client(*command))
            under_way = self.processes[-1].wait_until(lambda: counter("messages") > before + 100)
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
    orphans = counter("orphans")
    with Traffic():
        write(DRIVER / "unbind", NIC)
        assert objects() == {}, f"objects after unbinding: {objects()}"
    assert counter("orphans") == orphans, "the driver left objects to TEARDOWN_HCA"
    write(DRIVER / "bind", NIC)
    with Traffic():
        pass


def reset_function():
    """A reset of the function takes all objects, and the driver binds again after it"""
    write(DRIVER / "unbind", NIC)
    write(DEVICE / "reset", "1")
    assert objects() == {}, f"objects after the reset: {objects()}"
    write(DRIVER / "bind", NIC)
    with Traffic():
        pass


if __name__ == "__main__":
    sys.exit(tap.run(unbound_under_load, reset_function))
