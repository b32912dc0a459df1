/* SPDX-License-Identifier: GPL-2.0 OR Linux-OpenIB */
/*
 * A dma-buf lives as long as somebody has its descriptor, and gives access as long as the device
 * is open that exported it: so an export is a process. It listens on a socket, where others get
 * the descriptor and publish tags.
 *
 * Protocol: SOCK_SEQPACKET, at DIRECTORY/NAME. A request is one packet, a JSON object with "do":
 *	"get"		the answer carries the descriptor (SCM_RIGHTS)
 *	"publish"	what "st" (0-255), "st_ext" (0-65535) and "ph" (0-3) say is published in
 *			place of all before; neither of the first two: nothing is
 * The answer is one packet, a JSON object: "errno", 0 or a number of <errno.h>; "why" with the
 * latter; "address", "bar", "offset", "length" of the dma-buf, and "st", "st_ext", "ph" as they are
 * published then. A third "do", "show", asks for that alone.
 */
#ifndef TPHCTL_EXPORTER_H
#define TPHCTL_EXPORTER_H

#include <json-c/json.h>

#include "tags.h"

#define EXPORTER_MESSAGE_SIZE 2048

/*
 * name:   of its socket, the caller's
 * device: that exports; owned
 * fd:     the dma-buf; owned
 */
struct exporter {
	const char *name;
	char address[VFIO_TPH_ADDRESS_SIZE];
	struct vfio_tph_device *device;
	int fd;
	unsigned int bar;
	uint64_t offset, length;
	struct vfio_tph_tags tags;
};

/* Publishes and remembers; 0 or an errno. */
int exporter_publish(struct exporter *exporter, const struct vfio_tph_tags *tags,
		     struct vfio_tph_reason *reason);

/*
 * Serves its socket; with a @program runs it, with the descriptor, until it ends, else until
 * SIGINT or SIGTERM. Returns the program's exit code (128 + signal) or an exit code of ours.
 */
int exporter_serve(struct exporter *exporter, char **program);

/*
 * Asks the exporter of that name; @request is freed. Returns its answer, which the caller
 * json_object_put()s, and the descriptor if it came and @fd is not NULL; NULL after it has said
 * what is wrong, also when the answer is an errno.
 */
struct json_object *exporter_ask(const char *name, struct json_object *request, int *fd);

/*
 * Replaces this process by @program with the descriptor. Returns only after it has said why not,
 * the exit code that shells have for it: 127 when there is no such program, else 126.
 */
int exporter_exec(char **program, int fd, struct json_object *about);

/* What an answer says of the dma-buf and its tags; the caller json_object_put()s it. */
struct json_object *exporter_json(const struct exporter *exporter);

#endif /* TPHCTL_EXPORTER_H */
