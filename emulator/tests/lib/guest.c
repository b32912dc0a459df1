// SPDX-License-Identifier: GPL-2.0 OR Linux-OpenIB
#include "guest.h"

#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>

#include <linux/pci_regs.h>

#include "connectx/device/cmd_table.h"
#include "connectx/device/connectx.h"
#include "connectx/queue/completion.h"
#include "connectx/queue/uar.h"

#define PATIENCE_NS	60000000000ULL	/* a queue in error is looked at for ever */

/*
 * The machine.
 */
static void peer_write(void *device, const struct fabric_request *req, const void *data)
{
	struct guest_peer *peer = device;

	memcpy(peer->memory + req->offset, data, req->len);
	peer->hints = req->hints;
	peer->writes++;
}

static void peer_read(void *device, const struct fabric_request *req, void *data)
{
	struct guest_peer *peer = device;

	memcpy(data, peer->memory + req->offset, req->len);
}

static bool peer_atomic(void *device, const struct fabric_request *req,
			const struct fabric_atomic *op, uint64_t *old)
{
	struct guest_peer *peer = device;
	uint64_t *target = (uint64_t *)(peer->memory + req->offset);

	if (peer->no_atomics)
		return false;
	assert_int_equal(req->len, sizeof(*target));
	*old = *target;
	*target = fabric_atomic_result(op, *old);
	peer->hints = req->hints;
	peer->atomics++;
	return true;
}

static void guest_add_peer(struct guest *guest)
{
	static const struct fabric_port_ops ops = {
		.mem_write = peer_write,
		.mem_read = peer_read,
		.mem_atomic = peer_atomic,
	};
	const struct fabric_port_attr attr = {
		.name = "peer",
		.requester = 0x300,
		.ops = &ops,
		.device = &guest->peer,
	};

	guest->peer.port = fabric_port_create(guest->fabric, &attr);
	assert_non_null(guest->peer.port);
	fabric_port_set_window(guest->peer.port, 2, GUEST_PEER, GUEST_PEER_SIZE);
}

static void guest_add_nic(struct guest *guest, uint16_t lid)
{
	struct connectx_attr attr = connectx_defaults;
	const uint16_t command = PCI_COMMAND_MEMORY | PCI_COMMAND_MASTER;

	attr.name = "nic";
	attr.lid = lid;
	attr.guid = connectx_defaults.guid + lid - connectx_defaults.lid;
	guest->nic = connectx_create(guest->engine, guest->fabric, guest->registry, &attr);
	assert_non_null(guest->nic);
	assert_int_equal(pci_config_write(&guest->nic->fn, PCI_COMMAND, &command, sizeof(command)),
			 0);
	assert_int_equal(fabric_map(guest->nic->port, GUEST_BASE, GUEST_RAM, guest->ram, true,
				    true),
			 0);
	guest->nic->state = HCA_UP;
}

static void guest_add_objects(struct guest *guest)
{
	uint32_t in[MLX5_ST_SZ_DW(alloc_uar_in)] = { 0 };
	uint32_t out[MLX5_ST_SZ_DW(alloc_uar_out)] = { 0 };
	uint8_t eq_in[MLX5_ST_SZ_BYTES(create_eq_in) + sizeof(uint64_t)] = { 0 };
	uint8_t eq_out[MLX5_ST_SZ_BYTES(create_eq_out)] = { 0 };
	void *eqc = MLX5_ADDR_OF(create_eq_in, eq_in, eq_context_entry);

	guest_command(guest, MLX5_CMD_OP_ALLOC_UAR, in, sizeof(in), out, sizeof(out));
	guest->uar = MLX5_GET(alloc_uar_out, out, uar);
	guest->pd = guest_pd(guest);

	guest->eq = guest_alloc(guest, GUEST_PAGE);
	MLX5_SET(eqc, eqc, log_eq_size, GUEST_LOG_EQ);
	MLX5_SET(eqc, eqc, uar_page, guest->uar);
	memset(MLX5_ADDR_OF(create_eq_in, eq_in, event_bitmask), 0xff, sizeof(uint64_t));
	*(__be64 *)MLX5_ADDR_OF(create_eq_in, eq_in, pas) = cpu_to_be64(guest->eq);
	guest_command(guest, MLX5_CMD_OP_CREATE_EQ, eq_in, sizeof(eq_in), eq_out, sizeof(eq_out));
	guest->eqn = MLX5_GET(create_eq_out, eq_out, eq_number);

	guest->dma_key = guest_mkey(guest, &(struct guest_mkey){
						   .pd = guest->pd,
						   .pa = true,
						   .access = GUEST_ACCESS,
						   .len = UINT64_MAX,
					   });
}

