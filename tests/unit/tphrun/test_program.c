// SPDX-License-Identifier: GPL-2.0 OR Linux-OpenIB
/* What tphrun finds under a name, and whether anything will be preloaded into it. */
#include <elf.h>
#include <errno.h>
#include <limits.h>
#include <link.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/types.h>
#include <unistd.h>

#include <cmocka.h>

#include "program.h"

static char folder[] = "/tmp/test_program.XXXXXX";
static uid_t user;
static gid_t group;
static ssize_t capabilities;

uid_t __wrap_getuid(void);
gid_t __wrap_getgid(void);
ssize_t __wrap_getxattr(const char *path, const char *name, void *value, size_t size);

uid_t __wrap_getuid(void)
{
	return user;
}

gid_t __wrap_getgid(void)
{
	return group;
}

ssize_t __wrap_getxattr(const char *path, const char *name, void *value, size_t size)
{
	assert_string_equal(name, "security.capability");
	if (capabilities < 0)
		errno = ENODATA;
	return capabilities;
}

static const char *in_folder(const char *name)
{
	static char path[PATH_MAX];

	snprintf(path, sizeof(path), "%s/%s", folder, name);
	return path;
}

static void make_file(const char *name, mode_t mode, const void *contents, size_t size)
{
	FILE *file = fopen(in_folder(name), "w");

	assert_non_null(file);
	assert_int_equal(fwrite(contents, 1, size, file), size);
	assert_int_equal(fclose(file), 0);
	assert_int_equal(chmod(in_folder(name), mode), 0);
}

static int setup(void **state)
{
	user = geteuid();
	group = getegid();
	capabilities = -1;
	return 0;
}

static int make_folder(void **state)
{
	return mkdtemp(folder) ? 0 : -1;
}

static int remove_folder(void **state)
{
	char command[PATH_MAX];

	snprintf(command, sizeof(command), "PATH=/usr/bin:/bin; rm -r %s", folder);
	return system(command);
}

static enum program_kind look(const char *name, const char *says)
{
	struct complaint why = { .text = "" };
	enum program_kind kind = program_look(in_folder(name), &why);

	if (*says) {
		assert_non_null(strstr(why.text, in_folder(name)));
		assert_non_null(strstr(why.text, says));
	} else {
		assert_string_equal(why.text, "");
	}
	return kind;
}

/* The test itself, with what @change makes of its headers */
struct elf {
	ElfW(Ehdr) header;
	ElfW(Phdr) headers[64];
	size_t size;
	char bytes[];
};

static struct elf *read_elf(void)
{
	FILE *file = fopen("/proc/self/exe", "r");
	const size_t size = 65536; /* headers and the linker's name are at the beginning */
	struct elf *elf = calloc(1, sizeof(*elf) + size);

	assert_true(file && elf);
	elf->size = fread(elf->bytes, 1, size, file);
	fclose(file);
	memcpy(&elf->header, elf->bytes, sizeof(elf->header));
	assert_true(elf->header.e_phnum <= 64);
	memcpy(elf->headers, elf->bytes + elf->header.e_phoff,
	       elf->header.e_phnum * sizeof(*elf->headers));
	return elf;
}

static ElfW(Phdr) * interp_of(struct elf *elf)
{
	for (int i = 0; i < elf->header.e_phnum; i++)
		if (elf->headers[i].p_type == PT_INTERP)
			return &elf->headers[i];
	return NULL;
}

static void make_elf(const char *name, mode_t mode, struct elf *elf)
{
	memcpy(elf->bytes, &elf->header, sizeof(elf->header));
	if (elf->header.e_phoff < elf->size)
		memcpy(elf->bytes + elf->header.e_phoff, elf->headers,
		       elf->header.e_phnum * sizeof(*elf->headers));
	make_file(name, mode, elf->bytes, elf->size);
	free(elf);
}

static void lets_pass_what_takes_it(void **state)
{
	make_elf("dynamic", 0755, read_elf());
	assert_int_equal(look("dynamic", ""), PROGRAM_DYNAMIC);
	make_file("text", 0755, "echo hello\n", 11);
	assert_int_equal(look("text", ""), PROGRAM_DYNAMIC);
	make_file("empty", 0755, "", 0);
	assert_int_equal(look("empty", ""), PROGRAM_DYNAMIC);
	assert_int_equal(look("absent", ""), PROGRAM_DYNAMIC);
}

static void knows_static_ones(void **state)
{
	struct elf *elf = read_elf();

	interp_of(elf)->p_type = PT_NULL;
	make_elf("static", 0755, elf);
	assert_int_equal(look("static", "is linked statically"), PROGRAM_STATIC);
}

static void knows_those_of_others(void **state)
{
	struct elf *elf = read_elf();

	memcpy(elf->bytes + interp_of(elf)->p_offset, "/lib/ld-musl.so", 16);
	make_elf("musl", 0755, elf);
	assert_int_equal(look("musl", "is loaded by /lib/ld-musl.so and not by "), PROGRAM_FOREIGN);
	elf = read_elf();
	elf->header.e_ident[EI_CLASS] = sizeof(void *) == 8 ? ELFCLASS32 : ELFCLASS64;
	make_elf("class", 0755, elf);
	assert_int_equal(look("class", "is for another kind of machine"), PROGRAM_FOREIGN);
	elf = read_elf();
	elf->header.e_machine = EM_NONE;
	make_elf("machine", 0755, elf);
	assert_int_equal(look("machine", "is for another kind of machine"), PROGRAM_FOREIGN);
}

