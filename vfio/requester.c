// SPDX-License-Identifier: GPL-2.0 OR Linux-OpenIB
/* The TPH Requester capability of the device, as the kernel shows it to the owner. */
#include <errno.h>
#include <stdlib.h>
#include <vfio/tph_requester.h>

#include "compat.h"
#include "internal.h"
#include "topology/internal.h"
#include "topology/registers.h"
#include "util/macros.h"

#define STAGE_PARAMETER "/sys/module/vfio_pci_core/parameters/tph"
/* One of the extended capabilities has 8 bytes at least, with its first register. */
#define MAX_EXTENDED ((VFIO_TPH_CONFIG_SIZE - PCI_CFG_SPACE_SIZE) / 8)

#define PARAMETER_SIZE 8

/* The first stage that has a mode has its number. */
static const struct {
	const char *name, *deed;
} modes[] = {
	[VFIO_TPH_MODE_NO_ST] = { "No ST", "enable TPH" },
	[VFIO_TPH_MODE_INTERRUPT_VECTOR] = { "interrupt-vector", "select interrupt-vector mode" },
	[VFIO_TPH_MODE_DEVICE_SPECIFIC] = { "device-specific", "select device-specific mode" },
};

/* By what the register has as enabled. */
static const uint32_t namespaces[] = {
	[TPH_ST] = VFIO_TPH_TAG_ST,
	[TPH_ST_EXT] = VFIO_TPH_TAG_ST_EXT,
};

int vfio_tph_fail_control(struct vfio_tph_device *device, int err, const char *what,
			  struct vfio_tph_reason *reason)
{
	const char *advice = "";

	switch (err) {
	case ENOTTY:
		advice = ". The device needs a TPH Requester capability, the kernel "
			 "VFIO_DEVICE_FEATURE_TPH and CONFIG_PCIE_TPH";
		break;
	case EPERM:
		advice = ". vfio_tph_opt_in() comes first, each time the device is opened";
		break;
	case EIO:
		advice = ". It may be in a low power state, or gone";
		break;
	}
	return vfio_tph_fail(reason, err, "cannot %s of %s: %m%s", what, device->bdf, advice);
}

/* As it is for devices that are opened from now on; -1 when the kernel has no such parameter. */
static int read_stage(char value[PARAMETER_SIZE])
{
	vfio_tph_read_line(STAGE_PARAMETER, value, PARAMETER_SIZE);
	return value[0] ? atoi(value) : -1;
}

int vfio_tph_fail_stage(struct vfio_tph_device *device, unsigned int stage, const char *what,
			struct vfio_tph_reason *reason)
{
	char value[PARAMETER_SIZE];
	int now = read_stage(value);

	return vfio_tph_fail(
		reason, EOPNOTSUPP,
		"the administrator does not let the owner of %s %s: %m. The parameter "
		"vfio_pci_core.tph has to be %u or more when the device is opened; now "
		"it is %s: echo %u > " STAGE_PARAMETER,
		device->bdf, what, stage, now < 0 ? "absent" : value, stage);
}

/* ENODATA when configuration space has no such capability. */
static int find_capability(const struct vfio_tph_config *config, unsigned int *offset,
			   struct vfio_tph_reason *reason)
{
	unsigned int next = PCI_CFG_SPACE_SIZE, left;
	uint32_t header;
	int err;

	for (left = MAX_EXTENDED; left && next >= PCI_CFG_SPACE_SIZE && next < config->size;
	     left--) {
		err = vfio_tph_read_config(config, next, &header, reason);
		if (err)
			return err;
		if (!header || header == UINT32_MAX)
			break;
		if (PCI_EXT_CAP_ID(header) == PCI_EXT_CAP_ID_TPH) {
			*offset = next;
			return 0;
		}
		next = PCI_EXT_CAP_NEXT(header);
	}
	return ENODATA;
}

/* The capability as it is now, and where; EOPNOTSUPP when there is none. */
static int read_requester(struct vfio_tph_device *device, struct vfio_tph_config *config,
			  struct vfio_tph_requester *requester, struct vfio_tph_reason *reason)
{
	uint32_t cap = 0, control = 0;
	unsigned int offset = 0;
	int err;

