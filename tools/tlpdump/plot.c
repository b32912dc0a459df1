// SPDX-License-Identifier: GPL-2.0 OR Linux-OpenIB
#include <inttypes.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>

#include "plot.h"
#include "util/complaint.h"

#define BINS 200	/* of time, or half as many */
#define SERIES 8	/* hints that have a line of their own: the first ones there are */
#define OTHERS SERIES	/* all the rest */
#define FIRST_BIN_NS 1000
#define NS_PER_MS 1e6

struct series {
	struct tlp_hints hints;
	uint64_t requests, bins[BINS];
};

/*
 * The length of the capture is known only at its end. When all bins are used, each two of them are
 * merged.
 */
struct plot {
	uint64_t bin_ns;
	unsigned int used; /* bins */
	unsigned int num_series;
	struct series series[SERIES + 1];
};

struct plot *plot_create(void)
{
	struct plot *plot = calloc(1, sizeof(*plot));

	if (plot)
		plot->bin_ns = FIRST_BIN_NS;
	return plot;
}

void plot_destroy(struct plot *plot)
{
	free(plot);
}

static struct series *series_of(struct plot *plot, const struct tlp_hints *hints)
{
	for (unsigned int i = 0; i < plot->num_series; i++) {
		const struct tlp_hints *known = &plot->series[i].hints;

		if (known->hv == hints->hv && known->st == hints->st && known->ph == hints->ph)
			return &plot->series[i];
	}
	if (plot->num_series == SERIES)
		return &plot->series[OTHERS];
	plot->series[plot->num_series].hints = *hints;
	return &plot->series[plot->num_series++];
}

static void halve(struct plot *plot)
{
	for (unsigned int i = 0; i <= SERIES; i++) {
		uint64_t *bins = plot->series[i].bins;

		for (unsigned int bin = 0; bin < BINS; bin++)
			bins[bin] = bin < BINS / 2 ? bins[2 * bin] + bins[2 * bin + 1] : 0;
	}
	plot->bin_ns *= 2;
	plot->used = (plot->used + 1) / 2;
}

void plot_packet(struct plot *plot, const struct packet *packet)
{
	/* A packet before the first one is as early as that. */
	uint64_t ns = packet->since_start_ns < 0 ? 0 : packet->since_start_ns;
	struct tlp_hints hints;
	struct series *series;

	if (!packet_is_request(packet))
		return;
	while (ns / plot->bin_ns >= BINS)
		halve(plot);
	hints = packet_hints(packet);
	series = series_of(plot, &hints);
	series->requests++;
	series->bins[ns / plot->bin_ns]++;
	if (plot->used <= ns / plot->bin_ns)
		plot->used = ns / plot->bin_ns + 1;
}

static void print_name(const struct plot *plot, unsigned int index, FILE *out)
{
	const struct tlp_hints *hints = &plot->series[index].hints;

	if (index == OTHERS)
		fputs("\"others\"", out);
	else if (hints->hv == HV_UNKNOWN)
		fputs("\"not known\"", out);
	else if (tlp_hints_valid(hints))
		fprintf(out, "\"ST=%Xh PH=%u%s\"", hints->st, hints->ph,
			hints->hv == TLP_HV_ST_EXT ? " 16-bit" : "");
	else
		fputs("\"no hints\"", out);
}

/* Series that have requests, as rows of gnuplot's data: their names first, then a row a bin */
static bool is_drawn(const struct plot *plot, unsigned int index)
{
	return plot->series[index].requests;
}

/*
 * In gnuplot a step lasts until the next row, so that the last bin is printed a second time, at its
 * end.
 */
