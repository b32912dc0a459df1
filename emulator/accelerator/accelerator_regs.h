/* SPDX-License-Identifier: GPL-2.0 OR Linux-OpenIB */
/*
 * Registers of the accelerator model, for the model and for programs in the guest alike.
 *
 * BAR0, 16 KiB, 32-bit, little endian. 64-bit registers may be read and written in one access or in
 * two; reads of 1, 2, 4 and 8 bytes that do not cross a register are fine. Writes are of 4 bytes or
 * a multiple, at a multiple of 4, and take effect word by word in order of address; others are
 * ignored, as are those to registers that are read only. BAR2, 64-bit and prefetchable, is the
 * memory, and BAR4 has the MSI-X table. Counters are cleared by a function reset and by
 * ACC_CONTROL_CLEAR; the memory keeps its contents over both. In D3hot no BAR answers, nor does the
 * device send anything: interrupts of that time come when it is in D0 again, unless that resets it.
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
 *
 * The DMA engine copies between this memory, memory of the guest and memory of peers. It does one
 * job at a time: a program writes what is to be done to the registers below, and
 * ACC_DMA_COMMAND_GO starts it. From then on they may be written for the next job. When it ends,
 * ACC_DMA_STATUS and ACC_DMA_ERROR say how, ACC_DMA_ENDED counts it, and then the interrupt that it
 * asked for is sent. All data were delivered before.
 *
 * Bytes are moved in order of address, in pieces of at most 4 KiB: where the destination begins
 * within the source, a piece may read what one before has written. Hints of its requests are those
 * that the TPH Requester capability allows when they are sent, so they may change within a job.
 *
 * Reads that fail end the job. Writes are posted: those that no memory and no BAR takes are lost,
 * and the job ends as if they were not, as it does on a real bus. On the bus nothing is where this
 * device's own BARs are: its memory is reached by offset.
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
#define ACC_MSIX_BAR		4
#define ACC_VECTORS		64

/* 32-bit, read only */
#define ACC_ID			0x000	/* ACC_ID_VALUE */
#define ACC_ID_VALUE		0x41485054	/* "TPHA" */
#define ACC_VERSION		0x004	/* of this layout */
#define ACC_VERSION_VALUE	2
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

/* 64-bit, read and write; what is written here and below stays until reset */
#define ACC_DMA_SOURCE		0x2000	/* address on the bus, or offset in this memory */
#define ACC_DMA_DESTINATION	0x2008	/* the same */
/* 32-bit, read and write */
#define ACC_DMA_LENGTH		0x2010	/* bytes, 1 to ACC_DMA_MAX_LENGTH */
#define ACC_DMA_MAX_LENGTH	0x40000000
#define ACC_DMA_FLAGS		0x2014
#define ACC_DMA_SOURCE_LOCAL		0x01	/* ACC_DMA_SOURCE is an offset in this memory */
#define ACC_DMA_DESTINATION_LOCAL	0x02	/* so is ACC_DMA_DESTINATION */
#define ACC_DMA_READ_HINTS	0x04	/* reads from the bus carry hints, if TPH is enabled */
#define ACC_DMA_WRITE_HINTS	0x08	/* so do writes to the bus */
#define ACC_DMA_INTERRUPT	0x10	/* send ACC_DMA_VECTOR at the end, over the bus */
/*
 * Device-specific mode: index of the ST table, 0 to 65535 (beyond the table: tag 0), or the tag
 * itself where the function has no table. Other modes ignore it.
 */
#define ACC_DMA_ST		0x2018
#define ACC_DMA_PH		0x201c	/* processing hint, 0 to 3 */
/*
 * 0 to ACC_VECTORS - 1: the interrupt, and in interrupt-vector mode the index of the ST table, with
 * or without ACC_DMA_INTERRUPT.
 */
#define ACC_DMA_VECTOR		0x2020
/* 32-bit, write only */
#define ACC_DMA_COMMAND		0x2024
#define ACC_DMA_COMMAND_GO	0x1	/* start; while a job runs: nothing but ACC_DMA_DROPPED */
#define ACC_DMA_COMMAND_STOP	0x2	/* end the job that runs with ACC_DMA_STOPPED; before GO */
/* 32-bit, read only; zero after reset */
#define ACC_DMA_STATUS		0x2028
#define ACC_DMA_BUSY		0x1	/* a job runs */
#define ACC_DMA_DONE		0x2	/* one has ended, and none was started since */
#define ACC_DMA_ERROR		0x202c	/* of the last job, enum acc_dma_error; 0 while one runs */
/* 64-bit, read only */
#define ACC_DMA_MOVED		0x2030	/* bytes of the job that runs, or ran last, moved so far */

/* 64-bit counters, read only, cleared as the others */
#define ACC_DMA_ENDED		0x2040	/* jobs that have ended, failed ones included */
#define ACC_DMA_FAILED		0x2048	/* jobs that ended with an error */
#define ACC_DMA_DROPPED		0x2050	/* ACC_DMA_COMMAND_GO while a job ran */
#define ACC_DMA_READ_BYTES	0x2058	/* read from the bus */
#define ACC_DMA_WRITE_BYTES	0x2060	/* written to the bus */

/* How a job ended. What ends it in its middle leaves what was moved before. */
enum acc_dma_error {
	ACC_DMA_OK = 0,
	/*
	 * Nothing was moved: length, unknown flags, ACC_DMA_ST, _PH or _VECTOR out of range, not
	 * all of a local range in this memory, or a range on the bus that wraps round
	 */
	ACC_DMA_INVALID = 1,
	ACC_DMA_NO_BUS_MASTER = 2,   /* Bus Master Enable is off, or the device in D3hot */
	ACC_DMA_LINK_DOWN = 3,       /* this device's link, or for a read that of the peer */
	ACC_DMA_UNSUPPORTED = 4,     /* a read was completed with Unsupported Request */
	ACC_DMA_COMPLETER_ABORT = 5, /* a read was completed with Completer Abort */
	ACC_DMA_POISONED = 6,        /* a completion came poisoned */
	ACC_DMA_UNTRANSLATED = 7,    /* the model cannot tell which BAR an IOMMU mapped there */
	ACC_DMA_STOPPED = 8,         /* ACC_DMA_COMMAND_STOP */
};

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
