// SPDX-License-Identifier: GPL-2.0 OR Linux-OpenIB
/* What people and programs are told of a region, for each state that the device can answer with. */
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#include "backend/report.h"
#include "shim/obstacle.h"

static struct ibv_context context;
static struct ibv_mr mr = { .context = &context };
static char path[] = "/tmp/test_report.XXXXXX";
static struct tph_options options = {
	.text = { [TPH_OPTION_JSON_FILE] = path,
		  [TPH_OPTION_NAMESPACE] = "",
		  [TPH_OPTION_ST] = "240" },
	.ns = IBV_TPH_NS_ST,
	.st = 240,
	.ph = 2,
};

const char *obstacle_to_tag(struct ibv_context *asked, uint32_t ns)
{
	assert_ptr_equal(asked, &context);
	assert_int_equal(ns, IBV_TPH_NS_ST);
	return "OBSTACLE";
}

static struct registration registration_in(uint32_t state)
{
	return (struct registration){
		.mr = &mr,
		.context = &context,
		.device = "mlx5_0",
		.lkey = 1,
		.rkey = 2,
		.attr = { .length = 4096, .tph_namespace = IBV_TPH_NS_ST },
		.info = {
			.source = MLX5DV_TPH_SOURCE_EXPORTER,
			.tph_namespace = IBV_TPH_NS_ST,
			.steering_tag = 240,
			.ph = 2,
			.st_index = 7,
			.state = state,
			.revalidations = 3,
		},
	};
}

/* What @report writes to standard error and to the JSON file */
static void told(void (*report)(const struct registration *registration),
		 const struct registration *registration, char *said, char *json, size_t size)
{
	int own = dup(STDERR_FILENO);
	FILE *errors = tmpfile(), *file = fopen(path, "r");
	long before;

	assert_true(own >= 0 && errors && file);
	fseek(file, 0, SEEK_END);
	before = ftell(file);
	dup2(fileno(errors), STDERR_FILENO);
	report(registration);
	dup2(own, STDERR_FILENO);
	close(own);
	rewind(errors);
	said[fread(said, 1, size - 1, errors)] = '\0';
	fseek(file, before, SEEK_SET);
	json[fread(json, 1, size - 1, file)] = '\0';
	fclose(errors);
	fclose(file);
}

static void assert_ended(const struct registration *registration, const char *words,
			 const char *in_effect)
{
	char said[512], json[1024], line[512];

	told(report_ended, registration, said, json, sizeof(said));
	snprintf(line, sizeof(line), " TPH in effect: %s (asked for: st)\n", words);
	assert_string_equal(said, line);
	snprintf(line, sizeof(line), ",\"in_effect\":{%s}}\n", in_effect);
	assert_non_null(strstr(json, "{\"event\":\"ended\","));
	assert_non_null(strstr(json, line));
}

static void says_each_state(void **state)
{
	struct registration registration = registration_in(MLX5DV_TPH_STATE_IN_EFFECT);

#define TAG \
	"\"source\":\"exporter\",\"namespace\":\"st\",\"st\":240,\"ph\":2,\"st_index\":7,"
	assert_ended(
		&registration,
		"source exporter, namespace st, ST 0xf0, PH 2, table index 7, state in-effect, "
		"revalidations 3",
		TAG "\"state\":\"in-effect\",\"revalidations\":3");
	registration.info.state = MLX5DV_TPH_STATE_DEGRADED;
	assert_ended(&registration,
		     "source exporter, namespace st, ST 0xf0, PH 2, table index 7, state degraded, "
		     "revalidations 3",
		     TAG "\"state\":\"degraded\",\"revalidations\":3");
	registration.info.state = MLX5DV_TPH_STATE_REFUSED;
	assert_ended(&registration,
		     "state refused: the exporter changed its hints, and requests to this memory "
		     "fail",
		     TAG "\"state\":\"refused\",\"revalidations\":3");
	registration.info = (struct mlx5dv_tph_mr_info){ .state = MLX5DV_TPH_STATE_NONE };
	assert_ended(&registration, "source none: requests to this memory carry no steering tag",
		     "\"source\":\"none\",\"namespace\":\"none\",\"st\":0,\"ph\":0,\"st_index\":0,"
		     "\"state\":\"none\",\"revalidations\":0");
	registration.query_error = EBUSY;
	assert_ended(&registration, "unknown, mlx5_0 cannot be asked: Device or resource busy",
		     "\"error\":\"EBUSY\"");
}

/* A state or source of a later kernel is none that has a name here. */
static void knows_that_it_does_not_know(void **state)
{
	struct registration registration = registration_in(17);

	registration.info.source = 23;
	assert_ended(&registration,
		     "source ?, namespace st, ST 0xf0, PH 2, table index 7, state ?, "
		     "revalidations 3",
		     "\"source\":\"?\",\"namespace\":\"st\",\"st\":240,\"ph\":2,\"st_index\":7,"
		     "\"state\":\"?\",\"revalidations\":3");
}

static void assert_warned(const struct registration *registration, bool warned)
{
	char said[512], json[1024];

	told(report_registered, registration, said, json, sizeof(said));
	assert_non_null(strstr(json, "{\"event\":\"registered\","));
	assert_int_equal(!!strstr(said,
				  ": warning: no tag from the st namespace is in effect on mlx5_0: "
				  "OBSTACLE; --dmabuf-tph-require makes this an error\n"),
			 warned);
	assert_int_equal(!*said, !warned);
}

static void warns_unless_it_is_as_asked(void **state)
{
	struct registration registration = registration_in(MLX5DV_TPH_STATE_IN_EFFECT);

	assert_warned(&registration, false);
	registration.info.tph_namespace = IBV_TPH_NS_ST_EXT;
	assert_warned(&registration, true);
	registration = registration_in(MLX5DV_TPH_STATE_DEGRADED);
	assert_warned(&registration, true);
	registration = registration_in(MLX5DV_TPH_STATE_REFUSED);
	assert_warned(&registration, true);
	registration = registration_in(MLX5DV_TPH_STATE_IN_EFFECT);
	registration.info.source = MLX5DV_TPH_SOURCE_DMAH;
	assert_warned(&registration, true);
	registration = registration_in(MLX5DV_TPH_STATE_IN_EFFECT);
	registration.query_error = EBUSY;
	assert_warned(&registration, true);
}

static int open_report(void **state)
{
	struct complaint why;
	int fd = mkstemp(path);

	if (fd < 0 || !report_open(&options, &why))
		return -1;
	close(fd);
	return 0;
}

static int remove_report(void **state)
{
	return unlink(path);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(says_each_state),
		cmocka_unit_test(knows_that_it_does_not_know),
		cmocka_unit_test(warns_unless_it_is_as_asked),
	};

	return cmocka_run_group_tests(tests, open_report, remove_report);
}
