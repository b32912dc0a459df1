// SPDX-License-Identifier: GPL-2.0 OR Linux-OpenIB
#include "vfio_user/connection.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/engine.h"
#include "base/unix_socket.h"
#include "pci/function.h"
#include "util/complaint.h"
#include "util/macros.h"
#include "vfio_user/server.h"
#include "vfio_user/session.h"
#include "vfio_user/stream.h"

/* Replies that may wait for a slow client: QEMU has only a few requests under way. */
#define OUTPUT_LIMIT (1 << 20)

/*
 * Bytes that are read and handled in one turn of the engine: enough for a hundred register
 * accesses. So a client that sends without end does not keep others from their turn. Longer
 * messages take several turns.
 */
#define READ_MAX 4096

struct connection {
	struct connection_attr attr;
	struct engine_fd watch;
	struct vfio_user_stream stream;
	struct vfio_user_session session;
	struct unix_output output;
	bool cut; /* this side has disconnected: the end of the file is expected */
};

static void receive_message(struct vfio_user_stream *stream, struct vfio_user_message *message)
{
	struct connection *connection = container_of(stream, struct connection, stream);

	connection->attr.counters->messages++;
	session_handle(&connection->session, message);
	connection->attr.counters->mappings = connection->session.mappings;
}

/* Copies the descriptors that came with @message to @fds. Returns their number. */
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

/* Read once, without waiting. Returns 1, 0 at the end of the stream, or -errno. */
static int receive(struct connection *connection)
{
	char control[CMSG_SPACE(VFIO_USER_MAX_FDS * sizeof(int))] __attribute__((aligned(8)));
	struct msghdr message = { .msg_control = control, .msg_controllen = sizeof(control) };
	int fds[VFIO_USER_MAX_FDS], count, err;
	struct iovec iov;
	ssize_t len;

	iov.iov_base = stream_space(&connection->stream, &iov.iov_len);
	if (iov.iov_len > READ_MAX)
		iov.iov_len = READ_MAX;
	message.msg_iov = &iov;
	message.msg_iovlen = 1;
	len = recvmsg(connection->attr.fd, &message, MSG_CMSG_CLOEXEC | MSG_DONTWAIT);
	if (len < 0)
		return errno == EINTR || errno == EAGAIN ? 1 : -errno;
	count = take_fds(&message, fds);
	err = stream_feed(&connection->stream, len, fds, count);
	if (err)
		return err;
	if (message.msg_flags & MSG_CTRUNC)
		return -E2BIG;
	return len ? 1 : 0;
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
	say("%s: disconnecting the client, which does not read its replies: %s",
	    fabric_port_name(session->fn->port), strerror(-err));
	cut(connection);
}

static void report_end(struct connection *connection, int error)
{
	if (!error || error == -ECONNRESET || connection->cut)
		return;
	connection->attr.counters->protocol_errors++;
	say("%s: disconnecting the client: %s; is it a vfio-user client of protocol 0.0?",
	    fabric_port_name(connection->attr.fn->port), strerror(-error));
}

static void ready(struct engine_fd *watch, uint32_t events)
{
	struct connection *connection = container_of(watch, struct connection, watch);
	int ret = receive(connection);

	if (ret > 0)
		return;
	report_end(connection, ret);
	connection->attr.ended(connection->attr.context);
}

/* Returns 0 or -errno; then nothing is left to undo. */
static int start(struct connection *connection)
{
	const struct connection_attr *attr = &connection->attr;
	int err;

	err = stream_init(&connection->stream, receive_message);
	if (err)
		return err;
	err = engine_fd_add(&connection->watch, attr->engine, attr->fd, EPOLLIN, ready);
	if (err)
		stream_fini(&connection->stream);
	return err;
}

struct connection *connection_create(const struct connection_attr *attr)
{
	struct connection *connection = calloc(1, sizeof(*connection));
	int err = -ENOMEM;

	if (connection) {
		connection->attr = *attr;
		connection->session = (struct vfio_user_session){ .fn = attr->fn, .reply = reply };
		err = start(connection);
	}
	if (err) {
		close(attr->fd);
		free(connection);
		errno = -err;
		return NULL;
	}
	unix_output_init(&connection->output, attr->engine, attr->fd, OUTPUT_LIMIT);
	return connection;
}

void connection_destroy(struct connection *connection)
{
	if (!connection)
		return;
	cut(connection);
	engine_fd_remove(&connection->watch);
	session_end(&connection->session);
	connection->attr.counters->mappings = 0;
	unix_output_fini(&connection->output);
	stream_fini(&connection->stream);
	close(connection->attr.fd);
	free(connection);
}
