// SPDX-License-Identifier: GPL-2.0 OR Linux-OpenIB
#include "command_line.h"
#include "util/macros.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

/* perftest's short options, those with a value followed by a colon: the same since 4.5. */
static const char stock_letters[] =
	"w:y:p:d:i:m:s:n:t:u:S:x:c:q:I:o:M:r:Q:A:l:D:f:B:T:L:E:J:j:K:k:X:W:aFegzRvhbNVCHUOZP";

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
	STOCK_MEMORY,
	STOCK_DMABUF,
	STOCK_DMA_HANDLE,
};

/* The stock flags that matter to ours, up to perftest 26. */
static const struct stock_flag {
	const char *name;
	char letter;
	bool value;
	enum stock_meaning meaning;
} stock_flags[] = {
	{ "size", 's', true, STOCK_SIZE },
	{ "qp", 'q', true, STOCK_QPS },
	{ "all", 'a', false, STOCK_ALL_SIZES },
	{ "connection", 'c', true, STOCK_CONNECTION },
	{ "help", 'h', false, STOCK_HELP },
	{ "inline_size", 'I', true, STOCK_INLINE },
	{ "mr_per_qp", 0, false, STOCK_MR_PER_QP },
	{ "odp", 0, false, STOCK_ON_DEMAND },
	{ "use_data_direct", 0, false, STOCK_DATA_DIRECT },
	{ "mmap", 0, true, STOCK_MEMORY },
	{ "mmap-offset", 0, true, STOCK_MEMORY },
	{ "use_cuda", 0, true, STOCK_MEMORY },
	{ "use_cuda_bus_id", 0, true, STOCK_MEMORY },
	{ "use_musa", 0, true, STOCK_MEMORY },
	{ "use_musa_bus_id", 0, true, STOCK_MEMORY },
	{ "use_rocm", 0, true, STOCK_MEMORY },
	{ "use_neuron", 0, true, STOCK_MEMORY },
	{ "use_mlu", 0, true, STOCK_MEMORY },
	{ "use_opencl", 0, true, STOCK_MEMORY },
	{ "use_hl", 0, true, STOCK_DMABUF },
	{ "use_cuda_dmabuf", 0, false, STOCK_DMABUF },
	{ "use_musa_dmabuf", 0, false, STOCK_DMABUF },
	{ "use_rocm_dmabuf", 0, false, STOCK_DMABUF },
	{ "use_neuron_dmabuf", 0, false, STOCK_DMABUF },
	{ "use_mlu_dmabuf", 0, false, STOCK_DMABUF },
	{ "use_ib_dm_dmabuf", 0, true, STOCK_DMABUF },
	{ "ph", 0, true, STOCK_DMA_HANDLE },
	{ "tph_mem", 0, true, STOCK_DMA_HANDLE },
	{ "cpu_id", 0, true, STOCK_DMA_HANDLE },
};

#define STOCK_FLAG_COUNT ARRAY_SIZE(stock_flags)

static const struct stock_flag *stock_flag_by_name(const char *name, size_t length)
{
	for (size_t i = 0; i < STOCK_FLAG_COUNT; i++)
		if (!strncmp(stock_flags[i].name, name, length) && !stock_flags[i].name[length])
			return &stock_flags[i];
	return NULL;
}

static const struct stock_flag *stock_flag_by_letter(char letter)
{
	for (size_t i = 0; i < STOCK_FLAG_COUNT; i++)
		if (stock_flags[i].letter == letter)
			return &stock_flags[i];
	return NULL;
}

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

static void note_flag(struct stock_facts *facts, const struct stock_flag *flag, const char *written,
		      const char *value)
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
	case STOCK_MEMORY:
		facts->memory = written;
		break;
	case STOCK_DMABUF:
		facts->memory = written;
		facts->dmabuf = written;
		break;
	case STOCK_DMA_HANDLE:
		facts->dma_handle = written;
		break;
	}
}

