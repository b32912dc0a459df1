#!/usr/bin/python3
# SPDX-License-Identifier: GPL-2.0 OR Linux-OpenIB
"""Two NICs in one subnet: what goes from one to the other, and what their manager does for it."""

import json
import os
import pathlib
import re
import subprocess
import sys

import control
import ipoib
import perftest_pair
import tap

NICS = os.environ["TPH_NIC0"], os.environ["TPH_NIC1"]
TIMEOUT_S = 60
RETRY_EXCEEDED = 12     # IBV_WC_RETRY_EXC_ERR of infiniband/verbs.h

softfabric = control.Control()


def device(index):
    return next(pathlib.Path("/sys/bus/pci/devices", NICS[index], "infiniband").iterdir()).name


def attribute(index, name):
    return pathlib.Path("/sys/class/infiniband", device(index), "ports/1", name).read_text().strip()


def multicast_received(index):
    return int(attribute(index, "counters/multicast_rcv_packets"))


def packets_received(name):
    return int(pathlib.Path("/sys/class/net", name, "statistics/rx_packets").read_text())


def messages(index):
    return softfabric("counters", device=f"nic{index}")[f"nic{index}"]["messages"]


def run(tool, *flags, server=0, client=1):
    """The tool between both NICs, who tell each other over TCP; its exit codes."""
    listening = perftest_pair.Running([tool, "-d", device(server), *flags])
    assert listening.wait_listening(), str(listening.wait(0))
    ended = perftest_pair.Running([tool, "-d", device(client), *flags,
                                   perftest_pair.LOOPBACK]).wait(TIMEOUT_S)
    return listening.wait(TIMEOUT_S), ended


def passes(tool, *flags, **ends):
    for _ in range(perftest_pair.CLOCK_TRIES):
        pair = perftest_pair.Pair(*run(tool, *flags, **ends), [])
        if not pair.clock_unmeasured():
            break
    assert pair.succeeded(), str(pair)


def one_manager():
    """Both ports are active, at LIDs of their own, and know the same subnet manager"""
    for name, wanted in (("lid", ("0x1", "0x2")), ("sm_lid", ("0xbfff", "0xbfff")),
                         ("state", ("4: ACTIVE", "4: ACTIVE"))):
        found = attribute(0, name), attribute(1, name)
        assert found == wanted, f"{name}: {found}, not {wanted}"


def connected():
    """ibv_rc_pingpong and ib_write_bw from one to the other and back, data checked"""
    for server in 0, 1:
        passes("/usr/bin/ibv_rc_pingpong", "-n", "100", "-c", server=server, client=1 - server)
        passes("/usr/bin/ib_write_bw", "-s", "65536", "-n", "100", server=server,
               client=1 - server)


def datagrams():
    """ibv_ud_pingpong and ib_send_bw -c UD from one to the other, data checked"""
    passes("/usr/bin/ibv_ud_pingpong", "-n", "100", "-c")
    passes("/usr/bin/ib_send_bw", "-c", "UD", "-s", "1024", "-n", "100")


def multicast():
    """ib_send_bw and ib_send_lat -c UD -g reach the other port, which the manager let join"""
    # perftest's own clean-up fails at times after all is done: what it reports is what counts
    for tool, receivers in ("ib_send_bw", (0,)), ("ib_send_lat", (0, 1)):
        before = [multicast_received(index) for index in range(2)]
        for side in run("/usr/bin/" + tool, "-c", "UD", "-g", "-s", "1024", "-n", "100"):
            assert re.search(r"^ 1024 +100 ", side.stdout, re.MULTILINE), str(side)
        for index in receivers:
            count = multicast_received(index) - before[index]
            assert count >= 100, f"{tool}: port {index} received {count} multicast packets"


def bring_up():
    """Both interfaces with nothing but the addresses of their links; their names."""
    names = []
    for nic in NICS:
        name = ipoib.interface(nic)
        # nobody else is there whose address it could be
        pathlib.Path("/proc/sys/net/ipv6/conf", name, "accept_dad").write_text("0")
        names.append(ipoib.up(nic))
    return names


def link_address(name):
    """Between such, what one machine sends to itself takes the way over the link."""
    said = subprocess.run(["ip", "-6", "-json", "address", "show", "dev", name, "scope", "link"],
                          check=True, capture_output=True, text=True).stdout
    return json.loads(said)[0]["addr_info"][0]["local"]


def pings():
    """IP over InfiniBand finds the other interface by multicast and gets there"""
    names = bring_up()
    for own, other in names, names[::-1]:
        before = [packets_received(name) for name in names]
        subprocess.run(["busybox", "ping", "-6", "-c", "3", "-I", own, link_address(other)],
                       check=True, stdout=subprocess.DEVNULL)
        for name, count in zip(names, before):
            assert packets_received(name) >= count + 3, f"{name} did not receive them"


def by_rdma_cm():
    """ib_write_bw and ib_send_bw -R connect to the other NIC's address and transfer there"""
    name = bring_up()[1]
    address = link_address(ipoib.interface(NICS[0])) + "%" + name
    for tool in "ib_write_bw", "ib_send_bw":
        before = messages(1)
        flags = ["/usr/bin/" + tool, "-R", "--ipv6-addr", "-s", "65536", "-n", "100"]
        server = perftest_pair.Running([*flags, "-d", device(0)])
        assert server.wait_until(lambda: perftest_pair.is_cm_listening(perftest_pair.PORT)), \
            str(server.wait(0))
        client = perftest_pair.Running([*flags, "-d", device(1), address]).wait(TIMEOUT_S)
        pair = perftest_pair.Pair(server.wait(TIMEOUT_S), client, [])
        assert pair.succeeded() or pair.clock_unmeasured(), str(pair)
        assert messages(1) >= before + 100, f"{tool} went another way"


def link_down():
    """With the link of one end down a transfer fails as if the peer were dead, until it is up"""
    listening = perftest_pair.Running(["/usr/bin/ib_write_bw", "-d", device(0), "-D", "20",
                                       "-u", "10"])
    assert listening.wait_listening(), str(listening.wait(0))
    client = perftest_pair.Running(["/usr/bin/ib_write_bw", "-d", device(1), "-D", "20",
                                    "-u", "10", perftest_pair.LOOPBACK])
    try:
        before = messages(1)
        assert client.wait_until(lambda: messages(1) > before + 100), "it ended"
        softfabric("link", device="nic0", link="port", up=False)
        ended = client.wait(TIMEOUT_S)
        assert ended.status != 0, str(ended)
        assert f"Failed status {RETRY_EXCEEDED}:" in ended.stdout + ended.stderr, str(ended)
    finally:
        softfabric("link", device="nic0", link="port", up=True)
        listening.kill()
        listening.wait(None)
    connected()
    multicast()


def unbinding():
    """Unbinding the driver while the interface is up leaves nothing in the NIC, nor a complaint"""
    bring_up()
    counters = softfabric("counters", device="nic1")["nic1"]
    for action in "unbind", "bind":
        pathlib.Path("/sys/bus/pci/drivers/mlx5_core", action).write_text(NICS[1])
        if action == "unbind":
            left = {kind: count for kind, count
                    in softfabric("objects", device="nic1")["nic1"].items() if count}
            assert not left, left
    after = softfabric("counters", device="nic1")["nic1"]
    for name in "orphans", "commands_failed":
        assert after[name] == counters[name], f"{name}: {counters[name]}, then {after[name]}"
    multicast()


if __name__ == "__main__":
    sys.exit(tap.run(one_manager, connected, datagrams, multicast, pings, by_rdma_cm,
                     link_down, unbinding))
