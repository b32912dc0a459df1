# SPDX-License-Identifier: GPL-2.0 OR Linux-OpenIB
"""TLP Processing Hints for pyverbs: memory regions whose requests carry the steering tag that the
exporter of a dma-buf published.

pyverbs_tph.vfio     the exporter's side: open a device, export parts of a BAR, publish tags
pyverbs_tph.mr       the importer's side: register a dma-buf, in a namespace of steering tags
pyverbs_tph.mlx5     what an mlx5 device can send, and what a memory region does send
pyverbs_tph.enums    namespaces, flags, sources, states
pyverbs_tph.errors   what these raise

It is an add-on to the installed pyverbs, of rdma-core 44 or later, through its Python interface
alone; its own part is done by libibverbs-tph, libmlx5-tph and libvfio-tph. The manual page
pyverbs_tph(3) has examples and each errno with its cause.
"""
