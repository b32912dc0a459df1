# SPDX-License-Identifier: GPL-2.0 OR Linux-OpenIB
"""Options of the lab's commands: what they have in common, and the machine's, which the manifest of
the guest tests uses, too.
"""

import argparse
import dataclasses
import os
import pathlib
import re
from collections.abc import Callable

from lab import accel, say
from lab.topology import INTEGRATED, topology_of

LEAST_MEMORY = 64 << 20
FLAVOURS = ("lab", "debug")     # of our kernel, see lab.d/kernel.sh


@dataclasses.dataclass(frozen=True)
class Command:
    """One of the lab's commands."""
    name: str
    usage: str                  # what follows the name
    summary: str                # for the list of all commands
    text: str                   # of its help, before the options
    add_options: Callable       # (parser)
    needs: Callable             # (options) -> what the shell is to make ready, see lab.d/plan.sh
    perform: Callable | None    # (options, ready: Places) -> exit code; None: ready was all
    notes: str = ""             # of its help, after the options
    runs_another: bool = False  # has `command`, the words of a command that are not its own


class Parser(argparse.ArgumentParser):
    """argparse with the lab's words and exit code."""

    def __init__(self, **more):
        super().__init__(allow_abbrev=False, add_help=False, **more)

    def parse_args(self, args=None, namespace=None):
        options, unknown = super().parse_known_args(args, namespace)
        if unknown:
            kind = "option" if unknown[0].startswith("-") else "argument"
            self.error(f"no {kind} '{unknown[0]}'")
        return options

    def error(self, message):
        say.die(f"{self.prog}: {message.removeprefix('argument ')}")


class CommandParser(Parser):
    """A command's, with its help."""

    def __init__(self, command):
        super().__init__(
            prog=f"./lab {command.name}", usage=f"./lab {command.name} {command.usage}".rstrip(),
            description=command.text, epilog=command.notes,
            formatter_class=lambda prog: argparse.RawDescriptionHelpFormatter(
                prog, max_help_position=34, width=100))
        self.add_argument("-h", "--help", action="help", help="this text")
        command.add_options(self)

    def error(self, message):
        say.die(f"{message.removeprefix('argument ')}; {self.prog} --help says more")


def whole(least):
    """Whole numbers from `least` on."""
    def parse(text):
        if not re.fullmatch("[0-9]+", text) or int(text) < least:
            raise argparse.ArgumentTypeError(f"takes a whole number from {least}, not '{text}'")
        return int(text)
    return parse


def size(text):
    """Bytes, as softfabric takes them."""
    if not re.fullmatch("[0-9]+[KMG]?", text):
        raise argparse.ArgumentTypeError(
            f"takes bytes, or a number with K, M or G, not '{text}'")
    return text


def memory(text):
    """Bytes, with which the guest can boot."""
    units = {"K": 10, "M": 20, "G": 30}
    number, unit = re.fullmatch("([0-9]+)(.?)", size(text)).groups()
    if int(number) << units.get(unit, 0) < LEAST_MEMORY:
        raise argparse.ArgumentTypeError(f"takes {LEAST_MEMORY >> 20}M at least, not '{text}'")
    return text


def one_line(path):
    """A path, from which a line of the plan can be made."""
    if "\n" in str(path):
        raise argparse.ArgumentTypeError("takes no name with a line break in it")
    return str(path)


def file_to_write(text):
    try:
        directory = pathlib.Path(text).parent.resolve(strict=True)
    except OSError as error:
        raise argparse.ArgumentTypeError(f"cannot write {text}: {error.strerror}") from None
    return one_line(directory / pathlib.Path(text).name)


def directory(text):
    if not os.path.isdir(text):
        raise argparse.ArgumentTypeError(f"no directory {text}")
    return one_line(os.path.realpath(text))


def kernel(text):
    if text in FLAVOURS:
        return text
    if "/" not in text:
        raise argparse.ArgumentTypeError(
            f"no kernel flavour '{text}': {' or '.join(FLAVOURS)}, or the path of a bzImage")
    if not os.path.isfile(text):
        raise argparse.ArgumentTypeError(f"no kernel image at {text}")
    return one_line(os.path.realpath(text))


def default_kernel():
    """The kernel of commands without --kernel, and of those with it that do without."""
    try:
        return kernel(os.environ.get("RDMA_TPH_KERNEL", "lab"))
    except argparse.ArgumentTypeError as error:
        say.die(f"RDMA_TPH_KERNEL: {error}")


def guest_needs(flavour, build=True):
    """The steps before a machine can boot."""
    return ["tools", "guest_root", f"kernel {flavour}", *["project"] * build, "installed"]


def topology(text):
    try:
        topology_of(text)
    except ValueError as error:
        raise argparse.ArgumentTypeError(error) from None
    return text


def add_accel(parser):
    parser.add_argument("--accel", choices=accel.NAMES, default=accel.NAMES[0],
                        metavar="|".join(accel.NAMES),
                        help="what executes the guest: QEMU, or this machine's processor where KVM "
                        "works (default: tcg)")


def add_machine(parser):
    """What the guest is made of."""
    group = parser.add_argument_group("the machine")
    for model, noun in (("nic", "NIC"), ("accelerator", "accelerator")):
        choice = group.add_mutually_exclusive_group()
        choice.add_argument(f"--{model}", dest=f"{model}s", action="append",
                            metavar="KEY=VALUE[,...]",
                            help=f"options of the {noun} model; again for a second one")
        choice.add_argument(f"--no-{model}", action="store_true", help="without one")
    group.add_argument("--topology", type=topology, default=INTEGRATED,
                       metavar="root-port|switch[,completer=none|tph|ext]",
                       help="each device is behind a root port, or all are below one switch; the "
                       "root port completes these hints (default: ext), and firmware has steering "
                       "tags of the processors (default: integrated, into the root complex)")
    group.add_argument("--iommu", action="store_true",
                       help="the guest has an IOMMU, VFIO its address spaces")
    group.add_argument("--middleware", action="store_true",
                       help="the guest has UCX, libfabric and Open MPI")
    group.add_argument("--append", default="", metavar="ARGUMENTS",
                       help="for the kernel's command line")
    group.add_argument("--memory", type=memory, default="2G", metavar="SIZE",
                       help="of the guest (default: 2G)")
    group.add_argument("--cpus", type=whole(1), default=2, metavar="N",
                       help="of the guest (default: 2)")


def machine_of(options):
    """What add_machine()'s options say, in the words of machine.Options."""
    return {
        "nics": [] if options.no_nic else options.nics or [""],
        "accelerators": [] if options.no_accelerator else options.accelerators or [""],
        "topology": topology_of(options.topology),
        "iommu": options.iommu,
        "middleware": options.middleware,
        "arguments": options.append,
        "memory": options.memory,
        "cpus": options.cpus,
    }


def describe(words, whose):
    """machine_of() words that are no command line's, and how many processors it keeps busy; errors
    name `whose` they are.
    """
    parser = Parser(prog=whose)
    add_machine(parser)
    parser.add_argument("--capture", action="store_true",
                        help="as capture.pcapng in the directory that the guest has as $LAB_RUN")
    parser.add_argument("--busy", type=whole(1), metavar="N",
                        help="processors of this machine that it keeps busy (default: as --cpus)")
    options = parser.parse_args(words)
    capture = "capture.pcapng" if options.capture else None
    return machine_of(options) | {"capture": capture}, options.busy or options.cpus
