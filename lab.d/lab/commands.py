# SPDX-License-Identifier: GPL-2.0 OR Linux-OpenIB
"""The lab's commands, and how one is read from the command line."""

import sys

from bench.bench import BENCH
from lab import say
from lab.build import BUILD, CLEAN
from lab.demo import DEMO
from lab.options import CommandParser
from lab.package import PACKAGE
from lab.run import RUN, SHELL
from lab.tests import TEST

COMMANDS = {command.name: command for command in (DEMO, TEST, RUN, SHELL, BENCH, BUILD, PACKAGE,
                                                CLEAN)}


def overview():
    lines = ["usage: ./lab COMMAND", ""]
    for command in COMMANDS.values():
        lines.append(f"  {f'{command.name} {command.usage}':<30} {command.summary}")
    lines += ["", "Each does all of its own set-up. ./lab COMMAND --help says more."]
    return "\n".join(lines)


def parse(words):
    """The command and its options; does not return from help and errors."""
    if not words:
        print(overview(), file=sys.stderr)
        sys.exit(say.LAB_FAILED)
    name, *rest = words
    if name in ("help", "-h", "--help"):
        if not rest:
            print(overview())
            sys.exit()
        name, rest = rest[0], ["--help"]
    if name not in COMMANDS:
        say.die(f"no command '{name}'; ./lab help lists them")
    return COMMANDS[name], parse_options(COMMANDS[name], rest)


def parse_options(command, words):
    parser = CommandParser(command)
    if not command.runs_another or "--" not in words:
        return parser.parse_args(words)
    # What follows belongs to the other command, whatever it looks like.
    end = words.index("--")
    options = parser.parse_args(words[:end])
    options.command += words[end if options.command else end + 1:]
    return options
