# SPDX-License-Identifier: GPL-2.0 OR Linux-OpenIB
"""What is checked before C gets to see it: ctypes cuts off the bits that are too many, and pyverbs
follows the NULL pointer of what is closed.
"""

import gc
import operator

from .errors import TphArgumentError


def unsigned(name, value, bits):
    """The number, if it fits into so many bits."""
    number = operator.index(value)
    if not 0 <= number < 1 << bits:
        raise TphArgumentError(f"{name} {number} is not 0 to {(1 << bits) - 1:#x}")
    return number


def signed(name, value):
    """The number, if it fits into an int of C."""
    number = operator.index(value)
    if not -1 << 31 <= number < 1 << 31:
        raise TphArgumentError(f"{name} {number} does not fit into 32 bits")
    return number


def owner(thing, kind):
    """What an object of pyverbs belongs to, None when it has been closed.

    pyverbs keeps that to itself, and to ask a closed object for its handle ends the process. But
    the garbage collector is told, and close() lets go of it.
    """
    return next((each for each in gc.get_referents(thing) if isinstance(each, kind)), None)
