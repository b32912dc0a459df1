// SPDX-License-Identifier: GPL-2.0 OR Linux-OpenIB
/* Parsing of work queue entries: layouts, bounds, and every byte of a WQE wrong in turn. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "connectx/queue/wqe.h"
#include "guest_wqe.h"
#include "util/macros.h"

static struct send_wqe wqe;
static struct recv_wqe recv_wqe;

static int parse(const struct guest_wqe *from, enum wqe_transport transport)
{
	/* what lies behind the WQE must not matter */
	memset(wqe.copy, 0xa5, sizeof(wqe.copy));
	memcpy(wqe.copy, from->bytes, from->len);
	return wqe_parse_send(&wqe, from->len, transport);
}

static void size_is_in_the_control_segment(void **state)
{
	struct mlx5_wqe_ctrl_seg ctrl = { .qpn_ds = cpu_to_be32(0x12345600 | 0xc0 | 13) };

	assert_int_equal(wqe_send_size(&ctrl), 13 * 16);
	ctrl.qpn_ds = cpu_to_be32(0x12345600);
	assert_int_equal(wqe_send_size(&ctrl), 0);
	ctrl.qpn_ds = cpu_to_be32(0xffffffff);
	assert_int_equal(wqe_send_size(&ctrl), 63 * 16);
}

static void write_has_an_address_and_gathers(void **state)
{
	struct guest_wqe from;

	guest_wqe(&from, MLX5_OPCODE_RDMA_WRITE,
		  GUEST_SIGNALED | MLX5_WQE_CTRL_SOLICITED | MLX5_FENCE_MODE_FENCE, 0);
	guest_wqe_raddr(&from, 0x123456789abcdef0, 0xdeadbeef);
	guest_wqe_data(&from, 0xfedcba9876543210, 0xcafe0001, 100);
	guest_wqe_data(&from, 1, 2, 200);
	assert_int_equal(parse(&from, WQE_CONNECTED), 0);
	assert_int_equal(wqe.opcode, MLX5_OPCODE_RDMA_WRITE);
	assert_int_equal(wqe.blocks, 1);
	assert_true(wqe.completion);
	assert_true(wqe.solicited);
	assert_int_equal(wqe.raddr, 0x123456789abcdef0);
	assert_int_equal(wqe.rkey, 0xdeadbeef);
	assert_int_equal(wqe.num_data, 2);
	assert_null(wqe.data[0].bytes);
	assert_int_equal(wqe.data[0].address, 0xfedcba9876543210);
	assert_int_equal(wqe.data[0].lkey, 0xcafe0001);
	assert_int_equal(wqe.data[0].len, 100);
	assert_int_equal(wqe.data[1].len, 200);
	assert_int_equal(wqe.len, 300);
}

static void message_of_more_than_2_gib_is_refused(void **state)
{
	struct guest_wqe from;

	guest_wqe(&from, MLX5_OPCODE_SEND, 0, 0);
	guest_wqe_data(&from, 0, 0, 0);
	assert_int_equal(parse(&from, WQE_CONNECTED), 0);
	assert_int_equal(wqe.len, 1u << 31);
	guest_wqe_data(&from, 0, 0, 1);
	assert_int_equal(parse(&from, WQE_CONNECTED), -EINVAL);
}

static void inline_data_stay_in_the_wqe(void **state)
{
	static const uint8_t text[] = "the bytes are in the WQE itself";
	struct guest_wqe from;

	guest_wqe(&from, MLX5_OPCODE_SEND, 0, 0);
	guest_wqe_inline(&from, text, sizeof(text));
	guest_wqe_inline(&from, text, 0);
	guest_wqe_data(&from, 7, 8, 9);
	assert_int_equal(parse(&from, WQE_CONNECTED), 0);
	assert_int_equal(wqe.num_data, 2);
	assert_int_equal(wqe.data[0].len, sizeof(text));
	assert_memory_equal(wqe.data[0].bytes, text, sizeof(text));
	assert_null(wqe.data[1].bytes);
	assert_int_equal(wqe.len, sizeof(text) + 9);
}

static void inline_data_end_with_the_wqe(void **state)
{
	struct guest_wqe from;
	__be32 *header;

	guest_wqe(&from, MLX5_OPCODE_SEND, 0, 0);
	guest_wqe_inline(&from, &from, 12);
	header = (__be32 *)(from.bytes + 16);
	assert_int_equal(parse(&from, WQE_CONNECTED), 0);
	*header = cpu_to_be32(1u << 31 | 13);
	assert_int_equal(parse(&from, WQE_CONNECTED), -EINVAL);
	*header = cpu_to_be32(UINT32_MAX);
	assert_int_equal(parse(&from, WQE_CONNECTED), -EINVAL);
}

