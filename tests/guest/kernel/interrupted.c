// SPDX-License-Identifier: GPL-2.0 OR Linux-OpenIB
#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/eventfd.h>
#include <unistd.h>

#include "interrupted.h"
#include "tap.h"

struct waiting {
	int (*call)(void *arg);
	void *arg;
	pid_t tid;
	int started;
	int returned;
};

static void ignore(int signal)
{
	(void)signal;
}

static void *call_and_wait(void *arg)
{
	struct waiting *waiting = arg;

	waiting->tid = gettid();
	eventfd_write(waiting->started, 1);
	waiting->returned = waiting->call(waiting->arg);
	return NULL;
}

/* No event tells that another thread waits for a lock in the kernel, but its state does */
static void wait_until_asleep(pid_t tid)
{
	char path[64], stat[128], *state;
	ssize_t len;
	int fd;

	snprintf(path, sizeof(path), "/proc/self/task/%d/stat", tid);
	do {
		fd = open(path, O_RDONLY | O_CLOEXEC);
		len = read(fd, stat, sizeof(stat) - 1);
		if (len < 0)
			tap_bail_out("%s: %s", path, strerror(errno));
		close(fd);
		stat[len] = '\0';
		state = strrchr(stat, ')');
	} while (!state || state[2] != 'S');
}

int interrupted(int (*call)(void *arg), void *arg)
{
	const struct sigaction action = { .sa_handler = ignore }; /* without SA_RESTART */
	struct waiting waiting = {
		.call = call,
		.arg = arg,
		.started = eventfd(0, EFD_CLOEXEC),
	};
	eventfd_t count;
	pthread_t caller;

	sigaction(SIGUSR1, &action, NULL);
	pthread_create(&caller, NULL, call_and_wait, &waiting);
	eventfd_read(waiting.started, &count);
	wait_until_asleep(waiting.tid);
	pthread_kill(caller, SIGUSR1);
	pthread_join(caller, NULL);
	close(waiting.started);
	return waiting.returned;
}
