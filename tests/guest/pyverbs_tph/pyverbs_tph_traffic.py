# SPDX-License-Identifier: GPL-2.0 OR Linux-OpenIB
"""Traffic to memory regions of pyverbs_tph: every TLP to the accelerator carries tag and hint."""

import contextlib
import struct

from pyverbs.wr import SGE, RecvWR, SendWR

from pyverbs_tph.vfio import VfioDmaBuf
import pyverbs_tph.enums as te

from pyverbs_tph_base import BAR, LENGTH, PAGE, RCPair, TphTestCase, e, fabric

PH = 2
BYTE_SWAP = 0xf         # of the accelerator's operations, which the tag selects
WORDS = range(256)
DATA = struct.pack("<256I", *WORDS)
SWAPPED = struct.pack(">256I", *WORDS)


def counted(what):
    """What the accelerator got from its peers until now, by (namespace, st, ph)."""
    return {(kind["namespace"], kind["st"], kind["ph"]): kind[what]
            for kind in fabric("tlps", device="acc0")["received"]}


class TphTrafficTest(TphTestCase):
    """Two queue pairs of one port, one of which reaches the accelerator's memory."""

    def setUp(self):
        super().setUp()
        self.tag = 0xf4 if self.emitted == te.IBV_TPH_NS_ST else BYTE_SWAP << 8 | 0xc4
        namespace = "st" if self.emitted == te.IBV_TPH_NS_ST else "st_ext"
        self.tagged = (namespace, self.tag, PH)
        self.publish(self.tag, PH)
        self.pair = RCPair(self.ctx, self.pd, LENGTH)
        self.pair.mr.write(DATA, len(DATA))
        self.dmabuf.write(bytes(LENGTH), LENGTH)

    def tearDown(self):
        self.pair.close()
        super().tearDown()

    @contextlib.contextmanager
    def arrives(self, kind, amount, what="write_bytes"):
        """What happens inside reaches the accelerator in requests of this kind alone."""
        before = counted(what)
        yield
        grown = {each: total - before.get(each, 0) for each, total in counted(what).items()}
        self.assertEqual({each: growth for each, growth in grown.items() if growth},
                         {kind: amount})

    def transfer(self, opcode, mr, offset=0):
        self.assertEqual(self.pair.transfer(opcode, len(DATA), mr.buf + offset, mr.rkey),
                         e.ibv_wc_status.IBV_WC_SUCCESS)

    def test_write(self):
        """RDMA writes carry the published tag and hint, and the operation it stands for is done"""
        with self.register(tph_flags=te.IBV_TPH_REQUIRE) as mr:
            with self.arrives(self.tagged, len(DATA)):
                self.transfer(e.ibv_wr_opcode.IBV_WR_RDMA_WRITE, mr, 64)
            self.assertEqual(mr.read(len(DATA), 64), SWAPPED)
            self.assertEqual(mr.read(64, 0), bytes(64))

    def test_read(self):
        """RDMA reads carry them, too"""
        with self.register(tph_flags=te.IBV_TPH_REQUIRE) as mr:
            mr.write(SWAPPED, len(SWAPPED))
            before = counted("reads")
            self.transfer(e.ibv_wr_opcode.IBV_WR_RDMA_READ, mr)
            grown = [kind for kind, total in counted("reads").items()
                     if total > before.get(kind, 0)]
            self.assertEqual(grown, [self.tagged])
            self.assertEqual(self.pair.mr.read(len(DATA), 0), SWAPPED)

    def test_receive(self):
        """What is received into the region carries them: its lkey is as good as its rkey"""
        with self.register(tph_flags=te.IBV_TPH_REQUIRE) as mr:
            self.pair.qps[1].post_recv(RecvWR(num_sge=1, sg=[SGE(mr.buf, len(DATA), mr.lkey)]))
            with self.arrives(self.tagged, len(DATA)):
                self.pair.qps[0].post_send(SendWR(num_sge=1, sg=[self.pair.sge(len(DATA))]))
                self.assertEqual([self.pair.complete(), self.pair.complete()],
                                 [e.ibv_wc_status.IBV_WC_SUCCESS] * 2)
            self.assertEqual(mr.read(len(DATA), 0), SWAPPED)

    def test_none(self):
        """With IBV_TPH_NS_NONE they carry nothing, and store"""
        with self.register(tph_namespace=te.IBV_TPH_NS_NONE) as mr:
            with self.arrives(("none", 0, 0), len(DATA)):
                self.transfer(e.ibv_wr_opcode.IBV_WR_RDMA_WRITE, mr)
            self.assertEqual(mr.read(len(DATA), 0), DATA)

    def test_address(self):
        """A region with an offset and an address of its own is reached by that address"""
        with self.register(length=PAGE, offset=PAGE, iova=0x7f00_0000_0000 + PAGE) as mr:
            self.assertEqual(mr.buf, 0x7f00_0000_1000)
            with self.arrives(self.tagged, len(DATA)):
                self.transfer(e.ibv_wr_opcode.IBV_WR_RDMA_WRITE, mr)
            self.assertEqual(mr.read(len(DATA), 0), SWAPPED)
            self.assertEqual(self.dmabuf.read(len(DATA), PAGE), SWAPPED)

    def test_ranges(self):
        """Several ranges are one dma-buf with one tag, in the order that was asked for"""
        with VfioDmaBuf(self.device, BAR, [(5 * PAGE, PAGE), (PAGE, PAGE)]) as self.dmabuf:
            self.publish(self.tag, PH)
            with self.register(length=2 * PAGE) as mr, self.arrives(self.tagged, len(DATA)):
                self.transfer(e.ibv_wr_opcode.IBV_WR_RDMA_WRITE, mr, PAGE - 512)
            self.assertEqual(self.dmabuf.read(len(DATA), PAGE - 512), SWAPPED)
        with VfioDmaBuf(self.device, BAR, [(0, LENGTH)]) as whole:
            self.assertEqual(whole.read(512, 6 * PAGE - 512), SWAPPED[:512])
            self.assertEqual(whole.read(512, PAGE), SWAPPED[512:])
