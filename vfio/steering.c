// SPDX-License-Identifier: GPL-2.0 OR Linux-OpenIB
/* Tags for the device's own requests: into its ST table, or told to its owner. */
#include <errno.h>
#include <vfio/tph_requester.h>

#include "compat.h"
#include "internal.h"
#include "util/macros.h"
#include "util/range.h"

/* Sources as the kernel has them. */
static const uint32_t source_flags[] = {
	[VFIO_TPH_SOURCE_NONE] = VFIO_DEVICE_TPH_SRC_NONE,
	[VFIO_TPH_SOURCE_DMABUF] = VFIO_DEVICE_TPH_SRC_DMABUF,
	[VFIO_TPH_SOURCE_CPU] = VFIO_DEVICE_TPH_SRC_CPU_VOLATILE,
	[VFIO_TPH_SOURCE_CPU_PERSISTENT] = VFIO_DEVICE_TPH_SRC_CPU_PERSISTENT,
	[VFIO_TPH_SOURCE_LITERAL] = VFIO_DEVICE_TPH_SRC_LITERAL,
};

static bool is_cpu(unsigned int source)
{
	return source == VFIO_TPH_SOURCE_CPU || source == VFIO_TPH_SOURCE_CPU_PERSISTENT;
}

static const char *width(uint32_t tph_namespace)
{
	return tph_namespace == VFIO_TPH_TAG_ST_EXT ? "16" : "8";
}

/* The flags of the kernel's two features. */
static uint32_t kernel_flags(unsigned int source, uint32_t tph_namespace)
{
	uint32_t flags = source_flags[source];

	if (source != VFIO_TPH_SOURCE_NONE && tph_namespace == VFIO_TPH_TAG_ST_EXT)
		flags |= VFIO_DEVICE_TPH_EXTENDED;
	return flags;
}

int vfio_tph_check_namespace(uint32_t tph_namespace, struct vfio_tph_reason *reason)
{
	if (tph_namespace == VFIO_TPH_TAG_ST || tph_namespace == VFIO_TPH_TAG_ST_EXT)
		return 0;
	return vfio_tph_fail(reason, EINVAL,
			     "%#x is no namespace: %m. It is VFIO_TPH_TAG_ST or "
			     "VFIO_TPH_TAG_ST_EXT, and not both",
			     tph_namespace);
}

/* What a kernel without dma-bufs, or a machine whose firmware does not know tags, cannot have. */
static int fail_source(struct vfio_tph_device *device, unsigned int source,
		       struct vfio_tph_reason *reason)
{
	if (is_cpu(source))
		return vfio_tph_fail(reason, EOPNOTSUPP,
				     "nobody tells tags of CPUs for %s: %m. It takes a root port "
				     "above it, and firmware with _DSM function 0xf for its host "
				     "bridge",
				     device->bdf);
	return vfio_tph_fail(reason, EOPNOTSUPP,
			     "the kernel exports no dma-bufs that could have tags for %s: %m. It "
			     "needs CONFIG_VFIO_PCI_DMABUF",
			     device->bdf);
}

/* A source that there is not. */
static int fail_number(unsigned int source, uint32_t number, int err,
		       struct vfio_tph_reason *reason)
{
	if (is_cpu(source))
		return vfio_tph_fail(reason, EINVAL,
				     "there is no tag of CPU %u: %m. It is not present, or the "
				     "firmware does not know it",
				     number);
	if (err == EINVAL)
		return vfio_tph_fail(reason, err, "fd %d is not a dma-buf: %m", (int)number);
	return vfio_tph_fail(reason, err, "cannot ask fd %d for its tag: %m%s", (int)number,
			     err == EINTR ? ". A signal came while an importer had the dma-buf "
					    "locked; try again" :
					    "");
}

static int check_source(unsigned int source, uint32_t tph_namespace, struct vfio_tph_reason *reason)
{
	if (source == VFIO_TPH_SOURCE_NONE || source >= VFIO_TPH_SOURCE_LITERAL)
		return vfio_tph_fail(reason, EINVAL,
				     "tags of source %u cannot be told: %m. It is a dma-buf or a "
				     "CPU",
				     source);
	return vfio_tph_check_namespace(tph_namespace, reason);
}

static int resolve(struct vfio_tph_device *device, unsigned int source, uint32_t tph_namespace,
		   uint32_t number, struct vfio_device_feature_tph_resolve *data)
{
	*data = (struct vfio_device_feature_tph_resolve){
		.flags = kernel_flags(source, tph_namespace),
		.src = number,
	};
	return vfio_tph_get_feature(device, VFIO_DEVICE_FEATURE_TPH_RESOLVE, data, sizeof(*data));
}

