// SPDX-License-Identifier: GPL-2.0 OR Linux-OpenIB
/* The server over its socket: a client that talks, one that vanishes, one that misbehaves. */
#include <errno.h>
#include <poll.h>
#include <pthread.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdatomic.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>
#include <linux/pci_regs.h>
#include <linux/vfio.h>
#include <cmocka.h>

#include "base/engine.h"
#include "pci/function.h"
#include "util/macros.h"
#include "vfio_user/protocol.h"
#include "vfio_user/server.h"

#define PAGE 4096

struct fixture {
	struct engine *engine;
	struct fabric *fabric;
	struct pci_function fn, other_fn;
	struct vfio_user_server *server, *other;
	pthread_t thread;
	char path[64], other_path[64];
	int client;
	/* the engine's; read by tests after a reply, which comes later */
	atomic_uint resets, writes;
	uint64_t last_value;
};

static void bar_write(struct pci_function *fn, unsigned int bar, uint64_t offset, const void *data,
		      size_t len)
{
	struct fixture *f = container_of(fn, struct fixture, fn);
	uint64_t value;

	memcpy(&value, data, sizeof(value));
	/* Posted writes come in the order in which they were sent. */
	if (value == f->last_value + 1)
		atomic_fetch_add(&f->writes, 1);
	f->last_value = value;
}

static void reset(struct pci_function *fn)
{
	atomic_fetch_add(&container_of(fn, struct fixture, fn)->resets, 1);
}

static const struct pci_function_ops ops = { .bar_write = bar_write, .reset = reset };
/* For a function that only answers */
static const struct pci_function_ops other_ops;

static void *run_engine(void *engine)
{
	engine_run(engine);
	return NULL;
}

static int connect_client(const char *path)
{
	struct sockaddr_un address = { .sun_family = AF_UNIX };
	int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);

	strcpy(address.sun_path, path);
	assert_int_equal(connect(fd, (struct sockaddr *)&address, sizeof(address)), 0);
	return fd;
}

static struct vfio_user_server *serve(struct fixture *f, struct pci_function *fn,
				      const struct pci_function_ops *fn_ops, const char *name,
				      const char *path)
{
	const struct pci_identity identity = { .vendor = 0x1234 };

	if (pci_function_init(fn, f->fabric, &(struct fabric_port_attr){ .name = name }, &identity,
			      fn_ops) ||
	    pci_add_bar(fn, 0, &(struct pci_bar){ .size = PAGE, .memfd = -1 }))
		return NULL;
	return vfio_user_server_create(f->engine, path, fn);
}

static int make_server(void **state)
{
	struct fixture *f = calloc(1, sizeof(*f));

	snprintf(f->path, sizeof(f->path), "/tmp/vfio_user_server.%d", getpid());
	snprintf(f->other_path, sizeof(f->other_path), "/tmp/vfio_user_other.%d", getpid());
	f->engine = engine_create();
	f->fabric = fabric_create();
	f->server = serve(f, &f->fn, &ops, "dev", f->path);
	f->other = serve(f, &f->other_fn, &other_ops, "other", f->other_path);
	if (!f->server || !f->other || pthread_create(&f->thread, NULL, run_engine, f->engine))
		return -1;
	f->client = connect_client(f->path);
	*state = f;
	return 0;
}

static int free_server(void **state)
{
	struct fixture *f = *state;

	close(f->client);
	engine_stop(f->engine);
	pthread_join(f->thread, NULL);
	vfio_user_server_destroy(f->server);
	vfio_user_server_destroy(f->other);
	assert_int_equal(access(f->path, F_OK), -1);
	pci_function_fini(&f->fn);
	pci_function_fini(&f->other_fn);
	fabric_destroy(f->fabric);
	engine_destroy(f->engine);
	free(f);
	return 0;
}

static void send_message(int fd, uint16_t command, uint32_t flags, const void *body, size_t len,
			 int pass_fd)
{
	struct vfio_user_header header = {
		.id = 7,
		.command = command,
		.size = sizeof(header) + len,
		.flags = flags,
	};
	struct iovec iov[2] = {
		{ .iov_base = &header, .iov_len = sizeof(header) },
		{ .iov_base = (void *)body, .iov_len = len },
	};
	char control[CMSG_SPACE(sizeof(int))] __attribute__((aligned(8))) = { 0 };
	struct msghdr message = { .msg_iov = iov, .msg_iovlen = 2 };

	if (pass_fd >= 0) {
		struct cmsghdr *cmsg = (void *)control;

		message.msg_control = control;
		message.msg_controllen = sizeof(control);
		cmsg->cmsg_level = SOL_SOCKET;
		cmsg->cmsg_type = SCM_RIGHTS;
		cmsg->cmsg_len = CMSG_LEN(sizeof(int));
		memcpy(CMSG_DATA(cmsg), &pass_fd, sizeof(int));
	}
	assert_int_equal(sendmsg(fd, &message, 0), header.size);
}

