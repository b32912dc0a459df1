// SPDX-License-Identifier: GPL-2.0-only
/*
 * TLP Processing Hints of vfio-pci devices as requesters: VFIO_DEVICE_FEATURE_TPH, _TPH_ST and
 * _TPH_RESOLVE
 *
 * The order of the checks is uAPI: see there.
 */
#include <kunit/visibility.h>
#include <linux/bitops.h>
#include <linux/pci-tph.h>
#include <linux/sched/signal.h>
#include <linux/slab.h>
#include <linux/uaccess.h>
#include <linux/vfio.h>

#include "vfio_pci_tph.h"

#define SRC_CPU		(VFIO_DEVICE_TPH_SRC_CPU_VOLATILE | VFIO_DEVICE_TPH_SRC_CPU_PERSISTENT)
#define SRC_RESOLVE	(VFIO_DEVICE_TPH_SRC_DMABUF | SRC_CPU)
#define SRC_ST		(SRC_RESOLVE | VFIO_DEVICE_TPH_SRC_NONE | VFIO_DEVICE_TPH_SRC_LITERAL)
#define TAG_FLAGS	(VFIO_DEVICE_TPH_REQUIRE_ST | VFIO_DEVICE_TPH_EXTENDED)

static u32 capabilities(struct vfio_pci_core_device *vdev)
{
	u32 caps = 0;

	if (pcie_tph_cpu_st_supported(vdev->pdev))
		caps |= VFIO_DEVICE_TPH_CAP_CPU;
	if (vdev->tph_stage >= VFIO_PCI_TPH_LITERAL)
		caps |= VFIO_DEVICE_TPH_CAP_LITERAL;
	return caps;
}

static int feature_tph(struct vfio_pci_core_device *vdev, u32 flags,
		       struct vfio_device_feature_tph __user *arg, size_t argsz)
{
	struct vfio_device_feature_tph tph = {};
	int ret;

	ret = vfio_check_feature(flags, argsz, VFIO_DEVICE_FEATURE_GET | VFIO_DEVICE_FEATURE_SET,
				 sizeof(tph));
	if (ret != 1)
		return ret;

	if (flags & VFIO_DEVICE_FEATURE_GET) {
		tph.flags = capabilities(vdev);
		return copy_to_user(arg, &tph, sizeof(tph)) ? -EFAULT : 0;
	}

	if (copy_from_user(&tph, arg, sizeof(tph)))
		return -EFAULT;
	if (tph.flags)
		return -EINVAL;
	return vfio_pci_tph_opt_in(vdev);
}

static int check_st(const struct vfio_pci_tph_state *tph,
		    const struct vfio_device_feature_tph_st *set)
{
	if (set->flags & ~(SRC_ST | TAG_FLAGS) || hweight32(set->flags & SRC_ST) != 1 ||
	    (set->flags & VFIO_DEVICE_TPH_SRC_NONE && set->flags & TAG_FLAGS))
		return -EINVAL;
	if (!set->count || set->start + set->count > tph->num_entries)
		return -EINVAL;
	return 0;
}

static int check_literals(u32 flags, const u32 *tags, unsigned int count)
{
	u32 max = flags & VFIO_DEVICE_TPH_EXTENDED ? U16_MAX : U8_MAX;
	unsigned int i;

	if (!(flags & VFIO_DEVICE_TPH_SRC_LITERAL))
		return 0;

	for (i = 0; i < count; i++)
		if (tags[i] > max)
			return -EINVAL;
	return 0;
}

/* How many sources have a tag, up to the first that has not */
static int resolve_all(struct vfio_pci_core_device *vdev, u32 flags, const u32 *srcs,
		       unsigned int count, u16 *tags)
{
	struct vfio_device_feature_tph_resolve hint;
	unsigned int i;
	int err;

	for (i = 0; i < count; i++) {
		if (fatal_signal_pending(current))
			return i ?: -EINTR;
		hint = (struct vfio_device_feature_tph_resolve){};
		err = vfio_pci_tph_resolve(vdev, flags, srcs[i], &hint);
		if (err == -EINTR && !i)
			return err;
		if (err || (flags & VFIO_DEVICE_TPH_REQUIRE_ST && !hint.st))
			break;
		tags[i] = hint.st;
	}
	return i;
}

static int program(struct vfio_pci_core_device *vdev, const struct vfio_device_feature_tph_st *set,
		   const u32 *srcs, u16 *tags)
{
	int ret, why;

	ret = check_literals(set->flags, srcs, set->count);
	if (ret)
		return ret;
	ret = vfio_pci_tph_may_program(vdev, set->flags);
	if (ret)
		return ret;

	ret = resolve_all(vdev, set->flags, srcs, set->count, tags);
	if (ret <= 0)
		return ret;
	return vfio_pci_tph_program(vdev, set->flags, set->start, ret, tags, &why);
}

