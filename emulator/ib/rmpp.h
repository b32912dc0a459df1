/* SPDX-License-Identifier: GPL-2.0 OR Linux-OpenIB */
/*
 * The sender of reliable multi-packet transactions (RMPP): tables longer than a datagram go out in
 * segments, as many at a time as the receiver's acknowledgements allow. IBA vol. 1, 13.6.
 */
#ifndef IB_RMPP_H
#define IB_RMPP_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/queue.h>

#include <rdma/ib_mad.h>

#include "ib/port.h"

struct engine;
struct transfer;

#define RMPP_TRANSFERS_MAX	64	/* at a time; who asks for more is not answered */

/** rmpp_send - how a datagram leaves. */
typedef void rmpp_send(void *context, const struct ib_packet *packet);

struct rmpp {
	struct engine *engine;
	rmpp_send *send;
	void *context;
	LIST_HEAD(, transfer) transfers;
	unsigned int count;
};

/** rmpp_init() - @send: called with @context for each datagram. */
void rmpp_init(struct rmpp *rmpp, struct engine *engine, rmpp_send *send, void *context);
void rmpp_fini(struct rmpp *rmpp);

/** rmpp_is_control() - Return: whether it is for rmpp_receive(), and no request. */
bool rmpp_is_control(const struct ib_rmpp_hdr *header);

/** rmpp_receive() - an acknowledgement, or the end of a transfer. */
void rmpp_receive(struct rmpp *rmpp, const struct ib_packet *packet);

/** rmpp_send_one() - an answer that is one datagram, and no transfer. */
void rmpp_send_one(struct rmpp *rmpp, const struct ib_packet *packet);

/**
 * rmpp_send_table() - begin a transfer.
 * @first: addresses, and all headers but RMPP's
 * @data: is copied; @bytes of it, may be 0
 */
void rmpp_send_table(struct rmpp *rmpp, const struct ib_packet *first, const void *data,
		     size_t bytes);

#endif