static void datagram_has_an_address_vector(void **state)
{
	struct guest_wqe from;
	struct mlx5_av *av;

	guest_wqe(&from, MLX5_OPCODE_SEND_IMM, 0, 0x01020304);
	av = (void *)(from.bytes + from.len);
	from.len += sizeof(*av);
	av->key.qkey.qkey = cpu_to_be32(0x11111111);
	av->dqp_dct = cpu_to_be32(1u << 31 | 0x123456);
	av->rlid = cpu_to_be16(77);
	av->stat_rate_sl = 0x25;
	av->grh_gid_fl = cpu_to_be32(1u << 30);
	memset(av->rgid, 0xfe, sizeof(av->rgid));
	guest_wqe_data(&from, 1, 2, 3);
	assert_int_equal(parse(&from, WQE_ADDRESSED), 0);
	assert_int_equal(wqe.imm, cpu_to_be32(0x01020304));
	assert_int_equal(wqe.av.qkey, 0x11111111);
	assert_int_equal(wqe.av.qpn, 0x123456);
	assert_int_equal(wqe.av.lid, 77);
	assert_int_equal(wqe.av.sl, 5);
	assert_true(wqe.av.grh);
	assert_memory_equal(wqe.av.gid, av->rgid, 16);
	assert_int_equal(wqe.len, 3);
	/* the short form ends before the GRH */
	av->dqp_dct = cpu_to_be32(0x123456);
	from.len = 16 + sizeof(struct mlx5_base_av);
	assert_int_equal(parse(&from, WQE_ADDRESSED), 0);
	assert_int_equal(wqe.av.qpn, 0x123456);
	assert_false(wqe.av.grh);
	assert_int_equal(wqe.num_data, 0);
}

static void xrc_names_a_receive_queue(void **state)
{
	struct guest_wqe from;
	__be32 *srqn;

	guest_wqe(&from, MLX5_OPCODE_RDMA_READ, 0, 0);
	srqn = (__be32 *)(from.bytes + from.len);
	from.len += sizeof(struct mlx5_wqe_xrc_seg);
	*srqn = cpu_to_be32(0x777);
	guest_wqe_raddr(&from, 5, 6);
	assert_int_equal(parse(&from, WQE_XRC), 0);
	assert_int_equal(wqe.xrc_srqn, 0x777);
	assert_int_equal(wqe.raddr, 5);
	assert_int_equal(wqe.num_data, 0);
}

static void tag_segment_is_parsed(void **state)
{
	struct wqe_tag_seg *seg;
	struct guest_wqe from;

	guest_wqe(&from, WQE_OPCODE_TAG_MATCHING, 0, 0);
	seg = (void *)(from.bytes + from.len);
	from.len += sizeof(*seg);
	*seg = (struct wqe_tag_seg){
		.operation = WQE_TAG_APPEND << 4,
		.flags = WQE_TAG_SYNC,
		.index = cpu_to_be16(7),
		.sw_count = cpu_to_be16(9),
		.tag = cpu_to_be64(0x1234),
		.mask = cpu_to_be64(0xff),
	};
	/* a buffer is named, be it none */
	assert_int_equal(parse(&from, WQE_CONNECTED), -EINVAL);
	guest_wqe_data(&from, 5, 6, 100);
	assert_int_equal(parse(&from, WQE_CONNECTED), 0);
	assert_int_equal(wqe.tag.operation, WQE_TAG_APPEND);
	assert_true(wqe.tag.sync);
	assert_false(wqe.tag.completion);
	assert_int_equal(wqe.tag.index, 7);
	assert_int_equal(wqe.tag.sw_count, 9);
	assert_int_equal(wqe.tag.tag, 0x1234);
	assert_int_equal(wqe.tag.mask, 0xff);
	assert_int_equal(wqe.num_data, 1);
	assert_int_equal(wqe.data[0].len, 100);
	assert_int_equal(wqe.len, 0);
	from.len -= 16;
	guest_wqe_data(&from, 0, 0x100, 0);
	assert_int_equal(parse(&from, WQE_CONNECTED), 0);
	assert_int_equal(wqe.num_data, 0);
	/* others have none */
	from.len -= 16;
	seg->operation = WQE_TAG_REMOVE << 4;
	assert_int_equal(parse(&from, WQE_CONNECTED), 0);
}

static void truncated_header_segments_are_refused(void **state)
{
	static const struct {
		uint8_t opcode;
		enum wqe_transport transport;
		size_t needed; /* bytes of header segments */
	} cases[] = {
		{ MLX5_OPCODE_SEND, WQE_CONNECTED, 16 },
		{ WQE_OPCODE_TAG_MATCHING, WQE_CONNECTED, 48 },
		{ MLX5_OPCODE_SEND, WQE_XRC, 32 },
		{ MLX5_OPCODE_SEND, WQE_ADDRESSED, 32 },
		{ MLX5_OPCODE_RDMA_WRITE, WQE_CONNECTED, 32 },
		{ MLX5_OPCODE_RDMA_WRITE, WQE_XRC, 48 },
		{ MLX5_OPCODE_ATOMIC_CS, WQE_CONNECTED, 48 },
		{ MLX5_OPCODE_UMR, WQE_CONNECTED, 128 },
		{ MLX5_OPCODE_UMR, WQE_ADDRESSED, 128 },
	};
	struct guest_wqe from;

	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		guest_wqe(&from, cases[i].opcode, 0, 0);
		for (from.len = 16; from.len < cases[i].needed; from.len += 16)
			assert_int_equal(parse(&from, cases[i].transport), -EINVAL);
		assert_int_equal(parse(&from, cases[i].transport), 0);
	}
}

