// SPDX-License-Identifier: GPL-2.0 OR Linux-OpenIB
/* Listening where an old socket may lie, and sending more than the other side reads. */
#include <errno.h>
#include <fcntl.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>
#include <cmocka.h>

#include "base/unix_socket.h"

#define RETRY_NS 100000000ULL	/* how long a client waits that could not be accepted */

static char directory[] = "/tmp/unix_socket.XXXXXX";
static char path[64];

static int make_directory(void **state)
{
	if (!mkdtemp(directory))
		return -1;
	snprintf(path, sizeof(path), "%s/sock", directory);
	return 0;
}

static int remove_directory(void **state)
{
	unlink(path);
	return rmdir(directory);
}

static int connect_errno(void)
{
	struct sockaddr_un address = { .sun_family = AF_UNIX };
	int fd = socket(AF_UNIX, SOCK_STREAM, 0), err;

	strcpy(address.sun_path, path);
	err = connect(fd, (struct sockaddr *)&address, sizeof(address)) ? errno : 0;
	close(fd);
	return err;
}

static void replaces_only_what_nobody_serves(void **state)
{
	int fd = unix_listen(path), again;

	assert_return_code(fd, 0);
	assert_int_equal(connect_errno(), 0);
	assert_int_equal(unix_listen(path), -EADDRINUSE);
	close(fd);
	assert_int_equal(connect_errno(), ECONNREFUSED);
	again = unix_listen(path);
	assert_return_code(again, 0);
	assert_int_equal(connect_errno(), 0);
	close(again);
	unlink(path);
}

static void refuses_other_files_and_places(void **state)
{
	char too_long[200];
	int fd = open(path, O_CREAT | O_WRONLY, 0600);

	close(fd);
	assert_int_equal(unix_listen(path), -EADDRINUSE);
	assert_int_equal(unlink(path), 0);
	assert_int_equal(unix_listen("/nonexistent/sock"), -ENOENT);
	memset(too_long, 'a', sizeof(too_long));
	too_long[sizeof(too_long) - 1] = '\0';
	assert_int_equal(unix_listen(too_long), -ENAMETOOLONG);
}

static unsigned int clients;

static void count_client(struct unix_listener *listener, int fd)
{
	(void)listener;
	close(fd);
	clients++;
}

/* A client that has not been accepted; its descriptor. */
static int connect_client(void)
{
	struct sockaddr_un address = { .sun_family = AF_UNIX };
	int fd = socket(AF_UNIX, SOCK_STREAM, 0);

	strcpy(address.sun_path, path);
	assert_return_code(connect(fd, (struct sockaddr *)&address, sizeof(address)), errno);
	return fd;
}

/* As many descriptors as there are now, and not one more. Returns the limit before. */
static struct rlimit forbid_descriptors(void)
{
	struct rlimit before, now;
	int next = dup(0);

	assert_return_code(next, errno);
	close(next);
	assert_return_code(getrlimit(RLIMIT_NOFILE, &before), errno);
	now = before;
	now.rlim_cur = next;
	assert_return_code(setrlimit(RLIMIT_NOFILE, &now), errno);
	return before;
}

static void waits_for_descriptors_in_peace(void **state)
{
	struct engine *engine = engine_create();
	struct unix_listener listener;
	struct rlimit before;
	int client;

	clients = 0;
	assert_int_equal(unix_listener_open(&listener, engine, path, count_client), 0);
	client = connect_client();
	before = forbid_descriptors();
	engine_set_clock(engine, 0);
	/* tried in vain, put off, and then tried again */
	for (unsigned int i = 1; i <= 3; i++) {
		assert_int_equal(engine_poll(engine, 0), 1);
		assert_true(engine_timer_armed(&listener.retry));
		assert_int_equal(listener.watch.events, 0);
		assert_int_equal(engine_poll(engine, UINT64_MAX), 1);
		assert_int_equal(engine_now_ns(engine), i * RETRY_NS);
		assert_false(engine_timer_armed(&listener.retry));
	}
	assert_int_equal(clients, 0);
	assert_return_code(setrlimit(RLIMIT_NOFILE, &before), errno);
	assert_int_equal(engine_poll(engine, 0), 1);
	assert_int_equal(clients, 1);
	assert_false(engine_timer_armed(&listener.retry));
	unix_listener_close(&listener);
	close(client);
	engine_destroy(engine);
}

