#!/usr/bin/python3
# SPDX-License-Identifier: GPL-2.0 OR Linux-OpenIB
"""What ./lab asks, and what it starts when all is ready.

plan WORD...: reads the lab's command line on this machine. Prints help, if that was asked for; else
    writes what is needed to file descriptor 3, one thing a line as lab.d/plan.sh has it. The last
    line is `job` and the command with its options, as JSON, when there is more to do.
perform --run DIR ...: does the job in DIR/job.json, in the tools root.
"""

import argparse
import json
import os
import pathlib
import signal
import sys

TOP = pathlib.Path(__file__).resolve().parents[2]
# The packages lab, which this is of, and bench
sys.path[:1] = [str(TOP / "lab.d"), str(TOP / "tests")]
from lab import commands, say  # noqa: E402 (the path comes first)
from lab.places import Places  # noqa: E402

PLAN_FD = 3


def plan(words):
    for number in (signal.SIGINT, signal.SIGPIPE):      # ./lab help | head
        signal.signal(number, signal.SIG_DFL)
    command, options = commands.parse(words)
    steps = command.needs(options)
    if command.perform:
        steps.append("job " + json.dumps({"command": command.name, "options": vars(options)}))
    with os.fdopen(PLAN_FD, "w") as file:
        file.write("\n".join(steps) + "\n")
    return 0


def places(words):
    parser = argparse.ArgumentParser()
    parser.add_argument("--run", type=pathlib.Path, required=True)
    for name in ("--root", "--middleware", "--kernel", "--debug-kernel"):
        parser.add_argument(name)
    parser.add_argument("--distro", dest="distros", action="append", default=[])
    parser.add_argument("--packaging", action="append", default=[])
    ready = parser.parse_args(words)
    return Places(local=ready.run / "local", **vars(ready))


def interrupted(number, _frame):
    sys.exit(128 + number)


def perform(words):
    for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        signal.signal(number, interrupted)
    ready = places(words)
    job = json.loads((ready.run / "job.json").read_text())
    command = commands.COMMANDS[job["command"]]
    try:
        return command.perform(argparse.Namespace(**job["options"]), ready)
    except TimeoutError as error:
        say.say(error)
        code = say.TIMED_OUT
    except say.LabError as error:
        say.say(error)
        code = say.LAB_FAILED
    say.say(f"the logs are in {ready.run}")
    return code


if __name__ == "__main__":
    sys.exit({"plan": plan, "perform": perform}[sys.argv[1]](sys.argv[2:]))
