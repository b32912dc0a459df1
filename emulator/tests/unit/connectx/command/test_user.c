// SPDX-License-Identifier: GPL-2.0 OR Linux-OpenIB
/* Commands of users: what a user context may name, and where its queues and keys may lie. */
#include <string.h>

#include "connectx/command/limits.h"
#include "connectx/command/table.h"
#include "connectx/device/general_obj.h"
#include "connectx/memory/umem.h"
#include "connectx/port/ah_mapping.h"
#include "connectx/queue/rate.h"
#include "guest_command.h"
#include "guest_queue.h"
#include "util/macros.h"

#define UMEM_PAGES	2
#define MAY_READ	1
#define MAY_BOTH	3

/* One page, its first 16 bytes given up. */
#define RECORD_SKIP	16

struct user {
	struct guest *guest;
	uint16_t uid;
	uint32_t pd, uar;
	uint32_t umem, record; /* UMEM_PAGES of memory that do not lie together; for records */
	uint64_t page[UMEM_PAGES], record_page;
};

/* All commands have the uid at the same place. */
static void set_uid(void *in, uint16_t uid)
{
	MLX5_SET(alloc_pd_in, in, uid, uid);
}

static uint8_t as_user(struct guest *guest, uint16_t uid, uint16_t opcode, uint32_t number)
{
	uint8_t in[MLX5_ST_SZ_BYTES(dealloc_pd_in)] = { 0 };
	uint8_t out[MLX5_ST_SZ_BYTES(alloc_pd_out)] = { 0 };

	MLX5_SET(dealloc_pd_in, in, opcode, opcode);
	MLX5_SET(dealloc_pd_in, in, pd, number);
	set_uid(in, uid);
	return guest_try(guest, in, sizeof(in), out, sizeof(out));
}

static uint16_t create_uctx(struct guest *guest)
{
	COMMAND(create_uctx, CREATE_UCTX, 0);

	assert_int_equal(guest_try(guest, in, sizeof(in), out, sizeof(out)), MLX5_CMD_STAT_OK);
	return MLX5_GET(create_uctx_out, out, uid);
}

static uint8_t destroy_uctx(struct guest *guest, uint16_t uid)
{
	COMMAND(destroy_uctx, DESTROY_UCTX, 0);

	MLX5_SET(destroy_uctx_in, in, uid, uid);
	return guest_try(guest, in, sizeof(in), out, sizeof(out));
}

static uint8_t try_create_umem(struct guest *guest, uint16_t uid, const uint64_t *page,
			       unsigned int pages, unsigned int rights, uint32_t skip,
			       uint32_t *umem)
{
	COMMAND(create_umem, CREATE_UMEM, UMEM_PAGES);
	void *context = MLX5_ADDR_OF(create_umem_in, in, umem);
	__be64 *mtt = MLX5_ADDR_OF(umem, context, mtt);
	uint8_t status;

	set_uid(in, uid);
	MLX5_SET64(umem, context, num_of_mtt, pages);
	MLX5_SET(umem, context, page_offset, skip);
	for (unsigned int i = 0; i < UMEM_PAGES; i++)
		mtt[i] = cpu_to_be64(page[i] | rights);
	status = guest_try(guest, in, sizeof(in), out, sizeof(out));
	*umem = MLX5_GET(create_umem_out, out, umem_id);
	return status;
}

static struct user user_create(struct guest *guest)
{
	struct user user = { .guest = guest, .uid = create_uctx(guest) };
	uint64_t records[UMEM_PAGES] = { guest_alloc(guest, GUEST_PAGE) };
	COMMAND(alloc_pd, ALLOC_PD, 0);

	set_uid(in, user.uid);
	assert_int_equal(guest_try(guest, in, sizeof(in), out, sizeof(out)), MLX5_CMD_STAT_OK);
	user.pd = MLX5_GET(alloc_pd_out, out, pd);
	MLX5_SET(alloc_uar_in, in, opcode, MLX5_CMD_OP_ALLOC_UAR);
	assert_int_equal(guest_try(guest, in, sizeof(in), out, sizeof(out)), MLX5_CMD_STAT_OK);
	user.uar = MLX5_GET(alloc_uar_out, out, uar);
	/* the higher page first */
	user.page[1] = guest_alloc(guest, GUEST_PAGE);
	user.page[0] = guest_alloc(guest, GUEST_PAGE);
	user.record_page = records[0];
	assert_int_equal(try_create_umem(guest, user.uid, user.page, UMEM_PAGES, MAY_BOTH, 0,
					 &user.umem),
			 MLX5_CMD_STAT_OK);
	assert_int_equal(try_create_umem(guest, user.uid, records, 1, MAY_READ, RECORD_SKIP,
					 &user.record),
			 MLX5_CMD_STAT_OK);
	return user;
}

/* The parameters of a CQ that a user sets, or the driver changes. */
struct cq_words {
	uint16_t uid;
	uint32_t eqn, uar, umem, record;
	uint64_t offset, record_offset;
	unsigned int log_size;
};

