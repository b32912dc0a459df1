// SPDX-License-Identifier: GPL-2.0 OR Linux-OpenIB
#include "options.h"

#include <errno.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "shim/namespace.h"
#include "util/number.h"
#include "util/range.h"

#define PCI_BAR_LAST 5
#define PH_LAST 3 /* PCIe base specification, TLP Processing Hints: PH is 2 bits */

const struct tph_option tph_option_table[TPH_OPTION_COUNT] = {
	[TPH_OPTION_NAMESPACE] = {
		"dmabuf-tph", "dmabuf_tph", TPH_ARGUMENT_OPTIONAL, "[=none|auto|st|st-ext]",
		"Register the dma-buf with its exporter's steering tag from this namespace (default auto)",
	},
	[TPH_OPTION_REQUIRE] = {
		"dmabuf-tph-require", "dmabuf_tph_require", TPH_ARGUMENT_NONE, NULL,
		"Fail when the tag cannot be had, instead of registering without one",
	},
	[TPH_OPTION_VFIO] = {
		"vfio-dmabuf", "vfio_dmabuf", TPH_ARGUMENT_REQUIRED, "=<BDF>,bar=<N>[,offset=<bytes>][,size=<bytes>]",
		"Use a BAR of a device bound to vfio-pci, exported as a dma-buf, as the buffer",
	},
	[TPH_OPTION_UDMABUF] = {
		"udmabuf", "udmabuf", TPH_ARGUMENT_NONE, NULL,
		"Use host memory, exported as a dma-buf by /dev/udmabuf, as the buffer",
	},
	[TPH_OPTION_ST] = {
		"tph-st", "tph_st", TPH_ARGUMENT_REQUIRED, "=<0..0xff>",
		"Publish this 8-bit steering tag on the --vfio-dmabuf buffer",
	},
	[TPH_OPTION_ST_EXT] = {
		"tph-st-ext", "tph_st_ext", TPH_ARGUMENT_REQUIRED, "=<0..0xffff>",
		"Publish this 16-bit steering tag on the --vfio-dmabuf buffer",
	},
	[TPH_OPTION_PH] = {
		"tph-ph", "tph_ph", TPH_ARGUMENT_REQUIRED, "=<0..3>",
		"Publish this processing hint with the tag (default 0)",
	},
	[TPH_OPTION_JSON_FILE] = {
		"tph-json-file", "tph_json_file", TPH_ARGUMENT_REQUIRED, "=<path>",
		"Write what is in effect to this file, one JSON object per line",
	},
};

void tph_options_init(struct tph_options *options)
{
	*options = (struct tph_options){ .ns = IBV_TPH_NS_AUTO };
}

/* Is @text, of @length bytes, how @ours begins, '-' and '_' being the same? */
static bool begins(const char *ours, const char *text, size_t length)
{
	for (size_t i = 0; i < length; i++)
		if (text[i] != ours[i] && !(text[i] == '_' && ours[i] == '-'))
			return false;
	return true;
}

static bool may_be_ours(const char *argument)
{
	size_t length;

	if (strncmp(argument, "--", 2))
		return false;
	argument += 2;
	length = strcspn(argument, "=");
	for (int id = 0; length && id < TPH_OPTION_COUNT; id++)
		if (begins(tph_option_table[id].name, argument, length))
			return true;
	return false;
}

bool tph_options_may_be_in(char *const *argv)
{
	for (; *argv; argv++)
		if (may_be_ours(*argv))
			return true;
	return false;
}

bool tph_option_takes(enum tph_option_id id, const char *value)
{
	enum ibv_tph_namespace ns;

	switch (tph_option_table[id].argument) {
	case TPH_ARGUMENT_NONE:
		return false;
	case TPH_ARGUMENT_OPTIONAL:
		return tph_namespace_find(value, &ns);
	case TPH_ARGUMENT_REQUIRED:
		break;
	}
	return true;
}

static bool set_namespace(struct tph_options *options, const char *value, struct complaint *why)
{
	if (!*value || tph_namespace_find(value, &options->ns))
		return true;
	return complain(
		why, "--dmabuf-tph=%s: there is no such namespace; choose none, auto, st or st-ext",
		value);
}

static bool set_require(struct tph_options *options, const char *value, struct complaint *why)
{
	options->require = true;
	return true;
}

