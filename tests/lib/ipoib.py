# SPDX-License-Identifier: GPL-2.0 OR Linux-OpenIB
"""IP over InfiniBand, which rdma_cm resolves addresses by."""

import pathlib
import socket
import subprocess

ADDRESS = "10.0.0.1"    # of a machine's first NIC
EVENT_S = 20
LINK_GROUP = 1      # RTMGRP_LINK of linux/rtnetlink.h


def interface(nic):
    """The network interface of a NIC, by its address on the PCI bus."""
    return next(pathlib.Path("/sys/bus/pci/devices", nic, "net").iterdir()).name


def carrier(name):
    """Has it joined the group of all hosts, so that it can send?"""
    try:
        return pathlib.Path("/sys/class/net", name, "carrier").read_text().strip() == "1"
    except OSError:     # it is not up
        return False


def up(nic, address=None):
    """Gives the NIC's interface an address and waits until it can be used; the interface's name."""
    name = interface(nic)
    with socket.socket(socket.AF_NETLINK, socket.SOCK_RAW, socket.NETLINK_ROUTE) as events:
        events.bind((0, LINK_GROUP))
        events.settimeout(EVENT_S)
        if address:
            subprocess.run(["ip", "address", "replace", address, "dev", name], check=True)
        subprocess.run(["ip", "link", "set", name, "up"], check=True)
        while not carrier(name):
            events.recv(65536)
    return name
