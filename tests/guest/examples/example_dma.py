#!/usr/bin/python3
# SPDX-License-Identifier: GPL-2.0 OR Linux-OpenIB
"""examples/dma_steer.c as somebody runs it for the first time: the requests of its device, in the
capture of softfabric, carry the tags of processors that firmware has (lab.d/firmware/steering.asl),
and those that the owner of another device has published. With an IOMMU, which translates, there is
one device only."""

import json
import os
import subprocess
import sys

import tap
from control import Control

ACC, PEER = os.environ["TPH_ACC0"], os.environ.get("TPH_ACC1")
TABLELESS = os.environ.get("TPH_ACC3")
CAPTURE = os.path.join(os.environ["LAB_RUN"], "capture.pcapng")
PARAMETER = "/sys/module/vfio_pci_core/parameters/tph"
EXAMPLE = os.path.join(os.path.dirname(os.path.realpath(__file__)), "example-dma-steer")
LENGTH = 64
GREETING = "sends 8-bit tags in device-specific mode, firmware knows those of CPUs"
FIRST_IOVA = 0x10000000

fabric = Control()


def writes(link, direction):
    """Those that the capture has of this link"""
    fabric("capture")
    shown = subprocess.run(["tlpdump", "--link", link, "--direction", direction, "--type", "MWr",
                            "--payload", "--json", CAPTURE], capture_output=True, timeout=60,
                           check=True)
    packets = [json.loads(line) for line in shown.stdout.splitlines()]
    return [packet for packet in packets if "note" not in packet and "missing" not in packet]


def steer(*arguments):
    done = subprocess.run([EXAMPLE, *arguments], capture_output=True, text=True, timeout=60,
                          check=False)
    return done.returncode, done.stdout, done.stderr


def refused(*arguments, message, said=""):
    assert steer(*arguments) == (1, said, f"dma_steer: {message}\n"), steer(*arguments)


def hints(packet):
    return {key: packet[key] for key in ("hv", "st", "ph")}


def assert_sent(arguments, tag, hint, *, device=ACC, link="acc0", entry=", entry 1 of 64"):
    """One run: what it says, and what is on the wire"""
    before = len(writes(link, "out"))
    code, out, err = steer(device, *arguments)
    assert (code, err) == (0, ""), (code, out, err)
    assert out.splitlines() == [f"{device}: {GREETING}", f"tag {tag:#x}, hint {hint}{entry}",
                                f"{LENGTH} bytes arrived"], out
    sent = writes(link, "out")[before:]
    assert [hints(packet) for packet in sent] == [{"hv": 1, "st": tag, "ph": hint}], sent
    return sent[0]


def near_processors():
    """each processor's tag, by firmware, is in the write to memory near it"""
    for cpu in range(os.cpu_count()):
        assert_sent([str(cpu)], 0x40 + cpu, 2)


def without_table():
    """a device that has no table of tags gets the tag itself"""
    assert_sent(["0"], 0x40, 2, device=TABLELESS, link="acc3", entry="")


def translated():
    """behind an IOMMU it writes to the address that the program has mapped for it"""
    sent = assert_sent(["0"], 0x40, 2)
    assert int(sent["address"], 0) == FIRST_IOVA, sent


def into_peer():
    """a write to another device carries what its owner published, and gets there"""
    before = len(writes("acc1", "in"))
    sent = assert_sent([PEER, "0x03", "1"], 0x03, 1)
    got = writes("acc1", "in")[before:]
    assert [hints(packet) for packet in got] == [{"hv": 1, "st": 3, "ph": 1}], got
    assert got[0]["payload"] == sent["payload"], (got, sent)


def refusals():
    """what is wrong on the command line is said"""
    said = f"{ACC}: {GREETING}\n"
    refused(message="usage: dma_steer DEVICE CPU | DEVICE OTHER-DEVICE TAG HINT")
    refused(ACC, PEER, "0x100", "2", said=said,
            message="0x100 is no 8-bit steering tag: it is 0 to 0xff")
    refused(ACC, PEER, "1", "4", said=said, message="4 is no processing hint: it is 0 to 0x3")
    refused(ACC, "4000", said=said, message="there is no tag of CPU 4000: Invalid argument. It is "
            "not present, or the firmware does not know it")
    refused(PEER, "0", message=f"{PEER} has no TPH Requester capability: Operation not supported. "
            f"Its requests can carry no hints; tphctl dev show {PEER} tells what it has")


def administrator():
    """what the administrator has to do is said"""
    with open(PARAMETER, encoding="ascii") as file:
        was = file.read()
    try:
        with open(PARAMETER, "w", encoding="ascii") as file:
            file.write("1")
        refused(ACC, "0", message=f"the administrator does not let the owner of {ACC} select "
                "device-specific mode: Operation not supported. The parameter vfio_pci_core.tph "
                "has to be 2 or more when the device is opened; now it is 1: "
                f"echo 2 > {PARAMETER}")
    finally:
        with open(PARAMETER, "w", encoding="ascii") as file:
            file.write(was)


if PEER:
    sys.exit(tap.run(near_processors, without_table, into_peer, refusals, administrator))
sys.exit(tap.run(near_processors, translated))
