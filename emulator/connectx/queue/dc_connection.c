// SPDX-License-Identifier: GPL-2.0 OR Linux-OpenIB
#include "connectx/queue/dc_connection.h"

#include <stdlib.h>

#include "connectx/queue/dct.h"
#include "connectx/queue/q_counter.h"
#include "connectx/queue/queues.h"
#include "util/macros.h"

static struct dc_connection *dc_make(struct dct *dct, const struct dc_source *source)
{
	struct dc_connection *connection = calloc(1, sizeof(*connection));
	struct qp *qp;

	if (!connection)
		return NULL;
	qp = &connection->qp;
	*qp = dct->target;
	qp->path.dlid = source->lid;
	qp->remote_qpn = source->qpn;
	qp->recv_psn = source->psn;
	if (qp->nic->queues->responder->create(qp)) {
		free(connection);
		return NULL;
	}
	qp->state = MLX5_QP_STATE_RTR;
	qp->nic->queues->responder->state(qp, MLX5_QP_STATE_INIT);
	/*
	 * the connection exists already, so its first message raises no event, as it would in RTR
	 */
	qp->state = MLX5_QP_STATE_RTS;
	connection->dct = dct;
	LIST_INSERT_HEAD(&dct->connections, connection, entry);
	qp->nic->queues->dc_connections++;
	Q_COUNT(qp->counter, rx_dct_connect);
	return connection;
}

struct qp *dc_connect(struct dc_connection **holder, struct dct *dct,
		      const struct dc_source *source)
{
	if (*holder && (*holder)->dct == dct)
		return &(*holder)->qp;
	dc_disconnect(holder);
	*holder = dc_make(dct, source);
	if (!*holder)
		return NULL;
	(*holder)->holder = holder;
	return &(*holder)->qp;
}

void dc_drop(struct dc_connection *connection)
{
	struct cx_queues *queues = connection->qp.nic->queues;

	queues->dc_connections--;
	*connection->holder = NULL;
	LIST_REMOVE(connection, entry);
	queues->responder->destroy(&connection->qp);
	free(connection);
}

void dc_disconnect(struct dc_connection **holder)
{
	if (!*holder)
		return;
	/* give back a receive WQE that an incomplete message has taken */
	qp_error(&(*holder)->qp);
	dc_drop(*holder);
}

bool dc_admits(struct qp *qp, uint64_t key)
{
	struct dct *dct = container_of(qp, struct dc_connection, qp)->dct;

	if (key == dct->key)
		return true;
	dct_key_violated(dct);
	return false;
}
