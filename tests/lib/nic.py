# SPDX-License-Identifier: GPL-2.0 OR Linux-OpenIB
"""The lab's first NIC from both sides: its driver in the guest, its objects in softfabric."""

import contextlib
import os
import pathlib
import subprocess

import control

ADDRESS = os.environ["TPH_NIC0"]
DEVICE = pathlib.Path("/sys/bus/pci/devices") / ADDRESS
DRIVER = pathlib.Path("/sys/bus/pci/drivers/mlx5_core")

softfabric = control.Control()


def write(path, text):
    # Unbuffered: a buffered file that could not be written tries again when it is closed.
    with open(path, "wb", buffering=0) as attribute:
        attribute.write(text.encode())


def bind():
    write(DRIVER / "bind", ADDRESS)


def unbind():
    write(DRIVER / "unbind", ADDRESS)


def reset():
    """A reset of the function, of which no driver is told."""
    write(DEVICE / "reset", "1")


def objects():
    """What the guest has in the NIC, without the kinds of which there is nothing."""
    return {kind: count for kind, count in softfabric("objects", device="nic0")["nic0"].items()
            if count}


def lasting_objects():
    """The same but for mkeys: the driver keeps those of destroyed regions to use them again."""
    return {kind: count for kind, count in objects().items() if kind != "mkey"}


def counter(name):
    return softfabric("counters", device="nic0")["nic0"][name]


def device_control_2(value=""):
    """That register, or writes there."""
    return subprocess.run(["setpci", "-s", ADDRESS, f"CAP_EXP+28.w{value}"], check=True,
                          capture_output=True, text=True).stdout.strip()


@contextlib.contextmanager
def atomics_enabled():
    """The NIC may send AtomicOps, as behind a root port that routes them."""
    before = device_control_2()
    device_control_2("=40:40")      # AtomicOp Requester Enable
    try:
        yield
    finally:
        device_control_2(f"={before}")
