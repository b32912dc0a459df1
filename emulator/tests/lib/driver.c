// SPDX-License-Identifier: GPL-2.0 OR Linux-OpenIB
#include "driver.h"

#include <linux/pci_regs.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>

#define ISEG(field)	offsetof(struct mlx5_init_seg, field)
#define INLINE_BYTES	16
#define TOKEN		0x5a
#define OWNER_HW	1
#define LOG_EQ		6

void *ram_ptr(struct driver *driver, uint64_t address)
{
	assert_in_range(address, RAM_BASE, RAM_BASE + RAM_BYTES - 1);
	return driver->ram + (address - RAM_BASE);
}

uint64_t ram_alloc(struct driver *driver, uint64_t bytes)
{
	uint64_t address = driver->brk;

	driver->brk += (bytes + RAM_PAGE - 1) & ~(RAM_PAGE - 1);
	assert_true(driver->brk <= RAM_BASE + RAM_BYTES);
	memset(ram_ptr(driver, address), 0, bytes);
	return address;
}

uint32_t bar_read32(struct driver *driver, uint64_t offset)
{
	__be32 value;

	assert_int_equal(pci_bar_read(driver->fn, 0, offset, &value, sizeof(value)), 0);
	return be32_to_cpu(value);
}

void bar_write32(struct driver *driver, uint64_t offset, uint32_t value)
{
	__be32 bytes = cpu_to_be32(value);

	assert_int_equal(pci_bar_write(driver->fn, 0, offset, &bytes, sizeof(bytes)), 0);
}

void uar_write64(struct driver *driver, uint32_t number, uint32_t offset, uint32_t high,
		 uint32_t low)
{
	__be32 words[2] = { cpu_to_be32(high), cpu_to_be32(low) };

	assert_int_equal(pci_bar_write(driver->fn, 0, (uint64_t)number * RAM_PAGE + offset, words,
				       sizeof(words)),
			 0);
}

/* A chain of as many mailboxes as @len bytes behind the inline part need. */
static void mailboxes_fill(struct driver *driver, uint64_t first, const uint8_t *data, uint32_t len)
{
	for (uint32_t done = INLINE_BYTES, i = 0; done < len;
	     done += MLX5_CMD_DATA_BLOCK_SIZE, i++) {
		struct mlx5_cmd_prot_block *block = ram_ptr(driver, first + i * MAILBOX_STEP);
		uint32_t piece = len - done;

		if (piece > MLX5_CMD_DATA_BLOCK_SIZE)
			piece = MLX5_CMD_DATA_BLOCK_SIZE;
		memset(block, 0, sizeof(*block));
		if (data)
			memcpy(block->data, data + done, piece);
		block->next = cpu_to_be64(first + (i + 1) * MAILBOX_STEP);
		block->block_num = cpu_to_be32(i);
		block->token = TOKEN;
	}
}

static struct mlx5_cmd_layout *slot_ptr(struct driver *driver, unsigned int slot)
{
	return ram_ptr(driver, SLOTS + slot * sizeof(struct mlx5_cmd_layout));
}

struct mlx5_cmd_layout *slot_fill(struct driver *driver, unsigned int slot, const void *in,
				  uint32_t in_len, uint32_t out_len)
{
	struct mlx5_cmd_layout *layout = slot_ptr(driver, slot);

	memset(layout, 0, sizeof(*layout));
	layout->type = MLX5_PCI_CMD_XPORT;
	layout->inlen = cpu_to_be32(in_len);
	layout->outlen = cpu_to_be32(out_len);
	layout->in_ptr = cpu_to_be64(IN_MAILBOXES);
	layout->out_ptr = cpu_to_be64(OUT_MAILBOXES);
	layout->token = TOKEN;
	memcpy(layout->in, in, in_len < INLINE_BYTES ? in_len : INLINE_BYTES);
	mailboxes_fill(driver, IN_MAILBOXES, in, in_len);
	mailboxes_fill(driver, OUT_MAILBOXES, NULL, out_len);
	layout->status_own = OWNER_HW;
	return layout;
}

void slot_ring(struct driver *driver, unsigned int slot)
{
	bar_write32(driver, ISEG(cmd_dbell), 1U << slot);
}

