# SPDX-License-Identifier: GPL-2.0 OR Linux-OpenIB
"""What accelerators get from their peers, as softfabric's control socket counts it."""


class Arrivals:
    """What an accelerator gets from now on, by (namespace, st, ph)."""

    def __init__(self, fabric, device):
        self.fabric = fabric
        self.device = device
        self.before = self.now()

    def now(self):
        """Numbers by their name, of all until now"""
        return {(kind.pop("namespace"), kind.pop("st"), kind.pop("ph")): kind
                for kind in self.fabric("tlps", device=self.device)["received"]}

    def grown(self, what):
        """How much more of this there is, of the kinds that have more"""
        grown = {kind: numbers[what] - self.before.get(kind, {what: 0})[what]
                 for kind, numbers in self.now().items()}
        return {kind: number for kind, number in grown.items() if number}
