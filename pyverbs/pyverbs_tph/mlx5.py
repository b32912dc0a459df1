# SPDX-License-Identifier: GPL-2.0 OR Linux-OpenIB
"""What mlx5 devices can send, and what the requests of a memory region do carry: libmlx5-tph."""

import ctypes
import dataclasses

from pyverbs.device import Context
from pyverbs.mr import MR
from pyverbs.pd import PD

from . import enums, native
from .arguments import owner
from .errors import TphClosedError, TphError

_lib = native.load(
    "libmlx5-tph.so.1",
    mlx5dv_tph_query_mr_handle=[ctypes.c_int, ctypes.c_uint32, ctypes.POINTER(native.MrInfo)],
    mlx5dv_tph_query_device_handle=[ctypes.c_int, ctypes.POINTER(native.DeviceInfo)])


class _Printed:
    """As pyverbs prints: a line an attribute, numbers in decimal but for tags."""

    def __str__(self):
        lines = [f"{type(self).__name__}:"]
        for field in dataclasses.fields(self):
            value = getattr(self, field.name)
            text = value.name if hasattr(value, "name") and value.name else value
            if field.name == "steering_tag":
                text = f"{value:#x}"
            lines.append(f"  {field.name.replace('_', ' '):22}: {text!s:<20}")
        return "\n".join(lines) + "\n"


@dataclasses.dataclass(frozen=True)
class TphMrInfo(_Printed):
    """What the requests of a memory region carry.

    source          enums.mlx5dv_tph_source; of NONE all but revalidations and state is 0
    tph_namespace   enums.ibv_tph_namespace: IBV_TPH_NS_ST or IBV_TPH_NS_ST_EXT
    steering_tag    0 to 0xff, or in the 16-bit namespace to 0xffff
    st_index        entry of the device's steering tag table that has it, 0 for tag 0; without a
                    table the tag itself
    ph              processing hint: 0 bidirectional, 1 requester, 2 target, 3 target with priority
    revalidations   how often the exporter was asked again since the registration; wraps at 2**32
    state           enums.mlx5dv_tph_state

    A source or state that this version does not know is a plain number.
    """
    source: enums.mlx5dv_tph_source
    tph_namespace: enums.ibv_tph_namespace
    steering_tag: int
    st_index: int
    ph: int
    revalidations: int
    state: enums.mlx5dv_tph_state


@dataclasses.dataclass(frozen=True)
class TphDeviceInfo(_Printed):
    """What memory regions of a device can have.

    tph_namespace   enums.ibv_tph_namespace that the device sends; IBV_TPH_NS_NONE: it sends none
    flags           enums.mlx5dv_tph_device_flags
    st_entries      entries of its steering tag table, with the first one, which is never used
    st_free         entries that nobody uses
    st_reserved     entries that are kept for the tags of CPUs
    st_available    how many more tags this process can have before IBV_TPH_REQUIRE fails with
                    ENOSPC

    Without MLX5DV_TPH_DEVICE_TABLE the last four are 0.
    """
    tph_namespace: enums.ibv_tph_namespace
    flags: enums.mlx5dv_tph_device_flags
    st_entries: int
    st_free: int
    st_reserved: int
    st_available: int


def query_device(ctx):
    """What memory regions of the device can have: a TphDeviceInfo, which is a snapshot.

    :param ctx: An open pyverbs.device.Context; as with its own methods, a closed one ends the
                process where pyverbs is of rdma-core 44 or 56
    :raises TphError: EOPNOTSUPP (not an mlx5 device, or the kernel does not have the query; it may
                      import hints all the same), EIO (the device has been removed)
    """
    if not isinstance(ctx, Context):
        raise TypeError(f"a pyverbs Context is needed, not {type(ctx).__name__}")
    info = native.DeviceInfo()
    err = _lib.mlx5dv_tph_query_device_handle(ctx.cmd_fd, info)
    if err:
        raise TphError(f"Failed to query the TPH of device {ctx.name}", err)
    return TphDeviceInfo(
        tph_namespace=enums.member(enums.ibv_tph_namespace, info.tph_namespace),
        flags=enums.mlx5dv_tph_device_flags(info.flags), st_entries=info.st_entries,
        st_free=info.st_free, st_reserved=info.st_reserved, st_available=info.st_available)


def query_mr(mr):
    """What the requests of a memory region carry now: a TphMrInfo, from the device's live table.

    :param mr: Any MR of pyverbs that was made in a PD. What registers a dma-buf imports hints by
               itself, so a plain DmaBufMR may have some
    :raises TphClosedError: The MR is closed, or was not made in a PD but by a CMID
    :raises TphError: EOPNOTSUPP (not of an mlx5 device, or the kernel does not have the query), EIO
                      (the device has been removed), ENOENT (it was destroyed by its handle), EBUSY
                      (it is being destroyed)
    """
    if not isinstance(mr, MR):
        raise TypeError(f"a pyverbs MR is needed, not {type(mr).__name__}")
    pd = owner(mr, PD)
    ctx = pd and owner(pd, Context)
    if not ctx:
        raise TphClosedError("The MR is closed, or has no PD")
    info = native.MrInfo()
    err = _lib.mlx5dv_tph_query_mr_handle(ctx.cmd_fd, mr.handle, info)
    if err:
        raise TphError(f"Failed to query the TPH of MR {mr.handle}", err)
    return TphMrInfo(
        source=enums.member(enums.mlx5dv_tph_source, info.source),
        tph_namespace=enums.member(enums.ibv_tph_namespace, info.tph_namespace),
        steering_tag=info.steering_tag, st_index=info.st_index, ph=info.ph,
        revalidations=info.revalidations, state=enums.member(enums.mlx5dv_tph_state, info.state))
