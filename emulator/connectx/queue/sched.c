// SPDX-License-Identifier: GPL-2.0 OR Linux-OpenIB
#include "connectx/queue/sched.h"

#include <stdlib.h>

#include "connectx/command/nic.h"
#include "connectx/queue/qp.h"
#include "connectx/queue/queues.h"

#define NS_BITS_PER_MBIT	1000	/* a bit at 1 Mbit/s takes so many ns */
#define FIELD_SHARE	MODIFY_SCHEDULING_ELEMENT_IN_MODIFY_BITMASK_BW_SHARE
#define FIELD_LIMIT	MODIFY_SCHEDULING_ELEMENT_IN_MODIFY_BITMASK_MAX_AVERAGE_BW

/*
 * The interface for queues.
 */
bool sched_limited(const struct sched_element *group)
{
	for (; group; group = group->parent)
		if (group->mbps)
			return true;
	return false;
}

uint64_t sched_charge(struct sched_element *group, uint64_t bytes, uint64_t now)
{
	uint64_t until = 0;

	for (; group; group = group->parent) {
		if (!group->mbps)
			continue;
		if (group->free_ns < now)
			group->free_ns = now;
		group->free_ns += bytes * 8 * NS_BITS_PER_MBIT / group->mbps;
		if (until < group->free_ns)
			until = group->free_ns;
	}
	return until;
}

void sched_replace(struct sched_element **place, struct sched_element *group)
{
	if (*place)
		(*place)->users--;
	*place = group;
	if (group)
		group->users++;
}

bool sched_find_group(struct connectx *nic, const struct cmd *cmd, uint32_t number,
		      struct sched_element **group)
{
	*group = cmd_find(cmd, &nic->queues->queue_groups, number);
	return !number || *group;
}

uint8_t sched_set_groups(struct connectx *nic, struct cmd *cmd, struct qp *qp)
{
	uint32_t send_id = MLX5_GET(modify_qp_ext_in, cmd->in, qos_queue_group_id_requester);
	uint32_t answer_id = MLX5_GET(modify_qp_ext_in, cmd->in, qos_queue_group_id_responder);
	struct sched_element *send, *answer;

	if (!sched_find_group(nic, cmd, send_id, &send) ||
	    !sched_find_group(nic, cmd, answer_id, &answer))
		return CMD_FAIL(cmd, BAD_RES_ERR);
	sched_replace(&qp->send_group, send);
	sched_replace(&qp->answer_group, answer);
	return MLX5_CMD_STAT_OK;
}

/*
 * The elements. Both kinds are in one number space, each in a table of its own.
 */
static struct cx_table *table_of(struct connectx *nic, uint8_t type)
{
	return type == SCHEDULING_CONTEXT_ELEMENT_TYPE_TSAR ? &nic->queues->tsars :
							      &nic->queues->queue_groups;
}

static struct sched_element *element_find(struct connectx *nic, const struct cmd *cmd)
{
	uint32_t number = MLX5_GET(general_obj_in_cmd_hdr, cmd->in, obj_id);
	struct sched_element *element = cmd_find(cmd, &nic->queues->tsars, number);

	return element ? element : cmd_find(cmd, &nic->queues->queue_groups, number);
}

static void element_free(struct connectx *nic, struct sched_element *element)
{
	cx_table_remove(table_of(nic, element->type), element->number);
	sched_replace(&element->parent, NULL);
	free(element);
}

static void table_clear(struct cx_table *table)
{
	struct sched_element *element;
	uint32_t cursor = 0;

	while ((element = cx_table_next(table, &cursor))) {
		cx_table_remove(table, element->number);
		free(element);
	}
}

void queue_group_clear(struct connectx *nic)
{
	table_clear(&nic->queues->queue_groups);
}

void tsar_clear(struct connectx *nic)
{
	table_clear(&nic->queues->tsars);
}

void sched_fill_caps(void *qos)
{
	MLX5_SET(qos_cap, qos, nic_sq_scheduling, 1);
	MLX5_SET(qos_cap, qos, nic_bw_share, 1);
	MLX5_SET(qos_cap, qos, nic_rate_limit, 1);
	MLX5_SET(qos_cap, qos, log_max_qos_nic_queue_group, CX_LOG_MAX_QUEUE_GROUP);
	MLX5_SET(qos_cap, qos, max_tsar_bw_share, CX_SCHED_MAX_SHARE);
	MLX5_SET(qos_cap, qos, nic_element_type,
		 ELEMENT_TYPE_CAP_MASK_TSAR | ELEMENT_TYPE_CAP_MASK_QUEUE_GROUP);
	MLX5_SET(qos_cap, qos, nic_tsar_type, TSAR_TYPE_CAP_MASK_DWRR);
	MLX5_SET(qos_cap_users, qos, nic_qp_scheduling, 1);
}

/*
 * Commands.
 */

/* Checks that creation and modification share. Returns NULL if there is no such element. */
static const void *context_check(const struct cmd *cmd)
{
	const void *object = MLX5_ADDR_OF(sched_object_in, cmd->in, object);
	const void *context = MLX5_ADDR_OF(sched_object, object, scheduling_context);
	bool ok;

	switch (MLX5_GET(scheduling_context, context, element_type)) {
	case SCHEDULING_CONTEXT_ELEMENT_TYPE_TSAR:
		ok = MLX5_GET(scheduling_context, context, element_attributes.tsar.tsar_type) ==
		     TSAR_ELEMENT_TSAR_TYPE_DWRR;
		break;
	case SCHEDULING_CONTEXT_ELEMENT_TYPE_QUEUE_GROUP:
		ok = true;
		break;
	default:
		ok = false;
	}
	ok = ok && MLX5_GET(sched_object, object, scheduling_hierarchy) == SCHEDULING_HIERARCHY_NIC;
	ok = ok && MLX5_GET(scheduling_context, context, bw_share) <= CX_SCHED_MAX_SHARE;
	return ok && !MLX5_GET(scheduling_context, context, max_bw_obj_id) ? context : NULL;
}

