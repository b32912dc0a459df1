/* SPDX-License-Identifier: GPL-2.0 OR Linux-OpenIB */
/* What is said to the user: on standard error, as standard output belongs to perftest's own report,
 * and to the JSON file if one was asked for. A warning when a memory region is not as asked, and a
 * line after perftest's table when it ends.
 */
#ifndef PERFTEST_BACKEND_REPORT_H
#define PERFTEST_BACKEND_REPORT_H

#include <stdbool.h>

#include "util/complaint.h"
#include "../options.h"
#include "shim/report.h"

/* @options must stay valid. False with @why filled in when the JSON file cannot be written. */
bool report_open(const struct tph_options *options, struct complaint *why);

#endif
