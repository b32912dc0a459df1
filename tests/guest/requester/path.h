/* SPDX-License-Identifier: GPL-2.0 OR Linux-OpenIB */
/* What is between a requester and memory, and which hints it lets through. */
#ifndef GUEST_REQUESTER_PATH_H
#define GUEST_REQUESTER_PATH_H

#include <stdbool.h>
#include <stdint.h>

#include "device.h"

/*
 * Whether @requester, PCI_TPH_REQ_*, may be enabled: the device can make such requests, the root
 * port completes them, and each port handles them. An integrated endpoint has no port.
 */
bool path_allows(const struct device *device, uint32_t requester);
/* Whether there is a port above the device */
bool path_has_port(const struct device *device);

#endif
