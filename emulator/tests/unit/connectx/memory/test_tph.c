// SPDX-License-Identifier: GPL-2.0 OR Linux-OpenIB
/* From a key's TPH fields to what a peer sees on the bus, through writes, reads and atomics. */
#include <string.h>

#include <linux/pci_regs.h>

#include "connectx/device/connectx.h"
#include "connectx/memory/tph.h"
#include "connectx/queue/completion.h"
#include "guest_mkey.h"
#include "guest_wqe.h"
#include "util/macros.h"

#define INDEX	5
#define ST	0x12f0
#define PH	2

struct tph {
	struct guest *guest;
	struct guest_qp qp[2];
	struct guest_cq cq[2];
	uint64_t local;
	uint32_t lkey, rkey; /* rkey: the peer's BAR, with TPH */
};

static uint32_t peer_key(struct guest *guest, bool tph, uint8_t index)
{
	uint64_t pages[GUEST_PEER_SIZE / GUEST_PAGE];

	for (unsigned int i = 0; i < ARRAY_SIZE(pages); i++)
		pages[i] = GUEST_PEER + i * GUEST_PAGE;
	return guest_mkey(guest, &(struct guest_mkey){
					 .pd = guest->pd,
					 .access = GUEST_ACCESS,
					 .page_shift = 12,
					 .start = GUEST_PEER,
					 .len = GUEST_PEER_SIZE,
					 .octowords = 8,
					 .pages = pages,
					 .num_pages = 16,
					 .tph = tph,
					 .ph = PH,
					 .st_index = index,
				 });
}

static unsigned int control_offset(const struct tph *tph)
{
	assert_true(tph->guest->nic->fn.tph_cap);
	return tph->guest->nic->fn.tph_cap + PCI_TPH_CTRL;
}

/* @requester: PCI_TPH_REQ_*, @mode: PCI_TPH_ST_* */
static void control(struct tph *tph, uint32_t requester, uint32_t mode)
{
	uint32_t value = requester << 8 | mode;

	assert_int_equal(pci_config_write(&tph->guest->nic->fn, control_offset(tph), &value,
					  sizeof(value)),
			 0);
}

static void set_entry(struct tph *tph, unsigned int index, uint16_t st)
{
	unsigned int offset = tph->guest->nic->fn.tph_cap + PCI_TPH_BASE_SIZEOF + 2 * index;

	assert_int_equal(pci_config_write(&tph->guest->nic->fn, offset, &st, sizeof(st)), 0);
}

static int setup(void **state)
{
	static struct tph tph;

	tph = (struct tph){ .guest = guest_create() };
	guest_pair(tph.guest, tph.qp, tph.cq);
	tph.local = guest_alloc(tph.guest, 8 * GUEST_PAGE);
	tph.lkey = guest_mr(tph.guest, tph.local, 8 * GUEST_PAGE, GUEST_ACCESS);
	tph.rkey = peer_key(tph.guest, true, INDEX);
	set_entry(&tph, INDEX, ST);
	control(&tph, PCI_TPH_REQ_TPH_ONLY, PCI_TPH_ST_DS_MODE);
	*state = &tph;
	return 0;
}

static int teardown(void **state)
{
	struct tph *tph = *state;

	guest_destroy(tph->guest);
	return 0;
}

static void write_peer(struct tph *tph, uint32_t len)
{
	struct guest_wqe wqe;
	uint16_t index = tph->qp[0].sq_posted;

	guest_wqe(&wqe, MLX5_OPCODE_RDMA_WRITE, GUEST_SIGNALED, 0);
	guest_wqe_raddr(&wqe, GUEST_PEER, tph->rkey);
	guest_wqe_data(&wqe, tph->local, tph->lkey, len);
	guest_post(tph->guest, &tph->qp[0], &wqe, false);
	guest_expect(tph->guest, &tph->cq[0], CQE_REQ, index, 0);
}

