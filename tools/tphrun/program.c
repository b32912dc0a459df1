// SPDX-License-Identifier: GPL-2.0 OR Linux-OpenIB
#include "program.h"

#include <elf.h>
#include <errno.h>
#include <fcntl.h>
#include <link.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/xattr.h>
#include <unistd.h>

/* Linux: BINPRM_BUF_SIZE, what it reads of the first line of a script */
#define SCRIPT_LINE 256
/* Linux: how many interpreters may stand behind each other (fs/exec.c) */
#define INTERPRETERS_LAST 5
/* Linux: an ELF file's program headers are at most a page */
#define PROGRAM_HEADERS_LAST (4096 / sizeof(ElfW(Phdr)))

static bool runs(const char *path)
{
	struct stat file;

	if (stat(path, &file))
		return false;
	if (S_ISREG(file.st_mode))
		return !access(path, X_OK);
	errno = EACCES;
	return false;
}

static bool search(const char *folders, const char *name, char path[static PATH_MAX])
{
	bool denied = false;

	for (;;) {
		int length = strcspn(folders, ":");

		/* An empty entry is the current folder. */
		if (snprintf(path, PATH_MAX, "%.*s%s%s", length, folders, length ? "/" : "", name) <
		    PATH_MAX) {
			if (runs(path))
				return true;
			denied = denied || errno == EACCES;
		}
		folders += length;
		if (!*folders++)
			break;
	}
	errno = denied ? EACCES : ENOENT;
	return false;
}

bool program_find(const char *name, char path[static PATH_MAX])
{
	const char *folders = getenv("PATH");

	if (!strchr(name, '/'))
		return search(folders ? folders : "/bin:/usr/bin", name, path);
	if (strlen(name) >= PATH_MAX) {
		errno = ENAMETOOLONG;
		return false;
	}
	strcpy(path, name);
	return runs(path);
}

/*
 * Whether the kernel will set AT_SECURE, with which the dynamic linker preloads nothing: for set-
 * uid and set-gid programs, and for those with capabilities, which give root nothing that it does
 * not have.
 */
static bool is_privileged(const char *path, const struct stat *file)
{
	const mode_t set_gid = S_ISGID | S_IXGRP;

	if (file->st_mode & S_ISUID && file->st_uid != getuid())
		return true;
	if ((file->st_mode & set_gid) == set_gid && file->st_gid != getgid())
		return true;
	return getuid() && getxattr(path, "security.capability", NULL, 0) > 0;
}

struct elf {
	ElfW(Ehdr) header;
	char linker[PATH_MAX]; /* its dynamic linker; "" when it has none */
};

static bool read_linker(int fd, const ElfW(Phdr) * header, char linker[static PATH_MAX])
{
	ssize_t length;

	if (header->p_filesz >= PATH_MAX)
		return false;
	length = pread(fd, linker, header->p_filesz, header->p_offset);
	linker[length < 0 ? 0 : length] = '\0';
	return true;
}

/* False when @fd is no ELF file of our kind. */
static bool read_elf(int fd, struct elf *elf)
{
	const unsigned char class = sizeof(void *) == 8 ? ELFCLASS64 : ELFCLASS32;
	ElfW(Ehdr) *header = &elf->header;
	ElfW(Phdr) headers[PROGRAM_HEADERS_LAST];
	ssize_t size;

	elf->linker[0] = '\0';
	if (pread(fd, header, sizeof(*header), 0) != sizeof(*header) ||
	    memcmp(header->e_ident, ELFMAG, SELFMAG) || header->e_ident[EI_CLASS] != class ||
	    header->e_phentsize != sizeof(*headers) || header->e_phnum > PROGRAM_HEADERS_LAST)
		return false;
	size = header->e_phnum * sizeof(*headers);
	if (pread(fd, headers, size, header->e_phoff) != size)
		return false;
	for (int i = 0; i < header->e_phnum; i++)
		if (headers[i].p_type == PT_INTERP)
			return read_linker(fd, &headers[i], elf->linker);
	return true;
}

/* Reads the ELF header of this program, which is of the same kind as its library. */
static bool read_self(struct elf *elf)
{
	int fd = open("/proc/self/exe", O_RDONLY | O_CLOEXEC);
	bool good = fd >= 0 && read_elf(fd, elf);

	if (fd >= 0)
		close(fd);
	return good;
}

static const char *name_of(const char *path)
{
	const char *slash = strrchr(path, '/');

	return slash ? slash + 1 : path;
}

static enum program_kind look_at_elf(const char *path, int fd, struct complaint *why)
{
	struct elf elf, self;
	bool know_self = read_self(&self);

	if (!read_elf(fd, &elf) || (know_self && elf.header.e_machine != self.header.e_machine)) {
		complain(
			why,
			"%s is for another kind of machine than tphrun, whose library it cannot load; build tphrun for that one",
			path);
		return PROGRAM_FOREIGN;
	}
	if (!*elf.linker) {
		complain(
			why,
			"%s is linked statically, so nothing can be preloaded into it, and only its children get what you ask for; link it dynamically, or put tphrun before what it starts",
			path);
		return PROGRAM_STATIC;
	}
	if (know_self && strcmp(name_of(elf.linker), name_of(self.linker))) {
		complain(
			why,
			"%s is loaded by %s and not by %s as tphrun is, whose library it cannot load; run one that is built for this libc",
			path, elf.linker, self.linker);
		return PROGRAM_FOREIGN;
	}
	return PROGRAM_DYNAMIC;
}

/* What the first line, "#!", of a script names. */
static bool script_interpreter(const char *line, char path[static PATH_MAX])
{
	size_t length;

	if (strncmp(line, "#!", 2))
		return false;
	line += 2;
	line += strspn(line, " \t");
	length = strcspn(line, " \t\n");
	if (!length || length >= PATH_MAX)
		return false;
	memcpy(path, line, length);
	path[length] = '\0';
	return true;
}

static enum program_kind look(const char *path, int depth, struct complaint *why)
{
	char line[SCRIPT_LINE + 1], interpreter[PATH_MAX];
	enum program_kind kind = PROGRAM_DYNAMIC;
	struct stat file;
	ssize_t length;
	int fd;

	if (stat(path, &file) || !S_ISREG(file.st_mode))
		return PROGRAM_DYNAMIC;
	if (is_privileged(path, &file)) {
		complain(
			why,
			"%s runs with more privileges than you have (set-uid, set-gid or capabilities), so nothing is preloaded into it; become the user that it runs as, and start it then",
			path);
		return PROGRAM_PRIVILEGED;
	}
	fd = open(path, O_RDONLY | O_CLOEXEC);
	if (fd < 0)
		return PROGRAM_DYNAMIC;
	length = pread(fd, line, SCRIPT_LINE, 0);
	line[length < 0 ? 0 : length] = '\0';
	if (script_interpreter(line, interpreter)) {
		if (depth < INTERPRETERS_LAST)
			kind = look(interpreter, depth + 1, why);
	} else if (length >= SELFMAG && !memcmp(line, ELFMAG, SELFMAG)) {
		kind = look_at_elf(path, fd, why);
	}
	close(fd);
	return kind;
}

enum program_kind program_look(const char *path, struct complaint *why)
{
	return look(path, 0, why);
}
