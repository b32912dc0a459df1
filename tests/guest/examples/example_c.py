#!/usr/bin/python3
# SPDX-License-Identifier: GPL-2.0 OR Linux-OpenIB
"""examples/steer.c as somebody runs it for the first time, with whatever NIC this machine has."""

import json
import os
import re
import subprocess
import sys

import tap

NIC, ACC = os.environ["TPH_NIC0"], os.environ["TPH_ACC0"]
TAGS = {"8-bit": "0xb4", "16-bit": "0x7db4"}    # no other test publishes them
EXAMPLE = os.path.join(os.path.dirname(os.path.realpath(__file__)), "example-steer")


def sends():
    """What the NIC has enabled, in tphctl's words."""
    shown = subprocess.run(["tphctl", "dev", "show", NIC, "--json"], capture_output=True,
                           check=True, timeout=60)
    return json.loads(shown.stdout)[0]["requester"]["enabled"]


SENDS = sends()
RDMA = os.listdir(f"/sys/bus/pci/devices/{NIC}/infiniband")[0]


def steer(*arguments):
    done = subprocess.run([EXAMPLE, *arguments], capture_output=True, text=True, timeout=60,
                          check=False)
    return done.returncode, done.stdout, done.stderr


def refused(*arguments, message, said=""):
    code, out, err = steer(*arguments)
    assert (code, err) == (1, f"steer: {message}\n") and re.fullmatch(said, out), (code, out, err)


def tag_in_effect():
    """a tag and a hint are in effect, or it is said why none can be"""
    if SENDS not in TAGS:
        refused(RDMA, ACC, "1", "2", message=f"{RDMA} sends no tags now; tphctl doctor tells why")
        return
    code, out, err = steer(RDMA, ACC, TAGS[SENDS], "2")
    assert (code, err) == (0, ""), (code, err)
    assert re.fullmatch(f"{RDMA}: sends {SENDS} tags, room for [1-9][0-9]* more\n"
                        f"memory region: tag {TAGS[SENDS]}, hint 2, entry [1-9][0-9]* of the table\n",
                        out), out


def again():
    """the next run finds nothing left of the one before"""
    tag_in_effect()


def refusals():
    """what is wrong on the command line is said"""
    refused(message="usage: steer RDMA-DEVICE PCI-ADDRESS TAG HINT")
    refused("none", ACC, "1", "2", message="there is no RDMA device none; ibv_devices lists them")
    if SENDS not in TAGS:
        return
    greeting = "mlx5_.*more\n"
    limit = "0xff" if SENDS == "8-bit" else "0xffff"
    for tag in ("0x10000", "-1", "", "f0"):
        refused(RDMA, ACC, tag, "2", said=greeting,
                message=f"{tag} is no {SENDS} steering tag: it is 0 to {limit}")
    refused(RDMA, ACC, "1", "4", said=greeting, message="4 is no processing hint: it is 0 to 0x3")
    refused(RDMA, "ffff:00:00.0", "1", "2", said=greeting,
            message="no PCI device ffff:00:00.0: No such device. lspci -D shows those there are")


sys.exit(tap.run(tag_in_effect, again, refusals))
