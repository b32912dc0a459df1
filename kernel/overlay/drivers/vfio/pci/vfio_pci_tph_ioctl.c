// SPDX-License-Identifier: GPL-2.0-only
/*
 * TLP Processing Hints of vfio-pci devices as requesters: VFIO_DEVICE_PCI_TPH, for programs that
 * were written to it
 *
 * The order of the checks is uAPI: see there.
 */
#include <kunit/visibility.h>
#include <linux/cpumask.h>
#include <linux/pci.h>
#include <linux/rwsem.h>
#include <linux/sched.h>
#include <linux/uaccess.h>

#include "vfio_pci_tph.h"

static int enable(struct vfio_pci_core_device *vdev, u32 mode)
{
	if (mode != PCI_TPH_ST_NS_MODE && mode != PCI_TPH_ST_DS_MODE)
		return -EINVAL;
	if (mode == PCI_TPH_ST_DS_MODE && vdev->tph_stage < VFIO_PCI_TPH_DEVICE_SPECIFIC)
		return -EOPNOTSUPP;
	return vfio_pci_tph_enable(vdev, mode);
}

static int cpu_source(const struct vfio_pci_tph_entry *ent, u32 *flags)
{
	if (ent->cpu_id >= nr_cpu_ids || !cpu_present(ent->cpu_id) ||
	    !cpumask_test_cpu(ent->cpu_id, current->cpus_ptr))
		return -EINVAL;

	switch (ent->mem_type) {
	case VFIO_TPH_MEM_TYPE_VMEM:
		*flags = VFIO_DEVICE_TPH_SRC_CPU_VOLATILE;
		return 0;
	case VFIO_TPH_MEM_TYPE_PMEM:
		*flags = VFIO_DEVICE_TPH_SRC_CPU_PERSISTENT;
		return 0;
	default:
		return -EINVAL;
	}
}

static int set_st(struct vfio_pci_core_device *vdev, const struct vfio_pci_tph_entry *ent)
{
	struct vfio_pci_tph_state *tph = vfio_pci_tph_opted_in(vdev);
	struct vfio_device_feature_tph_resolve hint = {};
	u32 flags;
	int err, why;

	err = cpu_source(ent, &flags);
	if (err)
		return err;
	if (!tph)
		return -EPERM;
	if (vdev->tph_stage == VFIO_PCI_TPH_NO_ST)
		return -EOPNOTSUPP;
	err = vfio_pci_tph_source_supported(vdev, flags);
	if (err)
		return err;
	if (ent->index >= tph->num_entries)
		return -EINVAL;

	/* Of the namespace that is enabled. If that changes in between, this fails. */
	down_read(&vdev->memory_lock);
	if (tph->req_type == PCI_TPH_REQ_EXT_TPH)
		flags |= VFIO_DEVICE_TPH_EXTENDED;
	up_read(&vdev->memory_lock);
	err = vfio_pci_tph_may_program(vdev, flags);
	if (err)
		return err;
	err = vfio_pci_tph_resolve(vdev, flags, ent->cpu_id, &hint);
	if (err)
		return err;

	err = vfio_pci_tph_program(vdev, flags, ent->index, 1, &hint.st, &why);
	if (err < 0)
		return err;
	return err ? 0 : why;
}

int vfio_pci_core_ioctl_tph(struct vfio_pci_core_device *vdev, void __user *arg)
{
	struct vfio_pci_tph tph;

	/* Nothing else of it may be ours */
	if (copy_from_user(&tph.argsz, arg, sizeof(tph.argsz)))
		return -EFAULT;
	if (tph.argsz != sizeof(tph))
		return -EINVAL;
	if (!vdev->pdev->tph_cap)
		return -ENOTTY;
	if (copy_from_user(&tph, arg, sizeof(tph)))
		return -EFAULT;

	switch (tph.op) {
	case VFIO_DEVICE_TPH_ENABLE:
		return enable(vdev, tph.mode);
	case VFIO_DEVICE_TPH_DISABLE:
		return vfio_pci_tph_disable(vdev);
	case VFIO_DEVICE_TPH_SET_ST:
		return set_st(vdev, &tph.ent);
	default:
		return -EINVAL;
	}
}
EXPORT_SYMBOL_IF_KUNIT(vfio_pci_core_ioctl_tph);
