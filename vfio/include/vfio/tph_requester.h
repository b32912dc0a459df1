/* SPDX-License-Identifier: GPL-2.0 OR Linux-OpenIB */
/*
 * The owner of a PCI device in user space, as requester: what the device itself writes and reads
 * carries TPH steering tags, into the cache of a CPU or into another device. For drivers in user
 * space whose device is a DMA master: to have a ring land near the CPU that polls it, or to write
 * to memory of another device with the tag that its owner published.
 *
 * The order is vfio_tph_opt_in(), then vfio_tph_enable(), then vfio_tph_program() for a device with
 * an ST table, or vfio_tph_resolve() and registers of the device's own for one without. If the
 * table is in the MSI-X table, interrupts are enabled before vfio_tph_program().
 *
 * How much of it the kernel lets an owner do is the administrator's choice, by the module parameter
 * vfio_pci_core.tph as it is when the device is opened, each value with what those above have:
 *	0	requests with hints and without tags (VFIO_TPH_MODE_NO_ST)
 *	1	tags by interrupt vector (VFIO_TPH_MODE_INTERRUPT_VECTOR)
 *	2	tags as the device chooses (VFIO_TPH_MODE_DEVICE_SPECIFIC), and their resolving
 *	3	tags that the owner says by number (VFIO_TPH_SOURCE_LITERAL)
 *
 * What <vfio/tph.h> says of threads, fork() and reasons holds here. Where several threads enable
 * and disable one device the last one decides, and another may be told EOPNOTSUPP or EIO.
 */
#ifndef VFIO_TPH_REQUESTER_H
#define VFIO_TPH_REQUESTER_H

#include <stdint.h>
#include <vfio/tph.h>
#include <vfio/tph_topology.h>

