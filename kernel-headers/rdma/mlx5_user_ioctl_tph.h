/* SPDX-License-Identifier: ((GPL-2.0 WITH Linux-syscall-note) OR BSD-2-Clause) */
/*
 * TLP Processing Hints (TPH) of mlx5: queries of what the requests of a memory region carry, and of
 * what a device has for memory regions that are registered now.
 */
#ifndef _UAPI_RDMA_MLX5_USER_IOCTL_TPH_H
#define _UAPI_RDMA_MLX5_USER_IOCTL_TPH_H

#include <linux/types.h>
#include <rdma/ib_user_ioctl_cmds.h>
#include <rdma/ib_user_ioctl_tph.h>

/**
 * DOC: MLX5_IB_METHOD_MR_QUERY_TPH
 *
 * A method of UVERBS_OBJECT_MR. It works on every memory region of an mlx5 device, whichever way
 * it was registered, and reports the hints of the requests which the NIC makes for it now: the tag
 * comes from the state of the NIC's steering tag table, not from what the registration asked for.
 * While the NIC's requester is disabled the source is MLX5_IB_TPH_SOURCE_NONE.
 *
 * The errors:
 *
 *  ENOENT           The context has no object with this handle.
 *  EINVAL           The handle is no memory region's; handle or response attribute is missing, or
 *                   the response is shorter than struct mlx5_ib_tph_mr_info (a longer one is
 *                   filled with zeroes beyond it).
 *  EBUSY            The region is being destroyed.
 *  EFAULT           The response cannot be written.
 *  EPROTONOSUPPORT  The kernel or the driver has no such method.
 */

/* The last of the ids that uverbs leaves to drivers: upstream's methods count up from the first. */
enum mlx5_ib_mr_tph_methods {
	MLX5_IB_METHOD_MR_QUERY_TPH = (1U << UVERBS_ID_NS_SHIFT) + 7,
};

/**
 * enum mlx5_ib_mr_query_tph_attrs - attributes of MLX5_IB_METHOD_MR_QUERY_TPH
 * @MLX5_IB_ATTR_MR_QUERY_TPH_HANDLE: handle of the memory region
 * @MLX5_IB_ATTR_MR_QUERY_TPH_RESP: output, struct mlx5_ib_tph_mr_info
 */
enum mlx5_ib_mr_query_tph_attrs {
	MLX5_IB_ATTR_MR_QUERY_TPH_HANDLE = (1U << UVERBS_ID_NS_SHIFT),
	MLX5_IB_ATTR_MR_QUERY_TPH_RESP,
};

/**
 * enum mlx5_ib_tph_source - where the hints of a memory region come from
 * @MLX5_IB_TPH_SOURCE_NONE: its requests carry no hints
 * @MLX5_IB_TPH_SOURCE_EXPORTER: imported from the exporter of its dma-buf
 * @MLX5_IB_TPH_SOURCE_DMAH: the DMA handle that it was registered with
 */
enum mlx5_ib_tph_source {
	MLX5_IB_TPH_SOURCE_NONE,
	MLX5_IB_TPH_SOURCE_EXPORTER,
	MLX5_IB_TPH_SOURCE_DMAH,
};

/**
 * enum mlx5_ib_tph_state - what became of the hints of a memory region
 * @MLX5_IB_TPH_STATE_NONE: it has none
 * @MLX5_IB_TPH_STATE_IN_EFFECT: its requests carry those that its source chose
 * @MLX5_IB_TPH_STATE_DEGRADED: its exporter changed its mind in a way that the mkey cannot follow
 *	(another processing hint, none any more, a tag where there was no table entry for one). Its
 *	requests carry tag 0, no preference, until the exporter offers what the mkey can express,
 *	and the pages are mapped again.
 * @MLX5_IB_TPH_STATE_REFUSED: the same of a region with IB_UVERBS_TPH_REQUIRE; or its table entry
 *	belongs to other dma-bufs as well and cannot change, or the NIC has no table and the tag is
 *	in the mkey. Work on the region completes in error, for the same time.
 *
 * As far as is known: the exporter is asked when pages are mapped, which is after an invalidation.
 */
enum mlx5_ib_tph_state {
	MLX5_IB_TPH_STATE_NONE,
	MLX5_IB_TPH_STATE_IN_EFFECT,
	MLX5_IB_TPH_STATE_DEGRADED,
	MLX5_IB_TPH_STATE_REFUSED,
};

