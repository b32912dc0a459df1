# SPDX-License-Identifier: GPL-2.0 OR Linux-OpenIB
"""Where the machine's devices are: integrated into the root complex, or each behind a root port."""

import dataclasses
import subprocess

from lab import places
from lab.say import LabError

INTEGRATED, ROOT_PORT = "integrated", "root-port"
COMPLETERS = {"none": 0, "tph": 1, "ext": 3}    # as in Device Capabilities 2, bits 13:12

FIRST_SLOTS = {"nic": 0x10, "accelerator": 0x18}
FIRMWARE = places.TOP / "lab.d/firmware/steering.asl"

# QEMU's root ports say that they complete no hints, so our kernel is told what to read there.
COMPLETER_ARGUMENT = "lab_root_port.tph_completer"


@dataclasses.dataclass(frozen=True)
class Topology:
    """What --topology takes."""
    root_port: bool = False
    completer: str = "ext"      # what the root ports are

    def arguments(self):
        """For the kernel's command line."""
        return f"{COMPLETER_ARGUMENT}={COMPLETERS[self.completer]}" if self.root_port else ""


@dataclasses.dataclass(frozen=True)
class Device:
    """One of the models."""
    name: str
    kind: str       # nic or accelerator
    spec: str       # its options
    slot: str       # on the root bus: its own, or its root port's
    bdf: str        # where the guest sees it, in domain 0
    port: str | None = None     # QEMU's name of its root port

    def model(self):
        """What softfabric is to make."""
        return ",".join(filter(None, (self.name, f"bdf={self.bdf}", self.spec)))

    def place(self):
        """Where QEMU is to put it."""
        return {"bus": self.port} if self.port else {"addr": self.slot}


def topology_of(text):
    """What --topology's value says; ValueError with the reason why it says nothing."""
    name, *pairs = text.split(",")
    if name not in (INTEGRATED, ROOT_PORT):
        raise ValueError(f"no topology '{name}': {INTEGRATED} or {ROOT_PORT}")
    choice = {"completer": Topology.completer}
    for pair in pairs:
        key, _, value = pair.partition("=")
        if name == INTEGRATED or key not in choice:
            raise ValueError(f"{name} has no '{key}'")
        if value not in COMPLETERS:
            raise ValueError(f"{key} is one of {', '.join(COMPLETERS)}, not '{value}'")
        choice[key] = value
    return Topology(name == ROOT_PORT, **choice)


def devices_of(options):
    """The devices of a machine, with the same addresses in every run. The firmware gives the buses
    behind root ports their numbers, from 1 on in the order of the ports' slots.
    """
    found = []
    for kind, specs in (("nic", options.nics), ("accelerator", options.accelerators)):
        for i, spec in enumerate(specs):
            name, slot = f"{kind[:3]}{i}", f"{FIRST_SLOTS[kind] + i:02x}.0"
            place = (f"00:{slot}",)
            if options.topology.root_port:
                place = f"{len(found) + 1:02x}:00.0", f"port-{name}"
            found.append(Device(name, kind, spec, slot, *place))
    return found


def root_ports(devices):
    """QEMU's arguments for the root ports of devices that are behind one."""
    arguments = []
    for number, device in enumerate(devices, 1):
        arguments += ["-device", f"pcie-root-port,id={device.port},addr={device.slot},"
                                 f"chassis={number},slot={number},hotplug=off"]
    return arguments


def steering_table(run):
    """The file, in the directory of the run, with the table by which Linux asks the firmware for
    tags of processors.
    """
    prefix = run / "steering"
    ended = subprocess.run(["iasl", "-p", prefix, FIRMWARE], capture_output=True, text=True,
                           check=False)
    if ended.returncode:
        raise LabError(f"iasl does not compile {FIRMWARE}:\n{ended.stdout}{ended.stderr}")
    return prefix.with_suffix(".aml")