struct guest *guest_create_lid(uint16_t lid)
{
	struct guest *guest = calloc(1, sizeof(*guest));

	assert_non_null(guest);
	guest->ram = mmap(NULL, GUEST_RAM, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1,
			  0);
	assert_ptr_not_equal(guest->ram, MAP_FAILED);
	guest->brk = GUEST_BASE;
	guest->engine = engine_create();
	guest->registry = registry_create();
	guest->fabric = fabric_create();
	assert_true(guest->engine && guest->registry && guest->fabric);
	engine_set_clock(guest->engine, 0);
	guest_add_peer(guest);
	guest_add_nic(guest, lid);
	guest_add_objects(guest);
	return guest;
}

struct guest *guest_create(void)
{
	return guest_create_lid(connectx_defaults.lid);
}

void guest_destroy(struct guest *guest)
{
	connectx_destroy(guest->nic);
	fabric_port_destroy(guest->peer.port);
	fabric_destroy(guest->fabric);
	registry_destroy(guest->registry);
	engine_destroy(guest->engine);
	munmap(guest->ram, GUEST_RAM);
	free(guest);
}

int guest_setup(void **state)
{
	*state = guest_create();
	return 0;
}

int guest_teardown(void **state)
{
	guest_destroy(*state);
	return 0;
}

uint64_t guest_alloc(struct guest *guest, uint64_t size)
{
	uint64_t address = guest->brk;

	guest->brk += (size + GUEST_PAGE - 1) & ~(GUEST_PAGE - 1);
	assert_true(guest->brk <= GUEST_BASE + GUEST_RAM);
	return address;
}

void *guest_ptr(struct guest *guest, uint64_t address)
{
	assert_in_range(address, GUEST_BASE, GUEST_BASE + GUEST_RAM - 1);
	return guest->ram + (address - GUEST_BASE);
}

uint8_t guest_try(struct guest *guest, uint16_t opcode, const void *in, size_t in_len, void *out,
		  size_t out_len)
{
	const struct cmd_op *op = cmd_op_find(opcode);
	struct cmd cmd = {
		.in = in,
		.in_len = in_len,
		.out = out,
		.out_len = out_len,
		.opcode = opcode,
		.uid = MLX5_GET(alloc_pd_in, in, uid),
	};

	assert_non_null(op);
	assert_true(in_len >= op->min_in && out_len >= op->min_out);
	return op->handler(guest->nic, &cmd);
}

void guest_command(struct guest *guest, uint16_t opcode, const void *in, size_t in_len, void *out,
		   size_t out_len)
{
	assert_int_equal(guest_try(guest, opcode, in, in_len, out, out_len), MLX5_CMD_STAT_OK);
}

/*
 * Objects.
 */
uint32_t guest_pd(struct guest *guest)
{
	uint32_t in[MLX5_ST_SZ_DW(alloc_pd_in)] = { 0 };
	uint32_t out[MLX5_ST_SZ_DW(alloc_pd_out)] = { 0 };

	guest_command(guest, MLX5_CMD_OP_ALLOC_PD, in, sizeof(in), out, sizeof(out));
	return MLX5_GET(alloc_pd_out, out, pd);
}

static uint8_t mkey_access_mode(const struct guest_mkey *attr)
{
	if (attr->klm)
		return MLX5_MKC_ACCESS_MODE_KLMS;
	if (attr->ksm)
		return MLX5_MKC_ACCESS_MODE_KSM;
	return attr->pa ? MLX5_MKC_ACCESS_MODE_PA : MLX5_MKC_ACCESS_MODE_MTT;
}

