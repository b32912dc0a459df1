// SPDX-License-Identifier: GPL-2.0 OR Linux-OpenIB
/* tphrun and what it preloads as processes, above a stand-in of libibverbs and of the kernel: what
 * becomes of registrations, what is reported and said, and what is refused.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#include "shell.h"

#define MINE 42 /* what the programs end with */

static char folder[] = "/tmp/test_tphrun.XXXXXX";

static int make_folder(void **state)
{
	char path[4096];

	assert_non_null(mkdtemp(folder));
	snprintf(path, sizeof(path), "%s:/usr/bin:/bin", TPHRUN_FOLDER);
	setenv("PATH", path, 1);
	setenv("program", PROGRAM, 1);
	setenv("late", LATE, 1);
	setenv("static", STATIC, 1);
	setenv("dir", folder, 1);
	setenv("library", LIBRARY, 1);
	setenv("SOURCE", "exporter", 1);
	/* Built with sanitizers, the library brings theirs into a program that has started. */
	setenv("ASAN_OPTIONS", "verify_asan_link_order=0", 1);
	return chdir(folder);
}

static int remove_folder(void **state)
{
	char command[64];

	snprintf(command, sizeof(command), "rm -r %s", folder);
	return system(command);
}

/* Nothing that the tests are run with gets in. */
static int setup(void **state)
{
	static const char *const variables[] = { "RDMA_TPH_NAMESPACE", "RDMA_TPH_REQUIRE",
						 "RDMA_TPH_REPORT", "LD_PRELOAD",
						 "NCCL_IBVERBS_LIB" };

	for (size_t i = 0; i < sizeof(variables) / sizeof(*variables); i++)
		unsetenv(variables[i]);
	unlink("report");
	return 0;
}

/* Every process id in @text becomes P. */
static void blank_processes(char *text)
{
	static const char member[] = "\"process\":";
	char *at = text;

	while ((at = strstr(at, member))) {
		at += strlen(member);
		memmove(at + 1, at + strspn(at, "0123456789"),
			strlen(at + strspn(at, "0123456789")) + 1);
		*at = 'P';
	}
}

static void assert_run(const char *command, int status, const char *text)
{
	static struct outcome outcome;

	shell_run(&outcome, command);
	blank_processes(outcome.text);
	assert_string_equal(outcome.text, text);
	assert_int_equal(outcome.status, status);
}

static void is_transparent(void **state)
{
	assert_run("echo in | tphrun cat; tphrun -- sh -c 'echo $0 $1; exit 7' 'a b' --require", 7,
		   "in\na b --require\n");
	assert_run("tphrun -- $program dmabuf probe mr-ex mlx5 handle later data-direct", MINE,
		   "libibverbs: ibv_reg_dmabuf_mr\nregistered\nEBADF\n"
		   "libibverbs: ibv_reg_mr_ex\nregistered\n"
		   "libibverbs: mlx5dv_reg_dmabuf_mr\nregistered\n"
		   "libibverbs: ibv_reg_mr_ex\nregistered\n"
		   "libibverbs: ibv_reg_mr_ex\nregistered\n"
		   "libibverbs: mlx5dv_reg_dmabuf_mr\nregistered\n");
}

static void leaves_others_alone(void **state)
{
	/* In what has nothing to do with RDMA there is one library more, which needs nothing. */
	assert_run("tphrun -- cat /proc/self/maps | "
		   "grep -oE 'tphrun[a-z-]*\\.so|lib(ibverbs|mlx5|json-c)' | sort -u",
		   0, "tphrun.so\n");
	assert_run("tphrun --namespace=st -- $late symbols", MINE,
		   "kernel: namespace 2\nregistered\nhidden\n");
}

