# SPDX-License-Identifier: GPL-2.0 OR Linux-OpenIB
"""One run of the lab's machine: softfabric, QEMU, the guest's console and one command in it.

Runs in the tools root. lab.d/guest/init is the other end of the shares and ports named here.
"""

import dataclasses
import json
import os
import pathlib
import select
import shlex
import shutil
import subprocess

from lab import accel, places
from lab.relays import Input, Output, Resizer, Terminal
from lab.say import LabError, say
from lab.topology import Topology, devices_of, ports, steering_table

FABRIC_READY_S = 20
FABRIC_STOP_S = 20

# no_timer_check: else the kernel counts ticks, and on a busy machine takes the timer for broken
KERNEL_ARGUMENTS = (
    "console=ttyS0 panic=-1 oops=panic tsc=reliable no_timer_check printk.time=1"
    " root=lab.root rootfstype=9p"
    " rootflags=trans=virtio,version=9p2000.L,cache=loose,msize=262144 ro"
    " vfio.enable_unsafe_noiommu_mode=1"
)
# The kernel's own drivers do without the IOMMU, as they do on the machine that has none. The lab's
# kernel does not remap interrupts, hence the others.
IOMMU_ARGUMENTS = (
    "intel_iommu=on iommu=pt"
    " vfio_iommu_type1.allow_unsafe_interrupts=1 iommufd.allow_unsafe_interrupts=1"
)
# caching-mode: QEMU gets to know of each mapping, and tells the devices' models
IOMMU_DEVICE = ("-device", "intel-iommu,caching-mode=on,intremap=off")
# No process outlives the lab, however the lab ends.
DIES_WITH_PARENT = ("setpriv", "--pdeathsig", "KILL", "--")

# There is no initramfs: a shell of the root mounts the share that has the init, and becomes it.
FIRST_PROCESS = (
    'init=/bin/busybox -- sh -c "busybox mount -t 9p'
    ' -o trans=virtio,version=9p2000.L,ro,cache=loose lab.guest /mnt && exec /mnt/init"'
)


@dataclasses.dataclass
class Options:
    """What the machine has, and what to run there. Paths are absolute."""
    command: list[str]
    nics: list[str] = dataclasses.field(default_factory=list)
    accelerators: list[str] = dataclasses.field(default_factory=list)
    capture: str | None = None
    capture_limit: str | None = None    # size of it, as softfabric takes it; None: its default
    capture_snaplen: str | None = None  # bytes of each packet, likewise
    share: str | None = None        # becomes /run/lab/share
    with_project: bool = True       # as /usr/local
    timeout: float | None = None    # seconds, of the whole run
    terminal: bool = False
    memory: str = "2G"
    cpus: int = 2
    accel: str = "tcg"              # see accel.py
    topology: Topology = Topology()
    iommu: bool = False             # an IOMMU before the devices
    middleware: bool = False        # boots from the root that has it
    arguments: str = ""             # more kernel arguments
    streams: tuple[int, int, int] = (0, 1, 2)


