// SPDX-License-Identifier: GPL-2.0 OR Linux-OpenIB
#include <errno.h>
#include <getopt.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "options.h"
#include "util/complaint.h"
#include "util/number.h"

enum option_code {
	OPT_LINK = 'l',
	OPT_DIRECTION = 'd',
	OPT_TYPE = 't',
	OPT_COUNT = 'c',
	OPT_SUMMARY = 's',
	OPT_FOLLOW = 'f',
	OPT_LIMIT = 'n',
	OPT_JSON = 'j',
	OPT_HELP = 'h',
	OPT_PAYLOAD = 'x',
	OPT_REQUESTER = 256,
	OPT_ADDRESS,
	OPT_ST,
	OPT_PH,
	OPT_HV,
	OPT_EXPECT,
	OPT_HEX,
	OPT_PLOT,
};

static const struct option long_options[] = {
	{ "link", required_argument, NULL, OPT_LINK },
	{ "direction", required_argument, NULL, OPT_DIRECTION },
	{ "type", required_argument, NULL, OPT_TYPE },
	{ "requester", required_argument, NULL, OPT_REQUESTER },
	{ "address", required_argument, NULL, OPT_ADDRESS },
	{ "st", required_argument, NULL, OPT_ST },
	{ "ph", required_argument, NULL, OPT_PH },
	{ "hv", required_argument, NULL, OPT_HV },
	{ "count", no_argument, NULL, OPT_COUNT },
	{ "summary", no_argument, NULL, OPT_SUMMARY },
	{ "expect", required_argument, NULL, OPT_EXPECT },
	{ "hex", optional_argument, NULL, OPT_HEX },
	{ "follow", no_argument, NULL, OPT_FOLLOW },
	{ "plot", required_argument, NULL, OPT_PLOT },
	{ "limit", required_argument, NULL, OPT_LIMIT },
	{ "payload", no_argument, NULL, OPT_PAYLOAD },
	{ "json", no_argument, NULL, OPT_JSON },
	{ "help", no_argument, NULL, OPT_HELP },
	{ 0 },
};

static const char help[] =
	"Usage: tlpdump [OPTION...] FILE\n"
	"Print the PCI Express packets in FILE, a capture or lines of hex; - is standard input.\n"
	"\n"
	"      --hex[=nonflit|flit] FILE has a packet a line, in words or bytes, or a header as Linux,\n"
	"                          its trace events and lspci log it (default: nonflit)\n"
	"\n"
	"Which packets (all that is given has to hold):\n"
	"  -l, --link=NAME         of this link; may be repeated\n"
	"  -d, --direction=in|out  that the device of the link receives or sends\n"
	"  -t, --type=TYPE[,...]   MRd32, MRd64, MRd (both), MWr, Cpl, CplD, FetchAdd, Swap, CAS,\n"
	"                          DMWr, CfgRd, CfgWr, IORd, IOWr, Msg, ... (see tlpdump(1))\n"
	"      --requester=BDF     of this requester, as in 00:04.0; a domain before it is left aside\n"
	"      --address=A-B       requests to addresses from A to B, as in 0x1000-0x1fff\n"
	"      --st=TAG            with this steering tag\n"
	"      --ph=HINT           with this processing hint, 0 to 3\n"
	"      --hv=BITS           with this HV: 0 no hints, 1 8-bit tag, 3 16-bit tag;\n"
	"                          outside of flit mode 3 is a tag with ST[15:8] other than 0\n"
	"  -f, --follow            at the end wait for more, until the writer closes the file, or ^C\n"
	"  -n, --limit=N           only the first N of them\n"
	"\n"
	"What about them (without any: a line for each DW of the header):\n"
	"  -x, --payload           the data, too\n"
	"  -c, --count             how many there are of each kind\n"
	"  -s, --summary           a histogram of the hints of requests, by their initiator\n"
	"      --plot=FILE         a picture of them, too: requests over time and by tag, as SVG;\n"
	"                          gnuplot draws it\n"
	"      --expect=HINTS      how many carry exactly st=TAG,ph=HINT or st-ext=TAG,ph=HINT or\n"
	"                          none; the exit code is 0 if there are some, all do and none\n"
	"                          is missing in the capture, else 1\n"
	"  -j, --json              the same for programs\n"
	"  -h, --help\n"
	"\n"
	"Wireshark opens captures, too, with tph.lua of this package (-X lua_script:tph.lua), but not\n"
	"as root: for root it loads no Lua, and does not say so.\n"
	"\n"
	"Exit code 2: wrong options, or a file that cannot be read or is no capture.\n";

