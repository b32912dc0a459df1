# SPDX-License-Identifier: GPL-2.0 OR Linux-OpenIB
"""lab package: packages of Debian and of RPM, made in roots of Debian's releases."""

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


def make(log, command):
    with open(log, "ab") as output:
        made = subprocess.run(command, stdout=output, stderr=output, stdin=subprocess.DEVNULL,
                              check=False)
    if made.returncode:
        raise say.LabError(f"that failed (exit code {made.returncode}); {log} ends with\n"
                           + "\n".join(log.read_text(errors="replace").splitlines()[-30:]))


def package(options, ready):
    for name, root in places.by_suite(ready.packaging):
        out, log = places.PACKAGES / name, ready.run / f"package-{name}.log"
        say.say(f"making packages for {name} ...")
        make(log, places.in_root(root, "lab.d/package-deb", str(out)))
        make(log, places.in_root(root, "lab.d/package-rpm", str(out / "rpm")))
        for made in sorted([*out.glob("*.deb"), *out.glob("rpm/*.rpm")]):
            print(made.relative_to(places.TOP))
    return 0


PACKAGE = Command(
    name="package", usage="[SUITE]...", summary="makes packages of Debian and of RPM",
    text="""\
Makes the packages of Debian, each release's in a root of that release, and prints their names. They
are in build/packages/SUITE; `apt-get install ./build/packages/SUITE/*.deb` installs them.
Those of RPM in build/packages/SUITE/rpm are for the libraries of that release; elsewhere `rpmbuild
--rebuild` of the source package there makes them.
softfabric is among them where the release has headers of Linux 7.2 or later.""",
    add_options=add_options,
    needs=lambda options: ["tools"] + [f"packaging {name}" for name in options.suites],
    perform=package)