static uint8_t create_cq_in_umem(struct guest *guest, const struct cq_words *words, uint32_t *cqn)
{
	COMMAND(create_cq, CREATE_CQ, 0);
	void *cqc = MLX5_ADDR_OF(create_cq_in, in, cq_context);
	uint8_t status;

	set_uid(in, words->uid);
	MLX5_SET(create_cq_in, in, cq_umem_valid, 1);
	MLX5_SET(create_cq_umem_in, in, cq_umem_id, words->umem);
	MLX5_SET64(create_cq_umem_in, in, cq_umem_offset, words->offset);
	MLX5_SET(cqc, cqc, log_cq_size, words->log_size);
	MLX5_SET(cqc, cqc, uar_page, words->uar);
	MLX5_SET(cqc, cqc, c_eqn_or_apu_element, words->eqn);
	MLX5_SET(cqc, cqc, dbr_umem_valid, 1);
	MLX5_SET(cqc_umem, cqc, dbr_umem_id, words->record);
	MLX5_SET64(cqc, cqc, dbr_addr, words->record_offset);
	status = guest_try(guest, in, sizeof(in), out, sizeof(out));
	*cqn = MLX5_GET(create_cq_out, out, cqn);
	return status;
}

/* An EQ that all may have their CQs report to, as the driver makes those for completions. */
static uint32_t create_shared_eq(struct guest *guest)
{
	COMMAND(create_eq, CREATE_EQ, 1);
	void *eqc = MLX5_ADDR_OF(create_eq_in, in, eq_context_entry);
	__be64 *pas = MLX5_ADDR_OF(create_eq_in, in, pas);
	uint32_t eqn;

	set_uid(in, MLX5_SHARED_RESOURCE_UID);
	MLX5_SET(eqc, eqc, log_eq_size, 4);
	MLX5_SET(eqc, eqc, uar_page, guest->uar);
	*pas = cpu_to_be64(guest_alloc(guest, GUEST_PAGE));
	assert_int_equal(guest_try(guest, in, sizeof(in), out, sizeof(out)), MLX5_CMD_STAT_OK);
	eqn = MLX5_GET(create_eq_out, out, eq_number);
	/* but a user cannot make one of its own */
	set_uid(in, create_uctx(guest));
	assert_int_equal(guest_try(guest, in, sizeof(in), out, sizeof(out)),
			 MLX5_CMD_STAT_BAD_PARAM_ERR);
	return eqn;
}

static void context_lives_as_long_as_its_objects(void **state)
{
	struct guest *guest = *state;
	uint16_t uid = create_uctx(guest), other = create_uctx(guest);
	COMMAND(alloc_pd, ALLOC_PD, 0);
	uint32_t pd;

	set_uid(in, uid);
	assert_int_equal(guest_try(guest, in, sizeof(in), out, sizeof(out)), MLX5_CMD_STAT_OK);
	pd = MLX5_GET(alloc_pd_out, out, pd);
	assert_int_equal(destroy_uctx(guest, uid), MLX5_CMD_STAT_RES_BUSY);
	assert_int_equal(destroy_uctx(guest, other), MLX5_CMD_STAT_OK);
	assert_int_equal(as_user(guest, uid, MLX5_CMD_OP_DEALLOC_PD, pd), MLX5_CMD_STAT_OK);
	assert_int_equal(destroy_uctx(guest, uid), MLX5_CMD_STAT_OK);
	assert_int_equal(destroy_uctx(guest, uid), MLX5_CMD_STAT_BAD_RES_ERR);
	/* without its context a user cannot send commands */
	assert_int_equal(guest_try(guest, in, sizeof(in), out, sizeof(out)),
			 MLX5_CMD_STAT_BAD_PARAM_ERR);
	assert_int_equal(guest_registered(guest, REGISTRY_OBJECT, "user_context"), 0);
}

static void context_with_rights_that_are_not_offered_is_refused(void **state)
{
	struct guest *guest = *state;
	COMMAND(create_uctx, CREATE_UCTX, 0);

	MLX5_SET(uctx, MLX5_ADDR_OF(create_uctx_in, in, uctx), cap, MLX5_UCTX_CAP_RAW_TX);
	assert_int_equal(guest_try(guest, in, sizeof(in), out, sizeof(out)),
			 MLX5_CMD_STAT_BAD_PARAM_ERR);
}

static void objects_of_others_are_not_there(void **state)
{
	struct guest *guest = *state;
	struct user user = user_create(guest);
	uint16_t other = create_uctx(guest);

	assert_int_equal(as_user(guest, other, MLX5_CMD_OP_DEALLOC_PD, user.pd),
			 MLX5_CMD_STAT_BAD_RES_ERR);
	assert_int_equal(as_user(guest, other, MLX5_CMD_OP_DEALLOC_UAR, user.uar),
			 MLX5_CMD_STAT_BAD_RES_ERR);
	assert_int_equal(as_user(guest, other, MLX5_CMD_OP_DESTROY_UMEM, user.umem),
			 MLX5_CMD_STAT_BAD_RES_ERR);
	assert_int_equal(as_user(guest, user.uid, MLX5_CMD_OP_DEALLOC_PD, guest->pd),
			 MLX5_CMD_STAT_BAD_RES_ERR);
	assert_int_equal(as_user(guest, user.uid, MLX5_CMD_OP_DESTROY_EQ, guest->eqn),
			 MLX5_CMD_STAT_BAD_RES_ERR);
	/* the driver may use all objects */
	assert_int_equal(as_user(guest, CX_UID_DRIVER, MLX5_CMD_OP_DEALLOC_PD, user.pd),
			 MLX5_CMD_STAT_OK);
}