/* Files that are cut off, or lie about themselves, are nobody's to run. */
static void bears_broken_ones(void **state)
{
	const char *const foreign = "is for another kind of machine";
	struct elf *elf = read_elf();

	elf->size = sizeof(elf->header) - 1;
	make_file("cut", 0755, elf->bytes, elf->size);
	free(elf);
	assert_int_equal(look("cut", foreign), PROGRAM_FOREIGN);
	elf = read_elf();
	elf->header.e_phoff = ~(ElfW(Off))0;
	make_elf("beyond", 0755, elf);
	assert_int_equal(look("beyond", foreign), PROGRAM_FOREIGN);
	elf = read_elf();
	elf->header.e_phnum = 65535;
	memcpy(elf->bytes, &elf->header, sizeof(elf->header));
	make_file("many", 0755, elf->bytes, elf->size);
	free(elf);
	assert_int_equal(look("many", foreign), PROGRAM_FOREIGN);
	elf = read_elf();
	interp_of(elf)->p_filesz = PATH_MAX;
	make_elf("long", 0755, elf);
	assert_int_equal(look("long", foreign), PROGRAM_FOREIGN);
}

static void looks_behind_scripts(void **state)
{
	char script[PATH_MAX + 16];
	struct elf *elf = read_elf();
	struct complaint why;
	int length;

	interp_of(elf)->p_type = PT_NULL;
	make_elf("shell", 0755, elf);
	length = snprintf(script, sizeof(script), "#! %s -e\n", in_folder("shell"));
	make_file("script", 0755, script, length);
	assert_int_equal(program_look(in_folder("script"), &why), PROGRAM_STATIC);
	assert_non_null(strstr(why.text, "/shell is linked statically"));
	/* One that is its own interpreter is the kernel's to refuse. */
	length = snprintf(script, sizeof(script), "#!%s\n", in_folder("loop"));
	make_file("loop", 0755, script, length);
	assert_int_equal(look("loop", ""), PROGRAM_DYNAMIC);
	make_file("none", 0755, "#!\n", 3);
	assert_int_equal(look("none", ""), PROGRAM_DYNAMIC);
}

static void refuses_privileges(void **state)
{
	make_elf("set-uid", 04755, read_elf());
	make_elf("set-gid", 02755, read_elf());
	make_elf("lock", 02744, read_elf()); /* mandatory locking, once */
	assert_int_equal(look("set-uid", ""), PROGRAM_DYNAMIC);
	assert_int_equal(look("set-gid", ""), PROGRAM_DYNAMIC);
	user++;
	assert_int_equal(look("set-uid", "more privileges than you have"), PROGRAM_PRIVILEGED);
	assert_int_equal(look("set-gid", ""), PROGRAM_DYNAMIC);
	group++;
	assert_int_equal(look("set-gid", "more privileges than you have"), PROGRAM_PRIVILEGED);
	assert_int_equal(look("lock", ""), PROGRAM_DYNAMIC);
	capabilities = 20;
	assert_int_equal(look("lock", "more privileges than you have"), PROGRAM_PRIVILEGED);
	user = 0;
	assert_int_equal(look("lock", ""), PROGRAM_DYNAMIC);
}

static void assert_found(const char *name, const char *path)
{
	char found[PATH_MAX];

	assert_true(program_find(name, found));
	assert_string_equal(found, path);
}

static void assert_not_found(const char *name, int error)
{
	char found[PATH_MAX];

	errno = 0;
	assert_false(program_find(name, found));
	assert_int_equal(errno, error);
}

static void finds_as_execvp_does(void **state)
{
	char path[PATH_MAX];

	make_file("command", 0755, "#!/bin/sh\n", 10);
	make_file("closed", 0644, "#!/bin/sh\n", 10);
	snprintf(path, sizeof(path), "/nonexistent:%s:/bin", folder);
	setenv("PATH", path, 1);
	assert_found("command", in_folder("command"));
	assert_found(in_folder("command"), in_folder("command"));
	assert_not_found("closed", EACCES);
	assert_not_found("none-such", ENOENT);
	assert_not_found("/nonexistent/command", ENOENT);
	assert_not_found(folder, EACCES);
	assert_int_equal(chdir(folder), 0);
	setenv("PATH", "/nonexistent:", 1);
	assert_found("command", "command");
	setenv("PATH", "", 1);
	assert_found("command", "command");
	memset(path, 'x', sizeof(path) - 1);
	path[0] = '/';
	path[sizeof(path) - 1] = '\0';
	assert_not_found(path, ENAMETOOLONG);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup(lets_pass_what_takes_it, setup),
		cmocka_unit_test_setup(knows_static_ones, setup),
		cmocka_unit_test_setup(knows_those_of_others, setup),
		cmocka_unit_test_setup(bears_broken_ones, setup),
		cmocka_unit_test_setup(looks_behind_scripts, setup),
		cmocka_unit_test_setup(refuses_privileges, setup),
		cmocka_unit_test_setup(finds_as_execvp_does, setup),
	};

	return cmocka_run_group_tests(tests, make_folder, remove_folder);
}
