// SPDX-License-Identifier: GPL-2.0 OR Linux-OpenIB
/*
 * Does the operation that a steering tag selects run on the data? Writes the same data over RC into
 * the accelerator's memory through two memory regions of one dma-buf, without the tag and with it,
 * and compares the memory, as the CPU sees it through the BAR, with what each has to leave there.
 */
#include <endian.h>
#include <errno.h>
#include <getopt.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>
#include <infiniband/mlx5dv_tph.h>
#include <infiniband/tph.h>
#include <vfio/tph.h>

#include "accelerator_ops.h"
#include "rc_pair.h"
#include "tap.h"
#include "util/number.h"

struct arguments {
	const char *rdma_device;
	const char *bdf;
	unsigned int bar;
	uint64_t offset;
	size_t length;
	enum ibv_tph_namespace tph_namespace;
	struct vfio_tph_tags tags;
};

struct check {
	struct arguments args;
	unsigned int op;
	struct vfio_tph_device *accelerator;
	volatile uint32_t *memory; /* the exported part of the BAR */
	int dmabuf_fd;
	struct rc_pair pair;
	uint32_t *data, *before, *expected; /* args.length bytes each */
	struct ibv_mr *data_mr;
};

static const char usage[] =
	"usage: tph_op_check [--ib-dev NAME] [--accelerator BDF] [--bar N] [--offset BYTES]\n"
	"                    [--length BYTES] [--st TAG | --st-ext TAG] [--ph HINT]\n"
	"Without --ib-dev the first RDMA device, without --accelerator $TPH_ACC0, BAR 2,\n"
	"4096 bytes, --st 0xf0, --ph 2.\n";

static uint64_t number(const char *option, const char *text, uint64_t max)
{
	uint64_t value;

	if (!number_parse(text, 0, max, &value))
		tap_bail_out("--%s %s: not a number from 0 to %#llx", option, text,
			     (unsigned long long)max);
	return value;
}

static void set_st(struct arguments *args, const char *option, const char *text)
{
	if (!strcmp(option, "st")) {
		args->tph_namespace = IBV_TPH_NS_ST;
		args->tags.flags = VFIO_TPH_TAG_ST;
		args->tags.st = number(option, text, UINT8_MAX);
	} else {
		args->tph_namespace = IBV_TPH_NS_ST_EXT;
		args->tags.flags = VFIO_TPH_TAG_ST_EXT;
		args->tags.st_ext = number(option, text, UINT16_MAX);
	}
}

static struct arguments parse(int argc, char **argv)
{
	static const struct option options[] = { { "accelerator", required_argument, NULL, 'a' },
						 { "bar", required_argument, NULL, 'b' },
						 { "ib-dev", required_argument, NULL, 'd' },
						 { "length", required_argument, NULL, 'l' },
						 { "offset", required_argument, NULL, 'o' },
						 { "ph", required_argument, NULL, 'p' },
						 { "st", required_argument, NULL, 't' },
						 { "st-ext", required_argument, NULL, 't' },
						 {} };
	struct arguments args = {
		.bdf = getenv("TPH_ACC0"),
		.bar = 2,
		.length = 4096,
		.tph_namespace = IBV_TPH_NS_ST,
		.tags = { .flags = VFIO_TPH_TAG_ST, .st = 0xf0, .ph = 2 },
	};
	int option, index;

	while ((option = getopt_long(argc, argv, "", options, &index)) != -1) {
		switch (option) {
		case 'a':
			args.bdf = optarg;
			break;
		case 'b':
			args.bar = number("bar", optarg, 5);
			break;
		case 'd':
			args.rdma_device = optarg;
			break;
		case 'l':
			args.length = number("length", optarg, 1 << 24);
			break;
		case 'o':
			args.offset = number("offset", optarg, UINT64_MAX);
			break;
		case 'p':
			args.tags.ph = number("ph", optarg, 3);
			break;
		case 't':
			set_st(&args, options[index].name, optarg);
			break;
		default:
			fputs(usage, stderr);
			exit(EXIT_FAILURE);
		}
	}
	if (optind < argc || !args.bdf) {
		fputs(usage, stderr);
		exit(EXIT_FAILURE);
	}
	return args;
}

static void open_accelerator(struct check *check)
{
	const struct arguments *args = &check->args;
	struct vfio_tph_reason reason;
	void *memory;

	check->accelerator = vfio_tph_open(args->bdf, &reason);
	if (!check->accelerator ||
	    vfio_tph_map_bar(check->accelerator, args->bar, args->offset, args->length, &memory,
			     &reason) ||
	    vfio_tph_export(check->accelerator, args->bar, args->offset, args->length,
			    &check->dmabuf_fd, &reason) ||
	    vfio_tph_publish(check->accelerator, check->dmabuf_fd, &args->tags, &reason))
		tap_bail_out("%s", reason.text);
	check->memory = memory;
}

/* Small whole numbers as floats, or words in which no byte is like its neighbour. */
static uint32_t word(unsigned int op, uint32_t seed)
{
	uint32_t value = seed * 2654435761u + 0x01234567;
	float small = (int)(value >> 16) - 0x8000;

	if (op == ACCELERATOR_ADD_FLOAT)
		memcpy(&value, &small, sizeof(value));
	return htole32(value);
}

static void make_data(struct check *check)
{
	size_t i, words = check->args.length / sizeof(uint32_t);

	check->data = malloc(check->args.length);
	check->before = malloc(check->args.length);
	check->expected = malloc(check->args.length);
	if (!check->data || !check->before || !check->expected)
		tap_bail_out("no memory for three times %zu bytes", check->args.length);
	for (i = 0; i < words; i++) {
		check->data[i] = word(check->op, i);
		check->before[i] = word(check->op, ~i);
	}
}