static void mkey_context(const struct guest_mkey *attr, void *mkc)
{
	MLX5_SET(mkc, mkc, pd, attr->pd);
	MLX5_SET(mkc, mkc, lr, !!(attr->access & MKEY_LOCAL_READ));
	MLX5_SET(mkc, mkc, lw, !!(attr->access & MKEY_LOCAL_WRITE));
	MLX5_SET(mkc, mkc, rr, !!(attr->access & MKEY_REMOTE_READ));
	MLX5_SET(mkc, mkc, rw, !!(attr->access & MKEY_REMOTE_WRITE));
	MLX5_SET(mkc, mkc, a, !!(attr->access & MKEY_REMOTE_ATOMIC));
	MLX5_SET(mkc, mkc, access_mode_1_0, mkey_access_mode(attr));
	MLX5_SET(mkc, mkc, free, attr->free);
	MLX5_SET(mkc, mkc, umr_en, attr->umr);
	MLX5_SET(mkc, mkc, qpn, attr->qpn ? attr->qpn : MKEY_QPN_ANY);
	MLX5_SET(mkc, mkc, en_rinval, attr->remote_invalidate);
	MLX5_SET(mkc, mkc, bsf_en, !!attr->bsf_octowords);
	MLX5_SET(mkc, mkc, bsf_octword_size, attr->bsf_octowords);
	MLX5_SET(mkc, mkc, mkey_7_0, attr->variant);
	MLX5_SET64(mkc, mkc, start_addr, attr->start);
	MLX5_SET64(mkc, mkc, len, attr->len);
	MLX5_SET(mkc, mkc, log_page_size, attr->page_shift);
	MLX5_SET(mkc, mkc, translations_octword_size, attr->octowords);
	MLX5_SET(mkc, mkc, pcie_tph_en, attr->tph);
	MLX5_SET(mkc, mkc, pcie_tph_ph, attr->ph);
	MLX5_SET(mkc, mkc, pcie_tph_steering_tag_index, attr->st_index);
}

void guest_put_klms(void *to, const struct guest_klm *klms, uint32_t count)
{
	struct mlx5_klm *klm = to;

	for (uint32_t i = 0; i < count; i++)
		klm[i] = (struct mlx5_klm){
			.bcount = cpu_to_be32(klms[i].len),
			.key = cpu_to_be32(klms[i].key),
			.va = cpu_to_be64(klms[i].va),
		};
}

uint8_t guest_try_mkey(struct guest *guest, const struct guest_mkey *attr, uint32_t *key)
{
	uint32_t octowords = (attr->num_pages + 1) / 2 + attr->num_klms;
	size_t in_len = MLX5_ST_SZ_BYTES(create_mkey_in) + octowords * MKEY_OCTOWORD;
	uint8_t *in = calloc(1, in_len);
	uint8_t out[MLX5_ST_SZ_BYTES(create_mkey_out)] = { 0 };
	__be64 *pas = MLX5_ADDR_OF(create_mkey_in, in, klm_pas_mtt);
	uint8_t status;

	assert_non_null(in);
	mkey_context(attr, MLX5_ADDR_OF(create_mkey_in, in, memory_key_mkey_entry));
	MLX5_SET(create_mkey_in, in, translations_octword_actual_size, octowords);
	for (uint32_t i = 0; i < attr->num_pages; i++)
		pas[i] = cpu_to_be64(attr->pages[i]);
	guest_put_klms(pas, attr->klms, attr->num_klms);
	status = guest_try(guest, MLX5_CMD_OP_CREATE_MKEY, in, in_len, out, sizeof(out));
	free(in);
	*key = MLX5_GET(create_mkey_out, out, mkey_index) << 8 | attr->variant;
	return status;
}

uint32_t guest_mkey(struct guest *guest, const struct guest_mkey *attr)
{
	uint32_t key;

	assert_int_equal(guest_try_mkey(guest, attr, &key), MLX5_CMD_STAT_OK);
	return key;
}

uint32_t guest_mr(struct guest *guest, uint64_t address, uint64_t len, uint8_t access)
{
	uint32_t count = (address % GUEST_PAGE + len + GUEST_PAGE - 1) / GUEST_PAGE;
	uint64_t *pages = calloc(count, sizeof(*pages));
	uint32_t key;

	assert_non_null(pages);
	for (uint32_t i = 0; i < count; i++)
		pages[i] = (address & ~(GUEST_PAGE - 1)) + i * GUEST_PAGE;
	key = guest_mkey(guest, &(struct guest_mkey){
					.pd = guest->pd,
					.access = access,
					.variant = 0x42,
					.page_shift = 12,
					.start = address,
					.len = len,
					.octowords = (count + 1) / 2,
					.pages = pages,
					.num_pages = count,
				});
	free(pages);
	return key;
}