static void umem_with_a_bad_field_is_refused(void **state)
{
	struct guest *guest = *state;
	struct user user = user_create(guest);
	uint32_t umem;

#define REFUSED(uid, pages, rights, skip)                                                          \
	assert_int_equal(try_create_umem(guest, uid, user.page, pages, rights, skip, &umem),      \
			 MLX5_CMD_STAT_BAD_PARAM_ERR)
	REFUSED(user.uid, 0, MAY_BOTH, 0);
	REFUSED(user.uid, UMEM_PAGES + 1, MAY_BOTH, 0); /* more than the command has */
	REFUSED(user.uid, UMEM_PAGES, 0, 0);
	REFUSED(user.uid, UMEM_PAGES, MAY_BOTH, UMEM_PAGES * GUEST_PAGE);
#undef REFUSED
	assert_int_equal(guest_registered(guest, REGISTRY_OBJECT, "umem"), 2);
	/* The driver may have its own: umem_uid_0. */
	assert_int_equal(try_create_umem(guest, CX_UID_DRIVER, user.page, UMEM_PAGES, MAY_BOTH, 0,
					 &umem),
			 MLX5_CMD_STAT_OK);
	assert_int_equal(guest_registered(guest, REGISTRY_OBJECT, "umem"), 3);
}

static void cq_lies_in_a_umem(void **state)
{
	struct guest *guest = *state;
	struct user user = user_create(guest), other = user_create(guest);
	const struct cq_words good = {
		.uid = user.uid,
		.eqn = create_shared_eq(guest),
		.uar = user.uar,
		.umem = user.umem,
		.record = user.record,
		.offset = 128,
		.log_size = 5,
		.record_offset = 8,
	};
	struct cq_words bad;
	uint32_t cqn;

#define REFUSED(stat, ...)                                                                         \
	do {                                                                                       \
		bad = good;                                                                        \
		__VA_ARGS__;                                                                       \
		assert_int_equal(create_cq_in_umem(guest, &bad, &cqn), MLX5_CMD_STAT_##stat);     \
	} while (0)
	REFUSED(BAD_RES_ERR, bad.umem = other.umem);
	REFUSED(BAD_RES_ERR, bad.record = other.record);
	REFUSED(BAD_RES_ERR, bad.uar = guest->uar);
	REFUSED(BAD_RES_ERR, bad.eqn = guest->eqn);
	REFUSED(BAD_PARAM_ERR, bad.umem = user.record; bad.offset = 48); /* for reading only */
	REFUSED(BAD_PARAM_ERR, bad.offset = 32);
	REFUSED(BAD_PARAM_ERR, bad.offset = UMEM_PAGES * GUEST_PAGE - 2048 + 64);
	REFUSED(BAD_PARAM_ERR, bad.offset = -64ULL);
	REFUSED(BAD_PARAM_ERR, bad.record_offset = 4);
	REFUSED(BAD_PARAM_ERR, bad.record_offset = GUEST_PAGE - RECORD_SKIP);
#undef REFUSED
	assert_int_equal(create_cq_in_umem(guest, &good, &cqn), MLX5_CMD_STAT_OK);
	assert_int_equal(as_user(guest, user.uid, MLX5_CMD_OP_DESTROY_UMEM, user.umem),
			 MLX5_CMD_STAT_RES_BUSY);
	assert_int_equal(as_user(guest, user.uid, MLX5_CMD_OP_DESTROY_UMEM, user.record),
			 MLX5_CMD_STAT_RES_BUSY);
	assert_int_equal(as_user(guest, other.uid, MLX5_CMD_OP_DESTROY_CQ, cqn),
			 MLX5_CMD_STAT_BAD_RES_ERR);
	assert_int_equal(as_user(guest, user.uid, MLX5_CMD_OP_DESTROY_CQ, cqn), MLX5_CMD_STAT_OK);
	assert_int_equal(as_user(guest, user.uid, MLX5_CMD_OP_DESTROY_UMEM, user.umem),
			 MLX5_CMD_STAT_OK);
	assert_int_equal(as_user(guest, user.uid, MLX5_CMD_OP_DESTROY_UMEM, user.record),
			 MLX5_CMD_STAT_OK);
}

/* A QP of the user's in its umem, spoilt by @spoil. */
static uint8_t create_qp_in_umem(struct user *user, uint32_t cqn, uint8_t service,
				 void (*spoil)(void *in), uint32_t *qpn)
{
	COMMAND(create_qp, CREATE_QP, 0);
	void *qpc = MLX5_ADDR_OF(create_qp_in, in, qpc);
	uint8_t status;

	set_uid(in, user->uid);
	MLX5_SET(create_qp_in, in, wq_umem_valid, 1);
	MLX5_SET(create_qp_in, in, wq_umem_id, user->umem);
	/* the two rings, of 2 KiB each, begin in one page and end in the other */
	MLX5_SET64(create_qp_in, in, wq_umem_offset, GUEST_PAGE - 2048);
	MLX5_SET(qpc, qpc, st, service);
	MLX5_SET(qpc, qpc, pd, user->pd);
	MLX5_SET(qpc, qpc, uar_page, user->uar);
	MLX5_SET(qpc, qpc, cqn_snd, cqn);
	MLX5_SET(qpc, qpc, cqn_rcv, cqn);
	MLX5_SET(qpc, qpc, log_sq_size, 5);
	MLX5_SET(qpc, qpc, log_rq_size, 7);
	MLX5_SET(qpc, qpc, dbr_umem_valid, 1);
	MLX5_SET(qpc_umem, qpc, dbr_umem_id, user->record);
	if (spoil)
		spoil(in);
	status = guest_try(user->guest, in, sizeof(in), out, sizeof(out));
	*qpn = MLX5_GET(create_qp_out, out, qpn);
	return status;
}

static void any_key(void *in)
{
	MLX5_SET(qpc, MLX5_ADDR_OF(create_qp_in, in, qpc), rlky, 1);
}

static void fast_registration(void *in)
{
	MLX5_SET(qpc, MLX5_ADDR_OF(create_qp_in, in, qpc), fre, 1);
}

static void beyond_the_umem(void *in)
{
	MLX5_SET64(create_qp_in, in, wq_umem_offset, GUEST_PAGE + 64);
}

/* Without a umem: memory as the driver names it for the user. */
static void page_list(void *in)
{
	MLX5_SET(create_qp_in, in, wq_umem_valid, 0);
}

static void qp_lies_in_a_umem(void **state)
{
	static const uint8_t privileged[] = { MLX5_QP_ST_QP0, MLX5_QP_ST_QP1, MLX5_QP_ST_REG_UMR };
	struct guest *guest = *state;
	struct user user = user_create(guest);
	const struct cq_words cq = {
		.uid = user.uid,
		.eqn = create_shared_eq(guest),
		.uar = user.uar,
		.umem = user.umem,
		.record = user.record,
		.log_size = 4,
	};
	uint32_t cqn, qpn;

	assert_int_equal(create_cq_in_umem(guest, &cq, &cqn), MLX5_CMD_STAT_OK);
	for (unsigned int i = 0; i < ARRAY_SIZE(privileged); i++)
		assert_int_equal(create_qp_in_umem(&user, cqn, privileged[i], NULL, &qpn),
				 MLX5_CMD_STAT_BAD_PARAM_ERR);
	assert_int_equal(create_qp_in_umem(&user, cqn, MLX5_QP_ST_RC, any_key, &qpn),
			 MLX5_CMD_STAT_BAD_PARAM_ERR);
	assert_int_equal(create_qp_in_umem(&user, cqn, MLX5_QP_ST_RC, fast_registration, &qpn),
			 MLX5_CMD_STAT_BAD_PARAM_ERR);
	assert_int_equal(create_qp_in_umem(&user, cqn, MLX5_QP_ST_RC, beyond_the_umem, &qpn),
			 MLX5_CMD_STAT_BAD_PARAM_ERR);
	assert_int_equal(create_qp_in_umem(&user, cqn, MLX5_QP_ST_RC, page_list, &qpn),
			 MLX5_CMD_STAT_BAD_PARAM_ERR);
	assert_int_equal(create_qp_in_umem(&user, cqn, MLX5_QP_ST_RC, NULL, &qpn),
			 MLX5_CMD_STAT_OK);
	assert_int_equal(as_user(guest, user.uid, MLX5_CMD_OP_DESTROY_UMEM, user.umem),
			 MLX5_CMD_STAT_RES_BUSY);
	assert_int_equal(as_user(guest, create_uctx(guest), MLX5_CMD_OP_2ERR_QP, qpn),
			 MLX5_CMD_STAT_BAD_RES_ERR);
	assert_int_equal(as_user(guest, user.uid, MLX5_CMD_OP_2ERR_QP, qpn), MLX5_CMD_STAT_OK);
	assert_int_equal(as_user(guest, user.uid, MLX5_CMD_OP_DESTROY_QP, qpn), MLX5_CMD_STAT_OK);
	assert_int_equal(as_user(guest, user.uid, MLX5_CMD_OP_DESTROY_CQ, cqn), MLX5_CMD_STAT_OK);
	assert_int_equal(as_user(guest, user.uid, MLX5_CMD_OP_DESTROY_UMEM, user.umem),
			 MLX5_CMD_STAT_OK);
}

/* An RMP of 32 entries of 32 bytes in a umem. */
static uint8_t create_rmp_in_umem(const struct user *user, uint32_t umem, uint64_t offset,
				  uint32_t *rmpn)
{
	COMMAND(create_rmp, CREATE_RMP, 0);
	void *rmpc = MLX5_ADDR_OF(create_rmp_in, in, ctx);
	void *wq = MLX5_ADDR_OF(rmpc, rmpc, wq);
	uint8_t status;

	set_uid(in, user->uid);
	MLX5_SET(rmpc, rmpc, state, MLX5_RMPC_STATE_RDY);
	MLX5_SET(wq, wq, pd, user->pd);
	MLX5_SET(wq, wq, log_wq_sz, 5);
	MLX5_SET(wq, wq, log_wq_stride, 5);
	MLX5_SET(wq, wq, wq_umem_valid, 1);
	MLX5_SET(wq, wq, wq_umem_id, umem);
	MLX5_SET64(wq, wq, wq_umem_offset, offset);
	MLX5_SET(wq, wq, dbr_umem_valid, 1);
	MLX5_SET(wq, wq, dbr_umem_id, user->record);
	status = guest_try(user->guest, in, sizeof(in), out, sizeof(out));
	*rmpn = MLX5_GET(create_rmp_out, out, rmpn);
	return status;
}

static void rmp_lies_in_a_umem(void **state)
{
	struct guest *guest = *state;
	struct user user = user_create(guest), other = user_create(guest);
	uint32_t rmpn;

	assert_int_equal(create_rmp_in_umem(&user, other.umem, 0, &rmpn),
			 MLX5_CMD_STAT_BAD_RES_ERR);
	assert_int_equal(create_rmp_in_umem(&user, user.umem, UMEM_PAGES * GUEST_PAGE - 960, &rmpn),
			 MLX5_CMD_STAT_BAD_PARAM_ERR);
	assert_int_equal(create_rmp_in_umem(&user, user.umem, UMEM_PAGES * GUEST_PAGE - 1024,
					    &rmpn),
			 MLX5_CMD_STAT_OK);
	assert_int_equal(as_user(guest, user.uid, MLX5_CMD_OP_DESTROY_UMEM, user.umem),
			 MLX5_CMD_STAT_RES_BUSY);
	assert_int_equal(as_user(guest, other.uid, MLX5_CMD_OP_DESTROY_RMP, rmpn),
			 MLX5_CMD_STAT_BAD_RES_ERR);
	assert_int_equal(as_user(guest, user.uid, MLX5_CMD_OP_DESTROY_RMP, rmpn), MLX5_CMD_STAT_OK);
	assert_int_equal(as_user(guest, user.uid, MLX5_CMD_OP_DESTROY_UMEM, user.umem),
			 MLX5_CMD_STAT_OK);
	assert_int_equal(as_user(guest, user.uid, MLX5_CMD_OP_DESTROY_UMEM, user.record),
			 MLX5_CMD_STAT_OK);
}

/* For the other kinds of SRQ, memory can only be named by bus addresses. */
static void srq_of_a_user_is_refused(void **state)
{
	struct guest *guest = *state;
	struct user user = user_create(guest);
	COMMAND(create_srq, CREATE_SRQ, 1);
	COMMAND_BUFFERS(xrc, create_xrc_srq, CREATE_XRC_SRQ);

	set_uid(in, user.uid);
	assert_int_equal(guest_try(guest, in, sizeof(in), out, sizeof(out)),
			 MLX5_CMD_STAT_BAD_PARAM_ERR);
	set_uid(xrc_in, user.uid);
	MLX5_SET(create_xrc_srq_in, xrc_in, xrc_srq_umem_valid, 1);
	assert_int_equal(guest_try(guest, xrc_in, sizeof(xrc_in), xrc_out, sizeof(xrc_out)),
			 MLX5_CMD_STAT_BAD_PARAM_ERR);
}

/* A key of three quarters of the umem's second page and of no more. */
static uint8_t create_key(struct user *user, unsigned int mode, bool in_umem, bool tph,
			  uint64_t len, uint32_t *index)
{
	COMMAND(create_mkey, CREATE_MKEY, UMEM_PAGES);
	void *mkc = MLX5_ADDR_OF(create_mkey_in, in, memory_key_mkey_entry);
	uint8_t status;

	set_uid(in, user->uid);
	MLX5_SET(create_mkey_in, in, mkey_umem_valid, in_umem);
	MLX5_SET(create_mkey_umem_in, in, mkey_umem_id, user->umem);
	MLX5_SET64(create_mkey_umem_in, in, mkey_umem_offset, GUEST_PAGE + 1024);
	MLX5_SET(create_mkey_in, in, translations_octword_actual_size, 1);
	MLX5_SET(mkc, mkc, access_mode_1_0, mode);
	MLX5_SET(mkc, mkc, lr, 1);
	MLX5_SET(mkc, mkc, pd, user->pd);
	MLX5_SET(mkc, mkc, log_page_size, 12);
	MLX5_SET(mkc, mkc, translations_octword_size, 1);
	MLX5_SET(mkc, mkc, pcie_tph_en, tph);
	MLX5_SET64(mkc, mkc, start_addr, 1024);
	MLX5_SET64(mkc, mkc, len, len);
	status = guest_try(user->guest, in, sizeof(in), out, sizeof(out));
	*index = MLX5_GET(create_mkey_out, out, mkey_index);
	return status;
}

static void key_lies_in_a_umem(void **state)
{
	struct guest *guest = *state;
	struct user user = user_create(guest);
	uint64_t len = GUEST_PAGE - 1024;
	uint32_t key;

#define REFUSED(mode, in_umem, tph, len)                                                           \
	assert_int_equal(create_key(&user, MLX5_MKC_ACCESS_MODE_##mode, in_umem, tph, len, &key),  \
			 MLX5_CMD_STAT_BAD_PARAM_ERR)
	REFUSED(PA, false, false, len);
	REFUSED(PA, true, false, len);
	REFUSED(MTT, false, false, len);
	REFUSED(MTT, true, true, len);
	REFUSED(MTT, true, false, len + 1);
	REFUSED(MTT, true, false, UINT64_MAX);
#undef REFUSED
	assert_int_equal(guest_registered(guest, REGISTRY_OBJECT, "mkey"), 1); /* the driver's */
	assert_int_equal(create_key(&user, MLX5_MKC_ACCESS_MODE_MTT, true, false, len, &key),
			 MLX5_CMD_STAT_OK);
	assert_int_equal(as_user(guest, user.uid, MLX5_CMD_OP_DESTROY_UMEM, user.umem),
			 MLX5_CMD_STAT_RES_BUSY);
	assert_int_equal(as_user(guest, create_uctx(guest), MLX5_CMD_OP_DESTROY_MKEY, key),
			 MLX5_CMD_STAT_BAD_RES_ERR);
	assert_int_equal(as_user(guest, user.uid, MLX5_CMD_OP_DESTROY_MKEY, key), MLX5_CMD_STAT_OK);
	assert_int_equal(as_user(guest, user.uid, MLX5_CMD_OP_DESTROY_UMEM, user.umem),
			 MLX5_CMD_STAT_OK);
}

static uint8_t reserve_qpns(struct guest *guest, uint16_t uid, unsigned int log, uint32_t *qpn)
{
	uint8_t in[MLX5_ST_SZ_BYTES(general_obj_in_cmd_hdr)] = { 0 };
	uint8_t out[MLX5_ST_SZ_BYTES(general_obj_out_cmd_hdr)] = { 0 };
	uint8_t status;

	set_uid(in, uid);
	MLX5_SET(general_obj_in_cmd_hdr, in, opcode, MLX5_CMD_OP_CREATE_GENERAL_OBJECT);
	MLX5_SET(general_obj_in_cmd_hdr, in, obj_type, CX_OBJ_RESERVED_QPN);
	MLX5_SET(general_obj_in_cmd_hdr, in, op_param.create.log_obj_range, log);
	status = guest_try(guest, in, sizeof(in), out, sizeof(out));
	*qpn = MLX5_GET(general_obj_out_cmd_hdr, out, obj_id);
	return status;
}

static uint8_t destroy_object(struct guest *guest, uint16_t uid, uint16_t type, uint32_t id)
{
	uint8_t in[MLX5_ST_SZ_BYTES(general_obj_in_cmd_hdr)] = { 0 };
	uint8_t out[MLX5_ST_SZ_BYTES(general_obj_out_cmd_hdr)] = { 0 };

	set_uid(in, uid);
	MLX5_SET(general_obj_in_cmd_hdr, in, opcode, MLX5_CMD_OP_DESTROY_GENERAL_OBJECT);
	MLX5_SET(general_obj_in_cmd_hdr, in, obj_type, type);
	MLX5_SET(general_obj_in_cmd_hdr, in, obj_id, id);
	return guest_try(guest, in, sizeof(in), out, sizeof(out));
}

static uint8_t map_ah(struct guest *guest, uint16_t uid, uint32_t qpn, size_t len, uint32_t *id)
{
	uint8_t in[MLX5_ST_SZ_BYTES(ah_mapping_in)] = { 0 };
	uint8_t out[MLX5_ST_SZ_BYTES(general_obj_out_cmd_hdr)] = { 0 };
	uint8_t status;

	set_uid(in, uid);
	MLX5_SET(general_obj_in_cmd_hdr, in, opcode, MLX5_CMD_OP_CREATE_GENERAL_OBJECT);
	MLX5_SET(general_obj_in_cmd_hdr, in, obj_type, CX_OBJ_AH_MAPPING);
	MLX5_SET(ah_mapping_in, in, qpn, qpn);
	status = guest_try(guest, in, len, out, sizeof(out));
	*id = MLX5_GET(general_obj_out_cmd_hdr, out, obj_id);
	return status;
}

static void address_handle_is_mapped(void **state)
{
	struct guest *guest = *state;
	uint16_t uid = create_uctx(guest), other = create_uctx(guest);
	size_t len = MLX5_ST_SZ_BYTES(ah_mapping_in);
	uint32_t id;

	assert_int_equal(map_ah(guest, uid, 1, len - 4, &id), MLX5_CMD_STAT_BAD_INP_LEN_ERR);
	assert_int_equal(map_ah(guest, uid, 0, len, &id), MLX5_CMD_STAT_BAD_PARAM_ERR);
	assert_int_equal(map_ah(guest, uid, 1, len, &id), MLX5_CMD_STAT_OK);
	assert_int_equal(guest_registered(guest, REGISTRY_OBJECT, "ah_mapping"), 1);
	assert_int_equal(destroy_object(guest, other, CX_OBJ_AH_MAPPING, id),
			 MLX5_CMD_STAT_BAD_RES_ERR);
	assert_int_equal(destroy_uctx(guest, uid), MLX5_CMD_STAT_RES_BUSY);
	assert_int_equal(destroy_object(guest, uid, CX_OBJ_AH_MAPPING, id), MLX5_CMD_STAT_OK);
	assert_int_equal(destroy_object(guest, uid, CX_OBJ_AH_MAPPING, id),
			 MLX5_CMD_STAT_BAD_RES_ERR);
	assert_int_equal(destroy_uctx(guest, uid), MLX5_CMD_STAT_OK);
}

static void qp_numbers_are_reserved(void **state)
{
	struct guest *guest = *state;
	uint16_t uid = create_uctx(guest), other = create_uctx(guest);
	uint32_t first, second;

	assert_int_equal(reserve_qpns(guest, uid, CX_LOG_RESERVED_QPNS + 1, &first),
			 MLX5_CMD_STAT_BAD_PARAM_ERR);
	assert_int_equal(reserve_qpns(guest, uid, CX_LOG_RESERVED_QPNS, &first), MLX5_CMD_STAT_OK);
	assert_int_equal(reserve_qpns(guest, uid, CX_LOG_RESERVED_QPNS, &second), MLX5_CMD_STAT_OK);
	assert_true(second >= first + (1 << CX_LOG_RESERVED_QPNS));
	assert_true(second + (1 << CX_LOG_RESERVED_QPNS) <= 1 << 24);
	assert_int_equal(destroy_object(guest, other, CX_OBJ_RESERVED_QPN, first),
			 MLX5_CMD_STAT_BAD_RES_ERR);
	assert_int_equal(destroy_object(guest, uid, CX_OBJ_RESERVED_QPN, first + 1),
			 MLX5_CMD_STAT_BAD_RES_ERR);
	assert_int_equal(destroy_object(guest, uid, CX_OBJ_RESERVED_QPN + 1, first),
			 MLX5_CMD_STAT_BAD_PARAM_ERR);
	assert_int_equal(destroy_object(guest, uid, CX_OBJ_RESERVED_QPN, first), MLX5_CMD_STAT_OK);
	assert_int_equal(destroy_object(guest, uid, CX_OBJ_RESERVED_QPN, first),
			 MLX5_CMD_STAT_BAD_RES_ERR);
	assert_int_equal(destroy_uctx(guest, uid), MLX5_CMD_STAT_RES_BUSY);
	assert_int_equal(destroy_object(guest, uid, CX_OBJ_RESERVED_QPN, second), MLX5_CMD_STAT_OK);
	assert_int_equal(destroy_uctx(guest, uid), MLX5_CMD_STAT_OK);
}

static uint8_t set_rate(struct guest *guest, uint16_t uid, uint32_t index, uint32_t kbps)
{
	COMMAND(set_pp_rate_limit, SET_PP_RATE_LIMIT, 0);

	set_uid(in, uid);
	MLX5_SET(set_pp_rate_limit_in, in, rate_limit_index, index);
	MLX5_SET(set_pp_rate_limit_in, in, ctx.rate_limit, kbps);
	return guest_try(guest, in, sizeof(in), out, sizeof(out));
}

static uint32_t rate_index;

static void at_a_rate(void *in)
{
	MLX5_SET(qpc, MLX5_ADDR_OF(create_qp_in, in, qpc), packet_pacing_rate_limit_index,
		 rate_index);
}

static void qp_names_a_rate_of_its_own(void **state)
{
	struct guest *guest = *state;
	struct user user = user_create(guest);
	const struct cq_words cq = {
		.uid = user.uid,
		.eqn = create_shared_eq(guest),
		.uar = user.uar,
		.umem = user.umem,
		.record = user.record,
		.log_size = 4,
	};
	uint32_t cqn, qpn;

	assert_int_equal(create_cq_in_umem(guest, &cq, &cqn), MLX5_CMD_STAT_OK);
	assert_int_equal(set_rate(guest, user.uid, 0, 100), MLX5_CMD_STAT_BAD_PARAM_ERR);
	assert_int_equal(set_rate(guest, user.uid, CX_RATES, 100), MLX5_CMD_STAT_BAD_PARAM_ERR);
	assert_int_equal(set_rate(guest, user.uid, 1, CX_RATE_MAX + 1),
			 MLX5_CMD_STAT_BAD_PARAM_ERR);
	assert_int_equal(set_rate(guest, user.uid, 1, 100), MLX5_CMD_STAT_OK);
	assert_int_equal(set_rate(guest, MLX5_SHARED_RESOURCE_UID, 2, 100), MLX5_CMD_STAT_OK);
	assert_int_equal(set_rate(guest, create_uctx(guest), 3, 100), MLX5_CMD_STAT_OK);
	assert_int_equal(guest_registered(guest, REGISTRY_OBJECT, "rate_limit"), 3);

	for (rate_index = 3; rate_index <= CX_RATES; rate_index += CX_RATES - 3)
		assert_int_equal(create_qp_in_umem(&user, cqn, MLX5_QP_ST_RC, at_a_rate, &qpn),
				 MLX5_CMD_STAT_BAD_RES_ERR);
	for (rate_index = 1; rate_index <= 2; rate_index++) {
		assert_int_equal(create_qp_in_umem(&user, cqn, MLX5_QP_ST_RC, at_a_rate, &qpn),
				 MLX5_CMD_STAT_OK);
		assert_int_equal(set_rate(guest, CX_UID_DRIVER, rate_index, 0),
				 MLX5_CMD_STAT_RES_BUSY);
		assert_int_equal(as_user(guest, user.uid, MLX5_CMD_OP_DESTROY_QP, qpn),
				 MLX5_CMD_STAT_OK);
		assert_int_equal(set_rate(guest, CX_UID_DRIVER, rate_index, 0), MLX5_CMD_STAT_OK);
	}
	assert_int_equal(guest_registered(guest, REGISTRY_OBJECT, "rate_limit"), 1);
}

/* The driver's teardown destroys everything that users have left. */
static void teardown_leaves_nothing(void **state)
{
	struct guest *guest = *state;
	struct user user = user_create(guest);
	const struct cq_words cq = {
		.uid = user.uid,
		.eqn = create_shared_eq(guest),
		.uar = user.uar,
		.umem = user.umem,
		.record = user.record,
		.log_size = 4,
	};
	uint32_t cqn, qpn, key;

	assert_int_equal(create_cq_in_umem(guest, &cq, &cqn), MLX5_CMD_STAT_OK);
	assert_int_equal(create_qp_in_umem(&user, cqn, MLX5_QP_ST_UD, NULL, &qpn),
			 MLX5_CMD_STAT_OK);
	assert_int_equal(create_key(&user, MLX5_MKC_ACCESS_MODE_MTT, true, false, 64, &key),
			 MLX5_CMD_STAT_OK);
	assert_int_equal(guest_try_number(guest, MLX5_CMD_OP_TEARDOWN_HCA, 0), MLX5_CMD_STAT_OK);
	assert_int_equal(guest_registered(guest, REGISTRY_OBJECT, "user_context"), 0);
	assert_int_equal(guest_registered(guest, REGISTRY_OBJECT, "umem"), 0);
	assert_int_equal(guest_registered(guest, REGISTRY_OBJECT, "mkey"), 0);
	assert_int_equal(guest_registered(guest, REGISTRY_GAUGE, "queue_pages"), 0);
}

static uint8_t alloc_flow_counter(struct guest *guest, uint16_t uid, uint8_t bulk, uint8_t log_bulk,
				  uint32_t *counter)
{
	COMMAND(alloc_flow_counter, ALLOC_FLOW_COUNTER, 0);
	uint8_t status;

	set_uid(in, uid);
	MLX5_SET(alloc_flow_counter_in, in, flow_counter_bulk, bulk);
	MLX5_SET(alloc_flow_counter_in, in, flow_counter_bulk_log_size, log_bulk);
	status = guest_try(guest, in, sizeof(in), out, sizeof(out));
	*counter = MLX5_GET(alloc_flow_counter_out, out, flow_counter_id);
	return status;
}

/* @len: of the output; the values at its end have to be zero */
static uint8_t query_flow_counter(struct guest *guest, uint16_t uid, uint32_t counter,
				  uint16_t count, size_t len)
{
	static const uint8_t zeros[MLX5_ST_SZ_BYTES(traffic_counter)];
	uint8_t in[MLX5_ST_SZ_BYTES(query_flow_counter_in)] = { 0 };
	uint8_t out[MLX5_ST_SZ_BYTES(query_flow_counter_out) + sizeof(zeros)];
	uint8_t status;

	memset(out, 0xff, sizeof(out));
	MLX5_SET(query_flow_counter_in, in, opcode, MLX5_CMD_OP_QUERY_FLOW_COUNTER);
	MLX5_SET(query_flow_counter_in, in, flow_counter_id, counter);
	MLX5_SET(query_flow_counter_in, in, num_of_counters, count);
	set_uid(in, uid);
	status = guest_try(guest, in, sizeof(in), out, len);
	if (!status)
		assert_memory_equal(out + sizeof(out) - sizeof(zeros), zeros, sizeof(zeros));
	return status;
}

static void flow_counters_are_their_owners(void **state)
{
	const size_t len = MLX5_ST_SZ_BYTES(query_flow_counter_out) +
			   MLX5_ST_SZ_BYTES(traffic_counter);
	struct guest *guest = *state;
	uint16_t uid = create_uctx(guest), other = create_uctx(guest);
	uint32_t counter, none;

	assert_int_equal(alloc_flow_counter(guest, uid, 1, 0, &none), MLX5_CMD_STAT_BAD_PARAM_ERR);
	assert_int_equal(alloc_flow_counter(guest, uid, 0, 1, &none), MLX5_CMD_STAT_BAD_PARAM_ERR);
	assert_int_equal(alloc_flow_counter(guest, uid, 0, 0, &counter), MLX5_CMD_STAT_OK);
	assert_int_equal(guest_registered(guest, REGISTRY_OBJECT, "flow_counter"), 1);
	assert_int_equal(query_flow_counter(guest, uid, counter, 0, len), MLX5_CMD_STAT_OK);
	assert_int_equal(query_flow_counter(guest, uid, counter, 1, len), MLX5_CMD_STAT_OK);
	assert_int_equal(query_flow_counter(guest, uid, counter, 2, len),
			 MLX5_CMD_STAT_BAD_PARAM_ERR);
	assert_int_equal(query_flow_counter(guest, uid, counter, 1, len - 1),
			 MLX5_CMD_STAT_BAD_OUTP_LEN_ERR);
	assert_int_equal(query_flow_counter(guest, other, counter, 1, len),
			 MLX5_CMD_STAT_BAD_RES_ERR);
	assert_int_equal(as_user(guest, other, MLX5_CMD_OP_DEALLOC_FLOW_COUNTER, counter),
			 MLX5_CMD_STAT_BAD_RES_ERR);
	assert_int_equal(as_user(guest, uid, MLX5_CMD_OP_DEALLOC_FLOW_COUNTER, counter),
			 MLX5_CMD_STAT_OK);
	assert_int_equal(guest_registered(guest, REGISTRY_OBJECT, "flow_counter"), 0);
}

int main(void)
{
#define TEST(function) cmocka_unit_test_setup_teardown(function, guest_setup, guest_teardown)
	const struct CMUnitTest tests[] = {
		TEST(context_lives_as_long_as_its_objects),
		TEST(context_with_rights_that_are_not_offered_is_refused),
		TEST(objects_of_others_are_not_there),
		TEST(umem_with_a_bad_field_is_refused),
		TEST(cq_lies_in_a_umem),
		TEST(qp_lies_in_a_umem),
		TEST(rmp_lies_in_a_umem),
		TEST(flow_counters_are_their_owners),
		TEST(srq_of_a_user_is_refused),
		TEST(key_lies_in_a_umem),
		TEST(qp_numbers_are_reserved),
		TEST(address_handle_is_mapped),
		TEST(qp_names_a_rate_of_its_own),
		TEST(teardown_leaves_nothing),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
