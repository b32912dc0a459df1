// SPDX-License-Identifier: GPL-2.0 OR Linux-OpenIB
#include <errno.h>
#include <stdarg.h>
#include <stdio.h>

#include "internal.h"

int vfio_tph_fail(struct vfio_tph_reason *reason, int err, const char *format, ...)
{
	va_list args;

	if (!reason)
		return err;
	va_start(args, format);
	errno = err;
	vsnprintf(reason->text, sizeof(reason->text), format, args);
	va_end(args);
	return err;
}

int vfio_tph_fail_comp_mask(struct vfio_tph_reason *reason, uint64_t comp_mask)
{
	return vfio_tph_fail(
		reason, EOPNOTSUPP,
		"comp_mask has bits that this libvfio-tph does not know, %#llx: %m. "
		"It is older than what the program was built with, or the structure was "
		"not initialised",
		(unsigned long long)comp_mask);
}

int vfio_tph_fail_open(struct vfio_tph_reason *reason, int err, const char *path)
{
	const char *advice = "";

	switch (err) {
	case ENOENT:
		advice = ". Load the modules vfio and vfio-pci, and see that /dev is devtmpfs";
		break;
	case EACCES:
		advice = ". Run as root, or give yourself access to the node";
		break;
	case EPERM:
		advice = ". No-IOMMU mode needs CAP_SYS_RAWIO: run as root";
		break;
	case EBUSY:
		advice = ". Another process has the device, or one of its IOMMU group, open";
		break;
	}
	return vfio_tph_fail(reason, err, "cannot open %s: %m%s", path, advice);
}
