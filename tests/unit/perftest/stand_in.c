// SPDX-License-Identifier: GPL-2.0 OR Linux-OpenIB
/* Stands in for a stock tool: prints what it was given, and ends with an exit code of its own. */
#include <dlfcn.h>
#include <stdio.h>
#include <stdlib.h>

#include "util/macros.h"

int main(int argc, char **argv)
{
	static const char *const names[] = {
		"LD_PRELOAD",           "RDMA_TPH_DMABUF_TPH",   "RDMA_TPH_DMABUF_TPH_REQUIRE",
		"RDMA_TPH_VFIO_DMABUF", "RDMA_TPH_UDMABUF",      "RDMA_TPH_TPH_ST",
		"RDMA_TPH_TPH_PH",      "RDMA_TPH_LEAST_BUFFER",
	};

	for (int i = 1; i < argc; i++)
		printf("<%s>\n", argv[i]);
	for (size_t i = 0; i < ARRAY_SIZE(names); i++)
		if (getenv(names[i]))
			printf("%s=%s\n", names[i], getenv(names[i]));
	/* Nothing but the backend brings this function into this program. */
	if (dlsym(RTLD_DEFAULT, "ibv_reg_mr"))
		puts("preloaded");
	return 42;
}
