// SPDX-License-Identifier: GPL-2.0-only
/*
 * TLP Processing Hints of vfio-pci devices as requesters: the virtual capability, and what of it is
 * in effect
 *
 * From the opt-in on user space reads and writes a TPH Requester capability that shows what the
 * administrator allows. The device's own registers are written by the PCI core only, so that they
 * are saved and restored with all others when the device is reset.
 */
#include <kunit/visibility.h>
#include <linux/bitfield.h>
#include <linux/io.h>
#include <linux/moduleparam.h>
#include <linux/pci.h>
#include <linux/pci-tph.h>
#include <linux/slab.h>
#include <linux/unaligned.h>

#include "vfio_pci_priv.h"
#include "vfio_pci_tph.h"

#define ALL_MODES	(PCI_TPH_CAP_ST_NS | PCI_TPH_CAP_ST_IV | PCI_TPH_CAP_ST_DS)

static unsigned int stage_of_next;

static int stage_set(const char *val, const struct kernel_param *kp)
{
	return param_set_uint_minmax(val, kp, VFIO_PCI_TPH_NO_ST, VFIO_PCI_TPH_LITERAL);
}

static const struct kernel_param_ops stage_ops = {
	.set = stage_set,
	.get = param_get_uint,
};

module_param_cb(tph, &stage_ops, &stage_of_next, 0644);
MODULE_PARM_DESC(tph, "What owners of devices that are opened from now on may do with TLP Processing Hints: 0 hints without steering tags (default), 1 also interrupt vector mode, 2 also device specific mode, 3 also tags of their own choice");

/*
 * Registers of the capability are only written while nobody resets the device, or saves or restores
 * its state: vfio does so with memory_lock held for writing, anybody else (sysfs) with access to
 * configuration space locked. For entries in the MSI-X table igate keeps the interrupt vectors as
 * they are, and memory is enabled: not before all locks are held, as what the Command register is
 * in the middle of a reset must not be restored after it.
 */
static u16 vfio_pci_tph_lock(struct vfio_pci_core_device *vdev)
{
	u16 cmd;

	mutex_lock(&vdev->igate);
	down_write(&vdev->memory_lock);
	pci_cfg_access_lock(vdev->pdev);
	pci_read_config_word(vdev->pdev, PCI_COMMAND, &cmd);
	if (!(cmd & PCI_COMMAND_MEMORY))
		pci_write_config_word(vdev->pdev, PCI_COMMAND, cmd | PCI_COMMAND_MEMORY);
	return cmd;
}

static void vfio_pci_tph_unlock(struct vfio_pci_core_device *vdev, u16 cmd)
{
	if (!(cmd & PCI_COMMAND_MEMORY))
		pci_write_config_word(vdev->pdev, PCI_COMMAND, cmd);
	pci_cfg_access_unlock(vdev->pdev);
	up_write(&vdev->memory_lock);
	mutex_unlock(&vdev->igate);
}

static void clear_entry_in_msix(void __iomem *entry)
{
	u32 ctrl = ioread32(entry + PCI_MSIX_ENTRY_VECTOR_CTRL);

	if (ctrl & PCI_MSIX_ENTRY_CTRL_ST && !PCI_POSSIBLE_ERROR(ctrl))
		iowrite32(ctrl & ~PCI_MSIX_ENTRY_CTRL_ST, entry + PCI_MSIX_ENTRY_VECTOR_CTRL);
}

/* There are no interrupt vectors, so the PCI core has no copy of what is in the table */
static void clear_table_in_msix(struct vfio_pci_core_device *vdev)
{
	u32 loc;
	int i, num_entries = pcie_tph_st_table(vdev->pdev, &loc);
	u64 end = (u64)vdev->msix_offset + num_entries * PCI_MSIX_ENTRY_SIZE;
	u8 bar = vdev->msix_bar;

	if (loc != PCI_TPH_LOC_MSIX || bar >= PCI_STD_NUM_BARS ||
	    IS_ERR_OR_NULL(vdev->barmap[bar]) || end > pci_resource_len(vdev->pdev, bar))
		return;

	for (i = 0; i < num_entries; i++)
		clear_entry_in_msix(vdev->barmap[bar] + vdev->msix_offset +
				    i * PCI_MSIX_ENTRY_SIZE);
}

/* Nothing of one owner is left to the next */
static void clear(struct vfio_pci_core_device *vdev)
{
	u16 cmd = vfio_pci_tph_lock(vdev);

	pcie_tph_clear(vdev->pdev);
	clear_table_in_msix(vdev);
	vfio_pci_tph_unlock(vdev, cmd);
}

