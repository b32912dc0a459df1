// SPDX-License-Identifier: GPL-2.0 OR Linux-OpenIB
/* The exporting process: its socket, and the program that it runs. */
#include "exporter.h"

#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/signalfd.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <unistd.h>

#include "print.h"
#include "util/macros.h"

/* Clients send one request and leave. A few at a time are enough; others wait in the backlog. */
#define MAX_CLIENTS 8

int exporter_publish(struct exporter *exporter, const struct vfio_tph_tags *tags,
		     struct vfio_tph_reason *reason)
{
	int err = vfio_tph_publish(exporter->device, exporter->fd, tags, reason);

	if (!err)
		exporter->tags = *tags;
	return err;
}

struct json_object *exporter_json(const struct exporter *exporter)
{
	struct json_object *object = json_object_new_object();

	json_add_string(object, "address", exporter->address);
	json_add_int(object, "bar", exporter->bar);
	json_add_int(object, "offset", exporter->offset);
	json_add_int(object, "length", exporter->length);
	tags_to_json(&exporter->tags, object);
	return object;
}

/* Root's sockets are in /run, a user's where the session has its own; nobody else may look in. */
static bool socket_address(const char *name, struct sockaddr_un *address, bool make)
{
	const char *runtime = geteuid() ? getenv("XDG_RUNTIME_DIR") : "/run";
	char directory[sizeof(address->sun_path)];

	*address = (struct sockaddr_un){ .sun_family = AF_UNIX };
	if (!runtime) {
		trouble("no XDG_RUNTIME_DIR, where the sockets of users' exports are; run as root");
		return false;
	}
	snprintf(directory, sizeof(directory), "%s/tphctl", runtime);
	if (make && mkdir(directory, 0700) && errno != EEXIST) {
		trouble("cannot make %s: %s", directory, strerror(errno));
		return false;
	}
	if (snprintf(address->sun_path, sizeof(address->sun_path), "%s/tphctl/%s", runtime, name) <
		    (int)sizeof(address->sun_path) &&
	    name[0] && !strchr(name, '/') && strcmp(name, ".") && strcmp(name, ".."))
		return true;
	trouble("'%s' is no name for an export: it becomes a file in %s", name, directory);
	return false;
}

/* Remove a socket that nobody listens on: it is left over from an export that was killed. */
static bool remove_stale(const struct sockaddr_un *address)
{
	int fd = socket(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0);
	bool stale = connect(fd, (const struct sockaddr *)address, sizeof(*address)) &&
		     errno == ECONNREFUSED;

	close(fd);
	return stale && !unlink(address->sun_path);
}

