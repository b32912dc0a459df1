// SPDX-License-Identifier: GPL-2.0 OR Linux-OpenIB
#include "vfio_user/session.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "pci/function.h"
#include "vfio_user/internal.h"

#define MAJOR 0
#define MINOR 0

void session_reply(struct vfio_user_session *session, const struct vfio_user_message *message,
		   const void *body, size_t len, int fd)
{
	uint8_t reply[VFIO_USER_MAX_SIZE];
	struct vfio_user_header header = {
		.id = message->header.id,
		.command = message->header.command,
		.size = sizeof(header) + len,
		.flags = VFIO_USER_REPLY,
	};

	if (message->header.flags & VFIO_USER_NO_REPLY)
		return;
	memcpy(reply, &header, sizeof(header));
	if (len)
		memcpy(reply + sizeof(header), body, len);
	session->reply(session, reply, sizeof(header) + len, fd);
}

static void reply_error(struct vfio_user_session *session, const struct vfio_user_message *message,
			int error)
{
	struct vfio_user_header header = {
		.id = message->header.id,
		.command = message->header.command,
		.size = sizeof(header),
		.flags = VFIO_USER_REPLY | VFIO_USER_ERROR,
		.error = error,
	};

	session->refused++;
	if (!(message->header.flags & VFIO_USER_NO_REPLY))
		session->reply(session, &header, sizeof(header), -1);
}

static int handle_version(struct vfio_user_session *session, struct vfio_user_message *message)
{
	const struct vfio_user_version *asked = message_body(message);
	union {
		struct vfio_user_version version;
		char bytes[256];
	} answer = { .version = { .major = MAJOR, .minor = MINOR } };
	size_t size = sizeof(answer.version);

	if (asked->major != MAJOR || session->agreed)
		return EINVAL;
	/*
	 * QEMU takes no reply that is longer than its request. What a shorter one leaves out has
	 * defaults that are enough for a client that sends that little.
	 */
	if (message->body_len > size) {
		size += 1 + snprintf(answer.version.capabilities, sizeof(answer) - size,
				     "{\"capabilities\":{\"max_msg_fds\":%d,"
				     "\"max_data_xfer_size\":%d,\"write_multiple\":true}}",
				     VFIO_USER_MAX_FDS, VFIO_USER_MAX_DATA);
		if (size > message->body_len)
			size = sizeof(answer.version);
	}
	session->agreed = true;
	session_reply(session, message, &answer, size, -1);
	return 0;
}

static const message_handler handlers[] = {
	[VFIO_USER_VERSION] = handle_version,
	[VFIO_USER_DMA_MAP] = handle_dma_map,
	[VFIO_USER_DMA_UNMAP] = handle_dma_unmap,
	[VFIO_USER_DEVICE_GET_INFO] = handle_get_info,
	[VFIO_USER_DEVICE_GET_REGION_INFO] = handle_region_info,
	[VFIO_USER_DEVICE_GET_IRQ_INFO] = handle_irq_info,
	[VFIO_USER_DEVICE_SET_IRQS] = handle_set_irqs,
	[VFIO_USER_REGION_READ] = handle_region_read,
	[VFIO_USER_REGION_WRITE] = handle_region_write,
	[VFIO_USER_DEVICE_RESET] = handle_reset,
	[VFIO_USER_REGION_WRITE_MULTI] = handle_write_multi,
};

static int dispatch(struct vfio_user_session *session, struct vfio_user_message *message)
{
	if (message->error)
		return message->error;
	if (!session->agreed && message->header.command != VFIO_USER_VERSION)
		return EINVAL;
	return handlers[message->header.command](session, message);
}

void session_handle(struct vfio_user_session *session, struct vfio_user_message *message)
{
	int error = dispatch(session, message);

	if (error)
		reply_error(session, message, error);
	message_free(message);
}

void session_end(struct vfio_user_session *session)
{
	unmap_range(session, 0, UINT64_MAX);
	for (unsigned int i = 0; i < session->fn->msix.vectors; i++)
		pci_msix_set_eventfd(session->fn, i, -1);
	pci_function_reset(session->fn);
	session->agreed = false;
}