/* User space does not have the device yet; BARs are mapped */
void vfio_pci_tph_open(struct vfio_pci_core_device *vdev)
{
	vdev->tph_stage = READ_ONCE(stage_of_next);
	if (vdev->pdev->tph_cap)
		clear(vdev);
}
EXPORT_SYMBOL_IF_KUNIT(vfio_pci_tph_open);

/* Nobody uses the device any more, interrupt vectors are freed, BARs are still mapped */
void vfio_pci_tph_close(struct vfio_pci_core_device *vdev)
{
	if (!vdev->tph)
		return;

	clear(vdev);
	kfree(vdev->tph);
	vdev->tph = NULL;
}
EXPORT_SYMBOL_IF_KUNIT(vfio_pci_tph_close);

static bool in_low_power(struct vfio_pci_core_device *vdev)
{
	return vdev->pdev->current_state >= PCI_D3hot;
}

static u32 visible_cap(u8 stage, u32 reg, u8 max_req_type)
{
	u32 modes = PCI_TPH_CAP_ST_NS;

	if (stage >= VFIO_PCI_TPH_INTERRUPT_VECTOR)
		modes |= PCI_TPH_CAP_ST_IV;
	if (stage >= VFIO_PCI_TPH_DEVICE_SPECIFIC)
		modes |= PCI_TPH_CAP_ST_DS;
	modes &= reg;
	if (!(modes & ~PCI_TPH_CAP_ST_NS))
		return modes;

	if (max_req_type == PCI_TPH_REQ_EXT_TPH)
		modes |= PCI_TPH_CAP_EXT_TPH;
	return modes | (reg & (PCI_TPH_CAP_LOC_MASK | PCI_TPH_CAP_ST_MASK));
}

/* It is kept, so it is not made of registers that cannot be read */
static struct vfio_pci_tph_state *new_state(struct vfio_pci_core_device *vdev)
{
	struct pci_dev *pdev = vdev->pdev;
	struct vfio_pci_tph_state *tph;
	int num_entries;
	u32 loc, reg;

	num_entries = pcie_tph_st_table(pdev, &loc);
	if (num_entries < 0 ||
	    pci_read_config_dword(pdev, pdev->tph_cap + PCI_TPH_CAP, &reg) ||
	    PCI_POSSIBLE_ERROR(reg))
		return ERR_PTR(-EIO);

	tph = kzalloc_obj(*tph, GFP_KERNEL_ACCOUNT);
	if (!tph)
		return ERR_PTR(-ENOMEM);

	tph->num_entries = num_entries;
	tph->max_req_type = pcie_tph_max_req_type(pdev);
	tph->cap = visible_cap(vdev->tph_stage, reg, tph->max_req_type);
	return tph;
}

static void vfio_pci_tph_publish(struct vfio_pci_core_device *vdev, struct vfio_pci_tph_state *tph)
{
	lockdep_assert_held_write(&vdev->memory_lock);

	/* Pairs with smp_load_acquire() in vfio_pci_tph_opted_in() */
	smp_store_release(&vdev->tph, tph);
}

int vfio_pci_tph_opt_in(struct vfio_pci_core_device *vdev)
{
	struct vfio_pci_tph_state *tph;
	int err = 0;
	u16 cmd;

	cmd = vfio_pci_tph_lock(vdev);
	if (!vdev->tph) {
		tph = new_state(vdev);
		if (IS_ERR(tph))
			err = PTR_ERR(tph);
		else
			vfio_pci_tph_publish(vdev, tph);
	}
	vfio_pci_tph_unlock(vdev, cmd);
	return err;
}
EXPORT_SYMBOL_IF_KUNIT(vfio_pci_tph_opt_in);

static bool mode_allowed(const struct vfio_pci_tph_state *tph, u8 mode)
{
	return BIT(mode) & tph->cap & ALL_MODES;
}

static bool req_type_allowed(const struct vfio_pci_tph_state *tph, u8 req_type)
{
	switch (req_type) {
	case PCI_TPH_REQ_DISABLE:
		return true;
	case PCI_TPH_REQ_TPH_ONLY:
	case PCI_TPH_REQ_EXT_TPH:
		return req_type <= tph->max_req_type;
	default:
		return false;
	}
}

/* A tag of one namespace means something else in the other: it must not be sent there */
static int drop_tags_of_other_namespace(struct vfio_pci_core_device *vdev,
					struct vfio_pci_tph_state *tph, u8 req_type)
{
	int err;

	if (tph->st_req_type == PCI_TPH_REQ_DISABLE || req_type == tph->st_req_type)
		return 0;

