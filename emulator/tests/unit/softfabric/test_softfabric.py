#!/usr/bin/python3
# SPDX-License-Identifier: GPL-2.0 OR Linux-OpenIB
"""The softfabric program: what it says to mistakes, what is there when it is ready, how it ends."""

import json
import os
import pathlib
import signal
import socket
import stat
import subprocess
import sys
import tempfile
import unittest

PROGRAM = sys.argv.pop(1)


class Softfabric(unittest.TestCase):
    def setUp(self):
        self.directory = tempfile.TemporaryDirectory()
        self.addCleanup(self.directory.cleanup)
        self.path = pathlib.Path(self.directory.name)

    def start(self, *options):
        process = subprocess.Popen([PROGRAM, "--runtime-dir", self.path, *options],
                                   stdout=subprocess.PIPE, text=True)
        self.addCleanup(process.stdout.close)
        self.addCleanup(process.wait)
        self.addCleanup(process.kill)
        self.assertEqual(process.stdout.readline(), "ready\n")
        return process

    def refused(self, code, words, *options):
        done = subprocess.run([PROGRAM, *options], capture_output=True, text=True, timeout=60)
        self.assertEqual(done.returncode, code, done.stderr)
        self.assertIn(words, done.stderr)
        self.assertEqual(done.stdout, "")

    def ask(self, request):
        with socket.socket(socket.AF_UNIX) as control:
            control.connect(str(self.path / "control.sock"))
            control.sendall(json.dumps(request).encode() + b"\n")
            return json.loads(control.makefile().readline())

    def test_serves_and_ends(self):
        for number in signal.SIGTERM, signal.SIGINT:
            process = self.start("--nic", "nic0,bdf=00:10.0",
                                 "--accelerator", "acc0,size=1M,flit=off",
                                 "--capture", self.path / "capture")
            for name in "nic0", "acc0", "control":
                mode = (self.path / f"{name}.sock").stat().st_mode
                self.assertTrue(stat.S_ISSOCK(mode))
                self.assertEqual(mode & 0o077, 0)
            self.assertEqual(self.ask({"execute": "devices"}), {"return": {
                "nic0": {"requester": "00:10.0", "pcie": True, "flit": True},
                "acc0": {"requester": "00:04.0", "pcie": True, "flit": False}}})
            process.send_signal(number)
            self.assertEqual(process.wait(60), 0)
            self.assertEqual(os.listdir(self.path), ["capture"])
            # The capture has its section, and a description of each link.
            self.assertEqual((self.path / "capture").read_bytes()[:4], b"\x0a\x0d\x0d\x0a")
            self.assertIn(b"acc0", (self.path / "capture").read_bytes())

    def test_brings_the_capture_up_to_date_by_itself(self):
        self.start("--accelerator", "acc0,size=1M", "--capture", self.path / "capture")
        # Which ends, or the test's time does
        while b"acc0" not in (self.path / "capture").read_bytes():
            self.ask({"execute": "devices"})

    def test_replaces_what_a_killed_one_left(self):
        process = self.start("--accelerator", "acc0,size=1M")
        process.kill()
        process.wait()
        self.assertTrue((self.path / "acc0.sock").exists())
        self.start("--accelerator", "acc0,size=1M")

    def test_keeps_off_another_one(self):
        self.start("--accelerator", "acc0,size=1M")
        self.refused(1, "is another softfabric running there?", "--runtime-dir", self.path,
                     "--accelerator", "acc0,size=1M")
        self.assertEqual(self.ask({"execute": "objects"})["return"].keys(), {"acc0"})

    def test_help(self):
        done = subprocess.run([PROGRAM, "--help"], capture_output=True, text=True, timeout=60)
        self.assertEqual(done.returncode, 0)
        for words in "--runtime-dir", "requester=none|tph|ext", "completer=none|tph|ext":
            self.assertIn(words, done.stdout)

    def test_mistakes(self):
        directory = ("--runtime-dir", self.path)
        self.refused(2, "no --runtime-dir")
        self.refused(2, "--help", *directory, "--nope")
        self.refused(2, "arguments that are no options", *directory, "more")
        self.refused(2, "'1X' is no size", *directory, "--capture-limit", "1X")
        self.refused(2, "'4G' is no size below 4G", *directory, "--capture-snaplen", "4G")
        self.refused(1, "unknown key 'x'; known are", *directory, "--nic", "nic0,x=1")
        self.refused(1, "allowed: none|tph|ext", *directory, "--accelerator", "a,completer=all")
        self.refused(1, "give st-modes=ds, or none", *directory, "--accelerator", "a,st-table=none")
        self.refused(1, "a name of its own", *directory, "--nic", "a", "--accelerator", "a")
        self.refused(1, "the control socket has that name", *directory, "--nic", "control")
        self.refused(1, "No such file or directory", "--runtime-dir", self.path / "none",
                     "--nic", "nic0")
        self.refused(1, "Is a directory", *directory, "--capture", self.path)
        self.refused(1, "give a shorter --runtime-dir", "--runtime-dir", "/" + "a" * 200)
        self.assertEqual(os.listdir(self.path), [])


if __name__ == "__main__":
    unittest.main()
