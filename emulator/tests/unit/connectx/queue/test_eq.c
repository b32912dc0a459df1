// SPDX-License-Identifier: GPL-2.0 OR Linux-OpenIB
/* Event queues, with what the data path calls. */
#include <errno.h>
#include <linux/pci_regs.h>
#include <sys/eventfd.h>
#include <unistd.h>

#include "connectx/device/device.h"
#include "connectx/queue/eq.h"
#include "guest_command.h"
#include "guest_queue.h"

#define EQ_ARM		0x40
#define EQ_UPDATE	0x48

/* Interrupts that vector 0 gave since the last call. */
static uint64_t interrupts(int fd)
{
	uint64_t count = 0;

	return read(fd, &count, sizeof(count)) == sizeof(count) ? count : 0;
}

static void eq_ring(struct guest *guest, uint32_t eqn, uint32_t consumer, uint32_t offset)
{
	guest_bar_write32(guest, (uint64_t)guest->uar * GUEST_PAGE + offset,
			  eqn << 24 | (consumer & 0xffffff));
}

/* Returns what vector 0 signals; the function closes it. */
static int enable_interrupts(struct guest *guest)
{
	const uint16_t enable = PCI_MSIX_FLAGS_ENABLE;
	int fd = eventfd(0, EFD_NONBLOCK);

	assert_true(fd >= 0);
	assert_int_equal(pci_config_write(guest->fn, guest->fn->msix.cap + PCI_MSIX_FLAGS, &enable,
					  sizeof(enable)),
			 0);
	assert_int_equal(pci_msix_set_eventfd(guest->fn, 0, fd), 0);
	return fd;
}

static void post_event(struct guest *guest, uint32_t eqn, int expected)
{
	struct eq *eq = eq_find(guest->nic, eqn);
	uint32_t data = 0;

	assert_non_null(eq);
	assert_int_equal(eq_post(guest->nic, eq, MLX5_EVENT_TYPE_PORT_CHANGE, 0, &data,
				 sizeof(data)),
			 expected);
}

static void armed_eq_interrupts_once(void **state)
{
	struct guest *guest = *state;
	int fd = enable_interrupts(guest);
	uint64_t ring;
	uint32_t eqn = guest_eq(guest, 0, 3, &ring);

	post_event(guest, eqn, 0);
	assert_int_equal(interrupts(fd), 0);
	/* armed with one entry unseen: at once */
	eq_ring(guest, eqn, 0, EQ_ARM);
	assert_int_equal(interrupts(fd), 1);
	post_event(guest, eqn, 0);
	assert_int_equal(interrupts(fd), 0);
	/* armed with all seen: at the next */
	eq_ring(guest, eqn, 2, EQ_ARM);
	assert_int_equal(interrupts(fd), 0);
	post_event(guest, eqn, 0);
	assert_int_equal(interrupts(fd), 1);
	/* updated without arming: not at all */
	eq_ring(guest, eqn, 3, EQ_UPDATE);
	post_event(guest, eqn, 0);
	assert_int_equal(interrupts(fd), 0);
}

static void eq_owner_bit_turns_with_each_round(void **state)
{
	struct guest *guest = *state;
	uint64_t ring;
	uint32_t eqn = guest_eq(guest, 0, 2, &ring);
	const struct mlx5_eqe *eqe = guest_ptr(guest, ring);

	for (uint32_t i = 0; i < 12; i++) {
		post_event(guest, eqn, 0);
		assert_int_equal(eqe[i & 3].owner, i >> 2 & 1);
		eq_ring(guest, eqn, i + 1, EQ_UPDATE);
	}
}

static uint8_t eq_status(struct guest *guest, uint32_t eqn)
{
	COMMAND(query_eq, QUERY_EQ, 0);

	MLX5_SET(query_eq_in, in, eq_number, eqn);
	assert_int_equal(guest_try(guest, in, sizeof(in), out, sizeof(out)), MLX5_CMD_STAT_OK);
	return MLX5_GET(query_eq_out, out, eq_context_entry.status);
}

static void full_eq_overflows_and_stays_so(void **state)
{
	struct guest *guest = *state;
	uint64_t ring;
	uint32_t eqn = guest_eq(guest, 0, 2, &ring);

	for (unsigned int i = 0; i < 4; i++)
		post_event(guest, eqn, 0);
	post_event(guest, eqn, -ENOSPC);
	eq_ring(guest, eqn, 4, EQ_ARM);
	post_event(guest, eqn, -ENOSPC);
	assert_int_equal(guest_registered(guest, REGISTRY_COUNTER, "eq_overruns"), 2);
	assert_int_equal(eq_status(guest, eqn), 0x9);
}

static void unwritable_eq_breaks_and_stays_so(void **state)
{
	struct guest *guest = *state;
	uint64_t ring;
	uint32_t eqn = guest_eq(guest, 0, 2, &ring);

	post_event(guest, eqn, 0);
	assert_int_equal(eq_status(guest, eqn), 0x0);
	eq_find(guest->nic, eqn)->buf.page[0] = 0xffffffffff000;
	post_event(guest, eqn, -EFAULT);
	eq_find(guest->nic, eqn)->buf.page[0] = ring;
	eq_ring(guest, eqn, 1, EQ_ARM);
	post_event(guest, eqn, -EFAULT);
	assert_int_equal(eq_status(guest, eqn), 0xa);
	assert_int_equal(guest_registered(guest, REGISTRY_COUNTER, "eq_access_errors"), 1);
	assert_int_equal(guest_registered(guest, REGISTRY_COUNTER, "eq_overruns"), 0);
	assert_int_equal(fabric_port_counters(guest->fn->port)->lost_writes, 1);
}

int main(void)
{
#define TEST(name)	cmocka_unit_test_setup_teardown(name, guest_setup, guest_teardown)
	const struct CMUnitTest tests[] = {
		TEST(armed_eq_interrupts_once),
		TEST(eq_owner_bit_turns_with_each_round),
		TEST(full_eq_overflows_and_stays_so),
		TEST(unwritable_eq_breaks_and_stays_so),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
