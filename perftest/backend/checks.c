// SPDX-License-Identifier: GPL-2.0 OR Linux-OpenIB
#include "checks.h"

#include <libgen.h>
#include <limits.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

/* perftest's defaults, the same from 4.5 to 26. */
#define BANDWIDTH_SIZE 65536
#define LATENCY_SIZE 2
#define ATOMIC_SIZE 8
#define ALL_SIZES_LAST (8 * 1024 * 1024)
#define INLINE_LAST 236

static bool ends_with(const char *text, const char *end)
{
	size_t length = strlen(text), end_length = strlen(end);

	return length >= end_length && !strcmp(text + length - end_length, end);
}

static bool is_latency(const char *tool)
{
	return ends_with(tool, "_lat");
}

static bool is_raw_ethernet(const char *tool)
{
	return !strncmp(tool, "raw_ethernet_", strlen("raw_ethernet_"));
}

static bool check_buffer(const char *tool, const struct command_line *line, struct complaint *why)
{
	const struct stock_facts *facts = &line->facts;
	const char *flag = line->options.exporter == TPH_EXPORTER_VFIO ? "--vfio-dmabuf" :
									 "--udmabuf";

	if (facts->memory)
		return complain(why, "%s and --%s: there is one data buffer; choose one of them",
				flag, facts->memory);
	if (is_raw_ethernet(tool))
		return complain(
			why,
			"%s: the raw_ethernet tools cannot use a mapped buffer; use an ib_ tool",
			flag);
	if (facts->data_validation)
		return complain(
			why,
			"%s with --data_validation: perftest validates data in memory that it allocates itself; drop one of them",
			flag);
	if (facts->mr_per_qp && facts->qps > 1)
		return complain(
			why,
			"%s with --mr_per_qp and more than one QP: perftest loses its pointers to a mapped buffer when it makes several; drop --mr_per_qp, and the QPs share one memory region",
			flag);
	return true;
}

static const char *first_flag(const struct tph_options *options)
{
	int id = 0;

	while (id < TPH_OPTION_COUNT - 1 && !options->text[id])
		id++;
	return tph_option_table[id].name;
}

/* The full path of a file which may not exist yet, in a directory which must exist. */
static bool full_path(const char *path, char full[static PATH_MAX])
{
	char folder[PATH_MAX], name[PATH_MAX];
	size_t length;

	if (realpath(path, full))
		return true;
	if (strlen(path) >= PATH_MAX)
		return false;
	strcpy(folder, path);
	strcpy(name, path);
	if (!realpath(dirname(folder), full))
		return false;
	length = strlen(full);
	return snprintf(full + length, PATH_MAX - length, "/%s", basename(name)) <
	       (int)(PATH_MAX - length);
}

static bool is_same_file(const char *one, const char *other)
{
	char full_one[PATH_MAX], full_other[PATH_MAX];

	return full_path(one, full_one) && full_path(other, full_other) &&
	       !strcmp(full_one, full_other);
}

bool check_flags(const char *tool, const struct command_line *line, struct complaint *why)
{
	const struct tph_options *options = &line->options;
	const struct stock_facts *facts = &line->facts;

	if (options->exporter == TPH_EXPORTER_NONE && !facts->dmabuf)
		return complain(
			why,
			"--%s: the data buffer is no dma-buf; make it one with --vfio-dmabuf, --udmabuf or a flag of perftest such as --use_cuda_dmabuf",
			first_flag(options));
	if (options->exporter != TPH_EXPORTER_NONE && !check_buffer(tool, line, why))
		return false;
	if (facts->on_demand)
		return complain(
			why,
			"--%s with --odp: a dma-buf cannot be registered on demand; drop --odp",
			first_flag(options));
	if (facts->data_direct)
		return complain(
			why,
			"--%s with --use_data_direct: data direct requests leave from another PCI function, which has no steering tags; drop one of them",
			first_flag(options));
	if (facts->dma_handle)
		return complain(
			why,
			"--%s with --%s: a DMA handle takes the place of the exporter's tag; drop one of them",
			first_flag(options), facts->dma_handle);
	if (facts->null_mr)
		return complain(
			why,
			"--%s with --use-null-mr: the client then uses a null memory region, and not the data buffer's; drop one of them",
			first_flag(options));
	if (options->text[TPH_OPTION_JSON_FILE] && facts->report_file &&
	    is_same_file(options->text[TPH_OPTION_JSON_FILE], facts->report_file))
		return complain(
			why,
			"--tph-json-file and the JSON file of perftest are the same, %s, and each would overwrite the other's report; give two",
			facts->report_file);
	return true;
}

static uint64_t default_size(const char *tool)
{
	if (!strncmp(tool, "ib_atomic_", strlen("ib_atomic_")))
		return ATOMIC_SIZE;
	return is_latency(tool) ? LATENCY_SIZE : BANDWIDTH_SIZE;
}

uint64_t check_least_buffer(const char *tool, const struct stock_facts *facts)
{
	uint64_t least = sysconf(_SC_PAGESIZE);
	uint64_t message = facts->size ? facts->size : default_size(tool);
	uint64_t qps = facts->qps && !facts->mr_per_qp ? facts->qps : 1;

	if (facts->all_sizes)
		message = ALL_SIZES_LAST;
	/* A datagram's size is cut down to the path's MTU. */
	if (message > least && !facts->datagram)
		least = message;
	/*
	 * One half of the buffer is for sending, one for receiving. Both factors fit into 31 bits.
	 */
	if (__builtin_mul_overflow(least, 2 * qps, &least))
		least = UINT64_MAX;
	return least;
}

bool check_inlines(const char *tool, const struct stock_facts *facts)
{
	uint64_t message = facts->size ? facts->size : default_size(tool);

	if (strcmp(tool, "ib_write_lat") && strcmp(tool, "ib_send_lat"))
		return false;
	return !facts->inline_given && (facts->all_sizes || message <= INLINE_LAST);
}
