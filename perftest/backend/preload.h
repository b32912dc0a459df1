/* SPDX-License-Identifier: GPL-2.0 OR Linux-OpenIB */
/* What launcher and backend tell each other beside the options of ../options.h. */
#ifndef PERFTEST_BACKEND_PRELOAD_H
#define PERFTEST_BACKEND_PRELOAD_H

/* Environment: bytes, decimal, that the tool's data buffer has at least. */
#define LEAST_BUFFER_VARIABLE "RDMA_TPH_LEAST_BUFFER"

#endif