/* Receive a reply of @len bytes of body. Returns its errno. */
static int receive(int fd, void *body, size_t len)
{
	struct vfio_user_header header;

	assert_int_equal(recv(fd, &header, sizeof(header), MSG_WAITALL), sizeof(header));
	assert_int_equal(header.id, 7);
	if (header.error)
		return header.error;
	assert_int_equal(header.size, sizeof(header) + len);
	if (len)
		assert_int_equal(recv(fd, body, len, MSG_WAITALL), len);
	return 0;
}

static void agree(int fd)
{
	struct vfio_user_version version = { 0 };

	send_message(fd, VFIO_USER_VERSION, 0, &version, sizeof(version), -1);
	assert_int_equal(receive(fd, &version, sizeof(version)), 0);
}

static int reset_device(int fd)
{
	send_message(fd, VFIO_USER_DEVICE_RESET, 0, NULL, 0, -1);
	return receive(fd, NULL, 0);
}

struct write_message {
	struct vfio_user_region_access access;
	uint64_t value;
};

static void posted_writes_arrive_in_order(void **state)
{
	enum { WRITES = 10000 };
	struct fixture *f = *state;
	struct write_message write = { .access = { .offset = 8, .count = 8 } };

	agree(f->client);
	for (write.value = 1; write.value <= WRITES; write.value++)
		send_message(f->client, VFIO_USER_REGION_WRITE, VFIO_USER_NO_REPLY, &write,
			     sizeof(write), -1);
	assert_int_equal(reset_device(f->client), 0);
	assert_int_equal(atomic_load(&f->writes), WRITES);
}

static void map_page(int fd, int ram)
{
	const struct vfio_user_dma_map map = { .argsz = 32, .flags = 3, .size = PAGE };

	send_message(fd, VFIO_USER_DMA_MAP, 0, &map, sizeof(map), ram);
	assert_int_equal(receive(fd, NULL, 0), 0);
}

/* The second client is served only when all traces of the first are gone. */
static void clients_leave_nothing_behind(void **state)
{
	struct fixture *f = *state;
	const struct vfio_user_counters *counters = vfio_user_server_counters(f->server);
	int ram = memfd_create("ram", MFD_CLOEXEC), second;

	assert_int_equal(ftruncate(ram, PAGE), 0);
	agree(f->client);
	map_page(f->client, ram);
	/* Counters are the engine's: only what came before the last request is sure to be seen. */
	assert_int_equal(reset_device(f->client), 0);
	assert_int_equal(counters->mappings, 1);
	assert_int_equal(atomic_load(&f->resets), 1);
	second = connect_client(f->path);
	/* In the middle of a message. */
	assert_int_equal(send(f->client, "abc", 3, 0), 3);
	close(f->client);
	f->client = second;
	agree(f->client);
	assert_int_equal(atomic_load(&f->resets), 2);
	assert_int_equal(counters->mappings, 0);
	assert_int_equal(counters->clients, 2);
	/* The same range is free again. */
	map_page(f->client, ram);
	close(ram);
}

static void bad_clients_are_disconnected(void **state)
{
	struct fixture *f = *state;
	const struct vfio_user_header bad = { .command = 1, .size = 3 };
	char byte;

	agree(f->client);
	assert_int_equal(send(f->client, &bad, sizeof(bad), 0), sizeof(bad));
	assert_int_equal(recv(f->client, &byte, 1, 0), 0);
	close(f->client);
	f->client = connect_client(f->path);
	agree(f->client);
	assert_int_equal(vfio_user_server_counters(f->server)->protocol_errors, 1);
	assert_int_equal(atomic_load(&f->resets), 1);
}

