// SPDX-License-Identifier: GPL-2.0 OR Linux-OpenIB
#include "registration.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "perftest/backend/report.h"

static struct registration *registrations;

static void query(struct registration *registration)
{
	memset(&registration->info, 0, sizeof(registration->info));
	registration->query_error = mlx5dv_tph_query_mr(registration->mr, &registration->info);
}

static void note(struct ibv_mr *mr, const struct ibv_tph_dmabuf_mr_attr *attr)
{
	struct registration *registration = calloc(1, sizeof(*registration));

	/* Without memory for the note the region works all the same, unreported. */
	if (!registration)
		return;
	registration->mr = mr;
	registration->lkey = mr->lkey;
	registration->rkey = mr->rkey;
	registration->length = attr->length;
	registration->ns = attr->tph_namespace;
	strncpy(registration->device, ibv_get_device_name(mr->context->device),
		sizeof(registration->device) - 1);
	query(registration);
	registration->next = registrations;
	registrations = registration;
	report_registered(registration);
}

struct ibv_mr *registration_make(struct ibv_pd *pd, const struct ibv_tph_dmabuf_mr_attr *attr)
{
	struct ibv_mr *mr = ibv_tph_reg_dmabuf_mr(pd, attr);
	int error = errno;

	if (mr)
		note(mr, attr);
	else
		report_failed(attr, pd->context, error);
	errno = error;
	return mr;
}

void registration_end(struct ibv_mr *mr)
{
	struct registration **link = &registrations, *registration;

	while (*link && (*link)->mr != mr)
		link = &(*link)->next;
	registration = *link;
	if (!registration)
		return;
	*link = registration->next;
	query(registration);
	report_ended(registration);
	free(registration);
}

void registration_end_all(void)
{
	while (registrations) {
		struct registration *registration = registrations;

		registrations = registration->next;
		report_ended(registration);
		free(registration);
	}
}