static void asks_for_the_namespace(void **state)
{
	assert_run("tphrun --namespace=none -- $program dmabuf mr-ex mlx5", MINE,
		   "kernel: namespace 0\nregistered\nkernel: namespace 0\nregistered\n"
		   "kernel: namespace 0\nregistered\n");
	assert_run("tphrun --namespace=st $program dmabuf", MINE,
		   "kernel: namespace 2\nregistered\n");
	assert_run("tphrun --namespace st_ext $program dmabuf probe", MINE,
		   "kernel: namespace 3\nregistered\nEBADF\n");
	assert_run("RDMA_TPH_NAMESPACE=none tphrun --namespace=st $program dmabuf", MINE,
		   "kernel: namespace 2\nregistered\n");
	assert_run("RDMA_TPH_NAMESPACE= RDMA_TPH_REQUIRE=0 tphrun $program dmabuf", MINE,
		   "libibverbs: ibv_reg_dmabuf_mr\nregistered\n");
	/* What cannot be asked for the tag is as without us, unless the tag is required. */
	assert_run("tphrun --namespace=st $program handle data-direct later", MINE,
		   "libibverbs: ibv_reg_mr_ex\nregistered\n"
		   "libibverbs: mlx5dv_reg_dmabuf_mr\nregistered\n"
		   "libibverbs: ibv_reg_mr_ex\nregistered\n");
	/* A device of another driver */
	assert_run("REFUSE=25 tphrun --namespace=st $program dmabuf", MINE,
		   "kernel: namespace 2\nlibibverbs: ibv_reg_dmabuf_mr\nregistered\n");
	/* As it was when the program started */
	assert_run("tphrun --namespace=st --require $program clear-environment dmabuf", MINE,
		   "kernel: namespace 2, required\nregistered\n");
}

#define CANNOT_BE_ASKED \
	"the device, its driver or the kernel does not import tags, or cannot be asked"
#define REFUSED(namespace, error, reason)                                                       \
	"program: tphrun: registering 8192 bytes of dma-buf on mlx5_0, namespace " namespace    \
	": " error "; no tag can be had: " reason                                               \
	"; without --require or RDMA_TPH_REQUIRE=1 the dma-buf is registered without a tag\n"
#define NOT_SUPPORTED(namespace, reason) REFUSED(namespace, "Operation not supported", reason)

static void
	requires(void **state)
{
	assert_run("tphrun --require $program dmabuf mr-ex mlx5 probe", MINE,
		   "kernel: namespace 1, required\nregistered\n"
		   "kernel: namespace 1, required\nregistered\n"
		   "kernel: namespace 1, required\nregistered\nEBADF\n");
	/* It is said once. */
	assert_run(
		"REFUSE=95 tphrun --require --namespace=st $program dmabuf dmabuf probe", MINE,
		"kernel: namespace 2, required\n" NOT_SUPPORTED(
			"st",
			CANNOT_BE_ASKED) "EOPNOTSUPP\nkernel: namespace 2, required\nEOPNOTSUPP\nEBADF\n");
	assert_run("REFUSE=28 tphrun --require $program dmabuf", MINE,
		   "kernel: namespace 1, required\n" REFUSED("auto", "No space left on device",
							     CANNOT_BE_ASKED) "ENOSPC\n");
	/* What has nothing to do with tags is not ours to explain. */
	assert_run("REFUSE=12 tphrun --require $program dmabuf", MINE,
		   "kernel: namespace 1, required\nENOMEM\n");
	assert_run(
		"tphrun --require $program handle", MINE,
		NOT_SUPPORTED("auto",
			      "a DMA handle takes the place of the exporter's tag") "EOPNOTSUPP\n");
	assert_run("tphrun --require $program data-direct", MINE,
		   NOT_SUPPORTED(
			   "auto",
			   "data direct requests leave from another PCI function") "EOPNOTSUPP\n");
	assert_run("tphrun --require $program later", MINE,
		   NOT_SUPPORTED("auto",
				 "the registration asks for something that did not exist in "
				 "our time") "EOPNOTSUPP\n");
}

#define REPORTED "tphrun --report=report "
#define QUIETLY "QUIET=1 " REPORTED
#define SHOW "; cat report"
#define LINE(event, region, call, asked, required, rest)                                         \
	"{\"event\":\"" event "\",\"process\":P,\"rdma_device\":\"mlx5_0\"," region              \
	"\"offset\":4096,\"length\":8192,\"program\":\"program\",\"call\":\"" call               \
	"\",\"asked\":\"" asked "\",\"required\":" required "," rest "}\n"
