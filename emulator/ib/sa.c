// SPDX-License-Identifier: GPL-2.0 OR Linux-OpenIB
#include "ib/sa.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "ib/mad.h"
#include "util/macros.h"

#define OFFSET_UNIT	8U	/* of AttributeOffset: 15.2.1.1 */
#define SEND_ONLY_FULL	(1U << 12) /* CapabilityMask2: such members may be, 15.2.5.1 */

static const struct sa_attribute *const attributes[] = {
	&sa_path,   &sa_group,     &sa_inform, &sa_service, &sa_node,    &sa_port_info,   &sa_link,
	&sa_linear, &sa_multicast, &sa_guids,  &sa_pkeys,   &sa_sm_info, &sa_switch_info,
};

static const struct sa_attribute *attribute_find(uint16_t id)
{
	for (unsigned int i = 0; i < ARRAY_SIZE(attributes); i++)
		if (attributes[i]->id == id)
			return attributes[i];
	return NULL;
}

struct ib_port *sa_find_gid(const struct sa *sa, const uint8_t gid[IB_GID_BYTES])
{
	struct ib_port_attr attr;
	uint8_t own[IB_GID_BYTES];
	struct ib_port *port;

	TAILQ_FOREACH(port, sa->sw.ports, entry) {
		port->ops->describe(port, &attr);
		ib_port_gid(attr.port_guid, own);
		if (!memcmp(own, gid, sizeof(own)))
			break;
	}
	return port;
}

/*
 * Tables. A record takes a multiple of 8 bytes in them.
 */
static size_t stride(const struct sa_layout *layout)
{
	return (layout->bytes + OFFSET_UNIT - 1) / OFFSET_UNIT * OFFSET_UNIT;
}

void sa_offer(struct sa_table *table, const uint8_t *record)
{
	const struct sa_request *request = table->request;
	size_t bytes = stride(request->layout);

	if (table->count >= table->limit ||
	    !sa_matches(request->layout, request->mask, request->wanted, record))
		return;
	if ((table->count + 1) * bytes > SA_TABLE_MAX) {
		table->overflow = true;
		return;
	}
	memcpy(table->records + table->count++ * bytes, record, bytes);
}

/* Returns a status. */
static uint16_t table_make(struct sa_table *table, const struct sa_attribute *attribute,
			   const struct sa_request *request)
{
	*table = (struct sa_table){
		.request = request,
		.limit = UINT32_MAX,
		.records = malloc(SA_TABLE_MAX),
	};
	if (!table->records)
		return SA_NO_RESOURCES;
	attribute->list(table);
	return table->overflow ? SA_TOO_MANY_RECORDS : 0;
}

static uint16_t get(const struct sa_attribute *attribute, const struct sa_request *request,
		    uint8_t *record)
{
	struct sa_table table;
	uint16_t status = table_make(&table, attribute, request);

	if (!status && !table.count)
		status = SA_NO_RECORDS;
	if (!status && table.count > 1)
		status = SA_TOO_MANY_RECORDS;
	if (!status)
		memcpy(record, table.records, stride(request->layout));
	free(table.records);
	return status;
}

static uint16_t get_class_port_info(uint8_t *record)
{
	struct ib_class_port_info info = {
		.base_version = IB_MGMT_BASE_VERSION,
		.class_version = SA_CLASS_VERSION,
	};

	ib_set_cpi_resp_time(&info, IB_SUBNET_TIMEOUT);
	ib_set_cpi_capmask2(&info, SEND_ONLY_FULL);
	memcpy(record, &info, sizeof(info));
	return 0;
}

/*
 * Answers.
 */
/* Back the way that it came. */
static void turn(const struct ib_packet *request, struct ib_packet *answer)
{
	*answer = *request;
	answer->slid = request->dlid;
	answer->dlid = request->slid;
	answer->source_qpn = request->qpn;
	answer->qpn = request->source_qpn;
	memcpy(answer->sgid, request->dgid, sizeof(answer->sgid));
	memcpy(answer->dgid, request->sgid, sizeof(answer->dgid));
}

static void respond(struct sa *sa, const struct ib_packet *request, const struct sa_layout *layout,
		    uint16_t status, const uint8_t *record)
{
	struct ib_packet packet;
	struct ib_sa_mad *mad = (struct ib_sa_mad *)packet.mad;

	turn(request, &packet);
	mad_answer((struct ib_mad_hdr *)mad, status);
	memset(&mad->rmpp_hdr, 0, sizeof(mad->rmpp_hdr));
	if (!status) {
		mad->sa_hdr.attr_offset = cpu_to_be16(layout ? stride(layout) / OFFSET_UNIT : 0);
		memcpy(mad->data, record, sizeof(mad->data));
	}
	rmpp_send_one(&sa->rmpp, &packet);
}

