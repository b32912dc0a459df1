// SPDX-License-Identifier: GPL-2.0-only
/*
 * TLP Processing Hints for dma-bufs that are exported from vfio-pci devices
 *
 * User space that owns the device publishes them; importers ask for them.
 */
#include <kunit/visibility.h>
#include <linux/dma-buf.h>
#include <linux/dma-resv.h>
#include <linux/pci-tph.h>
#include <linux/uaccess.h>

#include "vfio_pci_dmabuf.h"
#include "vfio_pci_dmabuf_tph.h"
#include "vfio_pci_priv.h"

#define VFIO_PCI_TPH_PH_MAX	3

/*
 * When the device is enabled, and not when somebody asks: its registers read as all ones while it
 * is being reset, which its owner can do at any time.
 */
void vfio_pci_dma_buf_tph_init(struct vfio_pci_core_device *vdev)
{
	vdev->tph_completer = pcie_tph_completer_type(vdev->pdev);
}
EXPORT_SYMBOL_IF_KUNIT(vfio_pci_dma_buf_tph_init);

/* The get_pci_tph op: called by importers, reservation lock held */
int vfio_pci_dma_buf_get_tph(struct dma_buf *dmabuf, bool extended, u16 *steering_tag, u8 *ph)
{
	const struct vfio_pci_dma_buf *priv = dmabuf->priv;
	const struct vfio_pci_dma_buf_tph *tph = &priv->tph;

	dma_resv_assert_held(dmabuf->resv);

	/* What tags mean was known to an owner who is gone */
	if (!priv->vdev)
		return -EOPNOTSUPP;
	if (!(tph->flags & (extended ? VFIO_DMA_BUF_TPH_ST_EXT : VFIO_DMA_BUF_TPH_ST)))
		return -EOPNOTSUPP;

	*steering_tag = extended ? tph->steering_tag_ext : tph->steering_tag;
	*ph = tph->ph;
	return 0;
}
EXPORT_SYMBOL_IF_KUNIT(vfio_pci_dma_buf_get_tph);

/*
 * Whether @dmabuf was exported from @vdev, which is open as long as an ioctl on it runs. Needs no
 * lock: priv->vdev is set before the file descriptor exists and changes once, to NULL, in
 * vfio_pci_dma_buf_cleanup() when its device is closed for the last time. Where it equals @vdev it
 * stays so; where it does not the answer is no, whether it changes or not.
 */
static bool vfio_pci_owns_dma_buf(struct vfio_pci_core_device *vdev, struct dma_buf *dmabuf)
{
	const struct vfio_pci_dma_buf *priv = dmabuf->priv;

	/* No other exporter has this op */
	return dmabuf->ops->get_pci_tph == vfio_pci_dma_buf_get_tph &&
	       priv->vdev == vdev;
}

static int vfio_pci_publish_tph(struct dma_buf *dmabuf,
				const struct vfio_device_feature_dma_buf_tph *set)
{
	struct vfio_pci_dma_buf *priv = dmabuf->priv;
	int ret;

	ret = dma_resv_lock_interruptible(dmabuf->resv, NULL);
	if (ret)
		return ret;

	priv->tph = (struct vfio_pci_dma_buf_tph) {
		.flags = set->flags,
		.steering_tag_ext = set->steering_tag_ext,
		.steering_tag = set->steering_tag,
		.ph = set->ph,
	};
	dma_resv_unlock(dmabuf->resv);
	return 0;
}

/* The order of the checks is uAPI, see VFIO_DEVICE_FEATURE_DMA_BUF_TPH */
int vfio_pci_core_feature_dma_buf_tph(struct vfio_pci_core_device *vdev, u32 flags,
				      struct vfio_device_feature_dma_buf_tph __user *arg,
				      size_t argsz)
{
	struct vfio_device_feature_dma_buf_tph set;
	struct dma_buf *dmabuf;
	int ret;

	if ((flags & VFIO_DEVICE_FEATURE_GET) ||
	    !(flags & (VFIO_DEVICE_FEATURE_SET | VFIO_DEVICE_FEATURE_PROBE)))
		return -EINVAL;

	/* Without a callback the device's driver exports no dma-bufs that could have hints */
	if (!vdev->pci_ops || !vdev->pci_ops->get_dmabuf_phys ||
	    vdev->tph_completer == PCI_EXP_DEVCAP2_TPH_COMP_NONE)
		return -EOPNOTSUPP;

	ret = vfio_check_feature(flags, argsz, VFIO_DEVICE_FEATURE_SET, sizeof(set));
	if (ret != 1)
		return ret;

	if (copy_from_user(&set, arg, sizeof(set)))
		return -EFAULT;

	if (set.flags & ~(VFIO_DMA_BUF_TPH_ST | VFIO_DMA_BUF_TPH_ST_EXT) ||
	    set.ph > VFIO_PCI_TPH_PH_MAX)
		return -EINVAL;

	if (set.flags & VFIO_DMA_BUF_TPH_ST_EXT &&
	    vdev->tph_completer != PCI_EXP_DEVCAP2_TPH_COMP_EXT_TPH)
		return -EOPNOTSUPP;

	dmabuf = dma_buf_get(set.dmabuf_fd);
	if (IS_ERR(dmabuf))
		return PTR_ERR(dmabuf);

	ret = -EINVAL;
	if (vfio_pci_owns_dma_buf(vdev, dmabuf))
		ret = vfio_pci_publish_tph(dmabuf, &set);
	dma_buf_put(dmabuf);
	return ret;
}
EXPORT_SYMBOL_IF_KUNIT(vfio_pci_core_feature_dma_buf_tph);
