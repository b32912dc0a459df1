/* SPDX-License-Identifier: GPL-2.0 OR Linux-OpenIB */
/*
 * TLP Processing Hints of mlx5 devices: which hints the TLPs of a memory region carry, and what a
 * device can do for regions that are yet to be registered.
 */
#ifndef INFINIBAND_MLX5DV_TPH_H
#define INFINIBAND_MLX5DV_TPH_H

#include <stdint.h>
#include <infiniband/tph.h>

#ifdef __cplusplus
extern "C" {
#endif

/* Where the hints that a memory region's TLPs carry came from. */
enum mlx5dv_tph_source {
	MLX5DV_TPH_SOURCE_NONE,     /* its TLPs carry no hints */
	MLX5DV_TPH_SOURCE_EXPORTER, /* the exporter of the dma-buf published them */
	MLX5DV_TPH_SOURCE_DMAH,     /* a DMA handle (ibv_alloc_dmah()) set them */
};

/*
 * What became of them. The exporter is asked when the pages of the region are mapped, which happens
 * again after it took its memory back for a while. What it says then may not be what the region
 * was made for.
 */
enum mlx5dv_tph_state {
	MLX5DV_TPH_STATE_NONE,      /* there are none */
	MLX5DV_TPH_STATE_IN_EFFECT, /* TLPs carry what the source wants */
	MLX5DV_TPH_STATE_DEGRADED,  /* TLPs carry tag 0, no preference: the exporter now wants
					 * another processing hint, or none, or a tag where the
					 * region was made without */
	MLX5DV_TPH_STATE_REFUSED,   /* work on the region fails: the same of one registered
					 * with IBV_TPH_REQUIRE, or whose table entry is shared with
					 * other dma-bufs, or of a device without a table */
};

/*
 * comp_mask:     which fields after those below the caller has room for; there are none yet
 * source:        enum mlx5dv_tph_source; when NONE all below but @revalidations and @state
 *                are 0
 * tph_namespace: enum ibv_tph_namespace: ST or ST_EXT
 * steering_tag:  the tag, 0..0xff in the 8-bit namespace, 0..0xffff in the 16-bit one
 * st_index:      entry of the device's steering tag table that holds it (0: the entry that is
 *                always 0; for a device without a table the tag itself)
 * ph:            processing hint, 0..3: 0 bidirectional, 1 requester, 2 target, 3 target with
 *                priority (PCI Express Base Specification, "Processing Hints")
 * revalidations: how often the exporter was asked again with success since the registration,
 *                because it had invalidated the mapping; wraps
 * state:         enum mlx5dv_tph_state; DEGRADED and REFUSED end when the exporter publishes what
 *                the region was made for, and the pages are mapped again after that
 */
struct mlx5dv_tph_mr_info {
	uint64_t comp_mask;
	uint32_t source;
	uint32_t tph_namespace;
	uint16_t steering_tag;
	uint16_t st_index;
	uint8_t ph;
	uint32_t revalidations;
	uint32_t state;
};

/**
 * mlx5dv_tph_query_mr - What hints do the TLPs of a memory region carry now
 * @mr: any memory region of an mlx5 device, of whichever call
 * @info: comp_mask is read, all else is written on success, nothing otherwise
 *
 * The answer comes from the device's live steering tag table. It is a snapshot: while TPH of the
 * PCI function is disabled the source is MLX5DV_TPH_SOURCE_NONE.
 *
 * Return: 0, or a positive errno:
 *	EOPNOTSUPP	@info->comp_mask is not 0, @mr is not of an mlx5 device, or the kernel does
 *			not have the query
 *	ENOENT		@mr has been destroyed behind the library's back
 *	EBUSY		@mr is being destroyed
 *	EIO		the device has been removed
 */
int mlx5dv_tph_query_mr(struct ibv_mr *mr, struct mlx5dv_tph_mr_info *info);

/**
 * mlx5dv_tph_query_mr_handle - The same for language bindings, which hold handles, not pointers
 * @cmd_fd: the uverbs device, cmd_fd of struct ibv_context
 * @mr_handle: handle of struct ibv_mr
 * @info: as above
 *
 * Return: as mlx5dv_tph_query_mr(); EOPNOTSUPP also when @cmd_fd is no uverbs device or not open.
 */
int mlx5dv_tph_query_mr_handle(int cmd_fd, uint32_t mr_handle, struct mlx5dv_tph_mr_info *info);

/*
 * What the device, its driver and the kernel support. More flags may be added: ignore those that
 * are not listed here.
 */
enum mlx5dv_tph_device_flags {
	/* Registrations import hints from the exporters of dma-bufs. */
	MLX5DV_TPH_DEVICE_IMPORT = 1 << 0,
	/* They know IBV_TPH_REQUIRE, and namespaces other than IBV_TPH_NS_AUTO. */
	MLX5DV_TPH_DEVICE_REQUIRE = 1 << 1,
	/* TLPs of the device can carry hints now: TPH of its PCI function is enabled. */
	MLX5DV_TPH_DEVICE_ENABLED = 1 << 2,
	/* It has a table of steering tags, whose entries its memory regions share. */
	MLX5DV_TPH_DEVICE_TABLE = 1 << 3,
	/*
	 * It has none, and each memory region has its own tag, of 8 bits: in the 16-bit namespace,
	 * too, other tags than 0..0xff cannot be sent.
	 */
	MLX5DV_TPH_DEVICE_DIRECT = 1 << 4,
};

/*
 * comp_mask:     which fields after those below the caller has room for; there are none yet
 * tph_namespace: enum ibv_tph_namespace: ST or ST_EXT, the one that TLPs of the device carry.
 *                Without MLX5DV_TPH_DEVICE_ENABLED the one that they carried, and will when who
 *                switched TPH off (an administrator, by setpci) switches it on again; NONE when
 *                the device or the kernel has no TPH, or TPH is off until the driver is loaded
 *                again
 * flags:         enum mlx5dv_tph_device_flags
 * st_entries:    entries of the table, the first one included, which is never used: up to 256.
 *                This and the following are 0 without MLX5DV_TPH_DEVICE_TABLE
 * st_free:       entries that nobody uses now
 * st_reserved:   entries that are kept for the tags of CPUs (DMA handles, ibv_alloc_dmah())
 * st_available:  how many more tags this process can have registered until IBV_TPH_REQUIRE fails
 *                with ENOSPC: of the entries not reserved one process gets half at most. Not less
 *                than that, as regions of one dma-buf with the same tag share an entry
 */
struct mlx5dv_tph_device_info {
	uint64_t comp_mask;
	uint32_t tph_namespace;
	uint32_t flags;
	uint32_t st_entries;
	uint32_t st_free;
	uint32_t st_reserved;
	uint32_t st_available;
};

/**
 * mlx5dv_tph_query_device - What hints can memory regions of a device have
 * @context: an mlx5 device
 * @info: comp_mask is read, all else is written on success, nothing otherwise
 *
 * For those who want to know before they register. A snapshot: other processes register, too. One
 * system call, and no effect on the device.
 *
 * Return: 0, or a positive errno:
 *	EOPNOTSUPP	@info->comp_mask is not 0, @context is not of an mlx5 device, or the kernel
 *			does not have the query. One without it may import hints all the same; only
 *			a registration shows
 *	EIO		the device has been removed
 */
int mlx5dv_tph_query_device(struct ibv_context *context, struct mlx5dv_tph_device_info *info);

/**
 * mlx5dv_tph_query_device_handle - The same for language bindings, which hold handles, not pointers
 * @cmd_fd: the uverbs device, cmd_fd of struct ibv_context
 * @info: as above
 *
 * Return: as mlx5dv_tph_query_device(); EOPNOTSUPP also when @cmd_fd is no uverbs device or not
 * open.
 */
int mlx5dv_tph_query_device_handle(int cmd_fd, struct mlx5dv_tph_device_info *info);

#ifdef __cplusplus
}
#endif

#endif /* INFINIBAND_MLX5DV_TPH_H */
