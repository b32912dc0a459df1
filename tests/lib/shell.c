// SPDX-License-Identifier: GPL-2.0 OR Linux-OpenIB
#include "shell.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/wait.h>

#include <cmocka.h>

void shell_run(struct outcome *outcome, const char *command)
{
	size_t length = 0, got;
	char *line;
	FILE *pipe;

	assert_true(asprintf(&line, "exec 2>&1; %s", command) > 0);
	pipe = popen(line, "r");
	free(line);
	assert_non_null(pipe);
	do {
		got = fread(outcome->text + length, 1, sizeof(outcome->text) - 1 - length, pipe);
		length += got;
	} while (got);
	outcome->text[length] = '\0';
	outcome->status = pclose(pipe);
	assert_true(WIFEXITED(outcome->status));
	outcome->status = WEXITSTATUS(outcome->status);
}
