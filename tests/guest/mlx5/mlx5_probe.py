#!/usr/bin/python3
# SPDX-License-Identifier: GPL-2.0 OR Linux-OpenIB
"""The stock mlx5 drivers bring the software ConnectX up, take it down, and find it in good health."""

import errno
import itertools
import mmap
import os
import pathlib
import re
import select
import subprocess
import sys
import time

import control
import perftest_pair
import tap
from tier import rounds

NIC = os.environ["TPH_NIC0"]
DEVICE = pathlib.Path("/sys/bus/pci/devices") / NIC
DRIVER = pathlib.Path("/sys/bus/pci/drivers/mlx5_core")
# Status LIM_ERR, which the driver turns into ENOMEM, and commands that it cannot do without:
# ENABLE_HCA, QUERY_HCA_CAP, INIT_HCA, QUERY_ADAPTER, ALLOC_UAR, CREATE_EQ
LIMIT_ERR = 0x8
FATAL_COMMANDS = 0x104, 0x100, 0x102, 0x101, 0x802, 0x301
REBINDS = rounds(10, 3)
# The driver looks every 2 s, and complains when the counter has not moved three times in a row.
HEALTH_POLL_S = 2
HEALTH_S = rounds(20, 60)
HEALTH_COUNTER = 0x1010         # in the initialization segment, at the begin of BAR0
EVENT_S = 10

softfabric = control.Control()


def bound():
    return os.path.realpath(DEVICE / "driver") == str(DRIVER)


def bind(wanted):
    # Unbuffered: a buffered file that could not be written tries again when it is closed.
    with open(DRIVER / ("bind" if wanted else "unbind"), "wb", buffering=0) as attribute:
        attribute.write(NIC.encode())


def objects():
    """What the guest has in the NIC, without the kinds of which there is nothing."""
    return {kind: count for kind, count in softfabric("objects", device="nic0")["nic0"].items()
            if count}


def counter(name):
    return softfabric("counters", device="nic0")["nic0"][name]


def complaints():
    """What the drivers have said at warning level or above since the boot."""
    log = subprocess.run(["dmesg", "--level=emerg,alert,crit,err,warn"], check=True, text=True,
                         capture_output=True).stdout
    return [line for line in log.splitlines() if re.search(r"mlx5_(core|ib)|infiniband|WARNING|BUG", line)]


def devinfo(*arguments):
    return subprocess.run(["ibv_devinfo", *arguments], check=True, text=True,
                          capture_output=True).stdout


def port_state():
    return re.search(r"state:\s+(\w+)", devinfo()).group(1)


def expect(actual, wanted, what):
    assert actual == wanted, f"{what}: {actual!r}, not {wanted!r}"


def probed():
    """mlx5_core is bound and the InfiniBand port is active"""
    assert bound(), f"{NIC} is not bound to mlx5_core"
    expect(port_state(), "PORT_ACTIVE", "port state")


def attributes():
    """libmlx5 reports the NIC's limits and its port"""
    text = devinfo("-v")
    for name, wanted in (("vendor_part_id", "4129"), ("link_layer", "InfiniBand"),
                         ("active_mtu", "4096 (5)"), ("max_msg_sz", "0x40000000"),
                         ("port_lid", "1"), ("pkey_tbl_len", "128"), ("gid_tbl_len", "8"),
                         ("active_width", "4X (2)"), ("phys_state", "LINK_UP (5)")):
        found = re.search(rf"^\s*{name}:\s+(.*)$", text, re.MULTILINE)
        assert found, f"ibv_devinfo -v does not tell {name}"
        expect(found.group(1).strip(), wanted, name)


def tph_enabled():
    """mlx5_core has enabled the TPH requester, in device-specific mode"""
    text = subprocess.run(["lspci", "-vvv", "-s", NIC], check=True, text=True,
                          capture_output=True).stdout
    assert "Transaction Processing Hints" in text, "no TPH capability"
    # Control is the third double word (PCIe 7.9.13.3): mode in bits 2:0, requester in 9:8
    config = (DEVICE / "config").read_bytes()
    offset = 0x100
    while offset:
        header = int.from_bytes(config[offset:offset + 4], "little")
        if header & 0xffff == 0x17:
            word = int.from_bytes(config[offset + 8:offset + 12], "little")
            expect((word & 7, word >> 8 & 3), (2, 1), "(ST mode, requester enable)")
            return
        offset = header >> 20
    raise AssertionError("no TPH capability in configuration space")


