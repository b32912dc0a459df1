#!/usr/bin/python3
# SPDX-License-Identifier: GPL-2.0 OR Linux-OpenIB
"""pyverbs_tph in the guest, in whichever namespace the NIC sends."""

import sys

import pyverbs_tph_api
from pyverbs_tph_arguments import ArgumentsTest
from pyverbs_tph_base import main
from pyverbs_tph_example import ExampleTest
from pyverbs_tph_traffic import TphTrafficTest

if __name__ == "__main__":
    sys.exit(main(ArgumentsTest, *pyverbs_tph_api.CLASSES, TphTrafficTest, ExampleTest))
