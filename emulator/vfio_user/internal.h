/* SPDX-License-Identifier: GPL-2.0 OR Linux-OpenIB */
/*
 * What the files of vfio_user/ share: handlers. Each gets a message with checked sizes and returns
 * 0, when it has answered, or the errno to answer with.
 */
#ifndef VFIO_USER_INTERNAL_H
#define VFIO_USER_INTERNAL_H

#include "vfio_user/session.h"

typedef int (*message_handler)(struct vfio_user_session *session,
			       struct vfio_user_message *message);

/** session_reply() - answer with @len bytes of body; nothing when no reply is wanted. */
void session_reply(struct vfio_user_session *session, const struct vfio_user_message *message,
		   const void *body, size_t len, int fd);

/* memory.c */
int handle_dma_map(struct vfio_user_session *session, struct vfio_user_message *message);
int handle_dma_unmap(struct vfio_user_session *session, struct vfio_user_message *message);
/** unmap_range() - remove the mappings in [first, last]. Return: 0 or EINVAL (one is cut). */
int unmap_range(struct vfio_user_session *session, uint64_t first, uint64_t last);

/* device.c */
int handle_get_info(struct vfio_user_session *session, struct vfio_user_message *message);
int handle_region_info(struct vfio_user_session *session, struct vfio_user_message *message);
int handle_irq_info(struct vfio_user_session *session, struct vfio_user_message *message);
int handle_set_irqs(struct vfio_user_session *session, struct vfio_user_message *message);
int handle_reset(struct vfio_user_session *session, struct vfio_user_message *message);

/* access.c */
int handle_region_read(struct vfio_user_session *session, struct vfio_user_message *message);
int handle_region_write(struct vfio_user_session *session, struct vfio_user_message *message);
int handle_write_multi(struct vfio_user_session *session, struct vfio_user_message *message);

#endif
