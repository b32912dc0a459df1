/* SPDX-License-Identifier: GPL-2.0 OR Linux-OpenIB */
/*
 * The files that the guest's memory is in, each mapped here once and whole. Behind an IOMMU the
 * client maps page by page, always from the same file: a mapping of each would soon be more than a
 * process may have (vm.max_map_count).
 */
#ifndef VFIO_USER_MEMORY_FILES_H
#define VFIO_USER_MEMORY_FILES_H

#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

/* The guest's memory, the firmware's, some that is plugged in later. */
#define MEMORY_FILES_MAX 16

struct memory_file {
	dev_t dev; /* which file it is, however it was opened */
	ino_t ino;
	bool writable;
	uint8_t *host;  /* where it is mapped */
	uint64_t size;  /* of the mapping */
	uint64_t users; /* parts of it that are in use; 0: free */
};

struct memory_files {
	struct memory_file files[MEMORY_FILES_MAX];
};

/**
 * memory_files_get() - the bytes [offset, offset + size) of the file @fd, for as long as they are
 * in use; @fd may be closed.
 * @write: whether they will be written
 * @host: gets where they are
 *
 * Return: 0, or a positive errno: EINVAL when the file is shorter or parts of a page are asked for,
 * EACCES when it may not be written, ENOSPC with MEMORY_FILES_MAX others in use, or of fstat(),
 * fcntl() and mmap().
 */
int memory_files_get(struct memory_files *files, int fd, uint64_t offset, uint64_t size, bool write,
		     void **host);

/** memory_files_put() - what memory_files_get() gave at @host is not in use any more. */
void memory_files_put(struct memory_files *files, const void *host);

#endif
