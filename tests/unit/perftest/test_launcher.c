// SPDX-License-Identifier: GPL-2.0 OR Linux-OpenIB
/* Launcher and backend as processes, before a stand-in for the stock tool that prints what it was
 * given: what reaches the stock tool, what is said when nothing can, and with which exit code.
 */
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cmocka.h>

#include "shell.h"
#include "stock_tool.h"
#include "util/macros.h"

#define TOOL "ib_write_bw"

static char folder[] = "/tmp/test_launcher.XXXXXX";

/* Its folder first/ has the launcher, second/ the stand-in. */
static const char *in_folder(const char *name)
{
	static char paths[4][PATH_MAX];
	static unsigned int next;
	char *path = paths[next++ % 4];

	snprintf(path, PATH_MAX, "%s/%s", folder, name);
	return path;
}

static void write_program(const char *path, const char *text)
{
	FILE *file = fopen(path, "w");

	assert_non_null(file);
	fputs(text, file);
	assert_int_equal(fclose(file), 0);
	assert_int_equal(chmod(path, 0755), 0);
}

static int make_folder(void **state)
{
	assert_non_null(mkdtemp(folder));
	assert_int_equal(mkdir(in_folder("first"), 0755), 0);
	assert_int_equal(mkdir(in_folder("second"), 0755), 0);
	assert_int_equal(mkdir(in_folder("third"), 0755), 0);
	assert_int_equal(mkdir(in_folder("newest"), 0755), 0);
	assert_int_equal(symlink(LAUNCHER, in_folder("first/" TOOL)), 0);
	assert_int_equal(symlink(STAND_IN, in_folder("second/" TOOL)), 0);
	assert_int_equal(symlink(NEWEST, in_folder("newest/" TOOL)), 0);
	write_program(in_folder("third/" TOOL), "#!/nonexistent/interpreter\n");
	/* Built with sanitizers, the backend brings theirs into a program that has started. */
	setenv("ASAN_OPTIONS", "verify_asan_link_order=0", 1);
	return 0;
}

static int remove_folder(void **state)
{
	static const char *const names[] = {
		"first/" TOOL,  "second/" TOOL, "third/" TOOL,
		"newest/" TOOL, "first",        "second",
		"third",        "newest",       "",
	};

	for (size_t i = 0; i < ARRAY_SIZE(names); i++)
		remove(in_folder(names[i]));
	return 0;
}

/* Run @command in a shell, in which $dir is the folder. */
static void run(struct outcome *outcome, const char *command)
{
	char line[1024];

	snprintf(line, sizeof(line), "dir=%s; unset RDMA_TPH_PERFTEST_DIR LD_PRELOAD; %s", folder,
		 command);
	shell_run(outcome, line);
}

#define IN_PATH "export PATH=$dir/first:$dir/second:$dir/third:$PATH; "

static void assert_run(const char *command, int status, const char *text)
{
	struct outcome outcome;

	run(&outcome, command);
	assert_string_equal(outcome.text, text);
	assert_int_equal(outcome.status, status);
}

static void is_transparent(void **state)
{
	assert_run(IN_PATH TOOL, 42, "");
	assert_run(IN_PATH TOOL " -d mlx5_0 '' 'a b' -aF --siz=1", 42,
		   "<-d mlx5_0>\n<-a>\n<-F>\n<--size=1>\n<>\n<a b>\n");
	/* What may be ours, and is not */
	assert_run(IN_PATH TOOL " -d --tph-st=1 -- --udmabuf", 42,
		   "<-d --tph-st=1>\n<--udmabuf>\npreloaded\n");
	/* Also what somebody else preloads. */
	assert_run(IN_PATH "LD_PRELOAD=libc.so.6 " TOOL " host", 42,
		   "<host>\nLD_PRELOAD=libc.so.6\n");
}

static void hands_over(void **state)
{
	assert_run(IN_PATH TOOL
		   " -s 64 --use_cuda_dmabuf --dmabuf-tph st host --dmabuf_tph_require -q 2",
		   42, "<-s 64>\n<--use_cuda_dmabuf>\n<-q 2>\n<host>\npreloaded\n");
	/* The tool's children get what others preload. */
	assert_run(IN_PATH "LD_PRELOAD=libc.so.6 " TOOL " --use_hl=0 --dmabuf-tph", 42,
		   "<--use_hl=0>\nLD_PRELOAD=libc.so.6\npreloaded\n");
}

