/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef VFIO_PCI_TPH_H
#define VFIO_PCI_TPH_H

#include <linux/errno.h>
#include <linux/types.h>
#include <linux/vfio_pci_core.h>
#include <uapi/linux/vfio_tph.h>

struct perm_bits;

/* What the administrator allows, see "TPH for the owner of a requester" in the uAPI */
enum vfio_pci_tph_stage {
	VFIO_PCI_TPH_NO_ST,
	VFIO_PCI_TPH_INTERRUPT_VECTOR,
	VFIO_PCI_TPH_DEVICE_SPECIFIC,
	VFIO_PCI_TPH_LITERAL,
};

/**
 * struct vfio_pci_tph_state - the requester of a device whose owner opted in
 * @cap: TPH Requester Capability register, as user space sees it
 * @mode: ST Mode Select, PCI_TPH_ST_*_MODE
 * @req_type: TPH Requester Enable, PCI_TPH_REQ_*
 * @max_req_type: what pcie_tph_max_req_type() says. Not asked again, as registers read as all ones
 *	while the device is being reset.
 * @num_entries: size of the ST table, wherever it is
 * @st_req_type: with which requests enabled the entries were programmed; PCI_TPH_REQ_DISABLE when
 *	there are no tags in them
 *
 * Made once and kept until the device is closed, so having seen it needs no lock. @mode, @req_type
 * and @st_req_type are protected by memory_lock, for the reason in vfio_pci_tph_lock(). What the
 * entries in the capability hold is known to the PCI core.
 */
struct vfio_pci_tph_state {
	u32 cap;
	u8 mode;
	u8 req_type;
	u8 max_req_type;
	u8 st_req_type;
	u16 num_entries;
};

#ifdef CONFIG_PCIE_TPH
void vfio_pci_tph_open(struct vfio_pci_core_device *vdev);
void vfio_pci_tph_close(struct vfio_pci_core_device *vdev);

static inline struct vfio_pci_tph_state *vfio_pci_tph_opted_in(struct vfio_pci_core_device *vdev)
{
	/* Pairs with smp_store_release() in vfio_pci_tph_publish() */
	return smp_load_acquire(&vdev->tph);
}

int vfio_pci_tph_config_read(struct vfio_pci_core_device *vdev, int pos, int count,
			     struct perm_bits *perm, int offset, __le32 *val);
int vfio_pci_tph_config_write(struct vfio_pci_core_device *vdev, int pos, int count,
			      struct perm_bits *perm, int offset, __le32 val);

int vfio_pci_tph_opt_in(struct vfio_pci_core_device *vdev);
int vfio_pci_tph_enable(struct vfio_pci_core_device *vdev, u8 mode);
int vfio_pci_tph_disable(struct vfio_pci_core_device *vdev);
int vfio_pci_tph_may_program(struct vfio_pci_core_device *vdev, u32 flags);
int vfio_pci_tph_program(struct vfio_pci_core_device *vdev, u32 flags, unsigned int start,
			 unsigned int count, const u16 *tags, int *why);

int vfio_pci_tph_resolve(struct vfio_pci_core_device *vdev, u32 flags, u32 src,
			 struct vfio_device_feature_tph_resolve *hint);
int vfio_pci_tph_source_supported(struct vfio_pci_core_device *vdev, u32 flags);

int vfio_pci_core_feature_tph(struct vfio_pci_core_device *vdev, u32 flags, void __user *arg,
			      size_t argsz);
int vfio_pci_core_ioctl_tph(struct vfio_pci_core_device *vdev, void __user *arg);
#else
static inline void vfio_pci_tph_open(struct vfio_pci_core_device *vdev)
{
}

static inline void vfio_pci_tph_close(struct vfio_pci_core_device *vdev)
{
}

static inline struct vfio_pci_tph_state *vfio_pci_tph_opted_in(struct vfio_pci_core_device *vdev)
{
	return NULL;
}

static inline int vfio_pci_tph_config_read(struct vfio_pci_core_device *vdev, int pos, int count,
					   struct perm_bits *perm, int offset, __le32 *val)
{
	return -EINVAL;
}

static inline int vfio_pci_tph_config_write(struct vfio_pci_core_device *vdev, int pos, int count,
					    struct perm_bits *perm, int offset, __le32 val)
{
	return -EINVAL;
}

static inline int vfio_pci_core_feature_tph(struct vfio_pci_core_device *vdev, u32 flags,
					    void __user *arg, size_t argsz)
{
	return -ENOTTY;
}

static inline int vfio_pci_core_ioctl_tph(struct vfio_pci_core_device *vdev, void __user *arg)
{
	return -ENOTTY;
}
#endif

#endif