static int fail_resolve(struct vfio_tph_device *device, unsigned int source, uint32_t number,
			int err, struct vfio_tph_reason *reason)
{
	uint32_t flags = 0;

	switch (err) {
	case EBADF:
	case EINVAL:
	case EINTR:
		return fail_number(source, number, err, reason);
	case EOPNOTSUPP:
		if (!is_cpu(source) || vfio_tph_query_kernel(device, &flags, NULL) ||
		    !(flags & VFIO_TPH_REQUESTER_CPU))
			return fail_source(device, source, reason);
		return vfio_tph_fail_stage(device, 2, "know tags of CPUs", reason);
	default:
		return vfio_tph_fail_control(device, err, "resolve steering tags", reason);
	}
}

int vfio_tph_resolve(struct vfio_tph_device *device, unsigned int source, uint32_t tph_namespace,
		     uint32_t number, struct vfio_tph_hints *hints, struct vfio_tph_reason *reason)
{
	struct vfio_device_feature_tph_resolve data;
	int err;

	if (hints->comp_mask)
		return vfio_tph_fail_comp_mask(reason, hints->comp_mask);
	err = check_source(source, tph_namespace, reason);
	if (err)
		return err;
	err = resolve(device, source, tph_namespace, number, &data);
	if (err)
		return fail_resolve(device, source, number, err, reason);
	hints->flags = data.valid;
	hints->st = data.st;
	hints->ph = data.ph;
	return 0;
}

static int check_program(const struct vfio_tph_program_attr *attr, struct vfio_tph_reason *reason)
{
	const bool none = attr->source == VFIO_TPH_SOURCE_NONE;

	if (attr->comp_mask)
		return vfio_tph_fail_comp_mask(reason, attr->comp_mask);
	if (attr->source >= ARRAY_SIZE(source_flags))
		return vfio_tph_fail(reason, EINVAL, "%u is no source of tags: %m. It is 0 to 4",
				     attr->source);
	if (attr->flags & ~(uint32_t)VFIO_TPH_PROGRAM_REQUIRE_ST || (none && attr->flags))
		return vfio_tph_fail(reason, EINVAL,
				     "cannot program steering tags with flags %#x: %m. A source "
				     "that is none has no tag to require",
				     attr->flags);
	return none ? 0 : vfio_tph_check_namespace(attr->tph_namespace, reason);
}

static int set_st(struct vfio_tph_device *device, const struct vfio_device_feature_tph_st *data)
{
	return vfio_tph_feature(device, VFIO_DEVICE_FEATURE_TPH_ST | VFIO_DEVICE_FEATURE_SET, data,
				sizeof(*data));
}

static int program(struct vfio_tph_device *device, const struct vfio_tph_program_attr *attr)
{
	const struct vfio_device_feature_tph_st data = {
		.flags = kernel_flags(attr->source, attr->tph_namespace) |
			 (attr->flags ? VFIO_DEVICE_TPH_REQUIRE_ST : 0),
		.start = attr->start,
		.count = attr->count,
		.dests = (uintptr_t)attr->numbers,
	};

	return set_st(device, &data);
}

/*
 * Whether the kernel, too, finds these entries: it has no more of them than fit where the table is,
 * whatever the device says. It looks for them before it reads the sources, and the address of these
 * nobody can read.
 */
static bool has_entries(struct vfio_tph_device *device, const struct vfio_tph_program_attr *attr)
{
	const struct vfio_device_feature_tph_st data = {
		.flags = VFIO_DEVICE_TPH_SRC_DMABUF,
		.start = attr->start,
		.count = attr->count,
		.dests = UINT64_MAX,
	};

	return set_st(device, &data) >= 0 || errno != EINVAL;
}

/* The first literal tag that the namespace does not have; count when there is none such. */
static unsigned int first_too_large(const struct vfio_tph_program_attr *attr)
{
	const uint32_t max = attr->tph_namespace == VFIO_TPH_TAG_ST ? UINT8_MAX : UINT16_MAX;
	unsigned int i = 0;

	while (i < attr->count &&
	       (attr->source != VFIO_TPH_SOURCE_LITERAL || attr->numbers[i] <= max))
		i++;
	return i;
}

/*
 * The kernel has one EINVAL for these. Where there are such entries, it has read the caller's
 * numbers, so that they can be read here.
 */
