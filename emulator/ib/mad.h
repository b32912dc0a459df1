/* SPDX-License-Identifier: GPL-2.0 OR Linux-OpenIB */
/*
 * The common header of management datagrams (MADs): vol. 1, 13.4.2 and 13.4.3. Layouts and numbers
 * are those of the kernel's <rdma/ib_mad.h>.
 */
#ifndef IB_MAD_ANSWER_H
#define IB_MAD_ANSWER_H

#include <stdbool.h>
#include <stdint.h>

#include <rdma/ib_mad.h>

/* mad_is_response() - Return: whether it must not be answered (13.4.6). */
bool mad_is_response(const struct ib_mad_hdr *mad);

/**
 * mad_check() - versions, which come before all else.
 *
 * Return: 0, or the status to answer with (IB_MGMT_MAD_STATUS_*).
 */
uint16_t mad_check(const struct ib_mad_hdr *mad, uint8_t class_version);

/**
 * mad_answer() - make the header of a request that of its answer.
 * @status: IB_MGMT_MAD_STATUS_*, or what the class defines
 */
void mad_answer(struct ib_mad_hdr *mad, uint16_t status);

/** mad_answer_unknown() - answer a class that has no agent. Return: false for a response. */
bool mad_answer_unknown(struct ib_mad_hdr *mad);

#endif
