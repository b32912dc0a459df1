// SPDX-License-Identifier: GPL-2.0 OR Linux-OpenIB
#include <errno.h>
#include <stdint.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "edge.h"
#include "tap.h"

static uint8_t *memory;
static size_t page;

static void map(void)
{
	page = sysconf(_SC_PAGESIZE);
	memory = mmap(NULL, 2 * page, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	if (memory == MAP_FAILED || mprotect(memory + page, page, PROT_NONE))
		tap_bail_out("no page to end a structure in: %s", strerror(errno));
}

void *edge(size_t bytes)
{
	if (!memory)
		map();
	return memory + page - bytes;
}

void edge_protect(bool writable)
{
	mprotect(memory, page, writable ? PROT_READ | PROT_WRITE : PROT_READ);
}
