// SPDX-License-Identifier: GPL-2.0 OR Linux-OpenIB
/*
 * The registration attributes on a driver that does not have them, rxe: skipped, or refused where
 * they are marked mandatory. rxe imports no dma-buf, so this registers an address.
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>

#include "tap.h"
#include "verbs.h"

static void expect(struct verbs *verbs, struct verbs_reg *reg, int err, const char *what)
{
	struct verbs_mr mr;

	if (tap_errno(verbs_reg(verbs, reg, &mr), err, "%s", what) && !err)
		verbs_dereg(verbs, &mr);
}

int main(void)
{
	struct verbs_reg reg = {
		.form = VERBS_REG_MR_ADDR,
		.tph_namespace = IB_UVERBS_TPH_NS_AUTO,
		.tph_flags = VERBS_NO_ATTR,
	};
	struct mlx5_ib_tph_mr_info info;
	struct verbs verbs;

	if (system("rdma link add rxe_test type rxe netdev lo"))
		tap_bail_out("no rxe device can be made");
	verbs_open(&verbs, "rxe_test");
	reg.addr = mmap(NULL, VERBS_LENGTH, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1,
			0);
	if (reg.addr == MAP_FAILED)
		tap_bail_out("no memory: %s", strerror(errno));

	tap_plan(5);
	expect(&verbs, &reg, 0, "a namespace is skipped");
	reg.tph_flags = IB_UVERBS_TPH_REQUIRE;
	expect(&verbs, &reg, 0, "so is REQUIRE, unless it is marked mandatory");
	reg.mandatory = true;
	expect(&verbs, &reg, EPROTONOSUPPORT, "REQUIRE, marked mandatory");
	reg.tph_flags = VERBS_NO_ATTR;
	expect(&verbs, &reg, EPROTONOSUPPORT, "a namespace, marked mandatory");
	tap_errno(verbs_query_raw(&verbs, 0, &info, sizeof(info)), EPROTONOSUPPORT,
		  "the query is mlx5's");

	verbs_close(&verbs);
	return system("rdma link delete rxe_test") ? EXIT_FAILURE : tap_status();
}