static int listen_socket(const char *name, struct sockaddr_un *address)
{
	int fd, err;

	if (!socket_address(name, address, true))
		return -1;
	fd = socket(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
	err = bind(fd, (struct sockaddr *)address, sizeof(*address)) ? errno : 0;
	if (err == EADDRINUSE && remove_stale(address))
		err = bind(fd, (struct sockaddr *)address, sizeof(*address)) ? errno : 0;
	if (!err && listen(fd, MAX_CLIENTS))
		err = errno;
	if (!err)
		return fd;
	trouble("cannot listen on %s: %s%s", address->sun_path, strerror(err),
		err == EADDRINUSE ? ". An export of this name is running; --name gives another" :
				    "");
	close(fd);
	return -1;
}

static int answer_request(struct exporter *exporter, struct json_object *request,
			  struct vfio_tph_reason *reason, bool *send_fd)
{
	const char *what = NULL;
	struct json_object *value;
	struct vfio_tph_tags tags;

	if (json_object_is_type(request, json_type_object) &&
	    json_object_object_get_ex(request, "do", &value))
		what = json_object_get_string(value);
	if (what && !strcmp(what, "show"))
		return 0;
	if (what && !strcmp(what, "get")) {
		*send_fd = true;
		return 0;
	}
	if (what && !strcmp(what, "publish") && tags_from_json(&tags, request))
		return exporter_publish(exporter, &tags, reason);
	snprintf(reason->text, sizeof(reason->text), "the request is not one of the protocol's");
	return EPROTO;
}

/* One packet, perhaps with a descriptor; a client that does not take it is not waited for. */
static void send_packet(int client, struct json_object *object, int fd)
{
	const char *text = json_object_to_json_string_ext(object, JSON_C_TO_STRING_PLAIN);
	union {
		struct cmsghdr header;
		char room[CMSG_SPACE(sizeof(int))];
	} control = { .header = {
			      .cmsg_len = CMSG_LEN(sizeof(int)),
			      .cmsg_level = SOL_SOCKET,
			      .cmsg_type = SCM_RIGHTS,
		      } };
	struct iovec vector = { .iov_base = (char *)text, .iov_len = strlen(text) };
	struct msghdr message = { .msg_iov = &vector, .msg_iovlen = 1 };

	if (fd >= 0) {
		memcpy(CMSG_DATA(&control.header), &fd, sizeof(fd));
		message.msg_control = &control;
		message.msg_controllen = sizeof(control.room);
	}
	sendmsg(client, &message, MSG_NOSIGNAL | MSG_DONTWAIT);
}

/* A client's one packet; false when there is none yet. */
static bool serve_client(struct exporter *exporter, int client)
{
	char text[EXPORTER_MESSAGE_SIZE];
	ssize_t length = recv(client, text, sizeof(text) - 1, MSG_DONTWAIT);
	struct vfio_tph_reason reason = { "" };
	struct json_object *request, *answer;
	bool send_fd = false;
	int err;

	if (length < 0 && (errno == EAGAIN || errno == EINTR))
		return false;
	if (length <= 0)
		return true;
	text[length] = '\0';
	request = json_tokener_parse(text);
	err = answer_request(exporter, request, &reason, &send_fd);
	answer = exporter_json(exporter);
	json_add_int(answer, "errno", err);
	if (err)
		json_add_string(answer, "why", reason.text);
	send_packet(client, answer, send_fd ? exporter->fd : -1);
	json_object_put(answer);
	json_object_put(request);
	return true;
}

enum { POLL_SIGNALS, POLL_LISTEN, POLL_CLIENTS };

struct service {
	struct exporter *exporter;
	struct pollfd polled[POLL_CLIENTS + MAX_CLIENTS];
	nfds_t count;
	pid_t child;
	int exit_code;
	bool done;
};

static void accept_client(struct service *service)
{
	int client = accept4(service->polled[POLL_LISTEN].fd, NULL, NULL, SOCK_CLOEXEC);

	if (client >= 0)
		service->polled[service->count++] = (struct pollfd){ .fd = client,
								     .events = POLLIN };
}

static void serve_clients(struct service *service)
{
	for (nfds_t i = POLL_CLIENTS; i < service->count;) {
		struct pollfd *client = &service->polled[i];

		if (!client->revents || !serve_client(service->exporter, client->fd)) {
			i++;
			continue;
		}
		close(client->fd);
		*client = service->polled[--service->count];
	}
}

static void reap_child(struct service *service)
{
	int status;

	if (waitpid(service->child, &status, WNOHANG) != service->child)
		return;
	service->exit_code = WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
	service->done = true;
}

/* Forward the signal to the program and wait for it to end: it may have to clean up. */
static void take_signal(struct service *service)
{
	struct signalfd_siginfo info;

	if (read(service->polled[POLL_SIGNALS].fd, &info, sizeof(info)) != sizeof(info))
		return;
	if (info.ssi_signo == SIGCHLD)
		reap_child(service);
	else if (service->child)
		kill(service->child, SIGTERM);
	else
		service->done = true;
}

static void serve_until_done(struct service *service)
{
	while (!service->done) {
		/* Accept nobody while all places are taken. */
		service->polled[POLL_LISTEN].events = service->count < ARRAY_SIZE(service->polled) ?
							      POLLIN :
							      0;
		if (poll(service->polled, service->count, -1) < 0)
			continue;
		if (service->polled[POLL_SIGNALS].revents)
			take_signal(service);
		serve_clients(service);
		if (service->polled[POLL_LISTEN].revents & POLLIN)
			accept_client(service);
	}
	for (nfds_t i = POLL_CLIENTS; i < service->count; i++)
		close(service->polled[i].fd);
}

static void set_number(const char *name, unsigned long long number)
{
	char text[24];

	snprintf(text, sizeof(text), "%llu", number);
	setenv(name, text, 1);
}

int exporter_exec(char **program, int fd, struct json_object *about)
{
	struct json_object *value;
	int inherited = dup(fd), err; /* dup() clears FD_CLOEXEC, so the program inherits it */
	sigset_t none;

	sigemptyset(&none);
	sigprocmask(SIG_SETMASK, &none, NULL);
	set_number("TPH_DMABUF_FD", inherited);
	if (json_object_object_get_ex(about, "length", &value))
		set_number("TPH_DMABUF_LENGTH", json_object_get_int64(value));
	if (json_object_object_get_ex(about, "address", &value))
		setenv("TPH_DMABUF_DEVICE", json_object_get_string(value), 1);
	execvp(program[0], program);
	err = errno;
	trouble("cannot run %s: %s", program[0], strerror(err));
	return err == ENOENT ? 127 : 126;
}

static bool start_child(struct service *service, char **program)
{
	struct json_object *about;

	service->child = fork();
	if (service->child < 0) {
		trouble("cannot start a process: %s", strerror(errno));
		return false;
	}
	if (service->child)
		return true;
	about = exporter_json(service->exporter);
	_exit(exporter_exec(program, service->exporter->fd, about));
}

static int watch_signals(void)
{
	sigset_t signals;

	sigemptyset(&signals);
	sigaddset(&signals, SIGINT);
	sigaddset(&signals, SIGTERM);
	sigaddset(&signals, SIGCHLD);
	sigprocmask(SIG_BLOCK, &signals, NULL);
	return signalfd(-1, &signals, SFD_CLOEXEC);
}

int exporter_serve(struct exporter *exporter, char **program)
{
	struct service service = { .exporter = exporter, .count = POLL_CLIENTS };
	struct sockaddr_un address;
	int listener, signals;

	listener = listen_socket(exporter->name, &address);
	if (listener < 0)
		return EXIT_TROUBLE;
	signals = watch_signals();
	service.polled[POLL_SIGNALS] = (struct pollfd){ .fd = signals, .events = POLLIN };
	service.polled[POLL_LISTEN] = (struct pollfd){ .fd = listener };
	service.exit_code = EXIT_FINE;
	if (program && !start_child(&service, program))
		service.exit_code = EXIT_TROUBLE;
	else
		serve_until_done(&service);
	unlink(address.sun_path);
	close(listener);
	close(signals);
	return service.exit_code;
}

static int connect_socket(const char *name)
{
	struct sockaddr_un address;
	int fd, err;

	if (!socket_address(name, &address, false))
		return -1;
	fd = socket(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0);
	if (!connect(fd, (struct sockaddr *)&address, sizeof(address)))
		return fd;
	err = errno;
	trouble("cannot reach the export '%s' at %s: %s%s", name, address.sun_path, strerror(err),
		err == ENOENT || err == ECONNREFUSED ?
			". Is its tphctl export running, under this name and user?" :
			"");
	close(fd);
	return -1;
}

static struct json_object *receive_answer(int socket, int *fd)
{
	union {
		struct cmsghdr header;
		char room[CMSG_SPACE(sizeof(int))];
	} control;
	char text[EXPORTER_MESSAGE_SIZE];
	struct iovec vector = { .iov_base = text, .iov_len = sizeof(text) - 1 };
	struct msghdr message = { .msg_iov = &vector,
				  .msg_iovlen = 1,
				  .msg_control = &control,
				  .msg_controllen = sizeof(control) };
	ssize_t length = recvmsg(socket, &message, MSG_CMSG_CLOEXEC);
	struct cmsghdr *header = length > 0 ? CMSG_FIRSTHDR(&message) : NULL;
	int received = -1;

	if (header && header->cmsg_level == SOL_SOCKET && header->cmsg_type == SCM_RIGHTS)
		memcpy(&received, CMSG_DATA(header), sizeof(received));
	if (fd)
		*fd = received;
	else if (received >= 0)
		close(received);
	text[length > 0 ? length : 0] = '\0';
	return json_tokener_parse(text);
}

/* An answer that has no errno is invalid. */
static bool is_success(struct json_object *answer, const char *name)
{
	struct json_object *value;
	int err;

	if (!json_object_is_type(answer, json_type_object) ||
	    !json_object_object_get_ex(answer, "errno", &value)) {
		trouble("the export '%s' gave no answer", name);
		return false;
	}
	err = json_object_get_int(value);
	if (!err)
		return true;
	json_object_object_get_ex(answer, "why", &value);
	trouble("the export '%s': %s", name, value ? json_object_get_string(value) : strerror(err));
	return false;
}

struct json_object *exporter_ask(const char *name, struct json_object *request, int *fd)
{
	struct json_object *answer = NULL;
	int socket = connect_socket(name);

	if (socket >= 0) {
		send_packet(socket, request, -1);
		answer = receive_answer(socket, fd);
		close(socket);
		if (!is_success(answer, name)) {
			json_object_put(answer);
			answer = NULL;
		}
	}
	json_object_put(request);
	return answer;
}