	err = pcie_tph_clear(vdev->pdev);
	if (!err)
		tph->st_req_type = PCI_TPH_REQ_DISABLE;
	return err;
}

/* To the device first: what it does not take is not in effect. On errors TPH is disabled. */
static int set_control(struct vfio_pci_core_device *vdev, struct vfio_pci_tph_state *tph, u8 mode,
		       u8 req_type)
{
	int err = 0;

	pcie_disable_tph(vdev->pdev);
	tph->req_type = PCI_TPH_REQ_DISABLE;
	if (req_type != PCI_TPH_REQ_DISABLE) {
		err = drop_tags_of_other_namespace(vdev, tph, req_type);
		if (!err)
			err = pcie_enable_tph_ext(vdev->pdev, mode, req_type);
		if (err)
			return err;
	}
	tph->mode = mode;
	tph->req_type = req_type;
	return 0;
}

static u32 control(const struct vfio_pci_tph_state *tph)
{
	return FIELD_PREP(PCI_TPH_CTRL_MODE_SEL_MASK, tph->mode) |
	       FIELD_PREP(PCI_TPH_CTRL_REQ_EN_MASK, tph->req_type);
}

/* Entries read as zero below the last stage */
static u32 two_entries(struct vfio_pci_core_device *vdev, unsigned int index)
{
	if (vdev->tph_stage < VFIO_PCI_TPH_LITERAL)
		return 0;
	return pcie_tph_saved_st_entry(vdev->pdev, index) |
	       (u32)pcie_tph_saved_st_entry(vdev->pdev, index + 1) << 16;
}

static u32 virtual_dword(struct vfio_pci_core_device *vdev, const struct vfio_pci_tph_state *tph,
			 int cap_pos, int offset)
{
	switch (offset) {
	case 0:
		return get_unaligned_le32(vdev->vconfig + cap_pos);
	case PCI_TPH_CAP:
		return tph->cap;
	case PCI_TPH_CTRL:
		return control(tph);
	default:
		return two_entries(vdev, (offset - PCI_TPH_BASE_SIZEOF) / sizeof(u16));
	}
}

/* After the opt-in only. The caller has seen to it that @count bytes are of one aligned dword. */
int vfio_pci_tph_config_read(struct vfio_pci_core_device *vdev, int pos, int count,
			     struct perm_bits *perm, int offset, __le32 *val)
{
	int shift = (offset % sizeof(u32)) * BITS_PER_BYTE;
	u32 dword;

	down_read(&vdev->memory_lock);
	dword = virtual_dword(vdev, vdev->tph, pos - offset, round_down(offset, sizeof(u32)));
	up_read(&vdev->memory_lock);

	*val = cpu_to_le32(dword >> shift);
	return count;
}
EXPORT_SYMBOL_IF_KUNIT(vfio_pci_tph_config_read);

static void write_control(struct vfio_pci_core_device *vdev, struct vfio_pci_tph_state *tph,
			  u32 reg)
{
	u8 mode = FIELD_GET(PCI_TPH_CTRL_MODE_SEL_MASK, reg);
	u8 req_type = FIELD_GET(PCI_TPH_CTRL_REQ_EN_MASK, reg);

	if (!mode_allowed(tph, mode))
		mode = tph->mode;
	if (!req_type_allowed(tph, req_type))
		req_type = tph->req_type;
	if (mode == tph->mode && req_type == tph->req_type)
		return;

	set_control(vdev, tph, mode, req_type);
}

/* As vfio_pci_tph_config_read() */
int vfio_pci_tph_config_write(struct vfio_pci_core_device *vdev, int pos, int count,
			      struct perm_bits *perm, int offset, __le32 val)
{
	int shift = (offset % sizeof(u32)) * BITS_PER_BYTE;
	u32 mask = GENMASK(count * BITS_PER_BYTE - 1, 0) << shift;
	u16 cmd;

	if (round_down(offset, sizeof(u32)) != PCI_TPH_CTRL)
		return count;

	cmd = vfio_pci_tph_lock(vdev);
	if (!in_low_power(vdev))
		write_control(vdev, vdev->tph, (control(vdev->tph) & ~mask) |
			      ((le32_to_cpu(val) << shift) & mask));
	vfio_pci_tph_unlock(vdev, cmd);
	return count;
}
EXPORT_SYMBOL_IF_KUNIT(vfio_pci_tph_config_write);

