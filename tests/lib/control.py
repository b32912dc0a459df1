# SPDX-License-Identifier: GPL-2.0 OR Linux-OpenIB
"""softfabric's control socket, as the guest reaches it; Documentation/control.md has the commands."""

import json

PORT = "/dev/virtio-ports/softfabric.control"


class Control:
    """A connection. One program at a time can have it."""

    def __init__(self, path=PORT):
        self.port = open(path, "r+b", buffering=0)
        self.received = b""

    def __call__(self, command, **arguments):
        """What "return" holds in the reply; RuntimeError with the sentence of an error reply."""
        request = {"execute": command, "arguments": arguments}
        self.port.write(json.dumps(request).encode() + b"\n")
        while b"\n" not in self.received:
            self.received += self.port.read(65536)
        line, self.received = self.received.split(b"\n", 1)
        reply = json.loads(line)
        if "error" in reply:
            raise RuntimeError(f"softfabric: {command}: {reply['error']['desc']}")
        return reply["return"]
