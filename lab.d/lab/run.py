# SPDX-License-Identifier: GPL-2.0 OR Linux-OpenIB
"""lab run and lab shell: one command in the guest."""

import functools
import os

from lab import machine, say
from lab.options import (Command, add_accel, add_machine, default_kernel, directory, file_to_write,
                         guest_needs, kernel, machine_of, size, whole)

NOTES = """\
By default there is one of each device, at $TPH_NIC0 and $TPH_ACC0 in the guest; the accelerator is
bound to vfio-pci. The exit code is the command's, or 124 after a time-out, or 125 when the lab
itself failed."""


def add_options(parser, timeout):
    add_machine(parser)
    group = parser.add_argument_group("the run")
    group.add_argument("--capture", type=file_to_write, metavar="FILE",
                       help="the TLPs between the devices, as pcapng")
    group.add_argument("--capture-limit", type=size, metavar="SIZE",
                       help="of that file; what has no room is counted (default: 1G; 0: none)")
    group.add_argument("--capture-snaplen", type=size, metavar="SIZE",
                       help="of each TLP in it (default: 0, all; 32: headers)")
    group.add_argument("--share", type=directory, metavar="DIRECTORY",
                       help="is /run/lab/share in the guest")
    group.add_argument("--kernel", type=kernel, metavar="lab|debug|FILE",
                       help="flavour of our kernel, or a bzImage (default: lab)")
    group.add_argument("--root", type=directory, metavar="DIRECTORY",
                       help="what the guest boots from, with what is installed there of the "
                       "project (default: the lab's, with what was built)")
    add_accel(group)
    group.add_argument("--timeout", type=whole(0), default=timeout, metavar="SECONDS",
                       help=f"of the whole run (default: {timeout}; 0: none)")
    group.add_argument("--no-build", action="store_true",
                       help="with the project as it was built last")


def add_run_options(parser):
    add_options(parser, timeout=600)
    parser.add_argument("command", nargs="...", metavar="COMMAND", help="and its arguments")


def needs(options):
    steps = guest_needs(options.kernel or default_kernel(), build=not options.no_build)
    for name in ("limit", "snaplen"):
        if getattr(options, f"capture_{name}") and not options.capture:
            say.die(f"--capture-{name} is of a --capture, and there is none")
    if options.capture:
        steps.append(f"directory {os.path.dirname(options.capture)}")
    if options.share:
        steps.append(f"directory {options.share}")
    if options.middleware:
        steps.append("middleware_root")
    if options.root:
        if options.middleware:
            say.die("--root and --middleware both say what the guest boots from; give one")
        steps.remove("guest_root")
        steps.append(f"root {options.root}")    # last: it may be mounted in one of the others
    return steps


def run_needs(options):
    if not options.command:
        say.die("nothing to run; ./lab run --help says more")
    return needs(options)


def shell_needs(options):
    if not (os.isatty(0) and os.isatty(1)):
        say.die("lab shell needs a terminal; lab run works without")
    return [*needs(options), "terminal"]


def boot(options, ready, **more):
    """One machine for one command; its exit code."""
    return machine.run(ready, machine.Options(
        capture=options.capture, capture_limit=options.capture_limit,
        capture_snaplen=options.capture_snaplen, share=options.share,
        with_project=not options.root, timeout=options.timeout or None, accel=options.accel,
        **machine_of(options), **more))


def run(options, ready):
    return boot(options, ready, command=options.command)


def shell(options, ready):
    return boot(options, ready, command=["bash", "-l"], terminal=True)


RUN = Command(
    name="run", usage="[OPTION]... -- COMMAND...",
    summary="boots the guest, runs COMMAND there, exits with its exit code",
    text="Boots the guest and runs one command there, with our stdin, stdout and stderr.",
    notes=NOTES, add_options=add_run_options, needs=run_needs, perform=run, runs_another=True)

SHELL = Command(
    name="shell", usage="[OPTION]...", summary="a root shell in the guest",
    text="Boots the guest with a root shell on this terminal.",
    notes=NOTES + " Ctrl-] leaves a guest that hangs.",
    add_options=functools.partial(add_options, timeout=0), needs=shell_needs, perform=shell)
