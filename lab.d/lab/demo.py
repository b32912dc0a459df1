#!/usr/bin/python3
# SPDX-License-Identifier: GPL-2.0 OR Linux-OpenIB
"""The host's half of ./lab demo: what was on the wire while lab.d/guest/bin/demo ran.

demo.py LOCAL RUN CAPTURE: with the project installed in LOCAL and the guest's demo.json in RUN.
"""

import json
import pathlib
import subprocess
import sys

SHOWN = 3       # TLPs


def tlpdump(local, capture, target, *arguments):
    """tlpdump on the writes that arrived at the accelerator in perftest's buffer."""
    last = target["address"] + target["length"] - 1
    return subprocess.run(
        [f"{local}/bin/tlpdump", "--link=acc0", "--direction=in", "--type=MWr",
         f"--address={target['address']:#x}-{last:#x}", *arguments, capture],
        check=False, stdout=subprocess.PIPE, text=True)


def main():
    local, run, capture = sys.argv[1:]
    published = json.loads(pathlib.Path(run, "share/demo.json").read_text())
    st, ph, target = published["st"], published["ph"], published["perftest"]

    print(f"\n== the first {SHOWN} TLPs that perftest's writes became, on the accelerator's link")
    print(tlpdump(local, capture, target, f"--limit={SHOWN}").stdout, end="")
    print("\n== all of them")
    verdict = tlpdump(local, capture, target, f"--expect=st={st:#x},ph={ph}")
    print(verdict.stdout, end="")
    if verdict.returncode:
        print(f"demo: not every write TLP carries ST {st:#04x} and PH {ph}", file=sys.stderr)
    return min(verdict.returncode, 1)


if __name__ == "__main__":
    sys.exit(main())
