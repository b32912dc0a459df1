# SPDX-License-Identifier: GPL-2.0 OR Linux-OpenIB
"""The owner of a PCI device in user space, as exporter: opens the device through vfio-pci, exports
parts of a BAR as a dma-buf, publishes the steering tags that writers should send: libvfio-tph.
"""

import ctypes
import os
import threading
import weakref

from pyverbs.base import PyverbsCM

from . import native
from .arguments import unsigned
from .errors import TphArgumentError, TphClosedError, TphError

_device = ctypes.c_void_p
_reason = ctypes.POINTER(native.Reason)
_lib = native.load(
    "libvfio-tph.so.1",
    vfio_tph_open=[ctypes.c_char_p, _reason],
    vfio_tph_close=[_device],
    vfio_tph_device_fd=[_device],
    vfio_tph_probe=[_device, _reason],
    vfio_tph_bar_size=[_device, ctypes.c_uint, ctypes.POINTER(ctypes.c_uint64), _reason],
    vfio_tph_map_bar=[_device, ctypes.c_uint, ctypes.c_uint64, ctypes.c_uint64,
                      ctypes.POINTER(ctypes.c_void_p), _reason],
    vfio_tph_export_ranges=[_device, ctypes.c_uint, ctypes.POINTER(native.Range), ctypes.c_size_t,
                            ctypes.POINTER(ctypes.c_int), _reason],
    vfio_tph_publish=[_device, ctypes.c_int, ctypes.POINTER(native.Tags), _reason])
_lib.vfio_tph_open.restype = _device
_lib.vfio_tph_close.restype = None
_libc = ctypes.CDLL(None)
_libc.munmap.argtypes = [ctypes.c_void_p, ctypes.c_size_t]


class VfioDevice(PyverbsCM):
    """A PCI device that is bound to vfio-pci, open.

    Threads may share it and its dma-bufs. After a fork() both processes have it, and each closes
    it: it is open until the last of them has.
    """
    _pointer = None

    def __init__(self, address):
        """Opens the device, by its own node and iommufd or by its VFIO group; no-IOMMU mode, too.
        The kernel resets it, if it can be reset.

        :param address: "DDDD:BB:DD.F", or "BB:DD.F" in domain 0, hexadecimal; a domain has up to
                        8 digits
        :raises TphError: The first that applies of
            EINVAL  address has another form
            ENODEV  there is no such PCI device
            ENXIO   it has no driver, or one that is not VFIO's
            ENOENT  the device nodes of VFIO are missing
            EACCES  no permission for them
            EPERM   no-IOMMU mode without CAP_SYS_RAWIO
            EBUSY   the device, or another one of its group, is in use
            ENOMEM  no memory
        """
        super().__init__()
        self.lock = threading.RLock()           # of this object, and of its dma-bufs
        self._dmabufs = weakref.WeakSet()
        self.address = address
        if "\0" in address:
            raise TphArgumentError(f"{address!r} is no PCI address: C sees no NUL")
        reason = native.Reason()
        self._pointer = _lib.vfio_tph_open(address.encode(), reason)
        if not self._pointer:
            raise TphError(str(reason), ctypes.get_errno(), whole=True)

    def __del__(self):
        self.close()

    def close(self):
        """Closes the device: first its dma-bufs, and their memory regions before them. Whoever else
        registered one loses the memory: the kernel revokes it.
        """
        if self._pointer is None:
            return
        with self.lock:
            for dmabuf in list(self._dmabufs):
                dmabuf.close()
            pointer, self._pointer = self._pointer, None
            _lib.vfio_tph_close(pointer)

    def call(self, name, *arguments):
        """Calls a function of libvfio-tph that takes the device first and a reason last; TphError
        with this reason if it fails. For this module.
        """
        reason = native.Reason()
        with self.lock:
            err = getattr(_lib, name)(self._open_pointer(), *arguments, reason)
        if err:
            raise TphError(str(reason), err, whole=True)

    def _open_pointer(self):
        if self._pointer is None:
            raise TphClosedError(f"The device {self.address} is closed")
        return self._pointer

    def add_ref(self, dmabuf):
        """The dma-buf is to be closed before the device."""
        self._dmabufs.add(dmabuf)

    @property
    def fd(self):
        """The VFIO device's file descriptor, for what this class does not do; not to be closed"""
        with self.lock:
            return _lib.vfio_tph_device_fd(self._open_pointer())

    def probe(self):
        """Whether tags can be published for the device: returns, or says why not.

        :raises TphError: EOPNOTSUPP (no TPH completer, or bound to a driver that exports no
                          dma-bufs), ENOTTY (the kernel does not have it)
        """
        self.call("vfio_tph_probe")

    def bar_size(self, bar):
        """Bytes of a BAR.

        :param bar: 0 to 5; of a 64-bit BAR the lower number
        :raises TphError: EINVAL (bar is above 5), ENXIO (it is not implemented, or an I/O BAR)
        """
        size = ctypes.c_uint64()
        self.call("vfio_tph_bar_size", unsigned("bar", bar, 32), size)
        return size.value

    def __str__(self):
        state = "closed" if self._pointer is None else "open"
        return f"VFIO device {self.address}, {state}"


