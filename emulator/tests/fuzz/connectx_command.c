// SPDX-License-Identifier: GPL-2.0 OR Linux-OpenIB
/*
 * A hostile driver: commands in mailboxes, and writes to doorbells, to guest memory and to
 * configuration space, in any order. It starts with a UAR, a PD, an EQ, a key of all memory and two
 * RC QPs that are connected to each other.
 *
 * Input: actions of one byte each (enum action) with their arguments.
 */
#include <linux/mlx5/device.h>

#include "connectx/device/cmd_table.h"
#include "connectx/device/device.h"
#include "connectx/device/objects.h"
#include "connectx/queue/uar.h"
#include "fuzz.h"
#include "guest_queue.h"
#include "input.h"
#include "util/macros.h"

#define BODY_MAX	6000	/* bytes of a command */
#define BLOCK_STEP	1024	/* where mailboxes are: a block and its header, aligned */
#define BLOCKS_MAX	16
#define TURNS_MAX	64	/* of the engine, for each action */

enum action {
	ACTION_COMMAND,  /* opcode's place in the table (1), length (2), the rest */
	ACTION_MEMORY,   /* offset (3), length (1), bytes */
	ACTION_DOORBELL, /* offset in BAR0 (3), 8 bytes */
	ACTION_SLOTS,    /* command slots as they are in memory: which (4) */
	ACTION_CONFIG,   /* offset (2), 4 bytes */
	ACTION_RUN,      /* time passes: what waits for its end goes on */
	ACTIONS,
};

struct driver {
	struct guest *guest;
	struct guest_cq cq[2];
	struct guest_qp qp[2];
	uint64_t slots, in, out; /* bus addresses */
};

static const struct cmd_op *ops[256];
static unsigned int num_ops;

/* All commands that the device knows, in order of opcodes */
static void find_ops(void)
{
	for (uint32_t opcode = 0; opcode <= UINT16_MAX && !num_ops; opcode++)
		if (cmd_op_find(opcode))
			ops[num_ops++] = cmd_op_find(opcode);
	for (uint32_t opcode = ops[0]->opcode + 1; opcode <= UINT16_MAX; opcode++)
		if (cmd_op_find(opcode)) {
			fuzz_assert(num_ops < ARRAY_SIZE(ops));
			ops[num_ops++] = cmd_op_find(opcode);
		}
}

/* Do all work that is pending, and let up to @wait_ns pass until the next of it is due. */
static void run(struct driver *driver, uint64_t wait_ns)
{
	for (int i = 0; i < TURNS_MAX && engine_poll(driver->guest->engine, wait_ns) == 1; i++)
		;
}

/* Chain all mailboxes at @address; the lengths in the slot decide how many are used. */
static void link_mailboxes(struct driver *driver, uint64_t address, const uint8_t *data, size_t len)
{
	for (unsigned int i = 0; i < BLOCKS_MAX; i++) {
		struct mlx5_cmd_prot_block *block = guest_ptr(driver->guest,
							      address + i * BLOCK_STEP);
		size_t piece = len < sizeof(block->data) ? len : sizeof(block->data);

		*block = (struct mlx5_cmd_prot_block){
			.next = cpu_to_be64(address + (i + 1) * BLOCK_STEP),
			.block_num = cpu_to_be32(i),
		};
		memcpy(block->data, data, piece);
		data += piece;
		len -= piece;
	}
}

static void command(struct driver *driver, struct input *input)
{
	const struct cmd_op *op = ops[input_number(input, 1) % num_ops];
	struct mlx5_cmd_layout *slot = guest_ptr(driver->guest, driver->slots);
	uint8_t body[BODY_MAX] = { op->opcode >> 8, op->opcode & 0xff };
	size_t len = input_number(input, 2) % (sizeof(body) - 2), taken;
	const uint8_t *bytes = input_bytes(input, len, &taken);

	memcpy(body + 2, bytes, taken);
	len = taken + 2;
	if (len < op->min_in)
		len = op->min_in;
	link_mailboxes(driver, driver->in, body + sizeof(slot->in),
		       sizeof(body) - sizeof(slot->in));
	link_mailboxes(driver, driver->out, body, 0);
	*slot = (struct mlx5_cmd_layout){
		.type = MLX5_PCI_CMD_XPORT,
		.inlen = cpu_to_be32(len),
		.in_ptr = cpu_to_be64(driver->in),
		.out_ptr = cpu_to_be64(driver->out),
		.outlen = cpu_to_be32(op->min_out + 64),
		.status_own = 1,
	};
	memcpy(slot->in, body, sizeof(slot->in));
	cmd_doorbell(driver->guest->nic, 1);
	run(driver, 0);
}

static void store(struct driver *driver, struct input *input)
{
	uint64_t offset = input_number(input, 3) % (GUEST_RAM - UINT8_MAX);
	size_t len = input_number(input, 1);
	const uint8_t *bytes = input_bytes(input, len, &len);

	memcpy(driver->guest->ram + offset, bytes, len);
}

static void doorbell(struct driver *driver, struct input *input)
{
	uint64_t offset = input_number(input, 3), value = input_number(input, 8);

	pci_bar_write(&driver->guest->nic->fn, 0, offset & ~7ull, &value, sizeof(value));
	pci_bar_write(&driver->guest->nic->fn, 0, offset & ~3ull, &value, 4);
	run(driver, 0);
}

static void configure(struct driver *driver, struct input *input)
{
	uint16_t offset = input_number(input, 2);
	uint32_t value = input_number(input, 4);

	pci_config_write(&driver->guest->nic->fn, offset, &value, sizeof(value));
}

static void act(struct driver *driver, struct input *input)
{
	switch (input_number(input, 1) % ACTIONS) {
	case ACTION_COMMAND:
		command(driver, input);
		break;
	case ACTION_MEMORY:
		store(driver, input);
		break;
	case ACTION_DOORBELL:
		doorbell(driver, input);
		break;
	case ACTION_SLOTS:
		cmd_doorbell(driver->guest->nic, input_number(input, 4));
		run(driver, 0);
		break;
	case ACTION_CONFIG:
		configure(driver, input);
		break;
	case ACTION_RUN:
		run(driver, UINT64_MAX);
		break;
	}
}

static void start(struct driver *driver)
{
	driver->guest = guest_create();
	driver->slots = guest_alloc(driver->guest, GUEST_PAGE);
	driver->in = guest_alloc(driver->guest, (BLOCKS_MAX + 1) * BLOCK_STEP);
	driver->out = guest_alloc(driver->guest, (BLOCKS_MAX + 1) * BLOCK_STEP);
	guest_pair(driver->guest, driver->qp, driver->cq);
	driver->guest->nic->cmd.address = driver->slots;
}

static void tear_down(struct driver *driver)
{
	struct connectx *nic = driver->guest->nic;

	objects_clear(nic);
	fuzz_assert(!objects_count(nic));
	fuzz_assert(!nic->memory->mkeys.xlt_bytes);
	guest_destroy(driver->guest);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct input input = { data, size };
	struct driver driver = { 0 };

	if (!num_ops)
		find_ops();
	start(&driver);
	while (!input_ended(&input))
		act(&driver, &input);
	tear_down(&driver);
	return 0;
}
