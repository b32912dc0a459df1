// SPDX-License-Identifier: GPL-2.0 OR Linux-OpenIB
/*
 * Where to start from: memory of a PCI device becomes a memory region of a NIC, and every request
 * of the NIC to it carries a steering tag that the device understands.
 *
 *	cc -o steer steer.c $(pkg-config --cflags --libs libvfio-tph libmlx5-tph)
 *	./steer mlx5_0 0000:04:00.0 0xf0 2
 *
 * exports the first 64 KiB of BAR 2 of the device at 0000:04:00.0, which has to be bound to
 * vfio-pci, publishes tag 0xf0 with processing hint 2, and registers it with mlx5_0. A real owner
 * and a real user of such memory are two processes: the file descriptor of the dma-buf goes from
 * one to the other through a socket, and all else is as it is here.
 */
#include <errno.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include <infiniband/mlx5dv_tph.h>
#include <infiniband/tph.h>
#include <vfio/tph.h>

#define BAR    2
#define LENGTH 0x10000

static __attribute__((noreturn, format(printf, 1, 2))) void fail(const char *format, ...)
{
	va_list args;

	va_start(args, format);
	fputs("steer: ", stderr);
	vfprintf(stderr, format, args);
	fputc('\n', stderr);
	va_end(args);
	/* The kernel closes the device then, revokes its dma-bufs and destroys memory regions. */
	exit(EXIT_FAILURE);
}

static unsigned long number(const char *text, unsigned long max, const char *what)
{
	char *end;
	unsigned long value;

	errno = 0;
	value = strtoul(text, &end, 0);
	if (errno || end == text || *end || value > max)
		fail("%s is no %s: it is 0 to %#lx", text, what, max);
	return value;
}

static struct ibv_context *open_nic(const char *name)
{
	struct ibv_device **list = ibv_get_device_list(NULL);
	struct ibv_context *context;
	unsigned int i;

	for (i = 0; list && list[i]; i++)
		if (!strcmp(ibv_get_device_name(list[i]), name))
			break;
	if (!list || !list[i])
		fail("there is no RDMA device %s; ibv_devices lists them", name);
	context = ibv_open_device(list[i]);
	if (!context)
		fail("cannot open %s: %s", name, strerror(errno));
	ibv_free_device_list(list);
	return context;
}

/*
 * Which namespace the NIC sends: a tag in the other one would never leave it. Ask before anything
 * is registered, instead of finding out by what fails.
 */
static uint32_t sent_namespace(struct ibv_context *nic, const char *name)
{
	const uint32_t needed = MLX5DV_TPH_DEVICE_IMPORT | MLX5DV_TPH_DEVICE_ENABLED;
	struct mlx5dv_tph_device_info info = { 0 };
	int err = mlx5dv_tph_query_device(nic, &info);

	if (err)
		fail("%s cannot say what it sends: %s; is it an mlx5 device, on a kernel of rdma-tph?",
		     name, strerror(err));
	if ((info.flags & needed) != needed)
		fail("%s sends no tags now; tphctl doctor tells why", name);
	printf("%s: sends %s tags", name,
	       info.tph_namespace == IBV_TPH_NS_ST_EXT ? "16-bit" : "8-bit");
	if (info.flags & MLX5DV_TPH_DEVICE_TABLE)
		printf(", room for %u more", info.st_available);
	printf("\n");
	return info.tph_namespace;
}

/* The owner's part. The tag is published before anybody else has the dma-buf. */
static int export_memory(struct vfio_tph_device *device, const struct vfio_tph_tags *tags)
{
	struct vfio_tph_reason reason;
	int fd;

	if (vfio_tph_export(device, BAR, 0, LENGTH, &fd, &reason) ||
	    vfio_tph_publish(device, fd, tags, &reason))
		fail("%s", reason.text);
	return fd;
}