static void respond_table(struct sa *sa, const struct ib_packet *request,
			  const struct sa_attribute *attribute, const struct sa_request *parsed)
{
	struct sa_table table;
	uint16_t status = table_make(&table, attribute, parsed);
	struct ib_packet packet;
	struct ib_sa_mad *mad = (struct ib_sa_mad *)packet.mad;
	size_t bytes = table.count * stride(parsed->layout);

	turn(request, &packet);
	mad_answer((struct ib_mad_hdr *)mad, status);
	mad->sa_hdr.attr_offset = cpu_to_be16(stride(parsed->layout) / OFFSET_UNIT);
	if (status)
		bytes = 0;
	rmpp_send_table(&sa->rmpp, &packet, table.records, bytes);
	free(table.records);
}

/*
 * Requests.
 */
static uint16_t execute(const struct sa_attribute *attribute, const struct sa_request *request,
			uint8_t method, uint8_t *record)
{
	switch (method) {
	case IB_MGMT_METHOD_GET:
		if (attribute->list)
			return get(attribute, request, record);
		break;
	case IB_MGMT_METHOD_SET:
		if (attribute->set)
			return attribute->set(request, record);
		break;
	case SA_METHOD_DELETE:
		if (attribute->remove)
			return attribute->remove(request, record);
		break;
	case SA_METHOD_GET_TABLE:
		break;
	default:
		return IB_MGMT_MAD_STATUS_UNSUPPORTED_METHOD;
	}
	return IB_MGMT_MAD_STATUS_UNSUPPORTED_METHOD_ATTRIB;
}

static void receive_request(struct sa *sa, const struct ib_packet *packet)
{
	const struct ib_sa_mad *mad = (const struct ib_sa_mad *)packet->mad;
	uint16_t id = be16_to_cpu(mad->mad_hdr.attr_id);
	const struct sa_attribute *attribute = attribute_find(id);
	const struct sa_request request = {
		.sa = sa,
		.layout = attribute ? attribute->layout : NULL,
		.mask = be64_to_cpu(mad->sa_hdr.comp_mask),
		.wanted = mad->data,
		.packet = packet,
	};
	uint16_t status = mad_check((const struct ib_mad_hdr *)mad, SA_CLASS_VERSION);
	uint8_t record[SA_RECORD_MAX] = { 0 };

	if (!status && id == SA_ATTR_CLASS_PORT_INFO && mad->mad_hdr.method == IB_MGMT_METHOD_GET)
		status = get_class_port_info(record);
	else if (!status && !attribute)
		status = IB_MGMT_MAD_STATUS_UNSUPPORTED_METHOD_ATTRIB;
	else if (!status && mad->mad_hdr.method == SA_METHOD_GET_TABLE && attribute->list)
		return respond_table(sa, packet, attribute, &request);
	else if (!status)
		status = execute(attribute, &request, mad->mad_hdr.method, record);
	respond(sa, packet, request.layout, status, record);
}

void sa_receive(struct sa *sa, const struct ib_packet *packet)
{
	const struct ib_rmpp_mad *mad = (const struct ib_rmpp_mad *)packet->mad;

	_Static_assert(sizeof(struct ib_sa_mad) == sizeof(packet->mad), "a whole datagram");
	/* acknowledgements look like requests of their method */
	if (rmpp_is_control(&mad->rmpp_hdr))
		rmpp_receive(&sa->rmpp, packet);
	else if (!mad_is_response(&mad->mad_hdr))
		receive_request(sa, packet);
}

int sa_init(struct sa *sa, struct engine *engine, const struct ib_ports *ports, rmpp_send *send,
	    void *context)
{
	*sa = (struct sa){ .sw = { ports, &sa->groups } };
	LIST_INIT(&sa->services);
	LIST_INIT(&sa->informs);
	rmpp_init(&sa->rmpp, engine, send, context);
	return sa_group_init(sa) ? 0 : -ENOMEM;
}

void sa_fini(struct sa *sa)
{
	rmpp_fini(&sa->rmpp);
	sa_service_forget(sa, NULL);
	sa_inform_forget(sa, NULL);
	groups_fini(&sa->groups);
}

void sa_forget(struct sa *sa, const struct ib_port *port)
{
	sa_inform_forget(sa, port);
	sa_group_forget(sa, port);
	sa_service_forget(sa, port);
}
