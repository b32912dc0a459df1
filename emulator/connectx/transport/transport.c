// SPDX-License-Identifier: GPL-2.0 OR Linux-OpenIB
#include "connectx/transport/transport.h"

#include "connectx/command/nic.h"
#include "connectx/queue/queues.h"
#include "connectx/transport/mad.h"
#include "connectx/transport/requester.h"
#include "connectx/transport/responder.h"

int transport_init(struct connectx *nic)
{
	nic->queues->requester = &requester_ops;
	nic->queues->responder = &responder_ops;
	mad_port_init(nic);
	return requesters_init(nic);
}