static void expect_hints(struct tph *tph, uint8_t hv, uint16_t st, uint8_t ph)
{
	write_peer(tph, 4);
	assert_int_equal(tph->guest->peer.hints.hv, hv);
	assert_int_equal(tph->guest->peer.hints.st, st);
	assert_int_equal(tph->guest->peer.hints.ph, ph);
}

static void writes_carry_the_keys_hints(void **state)
{
	struct tph *tph = *state;
	const struct fabric_hint_count *table;
	unsigned int count;

	guest_fill(guest_ptr(tph->guest, tph->local), 5000, 3);
	write_peer(tph, 5000);
	guest_assert_filled(tph->guest->peer.memory, 5000, 3);
	assert_int_equal(tph->guest->peer.memory[5000], 0);
	table = fabric_port_hint_counts(tph->guest->peer.port, &count);
	assert_int_equal(count, 1);
	assert_int_equal(table[0].hints.hv, TLP_HV_ST);
	assert_int_equal(table[0].hints.st, ST & 0xff);
	assert_int_equal(table[0].hints.ph, PH);
	assert_int_equal(table[0].write_bytes, 5000);
}

static void disabled_requester_sends_no_hints(void **state)
{
	struct tph *tph = *state;

	control(tph, PCI_TPH_REQ_DISABLE, PCI_TPH_ST_DS_MODE);
	expect_hints(tph, TLP_HV_NONE, 0, 0);
	control(tph, PCI_TPH_REQ_TPH_ONLY, PCI_TPH_ST_DS_MODE);
	expect_hints(tph, TLP_HV_ST, ST & 0xff, PH);
}

static void no_st_mode_sends_tag_0(void **state)
{
	struct tph *tph = *state;

	control(tph, PCI_TPH_REQ_TPH_ONLY, PCI_TPH_ST_NS_MODE);
	expect_hints(tph, TLP_HV_ST, 0, PH);
}

static void changed_entry_changes_the_tag(void **state)
{
	struct tph *tph = *state;

	expect_hints(tph, TLP_HV_ST, ST & 0xff, PH);
	set_entry(tph, INDEX, 0x5a);
	expect_hints(tph, TLP_HV_ST, 0x5a, PH);
}

static void key_without_hints_sends_none(void **state)
{
	struct tph *tph = *state;

	tph->rkey = peer_key(tph->guest, false, INDEX);
	expect_hints(tph, TLP_HV_NONE, 0, 0);
}

static void index_beyond_the_table_sends_tag_0(void **state)
{
	struct tph *tph = *state;

	/* the table has 64 entries; an index of the guest's making finds none */
	tph->rkey = peer_key(tph->guest, true, 255);
	expect_hints(tph, TLP_HV_ST, 0, PH);
}

static void extended_requester_sends_16_bits(void **state)
{
	struct tph *tph = *state;
	struct connectx_attr attr = connectx_defaults;
	struct mkey mkey = { .tph = { .enabled = true, .ph = 1, .st_index = 63 } };
	struct tlp_hints hints;
	struct connectx *nic;

	attr.name = "nic2";
	attr.tph = CX_REQUESTER_EXTENDED;
	attr.lid = 2;
	nic = connectx_create(tph->guest->engine, tph->guest->fabric, tph->guest->registry, &attr);
	assert_non_null(nic);
	pci_config_set(&nic->fn, nic->fn.tph_cap + PCI_TPH_BASE_SIZEOF + 2 * 63, 2, 0xbeef);
	pci_config_set(&nic->fn, nic->fn.tph_cap + PCI_TPH_CTRL, 4,
		       PCI_TPH_REQ_EXT_TPH << 8 | PCI_TPH_ST_DS_MODE);
	hints = tph_hints(nic, &mkey);
	assert_int_equal(hints.hv, TLP_HV_ST_EXT);
	assert_int_equal(hints.st, 0xbeef);
	assert_int_equal(hints.ph, 1);
	connectx_destroy(nic);
}

