// SPDX-License-Identifier: GPL-2.0 OR Linux-OpenIB
/* The socket: lines however they are cut, and clients that do not behave. */
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>
#include <cmocka.h>

#include "base/engine.h"
#include "base/registry.h"
#include "control/control.h"
#include "fabric/fabric.h"

#define REQUEST "{\"execute\":\"objects\"}\n"
#define REPLY "{\"return\":{}}\n"

struct fixture {
	struct engine *engine;
	struct fabric *fabric;
	struct registry *registry;
	struct control *control;
	char path[64];
};

static int make_control(void **state)
{
	struct fixture *f = calloc(1, sizeof(*f));

	snprintf(f->path, sizeof(f->path), "/tmp/control_socket.%d", getpid());
	f->engine = engine_create();
	f->fabric = fabric_create();
	f->registry = registry_create();
	f->control = control_create(f->engine, f->path, f->registry, f->fabric);
	*state = f;
	return !f->control;
}

static int free_control(void **state)
{
	struct fixture *f = *state;

	control_destroy(f->control);
	assert_int_equal(access(f->path, F_OK), -1);
	registry_destroy(f->registry);
	fabric_destroy(f->fabric);
	engine_destroy(f->engine);
	free(f);
	return 0;
}

/* The test is the engine's thread too. */
static void settle(struct fixture *f)
{
	while (engine_poll(f->engine, 0) > 0)
		;
}

static int connect_client(struct fixture *f)
{
	struct sockaddr_un address = { .sun_family = AF_UNIX };
	int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);

	strcpy(address.sun_path, f->path);
	assert_int_equal(connect(fd, (struct sockaddr *)&address, sizeof(address)), 0);
	return fd;
}

static void send_text(struct fixture *f, int fd, const char *text)
{
	assert_int_equal(send(fd, text, strlen(text), MSG_NOSIGNAL), strlen(text));
	settle(f);
}

static void receives(int fd, const char *text)
{
	char got[4096];
	ssize_t len = recv(fd, got, sizeof(got) - 1, MSG_DONTWAIT);

	assert_true(len >= 0);
	got[len] = '\0';
	assert_string_equal(got, text);
}

static bool disconnected(int fd)
{
	char byte;

	return !recv(fd, &byte, 1, MSG_DONTWAIT);
}

static void lines_may_be_cut_anywhere(void **state)
{
	struct fixture *f = *state;
	int fd = connect_client(f);

	for (const char *c = REQUEST; *c; c++)
		send_text(f, fd, (char[]){ *c, '\0' });
	receives(fd, REPLY);
	send_text(f, fd, REQUEST REQUEST "\n\r\n" REQUEST "{\"exe");
	receives(fd, REPLY REPLY REPLY);
	send_text(f, fd, "cute\":\"objects\"}\n");
	receives(fd, REPLY);
	close(fd);
	settle(f);
}

static void too_long_lines_end_the_connection(void **state)
{
	struct fixture *f = *state;
	int fd = connect_client(f);
	char *line = malloc(CONTROL_MAX_LINE + 1);

	memset(line, ' ', CONTROL_MAX_LINE + 1);
	line[CONTROL_MAX_LINE] = '\0';
	send_text(f, fd, line);
	receives(fd, "{\"error\":{\"class\":\"ParseError\",\"desc\":\"the line is too long\"}}\n");
	assert_true(disconnected(fd));
	close(fd);
	/* One that just fits is served. */
	fd = connect_client(f);
	strcpy(line + CONTROL_MAX_LINE - 1 - strlen("{\"execute\":\"objects\"}"), REQUEST);
	send_text(f, fd, line);
	receives(fd, REPLY);
	close(fd);
	free(line);
}

static void clients_are_bounded(void **state)
{
	struct fixture *f = *state;
	int fds[CONTROL_MAX_CLIENTS + 1];

	for (int i = 0; i <= CONTROL_MAX_CLIENTS; i++) {
		fds[i] = connect_client(f);
		send_text(f, fds[i], REQUEST);
		if (i < CONTROL_MAX_CLIENTS)
			receives(fds[i], REPLY);
	}
	/* The last one has to wait until another one leaves. */
	assert_int_equal(recv(fds[CONTROL_MAX_CLIENTS], &(char){ 0 }, 1, MSG_DONTWAIT), -1);
	assert_int_equal(errno, EAGAIN);
	close(fds[0]);
	settle(f);
	receives(fds[CONTROL_MAX_CLIENTS], REPLY);
	for (int i = 1; i <= CONTROL_MAX_CLIENTS; i++)
		close(fds[i]);
	settle(f);
}

static void deaf_clients_are_disconnected(void **state)
{
	struct fixture *f = *state;
	static const char request[] = "{\"execute\":\"commands\"}\n";
	char *requests = malloc(1000 * strlen(request) + 1);
	int fd = connect_client(f);
	ssize_t sent = 1;

	for (int i = 0; i < 1000; i++)
		strcpy(requests + i * strlen(request), request);
	for (int i = 0; i < 1000 && sent > 0; i++) {
		sent = send(fd, requests, strlen(requests), MSG_NOSIGNAL | MSG_DONTWAIT);
		settle(f);
	}
	free(requests);
	assert_int_equal(sent, -1);
	assert_true(errno == EPIPE || errno == ECONNRESET);
	close(fd);
}

#define SOCKET_TEST(name) cmocka_unit_test_setup_teardown(name, make_control, free_control)

int main(void)
{
	const struct CMUnitTest tests[] = {
		SOCKET_TEST(lines_may_be_cut_anywhere),
		SOCKET_TEST(too_long_lines_end_the_connection),
		SOCKET_TEST(clients_are_bounded),
		SOCKET_TEST(deaf_clients_are_disconnected),
	};

	return cmocka_run_group_tests_name("control_socket", tests, NULL, NULL);
}
