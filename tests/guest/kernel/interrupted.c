// SPDX-License-Identifier: GPL-2.0 OR Linux-OpenIB
#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/eventfd.h>
#include <unistd.h>

#include "exporter.h"
#include "tap.h"

struct waiting_set {
	struct vfio_tph_device *device;
	const struct vfio_device_feature_dma_buf_tph *set;
	pid_t tid;
	int started;
	int err;
};

static void ignore(int signal)
{
	(void)signal;
}

static void *set_and_wait(void *arg)
{
	struct waiting_set *wait = arg;

	wait->tid = gettid();
	eventfd_write(wait->started, 1);
	wait->err = exporter_set(wait->device, wait->set);
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

int exporter_set_interrupted(struct vfio_tph_device *device,
			     const struct vfio_device_feature_dma_buf_tph *set)
{
	const struct sigaction action = { .sa_handler = ignore }; /* without SA_RESTART */
	struct waiting_set wait = {
		.device = device,
		.set = set,
		.started = eventfd(0, EFD_CLOEXEC),
	};
	eventfd_t count;
	pthread_t setter;

	sigaction(SIGUSR1, &action, NULL);
	pthread_create(&setter, NULL, set_and_wait, &wait);
	eventfd_read(wait.started, &count);
	wait_until_asleep(wait.tid);
	pthread_kill(setter, SIGUSR1);
	pthread_join(setter, NULL);
	close(wait.started);
	return wait.err;
}
