/* SPDX-License-Identifier: GPL-2.0 OR Linux-OpenIB */
/* What is said to the user: on standard error, as standard output belongs to perftest's own report,
 * and to the JSON file if one was asked for.
 */
#ifndef PERFTEST_BACKEND_REPORT_H
#define PERFTEST_BACKEND_REPORT_H

#include <stdbool.h>

#include "util/complaint.h"
#include "../options.h"
#include "shim/registration.h"

/* @options must stay valid. False with @why filled in when the JSON file cannot be written. */
bool report_open(const struct tph_options *options, struct complaint *why);

/* Is what @registration asked for in effect? */
bool report_is_as_asked(const struct registration *registration);

/* A memory region was registered: one JSON line, and a warning when it is not as asked. */
void report_registered(const struct registration *registration);

/* A memory region is about to be destroyed: one JSON line, and one after perftest's table. */
void report_ended(const struct registration *registration);

/* A registration on @context failed with @error. */
void report_failed(const struct ibv_tph_dmabuf_mr_attr *attr, struct ibv_context *context,
		   int error);

#endif
