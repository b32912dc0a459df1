// SPDX-License-Identifier: GPL-2.0 OR Linux-OpenIB
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <rdma/ib_user_ioctl_cmds.h>
#include <rdma/ib_user_ioctl_verbs.h>

#include "tap.h"
#include "uverbs.h"
#include "verbs.h"

#define MAX_ATTRS	12

struct request {
	struct ib_uverbs_ioctl_hdr hdr;
	struct ib_uverbs_attr attrs[MAX_ATTRS];
};

static void add(struct request *request, struct ib_uverbs_attr attr)
{
	request->attrs[request->hdr.num_attrs++] = attr;
}

static int execute(struct verbs *verbs, struct request *request, uint16_t object, uint16_t method)
{
	struct ib_uverbs_ioctl_hdr *hdr = &request->hdr;

	hdr->length = sizeof(*hdr) + hdr->num_attrs * sizeof(request->attrs[0]);
	hdr->object_id = object;
	hdr->method_id = method;
	hdr->driver_id = verbs->driver_id;
	return ioctl(verbs->context->cmd_fd, RDMA_VERBS_IOCTL, hdr) ? errno : 0;
}

void verbs_open(struct verbs *verbs, const char *prefix)
{
	struct ibv_device **list = ibv_get_device_list(NULL);
	struct ibv_device **device = list;

	while (device && *device && strncmp(ibv_get_device_name(*device), prefix, strlen(prefix)))
		device++;
	if (!device || !*device)
		tap_bail_out("no RDMA device %s*", prefix);

	verbs->context = ibv_open_device(*device);
	verbs->pd = verbs->context ? ibv_alloc_pd(verbs->context) : NULL;
	if (!verbs->pd || tph_uverbs_get_driver(verbs->context->cmd_fd, &verbs->driver_id))
		tap_bail_out("cannot use %s: %s", ibv_get_device_name(*device), strerror(errno));
	ibv_free_device_list(list);
}

void verbs_close(struct verbs *verbs)
{
	if (ibv_dealloc_pd(verbs->pd) || ibv_close_device(verbs->context))
		tap_bail_out("the RDMA device cannot be closed: %s", strerror(errno));
}

void verbs_abandon(struct verbs *verbs)
{
	ibv_dealloc_pd(verbs->pd);
	ibv_close_device(verbs->context);
}

static void add_tph(struct request *request, const struct verbs_reg *reg)
{
	uint16_t flags = reg->mandatory ? UVERBS_ATTR_F_MANDATORY : 0;

	if (reg->tph_namespace != VERBS_NO_ATTR)
		add(request, (struct ib_uverbs_attr)TPH_UVERBS_U64(UVERBS_ATTR_MR_TPH_NAMESPACE,
								   reg->tph_namespace, flags));
	if (reg->tph_flags != VERBS_NO_ATTR)
		add(request, (struct ib_uverbs_attr)TPH_UVERBS_U64(UVERBS_ATTR_MR_TPH_FLAGS,
								   reg->tph_flags, flags));
}

/* From Linux 6.18 on, so perhaps not in the headers */
enum {
	METHOD_REG_MR = 5,
	REG_MR_HANDLE = 0,
	REG_MR_PD_HANDLE,
	REG_MR_DMA_HANDLE,
	REG_MR_IOVA,
	REG_MR_ADDR,
	REG_MR_LENGTH,
	REG_MR_ACCESS_FLAGS,
	REG_MR_FD,
	REG_MR_FD_OFFSET,
	REG_MR_LKEY,
	REG_MR_RKEY,

	OBJECT_DMAH = 17,
	METHOD_DMAH_ALLOC = 0,
	METHOD_DMAH_FREE,
	ALLOC_DMAH_HANDLE = 0,
	ALLOC_DMAH_CPU_ID,
	ALLOC_DMAH_TPH_MEM_TYPE,
	ALLOC_DMAH_PH,
	FREE_DMAH_HANDLE = 0,
};

#define ACCESS	(IB_UVERBS_ACCESS_LOCAL_WRITE | IB_UVERBS_ACCESS_REMOTE_WRITE)

#define ADD(request, initializer)	add(request, (struct ib_uverbs_attr)initializer)
#define MANDATORY	UVERBS_ATTR_F_MANDATORY

/* MLX5_IB_ATTR_REG_DMABUF_MR_ACCESS_FLAGS and its flag, from Linux 6.12 on */
#define MLX5_ACCESS_FLAGS	(1U << UVERBS_ID_NS_SHIFT)
#define MLX5_DATA_DIRECT	1