	err = vfio_tph_find_config(device, config, reason);
	if (!err)
		err = find_capability(config, &offset, reason);
	if (err == ENODATA)
		return vfio_tph_fail(reason, EOPNOTSUPP,
				     "%s has no TPH Requester capability: %m. Its requests can "
				     "carry no hints; tphctl dev show %s tells what it has",
				     device->bdf, device->bdf);
	if (!err)
		err = vfio_tph_read_config(config, offset + TPH_CAP, &cap, reason);
	if (!err)
		err = vfio_tph_read_config(config, offset + TPH_CONTROL, &control, reason);
	if (!err)
		topology_decode_requester(requester, offset, cap, control);
	return err;
}

int vfio_tph_opt_in(struct vfio_tph_device *device, struct vfio_tph_reason *reason)
{
	const struct vfio_device_feature_tph data = {};
	struct vfio_tph_requester requester;
	struct vfio_tph_config config;
	int err;

	if (!vfio_tph_feature(device, VFIO_DEVICE_FEATURE_TPH | VFIO_DEVICE_FEATURE_SET, &data,
			      sizeof(data)))
		return 0;
	err = errno;
	/* The kernel says the same when the device has no such capability. */
	if (err == ENOTTY && read_requester(device, &config, &requester, reason) == EOPNOTSUPP)
		return EOPNOTSUPP;
	return vfio_tph_fail_control(device, err, "take control of the TPH requester", reason);
}

/* What GET of the feature says, in this library's bits. A kernel without it lets nobody control. */
int vfio_tph_query_kernel(struct vfio_tph_device *device, uint32_t *flags,
			  struct vfio_tph_reason *reason)
{
	struct vfio_device_feature_tph data = {};
	int err = vfio_tph_get_feature(device, VFIO_DEVICE_FEATURE_TPH, &data, sizeof(data));

	*flags = 0;
	if (err == ENOTTY)
		return 0;
	if (err)
		return vfio_tph_fail_control(device, err, "query the TPH requester", reason);
	*flags = VFIO_TPH_REQUESTER_CONTROL;
	if (data.flags & VFIO_DEVICE_TPH_CAP_CPU)
		*flags |= VFIO_TPH_REQUESTER_CPU;
	if (data.flags & VFIO_DEVICE_TPH_CAP_LITERAL)
		*flags |= VFIO_TPH_REQUESTER_LITERAL;
	return 0;
}

int vfio_tph_query_requester(struct vfio_tph_device *device, struct vfio_tph_requester_info *info,
			     struct vfio_tph_reason *reason)
{
	struct vfio_tph_requester requester;
	struct vfio_tph_config config;
	uint32_t flags;
	int err;

	if (info->comp_mask)
		return vfio_tph_fail_comp_mask(reason, info->comp_mask);
	err = read_requester(device, &config, &requester, reason);
	if (!err)
		err = vfio_tph_query_kernel(device, &flags, reason);
	if (err)
		return err;
	info->flags = flags;
	info->namespaces = VFIO_TPH_TAG_ST | (requester.extended ? VFIO_TPH_TAG_ST_EXT : 0);
	info->tph_namespace = namespaces[requester.enabled];
	info->st_entries = requester.entries;
	info->modes = requester.modes;
	info->table = requester.table;
	info->mode = requester.mode;
	return 0;
}

/* Whether there was an opt-in: without it this fails before it looks at what it was given. */
static int check_opt_in(struct vfio_tph_device *device)
{
	struct vfio_device_feature_tph_resolve nothing = {};
	int err = vfio_tph_get_feature(device, VFIO_DEVICE_FEATURE_TPH_RESOLVE, &nothing,
				       sizeof(nothing));

	return err == EINVAL ? 0 : err;
}

/* The capability for who may write to it. */
static int open_requester(struct vfio_tph_device *device, struct vfio_tph_config *config,
			  struct vfio_tph_requester *requester, struct vfio_tph_reason *reason)
{
	int err = read_requester(device, config, requester, reason);

