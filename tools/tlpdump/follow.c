// SPDX-License-Identifier: GPL-2.0 OR Linux-OpenIB
#include <errno.h>
#include <limits.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/inotify.h>
#include <sys/stat.h>
#include <unistd.h>

#include "follow.h"

struct follow {
	int fd;
	const char *path;
	struct stat file;   /* the file when it was opened */
	bool closed;        /* the writer has closed it: nothing will be added */
	sigset_t open_mask; /* signal mask while waiting */
};

static volatile sig_atomic_t stopped;

static void stop(int signal)
{
	stopped = 1;
}

bool follow_stopped(void)
{
	return stopped;
}

/*
 * Keep the signals blocked except in ppoll(), so that none is missed between the check and the
 * wait.
 */
static void take_signals(struct follow *follow)
{
	const struct sigaction action = { .sa_handler = stop };
	sigset_t ours;

	sigaction(SIGINT, &action, NULL);
	sigaction(SIGTERM, &action, NULL);
	sigemptyset(&ours);
	sigaddset(&ours, SIGINT);
	sigaddset(&ours, SIGTERM);
	sigprocmask(SIG_BLOCK, NULL, &follow->open_mask);
	sigdelset(&follow->open_mask, SIGINT);
	sigdelset(&follow->open_mask, SIGTERM);
}

struct follow *follow_create(const char *path)
{
	struct follow *follow = calloc(1, sizeof(*follow));

	if (!follow)
		return NULL;
	follow->path = path;
	follow->fd = inotify_init1(IN_CLOEXEC | IN_NONBLOCK);
	if (follow->fd < 0 ||
	    inotify_add_watch(follow->fd, path, IN_MODIFY | IN_CLOSE_WRITE | IN_ATTRIB) < 0 ||
	    stat(path, &follow->file)) {
		int error = errno;

		follow_destroy(follow);
		errno = error;
		return NULL;
	}
	take_signals(follow);
	return follow;
}

void follow_destroy(struct follow *follow)
{
	if (!follow)
		return;
	if (follow->fd >= 0)
		close(follow->fd);
	free(follow);
}

/*
 * Whether the file was removed or replaced. As it is still open here, all that it has lost is a
 * link.
 */
static bool is_gone(const struct follow *follow)
{
	struct stat now;

	return stat(follow->path, &now) || now.st_dev != follow->file.st_dev ||
	       now.st_ino != follow->file.st_ino;
}

/* Take all events that there are. */
static void take_events(struct follow *follow)
{
	char buffer[16 * (sizeof(struct inotify_event) + NAME_MAX + 1)]
		__attribute__((aligned(__alignof__(struct inotify_event))));
	ssize_t len;

	while ((len = read(follow->fd, buffer, sizeof(buffer))) > 0)
		for (char *at = buffer; at < buffer + len;) {
			const struct inotify_event *event = (const struct inotify_event *)at;

			if (event->mask & (IN_CLOSE_WRITE | IN_IGNORED) ||
			    (event->mask & IN_ATTRIB && is_gone(follow)))
				follow->closed = true;
			at += sizeof(*event) + event->len;
		}
}

bool follow_wait(void *data)
{
	struct follow *follow = data;
	struct pollfd poll = { .fd = follow->fd, .events = POLLIN };
	sigset_t ours, before;

	if (follow->closed || stopped)
		return false;
	fflush(stdout);
	sigemptyset(&ours);
	sigaddset(&ours, SIGINT);
	sigaddset(&ours, SIGTERM);
	sigprocmask(SIG_BLOCK, &ours, &before);
	if (!stopped)
		ppoll(&poll, 1, NULL, &follow->open_mask);
	sigprocmask(SIG_SETMASK, &before, NULL);
	take_events(follow);
	return !stopped;
}
