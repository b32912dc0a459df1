/* SPDX-License-Identifier: GPL-2.0 OR Linux-OpenIB */
/* A picture of requests, over time and by tag. */
#ifndef TLPDUMP_PLOT_H
#define TLPDUMP_PLOT_H

#include "packet.h"

struct plot;

/* NULL: no memory */
struct plot *plot_create(void);
void plot_destroy(struct plot *plot);

/* Packets that are no requests are ignored. */
void plot_packet(struct plot *plot, const struct packet *packet);

/* As SVG to @path, by gnuplot; false after say() */
bool plot_draw(const struct plot *plot, const char *path);

#endif
