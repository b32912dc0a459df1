/* SPDX-License-Identifier: GPL-2.0 OR Linux-OpenIB */
/*
 * A machine with a driver in miniature: guest memory, a peer device and a software ConnectX on one
 * fabric. The driver asks for objects by commands in the device's slots, and writes queues as
 * libmlx5 writes them; guest_command.h, guest_mkey.h, guest_queue.h and guest_wqe.h have one kind
 * of thing each. A helper asserts that what it asked for was done; guest_try() and others with
 * "try" in their name return the command's status instead.
 *
 * Time begins at zero, as when a machine boots, and passes only while a helper waits, and then from
 * one of the device's timers to the next: what is expected at a time is expected to the nanosecond.
 */
#ifndef TESTS_CONNECTX_GUEST_H
#define TESTS_CONNECTX_GUEST_H

#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include "connectx/device/device.h"

#define GUEST_PAGE	4096ULL
#define GUEST_BASE	0x100000ULL	/* bus address of guest memory */
#define GUEST_RAM	(8ULL << 20)	/* what guest_alloc() gives out */

/* Behind it, command slots and their mailboxes */
#define GUEST_SLOTS		(GUEST_BASE + GUEST_RAM)
#define GUEST_IN_MAILBOXES	(GUEST_SLOTS + 0x10000)
#define GUEST_OUT_MAILBOXES	(GUEST_SLOTS + 0x110000)
#define GUEST_MAILBOX_STEP	1024
#define GUEST_END		(GUEST_SLOTS + 0x210000)	/* here is no memory */

#define GUEST_PEER	0x2000000000ULL	/* bus address of the peer's BAR */
#define GUEST_PEER_SIZE	0x10000ULL

#define GUEST_NIC	"nic0"	/* in the registry */
#define GUEST_LOG_EQ	6

/* What the peer, a device beside the NIC, was sent. */
struct guest_peer {
	struct fabric_port *port;
	uint8_t memory[GUEST_PEER_SIZE];
	unsigned int writes, atomics;
	bool no_atomics;        /* it completes none */
	struct tlp_hints hints; /* of the last write or AtomicOp */
};

struct guest {
	struct engine *engine;
	struct registry *registry;
	struct fabric *fabric;
	struct connectx *nic;
	struct pci_function *fn; /* of the NIC */
	uint8_t *ram;
	uint64_t brk;
	uint8_t delivery;  /* of the last command */
	uint32_t syndrome; /* of the last command */
	/* from INIT_HCA on */
	uint32_t uar, pd;
	uint32_t eqn;     /* gets all events but completions of commands, which are polled for */
	uint64_t eq;      /* bus address of its entries */
	uint32_t events;  /* consumed there */
	uint32_t dma_key; /* PA, all memory: the driver's own key */
	struct guest_peer peer;
};

struct guest *guest_create(void);
/* Another one in the same subnet. */
struct guest *guest_create_lid(uint16_t lid);
void guest_destroy(struct guest *guest);

/* cmocka fixtures: *state is the struct guest; guest_setup_off() stops short of ENABLE_HCA. */
int guest_setup(void **state);
int guest_setup_off(void **state);
int guest_teardown(void **state);

/* Page aligned and zeroed; the bus address. */
uint64_t guest_alloc(struct guest *guest, uint64_t size);
void *guest_ptr(struct guest *guest, uint64_t address);

/* BAR 0, in big endian */
uint32_t guest_bar_read32(struct guest *guest, uint64_t offset);
void guest_bar_write32(struct guest *guest, uint64_t offset, uint32_t value);
/* A doorbell of 8 bytes in the UAR at @number. */
void guest_doorbell(struct guest *guest, uint32_t number, uint32_t offset, uint32_t high,
		    uint32_t low);

/* A value out of the registry; fails when there is none of that name. */
uint64_t guest_registered(struct guest *guest, enum registry_kind kind, const char *name);

uint64_t guest_now_ns(const struct guest *guest);
/* Let the device do all that it can do without time passing. */
void guest_run(struct guest *guest);
/* Let time pass until something happens, but at most @timeout_ns. */
void guest_wait(struct guest *guest, uint64_t timeout_ns);
/* Let @ns pass, and the device do what is due until then. */
void guest_pass(struct guest *guest, uint64_t ns);

/* Fill with a pattern that differs from byte to byte and from @seed to @seed. */
void guest_fill(void *data, size_t len, uint8_t seed);
void guest_assert_filled(const void *data, size_t len, uint8_t seed);

#endif
