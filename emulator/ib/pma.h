/* SPDX-License-Identifier: GPL-2.0 OR Linux-OpenIB */
/* The performance management agent of a node: vol. 1, 16.1. */
#ifndef IB_PMA_AGENT_H
#define IB_PMA_AGENT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <rdma/ib_pma.h>

#include "ib/port.h"

/* What is counted at a port. Error counters are left out: this fabric has no errors. */
struct pma_port {
	uint8_t number;
	struct ib_counts counts;   /* from the beginning */
	struct ib_counts *cleared; /* what they were when they were cleared last */
};

/** pma_add() - to @sum, what was counted between @before and @now. */
void pma_add(struct ib_counts *sum, const struct ib_counts *now, const struct ib_counts *before);

/**
 * pma_answer() - answer a datagram of the performance management class.
 * @ports: @num of them, of which the request has to select one, or all together
 * @mad: the request; becomes the answer
 *
 * Return: false when it is none that is answered.
 */
bool pma_answer(const struct pma_port *ports, size_t num, struct ib_pma_mad *mad);

#endif