/* A namespace has its own member, and its own flag. */
static struct vfio_tph_tags parse_tags(uint32_t ns, const char *tag, const char *hint)
{
	struct vfio_tph_tags tags = { .ph = number(hint, 3, "processing hint") };

	if (ns == IBV_TPH_NS_ST_EXT) {
		tags.flags = VFIO_TPH_TAG_ST_EXT;
		tags.st_ext = number(tag, 0xffff, "16-bit steering tag");
	} else {
		tags.flags = VFIO_TPH_TAG_ST;
		tags.st = number(tag, 0xff, "8-bit steering tag");
	}
	return tags;
}

/*
 * The user's part. With IBV_TPH_REQUIRE there is no region without the tag: leave it away where a
 * tag makes things faster, not right.
 */
static struct ibv_mr *register_memory(struct ibv_pd *pd, int fd, uint32_t ns)
{
	const struct ibv_tph_dmabuf_mr_attr attr = {
		.length = LENGTH,
		.fd = fd,
		.access = IBV_ACCESS_LOCAL_WRITE | IBV_ACCESS_REMOTE_WRITE,
		.tph_namespace = ns,
		.tph_flags = IBV_TPH_REQUIRE,
	};
	struct ibv_mr *mr = ibv_tph_reg_dmabuf_mr(pd, &attr);

	if (mr)
		return mr;
	switch (errno) {
	case EOPNOTSUPP:
		fail("no tag can be sent to this memory: %s; tphctl doctor tells why",
		     strerror(errno));
	case ENOSPC:
		fail("the NIC's table has no room for the tag: %s; tphctl st show tells who uses it",
		     strerror(errno));
	default:
		fail("cannot register the memory: %s; tphctl path tells whether the NIC gets there",
		     strerror(errno));
	}
}

/* What is in the requests now, by the NIC's own state; true if that is what was published. */
static bool show_hints(struct ibv_mr *mr, const struct vfio_tph_tags *tags)
{
	const uint16_t tag = tags->flags & VFIO_TPH_TAG_ST_EXT ? tags->st_ext : tags->st;
	struct mlx5dv_tph_mr_info info = { 0 };
	int err = mlx5dv_tph_query_mr(mr, &info);

	if (err)
		fail("cannot ask what the region's requests carry: %s", strerror(err));
	if (info.state != MLX5DV_TPH_STATE_IN_EFFECT) {
		printf("memory region: no tag in effect\n");
		return false;
	}
	printf("memory region: tag %#x, hint %u, entry %u of the table\n", info.steering_tag,
	       info.ph, info.st_index);
	return info.steering_tag == tag && info.ph == tags->ph;
}

int main(int argc, char **argv)
{
	struct vfio_tph_device *device;
	struct vfio_tph_reason reason;
	struct vfio_tph_tags tags;
	struct ibv_context *nic;
	struct ibv_pd *pd;
	struct ibv_mr *mr;
	bool in_effect;
	uint32_t ns;
	int fd;

	if (argc != 5)
		fail("usage: steer RDMA-DEVICE PCI-ADDRESS TAG HINT");
	nic = open_nic(argv[1]);
	ns = sent_namespace(nic, argv[1]);
	tags = parse_tags(ns, argv[3], argv[4]);

	device = vfio_tph_open(argv[2], &reason);
	if (!device)
		fail("%s", reason.text);
	fd = export_memory(device, &tags);

	pd = ibv_alloc_pd(nic);
	if (!pd)
		fail("cannot allocate a protection domain: %s", strerror(errno));
	mr = register_memory(pd, fd, ns);
	in_effect = show_hints(mr, &tags);

	/*
	 * Here mr->rkey goes to peers, which write to offset 0 and on; see ibv_post_send(3). The
	 * device stays open as long as they do: closing it revokes the dma-buf.
	 */

	ibv_dereg_mr(mr);
	ibv_dealloc_pd(pd);
	close(fd);
	vfio_tph_close(device);
	ibv_close_device(nic);
	return in_effect ? EXIT_SUCCESS : EXIT_FAILURE;
}
