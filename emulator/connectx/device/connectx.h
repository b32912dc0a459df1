/* SPDX-License-Identifier: GPL-2.0 OR Linux-OpenIB */
/*
 * The software ConnectX: a PCIe function with an InfiniBand port that the stock mlx5_core and
 * mlx5_ib drivers run.
 *
 * This is all that the rest of softfabric sees of it.
 */
#ifndef CONNECTX_CONNECTX_H
#define CONNECTX_CONNECTX_H

#include "base/options.h"
#include "connectx/command/attr.h"

struct connectx;
struct engine;
struct fabric;
struct pci_function;
struct registry;

/** connectx_defaults - flit mode, 8-bit TPH, 64 ST entries, BlueFlame, LID 1, 00:10.0. */
extern const struct connectx_attr connectx_defaults;

/** connectx_options - for options_parse() on a struct connectx_attr. */
extern const struct option_def connectx_options[];

/**
 * connectx_create() - make a device and put it on the fabric.
 *
 * Return: the device, or NULL with errno EINVAL (a field of @attr out of range), EEXIST (LID or
 * name taken), ENOMEM, or of fabric_port_create().
 */
struct connectx *connectx_create(struct engine *engine, struct fabric *fabric,
				 struct registry *registry, const struct connectx_attr *attr);

/** connectx_destroy() - free the device with all its objects. */
void connectx_destroy(struct connectx *nic);

/** connectx_function() - the PCIe function, to be served to a guest. */
struct pci_function *connectx_function(struct connectx *nic);

#endif
