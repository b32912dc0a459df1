// SPDX-License-Identifier: GPL-2.0 OR Linux-OpenIB
/* Any file can be named to tphrun: it is of some kind, and all kinds but one come with a reason. */
#include <stdio.h>
#include <sys/mman.h>
#include <unistd.h>

#include "fuzz.h"
#include "program.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct complaint why = { "" };
	int fd = memfd_create("program", 0);
	enum program_kind kind;
	char path[64];

	fuzz_assert(fd >= 0 && write(fd, data, size) == (ssize_t)size);
	snprintf(path, sizeof(path), "/proc/self/fd/%d", fd);
	kind = program_look(path, &why);
	fuzz_assert((kind == PROGRAM_DYNAMIC) == !why.text[0]);
	close(fd);
	return 0;
}
