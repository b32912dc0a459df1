# SPDX-License-Identifier: GPL-2.0 OR Linux-OpenIB
"""Memory regions whose requests carry the steering tag that the exporter of their dma-buf
published: libibverbs-tph.
"""

import ctypes
import errno

from pyverbs.device import Context
from pyverbs.mr import MR, DmaBufMR
from pyverbs.pd import PD
from pyverbs.pyverbs_error import PyverbsRDMAError

from . import enums, native
from .arguments import owner, signed, unsigned
from .errors import TphArgumentError, TphClosedError, TphError
from .vfio import VfioDmaBuf

_lib = native.load(
    "libibverbs-tph.so.1",
    ibv_tph_reg_dmabuf_mr_handle=[ctypes.c_int, ctypes.c_uint32,
                                  ctypes.POINTER(native.DmaBufMrAttr),
                                  ctypes.POINTER(ctypes.c_uint32)],
    ibv_tph_dereg_mr_handle=[ctypes.c_int, ctypes.c_uint32])


def _open_attribute(name, says):
    """A property of pyverbs' MR, which reads it through a NULL pointer once the MR is closed."""
    def get(self):
        self._check_open()
        return getattr(super(TphDmaBufMR, self), name)
    return property(get, doc=says)


class TphDmaBufMR(DmaBufMR):
    """A memory region of a dma-buf, with the exporter's steering tag in its requests.

    It is one of pyverbs' DmaBufMR: it goes wherever those do, into SGEs, work requests and CMIDs,
    its PD closes it, and so does the VfioDmaBuf it is of. What the requests carry
    pyverbs_tph.mlx5.query_mr() tells.
    """
    # What a region has that was not registered, or whose attributes are gone because it is being
    # collected: pyverbs calls close() once more then.
    _is_open = False
    _dmabuf = None
    _offset = _iova = 0

    # pylint: disable-next=super-init-not-called,too-many-arguments
    def __init__(self, pd, length, access, dmabuf, offset=0, iova=None,
                 tph_namespace=enums.IBV_TPH_NS_AUTO, tph_flags=0):
        """Registers a part of a dma-buf. The exporter's tag is read now: it publishes first.

        :param pd: The PD it will belong to
        :param length: Bytes
        :param access: ibv_access_flags of pyverbs
        :param dmabuf: A VfioDmaBuf, which then closes the region before itself; or a file
                       descriptor; or pyverbs' own DmaBuf
        :param offset: First byte within the dma-buf
        :param iova: Address of the first byte in work requests; equal to offset in the bits below
                     the page size. The offset, unless said otherwise
        :param tph_namespace: enums.ibv_tph_namespace, which of the exporter's tags to take
        :param tph_flags: enums.IBV_TPH_REQUIRE, or 0: where no tag can be sent, the region is one
                          without
        :raises TphClosedError: The PD, or the dma-buf, is closed
        :raises TphError: The first that applies of
            EINVAL      tph_namespace or tph_flags is unknown; IBV_TPH_REQUIRE of IBV_TPH_NS_NONE
            EOPNOTSUPP  IBV_TPH_REQUIRE, and kernel or driver do not know it; the device cannot
                        register dma-bufs; iova is not the offset, and the device's provider in
                        rdma-core takes no regions over
            EINVAL      iova and offset do not agree; access is wrong
            EBADF       dmabuf is a file descriptor that is not open
            EINVAL      dmabuf is no dma-buf, or does not have all of it; length is 0
            ENODEV      the exporter revoked the dma-buf: its device was closed or reset
            EOPNOTSUPP  IBV_TPH_REQUIRE, and no tag in that namespace can be sent: not published,
                        not the device's namespace, too wide for it, or TPH is off
            ENOSPC      IBV_TPH_REQUIRE, and there is no room for the tag in the device's table
            EIO         IBV_TPH_REQUIRE, and writing that table failed
            EAGAIN      IBV_TPH_REQUIRE, and the exporter kept replacing its tags
            ENOMEM      no memory, or no memory region left
        """
        ctx = _context_of(pd)
        fd = getattr(dmabuf, "fd", dmabuf)
        attr = native.DmaBufMrAttr(
            offset=unsigned("offset", offset, 64), length=unsigned("length", length, 64),
            iova=unsigned("iova", offset if iova is None else iova, 64), fd=signed("fd", fd),
            access=signed("access", access),
            tph_namespace=unsigned("tph_namespace", tph_namespace, 32),
            tph_flags=unsigned("tph_flags", tph_flags, 32))
        self._register(pd, ctx.cmd_fd, attr)
        self._is_open = True
        self._dmabuf, self._offset, self._iova = dmabuf, attr.offset, attr.iova
        if isinstance(dmabuf, VfioDmaBuf):
            dmabuf.add_ref(self)

    def _register(self, pd, cmd_fd, attr):
        handle = ctypes.c_uint32()
        err = _lib.ibv_tph_reg_dmabuf_mr_handle(cmd_fd, pd.handle, attr, handle)
        if err:
            raise TphError(f"Failed to register a dma-buf MR. {_described(attr)}", err)
        try:
            # Of a DmaBufMR, pyverbs destroys what was imported, too: it is this object's own.
            MR.__init__(self, pd, attr.length, attr.access, address=attr.iova,
                        handle=handle.value)
        except PyverbsRDMAError as error:
            _lib.ibv_tph_dereg_mr_handle(cmd_fd, handle)
            self._register_plainly(pd, attr, error)

    def _register_plainly(self, pd, attr, error):
        """The way of a provider that takes no regions over: its driver imports no hints either."""
        if error.error_code != errno.EOPNOTSUPP or attr.tph_flags or attr.iova != attr.offset:
            raise TphError(f"Failed to take over a dma-buf MR. {_described(attr)}",
                           error.error_code) from error
        super().__init__(pd, attr.length, attr.access, attr.fd, attr.offset)

    def __del__(self):
        self.close()

    def close(self):
        """Deregisters the region; nothing more when that has been done.

        :raises PyverbsRDMAError: What the device's driver says when it cannot; the region stays
        """
        if self._is_open:
            super().close()
            self._is_open = False
            self._dmabuf = None

    def _check_open(self):
        if not self._is_open:
            raise TphClosedError("The MR is closed")

    lkey = _open_attribute("lkey", "Key for local SGEs")
    rkey = _open_attribute("rkey", "Key for the other side's requests")
    length = _open_attribute("length", "Bytes")
    handle = _open_attribute("handle", "The kernel's name for it")

    @property
    def buf(self):
        """Address of the first byte in work requests: the iova"""
        self._check_open()
        return self._iova

    @property
    def offset(self):
        """First byte within the dma-buf"""
        self._check_open()
        return self._offset

    @property
    def dmabuf(self):
        """What it was registered from"""
        self._check_open()
        return self._dmabuf

    def write(self, data, length, offset=0):
        """Writes to the memory by CPU, past NIC and hints.

        :param data: bytes, or a str, which is encoded as UTF-8
        :param length: How many of them
        :param offset: First byte within the region
        :raises TphArgumentError: There is not so much data, or memory; only a VfioDmaBuf can be
                                  reached by CPU
        """
        self._memory(length, offset).write(data, length, self._offset + offset)

    def read(self, length, offset=0):
        """Reads the memory by CPU: bytes. Parameters and errors as of write()."""
        return self._memory(length, offset).read(length, self._offset + offset)

    def _memory(self, length, offset):
        self._check_open()
        if not isinstance(self._dmabuf, VfioDmaBuf):
            raise TphArgumentError("Only a region of a VfioDmaBuf can be reached by CPU")
        if not 0 <= offset <= offset + length <= self.length:
            raise TphArgumentError(f"{length} bytes at {offset} are not in a region of "
                                   f"{self.length}")
        return self._dmabuf

    def rereg(self, *args, **kwargs):
        """Cannot be done: close it and register anew. pyverbs says so, by EINVAL."""
        self._check_open()
        super().rereg(*args, **kwargs)

    def unimport(self):
        """Is not for this region, which belongs to nobody else: close() it."""
        raise TphArgumentError("The MR belongs to no other process: close() it")

    def __str__(self):
        self._check_open()
        return super().__str__()


def _context_of(pd):
    if not isinstance(pd, PD):
        raise TypeError(f"a pyverbs PD is needed, not {type(pd).__name__}")
    ctx = owner(pd, Context)
    if not ctx:
        raise TphClosedError("The PD is closed")
    return ctx


def _described(attr):
    namespace = enums.member(enums.ibv_tph_namespace, attr.tph_namespace)
    return (f"offset: {attr.offset}, length: {attr.length}, access flags: {attr.access}, "
            f"namespace: {getattr(namespace, 'name', namespace)}, TPH flags: {attr.tph_flags}")