class Machine:
    """Processes and connections of one run."""

    def __init__(self, ready, options):
        self.ready = ready
        self.options = options
        self.devices = devices_of(options)
        self.share = ready.run / "share"
        self.sockets = pathlib.Path("/run/lab") / ready.run.name
        self.fabric = None
        self.qemu = None
        self.relays = []
        self.log = ready.run / "console.log"
        self.fabric_log = ready.run / "softfabric.log"
        self.stranded = False   # the fabric ended before QEMU
        self.heard = 0          # bytes of it that complaints() has given

    def __enter__(self):
        try:
            self.sockets.mkdir(parents=True)
            self.write_share()
            self.start_fabric()
            self.start_qemu()
        except BaseException:
            self.__exit__()
            raise
        return self

    def __exit__(self, *_):
        stop(self.qemu, grace=0)
        self.stop_fabric()
        for relay in self.relays:
            relay.close()
        shutil.rmtree(self.sockets, ignore_errors=True)

    def write_share(self):
        """The files by which the guest's init learns what to do."""
        options = self.options
        self.share.mkdir(parents=True)
        environment = {
            "TERM": os.environ.get("TERM", "dumb"),
            "LAB_PORTS": 4 - options.terminal - (not self.has_fabric()),
        }
        for device in self.devices:
            environment[f"TPH_{device.name.upper()}"] = f"0000:{device.bdf}"
        environment["TPH_ACCELERATORS"] = " ".join(
            f"0000:{device.bdf}" for device in self.devices if device.kind == "accelerator")
        if options.with_project:
            environment["LAB_LOCAL"] = 1
        if options.share:
            environment["LAB_SHARE"] = 1
        if self.modules():
            environment["LAB_MODULES"] = 1
        if self.selftests():
            environment["LAB_SELFTESTS"] = "/run/lab/selftests"
        if options.terminal:
            size = os.get_terminal_size(0)
            environment |= {"LAB_TTY": 1, "LAB_ROWS": size.lines, "LAB_COLUMNS": size.columns}
        (self.share / "environment").write_text(
            "".join(f"export {k}={shlex.quote(str(v))}\n" for k, v in environment.items()))
        (self.share / "command").write_text("exec " + shlex.join(options.command) + "\n")

    def has_fabric(self):
        return bool(self.devices)

    def modules(self):
        return self.of_kernel("modules/lib/modules")

    def selftests(self):
        return self.of_kernel("selftests")

    def of_kernel(self, name):
        """A directory beside the kernel's image, or None where that came without."""
        path = os.path.join(self.ready.kernel, name)
        return path if os.path.isdir(path) else None

    def start_fabric(self):
        """Starts softfabric and waits until its sockets can be connected to."""
        if not self.has_fabric():
            return
        command = [*DIES_WITH_PARENT, self.ready.local / "bin/softfabric",
                   "--runtime-dir", self.sockets]
        for device in self.devices:
            command += [f"--{device.kind}", device.model()]
        if self.options.capture:
            command += ["--capture", self.options.capture]
            if self.options.capture_limit:
                command += ["--capture-limit", self.options.capture_limit]
            if self.options.capture_snaplen:
                command += ["--capture-snaplen", self.options.capture_snaplen]
        log = self.fabric_log
        with open(log, "wb") as errors:
            self.fabric = subprocess.Popen(command, stdin=subprocess.DEVNULL, stderr=errors,
                                           stdout=subprocess.PIPE, start_new_session=True)
        if not select.select([self.fabric.stdout], [], [], FABRIC_READY_S)[0]:
            raise LabError(f"softfabric was not ready in {FABRIC_READY_S} s:\n{tail(log)}")
        if self.fabric.stdout.readline() != b"ready\n":
            raise LabError(f"softfabric did not start:\n{tail(log)}")

    def stop_fabric(self):
        """It has a capture to write to its end."""
        stop(self.fabric, grace=FABRIC_STOP_S)
        if self.fabric and self.fabric.returncode:
            lost = "; its capture is not whole" if self.options.capture else ""
            with open(self.fabric_log, "a", encoding="utf-8") as log:
                log.write(f"softfabric: ended with exit code {self.fabric.returncode}{lost}\n")

    def start_qemu(self):
        options = self.options
        kernel = self.ready.kernel
        if os.path.isdir(kernel):
            kernel = os.path.join(kernel, "bzImage")
        arguments = (f"{KERNEL_ARGUMENTS} {IOMMU_ARGUMENTS if options.iommu else ''}"
                     f" {options.topology.arguments()}")
        command = [
            *DIES_WITH_PARENT, "qemu-system-x86_64", "-nodefaults", "-no-user-config",
            "-display", "none", "-no-reboot", *accel.arguments(options.accel),
            "-machine", "q35,memory-backend=ram", "-smp", str(options.cpus),
            "-object", f"memory-backend-memfd,id=ram,size={options.memory},share=on",
            "-kernel", kernel,
            "-append", f"{arguments} {options.arguments} {FIRST_PROCESS}",
            "-chardev", f"file,id=log,path={quoted(self.log)}", "-serial", "chardev:log",
            *(IOMMU_DEVICE if options.iommu else ()),   # before what it translates for
            "-device", "virtio-serial-pci,id=ports",
        ]
        if options.topology.has_ports():
            table = steering_table(self.ready.run)
            command += ["-acpitable", f"file={quoted(table)}",
                        *ports(options.topology, self.devices)]
        root = self.ready.middleware if options.middleware else self.ready.root
        command += share("lab.root", root, "readonly=on")
        command += share("lab.guest", places.GUEST, "readonly=on")
        command += share("lab.run", self.share)
        if options.with_project:
            command += share("lab.local", self.ready.local, "readonly=on")
        if options.share:
            command += share("lab.share", options.share)
        if self.modules():
            command += share("lab.modules", self.modules(), "readonly=on")
        if self.selftests():
            command += share("lab.selftests", self.selftests(), "readonly=on")

        if options.terminal:
            self.relays = [Terminal(), Resizer()]
        else:
            stdin, stdout, stderr = options.streams
            self.relays = [Input("lab.in", stdin), Output("lab.out", stdout),
                           Output("lab.err", stderr)]
        for relay in self.relays:
            command += ["-chardev", f"socket,id={relay.name},fd={relay.guest_end.fileno()}",
                        "-device", relay.device()]
        for device in self.devices:
            command += ["-device", json.dumps({
                "driver": "vfio-user-pci", "id": device.name, "rombar": 0, **device.place(),
                "socket": {"type": "unix", "path": str(self.sockets / f"{device.name}.sock")}})]
        if self.has_fabric():
            command += ["-chardev", f"socket,id=control,path={self.sockets}/control.sock",
                        "-device", "virtserialport,chardev=control,name=softfabric.control"]

        with open(self.ready.run / "qemu.log", "wb") as output:
            self.qemu = subprocess.Popen(command, stdin=subprocess.DEVNULL, stdout=output,
                                         stderr=output, start_new_session=True,
                                         pass_fds=[r.guest_end.fileno() for r in self.relays])
        for relay in self.relays:
            relay.start(self.qemu)

    def complaints(self):
        """The lines that softfabric said on standard error since this was last asked. Some come
        when it ends: what the capture lacks, and how many writes went nowhere.
        """
        if not self.has_fabric():
            return []
        with open(self.fabric_log, "rb") as log:
            log.seek(self.heard)
            said = log.read()
        whole = said[:said.rfind(b"\n") + 1]
        self.heard += len(whole)
        return whole.decode(errors="replace").splitlines()

    def kill(self):
        """The guest is down at once; another thread may be in wait()."""
        self.qemu.kill()

    def pids(self):
        return [process.pid for process in (self.qemu, self.fabric) if process]

    def wait(self):
        """The command's exit code; LabError when there is none, TimeoutError after the time-out."""
        if not one_has_ended([self.qemu, self.fabric], self.options.timeout):
            raise TimeoutError(f"still running after {self.options.timeout:g} s; last lines of the "
                               f"guest's console:\n{tail(self.log)}")
        self.stranded = self.qemu.poll() is None
        stop(self.qemu, grace=0)    # without its devices the guest would wait for ever
        for relay in self.relays:
            relay.finish()
        try:
            return int((self.share / "exit-code").read_text())
        except (OSError, ValueError):
            raise LabError(self.why_no_exit_code()) from None

    def why_no_exit_code(self):
        """What is known of a guest that went down before its command had ended."""
        if getattr(self.relays[0], "escaped", False):
            return "left by Ctrl-]"
        parts = []
        if self.stranded:
            parts.append("the guest's devices are gone")
        elif self.qemu.returncode:
            parts.append(f"QEMU failed (exit code {self.qemu.returncode}):\n"
                         + tail(self.ready.run / "qemu.log"))
        else:
            parts.append("the guest went down before the command ended")
        if self.fabric and self.fabric.poll() is not None:
            parts.append(f"softfabric had ended (exit code {self.fabric.returncode}):\n"
                         + tail(self.fabric_log))
        if self.log.exists() and self.log.stat().st_size:
            parts.append("last lines of its console:\n" + tail(self.log))
        return "\n".join(parts)


