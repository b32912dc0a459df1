// SPDX-License-Identifier: GPL-2.0 OR Linux-OpenIB
/* cpu_handle DEVICE: asks for a DMA handle of CPU 0, and prints by which errno it is refused. */
#include <stdio.h>
#include <string.h>

#include "handle.h"
#include "tap.h"

static uint8_t memory[VERBS_LENGTH];

int main(int argc, char **argv)
{
	const struct handle_attr attr = { .cpu = 0 };
	struct handle_region region;
	struct verbs verbs;
	int err;

	if (argc != 2)
		tap_bail_out("one device, as mlx5_0");
	verbs_open(&verbs, argv[1]);
	err = handle_reg(&verbs, &attr, memory, sizeof(memory), &region);
	puts(strerrorname_np(err));
	if (!err)
		handle_dereg(&verbs, &region);
	verbs_close(&verbs);
	return 0;
}
