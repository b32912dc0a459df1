/* SPDX-License-Identifier: GPL-2.0 OR Linux-OpenIB */
/*
 * What can be checked by the command line alone: which flags of ours and of the stock tool exclude
 * each other. What depends on the machine is checked when the buffer is opened.
 */
#ifndef PERFTEST_CHECKS_H
#define PERFTEST_CHECKS_H

#include <stdbool.h>
#include <stdint.h>

#include "command_line.h"
#include "util/complaint.h"

/* Can @tool run as @line asks? False with @why filled in when not. */
bool check_flags(const char *tool, const struct command_line *line, struct complaint *why);

/* The bytes that @tool's data buffer has at least. The exact size depends on the machine and is
 * known when the tool maps the buffer, on a server only after the client has connected.
 */
uint64_t check_least_buffer(const char *tool, const struct stock_facts *facts);

/* Will @tool inline some of its messages into the work request, so that the NIC never reads them
 * from the buffer?
 */
bool check_inlines(const char *tool, const struct stock_facts *facts);

#endif
