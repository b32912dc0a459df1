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

#define SMA_CLASS_VERSION	1

/** sma_node_info() - 14.2.5.3. */
void sma_node_info(const struct ib_port_attr *port, struct ib_node_info *info);

/** sma_port_info() - 14.2.5.6. @data: as it is in the datagram */
void sma_port_info(const struct ib_port_attr *port, uint8_t data[IB_SMP_DATA_SIZE]);

/**
 * sma_answer() - answer a datagram of either subnet management class.
 * @mad: the request; becomes the answer
 *
 * Return: false when it is none that is answered.
 */
bool sma_answer(const struct ib_port_attr *port, struct ib_smp *mad);

#endif
