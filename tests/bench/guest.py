# SPDX-License-Identifier: GPL-2.0 OR Linux-OpenIB
"""A guest that answers bench.py's requests, one JSON object a line, until it is closed."""

import dataclasses
import json
import os
import pathlib
import select
import tempfile
import time

from lab import costs, machine
from lab.say import LabError

POWER_OFF_S = 60
SERVE = "/usr/local/libexec/rdma-tph/bench/serve"
HEADERS = "32"          # bytes of a TLP that the models' headers fit in


class Failed(Exception):
    """The guest is well, but could not do what it was asked for."""


class Guest:
    """One boot of the default machine; with `capture` "on" softfabric records what it carries, with
    "headers" the headers of that, with "off" nothing."""

    def __init__(self, ready, accel, deadline, capture):
        self.deadline = deadline
        self.received = b""
        run = pathlib.Path(tempfile.mkdtemp(dir=ready.run, prefix="guest-"))
        self.capture = run / "tlps.pcapng" if capture != "off" else None
        reading, self.requests = os.pipe()
        self.replies, writing = os.pipe()
        self.theirs = (reading, writing, os.dup(2))
        self.machine = machine.Machine(dataclasses.replace(ready, run=run), machine.Options(
            command=[SERVE], nics=[""], accelerators=[""], accel=accel, streams=self.theirs,
            capture=self.capture and str(self.capture), capture_limit="0",
            capture_snaplen=HEADERS if capture == "headers" else None, timeout=POWER_OFF_S))
        self.machine.__enter__()

    def close(self):
        """Lets it power off; a capture is too large to be kept."""
        os.close(self.requests)
        try:
            self.machine.wait()
        except (LabError, TimeoutError):
            pass    # whoever was waiting for its answer knows
        finally:
            self.machine.__exit__()
            for fd in (*self.theirs, self.replies):
                os.close(fd)
            if self.capture:
                self.capture.unlink(missing_ok=True)

    def ask(self, what, **arguments):
        """The value that the guest gives; Failed with its reason."""
        request = json.dumps({"do": what, **arguments}) + "\n"
        os.write(self.requests, request.encode())
        reply = json.loads(self.receive())
        if "error" in reply:
            raise Failed(f"{what}: {reply['error']}")
        return reply["value"]

    def receive(self):
        """One line; LabError when the guest has gone instead."""
        gone = os.pidfd_open(self.machine.qemu.pid)
        try:
            while b"\n" not in self.received:
                left = max(0, self.deadline - time.monotonic())
                ready, _, _ = select.select([self.replies, gone], [], [], left)
                if self.replies in ready:
                    self.received += os.read(self.replies, 65536)
                elif ready:
                    self.machine.qemu.wait()
                    raise LabError(self.machine.why_no_exit_code())
                else:
                    raise TimeoutError("not all measured within --timeout")
        finally:
            os.close(gone)
        line, self.received = self.received.split(b"\n", 1)
        return line

    def fabric_cpu_s(self):
        """User and system time that softfabric has had, all its threads together."""
        return costs.cpu_s(self.machine.fabric.pid)
