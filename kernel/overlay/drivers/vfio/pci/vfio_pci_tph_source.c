// SPDX-License-Identifier: GPL-2.0-only
/*
 * TLP Processing Hints of vfio-pci devices as requesters: where tags come from
 */
#include <linux/cpumask.h>
#include <linux/dma-buf.h>
#include <linux/dma-resv.h>
#include <linux/pci-tph.h>

#include "vfio_pci_tph.h"

#define SRC_CPU	(VFIO_DEVICE_TPH_SRC_CPU_VOLATILE | VFIO_DEVICE_TPH_SRC_CPU_PERSISTENT)

/* Outputs are all zero before */
static void set_st(struct vfio_device_feature_tph_resolve *hint, u16 st)
{
	if (!st)
		return;
	hint->st = st;
	hint->valid |= VFIO_DEVICE_TPH_VALID_ST;
}

#ifdef CONFIG_VFIO_PCI_DMABUF
static int resolve_dma_buf(int fd, bool extended, struct vfio_device_feature_tph_resolve *hint)
{
	struct dma_buf *dmabuf = dma_buf_get(fd);
	u16 st;
	int err;

	if (IS_ERR(dmabuf))
		return PTR_ERR(dmabuf);

	err = dma_resv_lock_interruptible(dmabuf->resv, NULL);
	if (!err) {
		err = dma_buf_get_pci_tph(dmabuf, extended, &st, &hint->ph);
		dma_resv_unlock(dmabuf->resv);
		if (!err) {
			hint->valid |= VFIO_DEVICE_TPH_VALID_PH;
			set_st(hint, st);
		}
		/* That there are no hints is no error here */
		if (err == -EOPNOTSUPP)
			err = 0;
	}
	dma_buf_put(dmabuf);
	return err;
}
#else
static int resolve_dma_buf(int fd, bool extended, struct vfio_device_feature_tph_resolve *hint)
{
	return -EOPNOTSUPP;
}
#endif

static int resolve_cpu(struct pci_dev *pdev, u32 flags, u32 cpu,
		       struct vfio_device_feature_tph_resolve *hint)
{
	enum tph_mem_type mem_type = TPH_MEM_TYPE_VM;
	u8 req_type = PCI_TPH_REQ_TPH_ONLY;
	u16 st;
	int err;

	if (cpu >= nr_cpu_ids || !cpu_present(cpu))
		return -EINVAL;

	if (flags & VFIO_DEVICE_TPH_SRC_CPU_PERSISTENT)
		mem_type = TPH_MEM_TYPE_PM;
	if (flags & VFIO_DEVICE_TPH_EXTENDED)
		req_type = PCI_TPH_REQ_EXT_TPH;
	err = pcie_tph_get_cpu_st_ext(pdev, mem_type, req_type, cpu, &st);
	if (!err)
		set_st(hint, st);
	return err;
}

/**
 * vfio_pci_tph_resolve - Ask a source for its processing hint and its tag
 * @vdev: device that is to make requests with them
 * @flags: VFIO_DEVICE_TPH_*, with exactly one VFIO_DEVICE_TPH_SRC_*
 * @src: dma-buf, CPU or tag, as in the uAPI; 0 for VFIO_DEVICE_TPH_SRC_NONE
 * @hint: its outputs are written on success
 *
 * May wait for whoever holds the reservation lock of a dma-buf, so no lock is held meanwhile.
 *
 * Return: 0, also when the source has neither; otherwise why the source cannot be asked.
 */
int vfio_pci_tph_resolve(struct vfio_pci_core_device *vdev, u32 flags, u32 src,
			 struct vfio_device_feature_tph_resolve *hint)
{
	struct vfio_device_feature_tph_resolve found = { .flags = hint->flags, .src = hint->src };
	int err = 0;

	if (flags & VFIO_DEVICE_TPH_SRC_DMABUF)
		err = resolve_dma_buf(src, flags & VFIO_DEVICE_TPH_EXTENDED, &found);
	else if (flags & SRC_CPU)
		err = resolve_cpu(vdev->pdev, flags, src, &found);
	else
		set_st(&found, src);
	if (!err)
		*hint = found;
	return err;
}

/**
 * vfio_pci_tph_source_supported - Tell whether there is this kind of source at all
 * @vdev: device that is to make requests with its tags
 * @flags: VFIO_DEVICE_TPH_*
 *
 * Return: 0 or -EOPNOTSUPP
 */
int vfio_pci_tph_source_supported(struct vfio_pci_core_device *vdev, u32 flags)
{
	if ((flags & SRC_CPU && !pcie_tph_cpu_st_supported(vdev->pdev)) ||
	    (flags & VFIO_DEVICE_TPH_SRC_LITERAL && vdev->tph_stage < VFIO_PCI_TPH_LITERAL) ||
	    (flags & VFIO_DEVICE_TPH_SRC_DMABUF && !IS_ENABLED(CONFIG_VFIO_PCI_DMABUF)))
		return -EOPNOTSUPP;
	return 0;
}
