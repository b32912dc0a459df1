// SPDX-License-Identifier: GPL-2.0 OR Linux-OpenIB
/*
 * KUnit tests of TLP Processing Hints of MRs: what a registration may ask for, how often it is
 * tried again, and what is told of an MR with a DMA handle
 */
#include <kunit/test.h>
#include <rdma/ib_user_ioctl_tph.h>
#include <rdma/mlx5_user_ioctl_tph.h>
#include <rdma/uverbs_ioctl.h>

#include "../dmah.h"
#include "../mlx5_ib.h"

#define NO_ATTR		U64_MAX
#define MAX_RESTARTS	8

struct parse_case {
	const char *name;
	u64 tph_namespace;
	u64 flags;
	bool dmah;
	int err;
	u32 result;
	bool require;
};

static const struct parse_case parse_cases[] = {
	{ "nothing", NO_ATTR, NO_ATTR, false, 0, IB_UVERBS_TPH_NS_AUTO, false },
	{ "none", IB_UVERBS_TPH_NS_NONE, NO_ATTR, false, 0, IB_UVERBS_TPH_NS_NONE, false },
	{ "8-bit", IB_UVERBS_TPH_NS_ST, 0, false, 0, IB_UVERBS_TPH_NS_ST, false },
	{ "16-bit", IB_UVERBS_TPH_NS_ST_EXT, NO_ATTR, false, 0, IB_UVERBS_TPH_NS_ST_EXT, false },
	{ "require", NO_ATTR, IB_UVERBS_TPH_REQUIRE, false, 0, IB_UVERBS_TPH_NS_AUTO, true },
	{ "require 16-bit", IB_UVERBS_TPH_NS_ST_EXT, IB_UVERBS_TPH_REQUIRE, false, 0,
	  IB_UVERBS_TPH_NS_ST_EXT, true },
	{ "require none", IB_UVERBS_TPH_NS_NONE, IB_UVERBS_TPH_REQUIRE, false, -EINVAL },
	{ "unknown namespace", IB_UVERBS_TPH_NS_ST_EXT + 1, NO_ATTR, false, -EINVAL },
	{ "unknown flag", NO_ATTR, IB_UVERBS_TPH_REQUIRE << 1, false, -EINVAL },
	{ "DMA handle", NO_ATTR, NO_ATTR, true, 0, IB_UVERBS_TPH_NS_NONE, false },
	{ "DMA handle and namespace", IB_UVERBS_TPH_NS_NONE, NO_ATTR, true, -EINVAL },
	{ "DMA handle and flags", NO_ATTR, 0, true, -EINVAL },
};

KUNIT_ARRAY_PARAM_DESC(parse, parse_cases, name);

static void add_attr(struct uverbs_attr_bundle *attrs, u16 id, u64 value)
{
	u32 key = uapi_bkey_attr(uapi_key_attr(id));

	if (value == NO_ATTR)
		return;
	attrs->attrs[key].ptr_attr.data = value;
	attrs->attrs[key].ptr_attr.len = sizeof(value);
	__set_bit(key, attrs->attr_present);
}

static void parse(struct kunit *test)
{
	const struct parse_case *param = test->param_value;
	struct uverbs_attr_bundle *attrs;
	struct mlx5_ib_tph_req req;
	struct ib_dmah dmah = {};

	attrs = kunit_kzalloc(test, struct_size(attrs, attrs, UVERBS_API_ATTR_BKEY_LEN),
			      GFP_KERNEL);
	KUNIT_ASSERT_NOT_NULL(test, attrs);
	add_attr(attrs, UVERBS_ATTR_MR_TPH_NAMESPACE, param->tph_namespace);
	add_attr(attrs, UVERBS_ATTR_MR_TPH_FLAGS, param->flags);

	KUNIT_EXPECT_EQ(test, mlx5_ib_tph_parse(&req, attrs, param->dmah ? &dmah : NULL),
			param->err);
	if (param->err)
		return;
	KUNIT_EXPECT_EQ(test, req.tph_namespace, param->result);
	KUNIT_EXPECT_EQ(test, req.require, param->require);
}

static unsigned int restarts(struct mlx5_ib_tph_req *req, struct ib_mr **mr)
{
	unsigned int count;

	/* One that does not end is a failure, not a hang */
	for (count = 0; count < 2 * MAX_RESTARTS; count++)
		if (!mlx5_ib_tph_restart(req, mr))
			break;
	return count;
}

static void restart_required(struct kunit *test)
{
	struct mlx5_ib_tph_req req = { .tph_namespace = IB_UVERBS_TPH_NS_AUTO, .require = true };
	struct ib_mr *mr = ERR_PTR(-ESTALE);

	KUNIT_EXPECT_EQ(test, restarts(&req, &mr), MAX_RESTARTS);
	KUNIT_EXPECT_PTR_EQ(test, mr, ERR_PTR(-EAGAIN));
}

