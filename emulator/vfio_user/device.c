// SPDX-License-Identifier: GPL-2.0 OR Linux-OpenIB
/* What the function has: regions and interrupts. */
#include <errno.h>
#include <fcntl.h>
#include <linux/vfio.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "pci/function.h"
#include "vfio_user/internal.h"

int handle_get_info(struct vfio_user_session *session, struct vfio_user_message *message)
{
	const struct vfio_user_device_info *asked = message_body(message);
	struct vfio_user_device_info info = {
		.argsz = sizeof(info),
		.flags = VFIO_DEVICE_FLAGS_RESET | VFIO_DEVICE_FLAGS_PCI,
		.regions = VFIO_PCI_NUM_REGIONS,
		.irqs = VFIO_PCI_NUM_IRQS,
	};

	if (asked->argsz < sizeof(info))
		return EINVAL;
	session_reply(session, message, &info, sizeof(info), -1);
	return 0;
}

struct region_answer {
	struct vfio_user_region_info info;
	struct vfio_user_sparse sparse;
};

static void describe_region(const struct pci_function *fn, struct region_answer *answer)
{
	struct vfio_user_region_info *info = &answer->info;
	const struct pci_bar *bar;

	if (info->index == VFIO_PCI_CONFIG_REGION_INDEX) {
		info->size = PCI_CONFIG_SIZE;
	} else if (info->index < PCI_BARS) {
		bar = &fn->bars[info->index];
		info->size = bar->size;
		if (bar->memory) {
			info->flags = VFIO_REGION_INFO_FLAG_MMAP | VFIO_REGION_INFO_FLAG_CAPS;
			info->cap_offset = sizeof(*info);
			info->argsz = sizeof(*answer);
			answer->sparse = (struct vfio_user_sparse){
				.id = VFIO_REGION_INFO_CAP_SPARSE_MMAP,
				.version = 1,
				.areas = 1,
				.area = { { .offset = 0, .size = bar->size } },
			};
		}
	}
	if (info->size)
		info->flags |= VFIO_REGION_INFO_FLAG_READ | VFIO_REGION_INFO_FLAG_WRITE;
}

int handle_region_info(struct vfio_user_session *session, struct vfio_user_message *message)
{
	const struct vfio_user_region_info *asked = message_body(message);
	struct region_answer answer = {
		.info = { .argsz = sizeof(answer.info), .index = asked->index },
	};
	bool whole;
	int fd = -1;

	if (asked->argsz < sizeof(answer.info) || asked->index >= VFIO_PCI_NUM_REGIONS)
		return EINVAL;
	describe_region(session->fn, &answer);
	/* A client with too little room learns how much it takes, and asks again. */
	whole = asked->argsz >= answer.info.argsz;
	if (whole && asked->index < PCI_BARS)
		fd = session->fn->bars[asked->index].memfd;
	session_reply(session, message, &answer, whole ? answer.info.argsz : sizeof(answer.info),
		      fd);
	return 0;
}

int handle_irq_info(struct vfio_user_session *session, struct vfio_user_message *message)
{
	const struct vfio_user_irq_info *asked = message_body(message);
	struct vfio_user_irq_info info = { .argsz = sizeof(info), .index = asked->index };

	if (asked->argsz < sizeof(info) || asked->index >= VFIO_PCI_NUM_IRQS)
		return EINVAL;
	/* Without NORESIZE: vectors come one by one, as the guest unmasks them. */
	if (asked->index == VFIO_PCI_MSIX_IRQ_INDEX && session->fn->msix.vectors) {
		info.count = session->fn->msix.vectors;
		info.flags = VFIO_IRQ_INFO_EVENTFD;
	}
	session_reply(session, message, &info, sizeof(info), -1);
	return 0;
}

static void detach_all(struct pci_function *fn)
{
	for (unsigned int i = 0; i < fn->msix.vectors; i++)
		pci_msix_set_eventfd(fn, i, -1);
}

#define EVENTFD_LINK "anon_inode:[eventfd]"

/* Anything else that is written to could block the engine, or end it with SIGPIPE. */
static bool is_eventfd(int fd)
{
	char path[32], target[sizeof(EVENTFD_LINK)];
	ssize_t len;

	snprintf(path, sizeof(path), "/proc/self/fd/%d", fd);
	len = readlink(path, target, sizeof(target));
	return len == strlen(EVENTFD_LINK) && !memcmp(target, EVENTFD_LINK, len);
}

/* A counter that is full blocks its writer, and counters are the client's to fill. */
static bool make_usable(int fd)
{
	int flags = fcntl(fd, F_GETFL);

	return is_eventfd(fd) && flags >= 0 && !fcntl(fd, F_SETFL, flags | O_NONBLOCK);
}

/* As many eventfds as vectors, or none at all to detach them. */
static int attach(struct pci_function *fn, const struct vfio_user_irq_set *set,
		  struct vfio_user_message *message)
{
	if (message->fd_count && message->fd_count != set->count)
		return EINVAL;
	for (uint32_t i = 0; i < message->fd_count; i++)
		if (!make_usable(message->fds[i]))
			return EINVAL;
	for (uint32_t i = 0; i < set->count; i++) {
		int fd = message->fd_count ? message->fds[i] : -1;

		if (message->fd_count)
			message->fds[i] = -1;
		pci_msix_set_eventfd(fn, set->start + i, fd);
	}
	return 0;
}

static int set_msix(struct pci_function *fn, const struct vfio_user_irq_set *set,
		    struct vfio_user_message *message)
{
	switch (set->flags) {
	case VFIO_IRQ_SET_ACTION_TRIGGER | VFIO_IRQ_SET_DATA_EVENTFD:
		return attach(fn, set, message);
	case VFIO_IRQ_SET_ACTION_TRIGGER | VFIO_IRQ_SET_DATA_NONE:
		if (!set->count)
			detach_all(fn);
		for (uint32_t i = 0; i < set->count; i++)
			pci_msix_raise(fn, set->start + i);
		return 0;
	default:
		return EINVAL;
	}
}

int handle_set_irqs(struct vfio_user_session *session, struct vfio_user_message *message)
{
	const struct vfio_user_irq_set *set = message_body(message);
	unsigned int vectors = session->fn->msix.vectors;
	int err;

	if (set->argsz < sizeof(*set) || set->index != VFIO_PCI_MSIX_IRQ_INDEX ||
	    set->start > vectors || set->count > vectors - set->start)
		return EINVAL;
	err = set_msix(session->fn, set, message);
	if (err)
		return err;
	session_reply(session, message, NULL, 0, -1);
	return 0;
}

int handle_reset(struct vfio_user_session *session, struct vfio_user_message *message)
{
	pci_function_reset(session->fn);
	session_reply(session, message, NULL, 0, -1);
	return 0;
}