struct scan {
	struct command_line *line;
	char **argv;
	int argc;
	int at;
};

static void keep(struct scan *scan)
{
	scan->line->argv[scan->line->argc++] = scan->argv[scan->at];
}

/* The value in the argument after this one, which is kept too; "" when there is none. */
static const char *keep_next(struct scan *scan)
{
	if (scan->at + 1 == scan->argc)
		return "";
	scan->at++;
	keep(scan);
	return scan->argv[scan->at];
}

static void scan_stock_long(struct scan *scan, const char *name, size_t length, const char *value)
{
	const struct stock_flag *flag = stock_flag_by_name(name, length);
	const char *written = scan->argv[scan->at];

	keep(scan);
	if (!flag)
		return;
	if (flag->value && !value)
		value = keep_next(scan);
	note_flag(&scan->line->facts, flag, written, value);
}

/* One or more letters in one argument, the last of which may have a value: -aFq4, -q 4. */
static void scan_stock_letters(struct scan *scan)
{
	const char *written = scan->argv[scan->at];

	keep(scan);
	for (const char *letter = written + 1; *letter; letter++) {
		const struct stock_flag *flag = stock_flag_by_letter(*letter);
		const char *known = *letter == ':' ? NULL : strchr(stock_letters, *letter);
		bool has_value = known && known[1] == ':';
		const char *value = NULL;

		if (has_value)
			value = letter[1] ? letter + 1 : keep_next(scan);
		if (flag)
			note_flag(&scan->line->facts, flag, written, value);
		if (has_value)
			return;
	}
}

static bool scan_ours(struct scan *scan, enum tph_option_id id, const char *value,
		      struct complaint *why)
{
	enum tph_option_argument argument = tph_option_table[id].argument;
	const char *next = scan->at + 1 < scan->argc ? scan->argv[scan->at + 1] : NULL;

	if (!value && next &&
	    (argument == TPH_ARGUMENT_REQUIRED ||
	     (argument == TPH_ARGUMENT_OPTIONAL && tph_option_takes(id, next)))) {
		value = next;
		scan->at++;
	}
	return tph_option_set(&scan->line->options, id, value, why);
}

static bool scan_long(struct scan *scan, struct complaint *why)
{
	const char *name = scan->argv[scan->at] + strlen("--");
	size_t length = strcspn(name, "=");
	const char *value = name[length] ? name + length + 1 : NULL;
	enum tph_option_id id = tph_option_find(name, length);

	if (id != TPH_OPTION_COUNT)
		return scan_ours(scan, id, value, why);
	scan_stock_long(scan, name, length, value);
	return true;
}

bool command_line_parse(struct command_line *line, int argc, char **argv, struct complaint *why)
{
	struct scan scan = { .line = line, .argv = argv, .argc = argc };

	memset(line, 0, sizeof(*line));
	tph_options_init(&line->options);
	/* All of argv, its NULL, and the flag for the buffer. */
	line->argv = calloc(argc + 2, sizeof(*line->argv));
	if (!line->argv)
		return complain(why, "the command line: %s", strerror(ENOMEM));

	for (; scan.at < argc; scan.at++) {
		const char *argument = argv[scan.at];

		if (!scan.at || argument[0] != '-' || !argument[1])
			keep(&scan);
		else if (argument[1] != '-')
			scan_stock_letters(&scan);
		else if (!argument[2])
			break;
		else if (!scan_long(&scan, why))
			return false;
	}
	for (; scan.at < argc; scan.at++)
		keep(&scan);
	return tph_options_check(&line->options, why);
}

void command_line_add_buffer(struct command_line *line, char *flag)
{
	memmove(line->argv + 2, line->argv + 1, (line->argc - 1) * sizeof(*line->argv));
	line->argv[1] = flag;
	line->argc++;
}

void command_line_free(struct command_line *line)
{
	free(line->argv);
}
