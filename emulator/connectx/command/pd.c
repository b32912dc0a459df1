// SPDX-License-Identifier: GPL-2.0 OR Linux-OpenIB
#include "connectx/command/pd.h"

#include <stdlib.h>

#include "connectx/command/nic.h"

static uint8_t domain_alloc(struct cmd *cmd, struct cx_table *table, uint32_t *number)
{
	struct domain *domain = calloc(1, sizeof(*domain));
	int64_t added;

	if (!domain)
		return CMD_FAIL(cmd, NO_RES_ERR);
	added = cmd_add(cmd, table, domain);
	if (added < 0) {
		free(domain);
		return CMD_FAIL(cmd, LIM_ERR);
	}
	*number = domain->number = added;
	return MLX5_CMD_STAT_OK;
}

static uint8_t domain_dealloc(struct cmd *cmd, struct cx_table *table, uint32_t number)
{
	struct domain *domain = cmd_find(cmd, table, number);

	if (!domain)
		return CMD_FAIL(cmd, BAD_RES_ERR);
	if (domain->users)
		return CMD_FAIL(cmd, RES_BUSY);
	cx_table_remove(table, number);
	free(domain);
	return MLX5_CMD_STAT_OK;
}

struct domain *pd_find(struct connectx *nic, uint32_t pdn)
{
	return cx_table_get(&nic->pds, pdn);
}

struct domain *xrcd_find(struct connectx *nic, uint32_t xrcd)
{
	return cx_table_get(&nic->xrcds, xrcd);
}

static void domains_clear(struct cx_table *table)
{
	uint32_t cursor = 0;
	struct domain *domain;

	while ((domain = cx_table_next(table, &cursor))) {
		cx_table_remove(table, domain->number);
		free(domain);
	}
}

void pd_clear(struct connectx *nic)
{
	domains_clear(&nic->pds);
}

void xrcd_clear(struct connectx *nic)
{
	domains_clear(&nic->xrcds);
}

void td_clear(struct connectx *nic)
{
	domains_clear(&nic->tds);
}

uint8_t pd_alloc(struct connectx *nic, struct cmd *cmd)
{
	uint32_t number;
	uint8_t status = domain_alloc(cmd, &nic->pds, &number);

	if (!status)
		MLX5_SET(alloc_pd_out, cmd->out, pd, number);
	return status;
}

uint8_t pd_dealloc(struct connectx *nic, struct cmd *cmd)
{
	return domain_dealloc(cmd, &nic->pds, MLX5_GET(dealloc_pd_in, cmd->in, pd));
}

uint8_t xrcd_alloc(struct connectx *nic, struct cmd *cmd)
{
	uint32_t number;
	uint8_t status = domain_alloc(cmd, &nic->xrcds, &number);

	if (!status)
		MLX5_SET(alloc_xrcd_out, cmd->out, xrcd, number);
	return status;
}

uint8_t xrcd_dealloc(struct connectx *nic, struct cmd *cmd)
{
	return domain_dealloc(cmd, &nic->xrcds, MLX5_GET(dealloc_xrcd_in, cmd->in, xrcd));
}

uint8_t td_alloc(struct connectx *nic, struct cmd *cmd)
{
	uint32_t number;
	uint8_t status = domain_alloc(cmd, &nic->tds, &number);

	if (!status)
		MLX5_SET(alloc_transport_domain_out, cmd->out, transport_domain, number);
	return status;
}

uint8_t td_dealloc(struct connectx *nic, struct cmd *cmd)
{
	return domain_dealloc(cmd, &nic->tds,
			      MLX5_GET(dealloc_transport_domain_in, cmd->in, transport_domain));
}
