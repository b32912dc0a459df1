// SPDX-License-Identifier: GPL-2.0 OR Linux-OpenIB
#include "command_line.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "util/macros.h"

/* Codes of our flags, above all codes that the flags of a tool return */
#define OURS_FIRST 0x10000

/* perftest's, in the current directory */
#define DEFAULT_REPORT_FILE "perftest_out.json"

enum stock_meaning {
	STOCK_SIZE,
	STOCK_QPS,
	STOCK_ALL_SIZES,
	STOCK_CONNECTION,
	STOCK_HELP,
	STOCK_INLINE,
	STOCK_MR_PER_QP,
	STOCK_ON_DEMAND,
	STOCK_DATA_DIRECT,
	STOCK_DATA_VALIDATION,
	STOCK_MEMORY,
	STOCK_DMABUF,
	STOCK_DMA_HANDLE,
	STOCK_NULL_MR,
	STOCK_REPORT,
	STOCK_REPORT_FILE,
};

/* The stock flags that matter to ours, up to perftest 26. */
static const struct stock_flag {
	const char *name;
	enum stock_meaning meaning;
} stock_flags[] = {
	{ "size", STOCK_SIZE },
	{ "qp", STOCK_QPS },
	{ "all", STOCK_ALL_SIZES },
	{ "connection", STOCK_CONNECTION },
	{ "help", STOCK_HELP },
	{ "inline_size", STOCK_INLINE },
	{ "mr_per_qp", STOCK_MR_PER_QP },
	{ "odp", STOCK_ON_DEMAND },
	{ "use_data_direct", STOCK_DATA_DIRECT },
	{ "data_validation", STOCK_DATA_VALIDATION },
	{ "mmap", STOCK_MEMORY },
	{ "mmap-offset", STOCK_MEMORY },
	{ "use_cuda", STOCK_MEMORY },
	{ "use_cuda_bus_id", STOCK_MEMORY },
	{ "use_musa", STOCK_MEMORY },
	{ "use_musa_bus_id", STOCK_MEMORY },
	{ "use_rocm", STOCK_MEMORY },
	{ "use_neuron", STOCK_MEMORY },
	{ "use_mlu", STOCK_MEMORY },
	{ "use_opencl", STOCK_MEMORY },
	{ "use_hl", STOCK_DMABUF },
	{ "use_cuda_dmabuf", STOCK_DMABUF },
	{ "use_musa_dmabuf", STOCK_DMABUF },
	{ "use_rocm_dmabuf", STOCK_DMABUF },
	{ "use_neuron_dmabuf", STOCK_DMABUF },
	{ "use_mlu_dmabuf", STOCK_DMABUF },
	{ "use_ib_dm_dmabuf", STOCK_DMABUF },
	{ "ph", STOCK_DMA_HANDLE },
	{ "tph_mem", STOCK_DMA_HANDLE },
	{ "cpu_id", STOCK_DMA_HANDLE },
	{ "use-null-mr", STOCK_NULL_MR },
	{ "out_json", STOCK_REPORT },
	{ "out_json_file", STOCK_REPORT_FILE },
};

/* As perftest reads --size: strtol() and then a K or M at the very end. 0 for what it refuses. */
static uint64_t stock_size(const char *value)
{
	size_t length = strlen(value);
	uint64_t factor = 1;
	long number = strtol(value, NULL, 0);

	if (length && value[length - 1] == 'K')
		factor = 1024;
	if (length && value[length - 1] == 'M')
		factor = 1024 * 1024;
	if (number <= 0 || number > INT32_MAX)
		return 0;
	return number * factor;
}

static uint64_t stock_count(const char *value)
{
	long number = strtol(value, NULL, 0);

	return number > 0 && number <= INT32_MAX ? number : 0;
}

static bool is_connected(const char *transport)
{
	static const char *const connected[] = { "RC", "UC", "XRC", "DC" };

	for (size_t i = 0; i < ARRAY_SIZE(connected); i++)
		if (!strcmp(transport, connected[i]))
			return true;
	return false;
}

