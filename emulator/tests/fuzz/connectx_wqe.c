// SPDX-License-Identifier: GPL-2.0 OR Linux-OpenIB
/*
 * Work queue entries of any content, sent and received by two RC QPs that are connected to each
 * other and by the driver's UMR queue, with keys of every kind at hand.
 *
 * Input: actions of one byte each (enum action) with their arguments.
 */
#include <linux/mlx5/device.h>
#include <linux/mlx5/qp.h>

#include "connectx/device/device.h"
#include "connectx/device/objects.h"
#include "fuzz.h"
#include "guest_mkey.h"
#include "guest_wqe.h"
#include "input.h"

#define TURNS_MAX	64
#define QPS		3	/* the pair and the UMR queue */
#define RING_BYTES	(64 << GUEST_LOG_SQ)

enum action {
	ACTION_SEND,    /* QP (1), length (2), bytes: to the send queue, and ring */
	ACTION_RECEIVE, /* QP (1), length (1), bytes: to the receive queue */
	ACTION_RECORD,  /* QP (1), which (1), counter (2): to the doorbell record */
	ACTION_RESET,   /* QP (1): to reset and up again */
	ACTION_RUN,     /* time passes: what waits for its end goes on */
	ACTIONS,
};

struct driver {
	struct guest *guest;
	struct guest_cq cq[QPS];
	struct guest_qp qp[QPS];
	uint32_t keys[7];
};

/* Do all work that is pending, and let up to @wait_ns pass until the next of it is due. */
static void run(struct driver *driver, uint64_t wait_ns)
{
	for (int i = 0; i < TURNS_MAX && engine_poll(driver->guest->engine, wait_ns) == 1; i++)
		;
}

/*
 * Keys are numbered in the order they are made, so inputs can name them. Their memory begins at
 * GUEST_BASE, where the EQ is: data may land in rings, as it may on real hardware.
 */
static void make_keys(struct driver *driver)
{
	struct guest *guest = driver->guest;
	const uint64_t pages[] = { GUEST_BASE, GUEST_BASE + GUEST_PAGE, 0, GUEST_PEER };
	struct mkey *sparse;

	driver->keys[0] = guest_mr(guest, GUEST_BASE + 0x400000, 0x10000, GUEST_ACCESS);
	driver->keys[1] = guest_mkey(guest, &(struct guest_mkey){
						    .pd = guest->pd,
						    .access = GUEST_ACCESS,
						    .page_shift = 12,
						    .start = 0x1000,
						    .len = 0x4000,
						    .octowords = 4,
						    .umr = true,
						    .pages = pages,
						    .num_pages = 4,
					    });
	/* One page can only be read, one is not there, as after an exporter moved its buffer. */
	sparse = mkey_find(&guest->nic->memory->mkeys, driver->keys[1] >> 8);
	sparse->xlt[1] &= ~MKEY_PTAG_WRITE;
	sparse->xlt[2] = 0;
	driver->keys[2] = guest_mkey(guest, &(struct guest_mkey){
						    .pd = guest->pd,
						    .access = GUEST_ACCESS,
						    .pa = true,
						    .len = UINT64_MAX,
						    .tph = true,
						    .ph = 2,
						    .st_index = 1,
					    });
	driver->keys[3] = guest_mkey(guest, &(struct guest_mkey){
						    .pd = guest->pd,
						    .access = GUEST_ACCESS,
						    .page_shift = 12,
						    .octowords = 64,
						    .umr = true,
						    .free = true,
					    });
}

/* Lists of keys, which also lead to each other, and a window that any QP may bind. */
static void make_lists(struct driver *driver)
{
	struct guest *guest = driver->guest;
	const struct guest_klm klms[] = {
		{ 100, driver->keys[1], 0x1000 },
		{ 24, 0x400, 5ULL << 32 | 2 }, /* a strided block of two streams */
		{ 40 << 16 | 16, driver->keys[0], GUEST_BASE + 0x400000 },
		{ 12 << 16 | 8, driver->keys[1], 0x4000 },
		{ GUEST_PAGE, driver->keys[3] + 0x200, 0 }, /* the list of equal pieces */
		{ GUEST_PAGE, MKEY_NULL, 0 },
	};
	const struct guest_klm pieces[] = {
		{ 0, driver->keys[0], GUEST_BASE + 0x404000 },
		{ 0, driver->keys[3] + 0x100, 0 }, /* the list above */
		{ 0, driver->keys[0], GUEST_BASE + 0x40c000 },
	};

	driver->keys[4] = guest_mkey(guest, &(struct guest_mkey){
						    .pd = guest->pd,
						    .access = GUEST_ACCESS,
						    .klm = true,
						    .len = 4 * GUEST_PAGE,
						    .octowords = 6,
						    .umr = true,
						    .klms = klms,
						    .num_klms = 6,
					    });
	driver->keys[5] = guest_mkey(guest, &(struct guest_mkey){
						    .pd = guest->pd,
						    .access = GUEST_ACCESS,
						    .ksm = true,
						    .page_shift = 12,
						    .len = 3 * GUEST_PAGE,
						    .octowords = 3,
						    .umr = true,
						    .klms = pieces,
						    .num_klms = 3,
					    });
	driver->keys[6] = guest_mkey(guest, &(struct guest_mkey){
						    .pd = guest->pd,
						    .access = MKEY_LOCAL_READ,
						    .klm = true,
						    .octowords = 8,
						    .umr = true,
						    .free = true,
						    .remote_invalidate = true,
					    });
}

