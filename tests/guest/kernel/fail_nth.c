// SPDX-License-Identifier: GPL-2.0 OR Linux-OpenIB
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "fail_nth.h"
#include "tap.h"
#include "util/macros.h"

/*
 * Which allocations count, and that nothing is said of those that fail: the kernel's
 * Documentation/fault-injection/fault-injection.rst. The first two of each are not so at first.
 */
static const struct {
	const char *path, *value, *former;
} settings[] = {
	{ "/sys/kernel/debug/failslab/ignore-gfp-wait", "N", "Y" },
	{ "/sys/kernel/debug/failslab/verbose", "0", "2" },
	{ "/sys/kernel/debug/fail_page_alloc/ignore-gfp-wait", "N", "Y" },
	{ "/sys/kernel/debug/fail_page_alloc/min-order", "0", "1" },
	{ "/sys/kernel/debug/fail_page_alloc/verbose", "0", "2" },
};

/* fail-nth of the thread */
static int control = -1;

static void write_to(const char *path, const char *value)
{
	int fd = open(path, O_WRONLY | O_CLOEXEC);

	if (fd < 0 || write(fd, value, strlen(value)) < 0)
		tap_bail_out("%s: %s; this is for a kernel with fault injection", path,
			     strerror(errno));
	close(fd);
}

void fail_nth_open(void)
{
	size_t i;

	for (i = 0; i < ARRAY_SIZE(settings); i++)
		write_to(settings[i].path, settings[i].value);
	control = open("/proc/thread-self/fail-nth", O_RDWR | O_CLOEXEC);
	if (control < 0)
		tap_bail_out("/proc/thread-self/fail-nth: %s", strerror(errno));
}

void fail_nth_set(unsigned int nth)
{
	char number[16];
	int len = snprintf(number, sizeof(number), "%u", nth);

	if (pwrite(control, number, len, 0) != len)
		tap_bail_out("fail-nth cannot be set: %s", strerror(errno));
}

bool fail_nth_clear(void)
{
	char number[16] = "";

	/* What is left to count; 0 when it has failed */
	if (pread(control, number, sizeof(number) - 1, 0) < 1)
		tap_bail_out("fail-nth cannot be read: %s", strerror(errno));
	fail_nth_set(0);
	return !atoi(number);
}

void fail_nth_close(void)
{
	size_t i;

	close(control);
	for (i = 0; i < ARRAY_SIZE(settings); i++)
		write_to(settings[i].path, settings[i].former);
}
