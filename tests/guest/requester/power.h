/* SPDX-License-Identifier: GPL-2.0 OR Linux-OpenIB */
/* D3hot. Whatever cannot be done ends the test. */
#ifndef GUEST_REQUESTER_POWER_H
#define GUEST_REQUESTER_POWER_H

#include <stdbool.h>

#include "device.h"

/* Its owner writes the state to its Power Management capability. */
void power_d3hot(const struct device *device);
void power_d0(const struct device *device);

/* VFIO_DEVICE_FEATURE_LOW_POWER_ENTRY, by which the kernel puts it into D3hot, and _EXIT */
void power_entry(const struct device *device);
void power_exit(const struct device *device);

/* Until the kernel has put it there, as it does when nobody has it open: it tells nobody. */
void power_wait(const struct device *device);

/* Whether the device itself is in D3hot, else it is in D0 */
bool power_sleeps(const struct device *device);
/* Whether a return to D0 resets it */
bool power_resets(const struct device *device);

#endif