static int fail_arguments(struct vfio_tph_device *device, const struct vfio_tph_program_attr *attr,
			  const struct vfio_tph_requester_info *info,
			  struct vfio_tph_reason *reason)
{
	unsigned int i;

	if (!has_entries(device, attr))
		return vfio_tph_fail(
			reason, EINVAL,
			"%s has no %u entries from entry %u on in an ST table: %m. It "
			"says that it has %u, of which those count that the capability "
			"or the MSI-X table has room for",
			device->bdf, attr->count, attr->start, info->st_entries);
	i = first_too_large(attr);
	if (i < attr->count)
		return vfio_tph_fail(reason, EINVAL, "%#x is no %s-bit steering tag: %m",
				     attr->numbers[i], width(attr->tph_namespace));
	return vfio_tph_fail(reason, EINVAL,
			     "TPH of %s is off, or sends no tags: %m. vfio_tph_enable() comes "
			     "first, with another mode than VFIO_TPH_MODE_NO_ST",
			     device->bdf);
}

static bool has_stage_1(struct vfio_tph_device *device)
{
	return vfio_tph_feature(device,
				VFIO_DEVICE_FEATURE_TPH_ST | VFIO_DEVICE_FEATURE_SET |
					VFIO_DEVICE_FEATURE_PROBE,
				NULL, 0) >= 0;
}

/* And one EOPNOTSUPP. */
static int fail_support(struct vfio_tph_device *device, const struct vfio_tph_program_attr *attr,
			const struct vfio_tph_requester_info *info, struct vfio_tph_reason *reason)
{
	if (!has_stage_1(device))
		return vfio_tph_fail_stage(device, 1, "program steering tags", reason);
	if (attr->source == VFIO_TPH_SOURCE_LITERAL && !(info->flags & VFIO_TPH_REQUESTER_LITERAL))
		return vfio_tph_fail_stage(device, 3, "choose steering tags", reason);
	if (is_cpu(attr->source) && !(info->flags & VFIO_TPH_REQUESTER_CPU))
		return fail_source(device, attr->source, reason);
	if (attr->tph_namespace != info->tph_namespace)
		return vfio_tph_fail(reason, EOPNOTSUPP,
				     "%s sends %s-bit steering tags now, and cannot have %s-bit "
				     "ones: %m. vfio_tph_enable() selects",
				     device->bdf, width(info->tph_namespace),
				     width(attr->tph_namespace));
	return fail_source(device, attr->source, reason);
}

static int fail_program(struct vfio_tph_device *device, const struct vfio_tph_program_attr *attr,
			int err, struct vfio_tph_reason *reason)
{
	struct vfio_tph_requester_info info = {};

	if (err == EINTR && attr->source == VFIO_TPH_SOURCE_DMABUF)
		return fail_number(attr->source, attr->numbers[0], err, reason);
	if (err == EFAULT)
		return vfio_tph_fail(reason, err, "cannot read the numbers of %u sources: %m",
				     attr->count);
	if (err == EINVAL && !vfio_tph_query_requester(device, &info, NULL))
		return fail_arguments(device, attr, &info, reason);
	if (err == EOPNOTSUPP && !vfio_tph_query_requester(device, &info, NULL))
		return fail_support(device, attr, &info, reason);
	return vfio_tph_fail_control(device, err, "program steering tags", reason);
}

/* Whether the kernel tells tags of sources, or that there is none. */
static bool are_told(const struct vfio_tph_requester_info *info)
{
	return info->flags & VFIO_TPH_REQUESTER_LITERAL ||
	       info->mode == VFIO_TPH_MODE_DEVICE_SPECIFIC;
}

/* Asks the source of the first entry, where it takes somebody to ask. */
static int ask_source(struct vfio_tph_device *device, const struct vfio_tph_program_attr *attr,
		      bool *has_tag)
{
	struct vfio_device_feature_tph_resolve data = {};
	int err = 0;

	*has_tag = attr->source == VFIO_TPH_SOURCE_LITERAL && attr->numbers[0];
	if (attr->source == VFIO_TPH_SOURCE_DMABUF || is_cpu(attr->source)) {
		err = resolve(device, attr->source, attr->tph_namespace, attr->numbers[0], &data);
		*has_tag = data.valid & VFIO_DEVICE_TPH_VALID_ST;
	}
	return err;
}

