/* SPDX-License-Identifier: GPL-2.0 OR Linux-OpenIB */
/*
 * Directed routes: subnet management packets (SMPs) that carry the numbers of the ports through
 * which they leave each switch, for subnets whose LIDs are not known. IBA vol. 1, 14.2.2.
 */
#ifndef IB_DIRECTED_H
#define IB_DIRECTED_H

#include <stdint.h>

#include <rdma/ib_smi.h>

/* What a switch does with one. */
enum directed_action {
	DIRECTED_DROP,
	DIRECTED_TAKE, /* it is for the switch itself */
	DIRECTED_OUT,  /* leaves through a port, with the permissive LID */
	DIRECTED_LID,  /* the rest of its way goes by a LID */
};

struct directed_step {
	enum directed_action action;
	uint8_t port; /* DIRECTED_OUT */
	uint16_t lid; /* DIRECTED_LID */
};

/**
 * directed_step() - take an SMP one step on its way, as a switch has to.
 * @smp: anything; its hop pointer and return path are advanced
 * @ingress: number of the port through which it came
 */
struct directed_step directed_step(struct ib_smp *smp, uint8_t ingress);

#endif
