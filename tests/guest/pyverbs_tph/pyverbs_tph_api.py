# SPDX-License-Identifier: GPL-2.0 OR Linux-OpenIB
"""pyverbs_tph, call by call: what it gives, what it refuses and by which errno, and what is left of
an object once it or what it belongs to is closed.
"""

import errno
import gc
import itertools
import os
import tempfile
import threading
from unittest import mock

from pyverbs.mr import MR, DmaBufMR, MWBindInfo
from pyverbs.pd import PD
from pyverbs.pyverbs_error import PyverbsRDMAError

from pyverbs_tph.errors import TphArgumentError, TphClosedError, TphError
from pyverbs_tph.mr import TphDmaBufMR
from pyverbs_tph.vfio import VfioDevice, VfioDmaBuf
import pyverbs_tph.enums as te
import pyverbs_tph.mlx5 as tm

from pyverbs_tph_base import ACCELERATOR, ACCESS, BAR, LENGTH, PAGE, TphTestCase, e

TAG, PH = 0xa7, 1
ST_ENTRIES = 64         # of the NIC
NONE = tm.TphMrInfo(te.MLX5DV_TPH_SOURCE_NONE, te.IBV_TPH_NS_NONE, 0, 0, 0, 0,
                    te.MLX5DV_TPH_STATE_NONE)


