# SPDX-License-Identifier: GPL-2.0 OR Linux-OpenIB
"""lab demo: the main job in the guest, by lab.d/guest/bin/demo, and then what was on the wire."""

import argparse
import json
import subprocess
import sys

from lab import machine, places, say
from lab.options import Command, add_accel, default_kernel, guest_needs, whole

CAPTURE = places.OUT / "demo.pcapng"
TIMEOUT_S = 300
SHOWN = 3       # TLPs


def number(limit):
    def parse(text):
        try:
            value = int(text, 0)
        except ValueError:
            value = -1
        if not 0 <= value <= limit:
            raise argparse.ArgumentTypeError(f"takes a number from 0 to {limit:#x}, not '{text}'")
        return value
    return parse


def add_options(parser):
    parser.add_argument("--st", type=number(0xff), default=0xf0, metavar="TAG",
                        help="8-bit steering tag (default: 0xf0)")
    parser.add_argument("--ph", type=number(3), default=2, metavar="HINT",
                        help="processing hint, 0 to 3 (default: 2)")
    parser.add_argument("--size", type=whole(1), default=65536, metavar="BYTES",
                        help="perftest's message size (default: 65536)")
    parser.add_argument("--iters", type=whole(1), default=1000, metavar="COUNT",
                        help="perftest's iterations (default: 1000)")
    add_accel(parser)


def needs(_options):
    return guest_needs(default_kernel())


def in_guest(options, ready):
    """Its exit code; what it published is in demo.json then."""
    command = ["demo"]
    for name in ("st", "ph", "size", "iters"):
        command += [f"--{name}", str(getattr(options, name))]
    with machine.Machine(ready, machine.Options(
            command=command, nics=["requester=tph"], accelerators=[""], capture=str(CAPTURE),
            timeout=TIMEOUT_S, accel=options.accel)) as guest:
        return guest.wait()


def tlpdump(local, target, *arguments):
    """tlpdump on the writes that arrived at the accelerator in perftest's buffer."""
    last = target["address"] + target["length"] - 1
    return subprocess.run(
        [f"{local}/bin/tlpdump", "--link=acc0", "--direction=in", "--type=MWr",
         f"--address={target['address']:#x}-{last:#x}", *arguments, CAPTURE],
        check=False, stdout=subprocess.PIPE, text=True)


def on_the_wire(ready):
    """Shows what was captured; whether all of it is as published."""
    published = json.loads((ready.run / "share/demo.json").read_text())
    st, ph, target = published["st"], published["ph"], published["perftest"]

    print(f"\n== the first {SHOWN} TLPs that perftest's writes became, on the accelerator's link")
    print(tlpdump(ready.local, target, f"--limit={SHOWN}").stdout, end="")
    print("\n== all of them")
    verdict = tlpdump(ready.local, target, f"--expect=st={st:#x},ph={ph}")
    print(verdict.stdout, end="", flush=True)
    if verdict.returncode:
        print(f"demo: not every write TLP carries ST {st:#04x} and PH {ph}", file=sys.stderr)
    return verdict.returncode == 0


def demo(options, ready):
    code = in_guest(options, ready)
    if code <= 1 and (ready.run / "share/demo.json").exists() and not on_the_wire(ready):
        code = 1
    if code:
        say.say(f"the demo failed; what did is named above, logs are in {ready.run}")
    else:
        say.say(f"all as published; the capture is {CAPTURE}")
    return code


DEMO = Command(
    name="demo", usage="[OPTION]...", summary="the main job, end to end, checked",
    text="""\
The main job, end to end: an accelerator's memory is published with a steering tag and a processing
hint, stock perftest writes into it, and the TLPs of the capture are held against what was
published. Exits with 1, and names what, when anything is not as published.""",
    notes="The capture is build/lab/demo.pcapng; tlpdump and Wireshark read it.",
    add_options=add_options, needs=needs, perform=demo)
