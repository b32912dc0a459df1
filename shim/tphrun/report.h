/* SPDX-License-Identifier: GPL-2.0 OR Linux-OpenIB */
/* What programs that tphrun started say of their registrations: a line of JSON each, and on
 * standard error, which is the program's own, only why one is refused, once.
 */
#ifndef SHIM_TPHRUN_REPORT_H
#define SHIM_TPHRUN_REPORT_H

#include "util/complaint.h"
#include "../report.h"
#include "../settings.h"

/* Both must stay valid; @wrong is NULL, or why all registrations are refused. */
void report_start(const struct settings *settings, const struct complaint *wrong);

#endif