/*
 * Only arbiters can be without a parent. Such a root is not an input of another element, so it
 * cannot have limits.
 */
static uint8_t element_parse(struct connectx *nic, struct cmd *cmd, struct sched_element *element)
{
	const void *context = context_check(cmd);
	uint32_t parent;

	if (!context || MLX5_GET(general_obj_in_cmd_hdr, cmd->in, op_param.create.alias_object) ||
	    MLX5_GET(general_obj_in_cmd_hdr, cmd->in, op_param.create.log_obj_range))
		return CMD_FAIL(cmd, BAD_PARAM_ERR);
	parent = MLX5_GET(scheduling_context, context, parent_element_id);
	element->type = MLX5_GET(scheduling_context, context, element_type);
	element->share = MLX5_GET(scheduling_context, context, bw_share);
	element->mbps = MLX5_GET(scheduling_context, context, max_average_bw);
	element->depth = 1;
	if (!parent)
		return element->type == SCHEDULING_CONTEXT_ELEMENT_TYPE_TSAR && !element->share &&
				       !element->mbps ?
			       MLX5_CMD_STAT_OK :
			       CMD_FAIL(cmd, BAD_PARAM_ERR);
	element->parent = cmd_find(cmd, &nic->queues->tsars, parent);
	if (!element->parent)
		return CMD_FAIL(cmd, BAD_RES_ERR);
	element->depth += element->parent->depth;
	return element->depth <= CX_SCHED_DEPTH ? MLX5_CMD_STAT_OK : CMD_FAIL(cmd, LIM_ERR);
}

uint8_t sched_create(struct connectx *nic, struct cmd *cmd)
{
	struct sched_element *element;
	int64_t number;
	uint8_t status;

	if (cmd->in_len < MLX5_ST_SZ_BYTES(sched_object_in))
		return CMD_FAIL(cmd, BAD_INP_LEN_ERR);
	element = calloc(1, sizeof(*element));
	if (!element)
		return CMD_FAIL(cmd, NO_RES_ERR);
	status = element_parse(nic, cmd, element);
	if (status)
		goto free_element;
	number = cmd_add(cmd, table_of(nic, element->type), element);
	if (number < 0) {
		status = CMD_FAIL(cmd, LIM_ERR);
		goto free_element;
	}
	element->number = number;
	if (element->parent)
		element->parent->users++;
	MLX5_SET(general_obj_out_cmd_hdr, cmd->out, obj_id, element->number);
	return MLX5_CMD_STAT_OK;

free_element:
	free(element);
	return status;
}

/* The parent cannot be changed, so it is ignored. */
uint8_t sched_modify(struct connectx *nic, struct cmd *cmd)
{
	struct sched_element *element = element_find(nic, cmd);
	const void *context;
	uint64_t fields;

	if (cmd->in_len < MLX5_ST_SZ_BYTES(sched_object_in))
		return CMD_FAIL(cmd, BAD_INP_LEN_ERR);
	if (!element)
		return CMD_FAIL(cmd, BAD_RES_ERR);
	context = context_check(cmd);
	fields = MLX5_GET64(sched_object_in, cmd->in, object.modify_field_select);
	if (!context || fields & ~(uint64_t)(FIELD_SHARE | FIELD_LIMIT) ||
	    MLX5_GET(scheduling_context, context, element_type) != element->type)
		return CMD_FAIL(cmd, BAD_PARAM_ERR);
	if (fields && !element->parent)
		return CMD_FAIL(cmd, BAD_PARAM_ERR);
	if (fields & FIELD_SHARE)
		element->share = MLX5_GET(scheduling_context, context, bw_share);
	if (fields & FIELD_LIMIT)
		element->mbps = MLX5_GET(scheduling_context, context, max_average_bw);
	return MLX5_CMD_STAT_OK;
}

uint8_t sched_query(struct connectx *nic, struct cmd *cmd)
{
	const struct sched_element *element = element_find(nic, cmd);
	void *object = MLX5_ADDR_OF(sched_object_out, cmd->out, object);
	void *context = MLX5_ADDR_OF(sched_object, object, scheduling_context);

	if (cmd->out_len < MLX5_ST_SZ_BYTES(sched_object_out))
		return CMD_FAIL(cmd, BAD_OUTP_LEN_ERR);
	if (!element)
		return CMD_FAIL(cmd, BAD_RES_ERR);
	MLX5_SET(general_obj_out_cmd_hdr, cmd->out, obj_id, element->number);
	MLX5_SET(sched_object, object, scheduling_hierarchy, SCHEDULING_HIERARCHY_NIC);
	MLX5_SET(scheduling_context, context, element_type, element->type);
	MLX5_SET(scheduling_context, context, parent_element_id,
		 element->parent ? element->parent->number : 0);
	MLX5_SET(scheduling_context, context, bw_share, element->share);
	MLX5_SET(scheduling_context, context, max_average_bw, element->mbps);
	return MLX5_CMD_STAT_OK;
}

uint8_t sched_destroy(struct connectx *nic, struct cmd *cmd)
{
	struct sched_element *element = element_find(nic, cmd);

	if (!element)
		return CMD_FAIL(cmd, BAD_RES_ERR);
	if (element->users)
		return CMD_FAIL(cmd, RES_BUSY);
	element_free(nic, element);
	return MLX5_CMD_STAT_OK;
}
