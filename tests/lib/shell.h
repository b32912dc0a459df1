/* SPDX-License-Identifier: GPL-2.0 OR Linux-OpenIB */
/* Commands as people type them, and what comes of them. */
#ifndef TESTS_SHELL_H
#define TESTS_SHELL_H

struct outcome {
	char text[16384]; /* both outputs, in order */
	int status;       /* exit code */
};

/* Run @command in a shell; fails the cmocka test when a signal ends that. */
void shell_run(struct outcome *outcome, const char *command);

#endif
