#!/usr/bin/python3
# SPDX-License-Identifier: GPL-2.0 OR Linux-OpenIB
"""rdma-core's own tests, as Debian ships them, on the software ConnectX.

pyverbs [WORD...] runs the tests that have one of these words in their name; without, all, and then
holds the list of those that skip, pyverbs_skips.ini, against what did. After --no-skips none may,
and each is run.
pyverbs --vfio runs those of the driver in user space, to which it lends the NIC: none may skip.
"""

import configparser
import contextlib
import fnmatch
import gzip
import json
import os
import pathlib
import select
import shutil
import signal
import subprocess
import sys
import tempfile
import traceback
import unittest

import ipoib
import perftest_pair
import tap

TESTS = pathlib.Path("/usr/share/doc/rdma-core/tests")
SKIPS = pathlib.Path(__file__).with_name("pyverbs_skips.ini")
VFIO_TESTS = "test_mlx5_vfio"       # they have a machine of their own
FIRST = "test_addr"         # imports things in the order that they need, which not every module does
TIMEOUT_S = 60
HUGE_PAGES = pathlib.Path("/sys/kernel/mm/hugepages/hugepages-2048kB/nr_hugepages")
HUGE_PAGES_WANTED = 64      # queues of both sides, and their data, each on pages of its own


def load(directory, words, *options):
    """All of rdma-core's tests by name, from an unpacked copy; Debian compresses the long ones.
    Where words are modules' names, only those: to read all takes ten seconds here.

    The options are of their parser.
    """
    package = pathlib.Path(directory, "tests")
    package.mkdir()
    paths = {path.name.removesuffix(".gz").removesuffix(".py"): path
             for path in TESTS.glob("*.py*")}
    only = [FIRST, *words] if words and set(words) <= paths.keys() else paths
    for name, path in paths.items():
        if name.startswith("test_") and name not in only:
            continue
        with (gzip.open(path) if path.suffix == ".gz" else path.open("rb")) as source, \
                open(package / f"{name}.py", "wb") as copy:
            shutil.copyfileobj(source, copy)
    sys.path[:0] = [directory, str(package)]
    sys.argv[1:] = options
    import args_parser      # pylint: disable=import-error,import-outside-toplevel
    args_parser.parser.parse_args()
    found = unittest.defaultTestLoader.loadTestsFromName("tests")
    return {case.id().removeprefix("tests."): case for case in cases(found)}


def cases(suite):
    """The test cases in a suite of suites."""
    for item in suite:
        if isinstance(item, unittest.TestSuite):
            yield from cases(item)
        else:
            yield item


def run_here(case):
    """Runs the case: how it ended and what it says."""
    result = unittest.TestResult()
    case.run(result)
    for outcome, entries in (("failed", result.errors), ("failed", result.failures),
                             ("skipped", result.skipped)):
        if entries:
            return outcome, entries[0][1]
    return "passed", ""


def run_child(case, writing):
    """In a process group of its own, which what the case leaves behind belongs to as well."""
    try:
        os.setpgid(0, 0)
        text = json.dumps(run_here(case))
        with os.fdopen(writing, "w") as pipe:
            pipe.write(text)
    except BaseException:       # pylint: disable=broad-exception-caught
        traceback.print_exc()
        os._exit(1)
    os._exit(0)


def read_until(reading, poll):
    """All that is written there until its end, None if that takes longer than a test may."""
    data = b""
    while True:
        if not poll.poll(TIMEOUT_S * 1000):
            return None
        more = os.read(reading, 65536)
        if not more:
            return data
        data += more


def run(case):
    """The same in a process of its own, so that no case can harm another."""
    reading, writing = os.pipe()
    child = os.fork()
    if child == 0:
        os.close(reading)
        run_child(case, writing)
    os.close(writing)
    poll = select.poll()
    poll.register(reading)
    data = read_until(reading, poll)
    os.close(reading)
    if data is None:
        os.killpg(child, signal.SIGKILL)
    status = os.waitstatus_to_exitcode(os.waitpid(child, 0)[1])
    if data is None:
        return "failed", f"took longer than {TIMEOUT_S} s"
    if not data:
        return "failed", f"ended with {status}"
    return json.loads(data)