bool slot_done(struct driver *driver, unsigned int slot)
{
	return !(slot_ptr(driver, slot)->status_own & OWNER_HW);
}

void slot_output(struct driver *driver, unsigned int slot, void *out, uint32_t out_len)
{
	uint8_t *bytes = out;

	memcpy(bytes, slot_ptr(driver, slot)->out, out_len < INLINE_BYTES ? out_len : INLINE_BYTES);
	for (uint32_t done = INLINE_BYTES, i = 0; done < out_len; i++) {
		const struct mlx5_cmd_prot_block *block = ram_ptr(driver,
								  OUT_MAILBOXES + i * MAILBOX_STEP);
		uint32_t piece = out_len - done;

		if (piece > MLX5_CMD_DATA_BLOCK_SIZE)
			piece = MLX5_CMD_DATA_BLOCK_SIZE;
		memcpy(bytes + done, block->data, piece);
		done += piece;
	}
}

uint8_t command(struct driver *driver, const void *in, uint32_t in_len, void *out, uint32_t out_len)
{
	slot_fill(driver, 0, in, in_len, out_len);
	slot_ring(driver, 0);
	assert_true(slot_done(driver, 0));
	driver->delivery = slot_ptr(driver, 0)->status_own >> 1;
	slot_output(driver, 0, out, out_len);
	driver->syndrome = MLX5_GET(alloc_pd_out, out, syndrome);
	return MLX5_GET(alloc_pd_out, out, status);
}

uint8_t command_number(struct driver *driver, uint16_t opcode, uint32_t number)
{
	uint32_t in[8] = { 0 }, out[4]; /* the longest of them is INIT_HCA */

	MLX5_SET(destroy_qp_in, in, opcode, opcode);
	MLX5_SET(destroy_qp_in, in, qpn, number);
	return command(driver, in, sizeof(in), out, sizeof(out));
}

uint32_t alloc_pd(struct driver *driver)
{
	COMMAND(alloc_pd, ALLOC_PD, 0);

	assert_int_equal(command(driver, in, sizeof(in), out, sizeof(out)), MLX5_CMD_STAT_OK);
	return MLX5_GET(alloc_pd_out, out, pd);
}

uint32_t alloc_uar(struct driver *driver)
{
	COMMAND(alloc_uar, ALLOC_UAR, 0);

	assert_int_equal(command(driver, in, sizeof(in), out, sizeof(out)), MLX5_CMD_STAT_OK);
	return MLX5_GET(alloc_uar_out, out, uar);
}

uint32_t alloc_xrcd(struct driver *driver)
{
	COMMAND(alloc_xrcd, ALLOC_XRCD, 0);

	assert_int_equal(command(driver, in, sizeof(in), out, sizeof(out)), MLX5_CMD_STAT_OK);
	return MLX5_GET(alloc_xrcd_out, out, xrcd);
}

uint32_t create_eq(struct driver *driver, uint64_t mask, unsigned int log_size, uint64_t *ring)
{
	COMMAND(create_eq, CREATE_EQ, 1);
	void *eqc = MLX5_ADDR_OF(create_eq_in, in, eq_context_entry);
	__be64 *pas = MLX5_ADDR_OF(create_eq_in, in, pas);

	*ring = ram_alloc(driver, sizeof(struct mlx5_eqe) << log_size);
	for (unsigned int i = 0; i < 1U << log_size; i++)
		((struct mlx5_eqe *)ram_ptr(driver, *ring))[i].owner = 1;
	MLX5_SET(eqc, eqc, log_eq_size, log_size);
	MLX5_SET(eqc, eqc, uar_page, driver->uar);
	MLX5_ARRAY_SET64(create_eq_in, in, event_bitmask, 0, mask);
	*pas = cpu_to_be64(*ring);
	assert_int_equal(command(driver, in, sizeof(in), out, sizeof(out)), MLX5_CMD_STAT_OK);
	return MLX5_GET(create_eq_out, out, eq_number);
}