static void fails_before_the_tool_starts(void **state)
{
	assert_run(
		IN_PATH TOOL " --vfio-dmabuf=fffffffe:ff:1f.7,bar=2 --tph-st=0xf0", 1,
		TOOL
		": --vfio-dmabuf: no PCI device fffffffe:ff:1f.7: No such device. lspci -D shows those there are\n");
	assert_run(
		IN_PATH TOOL " --use_hl=0 --tph-json-file=/nonexistent/file", 1,
		TOOL
		": --tph-json-file=/nonexistent/file: No such file or directory; give a file that can be written\n");
}

#define NEWEST_TOOL "RDMA_TPH_PERFTEST_DIR=$dir/newest $dir/first/" TOOL
#define CANNOT_BE_ASKED \
	"the device, its driver or the kernel does not import tags, or cannot be asked"
#define REFUSED                                                                            \
	TOOL                                                                               \
	": registering 8192 bytes of dma-buf on mlx5_0, namespace st: %s; no tag can be had: " CANNOT_BE_ASKED \
	"; without --dmabuf-tph-require the buffer is registered without a tag\n"

/* What perftest 25.10 tries first, and what it tries next */
static void assert_never_dropped(const char *flags, int error)
{
	char command[256], refused[512], text[1024];

	snprintf(command, sizeof(command),
		 "REFUSE=%d " NEWEST_TOOL " %s --dmabuf-tph=st --dmabuf-tph-require", error, flags);
	snprintf(refused, sizeof(refused), REFUSED, strerror(error));
	snprintf(text, sizeof(text),
		 "kernel: namespace 2, required\n%s"
		 "kernel: namespace 2, required\nnot registered\n",
		 refused);
	assert_run(command, 1, text);
}

static void never_drops_what_is_required(void **state)
{
	assert_never_dropped("--udmabuf", EOPNOTSUPP);
	assert_never_dropped("--udmabuf", EIO);
	assert_never_dropped("--use_cuda_dmabuf", EOPNOTSUPP);
	assert_never_dropped("--use_cuda_dmabuf", EIO);
}

static void hands_all_registrations_to_the_kernel(void **state)
{
	static const char *const flags[] = { "--udmabuf", "--use_cuda_dmabuf" };
	char command[256];

	for (size_t i = 0; i < ARRAY_SIZE(flags); i++) {
		snprintf(command, sizeof(command), NEWEST_TOOL " %s --dmabuf-tph=none", flags[i]);
		assert_run(
			command, 0,
			"kernel: namespace 0\nregistered\n"
			" TPH in effect: unknown, mlx5_0 cannot be asked: Operation not supported (asked for: none)\n");
	}
	/* A device of another driver */
	assert_run(
		"REFUSE=25 " NEWEST_TOOL " --use_cuda_dmabuf --dmabuf-tph=st", 0,
		"kernel: namespace 2\nlibibverbs: ibv_reg_dmabuf_mr\n" TOOL
		": warning: no tag from the st namespace is in effect on mlx5_0: " CANNOT_BE_ASKED
		"; --dmabuf-tph-require makes this an error\nregistered\n"
		" TPH in effect: unknown, mlx5_0 cannot be asked: Operation not supported (asked for: st)\n");
	assert_run(NEWEST_TOOL " --use_cuda_dmabuf", 0, "libibverbs: ibv_reg_mr_ex\nregistered\n");
}

static void shows_both_helps(void **state)
{
	struct outcome outcome;

	run(&outcome, IN_PATH TOOL " -aFh");
	assert_int_equal(outcome.status, 42);
	assert_non_null(
		strstr(outcome.text, "<-h>\npreloaded\n\nSteering tags for dma-buf memory"));
	assert_ptr_equal(strstr(outcome.text, "<-a>\n<-F>\n<-h>"), outcome.text);
	assert_non_null(strstr(outcome.text, "\n      --dmabuf-tph[=none|auto|st|st-ext]\n"));
	assert_non_null(strstr(outcome.text, "\n      --udmabuf\n"));
}

