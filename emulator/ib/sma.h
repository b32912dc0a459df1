/* SPDX-License-Identifier: GPL-2.0 OR Linux-OpenIB */
/*
 * The subnet management agent of a port: vol. 1, chapter 14. Its attributes can be read. They are
 * set by other ways here: by options and by the driver's commands.
 */
#ifndef IB_SMA_H
#define IB_SMA_H

#include <stdbool.h>
#include <stdint.h>

#include <rdma/ib_smi.h>

#include "ib/port.h"
#include "ib/switch.h"

#define SMA_CLASS_VERSION	1

/* Of whom. */
struct sma {
	const struct ib_port_attr *port;
	const struct ib_switch *sw; /* whose port 0 that is; NULL for an adapter's port */
};

/** sma_node_info() - 14.2.5.3. */
void sma_node_info(const struct ib_port_attr *port, struct ib_node_info *info);

/** sma_port_info() - 14.2.5.6. @data: as it is in the datagram */
void sma_port_info(const struct ib_port_attr *port, uint8_t data[IB_SMP_DATA_SIZE]);

/**
 * sma_get() - any attribute.
 * @modifier: of the attribute, as it is in the header of a datagram
 * @data: for it; 0 when the status is not
 *
 * Return: status of the answer (IB_MGMT_MAD_STATUS_*).
 */
uint16_t sma_get(const struct sma *sma, __be16 id, uint32_t modifier,
		 uint8_t data[IB_SMP_DATA_SIZE]);

/**
 * sma_answer() - answer a datagram of either subnet management class.
 * @mad: the request; becomes the answer, which has a directed route back still before it
 *
 * Return: false when it is none that is answered.
 */
bool sma_answer(const struct sma *sma, struct ib_smp *mad);

#endif