def run(ready, options):
    """The exit code of one machine's command, after what softfabric complained of."""
    guest = None
    try:
        with Machine(ready, options) as guest:
            return guest.wait()
    finally:
        for line in guest.complaints() if guest else ():
            say(line)


def one_has_ended(processes, timeout):
    """Whether one of them has after so many seconds, which may be None, as may a process."""
    ends = [os.pidfd_open(process.pid) for process in processes if process]
    try:
        return bool(select.select(ends, [], [], timeout)[0])
    finally:
        for end in ends:
            os.close(end)


def stop(process, grace):
    """Ends a process: asks first if it is given seconds of grace."""
    if not process or process.poll() is not None:
        return
    if grace:
        process.terminate()
        try:
            process.wait(grace)
            return
        except subprocess.TimeoutExpired:
            pass
    process.kill()
    process.wait()


def quoted(path):
    """As a value in a list of QEMU's: a comma would end it."""
    return str(path).replace(",", ",,")


def share(tag, path, *more):
    """QEMU's arguments for a directory that the guest mounts by its tag."""
    return ["-fsdev", ",".join((f"local,id={tag}", f"path={quoted(path)}", "security_model=none",
                                "multidevs=remap") + more),
            "-device", f"virtio-9p-pci,fsdev={tag},mount_tag={tag}"]


def tail(path, lines=30):
    """The end of a log, indented."""
    try:
        text = pathlib.Path(path).read_bytes().decode(errors="replace")
    except OSError as error:
        return f"    ({error})"
    kept = text.replace("\r", "").rstrip("\n").split("\n")[-lines:]
    return "\n".join("    " + line for line in kept)