	if (err)
		return err;
	err = check_opt_in(device);
	return err ? vfio_tph_fail_control(device, err, "control the TPH requester", reason) : 0;
}

/* Writes both fields, and reads what became of them. */
static int set_control(const struct vfio_tph_config *config, struct vfio_tph_requester *requester,
		       unsigned int mode, unsigned int enabled, struct vfio_tph_reason *reason)
{
	const unsigned int offset = requester->offset + TPH_CONTROL;
	uint32_t control = 0;
	int err;

	err = vfio_tph_write_config(config, offset, mode | enabled << 8, reason);
	if (!err)
		err = vfio_tph_read_config(config, offset, &control, reason);
	requester->mode = TPH_CONTROL_MODE(control);
	requester->enabled = TPH_CONTROL_ENABLED(control);
	return err;
}

static int disable(struct vfio_tph_device *device, const struct vfio_tph_config *config,
		   struct vfio_tph_requester *requester, unsigned int mode,
		   struct vfio_tph_reason *reason)
{
	int err = set_control(config, requester, mode, TPH_OFF, reason);

	if (!err && requester->enabled)
		return vfio_tph_fail_control(device, EIO, "disable the TPH requester", reason);
	return err;
}

/* The administrator is in the way, or the device: the kernel shows what both have. */
static int fail_mode(struct vfio_tph_device *device, unsigned int mode,
		     struct vfio_tph_reason *reason)
{
	char value[PARAMETER_SIZE];

	if (read_stage(value) < (int)mode)
		return vfio_tph_fail_stage(device, mode, modes[mode].deed, reason);
	return vfio_tph_fail(reason, EOPNOTSUPP,
			     "%s has no %s mode: %m. tphctl dev show -d %s tells which it has; if "
			     "it has this one, vfio_pci_core.tph was below %u when it was opened, "
			     "or it is in a low power state",
			     device->bdf, modes[mode].name, device->bdf, mode);
}

static int fail_namespace(struct vfio_tph_device *device, uint32_t tph_namespace,
			  struct vfio_tph_reason *reason)
{
	return vfio_tph_fail(
		reason, EOPNOTSUPP,
		"requests of %s with %s-bit tags cannot be enabled: %m. The device "
		"cannot make them or sleeps, the root port or a port below it does not take "
		"them, or the kernel was started with pci=notph; tphctl dev show -ad "
		"tells of each",
		device->bdf, tph_namespace == VFIO_TPH_TAG_ST ? "8" : "16");
}

static int check_selection(unsigned int mode, uint32_t tph_namespace,
			   struct vfio_tph_reason *reason)
{
	if (mode >= ARRAY_SIZE(modes))
		return vfio_tph_fail(reason, EINVAL, "%u is no ST mode: %m. It is 0 to 2", mode);
	return vfio_tph_check_namespace(tph_namespace, reason);
}

int vfio_tph_enable(struct vfio_tph_device *device, unsigned int mode, uint32_t tph_namespace,
		    struct vfio_tph_reason *reason)
{
	const unsigned int enabled = tph_namespace == VFIO_TPH_TAG_ST ? TPH_ST : TPH_ST_EXT;
	struct vfio_tph_requester requester;
	struct vfio_tph_config config;
	int err;

	err = check_selection(mode, tph_namespace, reason);
	if (!err)
		err = open_requester(device, &config, &requester, reason);
	if (!err)
		err = disable(device, &config, &requester, mode, reason);
	if (err)
		return err;
	if (requester.mode != mode)
		return fail_mode(device, mode, reason);
	err = set_control(&config, &requester, mode, enabled, reason);
	if (!err && requester.enabled != enabled)
		return fail_namespace(device, tph_namespace, reason);
	return err;
}

int vfio_tph_disable(struct vfio_tph_device *device, struct vfio_tph_reason *reason)
{
	struct vfio_tph_requester requester;
	struct vfio_tph_config config;
	int err;

	err = open_requester(device, &config, &requester, reason);
	if (!err)
		err = disable(device, &config, &requester, requester.mode, reason);
	return err;
}
