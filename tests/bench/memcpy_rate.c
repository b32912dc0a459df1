// SPDX-License-Identifier: GPL-2.0 OR Linux-OpenIB
/*
 * memcpy_rate BYTES SECONDS: how fast one thread copies one buffer to another, again and again, as
 * perftest does with its messages. Prints MiB/s.
 */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#define MAX_BYTES (1UL << 30)
#define MAX_SECONDS 60
#define BATCH 16	/* copies between two looks at the clock */

static double now(void)
{
	struct timespec time;

	clock_gettime(CLOCK_MONOTONIC, &time);
	return time.tv_sec + time.tv_nsec / 1e9;
}

static double rate(char *to, const char *from, size_t bytes, double seconds)
{
	double start = now(), spent;
	unsigned long copies = 0;
	unsigned int i;

	do {
		for (i = 0; i < BATCH; i++) {
			memcpy(to, from, bytes);
			/* Somebody might look at the copy, so that it has to be made. */
			asm volatile("" : : "r"(to) : "memory");
		}
		copies += BATCH;
		spent = now() - start;
	} while (spent < seconds);
	return copies * (bytes / (double)(1 << 20)) / spent;
}

int main(int argc, char **argv)
{
	size_t bytes = argc == 3 ? strtoul(argv[1], NULL, 0) : 0;
	double seconds = argc == 3 ? strtod(argv[2], NULL) : 0;
	char *from, *to;

	if (!bytes || bytes > MAX_BYTES || !(seconds > 0 && seconds <= MAX_SECONDS)) {
		fprintf(stderr, "usage: memcpy_rate BYTES SECONDS (up to %lu, %d)\n", MAX_BYTES,
			MAX_SECONDS);
		return 2;
	}
	from = malloc(bytes);
	to = malloc(bytes);
	if (!from || !to) {
		fprintf(stderr, "memcpy_rate: no memory for two buffers of %zu bytes: %s\n", bytes,
			strerror(errno));
		return 1;
	}
	/* Real pages on both sides before the clock runs */
	memset(from, 1, bytes);
	memset(to, 2, bytes);
	printf("%.1f\n", rate(to, from, bytes, seconds));
	free(from);
	free(to);
	return 0;
}