void guest_cq(struct guest *guest, struct guest_cq *cq)
{
	uint8_t in[MLX5_ST_SZ_BYTES(create_cq_in) + sizeof(uint64_t)] = { 0 };
	uint8_t out[MLX5_ST_SZ_BYTES(create_cq_out)] = { 0 };
	void *cqc = MLX5_ADDR_OF(create_cq_in, in, cq_context);
	struct mlx5_cqe64 *cqe;

	*cq = (struct guest_cq){ .buf = guest_alloc(guest, GUEST_PAGE),
				 .dbr = guest_alloc(guest, GUEST_PAGE) };
	cqe = guest_ptr(guest, cq->buf);
	for (unsigned int i = 0; i < 1u << GUEST_LOG_CQ; i++)
		cqe[i].op_own = 0xf1;
	MLX5_SET(cqc, cqc, log_cq_size, GUEST_LOG_CQ);
	MLX5_SET(cqc, cqc, uar_page, guest->uar);
	MLX5_SET(cqc, cqc, c_eqn_or_apu_element, guest->eqn);
	MLX5_SET64(cqc, cqc, dbr_addr, cq->dbr);
	*(__be64 *)MLX5_ADDR_OF(create_cq_in, in, pas) = cpu_to_be64(cq->buf);
	guest_command(guest, MLX5_CMD_OP_CREATE_CQ, in, sizeof(in), out, sizeof(out));
	cq->cqn = MLX5_GET(create_cq_out, out, cqn);
}

void guest_qp(struct guest *guest, struct guest_qp *qp, struct guest_cq *cq, uint8_t service)
{
	uint8_t in[MLX5_ST_SZ_BYTES(create_qp_in) + sizeof(uint64_t)] = { 0 };
	uint8_t out[MLX5_ST_SZ_BYTES(create_qp_out)] = { 0 };
	void *qpc = MLX5_ADDR_OF(create_qp_in, in, qpc);

	*qp = (struct guest_qp){ .cq = cq,
				 .buf = guest_alloc(guest, GUEST_PAGE),
				 .dbr = guest_alloc(guest, GUEST_PAGE) };
	MLX5_SET(qpc, qpc, st, service);
	MLX5_SET(qpc, qpc, pd, guest->pd);
	MLX5_SET(qpc, qpc, log_rq_size, GUEST_LOG_RQ);
	MLX5_SET(qpc, qpc, log_rq_stride, GUEST_LOG_RQ_STRIDE - 4);
	MLX5_SET(qpc, qpc, log_sq_size, GUEST_LOG_SQ);
	MLX5_SET(qpc, qpc, uar_page, guest->uar);
	MLX5_SET(qpc, qpc, user_index, 0xabcde);
	MLX5_SET(qpc, qpc, cqn_snd, cq->cqn);
	MLX5_SET(qpc, qpc, cqn_rcv, cq->cqn);
	MLX5_SET64(qpc, qpc, dbr_addr, qp->dbr);
	*(__be64 *)MLX5_ADDR_OF(create_qp_in, in, pas) = cpu_to_be64(qp->buf);
	guest_command(guest, MLX5_CMD_OP_CREATE_QP, in, sizeof(in), out, sizeof(out));
	qp->qpn = MLX5_GET(create_qp_out, out, qpn);
}

void guest_qp_destroy(struct guest *guest, struct guest_qp *qp)
{
	uint8_t in[MLX5_ST_SZ_BYTES(destroy_qp_in)] = { 0 };
	uint8_t out[MLX5_ST_SZ_BYTES(destroy_qp_out)] = { 0 };

	MLX5_SET(destroy_qp_in, in, qpn, qp->qpn);
	guest_command(guest, MLX5_CMD_OP_DESTROY_QP, in, sizeof(in), out, sizeof(out));
}