static void paused_listener_lets_clients_wait(void **state)
{
	struct engine *engine = engine_create();
	struct unix_listener listener;
	int client;

	clients = 0;
	assert_int_equal(unix_listener_open(&listener, engine, path, count_client), 0);
	unix_listener_pause(&listener, true);
	client = connect_client();
	for (unsigned int i = 0; i < 10; i++)
		assert_return_code(engine_poll(engine, 0), 0);
	assert_int_equal(clients, 0);
	unix_listener_pause(&listener, false);
	while (!clients)
		assert_return_code(engine_poll(engine, 0), 0);
	unix_listener_close(&listener);
	assert_int_equal(access(path, F_OK), -1);
	close(client);
	engine_destroy(engine);
}

#define BLOCK 65536
#define BLOCKS 64

/* Reads all there is. Returns the number of bytes, each of which must continue the pattern. */
static size_t read_pattern(int fd, size_t from)
{
	static uint8_t buffer[BLOCK];
	size_t total = 0;
	ssize_t len;

	while ((len = recv(fd, buffer, sizeof(buffer), MSG_DONTWAIT)) > 0) {
		for (ssize_t i = 0; i < len; i++)
			assert_int_equal(buffer[i], (uint8_t)((from + total + i) / 7));
		total += len;
	}
	return total;
}

static void keeps_what_does_not_fit(void **state)
{
	struct engine *engine = engine_create();
	static uint8_t block[BLOCK];
	struct unix_output output;
	size_t sent = 0, received = 0;
	int fds[2], pipe_fd;

	assert_int_equal(socketpair(AF_UNIX, SOCK_STREAM, 0, fds), 0);
	unix_output_init(&output, engine, fds[0], BLOCK * BLOCKS);
	for (int i = 0; i < BLOCKS; i++) {
		for (size_t j = 0; j < BLOCK; j++, sent++)
			block[j] = sent / 7;
		assert_int_equal(unix_output_send(&output, block, BLOCK, -1), 0);
	}
	assert_true(output.used > 0);
	/* A descriptor cannot overtake, nor be kept. */
	pipe_fd = dup(fds[1]);
	assert_int_equal(unix_output_send(&output, block, 1, pipe_fd), -ENOBUFS);
	close(pipe_fd);
	while (received < sent) {
		received += read_pattern(fds[1], received);
		assert_return_code(engine_poll(engine, 0), 0);
	}
	assert_int_equal(output.used, 0);
	assert_false(output.watching);
	unix_output_fini(&output);
	close(fds[0]);
	close(fds[1]);
	engine_destroy(engine);
}

static void has_a_limit(void **state)
{
	struct engine *engine = engine_create();
	static uint8_t block[BLOCK];
	struct unix_output output;
	int fds[2], err = 0, i;

	assert_int_equal(socketpair(AF_UNIX, SOCK_STREAM, 0, fds), 0);
	unix_output_init(&output, engine, fds[0], 2 * BLOCK);
	for (i = 0; i < 1000 && !err; i++)
		err = unix_output_send(&output, block, BLOCK, -1);
	assert_int_equal(err, -ENOBUFS);
	assert_true(output.used <= 2 * BLOCK);
	close(fds[1]);
	unix_output_fini(&output);
	unix_output_init(&output, engine, fds[0], 2 * BLOCK);
	assert_int_equal(unix_output_send(&output, block, BLOCK, -1), -EPIPE);
	unix_output_fini(&output);
	close(fds[0]);
	engine_destroy(engine);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(replaces_only_what_nobody_serves),
		cmocka_unit_test(refuses_other_files_and_places),
		cmocka_unit_test(waits_for_descriptors_in_peace),
		cmocka_unit_test(paused_listener_lets_clients_wait),
		cmocka_unit_test(keeps_what_does_not_fit),
		cmocka_unit_test(has_a_limit),
	};

	return cmocka_run_group_tests_name("unix_socket", tests, make_directory, remove_directory);
}