/* One of the bar=, offset= and size= of --vfio-dmabuf. @seen gathers which ones there were. */
static bool parse_range_part(struct tph_options *options, const char *part, unsigned int *seen,
			     struct complaint *why)
{
	enum { BAR, OFFSET, SIZE, PARTS };
	static const char
		*const keys[] = { [BAR] = "bar=", [OFFSET] = "offset=", [SIZE] = "size=" };
	uint64_t page = sysconf(_SC_PAGESIZE), number;
	unsigned int key;

	for (key = 0; key < PARTS; key++)
		if (!strncmp(part, keys[key], strlen(keys[key])))
			break;
	if (key == PARTS)
		return complain(
			why,
			"--vfio-dmabuf: '%s' is not understood; after the BDF come bar=N and, if wanted, offset=BYTES and size=BYTES, separated by commas",
			part);
	if (*seen & 1u << key)
		return complain(why, "--vfio-dmabuf: %s is given twice; give it once", keys[key]);
	*seen |= 1u << key;

	if (key == BAR) {
		if (!number_parse(part + strlen(keys[BAR]), 0, PCI_BAR_LAST, &number))
			return complain(why,
					"--vfio-dmabuf: %s is no BAR; a BAR's number is 0 to %d",
					part, PCI_BAR_LAST);
		options->bar = number;
		return true;
	}
	if (!size_parse(part + strlen(keys[key]), &number) || number % page ||
	    (key == SIZE && !number))
		return complain(
			why,
			"--vfio-dmabuf: %s cannot be mapped; give a multiple of the page size, %" PRIu64
			" bytes%s",
			part, page, key == SIZE ? ", and more than 0" : "");
	*(key == OFFSET ? &options->offset : &options->size) = number;
	return true;
}

static bool parse_range(struct tph_options *options, char *range, struct complaint *why)
{
	struct pci_address address;
	unsigned int seen = 0;
	char *part, *rest;

	part = strtok_r(range, ",", &rest);
	if (!part || !pci_address_parse(part, &address))
		return complain(
			why,
			"--vfio-dmabuf: '%s' is not the address of a PCI function; write it as lspci -D does, for example 0000:04:00.0",
			part ? part : "");
	pci_address_format(&address, options->bdf);
	while ((part = strtok_r(NULL, ",", &rest)))
		if (!parse_range_part(options, part, &seen, why))
			return false;
	if (!(seen & 1))
		return complain(
			why,
			"--vfio-dmabuf=%s: which BAR to export is missing; add ,bar=N with N from 0 to %d",
			options->bdf, PCI_BAR_LAST);
	if (!range_within(options->offset, options->size, UINT64_MAX))
		return complain(
			why,
			"--vfio-dmabuf=%s: offset and size together are beyond 64 bits; give smaller ones",
			options->bdf);
	return true;
}

static bool set_vfio(struct tph_options *options, const char *value, struct complaint *why)
{
	char *range = strdup(value);
	bool good;

	if (!range)
		return complain(why, "--vfio-dmabuf: %s", strerror(ENOMEM));
	good = parse_range(options, range, why);
	free(range);
	options->exporter = TPH_EXPORTER_VFIO;
	return good;
}

static bool set_udmabuf(struct tph_options *options, const char *value, struct complaint *why)
{
	/* A contradicting --vfio-dmabuf is refused later, when all flags are known in any order. */
	if (options->exporter == TPH_EXPORTER_NONE)
		options->exporter = TPH_EXPORTER_UDMABUF;
	return true;
}

static bool set_st(struct tph_options *options, const char *value, struct complaint *why)
{
	uint64_t number;

	if (!number_parse(value, 0, UINT8_MAX, &number))
		return complain(
			why,
			"--tph-st=%s: an 8-bit steering tag is 0 to 0xff; a 16-bit one is given with --tph-st-ext",
			value);
	options->st = number;
	return true;
}

static bool set_st_ext(struct tph_options *options, const char *value, struct complaint *why)
{
	uint64_t number;

	if (!number_parse(value, 0, UINT16_MAX, &number))
		return complain(why, "--tph-st-ext=%s: a 16-bit steering tag is 0 to 0xffff",
				value);
	options->st_ext = number;
	return true;
}

