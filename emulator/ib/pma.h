/* SPDX-License-Identifier: GPL-2.0 OR Linux-OpenIB */
/* The performance management agent of a port: vol. 1, 16.1. */
#ifndef IB_PMA_AGENT_H
#define IB_PMA_AGENT_H

#include <stdbool.h>
#include <stdint.h>

#include <rdma/ib_pma.h>

#include "ib/port.h"

/* What is counted. Error counters are left out: this fabric has no errors. */
struct pma_counters {
	struct ib_traffic *unicast, *multicast;
};

/**
 * pma_answer() - answer a datagram of the performance management class.
 * @mad: the request; becomes the answer
 * @number: of the port, which the request has to select
 *
 * Return: false when it is none that is answered.
 */
bool pma_answer(const struct pma_counters *counters, uint8_t number, struct ib_pma_mad *mad);

#endif
