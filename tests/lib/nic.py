# SPDX-License-Identifier: GPL-2.0 OR Linux-OpenIB
"""The lab's first NIC from both sides: its driver in the guest, its objects in softfabric."""

import os
import pathlib

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
    """A reset of the function, which no driver may be bound to."""
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
