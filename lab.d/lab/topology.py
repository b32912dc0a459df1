# SPDX-License-Identifier: GPL-2.0 OR Linux-OpenIB
"""Where the machine's devices are: integrated into the root complex, each behind a root port, or all
below one switch.
"""

import dataclasses
import subprocess

from lab import places
from lab.say import LabError

INTEGRATED, ROOT_PORT, SWITCH = NAMES = "integrated", "root-port", "switch"
COMPLETERS = {"none": 0, "tph": 1, "ext": 3}    # as in Device Capabilities 2, bits 13:12

FIRST_SLOTS = {"nic": 0x10, "accelerator": 0x18}
FIRMWARE = places.TOP / "lab.d/firmware/steering.asl"

# No faster than need not say that their link is active: without hotplug they never do, and after a
# reset of the bus Linux would wait for it in vain.
ROOT_PORT_OF_QEMU = "pcie-root-port,hotplug=off,x-speed=5"

# QEMU's root ports say that they complete no hints, so our kernel is told what to read there.
COMPLETER_ARGUMENT = "lab_root_port.tph_completer"


@dataclasses.dataclass(frozen=True)
class Topology:
    """What --topology takes."""
    name: str = INTEGRATED
    completer: str = "ext"      # what root ports are

    def has_ports(self):
        return self.name != INTEGRATED

    def arguments(self):
        """For the kernel's command line."""
        return f"{COMPLETER_ARGUMENT}={COMPLETERS[self.completer]}" if self.has_ports() else ""


@dataclasses.dataclass(frozen=True)
class Device:
    """One of the models."""
    name: str
    kind: str       # nic or accelerator
    spec: str       # its options
    slot: str       # on the root bus, of itself or of its root port
    bdf: str        # where the guest sees it, in domain 0
    port: str | None = None     # QEMU's name of the port that it is behind

    def model(self):
        """What softfabric is to make."""
        return ",".join(filter(None, (self.name, f"bdf={self.bdf}", self.spec)))

    def place(self):
        """Where QEMU is to put it."""
        return {"bus": self.port} if self.port else {"addr": self.slot}


def topology_of(text):
    """What --topology's value says; ValueError with the reason why it says nothing."""
    name, *pairs = text.split(",")
    if name not in NAMES:
        raise ValueError(f"no topology '{name}': {', '.join(NAMES)}")
    choice = {"completer": Topology.completer}
    for pair in pairs:
        key, _, value = pair.partition("=")
        if name == INTEGRATED or key not in choice:
            raise ValueError(f"{name} has no '{key}'")
        if value not in COMPLETERS:
            raise ValueError(f"{key} is one of {', '.join(COMPLETERS)}, not '{value}'")
        choice[key] = value
    return Topology(name, **choice)


def devices_of(options):
    """The devices of a machine, with the same addresses in every run. The firmware gives buses their
    numbers in the order of the slots: those behind ports from 1 on, those below a switch from 3 on,
    as its own are 1 and 2.
    """
    topology = options.topology
    first_bus = 3 if topology.name == SWITCH else 1
    found = []
    for kind, specs in (("nic", options.nics), ("accelerator", options.accelerators)):
        for i, spec in enumerate(specs):
            name, slot = f"{kind[:3]}{i}", f"{FIRST_SLOTS[kind] + i:02x}.0"
            place = (f"00:{slot}",)
            if topology.has_ports():
                place = f"{first_bus + len(found):02x}:00.0", f"port-{name}"
            found.append(Device(name, kind, spec, slot, *place))
    return found


def ports(topology, devices):
    """QEMU's arguments for what is above the devices."""
    if topology.name == SWITCH:
        above = [f"{ROOT_PORT_OF_QEMU},id=port-switch,addr={FIRST_SLOTS['nic']:02x}.0,chassis=0",
                 "x3130-upstream,id=switch,bus=port-switch"]
        each = (f"xio3130-downstream,id={device.port},bus=switch,addr={number:02x}.0,chassis=1,"
                f"slot={number},hotplug=off" for number, device in enumerate(devices))
    else:
        above = []
        each = (f"{ROOT_PORT_OF_QEMU},id={device.port},addr={device.slot},chassis={number}"
                for number, device in enumerate(devices))
    return [word for port in (*above, *each) for word in ("-device", port)]


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