uint8_t try_create_cq(struct driver *driver, struct test_cq *cq, unsigned int log_size)
{
	COMMAND(create_cq, CREATE_CQ, 1);
	void *cqc = MLX5_ADDR_OF(create_cq_in, in, cq_context);
	__be64 *pas = MLX5_ADDR_OF(create_cq_in, in, pas);
	uint8_t status;

	cq->ring = ram_alloc(driver, RAM_PAGE);
	cq->dbr = ram_alloc(driver, RAM_PAGE);
	cq->log_size = log_size;
	MLX5_SET(cqc, cqc, log_cq_size, log_size);
	MLX5_SET(cqc, cqc, uar_page, driver->uar);
	MLX5_SET(cqc, cqc, c_eqn_or_apu_element, driver->eqn);
	MLX5_SET64(cqc, cqc, dbr_addr, cq->dbr);
	*pas = cpu_to_be64(cq->ring);
	status = command(driver, in, sizeof(in), out, sizeof(out));
	cq->cqn = MLX5_GET(create_cq_out, out, cqn);
	return status;
}

void create_cq(struct driver *driver, struct test_cq *cq, unsigned int log_size)
{
	assert_int_equal(try_create_cq(driver, cq, log_size), MLX5_CMD_STAT_OK);
}

uint8_t try_create_qp(struct driver *driver, const struct test_qp_attr *attr, uint32_t *qpn)
{
	COMMAND(create_qp, CREATE_QP, 4);
	void *qpc = MLX5_ADDR_OF(create_qp_in, in, qpc);
	__be64 *pas = MLX5_ADDR_OF(create_qp_in, in, pas);
	uint64_t ring = ram_alloc(driver, 4 * RAM_PAGE);
	uint8_t status;

	MLX5_SET(qpc, qpc, st, attr->service);
	MLX5_SET(qpc, qpc, pd, attr->pd);
	MLX5_SET(qpc, qpc, uar_page, attr->uar);
	MLX5_SET(qpc, qpc, cqn_snd, attr->send_cqn);
	MLX5_SET(qpc, qpc, cqn_rcv, attr->recv_cqn);
	MLX5_SET(qpc, qpc, rq_type, attr->rq_type);
	MLX5_SET(qpc, qpc, srqn_rmpn_xrqn, attr->srqn);
	MLX5_SET(qpc, qpc, xrcd, attr->xrcd);
	MLX5_SET(qpc, qpc, log_sq_size, attr->log_sq);
	MLX5_SET(qpc, qpc, log_rq_size, attr->log_rq);
	MLX5_SET(qpc, qpc, no_sq, attr->no_sq);
	MLX5_SET64(qpc, qpc, dbr_addr, ram_alloc(driver, RAM_PAGE));
	for (unsigned int i = 0; i < 4; i++)
		pas[i] = cpu_to_be64(ring + i * RAM_PAGE);
	status = command(driver, in, sizeof(in), out, sizeof(out));
	*qpn = MLX5_GET(create_qp_out, out, qpn);
	return status;
}

uint32_t create_rc_qp(struct driver *driver, const struct test_cq *cq)
{
	const struct test_qp_attr attr = {
		.service = MLX5_QP_ST_RC,
		.pd = driver->pd,
		.uar = driver->uar,
		.send_cqn = cq->cqn,
		.recv_cqn = cq->cqn,
		.rq_type = MLX5_NON_ZERO_RQ,
		.log_sq = 3,
		.log_rq = 3,
	};
	uint32_t qpn;

	assert_int_equal(try_create_qp(driver, &attr, &qpn), MLX5_CMD_STAT_OK);
	return qpn;
}

uint8_t modify_qp(struct driver *driver, uint32_t qpn, uint16_t opcode)
{
	uint8_t in[MLX5_ST_SZ_BYTES(init2rtr_qp_in)] = { 0 };
	uint8_t out[MLX5_ST_SZ_BYTES(init2rtr_qp_out)];
	void *qpc = MLX5_ADDR_OF(init2rtr_qp_in, in, qpc);

	MLX5_SET(init2rtr_qp_in, in, opcode, opcode);
	MLX5_SET(init2rtr_qp_in, in, qpn, qpn);
	MLX5_SET(qpc, qpc, mtu, 5);
	MLX5_SET(qpc, qpc, log_msg_max, 30);
	MLX5_SET(ads, MLX5_ADDR_OF(qpc, qpc, primary_address_path), vhca_port_num, 1);
	return command(driver, in, sizeof(in), out, sizeof(out));
}

