# SPDX-License-Identifier: GPL-2.0 OR Linux-OpenIB
"""Where everything is; paths are the same on this machine and in the tools root."""

import dataclasses
import pathlib

TOP = pathlib.Path(__file__).resolve().parents[2]
OUT = TOP / "build/lab"
GUEST = TOP / "lab.d/guest"
CHECKED = OUT / "checked"       # builds that lab.d/project.sh makes
FUZZERS = OUT / "fuzz"
PACKAGES = TOP / "build/packages"       # SUITE/
SUITES = ("bookworm", "trixie", "sid")  # of Debian, that people have
GUEST_SUITE = "trixie"                  # the one of the guest's root


@dataclasses.dataclass(frozen=True)
class Places:
    """What the shell has made ready for one run. The guest can only write in run/share."""
    run: pathlib.Path                   # for logs, and share/
    local: pathlib.Path                 # the installed project, which no later build changes
    root: str | None = None             # the guest's
    middleware: str | None = None       # the same with UCX, libfabric and Open MPI
    kernel: str | None = None           # a directory with bzImage (and more), or a bzImage
    debug_kernel: str | None = None
    distros: tuple[str, ...] = ()       # SUITE=root
    packaging: tuple[str, ...] = ()     # SUITE=root that makes packages as well


def by_suite(roots):
    """Pairs of a release and its root, from the options that say so."""
    return [root.split("=", 1) for root in roots]


def in_root(root, *command):
    """A command of this checkout, in the root of a release and in name spaces of its own."""
    apart = "setpriv --pdeathsig KILL unshare --mount --pid --fork --kill-child --mount-proc"
    return [*apart.split(), "lab.d/enter", root, str(TOP), "--", *command]
