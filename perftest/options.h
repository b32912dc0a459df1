/* SPDX-License-Identifier: GPL-2.0 OR Linux-OpenIB */
/*
 * The flags that are added to perftest: their names, their values, and which of them go together.
 */
#ifndef PERFTEST_OPTIONS_H
#define PERFTEST_OPTIONS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#include <infiniband/tph.h>

#include "util/complaint.h"
#include "util/pci_address.h"

/* Who exports the data buffer. */
enum tph_exporter {
	TPH_EXPORTER_NONE,    /* perftest's own memory: nothing of ours replaces it */
	TPH_EXPORTER_VFIO,    /* a range of a BAR of a device that vfio-pci owns */
	TPH_EXPORTER_UDMABUF, /* host memory, through /dev/udmabuf */
};

enum tph_option_id {
	TPH_OPTION_NAMESPACE,
	TPH_OPTION_REQUIRE,
	TPH_OPTION_VFIO,
	TPH_OPTION_UDMABUF,
	TPH_OPTION_ST,
	TPH_OPTION_ST_EXT,
	TPH_OPTION_PH,
	TPH_OPTION_JSON_FILE,
	TPH_OPTION_COUNT
};

struct tph_options {
	/* The value as given; "" for a flag without a value, NULL for a flag that was not given. */
	const char *text[TPH_OPTION_COUNT];

	enum tph_exporter exporter;
	char bdf[PCI_ADDRESS_SIZE]; /* domain:bus:device.function, lower case */
	unsigned int bar;           /* 0 to 5 */
	uint64_t offset;            /* bytes into the BAR, a multiple of the page size */
	uint64_t size;              /* bytes, so too; 0: up to the BAR's end */

	enum ibv_tph_namespace ns; /* asked for at registration */
	bool require;
	uint16_t st_ext; /* published; valid when text[TPH_OPTION_ST_EXT] */
	uint8_t st;      /* published; valid when text[TPH_OPTION_ST] */
	uint8_t ph;      /* published, 0 to 3 */
};

enum tph_option_argument { TPH_ARGUMENT_NONE, TPH_ARGUMENT_OPTIONAL, TPH_ARGUMENT_REQUIRED };

struct tph_option {
	const char *name;        /* without the leading "--" */
	const char *underscored; /* the same, the other way of writing it */
	enum tph_option_argument argument;
	const char *value_help; /* how the value is written, or NULL */
	const char *help;
};

/* Indexed by enum tph_option_id. */
extern const struct tph_option tph_option_table[TPH_OPTION_COUNT];

/* A set in which nothing was given. */
void tph_options_init(struct tph_options *options);

/* May one of the strings of @argv be one of ours, or an abbreviation? Only getopt_long() knows. */
bool tph_options_may_be_in(char *const *argv);

/* Is @value the value of @id when it stands in an argument of its own, right after it? */
bool tph_option_takes(enum tph_option_id id, const char *value);

/* Parse @value (NULL: none was given) of option @id, which must stay valid as long as @options.
 * Returns false, with @why filled in, on a repeated option and on a value that is malformed or out
 * of range.
 */
bool tph_option_set(struct tph_options *options, enum tph_option_id id, const char *value,
		    struct complaint *why);

/* Check what the options mean together. False with @why filled in when they exclude each other. */
bool tph_options_check(const struct tph_options *options, struct complaint *why);

/* Was any given? */
bool tph_options_given(const struct tph_options *options);

/* Does one of them have to do with TPH, and not only with the buffer? */
bool tph_options_want_tph(const struct tph_options *options);

/* What perftest gets as its --mmap file and the backend recognizes in open(): never the name of an
 * existing file, and readable, as perftest prints it in its errors.
 */
void tph_options_buffer_name(const struct tph_options *options, char *name, size_t size);

void tph_options_help(FILE *out);

#endif
