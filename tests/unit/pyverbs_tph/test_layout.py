# SPDX-License-Identifier: GPL-2.0 OR Linux-OpenIB
"""test_layout.py CC OPTION...: the structures and constants that pyverbs_tph repeats are those of
the headers. A C compiler compares them: each is an assertion in a source made here.
"""

import ctypes
import subprocess
import sys

from pyverbs_tph import enums, native

HEADERS = ("infiniband/mlx5dv_tph.h", "infiniband/tph.h", "vfio/tph.h", "stddef.h")
ENUMS = (enums.ibv_tph_namespace, enums.ibv_tph_flags, enums.mlx5dv_tph_source,
         enums.mlx5dv_tph_state, enums.mlx5dv_tph_device_flags)


def structure(kind):
    """What has to hold of a structure, whose name in C is its docstring."""
    name = kind.__doc__
    yield f"sizeof({name}) == {ctypes.sizeof(kind)}"
    for field, *_ in kind._fields_:
        at = getattr(kind, field)
        yield f"offsetof({name}, {field}) == {at.offset}"
        yield f"sizeof((({name} *)0)->{field}) == {at.size}"


def expectations():
    for kind in vars(native).values():
        if isinstance(kind, type) and issubclass(kind, ctypes.Structure):
            yield from structure(kind)
    for name, value in vars(native).items():
        if name.startswith("VFIO_TPH_"):
            yield f"{name} == {value}"
    for kind in ENUMS:
        for name, value in kind.__members__.items():
            yield f"{name} == {int(value)}"


def main(compiler):
    source = [f"#include <{header}>" for header in HEADERS]
    source += [f'_Static_assert({each}, "{each}");' for each in expectations()]
    # Six structures and as many enums: what compares nothing proves nothing.
    assert len(source) > 60, source
    done = subprocess.run([*compiler, "-x", "c", "-std=gnu11", "-fsyntax-only", "-"],
                          input="\n".join(source) + "\n", text=True, check=False)
    return done.returncode


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
