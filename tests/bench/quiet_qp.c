// SPDX-License-Identifier: GPL-2.0 OR Linux-OpenIB
/*
 * quiet_qp DEVICE: connects two queue pairs, sends one message, says "ready", and from then on
 * does nothing until its standard input ends.
 */
#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "rc_pair.h"

static int use_once(struct rc_pair *pair)
{
	static char buffer[64];
	struct ibv_mr *mr = ibv_reg_mr(pair->pd, buffer, sizeof(buffer),
				       IBV_ACCESS_LOCAL_WRITE | IBV_ACCESS_REMOTE_WRITE);
	struct ibv_sge sge = { .addr = (uintptr_t)buffer, .length = sizeof(buffer) / 2 };
	int result;

	if (!mr)
		return errno;
	sge.lkey = mr->lkey;
	result = rc_pair_transfer(pair, IBV_WR_RDMA_WRITE, &sge, sge.addr + sge.length, mr->rkey);
	ibv_dereg_mr(mr);
	return result;
}

int main(int argc, char **argv)
{
	struct rc_pair pair;
	char byte;
	int result;

	if (argc != 2) {
		fprintf(stderr, "usage: quiet_qp DEVICE\n");
		return 2;
	}
	result = rc_pair_open(&pair, argv[1]);
	if (result) {
		fprintf(stderr, "quiet_qp: cannot %s on %s: %s\n", pair.failed, argv[1],
			rc_pair_strerror(result));
		return 1;
	}
	result = use_once(&pair);
	if (result) {
		fprintf(stderr, "quiet_qp: cannot write on %s: %s\n", argv[1],
			rc_pair_strerror(result));
	} else {
		puts("ready");
		fflush(stdout);
		while (read(STDIN_FILENO, &byte, 1) > 0)
			;
	}
	rc_pair_close(&pair);
	return result ? 1 : 0;
}