/* VFIO_TPH_PROGRAM_REQUIRE_ST, and there is none. */
static int fail_tag(const struct vfio_tph_program_attr *attr, struct vfio_tph_reason *reason)
{
	if (attr->source == VFIO_TPH_SOURCE_LITERAL)
		return vfio_tph_fail(reason, EOPNOTSUPP,
				     "0 is no steering tag that could be required: %m. Without "
				     "VFIO_TPH_PROGRAM_REQUIRE_ST it stands for no preference");
	return vfio_tph_fail(reason, EOPNOTSUPP,
			     "%s %u has no %s-bit steering tag: %m. Without "
			     "VFIO_TPH_PROGRAM_REQUIRE_ST its entry becomes tag 0",
			     is_cpu(attr->source) ? "CPU" : "the dma-buf of fd", attr->numbers[0],
			     width(attr->tph_namespace));
}

/* With @unsure it may as well be the source, of which the kernel does not tell. */
static int fail_interrupt(struct vfio_tph_device *device, const struct vfio_tph_program_attr *attr,
			  bool unsure, struct vfio_tph_reason *reason)
{
	if (unsure)
		return vfio_tph_fail(
			reason, ENXIO,
			"interrupt %u of %s is not enabled, which comes first, or the source has "
			"no tag, which the kernel does not tell: %m. With vfio_pci_core.tph 3, "
			"vfio_tph_resolve() tells",
			attr->start, device->bdf);
	return vfio_tph_fail(reason, ENXIO,
			     "interrupt %u of %s is not enabled, whose entry of the MSI-X table "
			     "holds the tag: %m. VFIO_DEVICE_SET_IRQS comes before "
			     "vfio_tph_program()",
			     attr->start, device->bdf);
}

/*
 * The kernel says that the first entry of @attr failed and not why: what is to be seen afterwards
 * tells.
 */
static int fail_entry(struct vfio_tph_device *device, const struct vfio_tph_program_attr *attr,
		      const struct vfio_tph_requester_info *info, struct vfio_tph_reason *reason)
{
	const bool msix = info->table == VFIO_TPH_TABLE_MSIX;
	bool has_tag, lacks_tag, unsure;
	int err;

	err = ask_source(device, attr, &has_tag);
	lacks_tag = !err && !has_tag && attr->flags & VFIO_TPH_PROGRAM_REQUIRE_ST;
	unsure = msix && (err == EOPNOTSUPP || (lacks_tag && !are_told(info)));
	if (err && !unsure)
		return fail_number(attr->source, attr->numbers[0], err, reason);
	if (lacks_tag && !unsure)
		return fail_tag(attr, reason);
	if (msix)
		return fail_interrupt(device, attr, unsure, reason);
	return vfio_tph_fail(
		reason, EIO,
		"entry %u of the ST table of %s was not programmed: %m. What was in the "
		"way has gone by now; program it again",
		attr->start, device->bdf);
}

/* Of what the kernel left of a table: whether the next entry of it can be tried, or has been. */
static int check_rest(struct vfio_tph_device *device, const struct vfio_tph_program_attr *rest,
		      bool tried, struct vfio_tph_reason *reason)
{
	struct vfio_tph_requester_info info = {};
	int err;

	err = vfio_tph_query_requester(device, &info, reason);
	if (err)
		return err;
	if (!info.tph_namespace)
		return vfio_tph_fail(
			reason, EIO,
			"%s did not take entry %u of its ST table: %m. TPH is off now; "
			"vfio_tph_enable() tries again",
			device->bdf, rest->start);
	return tried ? fail_entry(device, rest, &info, reason) : 0;
}

/*
 * Where one entry of many fails, the kernel says so by their number alone, be it a signal or a
 * source that does not exist. Of the first one it says more: so it is asked again from there on,
 * and goes on if what was in the way has gone.
 */
static int program_all(struct vfio_tph_device *device, const struct vfio_tph_program_attr *attr,
		       unsigned int *programmed, struct vfio_tph_reason *reason)
{
	struct vfio_tph_program_attr rest = *attr;
	int count, err;

	for (;;) {
		count = program(device, &rest);
		if (count < 0)
			return fail_program(device, &rest, errno, reason);
		*programmed += count;
		if (count >= rest.count)
			return 0;
		rest.start += count;
		rest.count -= count;
		if (rest.source != VFIO_TPH_SOURCE_NONE)
			rest.numbers += count;
		err = check_rest(device, &rest, !count, reason);
		if (err)
			return err;
	}
}

int vfio_tph_program(struct vfio_tph_device *device, const struct vfio_tph_program_attr *attr,
		     unsigned int *programmed, struct vfio_tph_reason *reason)
{
	unsigned int done = 0;
	int err;

	err = check_program(attr, reason);
	if (!err)
		err = program_all(device, attr, &done, reason);
	if (programmed)
		*programmed = done;
	return err;
}