/* It asks and asks, and reads no reply: neither the server nor other work may hang on it. */
static void deaf_clients_are_disconnected(void **state)
{
	struct fixture *f = *state;
	const struct {
		struct vfio_user_header header;
		struct vfio_user_region_access access;
	} read = {
		.header = { .command = VFIO_USER_REGION_READ, .size = sizeof(read) },
		.access = { .region = 7, .count = 4096 },
	};
	struct pollfd poll_client = { .fd = f->client, .events = POLLOUT };
	ssize_t sent;

	agree(f->client);
	do {
		sent = send(f->client, &read, sizeof(read), MSG_NOSIGNAL | MSG_DONTWAIT);
		if (sent < 0 && errno == EAGAIN)
			assert_int_equal(poll(&poll_client, 1, 60000), 1);
	} while (sent > 0 || errno == EAGAIN);
	assert_true(errno == EPIPE || errno == ECONNRESET);
	close(f->client);
	f->client = connect_client(f->path);
	agree(f->client);
}

/* One that stops in the middle of a message is alone with that. */
static void slow_clients_delay_nobody(void **state)
{
	struct fixture *f = *state;
	const struct vfio_user_header half = { .command = VFIO_USER_REGION_WRITE, .size = PAGE };
	int other;

	agree(f->client);
	assert_int_equal(send(f->client, &half, sizeof(half), 0), sizeof(half));
	other = connect_client(f->other_path);
	agree(other);
	assert_int_equal(reset_device(other), 0);
	close(other);
}

/* Nor do those that never pause: in a turn of the engine, so much is done for one of them. */
static void floods_are_handled_piece_by_piece(void **state)
{
	enum { WRITES = 1000, TURN_MAX = 128 };
	static struct {
		struct vfio_user_header header;
		struct write_message write;
	} flood[WRITES];
	const struct vfio_user_version version = { 0 };
	struct fixture f = { .engine = engine_create(), .fabric = fabric_create() };
	const char *path = ((struct fixture *)*state)->other_path;
	char own_path[80];

	_Static_assert(sizeof(flood[0]) == 40, "without gaps");
	snprintf(own_path, sizeof(own_path), "%s.flood", path);
	f.server = serve(&f, &f.fn, &ops, "flooded", own_path);
	assert_non_null(f.server);
	f.client = connect_client(own_path);
	send_message(f.client, VFIO_USER_VERSION, VFIO_USER_NO_REPLY, &version, sizeof(version),
		     -1);
	for (unsigned int i = 0; i < WRITES; i++) {
		flood[i].header = (struct vfio_user_header){
			.command = VFIO_USER_REGION_WRITE,
			.size = sizeof(flood[0]),
			.flags = VFIO_USER_NO_REPLY,
		};
		flood[i].write = (struct write_message){
			.access = { .offset = 8, .count = 8 },
			.value = i + 1,
		};
	}
	assert_int_equal(send(f.client, flood, sizeof(flood), 0), sizeof(flood));
	for (unsigned int before = 0; before < WRITES; before = f.writes) {
		assert_int_equal(engine_poll(f.engine, 0), 1);
		assert_in_range(f.writes - before, 0, TURN_MAX);
	}
	close(f.client);
	vfio_user_server_destroy(f.server);
	pci_function_fini(&f.fn);
	fabric_destroy(f.fabric);
	engine_destroy(f.engine);
}

/* Destroying the server while a client is there, with its engine at rest. */
static void server_is_destroyed_with_a_client(void **state)
{
	struct fixture *f = *state;
	const struct vfio_user_region_access read = { .region = 7, .count = 4 };

	agree(f->client);
	for (int i = 0; i < 1500; i++)
		send_message(f->client, VFIO_USER_REGION_READ, VFIO_USER_NO_REPLY, &read,
			     sizeof(read), -1);
}

static void sockets_are_not_stolen(void **state)
{
	struct fixture *f = *state;

	assert_null(vfio_user_server_create(f->engine, f->path, &f->fn));
	assert_int_equal(errno, EADDRINUSE);
}

#define SERVER_TEST(name) cmocka_unit_test_setup_teardown(name, make_server, free_server)

int main(void)
{
	const struct CMUnitTest tests[] = {
		SERVER_TEST(posted_writes_arrive_in_order),
		SERVER_TEST(clients_leave_nothing_behind),
		SERVER_TEST(bad_clients_are_disconnected),
		SERVER_TEST(deaf_clients_are_disconnected),
		SERVER_TEST(slow_clients_delay_nobody),
		SERVER_TEST(floods_are_handled_piece_by_piece),
		SERVER_TEST(server_is_destroyed_with_a_client),
		SERVER_TEST(sockets_are_not_stolen),
	};

	return cmocka_run_group_tests_name("vfio_user_server", tests, NULL, NULL);
}
