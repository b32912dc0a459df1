/* SPDX-License-Identifier: GPL-2.0 OR Linux-OpenIB */
/*
 * Reports of programs that tphrun has started: a line of JSON for each event. Standard error
 * belongs to the program, so only the reason of a refusal is printed there, once.
 */
#ifndef SHIM_TPHRUN_REPORT_H
#define SHIM_TPHRUN_REPORT_H

#include "../report.h"
#include "start.h"

/* @start must stay valid. */
void report_start(const struct tphrun_start *start);

#endif
