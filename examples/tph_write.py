#!/usr/bin/python3
# SPDX-License-Identifier: GPL-2.0 OR Linux-OpenIB
"""Writes to a device's memory through an RDMA NIC, with a steering tag in every PCIe request, and
shows what arrived.

    tph_write.py 0000:00:18.0 mlx5_0 --st=0xf0 --ph=2

The device (a GPU, an accelerator, an FPGA) is bound to vfio-pci, and this program owns it: it
exports a part of a BAR and publishes the tag. What a tag means only the device knows. The NIC
writes what is in host memory, from one of its queue pairs to the other. Between two machines the
writing one is told the region's address and rkey, and nothing else changes.
"""

import argparse
import sys

from pyverbs.addr import AHAttr
from pyverbs.cq import CQ
from pyverbs.device import Context
from pyverbs.mr import MR
from pyverbs.pd import PD
from pyverbs.pyverbs_error import PyverbsError
from pyverbs.qp import QP, QPAttr, QPCap, QPInitAttr
from pyverbs.wr import SGE, SendWR

import pyverbs_tph.enums as te
from pyverbs_tph.mlx5 import query_device, query_mr
from pyverbs_tph.mr import TphDmaBufMR
from pyverbs_tph.vfio import VfioDevice, VfioDmaBuf

try:
    import pyverbs.libibverbs_enums as e
except ImportError:     # of an older rdma-core
    import pyverbs.enums as e

LENGTH = 4096                   # of what is exported: whole pages
DATA = bytes(range(16))
ACCESS = e.ibv_access_flags.IBV_ACCESS_LOCAL_WRITE | e.ibv_access_flags.IBV_ACCESS_REMOTE_WRITE


def number(text):
    return int(text, 0)


def parse():
    parser = argparse.ArgumentParser(description=__doc__.split("\n\n", maxsplit=1)[0])
    parser.add_argument("device", help="PCI address, as lspci -D prints it")
    parser.add_argument("nic", help="RDMA device, as ibv_devices prints it")
    parser.add_argument("--bar", type=number, default=2, help="which memory (default: 2)")
    parser.add_argument("--offset", type=number, default=0, help="where in the BAR (default: 0)")
    parser.add_argument("--st", type=number, help="tag for NICs that send 8-bit tags")
    parser.add_argument("--st-ext", type=number, help="tag for NICs that send 16-bit tags")
    parser.add_argument("--ph", type=number, default=0, help="processing hint, 0 to 3 (default: 0)")
    return parser.parse_args()


def connect(ctx, qp, peer):
    """To another queue pair of the same port."""
    attr = QPAttr(port_num=1)
    attr.qp_access_flags = ACCESS
    attr.dest_qp_num = peer.qp_num
    attr.path_mtu = e.ibv_mtu.IBV_MTU_1024
    attr.max_rd_atomic = attr.max_dest_rd_atomic = 1
    attr.min_rnr_timer, attr.timeout, attr.retry_cnt, attr.rnr_retry = 12, 14, 7, 7
    # On RoCE: is_global=1, and gr=GlobalRoute(dgid=..., sgid_index=...)
    attr.ah_attr = AHAttr(port_num=1, dlid=ctx.query_port(1).lid)
    qp.to_rts(attr)


def write(ctx, pd, target):
    """DATA to the first bytes of this region."""
    with MR(pd, len(DATA), e.ibv_access_flags.IBV_ACCESS_LOCAL_WRITE) as source, CQ(ctx, 1) as cq:
        init = QPInitAttr(qp_type=e.ibv_qp_type.IBV_QPT_RC, scq=cq, rcq=cq, cap=QPCap())
        with QP(pd, init) as near, QP(pd, init) as far:
            connect(ctx, near, far)
            connect(ctx, far, near)
            source.write(DATA, len(DATA))
            wr = SendWR(opcode=e.ibv_wr_opcode.IBV_WR_RDMA_WRITE, num_sge=1,
                        sg=[SGE(source.buf, len(DATA), source.lkey)])
            wr.set_wr_rdma(target.rkey, target.buf)
            near.post_send(wr)
            completions = []
            while not completions:
                _, completions = cq.poll(1)
    if completions[0].status != e.ibv_wc_status.IBV_WC_SUCCESS:
        raise PyverbsError(f"the write failed with status {completions[0].status}")


def main():
    arguments = parse()
    with VfioDevice(arguments.device) as device, Context(name=arguments.nic) as ctx, PD(ctx) as pd:
        can = query_device(ctx)
        print(f"{ctx.name} sends {can.tph_namespace.name}, room for {can.st_available} tags")
        with VfioDmaBuf(device, arguments.bar, [(arguments.offset, LENGTH)]) as dmabuf:
            # First publish, then register. A NIC sends tags of one namespace; those of the other
            # are for other NICs.
            dmabuf.publish(st=arguments.st, st_ext=arguments.st_ext, ph=arguments.ph)
            # Without IBV_TPH_REQUIRE: a region without hints where none can be sent.
            with TphDmaBufMR(pd, LENGTH, ACCESS, dmabuf, tph_flags=te.IBV_TPH_REQUIRE) as mr:
                sent = query_mr(mr)
                print(f"the region's requests carry tag {sent.steering_tag:#x}, hint {sent.ph}")
                write(ctx, pd, mr)
                print(f"written: {DATA.hex(' ')}")
                print(f"memory:  {mr.read(len(DATA)).hex(' ')}")


if __name__ == "__main__":
    try:
        main()
    except PyverbsError as error:
        sys.exit(f"tph_write.py: {error}")
