/* SPDX-License-Identifier: GPL-2.0 OR Linux-OpenIB */
/*
 * The lower half of mlx5_core in miniature: command slots and mailboxes in guest memory, doorbells
 * through BAR0, and no knowledge of what is inside of the device. Time begins at zero and passes
 * only where a test lets it.
 */
#ifndef TESTS_CONNECTX_DRIVER_H
#define TESTS_CONNECTX_DRIVER_H

#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <linux/mlx5/device.h>
#include <linux/mlx5/qp.h>

#include "base/engine.h"
#include "base/registry.h"
#include "connectx/device/connectx.h"
#include "fabric/fabric.h"
#include "pci/function.h"

#define RAM_BASE	0x100000ULL	/* bus address of guest memory */
#define RAM_BYTES	(16ULL << 20)
#define RAM_PAGE	4096ULL

/* Where things are in guest memory; the rest is handed out by ram_alloc(). */
#define SLOTS		RAM_BASE
#define IN_MAILBOXES	(RAM_BASE + 0x10000)
#define OUT_MAILBOXES	(RAM_BASE + 0x110000)
#define MAILBOX_STEP	1024
#define RAM_FREE	(RAM_BASE + 0x210000)

struct driver {
	struct engine *engine;
	struct registry *registry;
	struct fabric *fabric;
	struct connectx *nic;
	struct pci_function *fn;
	uint8_t *ram;
	uint64_t brk;
	uint8_t delivery; /* of the last command */
	uint32_t syndrome;
	uint32_t uar, pd, eqn;
	uint64_t eq;     /* bus address of the ring of EQ eqn, which gets all events */
	uint32_t events; /* consumed there */
};

/* cmocka fixtures. driver_setup() stops short of ENABLE_HCA, driver_setup_up() goes to objects. */
int driver_setup(void **state);
int driver_setup_up(void **state);
int driver_teardown(void **state);

void *ram_ptr(struct driver *driver, uint64_t address);
/* Page aligned, zeroed. */
uint64_t ram_alloc(struct driver *driver, uint64_t bytes);

uint32_t bar_read32(struct driver *driver, uint64_t offset);
void bar_write32(struct driver *driver, uint64_t offset, uint32_t value);
/* A doorbell of 8 bytes in the UAR at @number. */
void uar_write64(struct driver *driver, uint32_t number, uint32_t offset, uint32_t high,
		 uint32_t low);

/* A descriptor and its mailboxes, ready to be rung for; returns the descriptor. */
struct mlx5_cmd_layout *slot_fill(struct driver *driver, unsigned int slot, const void *in,
				  uint32_t in_len, uint32_t out_len);
void slot_ring(struct driver *driver, unsigned int slot);
bool slot_done(struct driver *driver, unsigned int slot);
/* Output of a finished command. */
void slot_output(struct driver *driver, unsigned int slot, void *out, uint32_t out_len);

/* Run one command in slot 0; the status, with delivery and syndrome left in @driver. */
uint8_t command(struct driver *driver, const void *in, uint32_t in_len, void *out,
		uint32_t out_len);
/* The same for a command whose input is zero but for opcode and one field at byte 8: a number. */
uint8_t command_number(struct driver *driver, uint16_t opcode, uint32_t number);

/* Declares in[] and out[] for mlx5_ifc_<layout>_{in,out}_bits, with room for @pages addresses. */
#define COMMAND(layout, op, pages)                                                                 \
	uint8_t in[MLX5_ST_SZ_BYTES(layout##_in) + (pages) * sizeof(__be64)] = { 0 };              \
	uint8_t out[MLX5_ST_SZ_BYTES(layout##_out)] = { 0 };                                       \
	MLX5_SET(layout##_in, in, opcode, MLX5_CMD_OP_##op)

/* The same under other names. */
#define COMMAND_BUFFERS(name, layout, op)                                                          \
	uint8_t name##_in[MLX5_ST_SZ_BYTES(layout##_in)] = { 0 };                                  \
	uint8_t name##_out[MLX5_ST_SZ_BYTES(layout##_out)] = { 0 };                                \
	MLX5_SET(layout##_in, name##_in, opcode, MLX5_CMD_OP_##op)

uint32_t alloc_pd(struct driver *driver);
uint32_t alloc_uar(struct driver *driver);
uint32_t alloc_xrcd(struct driver *driver);
/* @mask: event types; the ring, of 1 << @log_size entries, is returned in @ring. */
uint32_t create_eq(struct driver *driver, uint64_t mask, unsigned int log_size, uint64_t *ring);

struct test_cq {
	uint32_t cqn;
	uint64_t ring, dbr;
	unsigned int log_size;
};

/* Returns the status. */
uint8_t try_create_cq(struct driver *driver, struct test_cq *cq, unsigned int log_size);
void create_cq(struct driver *driver, struct test_cq *cq, unsigned int log_size);

struct test_qp_attr {
	uint8_t service;
	uint32_t pd, uar, send_cqn, recv_cqn, rq_type, srqn, xrcd;
	unsigned int log_sq, log_rq;
	bool no_sq;
};

uint8_t try_create_qp(struct driver *driver, const struct test_qp_attr *attr, uint32_t *qpn);
uint32_t create_rc_qp(struct driver *driver, const struct test_cq *cq);
uint8_t modify_qp(struct driver *driver, uint32_t qpn, uint16_t opcode);
uint8_t query_qp_state(struct driver *driver, uint32_t qpn);

/* The next event in EQ driver->eqn, or NULL. */
const struct mlx5_eqe *next_event(struct driver *driver);
void expect_no_event(struct driver *driver);

/* A value out of the registry; fails when there is none of that name. */
uint64_t registered(struct driver *driver, enum registry_kind kind, const char *name);

#endif
