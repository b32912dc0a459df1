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
    """What the shell has made ready for one run."""
    run: pathlib.Path                   # logs; share/, which the guest can write; local/
    root: str | None = None             # the guest root
    kernel: str | None = None           # a directory with bzImage (and modules), or a bzImage
    debug_kernel: str | None = None
    distros: tuple[str, ...] = ()       # SUITE=root

    @property
    def local(self):
        """The installed project, which no later build changes."""
        return self.run / "local"
