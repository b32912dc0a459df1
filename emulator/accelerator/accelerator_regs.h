/* SPDX-License-Identifier: GPL-2.0 OR Linux-OpenIB */
/*
 * Registers of the accelerator model, for the model and for programs in the guest alike.
 *
 * BAR0, 16 KiB, 32-bit, little endian. 64-bit registers may be read in one access or in two; reads
 * of 1, 2, 4 and 8 bytes that do not cross a register are fine. BAR2, 64-bit and prefetchable, is
 * the memory. Counters are cleared by a function reset and by ACC_CONTROL_CLEAR; the memory keeps
 * its contents over both.
 *
 * What a write TLP of a peer does to the memory is decided by its steering tag, if the completer
 * (ACC_CAPS) understands the TLP's namespace:
 *
 *   8-bit namespace   ST[3:0] cache partition, ST[7:4]  operation
 *   16-bit namespace  ST[7:0] cache partition, ST[15:8] operation
 *
 * The operation is applied to each u32 at a multiple of four in the memory of which the TLP enables
 * all four bytes: memory = operation(memory, data), values little endian. Bytes in front of the
 * first and behind the last of them are stored as they come. TLPs without hints, and those in a
 * namespace that the completer does not understand, are stored as they come.
 */
#ifndef ACCELERATOR_REGS_H
#define ACCELERATOR_REGS_H

/* No assigned vendor: 0x1234 is what emulators use for devices that exist nowhere else. */
#define ACC_VENDOR_ID		0x1234
#define ACC_DEVICE_ID		0x7470	/* "tp" */
#define ACC_CLASS_CODE		0x120000 /* processing accelerator */

#define ACC_REGISTER_BAR	0
#define ACC_REGISTER_SIZE	0x4000
#define ACC_MEMORY_BAR		2

/* 32-bit, read only */
#define ACC_ID			0x000	/* ACC_ID_VALUE */
#define ACC_ID_VALUE		0x41485054	/* "TPHA" */
#define ACC_VERSION		0x004	/* of this layout */
#define ACC_VERSION_VALUE	1
#define ACC_CAPS		0x008
#define ACC_CAPS_COMPLETER	0x3	/* DevCap2 bits 13:12: 1 TPH, 3 extended, else none */
/* 32-bit, write only */
#define ACC_CONTROL		0x00c
#define ACC_CONTROL_CLEAR	0x1	/* all counters to zero */

/* 64-bit, read only */
#define ACC_MEMORY_SIZE		0x010	/* of BAR2, bytes */

/* 64-bit counters, read only; all count TLPs of peers but where they say bytes */
#define ACC_WRITES		0x040	/* memory writes */
#define ACC_WRITE_BYTES		0x048	/* bytes they enabled */
#define ACC_READS		0x050	/* memory reads */
#define ACC_NO_HINTS		0x058	/* requests without hints */
#define ACC_IGNORED_HINTS	0x060	/* requests in a namespace that the completer ignores */
#define ACC_UNKNOWN_OPERATION	0x068	/* writes whose tag names no operation */
#define ACC_ATOMICS		0x070	/* AtomicOps; their tags count, but select no operation */
#define ACC_PH(ph)		(0x080 + 8 * (ph))	/* requests by processing hint, 0 to 3 */

/* Requests by cache partition and writes by operation, in each namespace */
#define ACC_PARTITION_ST(n)		(0x0100 + 8 * (n))	/* n = 0 to 15 */
#define ACC_OPERATION_ST(n)		(0x0200 + 8 * (n))	/* n = 0 to 15 */
#define ACC_PARTITION_ST_EXT(n)		(0x0800 + 8 * (n))	/* n = 0 to 255 */
#define ACC_OPERATION_ST_EXT(n)		(0x1000 + 8 * (n))	/* n = 0 to 255 */

/* Operations; others store, and count as unknown. */
enum acc_operation {
	ACC_STORE = 0x0,
	ACC_ADD_U32 = 0x1, /* modulo 2^32 */
	ACC_XOR_U32 = 0x2,
	ACC_MAX_U32 = 0x3,
	ACC_MIN_U32 = 0x4,
	ACC_NOT = 0x5,       /* ~data */
	ACC_ADD_FLOAT = 0x6, /* IEEE 754 single, round to nearest */
	ACC_SWAP_U32 = 0xf,  /* data with its four bytes reversed */
};

#endif