class Skips:
    """The list of tests that rightly skip; its head says what it holds."""

    def __init__(self, text):
        parser = configparser.ConfigParser(interpolation=None, delimiters=("=",))
        parser.read_string(text)
        self.unused = set()
        self.sections = []
        self.whole = {}     # patterns of a class or module of which one has skipped, and why
        for title, section in parser.items():
            if title != parser.default_section:
                names, says = section["tests"].split(), section["says"].strip().splitlines()
                self.unused.update((title, name) for name in names)
                self.sections.append((title, names, says))

    def why(self, name, text):
        """What this test needs that is not here, None if it is not to skip, or not for this."""
        for title, names, says in self.sections:
            matching = [pattern for pattern in names if fnmatch.fnmatchcase(name, pattern)]
            if matching and any(fnmatch.fnmatchcase(text, pattern) for pattern in says):
                self.unused.difference_update((title, pattern) for pattern in matching)
                self.whole.update((pattern, title) for pattern in matching
                                  if pattern.endswith(".*"))
                return title
        return None

    def stands_for(self, name):
        """Why this test need not be run: what it needs, as another has found that is listed with it
        by its class or module; None if there was none.
        """
        title = next((title for pattern, title in self.whole.items()
                      if fnmatch.fnmatchcase(name, pattern)), None)
        if title:
            self.unused = {entry for entry in self.unused
                           if not fnmatch.fnmatchcase(name, entry[1])}
        return title


def make_test(name, case, skips):
    """A test for tap.run()."""
    def test():
        why = skips.stands_for(name)
        outcome, text = ("skipped", "") if why else run(case)
        if outcome == "skipped":
            why = why or skips.why(name, text)
            assert why, f"skips, which {SKIPS.name} does not allow: {text}"
            raise tap.Skip(f"needs hardware: {why}")
        assert outcome == "passed", text

    test.__doc__ = name
    return test


def make_list_test(skips):
    """A test for tap.run(), after all others."""
    def test():
        """No test passes that is listed as one to skip"""
        assert not skips.unused, "\n".join(f"{title}: {name}" for title, name
                                           in sorted(skips.unused))
    return test


@contextlib.contextmanager
def huge_pages():
    """As a context: there are pages of 2 MiB."""
    before = HUGE_PAGES.read_text()
    HUGE_PAGES.write_text(str(HUGE_PAGES_WANTED))
    try:
        yield
    finally:
        HUGE_PAGES.write_text(before)


@contextlib.contextmanager
def lent_to_vfio(address):
    """As a context: vfio-pci has the device, not mlx5_core."""
    subprocess.run(["vfio-bind", address], check=True)
    try:
        yield
    finally:
        subprocess.run(["vfio-bind", address, "mlx5_core"], check=True)


def take_short_entries():
    """The test of events parses the first 8 bytes of an entry, which scapy refuses by now."""
    # pylint: disable-next=import-error,import-outside-toplevel
    from tests.mlx5_prm_structs import SwEqe
    size = len(SwEqe())
    SwEqe.pre_dissect = lambda _, data: data.ljust(size, b"\0")


def main_vfio(address):
    """The tests of the driver in user space."""
    with tempfile.TemporaryDirectory() as directory, lent_to_vfio(address):
        found = load(directory, [VFIO_TESTS], "--pci-dev", address)
        take_short_entries()
        skips = Skips("")
        return tap.run(*(make_test(name, case, skips) for name, case in found.items()
                         if name.startswith(VFIO_TESTS)))


def main(words):
    if words == ["--vfio"]:
        return main_vfio(os.environ["TPH_NIC0"])
    if shutil.which("ip"):      # for those that connect by rdma_cm; not every machine has it
        ipoib.up(os.environ["TPH_NIC0"], ipoib.ADDRESS + "/24")
    strict = words[:1] == ["--no-skips"]
    words = words[strict:]
    skips = Skips("" if strict else SKIPS.read_text())
    with tempfile.TemporaryDirectory() as directory, huge_pages():
        found = load(directory, words, "--dev", perftest_pair.rdma_device())
        tests = [make_test(name, case, skips) for name, case in found.items()
                 if not name.startswith(VFIO_TESTS) and
                 (not words or any(word in name for word in words))]
        if not words:
            tests.append(make_list_test(skips))
        return tap.run(*tests)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
