#!/usr/bin/python3
# SPDX-License-Identifier: GPL-2.0 OR Linux-OpenIB
"""What the subnet's manager and the agents of ports answer, asked as management tools ask them.

Offsets and numbers are typed in from the InfiniBand specification, vol. 1.
"""

import os
import pathlib
import struct
import subprocess
import sys

import perftest_pair
import tap
import umad

GET, SET, GET_TABLE = 0x01, 0x02, 0x12
MANAGER = 0xbfff
LIDS = 1, 2
GUIDS = 0x0274706800000001, 0x0274706800000002
SUBNET = bytes.fromhex("fe80000000000000")
# 14.2.5
NODE_DESCRIPTION, NODE_INFO, PORT_INFO, SM_INFO = 0x10, 0x11, 0x15, 0x20
# 15.2.3
NODE_RECORD, SERVICE_RECORD, PATH_RECORD = 0x11, 0x31, 0x35
# 16.1.3
COUNTERS_EXTENDED = 0x1d

DEVICE = next(pathlib.Path("/sys/bus/pci/devices", os.environ["TPH_NIC0"],
                           "infiniband").iterdir()).name


def status(mad):
    return struct.unpack_from(">H", mad, 4)[0]


def expect(actual, wanted, what):
    assert actual == wanted, f"{what}: {actual!r}, not {wanted!r}"


def administrator():
    return umad.Agent(DEVICE, 1, 0x03, 2, rmpp=True)


def sa_body(mask=0, record=b""):
    """RMPP header, SM_Key, AttributeOffset, component mask, record: 15.2.1.1."""
    return bytes(12 + 8 + 4) + struct.pack(">Q", mask) + record


def table(agent, attribute):
    """The records of a whole table."""
    mad = agent.ask(MANAGER, GET_TABLE, attribute, sa_body())
    expect(status(mad), 0, "status")
    stride = struct.unpack_from(">H", mad, 44)[0] * 8
    records = mad[56:]
    return [records[at:at + stride] for at in range(0, len(records), stride)]


def nodes():
    """A table of nodes, in more than one segment, has both NICs and the switch"""
    with administrator() as agent:
        records = table(agent, NODE_RECORD)
    found = {struct.unpack_from(">H", record)[0]:
             (record[6], record[44:108].rstrip(b"\0").decode()) for record in records}
    expect(set(found), {MANAGER, *LIDS}, "LIDs")
    expect(found[MANAGER], (2, "softfabric switch"), "type and description of the switch")
    expect([found[lid][0] for lid in LIDS], [1, 1], "types of the NICs")


def path():
    """The path from one NIC to the other is found by their GIDs"""
    wanted = bytes(8) + SUBNET + struct.pack(">Q", GUIDS[1]) + SUBNET + \
        struct.pack(">Q", GUIDS[0])
    with administrator() as agent:
        mad = agent.ask(MANAGER, GET, PATH_RECORD, sa_body(1 << 2 | 1 << 3, wanted))
    expect(status(mad), 0, "status")
    expect(struct.unpack_from(">HH", mad, 56 + 40), (2, 1), "(DLID, SLID)")


def refusals():
    """A path to nobody, and an attribute that is not there, are refused as they should be"""
    with administrator() as agent:
        expect(status(agent.ask(MANAGER, GET, PATH_RECORD, sa_body(1 << 4, bytes(64)))), 0x0300,
               "status of a path to LID 0")
        expect(status(agent.ask(MANAGER, GET, 0x7777, sa_body())), 0x000c, "status of 0x7777")


def services():
    """Services in ten segments come back whole"""
    with administrator() as agent:
        before = len(table(agent, SERVICE_RECORD))
        for number in range(10):
            record = struct.pack(">Q8sQH", number, SUBNET, GUIDS[0], 0xffff).ljust(48, b"\0") + \
                f"service {number}".encode()
            expect(status(agent.ask(MANAGER, SET, SERVICE_RECORD, sa_body(7, record))), 0,
                   "status")
        records = table(agent, SERVICE_RECORD)
    names = {record[48:112].rstrip(b"\0").decode() for record in records}
    expect(len(records) - before, 10, "services")
    assert names >= {f"service {number}" for number in range(10)}, names


def subnet_agents():
    """Each port's agent, and the switch's, tell their node and port by LID"""
    with umad.Agent(DEVICE, 0, 0x01, 1) as agent:
        for lid, guid in zip(LIDS, GUIDS):
            mad = agent.ask(lid, GET, NODE_INFO, bytes(8 + 2 + 2 + 28))
            expect(status(mad), 0, f"status of LID {lid}")
            expect(struct.unpack_from(">Q", mad, 64 + 20)[0], guid, "port GUID")
            mad = agent.ask(lid, GET, PORT_INFO, modifier=1)
            expect(struct.unpack_from(">HH", mad, 64 + 16), (lid, MANAGER), "(LID, SM LID)")
        mad = agent.ask(MANAGER, GET, NODE_DESCRIPTION)
        expect(mad[64:128].rstrip(b"\0"), b"softfabric switch", "description")
        mad = agent.ask(MANAGER, GET, SM_INFO)
        expect((status(mad), mad[64 + 20] & 0xf), (0, 3), "(status, state) of the manager")


def counters():
    """Counters of the other port count what it gets, and can be cleared"""
    def received(agent, method=GET, select=0):
        mad = agent.ask(2, method, COUNTERS_EXTENDED,
                        bytes(40) + struct.pack(">BBH", 0, 1, select))
        expect(status(mad), 0, "status")
        return struct.unpack_from(">Q", mad, 64 + 32)[0]

    other = next(pathlib.Path("/sys/bus/pci/devices", os.environ["TPH_NIC1"],
                              "infiniband").iterdir()).name
    with umad.Agent(DEVICE, 1, 0x04, 1) as agent:
        before = received(agent)
        server = perftest_pair.Running(["/usr/bin/ib_send_bw", "-d", other, "-s", "64", "-n",
                                        "500"])
        assert server.wait_listening(), str(server.wait(0))
        subprocess.run(["/usr/bin/ib_send_bw", "-d", DEVICE, "-s", "64", "-n", "500",
                        perftest_pair.LOOPBACK], check=False, capture_output=True)
        server.wait(60)
        after = received(agent)
        assert after >= before + 500, f"{after - before} packets"
        received(agent, SET, 0xffff)
        left = received(agent)
        assert left < 500, f"{left} packets after they were cleared"


if __name__ == "__main__":
    sys.exit(tap.run(nodes, path, refusals, services, subnet_agents, counters))
