# SPDX-License-Identifier: GPL-2.0 OR Linux-OpenIB
"""What the lab says while it works, as lab.d/say.sh does: on stderr, stdout belongs to the commands
it runs.
"""

import sys

# The exit codes of timeout(1) and docker-run(1): not a command's own
LAB_FAILED = 125
TIMED_OUT = 124


class LabError(Exception):
    """The lab itself failed; the text is for the user."""


def say(text):
    print(f"lab: {text}", file=sys.stderr, flush=True)


def die(text):
    """For what is wrong with what was asked for: there are no logs to look at."""
    say(text)
    sys.exit(LAB_FAILED)
