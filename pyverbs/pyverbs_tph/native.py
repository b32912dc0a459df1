# SPDX-License-Identifier: GPL-2.0 OR Linux-OpenIB
"""The C libraries: their structures, and how they are loaded. What is a copy of a header here is
compared with it by tests/unit/pyverbs_tph/test_layout.py.
"""

import ctypes

VFIO_TPH_REASON_SIZE = 512
VFIO_TPH_TAG_ST = 1
VFIO_TPH_TAG_ST_EXT = 2


class DmaBufMrAttr(ctypes.Structure):
    """struct ibv_tph_dmabuf_mr_attr"""
    _fields_ = [
        ("comp_mask", ctypes.c_uint64),
        ("offset", ctypes.c_uint64),
        ("length", ctypes.c_uint64),
        ("iova", ctypes.c_uint64),
        ("fd", ctypes.c_int),
        ("access", ctypes.c_int),
        ("tph_namespace", ctypes.c_uint32),
        ("tph_flags", ctypes.c_uint32),
    ]


class MrInfo(ctypes.Structure):
    """struct mlx5dv_tph_mr_info"""
    _fields_ = [
        ("comp_mask", ctypes.c_uint64),
        ("source", ctypes.c_uint32),
        ("tph_namespace", ctypes.c_uint32),
        ("steering_tag", ctypes.c_uint16),
        ("st_index", ctypes.c_uint16),
        ("ph", ctypes.c_uint8),
        ("revalidations", ctypes.c_uint32),
        ("state", ctypes.c_uint32),
    ]


class DeviceInfo(ctypes.Structure):
    """struct mlx5dv_tph_device_info"""
    _fields_ = [
        ("comp_mask", ctypes.c_uint64),
        ("tph_namespace", ctypes.c_uint32),
        ("flags", ctypes.c_uint32),
        ("st_entries", ctypes.c_uint32),
        ("st_free", ctypes.c_uint32),
        ("st_reserved", ctypes.c_uint32),
        ("st_available", ctypes.c_uint32),
    ]


class Tags(ctypes.Structure):
    """struct vfio_tph_tags"""
    _fields_ = [
        ("flags", ctypes.c_uint32),
        ("st_ext", ctypes.c_uint16),
        ("st", ctypes.c_uint8),
        ("ph", ctypes.c_uint8),
    ]


class Range(ctypes.Structure):
    """struct vfio_tph_range"""
    _fields_ = [("offset", ctypes.c_uint64), ("length", ctypes.c_uint64)]


class Reason(ctypes.Structure):
    """struct vfio_tph_reason"""
    _fields_ = [("text", ctypes.c_char * VFIO_TPH_REASON_SIZE)]

    def __str__(self):
        return self.text.decode(errors="replace")


def load(soname, **prototypes):
    """The library, with the types of the arguments of these functions. An ImportError says what is
    missing.
    """
    try:
        library = ctypes.CDLL(soname, use_errno=True)
    except OSError as error:
        package = soname.replace(".so.", "")
        raise ImportError(f"{error}; it is in the package {package}, or comes with "
                          "cmake --install and ldconfig") from error
    for name, types in prototypes.items():
        if not hasattr(library, name):
            raise ImportError(f"{soname} has no {name}(): it is older than pyverbs_tph")
        getattr(library, name).argtypes = types
    return library
