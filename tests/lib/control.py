# SPDX-License-Identifier: GPL-2.0 OR Linux-OpenIB
"""softfabric's control socket, as the guest reaches it; Documentation/control.md has the commands."""

import json
import threading

PORT = "/dev/virtio-ports/softfabric.control"


class Control:
    """A connection. One program at a time can have it; its threads may share it."""

    def __init__(self, path=PORT):
        self.port = open(path, "r+b", buffering=0)
        self.received = b""
        self.lock = threading.Lock()

    def __call__(self, command, **arguments):
        """What "return" holds in the reply; RuntimeError with the sentence of an error reply."""
        request = {"execute": command, "arguments": arguments}
        with self.lock:
            reply = json.loads(self.answer(json.dumps(request).encode() + b"\n"))
        if "error" in reply:
            raise RuntimeError(f"softfabric: {command}: {reply['error']['desc']}")
        return reply["return"]

    def answer(self, line):
        """The line that answers this one"""
        self.port.write(line)
        while b"\n" not in self.received:
            self.received += self.port.read(65536)
        answer, self.received = self.received.split(b"\n", 1)
        return answer