#define FIRST "\"lkey\":257,\"rkey\":513,"
#define SECOND "\"lkey\":258,\"rkey\":514,"
#define TAG                                                                                      \
	"\"in_effect\":{\"source\":\"exporter\",\"namespace\":\"st\",\"st\":240,\"ph\":2,"       \
	"\"st_index\":3,\"state\":\"in-effect\",\"revalidations\":0}"
#define HANDLE                                                                                   \
	"\"in_effect\":{\"source\":\"dma-handle\",\"namespace\":\"st\",\"st\":0,\"ph\":1,"       \
	"\"st_index\":0,\"state\":\"in-effect\",\"revalidations\":0}"
#define NONE                                                                                     \
	"\"in_effect\":{\"source\":\"none\",\"namespace\":\"none\",\"st\":0,\"ph\":0,"           \
	"\"st_index\":0,\"state\":\"none\",\"revalidations\":0}"

static void reports(void **state)
{
	assert_run(QUIETLY "$program dmabuf mlx5" SHOW, 0,
		   "registered\nregistered\n" LINE("registered", FIRST, "ibv_reg_dmabuf_mr", "auto",
						   "false", TAG)
			   LINE("ended", FIRST, "ibv_reg_dmabuf_mr", "auto", "false", TAG)
				   LINE("registered", SECOND, "mlx5dv_reg_dmabuf_mr", "auto",
					"false", TAG) LINE("ended", SECOND, "mlx5dv_reg_dmabuf_mr",
							   "auto", "false", TAG));
	unlink("report");
	assert_run("SOURCE=none " QUIETLY "--namespace=st-ext $program leave" SHOW, 0,
		   "registered\n" LINE("registered", FIRST, "ibv_reg_dmabuf_mr", "st_ext", "false",
				       NONE ",\"reason\":\"" CANNOT_BE_ASKED "\"")
			   LINE("left", FIRST, "ibv_reg_dmabuf_mr", "st_ext", "false", NONE));
	/* Runs follow each other in one file. */
	assert_run("REFUSE=95 " QUIETLY "--require $program probe dmabuf 2>&-; "
		   "REFUSE=12 " QUIETLY "--require $program dmabuf; tail -n +3 report",
		   0,
		   "EBADF\nEOPNOTSUPP\nENOMEM\n" LINE(
			   "failed", "", "ibv_reg_dmabuf_mr", "auto", "true",
			   "\"error\":\"EOPNOTSUPP\",\"reason\":\"" CANNOT_BE_ASKED "\"")
			   LINE("failed", "", "ibv_reg_dmabuf_mr", "auto", "true",
				"\"error\":\"ENOMEM\""));
}

/* The exporter's tag is gone: nothing else tells. */
static void shows_that_a_handle_drops_the_tag(void **state)
{
	assert_run("SOURCE=handle " QUIETLY "$program handle" SHOW, 0,
		   "registered\n" LINE(
			   "registered", FIRST, "ibv_reg_mr_ex", "auto", "false",
			   HANDLE
			   ",\"reason\":\"a DMA handle takes the place of the exporter's tag\"")
			   LINE("ended", FIRST, "ibv_reg_mr_ex", "auto", "false", HANDLE));
}

static void keeps_what_cannot_be_destroyed(void **state)
{
	assert_run("BUSY=1 " QUIETLY "$program stuck; cut -d, -f1 report; rm report", 0,
		   "EBUSY\n{\"event\":\"registered\"\n{\"event\":\"left\"\n");
	assert_run("BUSY=1 " QUIETLY "$program dmabuf" SHOW, 0,
		   "registered\nEBUSY\n" LINE("registered", FIRST, "ibv_reg_dmabuf_mr", "auto",
					      "false", TAG)
			   LINE("ended", FIRST, "ibv_reg_dmabuf_mr", "auto", "false", TAG));
}

