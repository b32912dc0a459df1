// SPDX-License-Identifier: GPL-2.0 OR Linux-OpenIB
/*
 * Messages with headers of any content to a tag-matching SRQ, changes to its list of any content,
 * and its QPs in error, reset and destroyed in between.
 *
 * Input: actions of one byte each (enum action) with their arguments.
 */
#include <linux/mlx5/device.h>
#include <linux/mlx5/qp.h>

#include "connectx/device/device.h"
#include "connectx/device/objects.h"
#include "connectx/queue/cq.h"
#include "connectx/queue/srq.h"
#include "connectx/queue/tag_list.h"
#include "fuzz.h"
#include "input.h"
#include "tags.h"

#define TURNS_MAX	64
#define QPS		3

enum action {
	ACTION_CHANGE,  /* operation, flags, index, count, tag (1 each), length (2) */
	ACTION_SEND,    /* operation, tag (1 each), length (2), to fetch: key (1), length (2) */
	ACTION_WAITING, /* number (1): entries of the XRQ itself */
	ACTION_RECEIVE, /* by the sender: a notice */
	ACTION_ERROR,   /* QP (1): to error */
	ACTION_RESET,   /* all, to reset and up again */
	ACTION_RUN,
	ACTIONS,
};

/* Do all work that is pending or will be, and consume what has completed. */
static void run(struct tags *all)
{
	for (int i = 0; i < TURNS_MAX && engine_poll(all->guest->engine, UINT64_MAX) == 1; i++)
		;
	for (unsigned int i = 0; i < 2; i++)
		*(__be32 *)guest_ptr(all->guest, all->cq[i].dbr) = cpu_to_be32(
			cq_find(all->guest->nic, all->cq[i].cqn)->producer & 0xffffff);
}

static void change(struct tags *all, struct input *input)
{
	uint8_t operation = input_number(input, 1), flags = input_number(input, 1);
	uint8_t index = input_number(input, 1), count = input_number(input, 1);
	uint8_t tag = input_number(input, 1);

	tags_change(all, operation, flags, index, count, tag, input_number(input, 2));
}

static void send(struct tags *all, struct input *input)
{
	uint8_t *header = guest_ptr(all->guest, all->from);
	struct guest_wqe wqe;
	uint32_t len;

	header[0] = input_number(input, 1);
	*(__be64 *)(header + 8) = cpu_to_be64(input_number(input, 1));
	len = input_number(input, 2) % (TAGS_SIZE + 1);
	*(__be64 *)(header + 16) = cpu_to_be64(all->from);
	*(__be32 *)(header + 24) = cpu_to_be32(all->key + input_number(input, 1));
	*(__be32 *)(header + 28) = cpu_to_be32(input_number(input, 2));
	guest_wqe(&wqe, MLX5_OPCODE_SEND, GUEST_SIGNALED, 0);
	if (len)
		guest_wqe_data(&wqe, all->from, all->key, len);
	guest_post(all->guest, &all->sender, &wqe, false);
}

static struct guest_qp *pick_qp(struct tags *all, struct input *input)
{
	struct guest_qp *const qps[QPS] = { &all->sender, &all->receiver, &all->command };

	return qps[input_number(input, 1) % QPS];
}

static void reset(struct tags *all)
{
	struct guest_qp *const qps[QPS] = { &all->sender, &all->receiver, &all->command };

	for (unsigned int i = 0; i < QPS; i++) {
		guest_modify(all->guest, qps[i], MLX5_CMD_OP_2RST_QP);
		qps[i]->sq_posted = qps[i]->rq_posted = 0;
		memset(guest_ptr(all->guest, qps[i]->dbr), 0, 2 * sizeof(__be32));
	}
	tags_connect(all);
}

static void act(struct tags *all, struct input *input)
{
	switch (input_number(input, 1) % ACTIONS) {
	case ACTION_CHANGE:
		change(all, input);
		break;
	case ACTION_SEND:
		send(all, input);
		break;
	case ACTION_WAITING:
		tags_post_waiting(all, input_number(input, 1) % 4);
		break;
	case ACTION_RECEIVE:
		guest_post_recv(all->guest, &all->sender, all->waiting, all->key, TAGS_SIZE);
		break;
	case ACTION_ERROR:
		guest_modify(all->guest, pick_qp(all, input), MLX5_CMD_OP_2ERR_QP);
		break;
	case ACTION_RESET:
		reset(all);
		break;
	case ACTION_RUN:
		run(all);
		break;
	}
}

/* Each entry is in one place: listed, or taken, or neither. */
static void check(struct tags *all)
{
	struct tag_list *list = srq_find(all->guest->nic, all->xrqn)->tags;
	unsigned int listed = 0;
	struct tag_entry *entry;

	TAILQ_FOREACH(entry, &list->listed, link) {
		fuzz_assert(entry->state == TAG_LISTED);
		listed++;
	}
	for (unsigned int i = 0; i < list->size; i++) {
		fuzz_assert(list->entry[i].index == i);
		listed -= list->entry[i].state == TAG_LISTED;
	}
	fuzz_assert(!listed);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct input input = { data, size };
	struct tags all;

	tags_create(&all, MLX5_XRQC_OFFLOAD_RNDV);
	while (!input_ended(&input)) {
		act(&all, &input);
		check(&all);
	}
	/* without its QPs, nobody has taken an entry */
	guest_qp_destroy(all.guest, &all.receiver);
	check(&all);
	for (unsigned int i = 0; i < 1 << TAGS_LOG; i++)
		fuzz_assert(srq_find(all.guest->nic, all.xrqn)->tags->entry[i].state != TAG_TAKEN);
	objects_clear(all.guest->nic);
	fuzz_assert(!objects_count(all.guest->nic));
	tags_destroy(&all);
	return 0;
}
