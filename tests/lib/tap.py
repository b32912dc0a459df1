# SPDX-License-Identifier: GPL-2.0 OR Linux-OpenIB
"""Test results in the Test Anything Protocol, for guest tests in Python."""

import sys
import traceback


class Skip(Exception):
    """Raised by a test that cannot be made here; its text says why."""


def run(*tests):
    """Calls each test and reports it under the first line of its docstring, which says what it
    proves. An exception fails the test, and its text is the reason. Returns the exit code.
    """
    failed = 0
    print(f"1..{len(tests)}", flush=True)
    for number, test in enumerate(tests, 1):
        title = test.__doc__.strip().splitlines()[0].rstrip(".")
        try:
            test()
            print(f"ok {number} - {title}", flush=True)
        except Skip as why:
            print(f"ok {number} - {title} # SKIP {why}", flush=True)
        except Exception as error:      # pylint: disable=broad-exception-caught
            failed += 1
            print(f"not ok {number} - {title}")
            where = traceback.extract_tb(sys.exc_info()[2])[1:]
            for frame in where:
                print(f"# {frame.filename}:{frame.lineno}: {frame.line}")
            print("# " + (str(error) or type(error).__name__).replace("\n", "\n# "), flush=True)
    return 1 if failed else 0
