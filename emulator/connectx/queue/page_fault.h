/* SPDX-License-Identifier: GPL-2.0 OR Linux-OpenIB */
/*
 * Page faults of the memory scheme (on-demand paging): an access that a key permits, to a page
 * that has no translation now, is parked; the driver gets an event, brings the page in by UMR, and
 * says PAGE_FAULT_RESUME, whereupon the access is tried again or fails.
 */
#ifndef CONNECTX_PAGE_FAULT_H
#define CONNECTX_PAGE_FAULT_H

#include <stdbool.h>
#include <stdint.h>

#include "connectx/command/cmd.h"
#include "connectx/command/table.h"

struct connectx;
struct access_stop;

/* One fault, embedded in what waits for it; that can wait for one at a time. */
struct page_fault {
	/** resolved() - the driver answered. @failed: it could not bring the page in. */
	void (*resolved)(struct page_fault *fault, bool failed);
	struct connectx *nic; /* whose driver was asked; NULL: not waiting */
	uint64_t token;       /* 48 bits: sequence << 24 | number in the table */
};

struct page_faults {
	bool enabled;            /* SET_HCA_CAP: the memory scheme is on */
	struct cx_table pending; /* struct page_fault */
	uint64_t sequence;
	uint64_t raised, failed; /* in the registry */
};

/** page_faults_init() - @size: how many can be pending. Return: 0 or -ENOMEM. */
int page_faults_init(struct page_faults *faults, uint32_t size);

void page_faults_fini(struct page_faults *faults);

/** page_faults_clear() - the driver is gone: everything that waits for it fails. */
void page_faults_clear(struct page_faults *faults);

/**
 * page_fault_raise() - tell the driver about the access that @stop describes.
 *
 * Return: 0, and @fault waits; -EOPNOTSUPP when the driver has not turned the memory scheme on, or
 * has no queue for the event; -ENOSPC when too many are pending.
 */
int page_fault_raise(struct page_fault *fault, const struct access_stop *stop);

/** page_fault_cancel() - stop waiting; harmless when it does not wait. */
void page_fault_cancel(struct page_fault *fault);

cmd_handler page_fault_resume;

#endif
