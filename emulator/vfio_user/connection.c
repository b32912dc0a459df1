// SPDX-License-Identifier: GPL-2.0 OR Linux-OpenIB
#include "vfio_user/connection.h"

#include <errno.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "engine.h"
#include "pci/function.h"
#include "unix_socket.h"
#include "util.h"
#include "vfio_user/ring.h"
#include "vfio_user/server.h"
#include "vfio_user/session.h"
#include "vfio_user/stream.h"

/* Replies that may wait for a slow client: QEMU has only a few requests under way. */
#define OUTPUT_LIMIT (1 << 20)

/* Messages handled in one turn, so that data keeps moving while a guest floods its doorbells. */
#define DRAIN_BATCH 64

struct connection {
	struct connection_attr attr;
	pthread_t thread;
	struct vfio_user_stream stream;		/* the thread's */
	struct ring ring;			/* from the thread to the engine */
	int error;			/* why the thread ended; valid when ended is set */
	atomic_bool ended;

	/* the engine's */
	struct engine_inbox inbox;
	struct vfio_user_session session;
	struct unix_output output;
	bool cut;				/* by us: end of file is no news */
};

static void receive_message(struct vfio_user_stream *stream, struct vfio_user_message *message)
{
	struct connection *connection = container_of(stream, struct connection, stream);

	if (ring_push(&connection->ring, message))
		engine_notify(connection->attr.engine);
	else
		message_free(message);
}

/* Copies the descriptors that came with @message to @fds. Returns their number or -E2BIG. */
static int take_fds(struct msghdr *message, int *fds)
{
	struct cmsghdr *cmsg;
	unsigned int count = 0;

	for (cmsg = CMSG_FIRSTHDR(message); cmsg; cmsg = CMSG_NXTHDR(message, cmsg)) {
		if (cmsg->cmsg_level != SOL_SOCKET || cmsg->cmsg_type != SCM_RIGHTS)
			continue;
		/* There can be only one such header, and the buffer has room for no more. */
		count = (cmsg->cmsg_len - CMSG_LEN(0)) / sizeof(int);
		memcpy(fds, CMSG_DATA(cmsg), count * sizeof(int));
	}
	return count;
}

/* Read once. Returns 1, 0 at the end of the stream, or -errno. */
static int receive(struct connection *connection)
{
	char control[CMSG_SPACE(VFIO_USER_MAX_FDS * sizeof(int))] __attribute__((aligned(8)));
	struct msghdr message = { .msg_control = control, .msg_controllen = sizeof(control) };
	int fds[VFIO_USER_MAX_FDS], count, err;
	struct iovec iov;
	ssize_t len;

	iov.iov_base = stream_space(&connection->stream, &iov.iov_len);
	message.msg_iov = &iov;
	message.msg_iovlen = 1;
	len = recvmsg(connection->attr.fd, &message, MSG_CMSG_CLOEXEC);
	if (len < 0)
		return errno == EINTR ? 1 : -errno;
	count = take_fds(&message, fds);
	err = stream_feed(&connection->stream, len, fds, count);
	if (err)
		return err;
	if (message.msg_flags & MSG_CTRUNC)
		return -E2BIG;
	return len ? 1 : 0;
}

static void *connection_thread(void *context)
{
	struct connection *connection = context;
	int ret;

	do {
		ret = receive(connection);
	} while (ret > 0);
	connection->error = ret;
	atomic_store_explicit(&connection->ended, true, memory_order_release);
	engine_notify(connection->attr.engine);
	return NULL;
}

static void cut(struct connection *connection)
{
	connection->cut = true;
	shutdown(connection->attr.fd, SHUT_RDWR);
}

static void reply(struct vfio_user_session *session, const void *data, size_t len, int fd)
{
	struct connection *connection = container_of(session, struct connection, session);
	int err;

	if (connection->cut)
		return;
	err = unix_output_send(&connection->output, data, len, fd);
	if (!err || err == -EPIPE || err == -ECONNRESET)
		return;
	fprintf(stderr, "softfabric: %s: disconnecting the client, which does not read its "
		"replies: %s\n", fabric_port_name(session->fn->port), strerror(-err));
	cut(connection);
}

static bool pending(struct engine_inbox *inbox)
{
	struct connection *connection = container_of(inbox, struct connection, inbox);

	return !ring_empty(&connection->ring) ||
	       atomic_load_explicit(&connection->ended, memory_order_relaxed);
}

static void report_end(struct connection *connection)
{
	if (!connection->error || connection->error == -ECONNRESET || connection->cut)
		return;
	connection->attr.counters->protocol_errors++;
	fprintf(stderr, "softfabric: %s: disconnecting the client: %s; is it a vfio-user client of "
		"protocol 0.0?\n", fabric_port_name(connection->attr.fn->port),
		strerror(-connection->error));
}

static void drain(struct engine_inbox *inbox)
{
	struct connection *connection = container_of(inbox, struct connection, inbox);
	struct vfio_user_counters *counters = connection->attr.counters;
	/* Before the ring: what was pushed before the end must be seen. */
	bool ended = atomic_load_explicit(&connection->ended, memory_order_acquire);

	for (int i = 0; i < DRAIN_BATCH && !ring_empty(&connection->ring); i++) {
		counters->messages++;
		session_handle(&connection->session, ring_front(&connection->ring));
		counters->mappings = connection->session.mappings;
		ring_pop(&connection->ring);
	}
	if (ended && ring_empty(&connection->ring)) {
		report_end(connection);
		connection->attr.ended(connection->attr.context);
	}
}

static int start(struct connection *connection)
{
	int err;

	err = stream_init(&connection->stream, receive_message);
	if (err)
		return -err;
	err = ring_init(&connection->ring);
	if (err) {
		stream_fini(&connection->stream);
		return -err;
	}
	err = pthread_create(&connection->thread, NULL, connection_thread, connection);
	if (err) {
		ring_fini(&connection->ring);
		stream_fini(&connection->stream);
		return err;
	}
	pthread_setname_np(connection->thread, "vfio-user");
	return 0;
}

struct connection *connection_create(const struct connection_attr *attr)
{
	struct connection *connection = calloc(1, sizeof(*connection));
	int err;

	if (!connection) {
		close(attr->fd);
		errno = ENOMEM;
		return NULL;
	}
	connection->attr = *attr;
	connection->session = (struct vfio_user_session){ .fn = attr->fn, .reply = reply };
	connection->inbox = (struct engine_inbox){ .pending = pending, .drain = drain };
	err = start(connection);
	if (err) {
		close(attr->fd);
		free(connection);
		errno = err;
		return NULL;
	}
	unix_output_init(&connection->output, attr->engine, attr->fd, OUTPUT_LIMIT);
	engine_inbox_add(&connection->inbox, attr->engine);
	return connection;
}

void connection_destroy(struct connection *connection)
{
	if (!connection)
		return;
	cut(connection);
	ring_close(&connection->ring);
	pthread_join(connection->thread, NULL);
	engine_inbox_remove(&connection->inbox);
	session_end(&connection->session);
	connection->attr.counters->mappings = 0;
	unix_output_fini(&connection->output);
	ring_fini(&connection->ring);
	stream_fini(&connection->stream);
	close(connection->attr.fd);
	free(connection);
}
