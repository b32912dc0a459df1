// SPDX-License-Identifier: GPL-2.0 OR Linux-OpenIB
/*
 * A client of the vfio-user server that sends anything: bytes in pieces of any size, with file
 * descriptors now and then. Input: for each piece, how many descriptors (1 byte; its top bit makes
 * them eventfds instead of memory), its length (2), and the bytes.
 */
#include <errno.h>
#include <sys/eventfd.h>
#include <sys/mman.h>
#include <unistd.h>

#include "accelerator/accelerator.h"
#include "base/engine.h"
#include "base/registry.h"
#include "fuzz.h"
#include "input.h"
#include "vfio_user/session.h"

#define MEMORY_SIZE (1 << 20)	/* of the guest, as far as descriptors show it */
#define FDS_MAX 20		/* a few more than are allowed */
#define FDS_ARE_EVENTS 0x80

struct client {
	struct vfio_user_stream stream;
	struct vfio_user_session session;
};

static void check_reply(struct vfio_user_session *session, const void *data, size_t len, int fd)
{
	struct vfio_user_header header;

	fuzz_assert(len >= sizeof(header) && len <= VFIO_USER_MAX_SIZE);
	memcpy(&header, data, sizeof(header));
	fuzz_assert(header.size == len);
	fuzz_assert((header.flags & VFIO_USER_TYPE_MASK) == VFIO_USER_REPLY);
	fuzz_assert(!(header.flags & VFIO_USER_ERROR) == !header.error);
	fuzz_assert(!header.error || len == sizeof(header));
}

static void receive(struct vfio_user_stream *stream, struct vfio_user_message *message)
{
	struct client *client = (struct client *)stream;

	session_handle(&client->session, message);
}

/* One piece; false when the server would disconnect now. */
static bool feed(struct client *client, struct input *input, int memory)
{
	unsigned int what = input_number(input, 1);
	unsigned int fd_count = what % FDS_ARE_EVENTS % (FDS_MAX + 1);
	size_t len = input_number(input, 2), room;
	void *space = stream_space(&client->stream, &room);
	int fds[FDS_MAX];
	const uint8_t *bytes;

	fuzz_assert(room);
	bytes = input_bytes(input, len < room ? len : room, &len);
	memcpy(space, bytes, len);
	for (unsigned int i = 0; i < fd_count; i++) {
		fds[i] = what & FDS_ARE_EVENTS ? eventfd(0, 0) : dup(memory);
		fuzz_assert(fds[i] >= 0);
	}
	return !stream_feed(&client->stream, len, fds, fd_count);
}

static void serve(struct engine *engine, struct pci_function *fn, struct input *input)
{
	struct client client = { .session = { .fn = fn, .reply = check_reply } };
	int memory = memfd_create("memory", MFD_CLOEXEC);

	fuzz_assert(memory >= 0 && !ftruncate(memory, MEMORY_SIZE));
	fuzz_assert(!stream_init(&client.stream, receive));
	while (!input_ended(input) && feed(&client, input, memory))
		engine_poll(engine, 0);
	stream_fini(&client.stream);
	session_end(&client.session);
	fuzz_assert(!client.session.mappings);
	close(memory);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct accelerator_attr attr = accelerator_defaults;
	struct registry *registry = registry_create();
	struct fabric *fabric = fabric_create();
	struct engine *engine = engine_create();
	struct input input = { data, size };
	struct accelerator *accelerator;
	int lowest = dup(0);

	close(lowest);
	attr.name = "acc0";
	attr.memory_size = 1 << 16;
	accelerator = accelerator_create(engine, fabric, registry, &attr);
	fuzz_assert(accelerator);
	serve(engine, accelerator_function(accelerator), &input);
	accelerator_destroy(accelerator);
	fabric_destroy(fabric);
	registry_destroy(registry);
	/* No descriptor that came along has been lost. */
	fuzz_assert(dup(0) == lowest);
	close(lowest);
	engine_destroy(engine);
	return 0;
}
