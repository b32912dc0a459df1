// SPDX-License-Identifier: GPL-2.0 OR Linux-OpenIB
#include <stdarg.h>
#include <stdio.h>
#include <vfio/tph.h>

#include "tphctl.h"
#include "util/complaint.h"

int trouble(const char *format, ...)
{
	va_list args;

	fflush(stdout);
	va_start(args, format);
	vsay(format, args);
	va_end(args);
	return EXIT_TROUBLE;
}

int refuse(struct vfio_tph_reason *reason, int err, const char *format, ...)
{
	va_list args;

	va_start(args, format);
	vsnprintf(reason->text, sizeof(reason->text), format, args);
	va_end(args);
	return err;
}
