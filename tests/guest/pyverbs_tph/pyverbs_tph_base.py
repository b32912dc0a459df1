# SPDX-License-Identifier: GPL-2.0 OR Linux-OpenIB
"""What the tests of pyverbs_tph share: the objects they need, made for each test and gone after it,
in the manner of rdma-core's own tests.
"""

import os
import unittest

from pyverbs.addr import AHAttr
from pyverbs.cq import CQ
from pyverbs.device import Context
from pyverbs.mr import MR
from pyverbs.pd import PD
from pyverbs.qp import QP, QPAttr, QPCap, QPInitAttr
from pyverbs.wr import SGE, SendWR

from pyverbs_tph.errors import TphError
from pyverbs_tph.mr import TphDmaBufMR
from pyverbs_tph.vfio import VfioDevice, VfioDmaBuf
import pyverbs_tph.enums as te
import pyverbs_tph.mlx5 as tm

import control
import perftest_pair
import tap

try:
    import pyverbs.libibverbs_enums as e
except ImportError:     # of an older rdma-core
    import pyverbs.enums as e

BAR = 2
LENGTH = 1 << 16
PAGE = 4096
ACCESS = (e.ibv_access_flags.IBV_ACCESS_LOCAL_WRITE | e.ibv_access_flags.IBV_ACCESS_REMOTE_WRITE |
          e.ibv_access_flags.IBV_ACCESS_REMOTE_READ)
ACCELERATOR = os.environ["TPH_ACC0"]

fabric = control.Control()


class TphTestCase(unittest.TestCase):
    """An RDMA device with a PD, and an exporter with a dma-buf that has no tags yet."""

    def setUp(self):
        self.ctx = Context(name=perftest_pair.rdma_device())
        self.pd = PD(self.ctx)
        self.device = VfioDevice(ACCELERATOR)
        self.dmabuf = VfioDmaBuf(self.device, BAR, [(0, LENGTH)])
        self.emitted = tm.query_device(self.ctx).tph_namespace

    def tearDown(self):
        self.device.close()
        # It fails with a memory region that is still there.
        self.pd.close()
        self.ctx.close()

    def register(self, **changes):
        """A TphDmaBufMR of all of the dma-buf."""
        arguments = {"length": LENGTH, "access": ACCESS, "dmabuf": self.dmabuf,
                     "tph_namespace": self.emitted} | changes
        return TphDmaBufMR(self.pd, **arguments)

    def publish(self, tag, ph=0):
        """In the namespace that the NIC sends."""
        if self.emitted == te.IBV_TPH_NS_ST:
            self.dmabuf.publish(st=tag, ph=ph)
        else:
            self.dmabuf.publish(st_ext=tag, ph=ph)

    def refused(self, code, call, *args, **kwargs):
        """It raises TphError with this errno; returns what it says."""
        with self.assertRaises(TphError) as raised:
            call(*args, **kwargs)
        self.assertEqual(os.strerror(raised.exception.error_code), os.strerror(code))
        return str(raised.exception)


class RCPair:
    """Two connected queue pairs, and the memory of the one that sends."""

    def __init__(self, ctx, pd, length):
        self.mr = MR(pd, length, e.ibv_access_flags.IBV_ACCESS_LOCAL_WRITE)
        self.cq = CQ(ctx, 8)
        init = QPInitAttr(qp_type=e.ibv_qp_type.IBV_QPT_RC, scq=self.cq, rcq=self.cq, cap=QPCap())
        self.qps = [QP(pd, init) for _ in range(2)]
        lid = ctx.query_port(1).lid
        for qp, peer in zip(self.qps, reversed(self.qps)):
            qp.to_rts(self.attr(lid, peer.qp_num))

    @staticmethod
    def attr(lid, peer):
        attr = QPAttr(port_num=1)
        attr.qp_access_flags = ACCESS
        attr.path_mtu = e.ibv_mtu.IBV_MTU_4096
        attr.dest_qp_num = peer
        attr.max_rd_atomic = attr.max_dest_rd_atomic = 1
        attr.min_rnr_timer, attr.timeout, attr.retry_cnt, attr.rnr_retry = 12, 14, 7, 7
        attr.ah_attr = AHAttr(port_num=1, dlid=lid)
        return attr

    def sge(self, length):
        return SGE(self.mr.buf, length, self.mr.lkey)

    def complete(self):
        """The status of the next completion."""
        while True:
            count, completions = self.cq.poll(1)
            if count:
                return completions[0].status

    def transfer(self, opcode, length, address, rkey):
        """Moves the first bytes of the sender's memory, or moves something there: its status."""
        wr = SendWR(opcode=opcode, num_sge=1, sg=[self.sge(length)])
        wr.set_wr_rdma(rkey, address)
        self.qps[0].post_send(wr)
        return self.complete()

    def close(self):
        for each in (*self.qps, self.cq, self.mr):
            each.close()


def make_test(case):
    """A test for tap.run(), of one of unittest."""
    def test():
        result = unittest.TestResult()
        case.run(result)
        for _, text in result.errors + result.failures:
            raise AssertionError(text)
        for _, why in result.skipped:
            raise tap.Skip(why)

    test.__doc__ = case.shortDescription()
    return test


def main(*classes):
    """Runs them all; returns the exit code."""
    load = unittest.defaultTestLoader.loadTestsFromTestCase
    return tap.run(*(make_test(case) for each in classes for case in load(each)))