static void open_rdma(struct check *check)
{
	int err = rc_pair_open(&check->pair, check->args.rdma_device);

	if (err)
		tap_bail_out("cannot %s: %s", check->pair.failed, strerror(err));
	check->data_mr = ibv_reg_mr(check->pair.pd, check->data, check->args.length,
				    IBV_ACCESS_LOCAL_WRITE);
	if (!check->data_mr)
		tap_bail_out("cannot register the data: %s", strerror(errno));
}

static struct ibv_mr *register_memory(struct check *check, enum ibv_tph_namespace tph_namespace)
{
	const struct ibv_tph_dmabuf_mr_attr attr = {
		.length = check->args.length,
		.fd = check->dmabuf_fd,
		.access = IBV_ACCESS_LOCAL_WRITE | IBV_ACCESS_REMOTE_WRITE,
		.tph_namespace = tph_namespace,
		.tph_flags = tph_namespace ? IBV_TPH_REQUIRE : 0,
	};

	return ibv_tph_reg_dmabuf_mr(check->pair.pd, &attr);
}

static void query(struct check *check, const char *how, struct ibv_mr *mr,
		  enum ibv_tph_namespace tph_namespace)
{
	static const char *const sources[] = { "none", "exporter", "DMA handle" };
	static const char *const namespaces[] = { "none", "auto", "ST", "ST_EXT" };
	const struct vfio_tph_tags *tags = &check->args.tags;
	uint16_t st = tags->flags == VFIO_TPH_TAG_ST ? tags->st : tags->st_ext;
	struct mlx5dv_tph_mr_info info = {};
	int err = mlx5dv_tph_query_mr(mr, &info);
	bool passed;

	if (!tph_namespace)
		passed = !err && info.source == MLX5DV_TPH_SOURCE_NONE;
	else
		passed = !err && info.source == MLX5DV_TPH_SOURCE_EXPORTER &&
			 info.tph_namespace == tph_namespace && info.steering_tag == st &&
			 info.ph == tags->ph;
	tap_ok(passed, "%s: the query says what the TLPs will carry", how);
	if (err)
		tap_note("mlx5dv_tph_query_mr: %s", strerror(err));
	else
		tap_note("source=%s namespace=%s st=%#x ph=%u st_index=%u revalidations=%u",
			 info.source < 3 ? sources[info.source] : "?",
			 info.tph_namespace < 4 ? namespaces[info.tph_namespace] : "?",
			 info.steering_tag, info.ph, info.st_index, info.revalidations);
}

/* Returns whether the memory is as expected; notes the first word that is not. */
static bool compare(const struct check *check)
{
	size_t i, words = check->args.length / sizeof(uint32_t), wrong = 0;

	for (i = 0; i < words; i++) {
		uint32_t got = check->memory[i];

		if (got != check->expected[i] && !wrong++)
			tap_note("at %#zx: before %#x, written %#x, expected %#x, got %#x",
				 i * sizeof(got), le32toh(check->before[i]),
				 le32toh(check->data[i]), le32toh(check->expected[i]),
				 le32toh(got));
	}
	if (wrong)
		tap_note("%zu of %zu words are wrong", wrong, words);
	return !wrong;
}

static void write_and_compare(struct check *check, const char *how, struct ibv_mr *mr,
			      unsigned int op)
{
	size_t i, words = check->args.length / sizeof(uint32_t);
	const struct ibv_sge local = {
		.addr = (uintptr_t)check->data,
		.length = check->args.length,
		.lkey = check->data_mr->lkey,
	};
	int result;

	for (i = 0; i < words; i++)
		check->memory[i] = check->before[i];
	/* Stores to a BAR are posted: only a load that returns says that they have arrived. */
	(void)check->memory[0];
	memcpy(check->expected, check->before, check->args.length);
	accelerator_apply(op, check->expected, check->data, words);

	result = rc_pair_transfer(&check->pair, IBV_WR_RDMA_WRITE, &local, 0, mr->rkey);
	if (result)
		tap_note("RDMA write: %s", rc_pair_strerror(result));
	tap_ok(!result && compare(check), "%s: memory holds the result of %s, all %zu bytes", how,
	       accelerator_op_name(op), check->args.length);
}

static void run(struct check *check, enum ibv_tph_namespace tph_namespace, unsigned int op)
{
	const char *how = tph_namespace ? "with the tag" : "without";
	struct ibv_mr *mr = register_memory(check, tph_namespace);

	if (!tap_ok(mr, "%s: the dma-buf registers", how)) {
		tap_note("ibv_tph_reg_dmabuf_mr: %s", strerror(errno));
		tap_bail_out("nothing to write to");
	}
	query(check, how, mr, tph_namespace);
	write_and_compare(check, how, mr, op);
	tap_errno(ibv_dereg_mr(mr), 0, "%s: the memory region deregisters", how);
}

static void clean_up(struct check *check)
{
	ibv_dereg_mr(check->data_mr);
	rc_pair_close(&check->pair);
	munmap((void *)check->memory, check->args.length);
	close(check->dmabuf_fd);
	vfio_tph_close(check->accelerator);
	free(check->data);
	free(check->before);
	free(check->expected);
}

int main(int argc, char **argv)
{
	struct check check = { .args = parse(argc, argv) };
	const struct vfio_tph_tags *tags = &check.args.tags;

	check.op = tags->flags == VFIO_TPH_TAG_ST ? accelerator_op_st(tags->st) :
						    accelerator_op_st_ext(tags->st_ext);
	make_data(&check);
	open_accelerator(&check);
	open_rdma(&check);

	tap_plan(8);
	run(&check, IBV_TPH_NS_NONE, ACCELERATOR_STORE);
	run(&check, check.args.tph_namespace, check.op);
	clean_up(&check);
	return tap_status();
}
