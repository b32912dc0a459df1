#!/usr/bin/python3
# SPDX-License-Identifier: GPL-2.0 OR Linux-OpenIB
"""mpi_rank LIBRARY [ST:PH]: one of two ranks, each with a NIC of its own. The window of the second
is memory of the accelerator, which LIBRARY makes; the first one puts, gets and compares.
"""

import ctypes
import os
import sys

RANK = int(os.environ["OMPI_COMM_WORLD_RANK"])
os.environ["UCX_NET_DEVICES"] = f"mlx5_{RANK}:1"
from mpi4py import MPI  # noqa: E402 (UCX reads the variable when this is loaded)

WRITER, OWNER = 0, 1
LENGTH = 0x20000        # WINDOW_LENGTH
SPANS = ((0, LENGTH), (4093, 7), (0x3011, 0x1abc))


def device_memory(library, tag=None):
    make = ctypes.CDLL(library).device_memory
    make.restype = ctypes.c_void_p
    return (ctypes.c_uint8 * LENGTH).from_address(make(tag and tag.encode()))


def content(offset, length):
    return bytes((i + i // 251 + length) % 256 for i in range(offset, offset + length))


def expected():
    memory = bytearray(LENGTH)
    for offset, length in SPANS:
        memory[offset:offset + length] = content(offset, length)
    return memory


def put_and_get(window):
    """Between two fences each, so that all is where it should be after the second."""
    for offset, length in SPANS:
        if RANK == WRITER:
            window.Put([content(offset, length), MPI.BYTE], OWNER, [offset, length, MPI.BYTE])
        window.Fence()
    found = bytearray(LENGTH)
    if RANK == WRITER:
        window.Get([found, MPI.BYTE], OWNER)
    window.Fence()
    if RANK == WRITER and found != expected():
        sys.exit("what was read is not what was written")


memory = device_memory(*sys.argv[1:]) if RANK == OWNER else None
window = MPI.Win.Create(memory, comm=MPI.COMM_WORLD)
window.Fence()
put_and_get(window)
if RANK == OWNER and bytes(memory) != expected():
    sys.exit("the accelerator's memory is not what was written")
window.Free()