static int read_and_program(struct vfio_pci_core_device *vdev,
			    const struct vfio_device_feature_tph_st *set)
{
	u32 *srcs __free(kfree) = kcalloc(set->count, sizeof(*srcs), GFP_KERNEL_ACCOUNT);
	u16 *tags __free(kfree) = kcalloc(set->count, sizeof(*tags), GFP_KERNEL_ACCOUNT);

	if (!srcs || !tags)
		return -ENOMEM;
	if (!(set->flags & VFIO_DEVICE_TPH_SRC_NONE) &&
	    copy_from_user(srcs, u64_to_user_ptr(set->dests), set->count * sizeof(*srcs)))
		return -EFAULT;
	return program(vdev, set, srcs, tags);
}

static int feature_tph_st(struct vfio_pci_core_device *vdev, u32 flags,
			  struct vfio_device_feature_tph_st __user *arg, size_t argsz)
{
	struct vfio_pci_tph_state *tph = vfio_pci_tph_opted_in(vdev);
	bool supported = vdev->tph_stage > VFIO_PCI_TPH_NO_ST;
	struct vfio_device_feature_tph_st set;
	int ret;

	ret = vfio_check_feature(flags, argsz, VFIO_DEVICE_FEATURE_SET, sizeof(set));
	if (!ret)
		return supported ? 0 : -EOPNOTSUPP;
	if (ret < 0)
		return ret;
	if (!tph)
		return -EPERM;
	if (!supported)
		return -EOPNOTSUPP;

	if (copy_from_user(&set, arg, sizeof(set)))
		return -EFAULT;
	ret = check_st(tph, &set);
	if (ret)
		return ret;
	ret = vfio_pci_tph_source_supported(vdev, set.flags);
	if (ret)
		return ret;
	return read_and_program(vdev, &set);
}

/* Whether the device could use a tag of this namespace, wherever it keeps it */
static bool may_see_tags(struct vfio_pci_core_device *vdev, struct vfio_pci_tph_state *tph,
			 bool extended)
{
	bool device_specific, enabled, extended_now;

	if (vdev->tph_stage >= VFIO_PCI_TPH_LITERAL)
		return true;
	if (vdev->tph_stage < VFIO_PCI_TPH_DEVICE_SPECIFIC)
		return false;

	down_read(&vdev->memory_lock);
	device_specific = tph->mode == PCI_TPH_ST_DS_MODE;
	enabled = tph->req_type != PCI_TPH_REQ_DISABLE;
	extended_now = tph->req_type == PCI_TPH_REQ_EXT_TPH;
	up_read(&vdev->memory_lock);

	if (!device_specific)
		return false;
	if (enabled)
		return extended == extended_now;
	return tph->max_req_type >= (extended ? PCI_TPH_REQ_EXT_TPH : PCI_TPH_REQ_TPH_ONLY);
}

static int check_resolve(struct vfio_pci_core_device *vdev, u32 flags)
{
	if (flags & ~(SRC_RESOLVE | VFIO_DEVICE_TPH_EXTENDED) ||
	    hweight32(flags & SRC_RESOLVE) != 1)
		return -EINVAL;
	if (flags & SRC_CPU && vdev->tph_stage < VFIO_PCI_TPH_DEVICE_SPECIFIC)
		return -EOPNOTSUPP;
	return vfio_pci_tph_source_supported(vdev, flags);
}

static int feature_tph_resolve(struct vfio_pci_core_device *vdev, u32 flags,
			       struct vfio_device_feature_tph_resolve __user *arg, size_t argsz)
{
	struct vfio_pci_tph_state *tph = vfio_pci_tph_opted_in(vdev);
	struct vfio_device_feature_tph_resolve hint;
	int ret;

	ret = vfio_check_feature(flags, argsz, VFIO_DEVICE_FEATURE_GET, sizeof(hint));
	if (ret != 1)
		return ret;
	if (!tph)
		return -EPERM;

	if (copy_from_user(&hint, arg, sizeof(hint)))
		return -EFAULT;
	ret = check_resolve(vdev, hint.flags);
	if (ret)
		return ret;
	ret = vfio_pci_tph_resolve(vdev, hint.flags, hint.src, &hint);
	if (ret)
		return ret;

	if (!may_see_tags(vdev, tph, hint.flags & VFIO_DEVICE_TPH_EXTENDED)) {
		hint.valid &= ~VFIO_DEVICE_TPH_VALID_ST;
		hint.st = 0;
	}
	return copy_to_user(arg, &hint, sizeof(hint)) ? -EFAULT : 0;
}

int vfio_pci_core_feature_tph(struct vfio_pci_core_device *vdev, u32 flags, void __user *arg,
			      size_t argsz)
{
	if (!vdev->pdev->tph_cap)
		return -ENOTTY;

	switch (flags & VFIO_DEVICE_FEATURE_MASK) {
	case VFIO_DEVICE_FEATURE_TPH:
		return feature_tph(vdev, flags, arg, argsz);
	case VFIO_DEVICE_FEATURE_TPH_ST:
		return feature_tph_st(vdev, flags, arg, argsz);
	case VFIO_DEVICE_FEATURE_TPH_RESOLVE:
		return feature_tph_resolve(vdev, flags, arg, argsz);
	default:
		return -ENOTTY;
	}
}
EXPORT_SYMBOL_IF_KUNIT(vfio_pci_core_feature_tph);
