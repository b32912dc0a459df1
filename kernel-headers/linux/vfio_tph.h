/* SPDX-License-Identifier: ((GPL-2.0 WITH Linux-syscall-note) OR BSD-2-Clause) */
/*
 * TLP Processing Hints (TPH) for devices that user space owns through vfio-pci.
 *
 * Included by user space and, as <uapi/linux/vfio_tph.h>, by the kernel. Where <linux/vfio.h>
 * defines a name itself, that definition is used.
 */
#ifndef _UAPI_LINUX_VFIO_TPH_H
#define _UAPI_LINUX_VFIO_TPH_H

#include <linux/types.h>
#include <linux/vfio.h>

#ifndef VFIO_DEVICE_FEATURE_DMA_BUF_TPH
/**
 * DOC: VFIO_DEVICE_FEATURE_DMA_BUF_TPH (SET, PROBE)
 *
 * Attaches TPH metadata to a dma-buf that was exported from this device with
 * VFIO_DEVICE_FEATURE_DMA_BUF: the steering tags and the processing hint that a peer device which
 * imports the dma-buf should put into its requests. Only the completer, this device, knows what
 * its tags mean, and the kernel passes them on without looking at them.
 *
 * Every SET replaces the whole state; a SET with flags 0 clears it. A SET affects the queries that
 * importers make after it; a mapping that exists keeps what it was made with until its importer
 * asks again. So it comes before the file descriptor is handed to an importer. It may also come
 * while the dma-buf is revoked. When the device is closed, its dma-bufs have no metadata any more.
 *
 * The errors of VFIO_DEVICE_FEATURE with this feature, in the order in which they are tested:
 *
 *  ENOTTY      The kernel has no such feature, or was built without dma-buf export from vfio-pci.
 *  EINVAL      VFIO_DEVICE_FEATURE_GET is set, or no operation is.
 *  EOPNOTSUPP  The device is no TPH completer (PCIe Device Capabilities 2, bits 13:12, as they were
 *              when it was opened), or its driver exports no dma-bufs. PROBE returns it too, and 0
 *              otherwise.
 *  EINVAL      argsz leaves no room for struct vfio_device_feature_dma_buf_tph.
 *  EFAULT      The structure cannot be read.
 *  EINVAL      An undefined bit is set in flags, or ph is above 3.
 *  EOPNOTSUPP  VFIO_DMA_BUF_TPH_ST_EXT is set and the device completes 8-bit tags only.
 *  EBADF       dmabuf_fd is not an open file.
 *  EINVAL      dmabuf_fd is not a dma-buf; or it is one of another exporter or of another vfio
 *              device; or its device was closed since it was exported.
 *  EINTR       A signal arrived while an importer held the reservation lock of the dma-buf.
 */
#define VFIO_DEVICE_FEATURE_DMA_BUF_TPH 0xff00 /* from the end that upstream will not reach */

/**
 * struct vfio_device_feature_dma_buf_tph - data of VFIO_DEVICE_FEATURE_DMA_BUF_TPH
 * @dmabuf_fd: file descriptor that VFIO_DEVICE_FEATURE_DMA_BUF returned for the same device
 * @flags: VFIO_DMA_BUF_TPH_ST and VFIO_DMA_BUF_TPH_ST_EXT; says which tags are valid. A namespace
 *	whose flag is clear has no tag, and the tag of the other never stands in for it.
 * @steering_tag_ext: 16-bit (Extended TPH) tag; ignored without VFIO_DMA_BUF_TPH_ST_EXT
 * @steering_tag: 8-bit tag; ignored without VFIO_DMA_BUF_TPH_ST
 * @ph: processing hint that goes with either tag, 0 to 3 (PCI Express Base Specification,
 *	"TLP Processing Hints": 0 bidirectional, 1 requester, 2 target, 3 target with priority)
 */
struct vfio_device_feature_dma_buf_tph {
	__s32	dmabuf_fd;
	__u32	flags;
#define VFIO_DMA_BUF_TPH_ST	(1 << 0)
#define VFIO_DMA_BUF_TPH_ST_EXT	(1 << 1)
	__u16	steering_tag_ext;
	__u8	steering_tag;
	__u8	ph;
};
#endif /* VFIO_DEVICE_FEATURE_DMA_BUF_TPH */

