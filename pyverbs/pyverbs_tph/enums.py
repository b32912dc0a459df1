# SPDX-License-Identifier: GPL-2.0 OR Linux-OpenIB
"""Constants of <infiniband/tph.h> and <infiniband/mlx5dv_tph.h>, which say what each means. They can
be had one by one, too, as in pyverbs.enums of older rdma-cores: enums.IBV_TPH_NS_ST.
"""

import enum

# Named as in C, as pyverbs does.
# pylint: disable=invalid-name


class ibv_tph_namespace(enum.IntEnum):
    """Which of the exporter's tags to take."""
    IBV_TPH_NS_NONE = 0         # none: the exporter is not asked
    IBV_TPH_NS_AUTO = 1         # that of the namespace which the RDMA device sends
    IBV_TPH_NS_ST = 2           # the 8-bit tag
    IBV_TPH_NS_ST_EXT = 3       # the 16-bit tag


class ibv_tph_flags(enum.IntFlag):
    """How badly it is wanted."""
    IBV_TPH_REQUIRE = 1         # no memory region without it


class mlx5dv_tph_source(enum.IntEnum):
    """Where the hints of a memory region came from."""
    MLX5DV_TPH_SOURCE_NONE = 0          # its requests carry none
    MLX5DV_TPH_SOURCE_EXPORTER = 1      # the exporter of the dma-buf published them
    MLX5DV_TPH_SOURCE_DMAH = 2          # a DMA handle set them


class mlx5dv_tph_state(enum.IntEnum):
    """What became of them."""
    MLX5DV_TPH_STATE_NONE = 0           # there are none
    MLX5DV_TPH_STATE_IN_EFFECT = 1      # requests carry what the source wants
    MLX5DV_TPH_STATE_DEGRADED = 2       # requests carry tag 0: the exporter wants others by now
    MLX5DV_TPH_STATE_REFUSED = 3        # the same, and work on the region fails


class mlx5dv_tph_device_flags(enum.IntFlag):
    """What a device, its driver and the kernel have of it. A newer kernel may set other bits."""
    MLX5DV_TPH_DEVICE_IMPORT = 1        # hints of exporters are imported
    MLX5DV_TPH_DEVICE_REQUIRE = 2       # IBV_TPH_REQUIRE, and namespaces but IBV_TPH_NS_AUTO, work
    MLX5DV_TPH_DEVICE_ENABLED = 4       # requests can carry hints now
    MLX5DV_TPH_DEVICE_TABLE = 8         # there is a table of steering tags
    MLX5DV_TPH_DEVICE_DIRECT = 16       # there is none, each memory region has a tag of its own


for _enum in (ibv_tph_namespace, ibv_tph_flags, mlx5dv_tph_source, mlx5dv_tph_state,
              mlx5dv_tph_device_flags):
    globals().update(_enum.__members__)


def member(kind, value):
    """The member of an enum, or the number itself where a newer kernel has more of them."""
    try:
        return kind(value)
    except ValueError:
        return value