uint8_t query_qp_state(struct driver *driver, uint32_t qpn)
{
	COMMAND(query_qp, QUERY_QP, 0);

	MLX5_SET(query_qp_in, in, qpn, qpn);
	assert_int_equal(command(driver, in, sizeof(in), out, sizeof(out)), MLX5_CMD_STAT_OK);
	return MLX5_GET(qpc, MLX5_ADDR_OF(query_qp_out, out, qpc), state);
}

const struct mlx5_eqe *next_event(struct driver *driver)
{
	const struct mlx5_eqe *eqe = ram_ptr(driver, driver->eq);

	eqe += driver->events & ((1 << LOG_EQ) - 1);
	if ((eqe->owner ^ driver->events >> LOG_EQ) & 1)
		return NULL;
	driver->events++;
	return eqe;
}

void expect_no_event(struct driver *driver)
{
	assert_null(next_event(driver));
}

struct lookup {
	const char *name;
	uint64_t value;
	bool found;
};

static void lookup_value(void *context, const char *device, const char *name, uint64_t value)
{
	struct lookup *lookup = context;

	(void)device;
	if (strcmp(name, lookup->name))
		return;
	lookup->value = value;
	lookup->found = true;
}

uint64_t registered(struct driver *driver, enum registry_kind kind, const char *name)
{
	struct lookup lookup = { .name = name };
	const struct registry_visitor visitor = { lookup_value, &lookup };

	registry_visit(driver->registry, kind, "nic0", &visitor);
	assert_true(lookup.found);
	return lookup.value;
}

int driver_setup(void **state)
{
	struct driver *driver = calloc(1, sizeof(*driver));
	const uint16_t enable = PCI_COMMAND_MEMORY | PCI_COMMAND_MASTER;
	struct connectx_attr attr = connectx_defaults;

	assert_non_null(driver);
	attr.name = "nic0";
	driver->ram = mmap(NULL, RAM_BYTES, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1,
			   0);
	assert_ptr_not_equal(driver->ram, MAP_FAILED);
	driver->brk = RAM_FREE;
	driver->engine = engine_create();
	assert_non_null(driver->engine);
	engine_set_clock(driver->engine, 0);
	driver->registry = registry_create();
	driver->fabric = fabric_create();
	driver->nic = connectx_create(driver->engine, driver->fabric, driver->registry, &attr);
	assert_non_null(driver->nic);
	driver->fn = connectx_function(driver->nic);
	assert_int_equal(pci_config_write(driver->fn, PCI_COMMAND, &enable, sizeof(enable)), 0);
	assert_int_equal(fabric_map(driver->fn->port, RAM_BASE, RAM_BYTES, driver->ram, true, true),
			 0);
	bar_write32(driver, ISEG(cmdq_addr_h), SLOTS >> 32);
	bar_write32(driver, ISEG(cmdq_addr_l_sz), (uint32_t)SLOTS);
	*state = driver;
	return 0;
}

int driver_setup_up(void **state)
{
	struct driver *driver;

	driver_setup(state);
	driver = *state;
	assert_int_equal(command_number(driver, MLX5_CMD_OP_ENABLE_HCA, 0), MLX5_CMD_STAT_OK);
	assert_int_equal(command_number(driver, MLX5_CMD_OP_INIT_HCA, 0), MLX5_CMD_STAT_OK);
	driver->uar = alloc_uar(driver);
	driver->pd = alloc_pd(driver);
	/* Everything but command completions: the tests poll. */
	driver->eqn = create_eq(driver, ~(1ULL << MLX5_EVENT_TYPE_CMD), LOG_EQ, &driver->eq);
	return 0;
}

int driver_teardown(void **state)
{
	struct driver *driver = *state;

	connectx_destroy(driver->nic);
	fabric_destroy(driver->fabric);
	registry_destroy(driver->registry);
	engine_destroy(driver->engine);
	munmap(driver->ram, RAM_BYTES);
	free(driver);
	return 0;
}