class VfioDmaBuf(PyverbsCM):
    """Parts of a BAR as a dma-buf, one right behind the other."""
    _fd = None

    def __init__(self, device, bar, ranges):
        """Exports them. There are no tags yet: publish() some, then register it.

        :param device: The VfioDevice, which closes it before itself
        :param bar: 0 to 5; of a 64-bit BAR the lower number
        :param ranges: (offset, length) of each part in bytes, multiples of the page size; up to
                       1024 of them. The same memory may be in several
        :raises TphClosedError: The device is closed
        :raises TphError: The first that applies of
            EINVAL      bar is above 5
            ENXIO       the BAR is not implemented, or an I/O BAR
            EINVAL      there is no range, or there are too many; one is not aligned, or empty
            ERANGE      one is beyond the end of the BAR
            ENOTTY      the kernel exports no BARs (Linux 6.19, CONFIG_VFIO_PCI_DMABUF)
            EOPNOTSUPP  the device's VFIO driver does not
            ENODEV      the BAR's resource is not claimed, or the device is going away
            ENOMEM, EMFILE  no memory, no file descriptor left
        """
        super().__init__()
        if not isinstance(device, VfioDevice):
            raise TypeError(f"a VfioDevice is needed, not {type(device).__name__}")
        self._mrs = weakref.WeakSet()
        self._mappings = []
        self._device = device
        self._bar = unsigned("bar", bar, 32)
        self._ranges = [(unsigned("offset", offset, 64), unsigned("length", length, 64))
                        for offset, length in ranges]
        fd = ctypes.c_int()
        array = (native.Range * len(self._ranges))(*self._ranges)
        device.call("vfio_tph_export_ranges", self._bar, array, len(array), fd)
        self._fd = fd.value
        device.add_ref(self)

    def __del__(self):
        self.close()

    def close(self):
        """Closes the dma-buf, and before it the TphDmaBufMRs that were made of this object. Memory
        regions of others stay: the dma-buf lives as long as they.
        """
        if self._fd is None:
            return
        with self._device.lock:
            for mr in list(self._mrs):
                mr.close()
            while self._mappings:
                _, address, length = self._mappings.pop()
                _libc.munmap(address, length)
            fd, self._fd = self._fd, None
            if fd is not None:          # another thread was first
                os.close(fd)

    def add_ref(self, mr):
        """The region is to be closed before the dma-buf."""
        self._mrs.add(mr)

    @property
    def fd(self):
        """Its file descriptor, to be handed to importers; not to be closed"""
        if self._fd is None:
            raise TphClosedError("The dma-buf is closed")
        return self._fd

    @property
    def size(self):
        """Bytes, of all ranges together"""
        return sum(length for _, length in self._ranges)

    def publish(self, st=None, st_ext=None, ph=0):
        """Says which tags writers should send, in place of all that was said before. What was
        registered before does not change by it.

        :param st: Tag of the 8-bit namespace, 0 to 0xff, or None: there is none
        :param st_ext: Tag of the 16-bit namespace, 0 to 0xffff, or None. At least one of the two is
                       needed; clear() takes both back
        :param ph: Processing hint of both: 0 bidirectional, 1 requester, 2 target, 3 target with
                   priority
        :raises TphClosedError: The dma-buf, or its device, is closed
        :raises TphError: The first that applies of
            ENOTTY      the kernel does not have it
            EOPNOTSUPP  the device is no TPH completer, or its driver exports no dma-bufs
            EINVAL      ph is above 3
            EOPNOTSUPP  st_ext, and the device completes 8-bit tags only
            EINTR       a signal came while an importer had the dma-buf locked; nothing changed
        """
        if st is None and st_ext is None:
            raise TphArgumentError("A tag is needed, st or st_ext; clear() takes tags back")
        tags = native.Tags(ph=unsigned("ph", ph, 8))
        if st is not None:
            tags.flags |= native.VFIO_TPH_TAG_ST
            tags.st = unsigned("st", st, 8)
        if st_ext is not None:
            tags.flags |= native.VFIO_TPH_TAG_ST_EXT
            tags.st_ext = unsigned("st_ext", st_ext, 16)
        self._publish(tags)

    def clear(self):
        """Says that writers should send no tag, in either namespace. Errors as of publish()."""
        self._publish(native.Tags())

    def _publish(self, tags):
        with self._device.lock:
            self._device.call("vfio_tph_publish", self.fd, tags)

    def write(self, data, length, offset=0):
        """Writes to the device's memory by CPU, uncached.

        :param data: bytes, or a str, which is encoded as UTF-8
        :param length: How many of them
        :param offset: First byte within the dma-buf
        :raises TphClosedError: The dma-buf, or its device, is closed
        :raises TphArgumentError: There is not so much data, or memory
        :raises TphError: ENODEV (the kernel does not let the BAR be mapped), ENOMEM
        """
        data = data.encode() if isinstance(data, str) else bytes(memoryview(data))
        if length > len(data):
            raise TphArgumentError(f"There are {len(data)} bytes, not {length}")
        with self._device.lock:
            for address, size in self._pieces(length, offset):
                ctypes.memmove(address, data, size)
                data = data[size:]

    def read(self, length, offset=0):
        """Reads the device's memory by CPU: bytes. Parameters and errors as of write()."""
        with self._device.lock:
            return b"".join(ctypes.string_at(*piece) for piece in self._pieces(length, offset))

    def _pieces(self, length, offset):
        """(address, bytes) of each part of this range."""
        end = offset + length
        if self._fd is None:
            raise TphClosedError("The dma-buf is closed")
        if not 0 <= offset <= end <= self.size:
            raise TphArgumentError(f"{length} bytes at {offset} are not in a dma-buf of "
                                   f"{self.size}")
        self._map()
        return [(address + max(offset - start, 0), min(end, start + size) - max(offset, start))
                for start, address, size in self._mappings
                if max(offset, start) < min(end, start + size)]

    def _map(self):
        """The ranges that are not mapped yet."""
        for offset, length in self._ranges[len(self._mappings):]:
            address = ctypes.c_void_p()
            self._device.call("vfio_tph_map_bar", self._bar, offset, length, address)
            start = sum(size for _, _, size in self._mappings)
            self._mappings.append((start, address.value, length))

    def __str__(self):
        state = "closed" if self._fd is None else f"fd {self._fd}"
        return f"dma-buf of {self.size} bytes of BAR{self._bar} of {self._device.address}, {state}"
