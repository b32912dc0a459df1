// SPDX-License-Identifier: GPL-2.0-only
/*
 * TLP Processing Hints of a dma-buf: how an importer learns what the exporter published
 */
#include <linux/dma-buf.h>
#include <linux/dma-resv.h>
#include <linux/export.h>

/**
 * DOC: TLP processing hints
 *
 * When a PCIe device is the target of peer-to-peer requests, every request can carry TLP
 * Processing Hints (TPH, PCI Express Base Specification, chapter "TLP Processing Hints"): a
 * steering tag of 8 bits, or of 16 bits in the namespace of Extended TPH, and a processing hint of
 * 2 bits. What a tag does is known to the completer alone, the device behind the exporter: it may
 * select a part of a cache, or an operation on the data. So an exporter can attach them to a
 * dma-buf, and an importer that drives a requester asks with dma_buf_get_pci_tph() what to put
 * into its requests. To everything in between the values are opaque.
 *
 * The two namespaces are independent of each other. A requester emits one of them, and asks for
 * that one; where the exporter has no tag in it, the requests carry no hints.
 *
 * The answer belongs to the mapping: it holds until the importer's invalidate_mappings() callback.
 * An importer asks again, under the same hold of the reservation lock under which it maps again,
 * and makes sure that no request with the previous hints follows. It may ask earlier, and go by
 * what it is told then. An exporter that changes its mind about a buffer that is mapped has to
 * invalidate the mappings, or live with importers that continue to use what they were told.
 */

/**
 * dma_buf_get_pci_tph - Ask the exporter which TLP Processing Hints requests should carry
 * @dmabuf: buffer that the importer is attached to, its reservation lock held
 * @extended: the namespace: false for 8-bit steering tags, true for 16-bit ones (Extended TPH)
 * @steering_tag: the steering tag; in the 8-bit namespace at most 0xff
 * @ph: the processing hint, 0 to 3
 *
 * The result is valid until the next invalidation of the mappings, see the section on TLP
 * processing hints. It is never derived from what the exporter has in the other namespace.
 *
 * Return: 0, or a negative errno, the output being untouched then: -EOPNOTSUPP when the exporter
 * knows nothing of hints or has none in this namespace.
 */
int dma_buf_get_pci_tph(struct dma_buf *dmabuf, bool extended, u16 *steering_tag, u8 *ph)
{
	dma_resv_assert_held(dmabuf->resv);

	if (!dmabuf->ops->get_pci_tph)
		return -EOPNOTSUPP;

	return dmabuf->ops->get_pci_tph(dmabuf, extended, steering_tag, ph);
}
EXPORT_SYMBOL_NS_GPL(dma_buf_get_pci_tph, "DMA_BUF");
