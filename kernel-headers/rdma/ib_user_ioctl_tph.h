/* SPDX-License-Identifier: ((GPL-2.0 WITH Linux-syscall-note) OR BSD-2-Clause) */
/*
 * TLP Processing Hints (TPH) of memory regions: the attributes that a driver which can import
 * TPH metadata from a dma-buf adds to the registration methods of uverbs.
 */
#ifndef _UAPI_RDMA_IB_USER_IOCTL_TPH_H
#define _UAPI_RDMA_IB_USER_IOCTL_TPH_H

/**
 * DOC: registration attributes for TPH
 *
 * UVERBS_METHOD_REG_DMABUF_MR and UVERBS_METHOD_REG_MR (the form that takes a file descriptor)
 * accept the same two optional attributes. They are core-part ids, from the top of the range.
 *
 * UVERBS_ATTR_MR_TPH_NAMESPACE is a constant (8 bytes inline), enum ib_uverbs_tph_namespace.
 * Without it the registration behaves as with IB_UVERBS_TPH_NS_AUTO.
 * UVERBS_ATTR_MR_TPH_FLAGS is a flags attribute (4 or 8 bytes inline), enum ib_uverbs_tph_flags.
 *
 * uverbs skips an attribute that the driver does not know, unless the caller marked it
 * UVERBS_ATTR_F_MANDATORY. Mark both mandatory exactly when IB_UVERBS_TPH_REQUIRE is set: a kernel
 * or driver without them then registers plainly what can do without TPH, and refuses the rest.
 *
 * A NIC emits one namespace, that of its enabled requester type. The metadata of the other one is
 * never substituted. Without IB_UVERBS_TPH_REQUIRE, whatever stands in the way of TPH leaves a
 * working memory region without it.
 *
 * The errors, beside those that the methods have anyway:
 *
 *  EINVAL           Unknown namespace; undefined flag; IB_UVERBS_TPH_REQUIRE together with
 *                   IB_UVERBS_TPH_NS_NONE; either attribute together with a DMA handle
 *                   (UVERBS_ATTR_REG_MR_DMA_HANDLE) or with an address instead of a file
 *                   descriptor.
 *  EPROTONOSUPPORT  Attribute marked mandatory, driver does not have it.
 *
 * and with IB_UVERBS_TPH_REQUIRE, no memory region being created:
 *
 *  EOPNOTSUPP       The region is a data-direct one, whose requests leave from another function;
 *                   or, once the dma-buf is known to be there and to have all of the region: its
 *                   exporter has no tag in the namespace; the NIC cannot emit the namespace, or a
 *                   tag of that width from its mkey; or TPH is off in the NIC.
 *  ENOSPC           All entries of the NIC's steering tag table that this process, or exporters
 *                   altogether, can have are in use by other tags.
 *  EIO              Writing the steering tag table failed. TPH is off for the NIC from then on.
 *  ENOMEM           Out of memory.
 *  EAGAIN           The exporter kept replacing its metadata while the region was being mapped.
 *
 * When pages are mapped again, after an invalidation, the exporter is asked again, and what it says
 * then may be something that the NIC cannot do for this region. A region with
 * IB_UVERBS_TPH_REQUIRE is not mapped then, and work on it completes in error. Any other is, and
 * its requests carry tag 0, no preference; but for those whose table entry is shared with other
 * dma-bufs, which happens when few are left, or that have none since the NIC has no table.
 *
 * What IB_UVERBS_TPH_REQUIRE cannot promise: PCI Express asks that TPH be disabled in a requester
 * while its steering tag table is written. While a new tag is being programmed, by this or any
 * other registration on the same NIC, requests of all its memory regions leave without TPH.
 */

/**
 * enum ib_uverbs_tph_namespace - which of an exporter's steering tags to import
 * @IB_UVERBS_TPH_NS_NONE: none; the exporter is not asked
 * @IB_UVERBS_TPH_NS_AUTO: the one that the NIC emits
 * @IB_UVERBS_TPH_NS_ST: the 8-bit steering tag
 * @IB_UVERBS_TPH_NS_ST_EXT: the 16-bit steering tag of Extended TPH
 */
enum ib_uverbs_tph_namespace {
	IB_UVERBS_TPH_NS_NONE,
	IB_UVERBS_TPH_NS_AUTO,
	IB_UVERBS_TPH_NS_ST,
	IB_UVERBS_TPH_NS_ST_EXT,
};

/**
 * enum ib_uverbs_tph_flags - values of UVERBS_ATTR_MR_TPH_FLAGS
 * @IB_UVERBS_TPH_REQUIRE: fail the registration instead of going without TPH
 */
enum ib_uverbs_tph_flags {
	IB_UVERBS_TPH_REQUIRE = 1 << 0,
};

/**
 * enum uverbs_attrs_mr_tph_ids - attribute ids, the same in both methods
 * @UVERBS_ATTR_MR_TPH_NAMESPACE: enum ib_uverbs_tph_namespace
 * @UVERBS_ATTR_MR_TPH_FLAGS: enum ib_uverbs_tph_flags
 */
enum uverbs_attrs_mr_tph_ids {
	UVERBS_ATTR_MR_TPH_NAMESPACE = 30,
	UVERBS_ATTR_MR_TPH_FLAGS = 31,
};

#endif /* _UAPI_RDMA_IB_USER_IOCTL_TPH_H */