static void tells_children_apart(void **state)
{
	static struct outcome outcome;
	unsigned int parent, child, last;
	char *at;

	shell_run(&outcome, QUIETLY "$program split" SHOW);
	at = strstr(outcome.text, "{");
	assert_int_equal(sscanf(at, "{\"event\":\"registered\",\"process\":%u,", &parent), 1);
	at = strstr(at, "\n{") + 1;
	assert_int_equal(sscanf(at, "{\"event\":\"registered\",\"process\":%u,", &child), 1);
	at = strstr(at, "\n{") + 1;
	assert_int_equal(sscanf(at, "{\"event\":\"ended\",\"process\":%u,", &last), 1);
	assert_int_equal(last, child);
	at = strstr(at, "\n{") + 1;
	assert_int_equal(sscanf(at, "{\"event\":\"ended\",\"process\":%u,", &last), 1);
	assert_int_equal(last, parent);
	assert_int_not_equal(parent, child);
	assert_null(strstr(at, "\n{"));
}

static void serves_threads(void **state)
{
	assert_run(QUIETLY "$program threads; grep -c '^{\"event\":\"registered\",.*}$' report; "
			   "grep -c '^{\"event\":\"ended\",.*}$' report; wc -l <report; "
			   "sed 's/.*\"lkey\":\\([0-9]*\\).*/\\1/' report | sort | uniq -c | "
			   "grep -vc ' 2 '",
		   1, "400\n400\n800\n0\n");
	assert_run("QUIET=1 tphrun --namespace=st -- $program threads", MINE, "");
}

static void catches_what_is_loaded_later(void **state)
{
	assert_run("tphrun --namespace=st $late dmabuf mr-ex", MINE,
		   "kernel: namespace 2\nregistered\nkernel: namespace 2\nregistered\n");
	assert_run("tphrun $late dmabuf mlx5 probe", MINE,
		   "libibverbs: ibv_reg_dmabuf_mr\nregistered\n"
		   "libibverbs: mlx5dv_reg_dmabuf_mr\nregistered\nEBADF\n");
}

static void bears_what_programs_do(void **state)
{
	/* Descriptors that are not theirs, and a directory that is elsewhere */
	assert_run("mkdir -p other; " QUIETLY "sh -c 'cd other; exec $program close-all'; "
		   "ls other; cut -d, -f1 report",
		   0, "registered\n{\"event\":\"registered\"\n{\"event\":\"ended\"\n");
	/* A report that has gone: said once, and all else goes on */
	assert_run("RDMA_TPH_REPORT=/nonexistent/report LD_PRELOAD=$library QUIET=1 "
		   "$program dmabuf dmabuf",
		   MINE,
		   "program: tphrun: --report or RDMA_TPH_REPORT=/nonexistent/report: No such file "
		   "or directory; give a file that can be written\nregistered\nregistered\n");
}

static void works_by_variables_alone(void **state)
{
	assert_run("export LD_PRELOAD=$library RDMA_TPH_NAMESPACE=st RDMA_TPH_REQUIRE=1; "
		   "$program dmabuf",
		   MINE, "kernel: namespace 2, required\nregistered\n");
	/* Said by who registers, and by no other */
	assert_run("export LD_PRELOAD=$library RDMA_TPH_REQUIRE=yes; true; "
		   "$program probe dmabuf dmabuf",
		   MINE,
		   "EBADF\nprogram: tphrun: RDMA_TPH_REQUIRE=yes: it is 1, or 0 as if it were not "
		   "set\nEINVAL\nEINVAL\n");
}

static void says_that_it_is_not_whole(void **state)
{
	static struct outcome outcome;

	shell_run(&outcome, "cp $library alone.so; LD_PRELOAD=$PWD/alone.so $program dmabuf");
	assert_int_equal(outcome.status, 127);
	assert_non_null(strstr(outcome.text, "program: tphrun: "));
	assert_non_null(strstr(outcome.text, "/tphrun-verbs.so: cannot open shared object file: No "
					     "such file or directory; install rdma-tph again\n"));
}

