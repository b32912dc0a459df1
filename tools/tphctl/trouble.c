// SPDX-License-Identifier: GPL-2.0 OR Linux-OpenIB
#include <stdarg.h>
#include <stdio.h>

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
