// SPDX-License-Identifier: GPL-2.0 OR Linux-OpenIB
#include <errno.h>
#include <fcntl.h>
#include <stddef.h>
#include <sys/mman.h>
#include <sys/stat.h>

#include "util/range.h"
#include "vfio_user/memory_files.h"

#define PAGE 4096

/* A file that has grown since it was mapped counts as another file. */
static bool serves(const struct memory_file *file, const struct stat *st, uint64_t end, bool write)
{
	return file->users && file->dev == st->st_dev && file->ino == st->st_ino &&
	       file->size >= end && (file->writable || !write);
}

static struct memory_file *find(struct memory_files *files, const struct stat *st, uint64_t end,
				bool write)
{
	for (size_t i = 0; i < MEMORY_FILES_MAX; i++)
		if (serves(&files->files[i], st, end, write))
			return &files->files[i];
	return NULL;
}

static struct memory_file *find_free(struct memory_files *files)
{
	for (size_t i = 0; i < MEMORY_FILES_MAX; i++)
		if (!files->files[i].users)
			return &files->files[i];
	return NULL;
}

/* Map with all the rights that the descriptor gives; the users of a part have their own rights. */
static int map_whole(struct memory_file *file, int fd, const struct stat *st, bool write)
{
	int flags = fcntl(fd, F_GETFL);
	void *host;

	if (flags < 0)
		return errno;
	file->writable = (flags & O_ACCMODE) == O_RDWR;
	if (write && !file->writable)
		return EACCES;
	host = mmap(NULL, st->st_size, PROT_READ | (file->writable ? PROT_WRITE : 0), MAP_SHARED,
		    fd, 0);
	if (host == MAP_FAILED)
		return errno;
	file->dev = st->st_dev;
	file->ino = st->st_ino;
	file->host = host;
	file->size = st->st_size;
	return 0;
}

int memory_files_get(struct memory_files *files, int fd, uint64_t offset, uint64_t size, bool write,
		     void **host)
{
	struct memory_file *file;
	struct stat st;
	int err;

	if (fstat(fd, &st))
		return errno;
	/* Beyond its end a mapped file raises SIGBUS. */
	if ((offset | size) % PAGE || !size || st.st_size < 0 ||
	    !range_within(offset, size, st.st_size))
		return EINVAL;
	file = find(files, &st, offset + size, write);
	if (!file) {
		file = find_free(files);
		if (!file)
			return ENOSPC;
		err = map_whole(file, fd, &st, write);
		if (err)
			return err;
	}
	file->users++;
	*host = file->host + offset;
	return 0;
}

void memory_files_put(struct memory_files *files, const void *host)
{
	const uint8_t *at = host;

	for (size_t i = 0; i < MEMORY_FILES_MAX; i++) {
		struct memory_file *file = &files->files[i];

		if (!file->users || at < file->host || at >= file->host + file->size)
			continue;
		if (!--file->users)
			munmap(file->host, file->size);
		return;
	}
}
