# SPDX-License-Identifier: GPL-2.0 OR Linux-OpenIB
"""Management datagrams through the kernel's own agent (rdma/ib_user_mad.h)."""

import fcntl
import os
import pathlib
import select
import struct

MAGIC = 0x1b                        # IB_IOCTL_MAGIC
ENABLE_PKEY = MAGIC << 8 | 3
REQUEST = struct.Struct("=IIBBHIQQIB3x")    # struct ib_user_mad_reg_req2
REGISTER_AGENT2 = 3 << 30 | REQUEST.size << 16 | MAGIC << 8 | 4
HEADER = struct.Struct("=5I4s4s2s2B4B16s4sH6x")     # struct ib_user_mad_hdr
MAD_BYTES = 256
TABLE_BYTES = 65536
RETRIES = 3
RETRY_MS = 1000
RMPP_VERSION = 1
QP1_KEY = 0x80010000


class Agent:
    """Of a management class, at QP 0 or 1 of the device's only port."""

    def __init__(self, device, qpn, management_class, version, rmpp=False):
        entry = next(entry for entry in pathlib.Path("/sys/class/infiniband_mad").glob("umad*")
                     if (entry / "ibdev").read_text().strip() == device)
        self.qpn, self.management_class, self.version = qpn, management_class, version
        self.file = os.open("/dev/infiniband/" + entry.name, os.O_RDWR)
        fcntl.ioctl(self.file, ENABLE_PKEY)
        request = bytearray(REQUEST.pack(0, qpn, management_class, version, 0, 0, 0, 0, 0,
                                         RMPP_VERSION if rmpp else 0))
        fcntl.ioctl(self.file, REGISTER_AGENT2, request)
        self.id = REQUEST.unpack(request)[0]
        self.last = 0

    def __enter__(self):
        return self

    def __exit__(self, *_):
        os.close(self.file)

    def ask(self, lid, method, attribute, body=b"", modifier=0):
        """What is answered, header and all; body is what comes behind the common header."""
        self.last += 1
        mad = struct.pack(">4BHHQHHI", 1, self.management_class, self.version, method, 0, 0,
                          self.last, attribute, 0, modifier) + body
        header = HEADER.pack(self.id, 0, RETRY_MS, RETRIES, 0, struct.pack(">I", self.qpn),
                             struct.pack(">I", QP1_KEY if self.qpn else 0),
                             struct.pack(">H", lid), 0, 0, 0, 0, 0, 0, bytes(16), bytes(4), 0)
        os.write(self.file, header + mad.ljust(MAD_BYTES, b"\0"))
        assert select.select([self.file], [], [], RETRY_MS * (RETRIES + 2) / 1000)[0], "no answer"
        answer = os.read(self.file, HEADER.size + TABLE_BYTES)
        status = HEADER.unpack(answer[:HEADER.size])[1]
        assert status == 0, f"the kernel got no answer: {os.strerror(status)}"
        return answer[HEADER.size:]