#ifndef VFIO_DEVICE_FEATURE_TPH
/**
 * DOC: TPH for the owner of a requester
 *
 * The three features below let the owner of a device that has the TPH Requester Extended
 * Capability (PCI Express Base Specification, "TPH Requester Extended Capability") put steering
 * tags into the requests of this device, without letting it choose any tag it likes. How far that
 * goes is the administrator's choice: the parameter "tph" of the module vfio_pci_core, as it was
 * when the device was opened. Each stage has all of those before it:
 *
 *  0  Requests carry a processing hint and no tag (No ST mode). The default.
 *  1  Interrupt vector mode, where the device can. Tags are programmed into the ST table with
 *     VFIO_DEVICE_FEATURE_TPH_ST, and user space does not see them.
 *  2  Device specific mode, where the device can. VFIO_DEVICE_FEATURE_TPH_RESOLVE returns tags to a
 *     device in this mode, which may keep them where it likes.
 *  3  Literal tags: user space programs what it likes, and sees what is programmed.
 *
 * VFIO_DEVICE_FEATURE_TPH opts in. Until then the capability is what it is without these features:
 * read from the device, and not writable. From then on, until the device is closed, it is virtual:
 *
 *  TPH Requester Capability  Stage 0: No ST Mode Supported, all else is zero. From stage 1 on
 *      Interrupt Vector Mode Supported, from stage 2 on Device Specific Mode Supported, as the
 *      device has them; with either of them also ST Table Location and ST Table Size, as the device
 *      has them, and Extended TPH Requester Supported where such requests may be enabled.
 *  ST Mode Select  Takes a mode that the register above shows; a write of another one is ignored.
 *  TPH Requester Enable  Takes 00b always. Takes 01b, and 11b, where the device can make such
 *      requests and everything between the device and memory can handle them: the root port is a
 *      completer of them, and for 11b each port up to it, the root port included, has End-End TLP
 *      prefixes or a link in Flit mode. An integrated endpoint has no port above it. A write of
 *      another value is ignored, as all are where the kernel was started with "pci=notph".
 *  ST table in the capability  Reads as zero, and at stage 3 as what VFIO_DEVICE_FEATURE_TPH_ST
 *      wrote. Is not writable.
 *
 * Entries of the ST table, wherever it is, hold tags of the namespace that was enabled when they
 * were programmed. When requests with tags of the other namespace are enabled, they become zero.
 *
 * Both fields may be written at once, or one after the other. A device in a low power state (D3hot)
 * ignores writes. Control and ST entries outlive every reset of the device. When the device is
 * opened, and when it is closed, TPH is disabled and the entries are zero.
 *
 * Where the ST table is in the MSI-X table, its entries live with the interrupt vectors: they are
 * zero when the vectors have been enabled, and are lost with them. So the order of calls is
 * vectors (VFIO_DEVICE_SET_IRQS), TPH Requester Enable, VFIO_DEVICE_FEATURE_TPH_ST. User space that
 * maps the MSI-X table reaches these tags itself, at any stage.
 *
 * flags of VFIO_DEVICE_FEATURE_TPH_ST and _RESOLVE, which share their bits:
 *
 *  VFIO_DEVICE_TPH_SRC_*     Where tags come from. Exactly one of them is set.
 *  VFIO_DEVICE_TPH_EXTENDED  Tags of the 16-bit namespace, else those of the 8-bit one. The one
 *                            never stands in for the other.
 *  VFIO_DEVICE_TPH_REQUIRE_ST  A source that has no tag is a failure; without this flag, its tag is
 *                            0, which means no preference.
 */

/**
 * DOC: VFIO_DEVICE_FEATURE_TPH (GET, SET, PROBE)
 *
 * SET opts in, see above; doing so again changes nothing. GET tells what can be had, before and
 * after that. PROBE returns 0 where the first two errors do not apply.
 *
 * The errors, in the order in which they are tested:
 *
 *  ENOTTY      The kernel has no such feature, or was built without PCIe TPH; or the device has no
 *              TPH Requester capability.
 *  EINVAL      No operation is set.
 *  EINVAL      argsz leaves no room for struct vfio_device_feature_tph.
 *  EFAULT      The structure cannot be read (SET), or not be written (GET).
 *  EINVAL      SET, and flags is not 0.
 *  EIO         SET, and the device's registers cannot be read.
 *  ENOMEM      SET, and there is no memory.
 */