static int enable_locked(struct vfio_pci_core_device *vdev, struct vfio_pci_tph_state *tph, u8 mode)
{
	if (in_low_power(vdev))
		return -EIO;
	if (tph->req_type != PCI_TPH_REQ_DISABLE)
		return -EBUSY;
	if (!mode_allowed(tph, mode) || tph->max_req_type == PCI_TPH_REQ_DISABLE)
		return -EINVAL;
	return set_control(vdev, tph, mode, tph->max_req_type);
}

/* Opts in as well, unless it fails */
int vfio_pci_tph_enable(struct vfio_pci_core_device *vdev, u8 mode)
{
	struct vfio_pci_tph_state *tph;
	int err;
	u16 cmd;

	cmd = vfio_pci_tph_lock(vdev);
	tph = vdev->tph ?: new_state(vdev);
	err = IS_ERR(tph) ? PTR_ERR(tph) : enable_locked(vdev, tph, mode);
	if (!err)
		vfio_pci_tph_publish(vdev, tph);
	else if (!IS_ERR(tph) && tph != vdev->tph)
		kfree(tph);
	vfio_pci_tph_unlock(vdev, cmd);
	return err;
}

int vfio_pci_tph_disable(struct vfio_pci_core_device *vdev)
{
	struct vfio_pci_tph_state *tph = vfio_pci_tph_opted_in(vdev);
	int err = 0;
	u16 cmd;

	if (!tph)
		return 0;

	cmd = vfio_pci_tph_lock(vdev);
	if (tph->req_type != PCI_TPH_REQ_DISABLE) {
		if (in_low_power(vdev))
			err = -EIO;
		else
			err = set_control(vdev, tph, PCI_TPH_ST_NS_MODE, PCI_TPH_REQ_DISABLE);
	}
	vfio_pci_tph_unlock(vdev, cmd);
	return err;
}

static int may_program(struct vfio_pci_core_device *vdev, const struct vfio_pci_tph_state *tph,
		       u32 flags)
{
	u8 req_type = flags & VFIO_DEVICE_TPH_EXTENDED ? PCI_TPH_REQ_EXT_TPH :
							 PCI_TPH_REQ_TPH_ONLY;

	lockdep_assert_held(&vdev->memory_lock);

	if (tph->req_type == PCI_TPH_REQ_DISABLE || tph->mode == PCI_TPH_ST_NS_MODE)
		return -EINVAL;
	if (!(flags & VFIO_DEVICE_TPH_SRC_NONE) && tph->req_type != req_type)
		return -EOPNOTSUPP;
	if (in_low_power(vdev))
		return -EIO;
	return 0;
}

/**
 * vfio_pci_tph_may_program - Tell whether the ST table can be programmed now
 * @vdev: device, whose owner opted in
 * @flags: VFIO_DEVICE_TPH_*
 *
 * Return: 0, or the error of VFIO_DEVICE_FEATURE_TPH_ST. By the time that anything is programmed it
 * may be another one.
 */
int vfio_pci_tph_may_program(struct vfio_pci_core_device *vdev, u32 flags)
{
	int err;

	down_read(&vdev->memory_lock);
	err = may_program(vdev, vdev->tph, flags);
	up_read(&vdev->memory_lock);
	return err;
}

static int program_locked(struct vfio_pci_core_device *vdev, struct vfio_pci_tph_state *tph,
			  unsigned int start, unsigned int count, const u16 *tags, int *why)
{
	int ret;

	tph->st_req_type = tph->req_type;
	ret = pcie_tph_set_st_entries(vdev->pdev, start, count, tags);
	if (!vdev->pdev->tph_enabled)
		tph->req_type = PCI_TPH_REQ_DISABLE;

	*why = -EIO;
	if (ret < 0) {
		*why = ret;
		return 0;
	}
	return ret;
}

/**
 * vfio_pci_tph_program - Write a run of entries of the ST table
 * @vdev: device, whose owner opted in
 * @flags: VFIO_DEVICE_TPH_*, where the tags are from
 * @start: first entry
 * @count: number of entries, from 1; there are as many
 * @tags: what to write
 * @why: when it is not all of them: what went wrong with the next one, as a negative errno
 *
 * Return: the number of entries that were written; or, when none could be tried, the error of
 * vfio_pci_tph_may_program().
 */
int vfio_pci_tph_program(struct vfio_pci_core_device *vdev, u32 flags, unsigned int start,
			 unsigned int count, const u16 *tags, int *why)
{
	int ret;
	u16 cmd;

	cmd = vfio_pci_tph_lock(vdev);
	ret = may_program(vdev, vdev->tph, flags);
	if (!ret)
		ret = program_locked(vdev, vdev->tph, start, count, tags, why);
	vfio_pci_tph_unlock(vdev, cmd);
	return ret;
}
