// SPDX-License-Identifier: GPL-2.0 OR Linux-OpenIB
/* Accesses of the guest's CPUs to configuration space and BARs. */
#include <errno.h>
#include <linux/vfio.h>
#include <string.h>

#include "pci/function.h"
#include "vfio_user/internal.h"

static int read_region(struct pci_function *fn, uint32_t region, uint64_t offset, void *data,
		       uint32_t len)
{
	if (region == VFIO_PCI_CONFIG_REGION_INDEX)
		return pci_config_read(fn, offset, data, len);
	return pci_bar_read(fn, region, offset, data, len);
}

static int write_region(struct pci_function *fn, uint32_t region, uint64_t offset, const void *data,
			uint32_t len)
{
	if (region == VFIO_PCI_CONFIG_REGION_INDEX)
		return pci_config_write(fn, offset, data, len);
	return pci_bar_write(fn, region, offset, data, len);
}

int handle_region_read(struct vfio_user_session *session, struct vfio_user_message *message)
{
	const struct vfio_user_region_access *access = message_body(message);
	uint8_t answer[VFIO_USER_MAX_BODY] __attribute__((aligned(8)));
	uint8_t *data = answer + sizeof(*access);
	int err;

	err = read_region(session->fn, access->region, access->offset, data, access->count);
	if (err)
		return -err;
	memcpy(answer, access, sizeof(*access));
	session_reply(session, message, answer, sizeof(*access) + access->count, -1);
	return 0;
}

int handle_region_write(struct vfio_user_session *session, struct vfio_user_message *message)
{
	const struct vfio_user_region_access *access = message_body(message);
	int err;

	err = write_region(session->fn, access->region, access->offset, access->data,
			   access->count);
	if (err)
		return -err;
	session_reply(session, message, access, sizeof(*access), -1);
	return 0;
}

int handle_write_multi(struct vfio_user_session *session, struct vfio_user_message *message)
{
	const struct vfio_user_write_multi *multi = message_body(message);
	int err;

	for (uint64_t i = 0; i < multi->count; i++) {
		const struct vfio_user_write *write = &multi->writes[i];

		err = write_region(session->fn, write->region, write->offset, write->data,
				   write->count);
		if (err)
			return -err;
	}
	session_reply(session, message, &multi->count, sizeof(multi->count), -1);
	return 0;
}