static void reads_carry_the_keys_hints(void **state)
{
	struct tph *tph = *state;
	const struct fabric_hint_count *table;
	struct guest_wqe wqe;
	unsigned int count;

	guest_fill(tph->guest->peer.memory, 3000, 8);
	guest_wqe(&wqe, MLX5_OPCODE_RDMA_READ, GUEST_SIGNALED, 0);
	guest_wqe_raddr(&wqe, GUEST_PEER, tph->rkey);
	guest_wqe_data(&wqe, tph->local, tph->lkey, 3000);
	guest_post(tph->guest, &tph->qp[0], &wqe, false);
	guest_expect(tph->guest, &tph->cq[0], CQE_REQ, 0, 0);
	guest_assert_filled(guest_ptr(tph->guest, tph->local), 3000, 8);
	table = fabric_port_hint_counts(tph->guest->peer.port, &count);
	assert_int_equal(count, 1);
	assert_int_equal(table[0].hints.st, ST & 0xff);
	assert_true(table[0].reads > 0);
}

static void atomics_carry_the_keys_hints(void **state)
{
	struct tph *tph = *state;
	uint64_t *target = (uint64_t *)(tph->guest->peer.memory + 16);
	uint64_t *result = guest_ptr(tph->guest, tph->local);
	struct guest_wqe wqe;

	*target = 40;
	guest_wqe(&wqe, MLX5_OPCODE_ATOMIC_FA, GUEST_SIGNALED, 0);
	guest_wqe_raddr(&wqe, GUEST_PEER + 16, tph->rkey);
	guest_wqe_atomic(&wqe, 2, 0);
	guest_wqe_data(&wqe, tph->local, tph->lkey, 8);
	guest_post(tph->guest, &tph->qp[0], &wqe, false);
	guest_expect(tph->guest, &tph->cq[0], CQE_REQ, 0, 0);
	assert_int_equal(*target, 42);
	assert_int_equal(*result, 40);
	assert_int_equal(tph->guest->peer.hints.st, ST & 0xff);
}

static void atomic(struct tph *tph, uint8_t opcode, uint64_t swap_add, uint64_t compare)
{
	struct guest_wqe wqe;

	guest_wqe(&wqe, opcode, GUEST_SIGNALED, 0);
	guest_wqe_raddr(&wqe, GUEST_PEER + 16, tph->rkey);
	guest_wqe_atomic(&wqe, swap_add, compare);
	guest_wqe_data(&wqe, tph->local, tph->lkey, 8);
	guest_post(tph->guest, &tph->qp[0], &wqe, false);
}

static void enable_atomic_requests(struct tph *tph)
{
	struct pci_function *fn = &tph->guest->nic->fn;
	const uint16_t control2 = PCI_EXP_DEVCTL2_ATOMIC_REQ;

	assert_int_equal(pci_config_write(fn, fn->express_cap + PCI_EXP_DEVCTL2, &control2,
					  sizeof(control2)),
			 0);
}

/* With AtomicOp Requester Enable they are one TLP, with the key's hints. */
static void atomic_is_one_tlp_where_enabled(void **state)
{
	struct tph *tph = *state;
	struct guest_peer *peer = &tph->guest->peer;
	uint64_t *target = (uint64_t *)(peer->memory + 16);
	uint64_t *result = guest_ptr(tph->guest, tph->local);

	*target = 40;
	enable_atomic_requests(tph);
	atomic(tph, MLX5_OPCODE_ATOMIC_FA, 2, 0);
	guest_expect(tph->guest, &tph->cq[0], CQE_REQ, 0, 0);
	assert_int_equal(*target, 42);
	assert_int_equal(*result, 40);
	atomic(tph, MLX5_OPCODE_ATOMIC_CS, 7, 41);
	guest_expect(tph->guest, &tph->cq[0], CQE_REQ, 1, 0);
	assert_int_equal(*target, 42);
	atomic(tph, MLX5_OPCODE_ATOMIC_CS, 7, 42);
	guest_expect(tph->guest, &tph->cq[0], CQE_REQ, 2, 0);
	assert_int_equal(*target, 7);
	assert_int_equal(*result, 42);
	assert_int_equal(peer->atomics, 3);
	assert_int_equal(peer->writes, 0);
	assert_int_equal(peer->hints.hv, TLP_HV_ST);
	assert_int_equal(peer->hints.st, ST & 0xff);
	assert_int_equal(peer->hints.ph, PH);
}

