# SPDX-License-Identifier: GPL-2.0 OR Linux-OpenIB
"""What executes the guest's code: QEMU's emulation (tcg) or, where that works, this machine's
processor (kvm).
"""

import functools
import subprocess

from lab import say

NAMES = ("tcg", "kvm")
ARGUMENTS = {"tcg": "tcg,thread=multi", "kvm": "kvm"}

# The guest sees the same processor with both, one of AMD: Linux lets a device reach another through
# the host bridge if that is on its list, which QEMU's is not, or the processor is a Zen. KVM would
# show the vendor of this machine's processor, and -cpu host also its family, so the vendor is said
# here. Which features of it this machine cannot provide is in QEMU's log; the guest does without.
CPU = ("-cpu", "EPYC,vendor=AuthenticAMD")

PROBE_S = 30


def arguments(name):
    """QEMU's, for one of NAMES."""
    return ["-accel", ARGUMENTS[usable(name)], *CPU]


@functools.cache
def usable(name):
    """The same name, or tcg and a word why where kvm does not work."""
    if name == "kvm" and (refusal := why_no_kvm()):
        say.say(f"the guest is emulated, as QEMU cannot use KVM here: {refusal}")
        return "tcg"
    return name


def why_no_kvm():
    """QEMU's own words, or None: it makes a machine with such a processor, which never runs."""
    command = ["qemu-system-x86_64", "-nodefaults", "-no-user-config", "-display", "none",
               "-machine", "q35", "-m", "16M", "-accel", ARGUMENTS["kvm"], *CPU,
               "-S", "-monitor", "stdio"]
    try:
        ended = subprocess.run(command, input="quit\n", capture_output=True, text=True,
                               timeout=PROBE_S, check=False)
    except subprocess.TimeoutExpired:
        return f"it did not make a machine in {PROBE_S} s"
    if ended.returncode == 0:
        return None
    said = ended.stderr.splitlines() or [f"exit code {ended.returncode}"]
    return said[0].removeprefix("qemu-system-x86_64: ").removeprefix("-accel kvm: ")