static void guest_modify_with(struct guest *guest, uint32_t qpn, uint16_t opcode,
			      const struct guest_path *path)
{
	uint8_t in[MLX5_ST_SZ_BYTES(rst2init_qp_in)] = { 0 };
	uint8_t out[MLX5_ST_SZ_BYTES(rst2init_qp_out)] = { 0 };
	void *qpc = MLX5_ADDR_OF(rst2init_qp_in, in, qpc);

	MLX5_SET(rst2init_qp_in, in, qpn, qpn);
	MLX5_SET(qpc, qpc, mtu, 3);
	MLX5_SET(qpc, qpc, log_msg_max, 30);
	MLX5_SET(qpc, qpc, rwe, !path->no_write);
	MLX5_SET(qpc, qpc, rre, !path->no_read);
	MLX5_SET(qpc, qpc, rae, !path->no_atomic);
	MLX5_SET(qpc, qpc, remote_qpn, path->remote_qpn);
	MLX5_SET(qpc, qpc, next_send_psn, path->psn);
	MLX5_SET(qpc, qpc, next_rcv_psn, path->psn);
	MLX5_SET(qpc, qpc, retry_count, path->retry_count);
	MLX5_SET(qpc, qpc, rnr_retry, path->rnr_retry);
	MLX5_SET(qpc, qpc, min_rnr_nak, path->min_rnr_nak);
	MLX5_SET(qpc, qpc, primary_address_path.vhca_port_num, 1);
	MLX5_SET(qpc, qpc, primary_address_path.ack_timeout, path->ack_timeout);
	MLX5_SET(qpc, qpc, primary_address_path.rlid, path->lid ? path->lid : guest->nic->ib->lid);
	guest_command(guest, opcode, in, sizeof(in), out, sizeof(out));
}

void guest_connect(struct guest *guest, const struct guest_qp *qp, const struct guest_path *path)
{
	guest_modify_with(guest, qp->qpn, MLX5_CMD_OP_RST2INIT_QP, path);
	guest_modify_with(guest, qp->qpn, MLX5_CMD_OP_INIT2RTR_QP, path);
	guest_modify_with(guest, qp->qpn, MLX5_CMD_OP_RTR2RTS_QP, path);
}

void guest_modify(struct guest *guest, const struct guest_qp *qp, uint16_t opcode)
{
	guest_modify_with(guest, qp->qpn, opcode, &(struct guest_path){ 0 });
}

void guest_pair(struct guest *guest, struct guest_qp pair[2], struct guest_cq cq[2])
{
	/* 2 ms for an answer, 10 us for a receiver that is not ready */
	struct guest_path path = {
		.retry_count = 2,
		.rnr_retry = 2,
		.min_rnr_nak = 1,
		.ack_timeout = 9,
		.psn = 0xfffffe,
	};

	for (unsigned int i = 0; i < 2; i++) {
		guest_cq(guest, &cq[i]);
		guest_qp(guest, &pair[i], &cq[i], MLX5_QP_ST_RC);
	}
	for (unsigned int i = 0; i < 2; i++) {
		path.remote_qpn = pair[!i].qpn;
		guest_connect(guest, &pair[i], &path);
	}
}

/*
 * Queues.
 */
static void *guest_wqe_add(struct guest_wqe *wqe, size_t len)
{
	void *segment = wqe->bytes + wqe->len;

	wqe->len += (len + 15) & ~(size_t)15;
	assert_true(wqe->len <= sizeof(wqe->bytes));
	return segment;
}

void guest_wqe(struct guest_wqe *wqe, uint8_t opcode, uint8_t fm_ce_se, uint32_t imm)
{
	struct mlx5_wqe_ctrl_seg *ctrl;

	memset(wqe, 0, sizeof(*wqe));
	ctrl = guest_wqe_add(wqe, sizeof(*ctrl));
	ctrl->opmod_idx_opcode = cpu_to_be32(opcode);
	ctrl->fm_ce_se = fm_ce_se;
	ctrl->imm = cpu_to_be32(imm);
}

void guest_wqe_raddr(struct guest_wqe *wqe, uint64_t address, uint32_t key)
{
	struct mlx5_wqe_raddr_seg *raddr = guest_wqe_add(wqe, sizeof(*raddr));

	raddr->raddr = cpu_to_be64(address);
	raddr->rkey = cpu_to_be32(key);
}

void guest_wqe_atomic(struct guest_wqe *wqe, uint64_t swap_add, uint64_t compare)
{
	struct mlx5_wqe_atomic_seg *atomic = guest_wqe_add(wqe, sizeof(*atomic));

	atomic->swap_add = cpu_to_be64(swap_add);
	atomic->compare = cpu_to_be64(compare);
}

void guest_wqe_data(struct guest_wqe *wqe, uint64_t address, uint32_t key, uint32_t len)
{
	struct mlx5_wqe_data_seg *data = guest_wqe_add(wqe, sizeof(*data));

	data->addr = cpu_to_be64(address);
	data->lkey = cpu_to_be32(key);
	data->byte_count = cpu_to_be32(len);
}