#define VFIO_DEVICE_FEATURE_TPH 0xff01

/**
 * struct vfio_device_feature_tph - data of VFIO_DEVICE_FEATURE_TPH
 * @flags: SET: 0. GET: VFIO_DEVICE_TPH_CAP_CPU, the firmware tells the tags of CPUs for requests of
 *	this device; VFIO_DEVICE_TPH_CAP_LITERAL, this is stage 3.
 */
struct vfio_device_feature_tph {
	__u32	flags;
#define VFIO_DEVICE_TPH_CAP_CPU		(1 << 0)
#define VFIO_DEVICE_TPH_CAP_LITERAL	(1 << 1)
};

/**
 * DOC: VFIO_DEVICE_FEATURE_TPH_ST (SET, PROBE)
 *
 * Programs a run of entries of the device's ST table, each with the tag of a source of its own. TPH
 * has to be enabled, in interrupt vector or device specific mode. While the entries are written
 * the device may not make requests with TPH; that happens once for all of them.
 *
 * Unlike other features this one returns the number of entries that were programmed. It is count;
 * or it is less, and then the next entry is the one that failed: its source does not exist, or has
 * no tag with VFIO_DEVICE_TPH_REQUIRE_ST, or its interrupt vector is not enabled, or the device did
 * not take it; in the last case TPH Requester Enable reads 00b afterwards. So 0 says that the first
 * one failed. The entries behind the one that failed are as they were. So are all of them where an
 * error is returned.
 *
 * The errors, in the order in which they are tested:
 *
 *  ENOTTY      As VFIO_DEVICE_FEATURE_TPH.
 *  EINVAL      VFIO_DEVICE_FEATURE_GET is set, or no operation is.
 *  EOPNOTSUPP  PROBE, and this is stage 0. PROBE returns 0 otherwise.
 *  EINVAL      argsz leaves no room for struct vfio_device_feature_tph_st.
 *  EPERM       There was no opt-in by VFIO_DEVICE_FEATURE_TPH.
 *  EOPNOTSUPP  This is stage 0.
 *  EFAULT      The structure cannot be read.
 *  EINVAL      flags has an undefined bit, or not exactly one VFIO_DEVICE_TPH_SRC_*; or
 *              VFIO_DEVICE_TPH_REQUIRE_ST or _EXTENDED together with _SRC_NONE, which has no tags.
 *  EINVAL      count is 0, or start + count is beyond the table, which a device may have none of.
 *  EOPNOTSUPP  VFIO_DEVICE_TPH_SRC_CPU_* without VFIO_DEVICE_TPH_CAP_CPU, _SRC_LITERAL without
 *              _CAP_LITERAL, or _SRC_DMABUF in a kernel without dma-buf export from vfio-pci.
 *  ENOMEM      There is no memory for count entries.
 *  EFAULT      dests cannot be read.
 *  EINVAL      A literal tag is above 0xffff, or above 0xff without VFIO_DEVICE_TPH_EXTENDED.
 *  EINVAL      TPH is not enabled, or is in No ST mode.
 *  EOPNOTSUPP  The requests that are enabled carry tags of the other namespace (01b: 8-bit, 11b:
 *              16-bit), with any source but VFIO_DEVICE_TPH_SRC_NONE.
 *  EIO         The device is in a low power state.
 *  EINTR       A signal arrived while an importer held the reservation lock of the first dma-buf.
 */
#define VFIO_DEVICE_FEATURE_TPH_ST 0xff02

/**
 * struct vfio_device_feature_tph_st - data of VFIO_DEVICE_FEATURE_TPH_ST
 * @flags: VFIO_DEVICE_TPH_*, see above
 * @start: first entry, from 0
 * @count: number of entries, from 1
 * @dests: address of @count sources, each a __u32; ignored with VFIO_DEVICE_TPH_SRC_NONE, which
 *	clears the entries:
 *	VFIO_DEVICE_TPH_SRC_DMABUF: file descriptor of a dma-buf, the device of which completes the
 *	requests; the tag is what its exporter gives for it at this moment.
 *	VFIO_DEVICE_TPH_SRC_CPU_VOLATILE, _PERSISTENT: number of a CPU that is present; the tag is
 *	that of volatile, or persistent, memory near it.
 *	VFIO_DEVICE_TPH_SRC_LITERAL: the tag itself.
 */