/* A completer without AtomicOps answers with Unsupported Request. */
static void completer_without_atomics_refuses(void **state)
{
	struct tph *tph = *state;

	tph->guest->peer.no_atomics = true;
	enable_atomic_requests(tph);
	atomic(tph, MLX5_OPCODE_ATOMIC_FA, 2, 0);
	guest_expect(tph->guest, &tph->cq[0], CQE_REQ_ERR, 0, CQE_REMOTE_OP);
}

static void bar_is_copied_to_bar(void **state)
{
	struct tph *tph = *state;
	struct guest_wqe wqe;

	guest_fill(tph->guest->peer.memory, 6000, 4);
	guest_wqe(&wqe, MLX5_OPCODE_RDMA_WRITE, GUEST_SIGNALED, 0);
	guest_wqe_raddr(&wqe, GUEST_PEER + 10000, tph->rkey);
	guest_wqe_data(&wqe, GUEST_PEER, tph->rkey, 6000);
	guest_post(tph->guest, &tph->qp[0], &wqe, false);
	guest_expect(tph->guest, &tph->cq[0], CQE_REQ, 0, 0);
	guest_assert_filled(tph->guest->peer.memory + 10000, 6000, 4);
}

/* A source in many pieces does not show in the TLPs. */
static void pieces_of_the_source_do_not_show(void **state)
{
	struct tph *tph = *state;
	struct guest_wqe wqe;

	guest_fill(guest_ptr(tph->guest, tph->local), 4096, 6);
	guest_wqe(&wqe, MLX5_OPCODE_RDMA_WRITE, GUEST_SIGNALED, 0);
	guest_wqe_raddr(&wqe, GUEST_PEER, tph->rkey);
	guest_wqe_data(&wqe, tph->local, tph->lkey, 1001);
	guest_wqe_data(&wqe, tph->local + 1001, tph->lkey, 2000);
	guest_wqe_data(&wqe, tph->local + 3001, tph->lkey, 1095);
	guest_post(tph->guest, &tph->qp[0], &wqe, false);
	guest_expect(tph->guest, &tph->cq[0], CQE_REQ, 0, 0);
	guest_assert_filled(tph->guest->peer.memory, 4096, 6);
	/* Max_Payload_Size is 128 until somebody raises it */
	assert_int_equal(tph->guest->peer.writes, 4096 / 128);
}

static void refused_read_fails_the_request(void **state)
{
	struct tph *tph = *state;
	struct guest_wqe wqe;

	fabric_port_set_window(tph->guest->peer.port, 2, 0, 0);
	guest_wqe(&wqe, MLX5_OPCODE_RDMA_READ, GUEST_SIGNALED, 0);
	guest_wqe_raddr(&wqe, GUEST_PEER, tph->rkey);
	guest_wqe_data(&wqe, tph->local, tph->lkey, 8);
	guest_post(tph->guest, &tph->qp[0], &wqe, false);
	guest_expect(tph->guest, &tph->cq[0], CQE_REQ_ERR, 0, CQE_REMOTE_OP);
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)
	const struct CMUnitTest tests[] = {
		TEST(writes_carry_the_keys_hints),
		TEST(disabled_requester_sends_no_hints),
		TEST(no_st_mode_sends_tag_0),
		TEST(changed_entry_changes_the_tag),
		TEST(key_without_hints_sends_none),
		TEST(index_beyond_the_table_sends_tag_0),
		TEST(extended_requester_sends_16_bits),
		TEST(reads_carry_the_keys_hints),
		TEST(atomics_carry_the_keys_hints),
		TEST(atomic_is_one_tlp_where_enabled),
		TEST(completer_without_atomics_refuses),
		TEST(bar_is_copied_to_bar),
		TEST(pieces_of_the_source_do_not_show),
		TEST(refused_read_fails_the_request),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
