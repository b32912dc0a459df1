#!/usr/bin/python3
# SPDX-License-Identifier: GPL-2.0 OR Linux-OpenIB
"""The stock diagnostics of InfiniBand see the subnet: the switch, both NICs, their traffic."""

import os
import pathlib
import re
import subprocess
import sys

import control
import tap

DEVICE = next(pathlib.Path("/sys/bus/pci/devices", os.environ["TPH_NIC0"],
                           "infiniband").iterdir()).name
SWITCH = "0xbfff"
TIMEOUT_S = 60

softfabric = control.Control()


def run(tool, *arguments):
    """What it says on standard output, without spaces at the end of lines."""
    ended = subprocess.run([f"/usr/sbin/{tool}", "-C", DEVICE, *arguments], check=False,
                           capture_output=True, text=True, timeout=TIMEOUT_S)
    assert ended.returncode == 0, f"{tool} {arguments}: {ended}"
    return re.sub(r" +$", "", ended.stdout, flags=re.MULTILINE)


def says(wanted, tool, *arguments):
    found = run(tool, *arguments)
    assert found == wanted, f"{tool} {' '.join(arguments)}:\n{found}not:\n{wanted}"


def fields(tool, *arguments):
    """Of a dump of lines with dots between name and value."""
    return dict(re.findall(r"^\s*(\w+):?\.{2,}(\S+)", run(tool, *arguments), re.MULTILINE))


def topology():
    """ibnetdiscover finds the switch, and both NICs at the ports of theirs"""
    links = [line.split("\t#")[0].strip() for line in run("ibnetdiscover").splitlines()
             if re.match(r"\[|Switch|Ca", line)]
    assert links == [
        'Switch\t64 "S-0274706800ffff00"',
        '[1]\t"H-0274706800000001"[1](274706800000001)',
        '[2]\t"H-0274706800000002"[1](274706800000002)',
        'Ca\t1 "H-0274706800000002"',
        '[1](274706800000002) \t"S-0274706800ffff00"[2]',
        'Ca\t1 "H-0274706800000001"',
        '[1](274706800000001) \t"S-0274706800ffff00"[1]',
    ], links


def link_states():
    """iblinkinfo shows which of the switch's ports are up, and at what speed"""
    def states():
        found = re.findall(r"^ +49151 +(\d+)\[  \] ==\( *(.*?)\)==", run("iblinkinfo"),
                           re.MULTILINE)
        assert len(found) == 64, found
        return dict(found)

    up, down = "4X        106.25 Gbps Active/  LinkUp", "Down/ Polling"
    found = states()
    assert (found["1"], found["2"], found["3"]) == (up, up, down), found
    softfabric("link", device="nic1", link="port", up=False)
    try:
        found = states()
    finally:
        softfabric("link", device="nic1", link="port", up=True)
    assert (found["1"], found["2"]) == (up, down), found


def route():
    """ibtracert follows the switch's table from one NIC to the other"""
    says("""From ca {0x0274706800000001} portnum 1 lid 1-1 "softfabric ConnectX"
[1] -> switch port {0x0274706800ffff00}[1] lid 49151-49151 "softfabric switch"
[2] -> ca port {0x0274706800000002}[1] lid 2-2 "softfabric ConnectX"
To ca {0x0274706800000002} portnum 1 lid 2-2 "softfabric ConnectX"
""", "ibtracert", "1", "2")


def forwarding():
    """ibroute dumps where the switch forwards which LID"""
    says("""Unicast lids [0x0-0x3f] of switch Lid 49151 guid 0x0274706800ffff00 \
(softfabric switch):
  Lid  Out   Destination
       Port     Info
0x0001 001 : (Channel Adapter portguid 0x0274706800000001: 'softfabric ConnectX')
0x0002 002 : (Channel Adapter portguid 0x0274706800000002: 'softfabric ConnectX')
2 valid lids dumped
""", "ibroute", SWITCH, "0", "63")


def directed():
    """smpquery gets to the switch and the other NIC by directed routes, with and without a LID"""
    for name, *way in ("softfabric switch", "-D", "nodedesc", "0,1"), \
                      ("softfabric ConnectX", "-c", "nodedesc", SWITCH, "0,2"):
        says(f"Node Description:{name:.>32}\n", "smpquery", *way)
    found = fields("smpquery", "-D", "nodeinfo", "0,1,2")
    assert found["Guid"] == "0x0274706800000002", found


def switch():
    """smpquery switchinfo and sminfo tell about the switch and its manager"""
    found = fields("smpquery", "switchinfo", SWITCH)
    assert [found[name] for name in ("LinearFdbCap", "McastFdbCap", "LinearFdbTop", "LifeTime",
                                     "EnhancedPort0")] == ["49152", "1024", "49151", "18", "1"], \
        found
    says("sminfo: sm lid 49151 sm guid 0x274706800ffff00, activity count 0 priority 0 "
         "state 3 SMINFO_MASTER\n", "sminfo")


def records():
    """saquery gets records of each kind that the administrator has"""
    says("".join(f"LinkRecord dump:\n\t\tFromLID....................{a}\n"
                 f"\t\tFromPort...................{b}\n\t\tToPort.....................{c}\n"
                 f"\t\tToLID......................{d}\n" for a, b, c, d in (
                     (49151, 1, 1, 1), (1, 1, 1, 49151), (49151, 2, 1, 2), (2, 1, 2, 49151))),
         "saquery", "LR")
    for kind, wanted in ("SMIR", 1), ("SWIR", 1), ("GIR", 3), ("LFTR", 768), ("MFTR", 160), \
                        ("PKTR", 9):
        found = len(re.findall(r"^\w+.* dump:$", run("saquery", kind), re.MULTILINE))
        assert found == wanted, f"{found} of {kind}"


def counters():
    """perfquery reads the same at both ends of a link, and clears one end without the other"""
    def read(*of):
        found = fields("perfquery", *of)
        return int(found["PortXmitPkts"]), int(found["PortRcvPkts"])

    sent, received = read("2", "1")
    # the answer that said so had not left yet
    found = read(SWITCH, "2")
    assert found == (received, sent + 1), f"{found} of the switch, {(sent, received)} of the NIC"
    run("perfquery", "-R", SWITCH, "2")
    assert read(SWITCH, "2") == (0, 0), "they are not cleared"
    assert read("2", "1") > (sent, received), "those of the other end were cleared, too"


if __name__ == "__main__":
    sys.exit(tap.run(topology, link_states, route, forwarding, directed, switch, records, counters))
