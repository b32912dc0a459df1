// SPDX-License-Identifier: GPL-2.0 OR Linux-OpenIB
#include "base/unix_socket.h"
#include "util/complaint.h"
#include "util/macros.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#define BACKLOG 8
#define RETRY_NS 100000000ULL	/* there is no event for a descriptor that has become free */

static int set_path(struct sockaddr_un *address, const char *path, const char *suffix)
{
	int len;

	*address = (struct sockaddr_un){ .sun_family = AF_UNIX };
	len = snprintf(address->sun_path, sizeof(address->sun_path), "%s%s", path, suffix);
	return len < 0 || (size_t)len >= sizeof(address->sun_path) ? -ENAMETOOLONG : 0;
}

/* Whether the file at @path may be replaced: there is none, or a socket nobody listens on. */
static int check_free(const char *path)
{
	struct sockaddr_un address;
	struct stat st;
	int fd, err;

	if (lstat(path, &st))
		return errno == ENOENT ? 0 : -errno;
	if (!S_ISSOCK(st.st_mode))
		return -EADDRINUSE;
	err = set_path(&address, path, "");
	if (err)
		return err;
	fd = socket(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
	if (fd < 0)
		return -errno;
	err = connect(fd, (struct sockaddr *)&address, sizeof(address)) ? errno : 0;
	close(fd);
	return err == ECONNREFUSED || err == ENOENT ? 0 : -EADDRINUSE;
}

/* Listen under a temporary name first, so that @path never exists without a listener. */
static int listen_aside(int fd, const struct sockaddr_un *aside, const char *path)
{
	int err;

	if (bind(fd, (const struct sockaddr *)aside, sizeof(*aside)))
		return -errno;
	if (!listen(fd, BACKLOG) && !rename(aside->sun_path, path))
		return 0;
	err = -errno;
	unlink(aside->sun_path);
	return err;
}

int unix_listen(const char *path)
{
	struct sockaddr_un aside;
	char suffix[16];
	int fd, err;

	snprintf(suffix, sizeof(suffix), ".%d", getpid());
	err = set_path(&aside, path, suffix);
	if (!err)
		err = check_free(path);
	if (err)
		return err;
	fd = socket(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
	if (fd < 0)
		return -errno;
	err = listen_aside(fd, &aside, path);
	if (err) {
		close(fd);
		return err;
	}
	return fd;
}

static void listener_watch(struct unix_listener *listener)
{
	bool idle = listener->paused || engine_timer_armed(&listener->retry);

	engine_fd_set(&listener->watch, idle ? 0 : EPOLLIN);
}

/*
 * Stop polling for a while: clients that wait would be reported again and again, and nothing else
 * would get a turn.
 */
static void listener_back_off(struct unix_listener *listener)
{
	if (!listener->starved)
		say("%s: a client has to wait: %s; raise the limit (ulimit -n) or end other clients",
		    listener->path, strerror(errno));
	listener->starved = true;
	engine_timer_arm(&listener->retry, RETRY_NS);
	listener_watch(listener);
}

static void listener_ready(struct engine_fd *watch, uint32_t events)
{
	struct unix_listener *listener = container_of(watch, struct unix_listener, watch);
	int fd = accept4(watch->fd, NULL, NULL, SOCK_CLOEXEC);

	if (fd >= 0) {
		listener->starved = false;
		listener->connected(listener, fd);
		return;
	}
	switch (errno) {
	case EMFILE:
	case ENFILE:
	case ENOBUFS:
	case ENOMEM:
		listener_back_off(listener);
	}
}

static void listener_retry(struct engine_timer *timer)
{
	listener_watch(container_of(timer, struct unix_listener, retry));
}

int unix_listener_open(struct unix_listener *listener, struct engine *engine, const char *path,
		       void (*connected)(struct unix_listener *listener, int fd))
{
	int fd = unix_listen(path), err;

	if (fd < 0)
		return fd;
	*listener = (struct unix_listener){ .connected = connected, .path = strdup(path) };
	engine_timer_init(&listener->retry, engine, listener_retry);
	err = listener->path ? 0 : -ENOMEM;
	err = err ? err : engine_fd_add(&listener->watch, engine, fd, EPOLLIN, listener_ready);
	if (!err)
		return 0;
	unlink(path);
	close(fd);
	free(listener->path);
	return err;
}

void unix_listener_pause(struct unix_listener *listener, bool pause)
{
	listener->paused = pause;
	listener_watch(listener);
}

void unix_listener_close(struct unix_listener *listener)
{
	engine_timer_cancel(&listener->retry);
	engine_fd_remove(&listener->watch);
	unlink(listener->path);
	close(listener->watch.fd);
	free(listener->path);
}

void unix_output_init(struct unix_output *output, struct engine *engine, int fd, size_t limit)
{
	*output = (struct unix_output){ .engine = engine, .fd = fd, .limit = limit };
}

static void stop_watching(struct unix_output *output)
{
	if (!output->watching)
		return;
	engine_fd_remove(&output->watch);
	close(output->watch.fd);
	output->watching = false;
}

void unix_output_fini(struct unix_output *output)
{
	stop_watching(output);
	free(output->data);
	*output = (struct unix_output){ .fd = -1 };
}

/* Returns the number of bytes that the socket took, which may be 0, or -errno. */
static ssize_t send_some(int fd, const void *data, size_t len, int pass_fd)
{
	struct iovec iov = { .iov_base = (void *)data, .iov_len = len };
	char control[CMSG_SPACE(sizeof(int))] __attribute__((aligned(8))) = { 0 };
	struct msghdr message = { .msg_iov = &iov, .msg_iovlen = 1 };
	struct cmsghdr *cmsg;
	ssize_t sent;

	if (pass_fd >= 0) {
		message.msg_control = control;
		message.msg_controllen = sizeof(control);
		cmsg = CMSG_FIRSTHDR(&message);
		cmsg->cmsg_level = SOL_SOCKET;
		cmsg->cmsg_type = SCM_RIGHTS;
		cmsg->cmsg_len = CMSG_LEN(sizeof(int));
		memcpy(CMSG_DATA(cmsg), &pass_fd, sizeof(int));
	}
	do {
		sent = sendmsg(fd, &message, MSG_DONTWAIT | MSG_NOSIGNAL);
	} while (sent < 0 && errno == EINTR);
	if (sent < 0)
		return errno == EAGAIN || errno == EWOULDBLOCK ? 0 : -errno;
	return sent;
}

static void output_ready(struct engine_fd *watch, uint32_t events)
{
	struct unix_output *output = container_of(watch, struct unix_output, watch);
	ssize_t sent = send_some(output->fd, output->data, output->used, -1);

	/* Whoever reads from a broken connection notices. */
	if (sent < 0)
		sent = output->used;
	output->used -= sent;
	memmove(output->data, output->data + sent, output->used);
	if (!output->used)
		stop_watching(output);
}

/*
 * Watch a duplicate: epoll takes each descriptor once only, and the owner may watch this one for
 * input.
 */
static int start_watching(struct unix_output *output)
{
	int fd, err;

	if (output->watching)
		return 0;
	fd = fcntl(output->fd, F_DUPFD_CLOEXEC, 0);
	if (fd < 0)
		return -errno;
	err = engine_fd_add(&output->watch, output->engine, fd, EPOLLOUT, output_ready);
	if (err)
		close(fd);
	else
		output->watching = true;
	return err;
}

static int keep(struct unix_output *output, const void *data, size_t len)
{
	size_t size = output->size ? output->size : 4096;
	uint8_t *grown;

	if (len > output->limit - output->used)
		return -ENOBUFS;
	while (size < output->used + len)
		size *= 2;
	if (size != output->size) {
		grown = realloc(output->data, size);
		if (!grown)
			return -ENOMEM;
		output->data = grown;
		output->size = size;
	}
	memcpy(output->data + output->used, data, len);
	output->used += len;
	return start_watching(output);
}

int unix_output_send(struct unix_output *output, const void *data, size_t len, int pass_fd)
{
	ssize_t sent = 0;

	if (!output->used) {
		sent = send_some(output->fd, data, len, pass_fd);
		if (sent < 0)
			return sent;
		if (sent)
			pass_fd = -1;
	}
	if (pass_fd >= 0)
		return -ENOBUFS;
	if ((size_t)sent == len)
		return 0;
	return keep(output, (const uint8_t *)data + sent, len - sent);
}
