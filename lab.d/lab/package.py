# SPDX-License-Identifier: GPL-2.0 OR Linux-OpenIB
"""lab package: packages for Debian, each release's made in a root of that release."""

import argparse
import subprocess

from lab import places, say
from lab.options import Command


def suite(text):
    if text not in places.SUITES:
        raise argparse.ArgumentTypeError(f"no release '{text}': {', '.join(places.SUITES)}")
    return text


def add_options(parser):
    parser.add_argument("suites", nargs="*", type=suite, metavar="SUITE", default=places.SUITES,
                        help=f"a release of Debian: {', '.join(places.SUITES)} (default: all)")


def package(options, ready):
    for name, root in places.by_suite(ready.packaging):
        out, log = places.PACKAGES / name, ready.run / f"package-{name}.log"
        say.say(f"making packages for {name} ...")
        with open(log, "wb") as output:
            made = subprocess.run(places.in_root(root, "lab.d/package-deb", str(out)), stdout=output,
                                  stderr=output, stdin=subprocess.DEVNULL, check=False)
        if made.returncode:
            raise say.LabError(f"that failed (exit code {made.returncode}); {log} ends with\n"
                               + "\n".join(log.read_text(errors="replace").splitlines()[-30:]))
        for deb in sorted(out.glob("*.deb")):
            print(deb.relative_to(places.TOP))
    return 0


PACKAGE = Command(
    name="package", usage="[SUITE]...", summary="makes packages for Debian",
    text="""\
Makes the packages of Debian, each release's in a root of that release, and prints their names. They
are in build/packages/SUITE; `apt-get install ./build/packages/SUITE/*.deb` installs them.
softfabric is among them where the release has headers of Linux 7.2 or later.""",
    add_options=add_options,
    needs=lambda options: ["tools"] + [f"packaging {name}" for name in options.suites],
    perform=package)