/* The last try is one without hints */
static void restart_best_effort(struct kunit *test)
{
	struct mlx5_ib_tph_req req = { .tph_namespace = IB_UVERBS_TPH_NS_AUTO };
	struct ib_mr *mr = ERR_PTR(-ESTALE);

	KUNIT_EXPECT_EQ(test, restarts(&req, &mr), MAX_RESTARTS + 1);
	KUNIT_EXPECT_EQ(test, req.tph_namespace, IB_UVERBS_TPH_NS_NONE);
	KUNIT_EXPECT_PTR_EQ(test, mr, ERR_PTR(-ESTALE));
}

static void restart_of_other_results(struct kunit *test)
{
	struct mlx5_ib_tph_req req = { .tph_namespace = IB_UVERBS_TPH_NS_AUTO, .require = true };
	struct ib_mr *mr = ERR_PTR(-ENOMEM);
	struct ib_mr done;

	KUNIT_EXPECT_EQ(test, restarts(&req, &mr), 0);
	KUNIT_EXPECT_PTR_EQ(test, mr, ERR_PTR(-ENOMEM));
	mr = &done;
	KUNIT_EXPECT_EQ(test, restarts(&req, &mr), 0);
	KUNIT_EXPECT_PTR_EQ(test, mr, &done);
}

struct dmah_case {
	const char *name;
	u16 st_index;
	bool cpu;
	u16 told;
};

/* Without a table the tag of a CPU is the index, and the mkey takes 8 bits of it */
static const struct dmah_case dmah_cases[] = {
	{ "hint only", 0x42, false, 0 },
	{ "index", 0x42, true, 0x42 },
	{ "last index", 0xff, true, 0xff },
	{ "tag one beyond", 0x100, true, 0 },
	{ "wide tag", 0x1234, true, 0x34 },
};

KUNIT_ARRAY_PARAM_DESC(dmah, dmah_cases, name);

static void query_of_dmah(struct kunit *test)
{
	const struct dmah_case *param = test->param_value;
	struct mlx5_ib_dmah dmah = {
		.ibdmah.ph = 3,
		.ibdmah.valid_fields = BIT(IB_DMAH_PH_EXISTS) |
				       (param->cpu ? BIT(IB_DMAH_CPU_ID_EXISTS) : 0),
		.st_index = param->st_index,
	};
	struct mlx5_ib_mr *mr = kunit_kzalloc(test, sizeof(*mr), GFP_KERNEL);
	u32 mkc[MLX5_ST_SZ_DW(mkc)] = {};
	struct mlx5_ib_tph_mr_info info = {};

	KUNIT_ASSERT_NOT_NULL(test, mr);
	mr->ibmr.dmah = &dmah.ibdmah;
	KUNIT_EXPECT_TRUE(test, mlx5_ib_tph_of_mkey(mr, &info));
	KUNIT_EXPECT_EQ(test, info.source, MLX5_IB_TPH_SOURCE_DMAH);
	KUNIT_EXPECT_EQ(test, info.ph, 3);
	KUNIT_EXPECT_EQ(test, info.st_index, param->told);

	/* What an mkey says that is made with it */
	if (!param->cpu)
		return;
	MLX5_SET(mkc, mkc, pcie_tph_steering_tag_index, param->st_index);
	KUNIT_EXPECT_EQ(test, MLX5_GET(mkc, mkc, pcie_tph_steering_tag_index), param->told);
}

static void query_of_no_hints(struct kunit *test)
{
	struct mlx5_ib_mr *mr = kunit_kzalloc(test, sizeof(*mr), GFP_KERNEL);
	struct mlx5_ib_tph_mr_info info = {};
	struct mlx5_ib_dmah dmah = {};

	KUNIT_ASSERT_NOT_NULL(test, mr);
	KUNIT_EXPECT_FALSE(test, mlx5_ib_tph_of_mkey(mr, &info));
	/* Its requests leave from another function */
	mr->ibmr.dmah = &dmah.ibdmah;
	mr->data_direct = true;
	KUNIT_EXPECT_FALSE(test, mlx5_ib_tph_of_mkey(mr, &info));
}

static struct kunit_case mlx5_ib_tph_cases[] = {
	KUNIT_CASE_PARAM(parse, parse_gen_params),
	KUNIT_CASE(restart_required),
	KUNIT_CASE(restart_best_effort),
	KUNIT_CASE(restart_of_other_results),
	KUNIT_CASE_PARAM(query_of_dmah, dmah_gen_params),
	KUNIT_CASE(query_of_no_hints),
	{}
};

static struct kunit_suite mlx5_ib_tph_suite = {
	.name = "mlx5_ib_tph",
	.test_cases = mlx5_ib_tph_cases,
};

kunit_test_suite(mlx5_ib_tph_suite);

MODULE_DESCRIPTION("KUnit tests of TLP Processing Hints of mlx5's memory regions");
MODULE_LICENSE("Dual BSD/GPL");
MODULE_IMPORT_NS("EXPORTED_FOR_KUNIT_TESTING");