static uint64_t length_of(const struct verbs_reg *reg)
{
	return reg->length ? reg->length : VERBS_LENGTH;
}

static uint16_t fill_dmabuf(struct request *request, const struct verbs_reg *reg,
			    struct verbs_mr *mr, struct verbs *verbs)
{
	ADD(request, TPH_UVERBS_HANDLE(UVERBS_ATTR_REG_DMABUF_MR_HANDLE, 0));
	ADD(request, TPH_UVERBS_HANDLE(UVERBS_ATTR_REG_DMABUF_MR_PD_HANDLE, verbs->pd->handle));
	ADD(request, TPH_UVERBS_U64(UVERBS_ATTR_REG_DMABUF_MR_OFFSET, 0, MANDATORY));
	ADD(request, TPH_UVERBS_U64(UVERBS_ATTR_REG_DMABUF_MR_LENGTH, length_of(reg), MANDATORY));
	ADD(request, TPH_UVERBS_U64(UVERBS_ATTR_REG_DMABUF_MR_IOVA, 0, MANDATORY));
	ADD(request, TPH_UVERBS_U32(UVERBS_ATTR_REG_DMABUF_MR_FD, reg->fd, MANDATORY));
	ADD(request, TPH_UVERBS_U32(UVERBS_ATTR_REG_DMABUF_MR_ACCESS_FLAGS, ACCESS, MANDATORY));
	ADD(request, TPH_UVERBS_OUT(UVERBS_ATTR_REG_DMABUF_MR_RESP_LKEY, &mr->lkey));
	ADD(request, TPH_UVERBS_OUT(UVERBS_ATTR_REG_DMABUF_MR_RESP_RKEY, &mr->rkey));
	if (reg->data_direct)
		ADD(request, TPH_UVERBS_U32(MLX5_ACCESS_FLAGS, MLX5_DATA_DIRECT, MANDATORY));
	return UVERBS_METHOD_REG_DMABUF_MR;
}

static uint16_t fill_mr(struct request *request, const struct verbs_reg *reg, struct verbs_mr *mr,
			struct verbs *verbs)
{
	uint64_t addr = (uintptr_t)reg->addr;

	ADD(request, TPH_UVERBS_HANDLE(REG_MR_HANDLE, 0));
	ADD(request, TPH_UVERBS_HANDLE(REG_MR_PD_HANDLE, verbs->pd->handle));
	ADD(request, TPH_UVERBS_U64(REG_MR_IOVA, addr, MANDATORY));
	ADD(request, TPH_UVERBS_U64(REG_MR_LENGTH, length_of(reg), MANDATORY));
	ADD(request, TPH_UVERBS_U32(REG_MR_ACCESS_FLAGS, ACCESS, MANDATORY));
	ADD(request, TPH_UVERBS_OUT(REG_MR_LKEY, &mr->lkey));
	ADD(request, TPH_UVERBS_OUT(REG_MR_RKEY, &mr->rkey));
	if (reg->dmah)
		ADD(request, TPH_UVERBS_HANDLE(REG_MR_DMA_HANDLE, *reg->dmah));
	if (reg->form == VERBS_REG_MR_ADDR) {
		ADD(request, TPH_UVERBS_U64(REG_MR_ADDR, addr, MANDATORY));
	} else {
		ADD(request, TPH_UVERBS_U64(REG_MR_FD_OFFSET, 0, MANDATORY));
		ADD(request, TPH_UVERBS_ATTR(REG_MR_FD, 0, MANDATORY, reg->fd));
	}
	return METHOD_REG_MR;
}

int verbs_reg(struct verbs *verbs, const struct verbs_reg *reg, struct verbs_mr *mr)
{
	struct request request = {};
	struct verbs_mr made = {};
	uint16_t method;
	int err;

	method = reg->form == VERBS_REG_DMABUF_MR ? fill_dmabuf(&request, reg, &made, verbs) :
						    fill_mr(&request, reg, &made, verbs);
	add_tph(&request, reg);
	err = execute(verbs, &request, UVERBS_OBJECT_MR, method);
	if (err)
		return err;
	made.handle = request.attrs[0].data;
	*mr = made;
	return 0;
}

static int destroy(struct verbs *verbs, uint16_t object, uint16_t method, uint32_t handle)
{
	struct request request = {};

	ADD(&request, TPH_UVERBS_HANDLE(0, handle));
	return execute(verbs, &request, object, method);
}

