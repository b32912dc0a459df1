# SPDX-License-Identifier: GPL-2.0 OR Linux-OpenIB
"""examples/tph_write.py, as it is installed, does what its head says."""

import contextlib
import io
import os
import runpy
import unittest
from unittest import mock

import perftest_pair

EXAMPLE = "/usr/local/share/doc/rdma-tph/examples/tph_write.py"


def run(*arguments):
    """What it prints. In this process: another one would have to load pyverbs again."""
    with mock.patch("sys.argv", [EXAMPLE, *arguments]), \
            contextlib.redirect_stdout(io.StringIO()) as printed:
        runpy.run_path(EXAMPLE, run_name="__main__")
    return printed.getvalue().splitlines()


class ExampleTest(unittest.TestCase):
    """A program that others start from."""

    def test_write(self):
        """The example writes with the tag it was given, and shows what the device made of it"""
        device = perftest_pair.rdma_device()
        lines = run(os.environ["TPH_ACC0"], device, "--st=0xf0", "--st-ext=0xf00", "--ph=2")
        self.assertIn(lines[0], (f"{device} sends IBV_TPH_NS_ST, room for 24 tags",
                                 f"{device} sends IBV_TPH_NS_ST_EXT, room for 24 tags"))
        tag = "0xf00" if "EXT" in lines[0] else "0xf0"
        self.assertEqual(lines[1:], [
            f"the region's requests carry tag {tag}, hint 2",
            "written: 00 01 02 03 04 05 06 07 08 09 0a 0b 0c 0d 0e 0f",
            "memory:  03 02 01 00 07 06 05 04 0b 0a 09 08 0f 0e 0d 0c"])

    def test_refused(self):
        """Where it can have no device it ends with what is wrong, and no traceback"""
        with self.assertRaisesRegex(SystemExit, r"^tph_write\.py: .*mlx5_core"):
            run(os.environ["TPH_NIC0"], perftest_pair.rdma_device(), "--st=0xf0")