def rebinds():
    """Unbinding and binding again and again leaves no object in the NIC"""
    before = counter("orphans")
    for _ in range(REBINDS):
        bind(False)
        expect(objects(), {}, "objects after unbinding")
        bind(True)
    expect(counter("orphans"), before, "objects that the driver did not destroy itself")
    expect(port_state(), "PORT_ACTIVE", "port state")


def failing_probe():
    """A command that fails ends the probe with its error, and leaves nothing behind"""
    bind(False)
    for opcode in FATAL_COMMANDS:
        softfabric("fault", device="nic0", point="command", action="fail", key=opcode,
                   value=LIMIT_ERR, count=1)
        try:
            bind(True)
        except OSError as error:
            expect(errno.errorcode[error.errno], "ENOMEM", f"errno when command {opcode:#x} fails")
        else:
            raise AssertionError(f"mlx5_core has bound although command {opcode:#x} failed")
        expect(objects(), {}, f"objects after command {opcode:#x} failed")
    bind(True)
    expect(port_state(), "PORT_ACTIVE", "port state")


def read_until(stream, text):
    """Reads lines until one has the text in it; the time-out is for when none comes."""
    deadline = time.monotonic() + EVENT_S
    seen = ""
    while text not in seen:
        ready, _, _ = select.select([stream], [], [], max(0, deadline - time.monotonic()))
        assert ready, f"no {text!r} within {EVENT_S} s, only {seen!r}"
        piece = os.read(stream.fileno(), 4096).decode()
        assert piece, f"ended without {text!r}: {seen!r}"
        seen += piece


def port_events():
    """The link going down and up changes the port's state and is told to who listens"""
    command = ["stdbuf", "-oL", "ibv_asyncwatch", "-d", "mlx5_0"]
    with subprocess.Popen(command, stdout=subprocess.PIPE) as watch:
        try:
            read_until(watch.stdout, "async event FD")
            softfabric("link", device="nic0", link="port", up=False)
            read_until(watch.stdout, "IBV_EVENT_PORT_ERR")
            expect(port_state(), "PORT_DOWN", "port state")
            softfabric("link", device="nic0", link="port", up=True)
            read_until(watch.stdout, "IBV_EVENT_PORT_ACTIVE")
            expect(port_state(), "PORT_ACTIVE", "port state")
        finally:
            softfabric("link", device="nic0", link="port", up=True)
            watch.kill()


def health_counter():
    with open(DEVICE / "resource0", "rb") as bar, \
            mmap.mmap(bar.fileno(), mmap.PAGESIZE * 2, prot=mmap.PROT_READ) as registers:
        return int.from_bytes(registers[HEALTH_COUNTER:HEALTH_COUNTER + 4], "big")


def health_under_traffic():
    """Under traffic the health counter moves, and the drivers have nothing to say"""
    flags = "ib_write_bw", "-D", str(2 * HEALTH_S), "-s", "65536"
    sides = [perftest_pair.start_server(*flags)]
    seen = [health_counter()]
    before = counter("messages")
    try:
        assert sides[0].wait_listening(), "the server of the traffic ended"
        sides.append(perftest_pair.start_client(*flags))
        end = time.monotonic() + HEALTH_S
        while time.monotonic() < end:
            time.sleep(HEALTH_POLL_S)       # nothing tells of it; the driver does the same
            seen.append(health_counter())
    finally:
        for side in sides:
            side.kill()
        ended = [str(side.wait(None)) for side in sides]
    assert counter("messages") > before, "no traffic:\n" + "\n".join(ended)
    assert all(old != new for old, new in itertools.pairwise(seen)), f"the counter was {seen}"
    expect(complaints(), [], "kernel log")


def no_failed_command():
    """No command of the drivers was refused"""
    expect(counter("commands_failed"), 0, "commands_failed")


# First what looks at the boot, last what breaks things.
if __name__ == "__main__":
    sys.exit(tap.run(probed, attributes, tph_enabled, no_failed_command, rebinds,
                     health_under_traffic, port_events, failing_probe))
