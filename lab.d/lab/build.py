# SPDX-License-Identifier: GPL-2.0 OR Linux-OpenIB
"""lab build and lab clean: all of it is the shell's."""

from lab.options import FLAVOURS, Command


def add_build_options(parser):
    parser.add_argument("flavour", nargs="?", choices=FLAVOURS, default=FLAVOURS[0],
                        help="of our kernel (default: lab); debug has KASAN, lockdep and kmemleak")


def add_clean_options(parser):
    parser.add_argument("--cache", action="store_true",
                        help="also what was downloaded and built for all checkouts; making it anew "
                        "takes many minutes")


BUILD = Command(
    name="build", usage=f"[{'|'.join(FLAVOURS)}]", summary="builds everything and runs nothing",
    text="""\
Makes or fetches all that the other commands need, and runs nothing: the root file systems, our
kernel in this flavour, and the project.""",
    add_options=add_build_options,
    needs=lambda options: ["tools", "guest_root", f"kernel {options.flavour}", "project"],
    perform=None)

CLEAN = Command(
    name="clean", usage="[--cache]", summary="removes what was built here",
    text="Removes what was built in this checkout.",
    notes="The cache is ${XDG_CACHE_HOME:-$HOME/.cache}/rdma-tph.",
    add_options=add_clean_options,
    needs=lambda options: ["clean cache" if options.cache else "clean"], perform=None)
