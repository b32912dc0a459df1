/* SPDX-License-Identifier: GPL-2.0 OR Linux-OpenIB */
/*
 * Datagrams that do not simply go from one QP to another: to a multicast group, which may have
 * many, and to management QPs, which agents of the device may stand in for. They are handed over
 * as a whole, not in pieces as messages are between two QPs.
 */
#ifndef CONNECTX_DATAGRAM_H
#define CONNECTX_DATAGRAM_H

#include <stdbool.h>

struct message;
struct qp;
struct wqe_av;

#define DATAGRAM_MAX	4096	/* bytes: the largest MTU, and a datagram is one packet */

/** datagram_is_special() - whether what is sent to @av goes by datagram_send(). */
bool datagram_is_special(const struct wqe_av *av);

/**
 * datagram_send() - send it to all that it reaches, the NIC itself included, and count it.
 * @from: the sender
 * @message: its headers; len at most DATAGRAM_MAX
 * @data: message->len bytes
 */
void datagram_send(struct qp *from, const struct wqe_av *av, const struct message *message,
		   const void *data);

/** datagram_deliver() - it arrives at @qp. One that the QP does not take is lost. */
void datagram_deliver(struct qp *qp, const struct message *message, const void *data);

#endif
