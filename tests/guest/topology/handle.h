/* SPDX-License-Identifier: GPL-2.0 OR Linux-OpenIB */
/* DMA handles with the tag of a CPU, and regions of the guest's memory that have one. */
#ifndef GUEST_TOPOLOGY_HANDLE_H
#define GUEST_TOPOLOGY_HANDLE_H

#include <stddef.h>
#include <stdint.h>

#include "verbs.h"

/* How they are made here, for the names of tests */
extern const char handle_maker[];

enum handle_memory {
	HANDLE_VOLATILE,
	HANDLE_PERSISTENT,
};

struct handle_attr {
	uint32_t cpu;
	enum handle_memory memory;
	uint8_t ph;
};

struct handle_region {
	struct verbs_mr mr;
	/* private to who made them */
	void *handle, *region;
	uint32_t handle_id;
};

/*
 * A handle, and a region with it that can be read and written from far. Returns 0 or the errno with
 * which the handle was refused; a region that is refused ends the test.
 */
int handle_reg(struct verbs *verbs, const struct handle_attr *attr, void *addr, size_t length,
	       struct handle_region *region);
/* Destroys both, or ends the test. */
void handle_dereg(struct verbs *verbs, struct handle_region *region);

#endif