static void unknown_opcode_is_named(void **state)
{
	struct guest_wqe from;

	guest_wqe(&from, 0xff, GUEST_SIGNALED, 0);
	from.len = 80;
	assert_int_equal(parse(&from, WQE_CONNECTED), -EOPNOTSUPP);
	assert_int_equal(wqe.opcode, 0xff);
	assert_int_equal(wqe.blocks, 2);
	assert_true(wqe.completion);
}

/* Whatever the bytes are: what comes out lies within the copy. */
static void random_bytes_stay_within_the_copy(void **state)
{
	static const uint8_t opcodes[] = {
		MLX5_OPCODE_NOP,       MLX5_OPCODE_SEND, MLX5_OPCODE_RDMA_WRITE,
		MLX5_OPCODE_ATOMIC_FA, MLX5_OPCODE_UMR,
	};

	srandom(1);
	for (unsigned int round = 0; round < 20000; round++) {
		size_t size = (random() % 63 + 1) * 16;
		uint64_t sum = 0;

		for (size_t i = 0; i < sizeof(wqe.copy); i++)
			wqe.copy[i] = random() % 3 ? random() : 0x80;
		wqe.copy[3] = opcodes[random() % sizeof(opcodes)];
		if (wqe_parse_send(&wqe, size, random() % 3))
			continue;
		assert_true(wqe.num_data <= WQE_SEND_MAX_DATA);
		assert_true(wqe.umr_xlt + wqe.xlt_len <= size || !wqe.xlt_len);
		for (unsigned int i = 0; i < wqe.num_data; i++) {
			const struct wqe_data *data = &wqe.data[i];

			assert_true(data->len > 0);
			sum += data->len;
			if (data->bytes)
				assert_true(data->bytes >= wqe.copy &&
					    data->bytes + data->len <= wqe.copy + size);
		}
		assert_int_equal(sum, wqe.len);
	}
}

static void receive_ends_at_its_last_segment(void **state)
{
	struct mlx5_wqe_data_seg *seg = (void *)recv_wqe.copy;

	memset(&recv_wqe, 0, sizeof(recv_wqe));
	for (unsigned int i = 0; i < WQE_RECV_MAX_DATA; i++)
		seg[i] = (struct mlx5_wqe_data_seg){
			.byte_count = cpu_to_be32(i + 1),
			.lkey = cpu_to_be32(0x1000 + i),
			.addr = cpu_to_be64(i * 3),
		};
	assert_int_equal(wqe_parse_recv(&recv_wqe, WQE_RECV_MAX, 0), 0);
	assert_int_equal(recv_wqe.num_data, WQE_RECV_MAX_DATA);
	assert_int_equal(recv_wqe.len, 32 * 33 / 2);
	assert_int_equal(wqe_parse_recv(&recv_wqe, 64, 16), 0);
	assert_int_equal(recv_wqe.num_data, 3);
	assert_int_equal(recv_wqe.data[0].lkey, 0x1001);
	/* the key that ends the list, whatever stands behind it */
	seg[2].lkey = cpu_to_be32(0x100);
	assert_int_equal(wqe_parse_recv(&recv_wqe, WQE_RECV_MAX, 0), 0);
	assert_int_equal(recv_wqe.num_data, 2);
	assert_int_equal(recv_wqe.len, 3);
	seg[0].byte_count = 0;
	assert_int_equal(wqe_parse_recv(&recv_wqe, WQE_RECV_MAX, 0), -EINVAL);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(size_is_in_the_control_segment),
		cmocka_unit_test(write_has_an_address_and_gathers),
		cmocka_unit_test(message_of_more_than_2_gib_is_refused),
		cmocka_unit_test(inline_data_stay_in_the_wqe),
		cmocka_unit_test(inline_data_end_with_the_wqe),
		cmocka_unit_test(datagram_has_an_address_vector),
		cmocka_unit_test(xrc_names_a_receive_queue),
		cmocka_unit_test(tag_segment_is_parsed),
		/* what libmlx5 does not write */
		cmocka_unit_test(truncated_header_segments_are_refused),
		cmocka_unit_test(unknown_opcode_is_named),
		cmocka_unit_test(random_bytes_stay_within_the_copy),
		cmocka_unit_test(receive_ends_at_its_last_segment),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