static void refuses(void **state)
{
	assert_run(
		IN_PATH TOOL " --tph-ph=7", 1,
		TOOL
		": --tph-ph=7: a processing hint is 0 (bidirectional), 1 (requester), 2 (target) or 3 (target with priority)\n");
	assert_run(
		IN_PATH TOOL " --udmabuf --odp", 1,
		TOOL
		": --udmabuf with --odp: a dma-buf cannot be registered on demand; drop --odp\n");
}

static void says_that_there_is_no_stock_tool(void **state)
{
	assert_run(
		"PATH=$dir/first $dir/first/" TOOL, 127,
		TOOL
		": the stock " TOOL
		", which does the work, is not in PATH after this one; install perftest, or set RDMA_TPH_PERFTEST_DIR to the folder that has it\n");
	assert_run(
		"RDMA_TPH_PERFTEST_DIR=/nonexistent $dir/first/" TOOL, 127,
		TOOL
		": there is no stock " TOOL
		" in /nonexistent, which RDMA_TPH_PERFTEST_DIR names; install perftest there or unset the variable\n");
}

static void says_that_it_cannot_be_run(void **state)
{
	struct outcome outcome;

	run(&outcome, "export PATH=$dir/first:$dir/third; " TOOL);
	assert_int_equal(outcome.status, 126);
	assert_non_null(strstr(outcome.text,
			       "third/" TOOL
			       ": No such file or directory; check the perftest installation\n"));
}

static void says_where_it_cannot_preload_from(void **state)
{
	struct outcome outcome;

	run(&outcome, "mkdir \"$dir/a b\"; cp '" LAUNCHER "' \"$dir/a b/" TOOL "\"; "
		      "PATH=\"$dir/a b:$dir/second:$PATH\"; " TOOL " --dmabuf-tph; "
		      "status=$?; rm -r \"$dir/a b\"; exit $status");
	assert_int_equal(outcome.status, 126);
	assert_non_null(strstr(outcome.text,
			       ": LD_PRELOAD ends a path at a space and at a colon; install "
			       "rdma-tph elsewhere\n"));
}

static void finds(const char *path, const char *expected)
{
	char found[PATH_MAX], list[PATH_MAX] = "";
	struct complaint why;
	struct stat self;
	bool good;

	assert_int_equal(stat(LAUNCHER, &self), 0);
	/* Letters stand for the folders. */
	for (; *path; path++) {
		const char *const names[] = { ['1'] = "first", ['2'] = "second", ['3'] = "third" };

		if (*path >= '1' && *path <= '3')
			strcat(list, in_folder(names[(int)*path]));
		else
			strncat(list, path, 1);
	}
	good = stock_tool_find(TOOL, NULL, list, &self, found, &why);
	assert_int_equal(good, expected != NULL);
	if (expected)
		assert_string_equal(found, in_folder(expected));
}

static void looks_after_itself(void **state)
{
	finds("1:2:3", "second/" TOOL);
	finds("3:1:2", "second/" TOOL);
	finds("2:1:3", "third/" TOOL);
	finds("3:2", "third/" TOOL);
	finds("1:2:1:3", "second/" TOOL);
	finds("::1::/nonexistent:3:", "third/" TOOL);
	finds("2:3:1", NULL);
	finds("1", NULL);
	finds("", NULL);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(is_transparent),
		cmocka_unit_test(hands_over),
		cmocka_unit_test(fails_before_the_tool_starts),
		cmocka_unit_test(never_drops_what_is_required),
		cmocka_unit_test(hands_all_registrations_to_the_kernel),
		cmocka_unit_test(shows_both_helps),
		cmocka_unit_test(refuses),
		cmocka_unit_test(says_that_there_is_no_stock_tool),
		cmocka_unit_test(says_that_it_cannot_be_run),
		cmocka_unit_test(says_where_it_cannot_preload_from),
		cmocka_unit_test(looks_after_itself),
	};

	return cmocka_run_group_tests(tests, make_folder, remove_folder);
}
