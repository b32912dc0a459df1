# SPDX-License-Identifier: GPL-2.0 OR Linux-OpenIB
"""How much a guest test does: there are seconds for it in the guest tier, minutes in debug, where
each thing takes several times as long.
"""

import os


def rounds(guest, debug):
    """One of the two, by $TPH_TIER; that of the guest tier when a test is run by hand."""
    return debug if os.environ.get("TPH_TIER") == "debug" else guest
