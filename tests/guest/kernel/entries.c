// SPDX-License-Identifier: GPL-2.0 OR Linux-OpenIB
#include <errno.h>
#include <string.h>

#include "entries.h"
#include "exporter.h"
#include "tap.h"

static int reg_st(const struct entries_user *user, uint8_t st, struct verbs_mr *mr)
{
	const struct verbs_reg reg = {
		.fd = user->dmabuf,
		.tph_namespace = IB_UVERBS_TPH_NS_AUTO,
		.tph_flags = IB_UVERBS_TPH_REQUIRE,
		.mandatory = true,
	};
	int err = exporter_publish(user->accelerator, user->dmabuf, st, 1);

	if (err)
		tap_bail_out("cannot publish: %s", strerror(err));
	return verbs_reg(user->verbs, &reg, mr);
}

void entries_expect_free(const struct entries_user *user, const char *what)
{
	struct verbs_mr mr[ENTRIES_SHARE], extra;
	int i, made = 0, err = 0;

	for (i = 0; i < ENTRIES_SHARE && !err; i++) {
		err = reg_st(user, 0x80 + i, &mr[i]);
		made += !err;
	}
	tap_errno(err, 0, "%s: all entries can be had", what);
	tap_errno(reg_st(user, 0x90, &extra), ENOSPC, "%s: and there is no other", what);
	while (made) {
		err = verbs_dereg(user->verbs, &mr[--made]);
		if (err)
			tap_bail_out("cannot destroy a region: %s", strerror(err));
	}
}