/**
 * struct mlx5_ib_tph_mr_info - hints of a memory region
 * @source: enum mlx5_ib_tph_source; with MLX5_IB_TPH_SOURCE_NONE all that follows but
 *	@revalidations and @state is zero
 * @tph_namespace: IB_UVERBS_TPH_NS_ST or IB_UVERBS_TPH_NS_ST_EXT, or IB_UVERBS_TPH_NS_NONE
 * @revalidations: how often the exporter was asked again, and its answer taken, before the pages
 *	of the region were mapped again after an invalidation
 * @steering_tag: tag in the requests
 * @st_index: index of the tag in the NIC's steering tag table, 0 when the mkey selects none; the
 *	tag itself when the NIC has no table
 * @ph: processing hint in the requests, 0 to 3
 * @state: enum mlx5_ib_tph_state
 * @reserved: zero
 */
struct mlx5_ib_tph_mr_info {
	__u32	source;
	__u32	tph_namespace;
	__u32	revalidations;
	__u16	steering_tag;
	__u16	st_index;
	__u8	ph;
	__u8	state;
	__u8	reserved[6];
};

/**
 * DOC: MLX5_IB_METHOD_DEVICE_QUERY_TPH
 *
 * A method of UVERBS_OBJECT_DEVICE: whether registrations on the device import hints, which ones,
 * and for how many tags there is room, so that programs need not try registrations that fail. The
 * answer holds for this moment: other processes take entries of the table, too.
 *
 * The errors:
 *
 *  EINVAL           The response attribute is missing, or shorter than struct
 *                   mlx5_ib_tph_device_info (a longer one is filled with zeroes beyond it); or the
 *                   file has no context yet.
 *  EFAULT           The response cannot be written.
 *  EIO              The device has been removed.
 *  EPROTONOSUPPORT  The kernel or the driver has no such method.
 */

/* The last of the ids that uverbs leaves to drivers, as for MLX5_IB_METHOD_MR_QUERY_TPH. */
enum mlx5_ib_device_tph_methods {
	MLX5_IB_METHOD_DEVICE_QUERY_TPH = (1U << UVERBS_ID_NS_SHIFT) + 7,
};

/**
 * enum mlx5_ib_device_query_tph_attrs - attributes of MLX5_IB_METHOD_DEVICE_QUERY_TPH
 * @MLX5_IB_ATTR_DEVICE_QUERY_TPH_RESP: output, struct mlx5_ib_tph_device_info
 */
enum mlx5_ib_device_query_tph_attrs {
	MLX5_IB_ATTR_DEVICE_QUERY_TPH_RESP = (1U << UVERBS_ID_NS_SHIFT),
};

/**
 * enum mlx5_ib_tph_device_flags - values of @flags in struct mlx5_ib_tph_device_info
 * @MLX5_IB_TPH_DEVICE_IMPORT: the driver imports hints from exporters of dma-bufs; not without
 *	CONFIG_PCIE_TPH
 * @MLX5_IB_TPH_DEVICE_REQUIRE: registrations take the attributes of rdma/ib_user_ioctl_tph.h
 * @MLX5_IB_TPH_DEVICE_ENABLED: requests of the device can carry hints now
 * @MLX5_IB_TPH_DEVICE_TABLE: the device has a table of steering tags
 * @MLX5_IB_TPH_DEVICE_DIRECT: it has none, and a tag is in the mkey itself, which takes 0 to 0xff
 *
 * Neither of the last two: the device or its PCI function has no TPH, or the kernel was told to
 * leave it off.
 */
enum mlx5_ib_tph_device_flags {
	MLX5_IB_TPH_DEVICE_IMPORT = 1 << 0,
	MLX5_IB_TPH_DEVICE_REQUIRE = 1 << 1,
	MLX5_IB_TPH_DEVICE_ENABLED = 1 << 2,
	MLX5_IB_TPH_DEVICE_TABLE = 1 << 3,
	MLX5_IB_TPH_DEVICE_DIRECT = 1 << 4,
};

/**
 * struct mlx5_ib_tph_device_info - what a device has to steer with
 * @tph_namespace: IB_UVERBS_TPH_NS_ST or IB_UVERBS_TPH_NS_ST_EXT: the one of its requests or,
 *	without MLX5_IB_TPH_DEVICE_ENABLED, the one that the driver had enabled before somebody
 *	switched TPH off behind its back; IB_UVERBS_TPH_NS_NONE without TPH, or when it is off for
 *	good
 * @flags: enum mlx5_ib_tph_device_flags
 * @st_entries: entries of the table that mkeys can select, the first one included, which is never
 *	used; all of these numbers are 0 without a table
 * @st_free: entries of it that nobody uses now
 * @st_reserved: how many entries are kept for the tags of CPUs, which DMA handles have
 * @st_available: how many more tags the calling process can import until it gets ENOSPC
 * @reserved: zero
 */
struct mlx5_ib_tph_device_info {
	__u32	tph_namespace;
	__u32	flags;
	__u32	st_entries;
	__u32	st_free;
	__u32	st_reserved;
	__u32	st_available;
	__u32	reserved[2];
};

#endif /* _UAPI_RDMA_MLX5_USER_IOCTL_TPH_H */
