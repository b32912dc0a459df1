/* SPDX-License-Identifier: GPL-2.0 OR Linux-OpenIB */
/*
 * A machine with one VFIO device, for tests of libvfio-tph: sysfs and /dev as a tree of files, the
 * ioctls as below. What the library opens is counted, and any of its calls can be made to fail.
 */
#ifndef TESTS_FAKE_HOST_H
#define TESTS_FAKE_HOST_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define HOST_BDF "0000:00:05.0"
#define HOST_BARS 6
#define HOST_MAX_REQUEST (8 + 16 + 16 * 1024)
#define HOST_CONFIG 4096
/* Where it has the TPH Requester capability, with another one before it */
#define HOST_REQUESTER 0x1b0
#define HOST_ST_REQUEST (8 + 16)
#define HOST_WRITES 4

struct fake_host {
	/* How the device answers. */
	uint64_t bar_size[HOST_BARS];
	uint32_t bar_flags[HOST_BARS];    /* VFIO_REGION_INFO_FLAG_* */
	uint32_t config[HOST_CONFIG / 4]; /* configuration space, as it is shown */
	uint64_t config_size;
	bool viable;
	int bind_errno, set_iommu_errno, export_errno, publish_errno, probe_errno;
	const char *open_fails; /* a path, with open_errno */
	int open_errno;
	int info_errno;
	uint32_t info_flags; /* VFIO_DEVICE_FLAGS_* */

	/*
	 * Of its requester: what the kernel takes as TPH Requester Enable, 1 << value; and what the
	 * features answer, errnos before anything else.
	 */
	bool has_control, opted_in, asleep;
	unsigned int enables;
	uint32_t caps; /* VFIO_DEVICE_TPH_CAP_* */
	int opt_in_errno, query_errno, st_probe_errno, st_errno, resolve_errno;
	/* Of its ST table, whatever configuration space says. */
	unsigned int st_entries;
	int st_bad;       /* the entry that is not taken; -1: none */
	int st_bad_errno; /* of a call that begins with it; 0: it programs none */
	int st_bad_calls; /* in which that is so; -1: all */
	bool st_disables; /* then TPH is off */
	uint8_t resolve_valid, resolve_ph;
	uint16_t resolve_st;

	/* What was asked. */
	int iommu_type;
	size_t request_size;
	unsigned char request[HOST_MAX_REQUEST];   /* the last VFIO_DEVICE_FEATURE */
	unsigned char st_request[HOST_ST_REQUEST]; /* the last VFIO_DEVICE_FEATURE_TPH_ST */
	uint32_t written[HOST_WRITES];             /* to the TPH Requester Control register */
	unsigned int num_written;
	uint64_t mmap_offset;
	size_t mmap_length;

	/* The call, counted from 0, that fails with EIO; -1: none does. */
	int fail_call;
	int calls;
	/* File descriptors and directories that are open. */
	int live;
};

extern struct fake_host host;

/* Makes the machine: bound to vfio-pci, no-IOMMU, with a node for the device and an iommufd. */
void host_create(void);
void host_destroy(void);

/* Change the tree. Paths are those that the library sees. */
void host_file(const char *path, const char *content);
void host_link(const char *path, const char *target);
void host_remove(const char *path);

#endif /* TESTS_FAKE_HOST_H */
