// SPDX-License-Identifier: GPL-2.0 OR Linux-OpenIB
#include "tool.h"

#include <stdio.h>

const char tool_letters[] = "d:p:s:q:n:c:I:aFNh";

/* What the flags without a letter set */
static int set;

const struct option tool_flags[] = {
	{ "ib-dev", required_argument, NULL, 'd' },
	{ "port", required_argument, NULL, 'p' },
	{ "size", required_argument, NULL, 's' },
	{ "qp", required_argument, NULL, 'q' },
	{ "connection", required_argument, NULL, 'c' },
	{ "inline_size", required_argument, NULL, 'I' },
	{ "all", no_argument, NULL, 'a' },
	{ "help", no_argument, NULL, 'h' },
	{ "report_gbits", no_argument, &set, 1 },
	{ "mr_per_qp", no_argument, &set, 1 },
	{ "odp", no_argument, &set, 1 },
	{ "use_data_direct", no_argument, &set, 1 },
	{ "data_validation", no_argument, &set, 1 },
	{ "data_validation_debug", no_argument, &set, 1 },
	{ "use_cuda", required_argument, &set, 1 },
	{ "use_cuda_dmabuf", no_argument, &set, 1 },
	{ "use_rocm", required_argument, &set, 1 },
	{ "use_rocm_dmabuf", no_argument, &set, 1 },
	{ "use_hl", required_argument, &set, 1 },
	{ "mmap", required_argument, &set, 1 },
	{ "mmap-offset", required_argument, &set, 1 },
	{ "use-null-mr", no_argument, &set, 1 },
	{ "out_json", no_argument, &set, 1 },
	{ "out_json_file", required_argument, &set, 1 },
	{ "tph_mem", required_argument, &set, 1 },
	{ "cpu_id", required_argument, &set, 1 },
	{ "ph", required_argument, &set, 1 },
	{ 0 },
};

void tool_flag(int got, int index, char *text, size_t size)
{
	if (got == '?')
		snprintf(text, size, "?");
	else if (index < 0)
		snprintf(text, size, "-%c%s%s", got, optarg ? " " : "", optarg ? optarg : "");
	else
		snprintf(text, size, "--%s%s%s", tool_flags[index].name, optarg ? "=" : "",
			 optarg ? optarg : "");
}
