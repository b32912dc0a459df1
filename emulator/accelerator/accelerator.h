/* SPDX-License-Identifier: GPL-2.0 OR Linux-OpenIB */
/*
 * The accelerator model: an endpoint with memory in BAR2, whose ingress block applies the steering
 * tags of its peers to what they write, with registers in BAR0 (accelerator_regs.h), and with a DMA
 * engine, whose requests carry tags in turn.
 */
#ifndef ACCELERATOR_ACCELERATOR_H
#define ACCELERATOR_ACCELERATOR_H

#include <stdint.h>

#include "base/options.h"
#include "pci/function.h"

struct accelerator;
struct engine;
struct registry;

struct accelerator_attr {
	const char *name;
	uint16_t requester;   /* bus << 8 | device << 3 | function */
	uint64_t memory_size; /* bytes, a power of two, 64 KiB to 64 GiB */
	enum pci_tph_completer completer;
	bool tph_requester;         /* there is a TPH Requester capability: */
	struct pci_tph_attr tph;    /* entries: 1 to 64, without a table of no effect */
	bool atomics;               /* completes AtomicOps of 4 and 8 bytes */
	bool soft_reset;            /* returns from D3hot to D0 reset it */
	enum tlp_encoding encoding; /* of the link */
};

/**
 * accelerator_defaults - 256 MiB, completer and requester of both namespaces, all ST modes, 64
 * entries in the capability, AtomicOps, No_Soft_Reset, 00:04.0, flit mode.
 */
extern const struct accelerator_attr accelerator_defaults;

/** accelerator_options - for options_parse() on a struct accelerator_attr. */
extern const struct option_def accelerator_options[];

/** accelerator_attr_valid() - whether @attr keeps the rules above. */
bool accelerator_attr_valid(const struct accelerator_attr *attr);

/**
 * accelerator_create() - plug an accelerator into @fabric.
 *
 * Return: the accelerator, or NULL with errno of fabric_port_create(), memfd_create(2),
 * ftruncate(2) or mmap(2), EINVAL for @attr against the rules above, EEXIST when @registry
 * knows the name, ENOMEM.
 */
struct accelerator *accelerator_create(struct engine *engine, struct fabric *fabric,
				       struct registry *registry,
				       const struct accelerator_attr *attr);

/** accelerator_destroy() - unplug and free. Its transport must be gone. */
void accelerator_destroy(struct accelerator *accelerator);

/** accelerator_function() - what a transport presents. */
struct pci_function *accelerator_function(struct accelerator *accelerator);

#endif