static void print_times(const struct plot *plot, FILE *out)
{
	fputs("$times << EOD\nms", out);
	for (unsigned int i = 0; i <= SERIES; i++)
		if (is_drawn(plot, i)) {
			fputc(' ', out);
			print_name(plot, i, out);
		}
	for (unsigned int row = 0; row <= plot->used; row++) {
		unsigned int bin = row < plot->used ? row : plot->used - 1;

		fprintf(out, "\n%.6f", row * (plot->bin_ns / NS_PER_MS));
		for (unsigned int i = 0; i <= SERIES; i++)
			if (is_drawn(plot, i))
				fprintf(out, " %" PRIu64, plot->series[i].bins[bin]);
	}
	fputs("\nEOD\n", out);
}

static unsigned int print_tags(const struct plot *plot, FILE *out)
{
	unsigned int count = 0;

	fputs("$tags << EOD\n", out);
	for (unsigned int i = 0; i <= SERIES; i++)
		if (is_drawn(plot, i)) {
			count++;
			print_name(plot, i, out);
			fprintf(out, " %" PRIu64 "\n", plot->series[i].requests);
		}
	fputs("EOD\n", out);
	return count;
}

/* In single quotes, where only they are special, and doubled */
static void print_path(const char *path, FILE *out)
{
	fputs("set output '", out);
	for (; *path; path++) {
		if (*path == '\'')
			fputc('\'', out);
		fputc(*path, out);
	}
	fputs("'\n", out);
}

static void print_script(const struct plot *plot, const char *path, FILE *out)
{
	unsigned int count;

	fputs("set terminal svg size 800,600 font 'sans-serif,12' background 'white'\n", out);
	print_path(path, out);
	print_times(plot, out);
	count = print_tags(plot, out);
	fprintf(out,
		"set multiplot layout 2,1\n"
		"set key outside\n"
		"set yrange [0:*]\n"
		"set xlabel 'ms since the first packet'\n"
		"set ylabel 'requests in %g ms'\n"
		"plot for [i=2:%u] $times using 1:i with steps linewidth 2 title columnheader(i)\n"
		"unset key\n"
		"unset xlabel\n"
		"set ylabel 'requests'\n"
		"set style fill solid 0.7\n"
		"set boxwidth 0.6\n"
		"plot $tags using 0:2:($0+1):xticlabels(1) with boxes linecolor variable\n"
		"unset multiplot\n",
		plot->bin_ns / NS_PER_MS, count + 1);
}

/* gnuplot does not notice that the disk is full. So see whether the file is complete. */
static bool is_whole(const char *path)
{
	char end[32] = "";
	struct stat status;
	FILE *file;

	if (stat(path, &status))
		return false;
	if (!S_ISREG(status.st_mode))
		return true;
	file = fopen(path, "re");
	if (!file)
		return false;
	if (!fseek(file, -(long)(sizeof(end) - 1), SEEK_END))
		end[fread(end, 1, sizeof(end) - 1, file)] = '\0';
	fclose(file);
	return strstr(end, "</svg>");
}

/* The exit code of gnuplot, or -1 */
static int run_gnuplot(const struct plot *plot, const char *path)
{
	FILE *gnuplot;
	int status;

	/* gnuplot may exit before it has read everything; its exit code tells. */
	signal(SIGPIPE, SIG_IGN);
	gnuplot = popen("gnuplot", "w");
	if (gnuplot)
		print_script(plot, path, gnuplot);
	status = gnuplot ? pclose(gnuplot) : -1;
	signal(SIGPIPE, SIG_DFL);
	return WIFEXITED(status) ? WEXITSTATUS(status) : -1;
}

bool plot_draw(const struct plot *plot, const char *path)
{
	int code;

	if (!plot->used) {
		say("%s: no request passed the filters: nothing to draw", path);
		return false;
	}
	code = run_gnuplot(plot, path);
	if (!code && is_whole(path))
		return true;
	if (!code)
		say("cannot draw %s: gnuplot has not written all of it; is there room?", path);
	else
		say("cannot draw %s: gnuplot %s; is gnuplot installed (gnuplot-nox), and the "
		    "place writable?",
		    path, code == 127 ? "was not found" : "failed");
	return false;
}
