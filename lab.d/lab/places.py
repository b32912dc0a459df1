# SPDX-License-Identifier: GPL-2.0 OR Linux-OpenIB
"""Where everything is; paths are the same on this machine and in the tools root."""

import dataclasses
import pathlib

TOP = pathlib.Path(__file__).resolve().parents[2]
OUT = TOP / "build/lab"
GUEST = TOP / "lab.d/guest"
CHECKED = OUT / "checked"       # builds that lab.d/project.sh makes
FUZZERS = OUT / "fuzz"


@dataclasses.dataclass(frozen=True)
class Places:
    """What the shell has made ready for one run. The guest can only write in run/share."""
    run: pathlib.Path                   # for logs, and share/
    local: pathlib.Path                 # the installed project, which no later build changes
    root: str | None = None             # the guest's
    kernel: str | None = None           # a directory with bzImage (and more), or a bzImage
    debug_kernel: str | None = None
    distros: tuple[str, ...] = ()       # SUITE=root