void die(const char *format, ...)
{
	va_list args;

	va_start(args, format);
	vsay(format, args);
	va_end(args);
	exit(EXIT_TROUBLE);
}

void flush_output(void)
{
	if (fflush(stdout) || ferror(stdout))
		die("cannot write the output: %s", strerror(errno));
}

static bool take_hex(struct options *options, const char *encoding)
{
	options->hex = true;
	options->hex_encoding = TLP_NONFLIT;
	if (!encoding || !strcmp(encoding, "nonflit"))
		return true;
	options->hex_encoding = TLP_FLIT;
	return !strcmp(encoding, "flit");
}

/* Take an option that has an argument; false if the argument does not fit it. */
static bool take_argument(struct options *options, int code, const char *argument)
{
	switch (code) {
	case OPT_LINK:
		return filter_add_link(&options->filter, argument);
	case OPT_DIRECTION:
		return filter_set_direction(&options->filter, argument);
	case OPT_TYPE:
		return filter_add_types(&options->filter, argument);
	case OPT_REQUESTER:
		return filter_set_requester(&options->filter, argument);
	case OPT_ADDRESS:
		return filter_set_addresses(&options->filter, argument);
	case OPT_ST:
		return filter_set_st(&options->filter, argument);
	case OPT_PH:
		return filter_set_ph(&options->filter, argument);
	case OPT_HV:
		return filter_set_hv(&options->filter, argument);
	case OPT_EXPECT:
		options->want_expect = true;
		return expect_parse(&options->expect, argument);
	case OPT_HEX:
		return take_hex(options, argument);
	case OPT_PLOT:
		options->plot = argument;
		return *argument && !strpbrk(argument, "\n\r");
	case OPT_LIMIT:
		return number_parse(argument, 1, UINT32_MAX, &options->limit);
	}
	return false;
}

static void take_flag(struct options *options, int code)
{
	switch (code) {
	case OPT_COUNT:
		options->want_count = true;
		break;
	case OPT_HEX:
		take_hex(options, NULL);
		break;
	case OPT_FOLLOW:
		options->follow = true;
		break;
	case OPT_SUMMARY:
		options->want_summary = true;
		break;
	case OPT_PAYLOAD:
		options->want_payload = true;
		break;
	case OPT_JSON:
		options->want_json = true;
		break;
	case OPT_HELP:
		fputs(help, stdout);
		flush_output();
		exit(EXIT_FINE);
	default: /* getopt_long() has said what is wrong */
		fputs("Try 'tlpdump --help'.\n", stderr);
		exit(EXIT_TROUBLE);
	}
}

void options_parse(struct options *options, int argc, char **argv)
{
	int code, index = -1;

	while ((code = getopt_long(argc, argv, "l:d:t:n:csfjxh", long_options, &index)) != -1) {
		if (!optarg)
			take_flag(options, code);
		else if (!take_argument(options, code, optarg))
			die("'%s' does not fit %s%s; see 'tlpdump --help'", optarg,
			    index < 0 ? "-" : "--",
			    index < 0 ? (char[]){ code, '\0' } : long_options[index].name);
		index = -1;
	}
	if (optind != argc - 1)
		die("one file is needed, not %d; see 'tlpdump --help'", argc - optind);
	if (options->want_count + options->want_summary + options->want_expect > 1)
		die("--count, --summary and --expect exclude each other");
	options->path = argv[optind];
	if (options->follow && (options->hex || !strcmp(options->path, "-")))
		die("--follow is for the file of a capture; what comes through a pipe is printed as it "
		    "comes");
}
