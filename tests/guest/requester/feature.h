/* SPDX-License-Identifier: GPL-2.0 OR Linux-OpenIB */
/* The features of <linux/vfio_tph.h> for the owner of a requester, by the raw ioctl. */
#ifndef GUEST_REQUESTER_FEATURE_H
#define GUEST_REQUESTER_FEATURE_H

#include <stddef.h>
#include <stdint.h>
#include <linux/vfio_tph.h>

#include "device.h"

/*
 * VFIO_DEVICE_FEATURE: @operation is VFIO_DEVICE_FEATURE_SET and so on, @size how many bytes of
 * @data argsz speaks of; what the kernel writes there comes back. Returns what the ioctl does, or
 * a negative errno.
 */
int feature(const struct device *device, uint32_t operation, uint32_t index, void *data,
	    size_t size);
/* The same where @data may be anything, mapped or not: @feature is the whole argument. */
int feature_raw(const struct device *device, struct vfio_device_feature *feature);

int feature_probe(const struct device *device, uint32_t index);
/* Opts in. */
int feature_opt_in(const struct device *device);
/* VFIO_DEVICE_TPH_CAP_*; ends the test when the kernel does not tell. */
uint32_t feature_caps(const struct device *device);
/* Programs entries, each from the next of @dests. */
int feature_program(const struct device *device, uint32_t flags, uint16_t start, uint16_t count,
		    const uint32_t *dests);
int feature_resolve(const struct device *device, uint32_t flags, uint32_t src,
		    struct vfio_device_feature_tph_resolve *resolved);

/* Opens the device in @stage, opts in, and enables; what cannot be enabled is not. */
void feature_start(struct device *device, unsigned int stage, uint32_t mode, uint32_t requester);
/* What it does to ST Mode Select and TPH Requester Enable in one write. */
void feature_enable(const struct device *device, uint32_t mode, uint32_t requester);
void feature_disable(const struct device *device);

#endif