static void start(struct driver *driver)
{
	const struct guest_path path = { .retry_count = 1 };
	struct guest *guest = driver->guest = guest_create();

	guest->nic->queues->faults.enabled = true;
	make_keys(driver);
	make_lists(driver);
	guest_pair(guest, driver->qp, driver->cq);
	guest_cq(guest, &driver->cq[2]);
	guest_qp(guest, &driver->qp[2], &driver->cq[2], MLX5_QP_ST_REG_UMR);
	guest_connect(guest, &driver->qp[2], &path);
}

static struct guest_qp *pick_qp(struct driver *driver, struct input *input)
{
	return &driver->qp[input_number(input, 1) % QPS];
}

static void send(struct driver *driver, struct input *input)
{
	struct guest_qp *qp = pick_qp(driver, input);
	uint8_t *ring = guest_ptr(driver->guest, qp->buf + GUEST_RQ_BYTES);
	__be32 *record = guest_ptr(driver->guest, qp->dbr);
	size_t len = input_number(input, 2) % (RING_BYTES + 1);
	const uint8_t *bytes = input_bytes(input, len, &len);

	for (size_t at = 0; at < len; at += 64) {
		size_t piece = len - at < 64 ? len - at : 64;

		memcpy(ring + (qp->sq_posted++ & ((1 << GUEST_LOG_SQ) - 1)) * 64, bytes + at,
		       piece);
	}
	record[MLX5_SND_DBR] = cpu_to_be32(qp->sq_posted);
	guest_ring(driver->guest, qp);
	run(driver, 0);
}

static void receive(struct driver *driver, struct input *input)
{
	struct guest_qp *qp = pick_qp(driver, input);
	uint64_t slot = qp->rq_posted++ & ((1 << GUEST_LOG_RQ) - 1);
	size_t len = input_number(input, 1) & ((1 << GUEST_LOG_RQ_STRIDE) - 1);
	const uint8_t *bytes = input_bytes(input, len, &len);
	__be32 *record = guest_ptr(driver->guest, qp->dbr);

	memcpy(guest_ptr(driver->guest, qp->buf + (slot << GUEST_LOG_RQ_STRIDE)), bytes, len);
	record[MLX5_RCV_DBR] = cpu_to_be32(qp->rq_posted);
}

static void set_record(struct driver *driver, struct input *input)
{
	struct guest_qp *qp = pick_qp(driver, input);
	__be32 *record = guest_ptr(driver->guest, qp->dbr);
	unsigned int which = input_number(input, 1) % 2;
	uint16_t counter = input_number(input, 2);

	record[which] = cpu_to_be32(counter);
	if (which == MLX5_SND_DBR)
		qp->sq_posted = counter;
	else
		qp->rq_posted = counter;
	guest_ring(driver->guest, qp);
	run(driver, 0);
}

static void reset(struct driver *driver, struct input *input)
{
	struct guest_path path = { .retry_count = 1, .rnr_retry = 1, .min_rnr_nak = 1 };
	unsigned int index = input_number(input, 1) % QPS;
	struct guest_qp *qp = &driver->qp[index];

	if (index < 2)
		path.remote_qpn = driver->qp[!index].qpn;
	guest_modify(driver->guest, qp, MLX5_CMD_OP_2RST_QP);
	qp->sq_posted = qp->rq_posted = 0;
	memset(guest_ptr(driver->guest, qp->dbr), 0, 2 * sizeof(__be32));
	guest_connect(driver->guest, qp, &path);
}

static void act(struct driver *driver, struct input *input)
{
	switch (input_number(input, 1) % ACTIONS) {
	case ACTION_SEND:
		send(driver, input);
		break;
	case ACTION_RECEIVE:
		receive(driver, input);
		break;
	case ACTION_RECORD:
		set_record(driver, input);
		break;
	case ACTION_RESET:
		reset(driver, input);
		break;
	case ACTION_RUN:
		run(driver, UINT64_MAX);
		break;
	}
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct input input = { data, size };
	struct driver driver = { 0 };

	start(&driver);
	while (!input_ended(&input))
		act(&driver, &input);
	objects_clear(driver.guest->nic);
	fuzz_assert(!objects_count(driver.guest->nic));
	guest_destroy(driver.guest);
	return 0;
}
