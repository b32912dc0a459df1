/* SPDX-License-Identifier: GPL-2.0 OR Linux-OpenIB */
/* A capture that a test makes, and what the program as it is installed says of it. */
#ifndef TEST_TLPDUMP_FIXTURE_H
#define TEST_TLPDUMP_FIXTURE_H

#include <stddef.h>
#include <stdint.h>

#include "tlp/capture.h"

#define SECOND 1000000000ull
#define OUTPUT_MAX 65536

/* What a hardware analyzer printed for the first of the vectors, on the real topology */
#define REFERENCE_WORDS \
	"08000260 -> STP MWr64 TC=0 OHC=2 TS=0 Attr=0 L=8\n" \
	"F0000004 -> RID=4h:0h.0h EP- Tag=F0h\n" \
	"E0200000 -> AddrH=000020E0h\n" \
	"00080006 -> AddrL=06000800h\n" \
	"90F00000 -> OHC-B ST=F0h PH=2 HV=1 AMA=0 AV-\n"

struct fixture {
	char path[32];
	struct capture *capture;
	uint32_t nic, accelerator, old; /* the last is not in flit mode */
	char output[OUTPUT_MAX];
};

/* For cmocka: a capture with the three links and no packet yet */
int set_up(void **state);
int tear_down(void **state);

void add(struct fixture *fixture, uint32_t link, enum capture_direction direction, uint64_t time_ns,
	 const void *bytes, size_t size);

/* The first of the vectors, as often as asked for, as the accelerator receives it */
void add_reference(struct fixture *fixture, unsigned int count);

/* Run tlpdump with @options on the capture; returns its exit code, its output is in the fixture */
int run(struct fixture *fixture, const char *options);

/* It ends so, and has printed this. */
void assert_run(struct fixture *fixture, const char *options, int code, const char *output);

#endif
