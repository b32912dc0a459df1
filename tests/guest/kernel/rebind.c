// SPDX-License-Identifier: GPL-2.0 OR Linux-OpenIB
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "rebind.h"
#include "tap.h"

static void write_to(const char *path, const char *text)
{
	int fd = open(path, O_WRONLY | O_CLOEXEC);

	if (fd < 0 || write(fd, text, strlen(text)) < 0)
		tap_bail_out("%s: %s", path, strerror(errno));
	close(fd);
}

void rebind(const char *driver, const char *bdf)
{
	char path[64];

	snprintf(path, sizeof(path), "/sys/bus/pci/drivers/%s/unbind", driver);
	write_to(path, bdf);
	snprintf(path, sizeof(path), "/sys/bus/pci/drivers/%s/bind", driver);
	write_to(path, bdf);
}