struct vfio_device_feature_tph_st {
	__u32	flags;
#define VFIO_DEVICE_TPH_SRC_DMABUF		(1 << 0)
#define VFIO_DEVICE_TPH_SRC_NONE		(1 << 1) /* TPH_ST only */
#define VFIO_DEVICE_TPH_REQUIRE_ST		(1 << 2) /* TPH_ST only */
#define VFIO_DEVICE_TPH_SRC_CPU_VOLATILE	(1 << 3)
#define VFIO_DEVICE_TPH_SRC_CPU_PERSISTENT	(1 << 4)
#define VFIO_DEVICE_TPH_EXTENDED		(1 << 5)
#define VFIO_DEVICE_TPH_SRC_LITERAL		(1 << 6) /* TPH_ST only, stage 3 only */
	__u16	start;
	__u16	count;
	__aligned_u64 dests;
};

/**
 * DOC: VFIO_DEVICE_FEATURE_TPH_RESOLVE (GET, PROBE)
 *
 * Tells the processing hint and the tag of a source, for a device that keeps tags elsewhere than
 * in its ST table. A dma-buf has a hint, and a tag; a CPU has a tag. At stages 0 and 1 there are
 * only hints of dma-bufs. At stage 2 there are tags too while device specific mode is selected and
 * the device may make requests with tags of this namespace: those that are enabled, or if none are,
 * those that can be. At stage 3 there are tags for every device.
 *
 * That a source has neither, or that they are withheld, is no error: valid says so. What a dma-buf
 * has may change whenever its exporter says so; nobody tells.
 *
 * The errors, in the order in which they are tested:
 *
 *  ENOTTY      As VFIO_DEVICE_FEATURE_TPH.
 *  EINVAL      VFIO_DEVICE_FEATURE_SET is set, or no operation is. PROBE returns 0 otherwise.
 *  EINVAL      argsz leaves no room for struct vfio_device_feature_tph_resolve.
 *  EPERM       There was no opt-in by VFIO_DEVICE_FEATURE_TPH.
 *  EFAULT      The structure cannot be read.
 *  EINVAL      flags is not exactly one of VFIO_DEVICE_TPH_SRC_DMABUF, _SRC_CPU_VOLATILE and
 *              _SRC_CPU_PERSISTENT, with or without VFIO_DEVICE_TPH_EXTENDED.
 *  EOPNOTSUPP  VFIO_DEVICE_TPH_SRC_CPU_* below stage 2 or without VFIO_DEVICE_TPH_CAP_CPU, or
 *              _SRC_DMABUF in a kernel without dma-buf export from vfio-pci.
 *  EBADF       src is not an open file.
 *  EINVAL      src is not a dma-buf, or is not a CPU that is present, or the firmware has no answer
 *              for this CPU.
 *  EINTR       A signal arrived while an importer held the reservation lock of the dma-buf.
 *  EFAULT      The structure cannot be written.
 */
#define VFIO_DEVICE_FEATURE_TPH_RESOLVE 0xff03

/**
 * struct vfio_device_feature_tph_resolve - data of VFIO_DEVICE_FEATURE_TPH_RESOLVE
 * @flags: in: VFIO_DEVICE_TPH_*, see above
 * @src: in: the source, as in @dests of struct vfio_device_feature_tph_st
 * @valid: out: VFIO_DEVICE_TPH_VALID_PH, @ph is valid; VFIO_DEVICE_TPH_VALID_ST, @st is valid, and
 *	is not 0
 * @ph: out: processing hint, 0 to 3; 0 if it is not valid
 * @st: out: steering tag of the namespace that was asked for; 0 if it is not valid
 */