static void refuses_options(void **state)
{
	assert_run("tphrun", 125,
		   "tphrun: no command is given; write tphrun [OPTION...] -- COMMAND "
		   "[ARGUMENT...]\n");
	assert_run("tphrun --namespace=8-bit true", 125,
		   "tphrun: --namespace or RDMA_TPH_NAMESPACE=8-bit: there is no such namespace; "
		   "choose none, auto, st or st-ext\n");
	assert_run("tphrun --require --namespace=none true", 125,
		   "tphrun: --require or RDMA_TPH_REQUIRE=1 with the namespace none: there is "
		   "nothing to require; ask for auto, st or st-ext\n");
	assert_run("RDMA_TPH_NAMESPACE=none tphrun --require true", 125,
		   "tphrun: --require or RDMA_TPH_REQUIRE=1 with the namespace none: there is "
		   "nothing to require; ask for auto, st or st-ext\n");
	assert_run("RDMA_TPH_REQUIRE=2 tphrun true", 125,
		   "tphrun: RDMA_TPH_REQUIRE=2: it is 1, or 0 as if it were not set\n");
	assert_run("tphrun --report=/nonexistent/report true", 125,
		   "tphrun: --report or RDMA_TPH_REPORT=/nonexistent/report: No such file or "
		   "directory; give a file that can be written\n");
	assert_run("tphrun --report=$(printf '%4096s' | tr ' ' x) true", 125,
		   "tphrun: --report or RDMA_TPH_REPORT: File name too long; give a shorter "
		   "path\n");
	assert_run("tphrun --none-such true", 125, "tphrun: unrecognized option '--none-such'\n");
}

static void refuses_programs(void **state)
{
	assert_run("tphrun none-such", 127,
		   "tphrun: cannot run none-such: No such file or directory; check the command\n");
	assert_run("tphrun /tmp", 126,
		   "tphrun: cannot run /tmp: Permission denied; check the command\n");
	assert_run("printf '#!/nonexistent/interpreter\\n' >bad; chmod +x bad; tphrun ./bad", 126,
		   "tphrun: cannot run ./bad: No such file or directory; check the command\n");
}

#define IS_STATIC \
	STATIC " is linked statically, so nothing can be preloaded into it, and only its children " \
	"get what you ask for; link it dynamically, or put tphrun before what it starts\n"

static void says_that_a_program_is_static(void **state)
{
	static struct outcome outcome;

	shell_run(&outcome, "tphrun $static");
	assert_non_null(strstr(outcome.text, "tphrun: note: " IS_STATIC));
	assert_true(outcome.status > 128); /* it did run, into its trap */
	assert_run("tphrun --require $static", 126, "tphrun: " IS_STATIC);
}

static void has_nccl_take_it(void **state)
{
	static struct outcome outcome;

	shell_run(&outcome, "tphrun sh -c 'echo $NCCL_IBVERBS_LIB'");
	assert_non_null(strstr(outcome.text, "/tphrun-verbs.so\n"));
	assert_run(
		"NCCL_IBVERBS_LIB=/their/own tphrun sh -c 'echo $NCCL_IBVERBS_LIB'", 0,
		"tphrun: note: NCCL_IBVERBS_LIB is set, so what NCCL registers goes past tphrun; "
		"unset it\n/their/own\n");
	assert_run("tphrun tphrun true", 0, "");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup(is_transparent, setup),
		cmocka_unit_test_setup(leaves_others_alone, setup),
		cmocka_unit_test_setup(asks_for_the_namespace, setup),
		cmocka_unit_test_setup(requires, setup),
		cmocka_unit_test_setup(reports, setup),
		cmocka_unit_test_setup(shows_that_a_handle_drops_the_tag, setup),
		cmocka_unit_test_setup(keeps_what_cannot_be_destroyed, setup),
		cmocka_unit_test_setup(tells_children_apart, setup),
		cmocka_unit_test_setup(serves_threads, setup),
		cmocka_unit_test_setup(catches_what_is_loaded_later, setup),
		cmocka_unit_test_setup(bears_what_programs_do, setup),
		cmocka_unit_test_setup(works_by_variables_alone, setup),
		cmocka_unit_test_setup(says_that_it_is_not_whole, setup),
		cmocka_unit_test_setup(refuses_options, setup),
		cmocka_unit_test_setup(refuses_programs, setup),
		cmocka_unit_test_setup(says_that_a_program_is_static, setup),
		cmocka_unit_test_setup(has_nccl_take_it, setup),
	};

	return cmocka_run_group_tests(tests, make_folder, remove_folder);
}