/* @value is NULL for a flag that takes none. */
static void note_flag(struct stock_facts *facts, const struct stock_flag *flag, const char *value)
{
	switch (flag->meaning) {
	case STOCK_SIZE:
		facts->size = stock_size(value);
		break;
	case STOCK_QPS:
		facts->qps = stock_count(value);
		break;
	case STOCK_ALL_SIZES:
		facts->all_sizes = true;
		break;
	case STOCK_CONNECTION:
		facts->datagram = !is_connected(value);
		break;
	case STOCK_HELP:
		facts->help = true;
		break;
	case STOCK_INLINE:
		facts->inline_given = true;
		break;
	case STOCK_MR_PER_QP:
		facts->mr_per_qp = true;
		break;
	case STOCK_ON_DEMAND:
		facts->on_demand = true;
		break;
	case STOCK_DATA_DIRECT:
		facts->data_direct = true;
		break;
	case STOCK_DATA_VALIDATION:
		facts->data_validation = true;
		break;
	case STOCK_MEMORY:
		facts->memory = flag->name;
		break;
	case STOCK_DMABUF:
		facts->memory = flag->name;
		facts->dmabuf = flag->name;
		break;
	case STOCK_DMA_HANDLE:
		facts->dma_handle = flag->name;
		break;
	case STOCK_NULL_MR:
		facts->null_mr = true;
		break;
	case STOCK_REPORT:
		if (!facts->report_file)
			facts->report_file = DEFAULT_REPORT_FILE;
		break;
	case STOCK_REPORT_FILE:
		facts->report_file = value;
		break;
	}
}

static void note_stock(struct command_line *line, const struct option *flag)
{
	for (size_t i = 0; i < ARRAY_SIZE(stock_flags); i++)
		if (!strcmp(stock_flags[i].name, flag->name))
			note_flag(&line->facts, &stock_flags[i], flag->has_arg ? optarg : NULL);
}

/* The flag that a letter is short for; NULL when it has no long name */
static const struct option *flag_of_letter(const struct command_line *line, int letter)
{
	for (size_t i = 0; i < line->stock_count; i++)
		if (!line->stock[i].flag && line->stock[i].val == letter)
			return &line->stock[i];
	return NULL;
}

static bool begin(struct command_line *line, const struct option *stock, struct complaint *why)
{
	struct option *flag;

	tph_options_init(&line->options);
	line->stock = stock;
	while (stock[line->stock_count].name)
		line->stock_count++;
	line->flags = calloc(line->stock_count + 2 * TPH_OPTION_COUNT + 1, sizeof(*line->flags));
	if (!line->flags)
		return complain(why, "the command line: %s", strerror(ENOMEM));
	memcpy(line->flags, stock, line->stock_count * sizeof(*stock));
	flag = line->flags + line->stock_count;
	for (int id = 0; id < TPH_OPTION_COUNT; id++) {
		/*
		 * getopt_long() must not insist on a value: tph_option_set() has the better
		 * message.
		 */
		*flag++ = (struct option){ tph_option_table[id].name, optional_argument, NULL,
					   OURS_FIRST + id };
		*flag++ = (struct option){ tph_option_table[id].underscored, optional_argument,
					   NULL, OURS_FIRST + id };
	}
	return true;
}

/* The value may be the next argument, which getopt_long() has not consumed. */
static bool take_ours(struct command_line *line, enum tph_option_id id, int argc, char *const *argv,
		      struct complaint *why)
{
	const char *value = optarg;

	if (!value && optind < argc && tph_option_takes(id, argv[optind]))
		value = argv[optind++];
	return tph_option_set(&line->options, id, value, why);
}

int command_line_next(struct command_line *line, command_line_getopt *getopt, int argc,
		      char *const *argv, const char *letters, const struct option *stock,
		      int *index, struct complaint *why)
{
	if (!line->flags && !begin(line, stock, why))
		return COMMAND_LINE_WRONG;
	for (;;) {
		int at = -1, got = getopt(argc, argv, letters, line->flags, &at);
		const struct option *flag = at < 0 ? flag_of_letter(line, got) : &line->flags[at];

		if (got < OURS_FIRST) {
			if (flag)
				note_stock(line, flag);
			if (at >= 0 && index)
				*index = at;
			return got;
		}
		if (!take_ours(line, got - OURS_FIRST, argc, argv, why))
			return COMMAND_LINE_WRONG;
	}
}

int command_line_add(const struct command_line *line, const char *name, char *value, int *index,
		     struct complaint *why)
{
	for (size_t i = 0; i < line->stock_count; i++) {
		const struct option *flag = &line->stock[i];

		if (strcmp(flag->name, name))
			continue;
		if (index)
			*index = i;
		optarg = value;
		if (!flag->flag)
			return flag->val;
		*flag->flag = flag->val;
		return 0;
	}
	complain(
		why,
		"this perftest has no --%s, by which it gets the exported buffer; install 4.5 or later",
		name);
	return COMMAND_LINE_WRONG;
}

void command_line_free(struct command_line *line)
{
	free(line->flags);
}
