// SPDX-License-Identifier: GPL-2.0 OR Linux-OpenIB
/*
 * Every namespace, with and without REQUIRE, for every state of the exporter: does the registration
 * succeed, and what does the query say it became? Run on NICs of each requester type.
 */
#include <errno.h>
#include <string.h>

#include "fixture.h"
#include "requester.h"
#include "tap.h"

#define ST 0xa7
#define PH 1
#define STATES 4	/* of the exporter: any of the two tags */

static const char *const namespaces[] = { "NONE", "AUTO", "ST", "ST_EXT" };
static const char *const states[] = { "nothing", "ST", "ST_EXT", "both" };

struct expectation {
	int err;
	bool tagged;
};

static struct expectation expect(enum ibv_tph_namespace asked, bool require, uint32_t published,
				 enum ibv_tph_namespace emitted)
{
	const uint32_t flag[] = {
		[IBV_TPH_NS_ST] = VFIO_TPH_TAG_ST,
		[IBV_TPH_NS_ST_EXT] = VFIO_TPH_TAG_ST_EXT,
	};
	enum ibv_tph_namespace wanted = asked == IBV_TPH_NS_AUTO ? emitted : asked;
	bool tagged = wanted != IBV_TPH_NS_NONE && wanted == emitted && published & flag[wanted];

	if (require && asked == IBV_TPH_NS_NONE)
		return (struct expectation){ .err = EINVAL };
	if (require && !tagged)
		return (struct expectation){ .err = EOPNOTSUPP };
	return (struct expectation){ .tagged = tagged };
}

/* All fields, also those that have to be zero. */
static bool query_says(struct ibv_mr *mr, bool tagged, enum ibv_tph_namespace emitted)
{
	struct mlx5dv_tph_mr_info info;
	int err;

	memset(&info, 0xff, sizeof(info));
	info.comp_mask = 0;
	err = mlx5dv_tph_query_mr(mr, &info);
	if (err) {
		tap_note("query: %s", strerror(err));
		return false;
	}
	if (tagged ? info.source == MLX5DV_TPH_SOURCE_EXPORTER && info.tph_namespace == emitted &&
			     info.steering_tag == ST && info.st_index && info.ph == PH &&
			     !info.revalidations && info.state == MLX5DV_TPH_STATE_IN_EFFECT :
		     info.source == MLX5DV_TPH_SOURCE_NONE && !info.tph_namespace &&
			     !info.steering_tag && !info.st_index && !info.ph &&
			     !info.revalidations && info.state == MLX5DV_TPH_STATE_NONE)
		return true;
	tap_note("query: source %u, namespace %u, tag %#x, index %u, hint %u, state %u, "
		 "revalidations %u",
		 info.source, info.tph_namespace, info.steering_tag, info.st_index, info.ph,
		 info.state, info.revalidations);
	return false;
}

static bool registers(struct fixture *fixture, const struct ibv_tph_dmabuf_mr_attr *attr,
		      struct expectation expected, enum ibv_tph_namespace emitted)
{
	struct ibv_mr *mr = ibv_tph_reg_dmabuf_mr(fixture->pd, attr);
	int err = mr ? 0 : errno;
	bool passed = err == expected.err;

	if (!passed)
		tap_note("expected %s, got %s", strerror(expected.err), strerror(err));
	if (!mr)
		return passed;
	passed = passed && query_says(mr, expected.tagged, emitted);
	passed = passed && mr->context == fixture->context && mr->pd == fixture->pd && !mr->addr &&
		 mr->length == FIXTURE_LENGTH && mr->lkey && mr->rkey;
	return !ibv_dereg_mr(mr) && passed;
}

static void plain_registration_is_auto(struct fixture *fixture, uint32_t published,
				       enum ibv_tph_namespace emitted)
{
	struct expectation expected = expect(IBV_TPH_NS_AUTO, false, published, emitted);
	struct ibv_mr *mr = ibv_reg_dmabuf_mr(fixture->pd, 0, FIXTURE_LENGTH, 0, fixture->dmabuf_fd,
					      FIXTURE_ACCESS);
	bool passed = mr && query_says(mr, expected.tagged, emitted);

	tap_ok(passed && !ibv_dereg_mr(mr), "published %s: ibv_reg_dmabuf_mr() is as AUTO",
	       states[published]);
}

static void try_state(struct fixture *fixture, uint32_t published, enum ibv_tph_namespace emitted)
{
	struct ibv_tph_dmabuf_mr_attr attr;
	struct expectation expected;
	uint32_t asked, require;

	fixture_publish(fixture, published, ST, PH);
	for (asked = IBV_TPH_NS_NONE; asked <= IBV_TPH_NS_ST_EXT; asked++)
		for (require = 0; require <= IBV_TPH_REQUIRE; require++) {
			attr = fixture_attr(fixture, asked, require);
			expected = expect(asked, require, published, emitted);
			tap_ok(registers(fixture, &attr, expected, emitted),
			       "published %s, asked %s%s: %s", states[published], namespaces[asked],
			       require ? " and required" : "",
			       expected.err    ? strerror(expected.err) :
			       expected.tagged ? "a region with the tag" :
						 "a region without TPH");
		}
	plain_registration_is_auto(fixture, published, emitted);
}

int main(void)
{
	enum ibv_tph_namespace emitted;
	struct requester requester;
	struct fixture fixture;
	uint32_t published;

	requester_open(&requester);
	emitted = requester_emitted(&requester);
	requester_close(&requester);

	tap_plan(STATES * 9);
	tap_note("the NIC emits %s", namespaces[emitted]);
	fixture_open(&fixture, NULL);
	for (published = 0; published < STATES; published++)
		try_state(&fixture, published, emitted);
	fixture_close(&fixture);
	return tap_status();
}
