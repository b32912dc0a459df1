// SPDX-License-Identifier: GPL-2.0 OR Linux-OpenIB
/*
 * registrations DEVICE LENGTH TIMES HELD: what one user memory region of LENGTH bytes costs while
 * HELD others exist. Prints, as JSON, the medians over TIMES of ibv_reg_mr(), of ibv_dereg_mr(), of
 * both together, and of an 8-byte RDMA write from and to regions that are taken in turns from all
 * that exist ("write_us"), in microseconds.
 */
#include <errno.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <time.h>

#include "rc_pair.h"
#include "util/number.h"

#define ACCESS (IBV_ACCESS_LOCAL_WRITE | IBV_ACCESS_REMOTE_WRITE)
#define WRITE_BYTES 8
#define MIN_LENGTH (2 * WRITE_BYTES)
#define MAX_LENGTH (1UL << 30)
#define MAX_TIMES 100000
#define MAX_HELD 1000000
/* Visits regions far apart one after the other; a prime, so that it visits all of them. */
#define STRIDE 7919

struct subject {
	struct rc_pair pair;
	char *buffer; /* every region is of this one */
	size_t length;
	struct ibv_mr **held;
	unsigned long count; /* of those held */
};

struct samples {
	double *reg, *dereg, *both, *write;
};

static double now_us(void)
{
	struct timespec time;

	clock_gettime(CLOCK_MONOTONIC, &time);
	return time.tv_sec * 1e6 + time.tv_nsec / 1e3;
}

static int compare(const void *a, const void *b)
{
	double x = *(const double *)a, y = *(const double *)b;

	return (x > y) - (x < y);
}

static double median(double *values, unsigned long count)
{
	qsort(values, count, sizeof(*values), compare);
	return values[count / 2];
}

static int fail(const char *what, int result)
{
	fprintf(stderr, "registrations: cannot %s: %s\n", what, rc_pair_strerror(result));
	return 1;
}

static int hold(struct subject *s, unsigned long count)
{
	for (; s->count < count; s->count++) {
		s->held[s->count] = ibv_reg_mr(s->pair.pd, s->buffer, s->length, ACCESS);
		if (!s->held[s->count]) {
			fprintf(stderr, "registrations: with %lu regions:\n", s->count);
			return fail("register one more", errno);
		}
	}
	return 0;
}

static int time_registrations(struct subject *s, struct samples *samples, unsigned long times)
{
	double start, registered, end;
	struct ibv_mr *mr;
	unsigned long i;
	int err;

	for (i = 0; i < times; i++) {
		start = now_us();
		mr = ibv_reg_mr(s->pair.pd, s->buffer, s->length, ACCESS);
		if (!mr)
			return fail("register", errno);
		registered = now_us();
		err = ibv_dereg_mr(mr);
		if (err)
			return fail("deregister", err);
		end = now_us();
		samples->reg[i] = registered - start;
		samples->dereg[i] = end - registered;
		samples->both[i] = end - start;
	}
	return 0;
}

static int time_writes(struct subject *s, struct samples *samples, unsigned long times)
{
	struct ibv_sge sge = { .addr = (uintptr_t)s->buffer, .length = WRITE_BYTES };
	unsigned long i;
	double start;
	int result;

	for (i = 0; i < times; i++) {
		const struct ibv_mr *remote = s->held[(i + 1) * STRIDE % s->count];

		sge.lkey = s->held[i * STRIDE % s->count]->lkey;
		start = now_us();
		result = rc_pair_transfer(&s->pair, IBV_WR_RDMA_WRITE, &sge, sge.addr + WRITE_BYTES,
					  remote->rkey);
		if (result)
			return fail("write", result);
		samples->write[i] = now_us() - start;
	}
	return 0;
}

static int measure(struct subject *s, struct samples *samples, unsigned long times,
		   unsigned long held)
{
	if (hold(s, held) || time_registrations(s, samples, times))
		return 1;
	/* Without others, one of its own is what a write needs. */
	if (hold(s, held ? held : 1) || time_writes(s, samples, times))
		return 1;
	printf("{\"register_us\": %.2f, \"deregister_us\": %.2f, \"both_us\": %.2f, "
	       "\"write_us\": %.2f}\n",
	       median(samples->reg, times), median(samples->dereg, times),
	       median(samples->both, times), median(samples->write, times));
	return 0;
}

static int run(struct subject *s, unsigned long times, unsigned long held)
{
	double *values = calloc(times, 4 * sizeof(*values));
	struct samples samples = { values, values + times, values + 2 * times, values + 3 * times };
	int failed;

	s->held = calloc(held + 1, sizeof(struct ibv_mr *));
	s->buffer = mmap(NULL, s->length, PROT_READ | PROT_WRITE,
			 MAP_PRIVATE | MAP_ANONYMOUS | MAP_POPULATE, -1, 0);
	if (!values || !s->held || s->buffer == MAP_FAILED)
		return fail("allocate memory", ENOMEM);
	failed = measure(s, &samples, times, held);
	while (s->count)
		ibv_dereg_mr(s->held[--s->count]);
	munmap(s->buffer, s->length);
	free(s->held);
	free(values);
	return failed;
}

int main(int argc, char **argv)
{
	uint64_t length, times, held;
	struct subject s = { 0 };
	int result;

	if (argc != 5 || !number_parse(argv[2], MIN_LENGTH, MAX_LENGTH, &length) ||
	    !number_parse(argv[3], 1, MAX_TIMES, &times) ||
	    !number_parse(argv[4], 0, MAX_HELD, &held))
		goto usage;
	result = rc_pair_open(&s.pair, argv[1]);
	if (result)
		return fail(s.pair.failed, result);
	s.length = length;
	result = run(&s, times, held);
	rc_pair_close(&s.pair);
	return result;
usage:
	fprintf(stderr, "usage: registrations DEVICE LENGTH TIMES HELD (up to %lu, %d, %d)\n",
		MAX_LENGTH, MAX_TIMES, MAX_HELD);
	return 2;
}
