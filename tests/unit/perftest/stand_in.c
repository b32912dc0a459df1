// SPDX-License-Identifier: GPL-2.0 OR Linux-OpenIB
/* Stands in for a stock tool: prints what its getopt_long() has given it, once that came to its
 * end, and ends with an exit code of its own.
 */
#include <dlfcn.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "tool.h"

static void print_flags(int argc, char **argv)
{
	char text[4096] = "", flag[256];
	int got, index;

	for (;;) {
		index = -1;
		got = getopt_long(argc, argv, tool_letters, tool_flags, &index);
		if (got == -1)
			break;
		tool_flag(got, index, flag, sizeof(flag));
		snprintf(text + strlen(text), sizeof(text) - strlen(text), "<%s>\n", flag);
	}
	fputs(text, stdout);
	while (optind < argc)
		printf("<%s>\n", argv[optind++]);
}

int main(int argc, char **argv)
{
	print_flags(argc, argv);
	if (getenv("LD_PRELOAD"))
		printf("LD_PRELOAD=%s\n", getenv("LD_PRELOAD"));
	/* Nothing but the backend brings this function into this program. */
	if (dlsym(RTLD_DEFAULT, "ibv_reg_mr"))
		puts("preloaded");
	return 42;
}