int verbs_dereg(struct verbs *verbs, const struct verbs_mr *mr)
{
	return destroy(verbs, UVERBS_OBJECT_MR, UVERBS_METHOD_MR_DESTROY, mr->handle);
}

int verbs_query_raw(struct verbs *verbs, uint32_t handle, void *resp, size_t size)
{
	struct request request = {};

	ADD(&request, TPH_UVERBS_HANDLE(MLX5_IB_ATTR_MR_QUERY_TPH_HANDLE, handle));
	if (size)
		ADD(&request, TPH_UVERBS_ATTR(MLX5_IB_ATTR_MR_QUERY_TPH_RESP, size, MANDATORY,
					      (uintptr_t)resp));
	return execute(verbs, &request, UVERBS_OBJECT_MR, MLX5_IB_METHOD_MR_QUERY_TPH);
}

int verbs_query(struct verbs *verbs, const struct verbs_mr *mr, struct mlx5_ib_tph_mr_info *info)
{
	return verbs_query_raw(verbs, mr->handle, info, sizeof(*info));
}

int verbs_query_device_raw(struct verbs *verbs, uint16_t method, void *resp, size_t size)
{
	struct request request = {};

	if (size)
		ADD(&request, TPH_UVERBS_ATTR(MLX5_IB_ATTR_DEVICE_QUERY_TPH_RESP, size, MANDATORY,
					      (uintptr_t)resp));
	return execute(verbs, &request, UVERBS_OBJECT_DEVICE, method);
}

static void add_cpu(struct request *request, const struct verbs_cpu *cpu)
{
	struct ib_uverbs_attr memory = {
		.attr_id = ALLOC_DMAH_TPH_MEM_TYPE,
		.flags = MANDATORY,
		.attr_data.enum_data.elem_id = cpu->memory,
	};

	ADD(request, TPH_UVERBS_U32(ALLOC_DMAH_CPU_ID, cpu->id, MANDATORY));
	add(request, memory);
}

int verbs_alloc_dmah(struct verbs *verbs, uint8_t ph, const struct verbs_cpu *cpu, uint32_t *handle)
{
	struct request request = {};
	int err;

	ADD(&request, TPH_UVERBS_HANDLE(ALLOC_DMAH_HANDLE, 0));
	/* Lies in the attribute's first byte, whatever the byte order */
	ADD(&request, TPH_UVERBS_ATTR(ALLOC_DMAH_PH, sizeof(ph), MANDATORY, 0));
	memcpy(&request.attrs[1].data, &ph, sizeof(ph));
	if (cpu)
		add_cpu(&request, cpu);
	err = execute(verbs, &request, OBJECT_DMAH, METHOD_DMAH_ALLOC);
	if (!err)
		*handle = request.attrs[0].data;
	return err;
}

int verbs_free_dmah(struct verbs *verbs, uint32_t handle)
{
	return destroy(verbs, OBJECT_DMAH, METHOD_DMAH_FREE, handle);
}

int verbs_prefetch(struct verbs *verbs, const struct verbs_mr *mr)
{
	struct ibv_sge sge = { .length = VERBS_LENGTH, .lkey = mr->lkey };

	return ibv_advise_mr(verbs->pd, IBV_ADVISE_MR_ADVICE_PREFETCH_WRITE,
			     IBV_ADVISE_MR_FLAG_FLUSH, &sge, 1);
}

static bool says(const struct mlx5_ib_tph_mr_info *info, const struct verbs_hints *hints)
{
	enum mlx5_ib_tph_state state = hints->state;

	if (!state && hints->source)
		state = MLX5_IB_TPH_STATE_IN_EFFECT;
	return info->source == hints->source && info->steering_tag == hints->st &&
	       info->ph == hints->ph && info->state == state &&
	       info->tph_namespace == (hints->source ? IB_UVERBS_TPH_NS_ST : IB_UVERBS_TPH_NS_NONE);
}

void verbs_expect(struct verbs *verbs, const struct verbs_mr *mr, const struct verbs_hints *hints,
		  const char *what)
{
	static const struct verbs_hints none;
	struct mlx5_ib_tph_mr_info info = {};
	int err = verbs_query(verbs, mr, &info);

	if (!hints)
		hints = &none;
	if (tap_ok(!err && says(&info, hints), "%s", what))
		return;
	tap_note("query: %s, source %u, namespace %u, tag %#x, ph %u, state %u", strerror(err),
		 info.source, info.tph_namespace, info.steering_tag, info.ph, info.state);
	tap_note("expected source %u, tag %#x, ph %u, state %u", hints->source, hints->st,
		 hints->ph, hints->state);
}
