# SPDX-License-Identifier: GPL-2.0 OR Linux-OpenIB
"""lab demo: the main job in the guest, by lab.d/guest/bin/demo, and then what was on the wire."""

import argparse
import json
import shutil
import subprocess
import sys

from lab import machine, places, say
from lab.options import Command, add_accel, default_kernel, guest_needs, whole

CAPTURE = places.OUT / "demo.pcapng"
BOOT_S = 180            # allowed for booting and powering off, beside what runs in the guest
JOB_S = 120             # allowed for a small job
SLOWEST = 8 << 20       # bytes a second, for a large one
SMALLEST_TLP = 128      # the least Max_Payload_Size, and the largest write that may be one TLP
RECORD = 96             # beside its payload: a header and what pcapng puts around a packet
LINKS = 2               # that record it
SHOWN = 3               # TLPs


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
    parser.add_argument("--iters", type=whole(5), default=1000, metavar="COUNT",
                        help="perftest's iterations, at least 5 (default: 1000)")
    add_accel(parser)


def needs(_options):
    return guest_needs(default_kernel())


def largest_capture(options):
    """Bytes that all of perftest's writes may take."""
    tlps = options.iters * (options.size // SMALLEST_TLP + 2)       # ragged at both ends
    return LINKS * (options.iters * options.size + tlps * RECORD)


def check_room(options):
    """The capture has no limit, as all that is claimed here has to be in it."""
    CAPTURE.unlink(missing_ok=True)
    free, need = shutil.disk_usage(places.OUT).free, largest_capture(options)
    if need > free:
        say.die(f"the capture of {options.iters} times {options.size} bytes may take "
                f"{need >> 20} MiB, and {places.OUT} has {free >> 20} MiB; make room, or give "
                "smaller --size or --iters")


def in_guest(options, ready):
    """Its exit code; what perftest did is in demo.json then, if it did."""
    seconds = JOB_S + options.iters * options.size // SLOWEST
    command = ["demo", "--timeout", str(seconds)]
    for name in ("st", "ph", "size", "iters"):
        command += [f"--{name}", str(getattr(options, name))]
    return machine.run(ready, machine.Options(
        command=command, nics=["requester=tph"], accelerators=[""], capture=str(CAPTURE),
        capture_limit="0", timeout=BOOT_S + JOB_S + seconds, accel=options.accel))


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
    verdict = tlpdump(ready.local, target, "--json", f"--expect=st={st:#x},ph={ph}")
    found = json.loads(verdict.stdout or '{"matching": 0, "tlps": 0}')
    print(f"the accelerator got {published['writes']} write TLPs, of which the capture has "
          f"{found['tlps']}; {found['matching']} carry ST {st:#04x} and PH {ph}", flush=True)
    fine = verdict.returncode == 0 and found["tlps"] == published["writes"]
    if not fine:
        print(f"demo: not every write TLP was seen to carry ST {st:#04x} and PH {ph}",
              file=sys.stderr)
    return fine


def demo(options, ready):
    check_room(options)
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
