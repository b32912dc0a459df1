# SPDX-License-Identifier: GPL-2.0 OR Linux-OpenIB
"""A perftest server and its client, both in this machine, and what they say.

For the guest tests of perftest, and for the demo.
"""

import dataclasses
import json
import os
import pathlib
import shlex
import signal
import subprocess
import tempfile

PORT = 18515            # perftest's own default
LOOPBACK = "127.0.0.1"
# The stock tools that the guest has, by their version; the launcher looks in RDMA_TPH_PERFTEST_DIR.
STOCK_FOLDERS = {"25.01": "/usr/bin", "4.5": "/opt/older/usr/bin"}
LISTENING = "0A"        # the state in /proc/net/tcp, include/net/tcp_states.h
TICK_S = 0.02
# perftest measures the TSC against the clock of the system first, and reports nothing when a busy
# host made the two disagree: that says nothing of the transfer, so it may try again.
CLOCK_UNMEASURED = "Can't produce a report"
CLOCK_TRIES = 5


@dataclasses.dataclass
class Ended:
    """A process that has ended."""
    command: list[str]
    status: int         # exit code, or minus the signal that killed it
    stdout: str
    stderr: str

    def __str__(self):
        return (f"{shlex.join(self.command)}\nexit code {self.status}\n"
                f"{self.stdout}{self.stderr}").rstrip("\n")


class Running:
    """A process whose output goes to files, so that nobody has to read along."""

    def __init__(self, command):
        self.command = [str(word) for word in command]
        self.outputs = [tempfile.TemporaryFile("w+", errors="replace") for _ in range(2)]
        self.process = subprocess.Popen(self.command, stdin=subprocess.DEVNULL,
                                        stdout=self.outputs[0], stderr=self.outputs[1])

    def kill(self):
        """Without a chance to clean up."""
        self.process.send_signal(signal.SIGKILL)

    def wait(self, timeout):
        """Ended. One that takes longer is killed, which shows in its status."""
        try:
            self.process.wait(timeout)
        except subprocess.TimeoutExpired:
            self.kill()
            self.process.wait()
        texts = []
        for output in self.outputs:
            output.seek(0)
            texts.append(output.read())
            output.close()
        return Ended(self.command, self.process.returncode, *texts)

    def wait_until(self, happened):
        """True once happened() is, False if the process ends first.

        For what nothing tells: looks again after each tick in which the process did not end.
        """
        while not happened():
            try:
                self.process.wait(TICK_S)
                return False
            except subprocess.TimeoutExpired:
                pass
        return True

    def wait_listening(self, port=PORT):
        """True once the TCP port is open, False if the process ends first."""
        return self.wait_until(lambda: is_listening(port))


def is_listening(port):
    """Is a TCP socket of either family listening at the port?"""
    for table in ("/proc/net/tcp", "/proc/net/tcp6"):
        for line in pathlib.Path(table).read_text().splitlines()[1:]:
            _, local, _, state, *_ = line.split()
            if state == LISTENING and int(local.rsplit(":", 1)[1], 16) == port:
                return True
    return False


def is_cm_listening(port):
    """Is somebody listening at the port by rdma_cm?"""
    said = subprocess.run(["rdma", "resource", "show", "cm_id"], check=True, text=True,
                          capture_output=True).stdout
    return any("state LISTEN" in line and f":{port} " in line for line in said.splitlines())


def rdma_device():
    """The RDMA device of the lab's first NIC."""
    nic = pathlib.Path("/sys/bus/pci/devices", os.environ["TPH_NIC0"])
    return next((nic / "infiniband").iterdir()).name


@dataclasses.dataclass
class Pair:
    """Both sides, ended; client is None when the server did not get as far as listening."""
    server: Ended
    client: Ended | None
    reports: list[dict]     # of the server's --tph-json-file, empty without one

    def succeeded(self):
        return self.server.status == 0 and self.client is not None and self.client.status == 0

    def clock_unmeasured(self):
        return any(CLOCK_UNMEASURED in side.stdout + side.stderr
                   for side in (self.server, self.client) if side)

    def effect(self, event):
        """What was in effect at this event; an AssertionError unless there was one such."""
        found = [report["in_effect"] for report in self.reports if report["event"] == event]
        assert len(found) == 1, f"{len(found)} reports of '{event}'"
        return found[0]

    def __str__(self):
        return f"server: {self.server}\nclient: {self.client or 'not started'}"


def start_server(tool, *flags):
    return Running([tool, "-d", rdma_device(), *flags])


def start_client(tool, *flags, address=LOOPBACK):
    return Running([tool, "-d", rdma_device(), *flags, address])


def run_pair(tool, common=(), server=(), client=(), timeout=60, port=PORT, address=LOOPBACK):
    """Runs the tool as server and client; some flags are only the server's or the client's. Our
    own tool, which is found by its name alone, also reports what was in effect at its server.

    At another address than the default, the two find each other by rdma_cm.
    """
    return until_measured(lambda: run_pair_once(tool, common, server, client, timeout, port,
                                                address))


def until_measured(run):
    """The Pair that run() returns, which is called again when the clock was not measured."""
    for _ in range(CLOCK_TRIES):
        pair = run()
        if not pair.clock_unmeasured():
            break
    return pair


def run_pair_once(tool, common, server, client, timeout, port, address):
    common = [*common, "-p", str(port)]
    with tempfile.NamedTemporaryFile("r") as report:
        flags = [*common, *server]
        if server and not os.path.isabs(tool):
            flags.append(f"--tph-json-file={report.name}")
        running = start_server(tool, *flags)
        listening = is_listening if address == LOOPBACK else is_cm_listening
        if not running.wait_until(lambda: listening(port)):
            return Pair(running.wait(timeout), None, [])
        ended_client = start_client(tool, *common, *client, address=address).wait(timeout)
        ended_server = running.wait(timeout)
        return Pair(ended_server, ended_client, [json.loads(line) for line in report])