void guest_wqe_inline(struct guest_wqe *wqe, const void *data, uint32_t len)
{
	__be32 *header = guest_wqe_add(wqe, sizeof(*header) + len);

	*header = cpu_to_be32(1u << 31 | len);
	memcpy(header + 1, data, len);
}

void guest_post(struct guest *guest, struct guest_qp *qp, const struct guest_wqe *wqe, bool quiet)
{
	struct mlx5_wqe_ctrl_seg *ctrl = (void *)wqe->bytes;
	__be32 *record = guest_ptr(guest, qp->dbr);
	uint8_t *ring = guest_ptr(guest, qp->buf + GUEST_RQ_BYTES);

	ctrl->opmod_idx_opcode |= cpu_to_be32((uint32_t)qp->sq_posted << 8);
	ctrl->qpn_ds = cpu_to_be32(qp->qpn << 8 | wqe->len / 16);
	for (size_t at = 0; at < wqe->len; at += 64) {
		size_t piece = wqe->len - at < 64 ? wqe->len - at : 64;

		memcpy(ring + (qp->sq_posted++ & ((1 << GUEST_LOG_SQ) - 1)) * 64, wqe->bytes + at,
		       piece);
	}
	record[MLX5_SND_DBR] = cpu_to_be32(qp->sq_posted);
	if (!quiet)
		guest_ring(guest, qp);
}

void guest_ring(struct guest *guest, const struct guest_qp *qp)
{
	const __be32 doorbell[2] = { 0, cpu_to_be32(qp->qpn << 8) };

	uar_write(guest->nic, ((uint64_t)guest->uar << UAR_SHIFT) + 0x800, doorbell,
		  sizeof(doorbell));
}

void guest_post_recv(struct guest *guest, struct guest_qp *qp, uint64_t address, uint32_t key,
		     uint32_t len)
{
	__be32 *record = guest_ptr(guest, qp->dbr);
	uint64_t slot = qp->rq_posted & ((1 << GUEST_LOG_RQ) - 1);
	struct mlx5_wqe_data_seg *data = guest_ptr(guest, qp->buf + (slot << GUEST_LOG_RQ_STRIDE));

	data[0] = (struct mlx5_wqe_data_seg){
		.byte_count = cpu_to_be32(len),
		.lkey = cpu_to_be32(key),
		.addr = cpu_to_be64(address),
	};
	data[1] = (struct mlx5_wqe_data_seg){ .lkey = cpu_to_be32(0x100) };
	record[MLX5_RCV_DBR] = cpu_to_be32(++qp->rq_posted);
}

/*
 * Results.
 */
uint64_t guest_now_ns(const struct guest *guest)
{
	return engine_now_ns(guest->engine);
}

void guest_run(struct guest *guest)
{
	while (engine_poll(guest->engine, 0) == 1)
		;
}

/* Until something happens, at most so long. */
static void guest_wait(struct guest *guest, uint64_t timeout_ns)
{
	assert_true(engine_poll(guest->engine, timeout_ns) >= 0);
}

void guest_pass(struct guest *guest, uint64_t ns)
{
	uint64_t end = guest_now_ns(guest) + ns;

	while (guest_now_ns(guest) < end)
		guest_wait(guest, end - guest_now_ns(guest));
	guest_run(guest);
}

static const struct mlx5_cqe64 *guest_cqe(struct guest *guest, struct guest_cq *cq)
{
	const struct mlx5_cqe64 *cqe = guest_ptr(guest, cq->buf);
	__be32 *record = guest_ptr(guest, cq->dbr);

	cqe += cq->consumer & ((1 << GUEST_LOG_CQ) - 1);
	if (cqe->op_own >> 4 == 0xf || (cqe->op_own & 1) != (cq->consumer >> GUEST_LOG_CQ & 1))
		return NULL;
	*record = cpu_to_be32(++cq->consumer);
	return cqe;
}

const struct mlx5_cqe64 *guest_poll(struct guest *guest, struct guest_cq *cq)
{
	uint64_t end = guest_now_ns(guest) + PATIENCE_NS;
	const struct mlx5_cqe64 *cqe;

	while (!(cqe = guest_cqe(guest, cq)) && guest_now_ns(guest) < end)
		guest_wait(guest, end - guest_now_ns(guest));
	return cqe;
}