#ifdef __cplusplus
extern "C" {
#endif

/**
 * vfio_tph_opt_in - Take control of the device's TPH Requester capability
 *
 * Before, the kernel shows the capability as it is, and ignores what is written to it. From then
 * on, until the device is closed, it shows and takes what the administrator lets an owner have.
 * More than once does no harm. It changes no request of the device.
 *
 * Return: 0, or a positive errno:
 *	ENOTTY		the kernel does not have VFIO_DEVICE_FEATURE_TPH
 *	EOPNOTSUPP	the device has no TPH Requester capability
 *	ENOMEM		no memory
 */
int vfio_tph_opt_in(struct vfio_tph_device *device, struct vfio_tph_reason *reason);

/* What kernel, firmware and administrator support. There may be more: ignore what is not here. */
enum vfio_tph_requester_flags {
	/* vfio_tph_opt_in() works, and all that follows is there to be used. */
	VFIO_TPH_REQUESTER_CONTROL = 1 << 0,
	/* Tags of CPUs can be had: firmware tells them for the root port above. */
	VFIO_TPH_REQUESTER_CPU = 1 << 1,
	/* VFIO_TPH_SOURCE_LITERAL is taken. */
	VFIO_TPH_REQUESTER_LITERAL = 1 << 2,
};

/*
 * comp_mask:     which fields after those below the caller has room for; there are none yet
 * flags:         enum vfio_tph_requester_flags
 * namespaces:    enum vfio_tph_tag_flags: the tags that it can send. To an owner who may send none
 *                (vfio_pci_core.tph is 0) the kernel does not show VFIO_TPH_TAG_ST_EXT
 * tph_namespace: enum vfio_tph_tag_flags: the tags that it sends now, one of both; 0: TPH is
 *                disabled
 * st_entries:    of the ST table as the device says, 0 without one. Those count that fit where the
 *                table is: 64 in the capability, one for each entry of the MSI-X table
 * modes:         1 << enum vfio_tph_mode
 * table:         enum vfio_tph_table
 * mode:          enum vfio_tph_mode that is selected
 */
struct vfio_tph_requester_info {
	uint64_t comp_mask;
	uint32_t flags;
	uint32_t namespaces;
	uint32_t tph_namespace;
	uint16_t st_entries;
	uint8_t modes;
	uint8_t table;
	uint8_t mode;
};

/**
 * vfio_tph_query_requester - What tags the device can send, and sends
 * @info: comp_mask is read, all else is written on success, nothing otherwise
 *
 * As the TPH Requester capability in the configuration space of this open device says: before
 * vfio_tph_opt_in() that of the device itself, afterwards what its owner is let have of it. So who
 * asks before and after knows whether the device or the administrator is in the way. It works with
 * every kernel.
 *
 * Return: 0, or a positive errno:
 *	EOPNOTSUPP	@info->comp_mask is not 0, or the device has no such capability
 * and what the kernel says when it cannot read configuration space, EIO mostly.
 */
int vfio_tph_query_requester(struct vfio_tph_device *device, struct vfio_tph_requester_info *info,
			     struct vfio_tph_reason *reason);

/**
 * vfio_tph_enable - Let the device's requests carry hints
 * @mode: enum vfio_tph_mode, how the device finds the tag of a request
 * @tph_namespace: VFIO_TPH_TAG_ST or VFIO_TPH_TAG_ST_EXT: a device sends tags of one namespace,
 *	which has to be the one that the completer of its requests means
 *
 * What was selected before is disabled first, as PCI Express wants it. Where that was the other
 * namespace, all entries of the ST table become tag 0.
 *
 * Return: 0, or a positive errno, the first that applies of
 *	EINVAL		@mode or @tph_namespace is none of these
 *	EOPNOTSUPP	the device has no TPH Requester capability
 *	ENOTTY		the kernel does not have VFIO_DEVICE_FEATURE_TPH
 *	EPERM		no vfio_tph_opt_in() before
 *	EIO		TPH cannot be disabled: the device is in a low power state
 *	EOPNOTSUPP	@mode: the device does not have it, or vfio_pci_core.tph does not let the
 *			owner have it. TPH is disabled then
 *	EOPNOTSUPP	@tph_namespace: the device does not have it, or a root port or switch above
 *			takes none such, or pci=notph is on the kernel's command line. TPH is
 *			disabled then
 * and what the kernel says when it cannot access configuration space, EIO mostly.
 */
int vfio_tph_enable(struct vfio_tph_device *device, unsigned int mode, uint32_t tph_namespace,
		    struct vfio_tph_reason *reason);

/**
 * vfio_tph_disable - Let the device's requests carry no hints
 *
 * Return: 0, or a positive errno, the first that applies of
 *	EOPNOTSUPP	the device has no TPH Requester capability
 *	ENOTTY		the kernel does not have VFIO_DEVICE_FEATURE_TPH
 *	EPERM		no vfio_tph_opt_in() before
 *	EIO		the device is in a low power state
 * and what the kernel says when it cannot access configuration space, EIO mostly.
 */
int vfio_tph_disable(struct vfio_tph_device *device, struct vfio_tph_reason *reason);

/* Where a tag comes from, and what a source's number is. */
enum vfio_tph_source {
	VFIO_TPH_SOURCE_NONE,           /* nowhere: tag 0, no preference; not read */
	VFIO_TPH_SOURCE_DMABUF,         /* from who exported a dma-buf; its fd */
	VFIO_TPH_SOURCE_CPU,            /* from firmware, for ordinary memory; number of a CPU */
	VFIO_TPH_SOURCE_CPU_PERSISTENT, /* the same for persistent memory */
	VFIO_TPH_SOURCE_LITERAL,        /* from the caller; the tag */
};

/* How a table is programmed. */
enum vfio_tph_program_flags {
	/* A source that has no tag is an error; without it, tag 0. */
	VFIO_TPH_PROGRAM_REQUIRE_ST = 1 << 0,
};

/*
 * comp_mask:     must be 0
 * source:        enum vfio_tph_source, the same of all entries
 * tph_namespace: VFIO_TPH_TAG_ST or VFIO_TPH_TAG_ST_EXT, the one that is enabled; not read with
 *                VFIO_TPH_SOURCE_NONE
 * flags:         enum vfio_tph_program_flags
 * start:         first entry, from 0
 * count:         how many entries, from 1
 * numbers:       @count numbers of sources; may be NULL with VFIO_TPH_SOURCE_NONE
 */
struct vfio_tph_program_attr {
	uint64_t comp_mask;
	uint32_t source;
	uint32_t tph_namespace;
	uint32_t flags;
	uint16_t start;
	uint16_t count;
	const uint32_t *numbers;
};

/**
 * vfio_tph_program - Program entries of the device's ST table
 * @attr: which entries, with the tags of what; not modified
 * @programmed: set to the number of entries that are programmed, from the first on, whatever is
 *	returned; may be NULL
 *
 * While the table is written the device sends no hints, once in a call: so many entries in one call
 * rather than in many. An entry keeps the tag that its source has at this moment. When a dma-buf
 * gets another one, or a thread moves to another CPU, program it again.
 *
 * Of several entries some may be programmed when one fails. That one is tried once more, and if it
 * works then, the call goes on. Otherwise errno and reason are about entry
 * @attr->start + *@programmed, and those behind it are as they were.
 *
 * Return: 0 if all entries are programmed, or a positive errno. Those about the call, with
 * *@programmed 0 unless what they are about changes meanwhile, are
 *	EOPNOTSUPP	@attr->comp_mask is not 0
 *	EINVAL		@attr->source, @attr->tph_namespace or @attr->flags is none of those above;
 *			VFIO_TPH_PROGRAM_REQUIRE_ST with VFIO_TPH_SOURCE_NONE
 *	ENOTTY		the kernel does not have VFIO_DEVICE_FEATURE_TPH_ST, or the device has no
 *			TPH Requester capability
 *	EPERM		no vfio_tph_opt_in() before
 *	EOPNOTSUPP	vfio_pci_core.tph is 0
 *	EINVAL		@attr->count is 0; or the ST table has no such entries
 *	EOPNOTSUPP	firmware tells no tags of CPUs, vfio_pci_core.tph allows no literal ones, or
 *			the kernel exports no dma-bufs
 *	ENOMEM		no memory
 *	EFAULT		@attr->numbers cannot be read
 *	EINVAL		a literal tag is beyond the namespace; or TPH is disabled, or in No ST mode
 *	EOPNOTSUPP	@attr->tph_namespace is not the one that is enabled
 *	EIO		the device is in a low power state
 * and those about an entry
 *	EBADF		the dma-buf's fd is not open
 *	EINVAL		the fd is no dma-buf; or the CPU is not there, or firmware does not know it
 *	EOPNOTSUPP	VFIO_TPH_PROGRAM_REQUIRE_ST, and the source has no tag in this namespace
 *	ENXIO		the table is in the MSI-X table, and the entry's interrupt is not enabled; or,
 *			where the kernel does not tell which, its source has no tag
 *	EINTR		a signal came while an importer had the dma-buf locked
 *	EIO		the device did not take it: TPH is disabled then. Or nothing tells any more
 *			what was in the way: program it again
 */
int vfio_tph_program(struct vfio_tph_device *device, const struct vfio_tph_program_attr *attr,
		     unsigned int *programmed, struct vfio_tph_reason *reason);

/* Which of struct vfio_tph_hints are valid. */
enum vfio_tph_hint_flags {
	VFIO_TPH_HINT_PH = 1 << 0,
	VFIO_TPH_HINT_ST = 1 << 1,
};

/*
 * comp_mask: which fields after those below the caller has room for; there are none yet
 * flags:     enum vfio_tph_hint_flags; what is not valid is 0
 * st:        tag, 1..0xff in the 8-bit namespace, 1..0xffff in the 16-bit one
 * ph:        processing hint 0..3, as of struct vfio_tph_tags; of a dma-buf
 */
struct vfio_tph_hints {
	uint64_t comp_mask;
	uint32_t flags;
	uint16_t st;
	uint8_t ph;
};

/**
 * vfio_tph_resolve - Tell what a source's tag and hint are
 * @source: VFIO_TPH_SOURCE_DMABUF, VFIO_TPH_SOURCE_CPU or VFIO_TPH_SOURCE_CPU_PERSISTENT
 * @tph_namespace: VFIO_TPH_TAG_ST or VFIO_TPH_TAG_ST_EXT: which of its tags
 * @number: what @source says that it is
 * @hints: comp_mask is read, all else is written on success, nothing otherwise
 *
 * For devices that keep tags elsewhere than in an ST table, and for the processing hint, which is
 * in no table: it goes with each request as the device's own registers say.
 *
 * No hint, no tag, or one that the kernel does not tell is success without its flag. Tags are told
 * where vfio_pci_core.tph is 2 and device-specific mode is selected, for the namespace that is
 * enabled (while none is, that can be); and where it is 3.
 *
 * Return: 0, or a positive errno, the first that applies of
 *	EOPNOTSUPP	@hints->comp_mask is not 0
 *	EINVAL		@source or @tph_namespace is none of these
 *	ENOTTY		the kernel does not have VFIO_DEVICE_FEATURE_TPH_RESOLVE, or the device has
 *			no TPH Requester capability
 *	EPERM		no vfio_tph_opt_in() before
 *	EOPNOTSUPP	of a CPU: vfio_pci_core.tph is below 2, or firmware tells no tags of CPUs;
 *			of a dma-buf: the kernel exports none
 *	EBADF		the dma-buf's fd is not open
 *	EINVAL		the fd is no dma-buf; or the CPU is not there, or firmware does not know it
 *	EINTR		a signal came while an importer had the dma-buf locked
 */
int vfio_tph_resolve(struct vfio_tph_device *device, unsigned int source, uint32_t tph_namespace,
		     uint32_t number, struct vfio_tph_hints *hints, struct vfio_tph_reason *reason);

#ifdef __cplusplus
}
#endif

#endif /* VFIO_TPH_REQUESTER_H */