static bool set_ph(struct tph_options *options, const char *value, struct complaint *why)
{
	uint64_t number;

	if (!number_parse(value, 0, PH_LAST, &number))
		return complain(
			why,
			"--tph-ph=%s: a processing hint is 0 (bidirectional), 1 (requester), 2 (target) or 3 (target with priority)",
			value);
	options->ph = number;
	return true;
}

static bool set_json_file(struct tph_options *options, const char *value, struct complaint *why)
{
	if (!*value)
		return complain(
			why,
			"--tph-json-file: the name is empty; give the path of a file to write");
	return true;
}

bool tph_option_set(struct tph_options *options, enum tph_option_id id, const char *value,
		    struct complaint *why)
{
	static bool (*const setters[TPH_OPTION_COUNT])(struct tph_options *, const char *,
						       struct complaint *) = {
		[TPH_OPTION_NAMESPACE] = set_namespace,
		[TPH_OPTION_REQUIRE] = set_require,
		[TPH_OPTION_VFIO] = set_vfio,
		[TPH_OPTION_UDMABUF] = set_udmabuf,
		[TPH_OPTION_ST] = set_st,
		[TPH_OPTION_ST_EXT] = set_st_ext,
		[TPH_OPTION_PH] = set_ph,
		[TPH_OPTION_JSON_FILE] = set_json_file,
	};
	const struct tph_option *option = &tph_option_table[id];

	if (options->text[id])
		return complain(why, "--%s is given twice; give it once", option->name);
	if (!value && option->argument == TPH_ARGUMENT_REQUIRED)
		return complain(why, "--%s needs a value; write --%s%s", option->name, option->name,
				option->value_help);
	if (value && option->argument == TPH_ARGUMENT_NONE)
		return complain(why, "--%s=%s: this flag takes no value; write --%s", option->name,
				value, option->name);
	options->text[id] = value ? value : "";
	return setters[id](options, options->text[id], why);
}

static bool publishes(const struct tph_options *options)
{
	return options->text[TPH_OPTION_ST] || options->text[TPH_OPTION_ST_EXT];
}

bool tph_options_check(const struct tph_options *options, struct complaint *why)
{
	if (options->text[TPH_OPTION_VFIO] && options->text[TPH_OPTION_UDMABUF])
		return complain(
			why,
			"--vfio-dmabuf and --udmabuf: there is one buffer; choose one exporter for it");
	if (options->text[TPH_OPTION_PH] && !publishes(options))
		return complain(
			why,
			"--tph-ph: a hint is published together with a tag; add --tph-st or --tph-st-ext");
	if (publishes(options) && options->exporter != TPH_EXPORTER_VFIO)
		return complain(
			why,
			"--tph-st and --tph-st-ext: only a device has tags to publish; name it with --vfio-dmabuf");
	if (options->require && options->ns == IBV_TPH_NS_NONE)
		return complain(
			why,
			"--dmabuf-tph-require with --dmabuf-tph=none: there is nothing to require; ask for auto, st or st-ext");
	return true;
}

bool tph_options_given(const struct tph_options *options)
{
	for (int id = 0; id < TPH_OPTION_COUNT; id++)
		if (options->text[id])
			return true;
	return false;
}

bool tph_options_want_tph(const struct tph_options *options)
{
	return options->ns != IBV_TPH_NS_NONE &&
	       (options->text[TPH_OPTION_NAMESPACE] || options->require || publishes(options));
}

void tph_options_buffer_name(const struct tph_options *options, char *name, size_t size)
{
	if (options->exporter == TPH_EXPORTER_VFIO)
		snprintf(name, size, "//vfio-dmabuf/%s/bar%u", options->bdf, options->bar);
	else
		snprintf(name, size, "//udmabuf");
}

void tph_options_help(FILE *out)
{
	fprintf(out, "\nSteering tags for dma-buf memory (rdma-tph):\n");
	for (int id = 0; id < TPH_OPTION_COUNT; id++) {
		const struct tph_option *option = &tph_option_table[id];

		fprintf(out, "      --%s%s\n          %s\n", option->name,
			option->value_help ? option->value_help : "", option->help);
	}
	fprintf(out, "Hyphens may be written as underscores. See perftest-tph(1).\n");
}