class TphDmaBufMRTest(TphTestCase):
    """Registrations and queries."""

    def in_effect(self, mr, tag=TAG, ph=PH):
        """Of a region that has the tag; which entry has it is the driver's business."""
        info = tm.query_mr(mr)
        self.assertEqual(info, tm.TphMrInfo(
            te.MLX5DV_TPH_SOURCE_EXPORTER, self.emitted, tag, info.st_index, ph, 0,
            te.MLX5DV_TPH_STATE_IN_EFFECT))
        self.assertEqual(info.st_index == 0, tag == 0)

    def registers(self, asked, flags, tagged):
        with self.register(tph_namespace=asked, tph_flags=flags) as mr:
            if tagged:
                self.in_effect(mr)
            else:
                self.assertEqual(tm.query_mr(mr), NONE)

    def test_namespaces(self):
        """Each namespace, required or not, for each state of the exporter"""
        bits = {te.IBV_TPH_NS_ST: 1, te.IBV_TPH_NS_ST_EXT: 2}
        for published, asked, flags in itertools.product(
                range(4), te.ibv_tph_namespace, (0, te.IBV_TPH_REQUIRE)):
            self.dmabuf.clear()
            if published:
                self.dmabuf.publish(st=TAG if published & 1 else None,
                                    st_ext=TAG if published & 2 else None, ph=PH)
            wanted = self.emitted if asked == te.IBV_TPH_NS_AUTO else asked
            tagged = wanted == self.emitted and bool(published & bits[self.emitted])
            with self.subTest(published=published, asked=asked, flags=flags):
                if flags and asked == te.IBV_TPH_NS_NONE:
                    self.refused(errno.EINVAL, self.register, tph_namespace=asked, tph_flags=flags)
                elif flags and not tagged:
                    self.refused(errno.EOPNOTSUPP, self.register, tph_namespace=asked,
                                 tph_flags=flags)
                else:
                    self.registers(asked, flags, tagged)

    def test_is_pyverbs_own(self):
        """A region is what pyverbs takes for one, with its keys, its length and its address"""
        with self.register() as mr:
            self.assertIsInstance(mr, DmaBufMR)
            self.assertEqual((mr.length, mr.buf, mr.offset, mr.dmabuf),
                             (LENGTH, 0, 0, self.dmabuf))
            self.assertTrue(mr.lkey and mr.rkey)
            self.assertEqual(MWBindInfo(mr, mr.buf, PAGE, 0).length, PAGE)
            self.assertIn(f"{'lkey':22}: {mr.lkey:<20}\n", str(mr))
        with self.register(length=PAGE, offset=3 * PAGE) as mr:
            self.assertEqual((mr.length, mr.buf, mr.offset), (PAGE, 3 * PAGE, 3 * PAGE))

    def test_refused(self):
        """What is wrong is refused by its errno, and leaves nothing"""
        with tempfile.TemporaryFile() as file:
            for code, changes in (
                    (errno.EINVAL, {"tph_namespace": 4}),
                    (errno.EINVAL, {"tph_flags": 2}),
                    (errno.EINVAL, {"length": 0}),
                    (errno.EINVAL, {"length": LENGTH + PAGE}),
                    (errno.EINVAL, {"offset": LENGTH}),
                    (errno.EINVAL, {"iova": 1}),
                    (errno.EINVAL, {"access": e.ibv_access_flags.IBV_ACCESS_REMOTE_WRITE}),
                    (errno.EBADF, {"dmabuf": -1}),
                    (errno.EINVAL, {"dmabuf": file.fileno()})):
                with self.subTest(changes=changes):
                    said = self.refused(code, self.register, **changes)
                    self.assertIn(f"Errno: {code}, {os.strerror(code)}", said)

    def test_cut_off(self):
        """A number that C would cut off is refused before"""
        for name, bits in (("offset", 64), ("length", 64), ("iova", 64), ("tph_namespace", 32),
                           ("tph_flags", 32), ("access", 31), ("dmabuf", 31)):
            with self.subTest(name=name), self.assertRaises(TphArgumentError):
                self.register(**{name: 1 << bits})
        for name in ("offset", "length", "iova"):
            with self.subTest(name=name), self.assertRaises(TphArgumentError):
                self.register(**{name: -1})

    def test_table_full(self):
        """Tags run out when the device said they would, and are there again afterwards"""
        before = tm.query_device(self.ctx)
        regions = []
        for tag in range(1, before.st_available + 1):
            self.publish(tag)
            regions.append(self.register(tph_flags=te.IBV_TPH_REQUIRE))
        self.assertEqual(tm.query_device(self.ctx).st_available, 0)
        self.publish(0xff)
        self.refused(errno.ENOSPC, self.register, tph_flags=te.IBV_TPH_REQUIRE)
        with self.register() as mr:
            self.assertEqual(tm.query_mr(mr), NONE)
        for mr in regions:
            mr.close()
        self.assertEqual(tm.query_device(self.ctx), before)

    def test_device(self):
        """The query of the device says what its table has room for"""
        self.assertEqual(tm.query_device(self.ctx), tm.TphDeviceInfo(
            self.emitted, te.MLX5DV_TPH_DEVICE_IMPORT | te.MLX5DV_TPH_DEVICE_REQUIRE |
            te.MLX5DV_TPH_DEVICE_ENABLED | te.MLX5DV_TPH_DEVICE_TABLE,
            ST_ENTRIES, ST_ENTRIES - 1, ST_ENTRIES // 4,
            (ST_ENTRIES - 1 - ST_ENTRIES // 4 + 1) // 2))

    def test_query_others(self):
        """Regions of pyverbs' own can be asked, too: of a dma-buf they have the exporter's tag"""
        self.publish(TAG, PH)
        with DmaBufMR(self.pd, LENGTH, ACCESS, self.dmabuf.fd) as mr:
            self.in_effect(mr)
        with MR(self.pd, PAGE, e.ibv_access_flags.IBV_ACCESS_LOCAL_WRITE) as mr:
            self.assertEqual(tm.query_mr(mr), NONE)
        with self.assertRaises(TphClosedError):
            tm.query_mr(mr)

    def test_later(self):
        """What is published, or taken back, after a registration does not change it"""
        self.publish(TAG, PH)
        with self.register() as mr:
            self.publish(TAG + 1, PH)
            self.in_effect(mr)
            self.dmabuf.clear()
            self.in_effect(mr)
            with self.register() as later:
                self.assertEqual(tm.query_mr(later), NONE)

    def test_revoked(self):
        """Once the device is closed, what its dma-buf was cannot be registered any more"""
        fd = os.dup(self.dmabuf.fd)
        try:
            self.device.close()
            self.refused(errno.ENODEV, self.register, dmabuf=fd)
        finally:
            os.close(fd)

    def test_rereg(self):
        """A region cannot be registered anew, or given away"""
        with self.register() as mr:
            with self.assertRaises(PyverbsRDMAError):
                mr.rereg(e.ibv_rereg_mr_flags.IBV_REREG_MR_CHANGE_ACCESS, self.pd, access=ACCESS)
            with self.assertRaises(TphArgumentError):
                mr.unimport()
            self.assertEqual(tm.query_mr(mr), NONE)

    def test_no_memory_of_ours(self):
        """The CPU reaches regions of a VfioDmaBuf alone, and only what is in them"""
        with self.register(dmabuf=self.dmabuf.fd) as mr, self.assertRaises(TphArgumentError):
            mr.read(1)
        with self.register(length=PAGE, offset=PAGE) as mr:
            mr.write("abc", 3, PAGE - 3)
            self.assertEqual(mr.read(4, PAGE - 4)[1:], b"abc")
            self.assertEqual(self.dmabuf.read(3, 2 * PAGE - 3), b"abc")
            for length, offset in ((1, PAGE), (PAGE + 1, 0), (1, -1), (-1, 1)):
                with self.subTest(length=length, offset=offset):
                    with self.assertRaises(TphArgumentError):
                        mr.read(length, offset)
                    with self.assertRaises(TphArgumentError):
                        mr.write(bytes(PAGE + 1), length, offset)


class ProviderTest(TphTestCase):
    """A provider of rdma-core that takes no regions over, as all but mlx5."""

    @staticmethod
    def refusing(code):
        """Instead of pyverbs' MR, whose import is what a provider has or has not."""
        class Refusing:
            def __init__(self, *_, **__):
                raise PyverbsRDMAError("Failed to import MR", code)
        return mock.patch("pyverbs_tph.mr.MR", Refusing)

    def test_plain(self):
        """The region is a plain one then, and there is no second one in the kernel"""
        with self.refusing(errno.EOPNOTSUPP), self.register(length=PAGE, offset=PAGE) as mr:
            self.assertEqual((mr.length, mr.buf, mr.offset), (PAGE, PAGE, PAGE))
            mr.write(b"abc", 3)
            self.assertEqual(mr.read(3), b"abc")
        # tearDown() closes the PD, which fails while it has a region.

    def test_not_plain(self):
        """What pyverbs cannot do in a plain way is refused: tags, an address of its own"""
        self.publish(TAG, PH)
        with self.refusing(errno.EOPNOTSUPP):
            self.refused(errno.EOPNOTSUPP, self.register, tph_flags=te.IBV_TPH_REQUIRE)
            self.refused(errno.EOPNOTSUPP, self.register, iova=PAGE)

    def test_failed(self):
        """An import that fails for another reason is a failure, and leaves nothing"""
        with self.refusing(errno.ENOMEM):
            self.refused(errno.ENOMEM, self.register)


class DestructionTest(TphTestCase):
    """What goes in which order, and what a closed object says."""

    def exists(self, handle):
        """Whether the kernel has it, as only its handle is known."""
        info = tm.native.MrInfo()
        err = tm._lib.mlx5dv_tph_query_mr_handle(self.ctx.cmd_fd, handle, info)
        self.assertIn(err, (0, errno.ENOENT))
        return err == 0

    def closed(self, mr):
        """It is, in every respect."""
        for use in (lambda: mr.lkey, lambda: mr.rkey, lambda: mr.length, lambda: mr.handle,
                    lambda: mr.buf, lambda: mr.offset, lambda: mr.dmabuf, lambda: mr.read(1),
                    lambda: mr.write(b"a", 1), lambda: mr.rereg(0), lambda: str(mr),
                    lambda: tm.query_mr(mr)):
            with self.assertRaises(TphClosedError):
                use()
        mr.close()

    def test_close(self):
        """A closed region is gone from the kernel, once, and says so whatever it is asked"""
        with self.register() as mr:
            handle = mr.handle
            self.assertTrue(self.exists(handle))
        self.assertFalse(self.exists(handle))
        self.closed(mr)
        # Handles are used again at once: a second destruction would hit another region.
        with self.register() as other:
            self.assertEqual(other.handle, handle)
            mr.close()
            self.assertTrue(self.exists(handle))

    def test_pd(self):
        """A PD closes its regions before itself, and registers no more"""
        mr = self.register()
        self.pd.close()
        self.closed(mr)
        with self.assertRaises(TphClosedError):
            self.register()

    def test_context(self):
        """A context closes its PDs' regions"""
        mr = self.register()
        self.ctx.close()
        self.closed(mr)
        with self.assertRaises(TphClosedError):
            self.register()

    def test_dmabuf(self):
        """A dma-buf closes its regions before itself"""
        mr, fd = self.register(), self.dmabuf.fd
        handle = mr.handle
        self.dmabuf.close()
        self.assertFalse(self.exists(handle))
        self.closed(mr)
        with self.assertRaises(OSError):
            os.fstat(fd)
        for use in (lambda: self.dmabuf.fd, self.dmabuf.clear, lambda: self.dmabuf.publish(st=1),
                    lambda: self.dmabuf.read(1), lambda: self.dmabuf.write(b"a", 1),
                    self.register):
            with self.assertRaises(TphClosedError):
                use()
        self.dmabuf.close()
        self.assertIn("closed", str(self.dmabuf))

    def test_device(self):
        """A device closes its dma-bufs, and their regions, before itself"""
        mr = self.register()
        self.device.close()
        self.closed(mr)
        for use in (lambda: self.device.fd, self.device.probe, lambda: self.device.bar_size(BAR),
                    lambda: VfioDmaBuf(self.device, BAR, [(0, PAGE)]), lambda: self.dmabuf.fd):
            with self.assertRaises(TphClosedError):
                use()
        self.device.close()
        self.assertEqual(str(self.device), f"VFIO device {ACCELERATOR}, closed")
        VfioDevice(ACCELERATOR).close()

    def test_collected(self):
        """A region that nobody has any more is deregistered"""
        mr = self.register()
        handle = mr.handle
        del mr
        gc.collect()
        self.assertFalse(self.exists(handle))

    def test_kept(self):
        """A region keeps its dma-buf and its device, whoever else lets go of them"""
        self.publish(TAG, PH)
        mr = self.register(tph_flags=te.IBV_TPH_REQUIRE)
        device, self.device, self.dmabuf = self.device, mock.Mock(), None
        del device
        gc.collect()
        mr.write(b"abc", 3)
        self.assertEqual(mr.read(3), b"abc")
        self.assertEqual(tm.query_mr(mr).steering_tag, TAG)
        mr.close()
        del mr
        gc.collect()
        VfioDevice(ACCELERATOR).close()

    def test_threads(self):
        """A device that is closed while other threads use it says so to them"""
        started, ends = threading.Barrier(3), []

        def use():
            started.wait()
            try:
                while True:
                    self.dmabuf.publish(st=TAG)
                    self.dmabuf.write(b"abc", 3)
                    self.dmabuf.read(3)
            except TphClosedError as error:
                ends.append(error)

        threads = [threading.Thread(target=use) for _ in range(2)]
        for thread in threads:
            thread.start()
        started.wait()
        self.device.close()
        for thread in threads:
            thread.join()
        self.assertEqual(len(ends), 2)


class ExporterTest(TphTestCase):
    """The device and its dma-bufs."""

    def test_device(self):
        """A device says what it has; another driver's and an open one are refused"""
        self.device.probe()
        self.assertEqual(self.device.bar_size(BAR), 256 << 20)
        self.refused(errno.EINVAL, self.device.bar_size, 6)
        self.refused(errno.ENXIO, self.device.bar_size, BAR + 1)
        self.assertEqual(str(self.device), f"VFIO device {ACCELERATOR}, open")
        os.fstat(self.device.fd)
        self.refused(errno.EBUSY, VfioDevice, ACCELERATOR)
        self.assertIn("mlx5_core", self.refused(errno.ENXIO, VfioDevice, os.environ["TPH_NIC0"]))

    def test_export(self):
        """Ranges that are wrong are refused by their errno"""
        size = self.device.bar_size(BAR)
        for code, bar, ranges in (
                (errno.EINVAL, 6, [(0, PAGE)]),
                (errno.ENXIO, BAR + 1, [(0, PAGE)]),
                (errno.EINVAL, BAR, []),
                (errno.EINVAL, BAR, [(0, PAGE)] * 1025),
                (errno.EINVAL, BAR, [(0, 0)]),
                (errno.EINVAL, BAR, [(0, PAGE), (1, PAGE)]),
                (errno.EINVAL, BAR, [(0, PAGE + 1)]),
                (errno.ERANGE, BAR, [(PAGE, size)]),
                (errno.ERANGE, BAR, [((1 << 64) - PAGE, PAGE)])):
            with self.subTest(bar=bar, ranges=ranges[:2]):
                self.refused(code, VfioDmaBuf, self.device, bar, ranges)
        for bar, ranges in ((-1, [(0, PAGE)]), (BAR, [(-1, PAGE)]), (BAR, [(0, 1 << 64)])):
            with self.subTest(bar=bar, ranges=ranges), self.assertRaises(TphArgumentError):
                VfioDmaBuf(self.device, bar, ranges)
        with VfioDmaBuf(self.device, BAR, [(0, PAGE)] * 1024) as dmabuf:
            self.assertEqual(dmabuf.size, 1024 * PAGE)

    def test_publish(self):
        """Tags that do not exist are refused"""
        self.refused(errno.EINVAL, self.dmabuf.publish, st=0, ph=4)
        for wrong in ({}, {"ph": 1}, {"st": 0x100}, {"st_ext": 0x10000}, {"st": -1},
                      {"st": 0, "ph": 256}):
            with self.subTest(wrong=wrong), self.assertRaises(TphArgumentError):
                self.dmabuf.publish(**wrong)

    def test_zero(self):
        """Tag 0 is a tag, not the lack of one"""
        self.publish(0, PH)
        with self.register(tph_flags=te.IBV_TPH_REQUIRE) as mr:
            self.assertEqual(tm.query_mr(mr), tm.TphMrInfo(
                te.MLX5DV_TPH_SOURCE_EXPORTER, self.emitted, 0, 0, PH, 0,
                te.MLX5DV_TPH_STATE_IN_EFFECT))

    def test_memory(self):
        """The CPU reads what it wrote, across ranges, and nothing beyond their end"""
        with VfioDmaBuf(self.device, BAR, [(2 * PAGE, PAGE), (0, PAGE)]) as dmabuf:
            dmabuf.write(b"abcdef", 6, PAGE - 3)
            dmabuf.write("xyz", 2)
            self.assertEqual(dmabuf.read(6, PAGE - 3), b"abcdef")
            self.assertEqual(dmabuf.read(2), b"xy")
            self.assertEqual(dmabuf.read(0, 2 * PAGE), b"")
            self.assertEqual(self.dmabuf.read(3, 3 * PAGE - 3), b"abc")
            self.assertEqual(self.dmabuf.read(3, 0), b"def")
            for length, offset in ((1, 2 * PAGE), (2 * PAGE + 1, 0), (1, -1), (-1, 1)):
                with self.subTest(length=length, offset=offset):
                    with self.assertRaises(TphArgumentError):
                        dmabuf.read(length, offset)
                    with self.assertRaises(TphArgumentError):
                        dmabuf.write(bytes(2 * PAGE + 1), length, offset)
            with self.assertRaises(TphArgumentError):
                dmabuf.write(b"abc", 4)


CLASSES = TphDmaBufMRTest, ProviderTest, DestructionTest, ExporterTest
