/* SPDX-License-Identifier: GPL-2.0 OR Linux-OpenIB */
/* The kernel's own name for a header that is installed. */
#include <rdma/ib_user_mad.h>