/* As real devices say; of errors that are met while receiving, it is known of flushing alone. */
static uint8_t vendor_syndrome(uint8_t opcode, uint8_t syndrome)
{
	if (syndrome == 0x05)
		return 0xf9;
	if (opcode != CQE_REQ_ERR)
		return 0;
	switch (syndrome) {
	case 0x04:
		return 0x51;
	case 0x12:
		return 0x8a;
	case 0x13:
		return 0x88;
	case 0x14:
		return 0x89;
	case 0x15:
		return 0x81;
	default:
		return 0;
	}
}

static void expect_error(const struct mlx5_err_cqe *cqe, uint8_t opcode, uint8_t syndrome)
{
	assert_int_equal(cqe->syndrome, syndrome);
	assert_int_equal(cqe->vendor_err_synd, vendor_syndrome(opcode, syndrome));
}

void guest_expect(struct guest *guest, struct guest_cq *cq, uint8_t opcode, uint16_t index,
		  uint8_t syndrome)
{
	const struct mlx5_cqe64 *cqe = guest_poll(guest, cq);

	assert_non_null(cqe);
	assert_int_equal(cqe->op_own >> 4, opcode);
	assert_int_equal(be16_to_cpu(cqe->wqe_counter), index);
	if (syndrome)
		expect_error((const struct mlx5_err_cqe *)cqe, opcode, syndrome);
}

void guest_expect_at(struct guest *guest, struct guest_cq *cq, uint8_t opcode, uint16_t index,
		     uint8_t syndrome, uint64_t at_ns)
{
	guest_expect(guest, cq, opcode, index, syndrome);
	assert_int_equal(guest_now_ns(guest), at_ns);
}

void guest_expect_nothing(struct guest *guest, struct guest_cq *cq)
{
	guest_run(guest);
	assert_null(guest_cqe(guest, cq));
}

const struct mlx5_eqe *guest_event(struct guest *guest)
{
	const struct mlx5_eqe *eqe = guest_ptr(guest, guest->eq);

	guest_run(guest);
	eqe += guest->events & ((1 << GUEST_LOG_EQ) - 1);
	if (!eqe->type || (eqe->owner & 1) != (guest->events >> GUEST_LOG_EQ & 1))
		return NULL;
	guest->events++;
	return eqe;
}

static uint8_t guest_pattern(size_t at, uint8_t seed)
{
	return (uint8_t)(at * 7 + (at >> 8) * 13 + seed);
}

uint64_t guest_expect_fault(struct guest *guest, uint32_t key, uint64_t va, uint32_t pages)
{
	const struct mlx5_eqe *eqe = guest_event(guest);
	const struct mlx5_eqe_page_fault *pf;

	assert_non_null(eqe);
	pf = &eqe->data.page_fault;
	assert_int_equal(eqe->type, MLX5_EVENT_TYPE_PAGE_FAULT);
	assert_int_equal(eqe->sub_type, 2);
	assert_int_equal(pf->memory.flags, 0x80);
	assert_int_equal(be32_to_cpu(pf->memory.mkey), key);
	assert_int_equal(be64_to_cpu(pf->memory.va), va);
	assert_int_equal(be32_to_cpu(pf->memory.demand_fault_pages) >> 12, pages);
	return (uint64_t)be16_to_cpu(pf->memory.token47_32) << 32 |
	       be32_to_cpu(pf->memory.token31_0);
}

void guest_resume(struct guest *guest, uint64_t token, bool error)
{
	uint32_t in[MLX5_ST_SZ_DW(page_fault_resume_in)] = { 0 };
	uint32_t out[MLX5_ST_SZ_DW(page_fault_resume_out)] = { 0 };
	void *info = MLX5_ADDR_OF(page_fault_resume_in, in, page_fault_info.mem_page_fault_info);

	MLX5_SET(mem_page_fault_info, info, error, error);
	MLX5_SET(mem_page_fault_info, info, fault_token_47_32, token >> 32);
	MLX5_SET(mem_page_fault_info, info, fault_token_31_0, token & 0xffffffff);
	guest_command(guest, MLX5_CMD_OP_PAGE_FAULT_RESUME, in, sizeof(in), out, sizeof(out));
}

void guest_fill(void *data, size_t len, uint8_t seed)
{
	for (size_t i = 0; i < len; i++)
		((uint8_t *)data)[i] = guest_pattern(i, seed);
}

void guest_assert_filled(const void *data, size_t len, uint8_t seed)
{
	for (size_t i = 0; i < len; i++)
		assert_int_equal(((const uint8_t *)data)[i], guest_pattern(i, seed));
}