struct vfio_device_feature_tph_resolve {
	__u32	flags;
	__u32	src;
	__u8	valid;
#define VFIO_DEVICE_TPH_VALID_PH	(1 << 0)
#define VFIO_DEVICE_TPH_VALID_ST	(1 << 1)
	__u8	ph;
	__u16	st;
};
#endif /* VFIO_DEVICE_FEATURE_TPH */

#ifndef VFIO_DEVICE_PCI_TPH
/**
 * struct vfio_pci_tph_entry - an entry of the ST table and where its tag comes from
 * @cpu_id: number of a CPU that is present and that the caller may run on
 * @mem_type: of the memory near it, VFIO_TPH_MEM_TYPE_*
 * @rsvd: ignored
 * @index: of the entry
 */
struct vfio_pci_tph_entry {
	__u32	cpu_id;
	__u8	mem_type;
#define VFIO_TPH_MEM_TYPE_VMEM		0
#define VFIO_TPH_MEM_TYPE_PMEM		1
	__u8	rsvd;
	__u16	index;
};

/**
 * struct vfio_pci_tph - argument of VFIO_DEVICE_PCI_TPH
 * @argsz: size of this structure
 * @mode: VFIO_DEVICE_TPH_ENABLE: 0 (No ST) or 2 (device specific); else ignored
 * @op: VFIO_DEVICE_TPH_ENABLE, _DISABLE or _SET_ST
 * @ent: VFIO_DEVICE_TPH_SET_ST: what to program; else ignored
 */
struct vfio_pci_tph {
	__u32	argsz;
	__u32	mode;
	__u32	op;
#define VFIO_DEVICE_TPH_ENABLE		0
#define VFIO_DEVICE_TPH_DISABLE		1
#define VFIO_DEVICE_TPH_SET_ST		2
	struct vfio_pci_tph_entry ent;
};

/**
 * DOC: VFIO_DEVICE_PCI_TPH - _IO(VFIO_TYPE, VFIO_BASE + 22)
 *
 * An older way of asking for the same, for programs that were written to it; new ones use the
 * features above. ENABLE opts in as VFIO_DEVICE_FEATURE_TPH does, selects the mode and enables
 * requests with 16-bit tags, where these can be enabled, or else with 8-bit tags. SET_ST programs
 * one entry with the tag of a CPU in the namespace of these requests. DISABLE disables them.
 *
 * Return: 0, or -1 with one of these errors, in the order in which they are tested:
 *
 *  EFAULT      argsz cannot be read.
 *  EINVAL      argsz is not the size of struct vfio_pci_tph. Another ioctl has the same number, and
 *              another size: nothing was done.
 *  ENOTTY      As VFIO_DEVICE_FEATURE_TPH.
 *  EFAULT      The structure cannot be read.
 *  EINVAL      op is unknown.
 *
 * ENABLE:
 *  EINVAL      mode is neither 0 nor 2.
 *  EOPNOTSUPP  mode is 2, below stage 2.
 *  EIO         The device's registers cannot be read.
 *  ENOMEM      There is no memory.
 *  EIO         The device is in a low power state.
 *  EBUSY       TPH is enabled.
 *  EINVAL      The device has no such mode, or no requests with tags can be enabled: see TPH
 *              Requester Enable above.
 *  EIO, ENODEV  The device did not take it; TPH is not enabled.
 *
 * DISABLE:
 *  EIO         The device is in a low power state, and TPH is enabled.
 *
 * SET_ST:
 *  EINVAL      The CPU is not present, or the caller may not run on it; or mem_type is unknown.
 *  EPERM       There was no opt-in, by ENABLE or by VFIO_DEVICE_FEATURE_TPH.
 *  EOPNOTSUPP  This is stage 0, or there is no VFIO_DEVICE_TPH_CAP_CPU.
 *  EINVAL      index is beyond the ST table; TPH is not enabled, or is in No ST mode; or the
 *              firmware has no answer for this CPU.
 *  EIO         The device is in a low power state, or did not take the entry.
 *  ENODEV      The device is gone.
 *  ENXIO       The ST table is in the MSI-X table, and the interrupt vector is not enabled.
 */
#define VFIO_DEVICE_PCI_TPH _IO(VFIO_TYPE, VFIO_BASE + 22)
#endif /* VFIO_DEVICE_PCI_TPH */

#endif /* _UAPI_LINUX_VFIO_TPH_H */
