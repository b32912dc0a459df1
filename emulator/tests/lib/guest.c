// SPDX-License-Identifier: GPL-2.0 OR Linux-OpenIB
#include "guest.h"

#include <linux/pci_regs.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>

#include "connectx/device/connectx.h"
#include "guest_command.h"
#include "guest_mkey.h"
#include "guest_queue.h"

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

	attr.name = GUEST_NIC;
	attr.lid = lid;
	attr.guid = connectx_defaults.guid + lid - connectx_defaults.lid;
	guest->nic = connectx_create(guest->engine, guest->fabric, guest->registry, &attr);
	assert_non_null(guest->nic);
	guest->fn = connectx_function(guest->nic);
	assert_int_equal(pci_config_write(guest->fn, PCI_COMMAND, &command, sizeof(command)), 0);
	assert_int_equal(fabric_map(guest->fn->port, GUEST_BASE, GUEST_END - GUEST_BASE, guest->ram,
				    true, true),
			 0);
	guest_bar_write32(guest, offsetof(struct mlx5_init_seg, cmdq_addr_h), GUEST_SLOTS >> 32);
	guest_bar_write32(guest, offsetof(struct mlx5_init_seg, cmdq_addr_l_sz),
			  (uint32_t)GUEST_SLOTS);
}

/* A guest whose driver has not been loaded yet. */
static struct guest *guest_create_off(uint16_t lid)
{
	struct guest *guest = calloc(1, sizeof(*guest));

	assert_non_null(guest);
	guest->ram = mmap(NULL, GUEST_END - GUEST_BASE, PROT_READ | PROT_WRITE,
			  MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	assert_ptr_not_equal(guest->ram, MAP_FAILED);
	guest->brk = GUEST_BASE;
	guest->engine = engine_create();
	guest->registry = registry_create();
	guest->fabric = fabric_create();
	assert_true(guest->engine && guest->registry && guest->fabric);
	engine_set_clock(guest->engine, 0);
	guest_add_peer(guest);
	guest_add_nic(guest, lid);
	return guest;
}

struct guest *guest_create_lid(uint16_t lid)
{
	struct guest *guest = guest_create_off(lid);

	assert_int_equal(guest_try_number(guest, MLX5_CMD_OP_ENABLE_HCA, 0), MLX5_CMD_STAT_OK);
	assert_int_equal(guest_try_number(guest, MLX5_CMD_OP_INIT_HCA, 0), MLX5_CMD_STAT_OK);
	guest->uar = guest_uar(guest);
	guest->pd = guest_pd(guest);
	guest->eqn = guest_eq(guest, ~(1ULL << MLX5_EVENT_TYPE_CMD), GUEST_LOG_EQ, &guest->eq);
	guest->dma_key = guest_mkey(guest, &(struct guest_mkey){
						   .pd = guest->pd,
						   .pa = true,
						   .access = GUEST_ACCESS,
						   .len = UINT64_MAX,
					   });
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
	munmap(guest->ram, GUEST_END - GUEST_BASE);
	free(guest);
}

int guest_setup(void **state)
{
	*state = guest_create();
	return 0;
}

int guest_setup_off(void **state)
{
	*state = guest_create_off(connectx_defaults.lid);
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
	assert_in_range(address, GUEST_BASE, GUEST_END - 1);
	return guest->ram + (address - GUEST_BASE);
}

uint32_t guest_bar_read32(struct guest *guest, uint64_t offset)
{
	__be32 value;

	assert_int_equal(pci_bar_read(guest->fn, 0, offset, &value, sizeof(value)), 0);
	return be32_to_cpu(value);
}

void guest_bar_write32(struct guest *guest, uint64_t offset, uint32_t value)
{
	__be32 bytes = cpu_to_be32(value);

	assert_int_equal(pci_bar_write(guest->fn, 0, offset, &bytes, sizeof(bytes)), 0);
}

void guest_doorbell(struct guest *guest, uint32_t number, uint32_t offset, uint32_t high,
		    uint32_t low)
{
	__be32 words[2] = { cpu_to_be32(high), cpu_to_be32(low) };

	assert_int_equal(pci_bar_write(guest->fn, 0, (uint64_t)number * GUEST_PAGE + offset, words,
				       sizeof(words)),
			 0);
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

uint64_t guest_registered(struct guest *guest, enum registry_kind kind, const char *name)
{
	struct lookup lookup = { .name = name };
	const struct registry_visitor visitor = { lookup_value, &lookup };

	registry_visit(guest->registry, kind, GUEST_NIC, &visitor);
	assert_true(lookup.found);
	return lookup.value;
}

uint64_t guest_now_ns(const struct guest *guest)
{
	return engine_now_ns(guest->engine);
}

void guest_run(struct guest *guest)
{
	while (engine_poll(guest->engine, 0) == 1)
		;
}

void guest_wait(struct guest *guest, uint64_t timeout_ns)
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

static uint8_t guest_pattern(size_t at, uint8_t seed)
{
	return (uint8_t)(at * 7 + (at >> 8) * 13 + seed);
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
