// SPDX-License-Identifier: GPL-2.0 OR Linux-OpenIB
#include "rdma_mrs.h"

#include <errno.h>
#include <linux/netlink.h>
#include <rdma/rdma_netlink.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#define ANSWER_SIZE (64 << 10)
#define MAX_DEVICES 256
/* A limit beyond any list that is of use. */
#define MAX_MRS (1 << 20)

/* An attribute: its type without flags, and what it holds. */
struct attribute {
	uint16_t type;
	const void *data;
	size_t size;
};

/* The attributes that have not been read yet. */
struct cursor {
	const uint8_t *next;
	size_t left;
};

static struct cursor inside(const struct attribute *attribute)
{
	return (struct cursor){ attribute->data, attribute->size };
}

/* 1 with the next one, 0 at the end, -1 when the length of one is wrong. */
static int next_attribute(struct cursor *cursor, struct attribute *attribute)
{
	struct nlattr header;
	size_t step;

	if (cursor->left < sizeof(header))
		return cursor->left ? -1 : 0;
	memcpy(&header, cursor->next, sizeof(header));
	if (header.nla_len < sizeof(header) || header.nla_len > cursor->left)
		return -1;
	*attribute = (struct attribute){
		.type = header.nla_type & NLA_TYPE_MASK,
		.data = cursor->next + sizeof(header),
		.size = header.nla_len - sizeof(header),
	};
	step = NLA_ALIGN(header.nla_len);
	step = step < cursor->left ? step : cursor->left;
	cursor->next += step;
	cursor->left -= step;
	return 1;
}

/* Copies as many bytes as there are, if the number or string is shorter than expected. */
static void copy_number(const struct attribute *attribute, void *number, size_t size)
{
	memset(number, 0, size);
	memcpy(number, attribute->data, attribute->size < size ? attribute->size : size);
}

static void copy_string(const struct attribute *attribute, char *text, size_t size)
{
	size_t length = strnlen(attribute->data, attribute->size);

	snprintf(text, size, "%.*s", (int)length, (const char *)attribute->data);
}

static void take_number(struct rdma_mr *mr, const char *name, uint32_t number)
{
	if (!strcmp(name, "tph_st_index"))
		mr->st_index = number;
	else if (!strcmp(name, "tph_ph"))
		mr->ph = number;
}

/* Drivers' attributes come in pairs: a string, its name, then its value. */
static int parse_driver(struct rdma_mr *mr, struct cursor cursor)
{
	struct attribute attribute;
	char name[32] = "";
	uint32_t number;
	int more;

	while ((more = next_attribute(&cursor, &attribute)) > 0) {
		switch (attribute.type) {
		case RDMA_NLDEV_ATTR_DRIVER_STRING:
			if (!strcmp(name, "tph")) {
				mr->has_tph = true;
				copy_string(&attribute, mr->source, sizeof(mr->source));
				name[0] = '\0';
			} else {
				copy_string(&attribute, name, sizeof(name));
			}
			break;
		case RDMA_NLDEV_ATTR_DRIVER_U32:
			copy_number(&attribute, &number, sizeof(number));
			take_number(mr, name, number);
			name[0] = '\0';
			break;
		case RDMA_NLDEV_ATTR_DRIVER_PRINT_TYPE:
			break;
		default:
			name[0] = '\0';
		}
	}
	return more;
}

static void name_program(struct rdma_mr *mr)
{
	char path[32];
	FILE *file;

	snprintf(path, sizeof(path), "/proc/%u/comm", mr->pid);
	file = fopen(path, "re");
	if (!file)
		return;
	if (fgets(mr->program, sizeof(mr->program), file))
		mr->program[strcspn(mr->program, "\n")] = '\0';
	fclose(file);
}

static int parse_mr(struct rdma_mr *mr, struct cursor cursor)
{
	struct attribute attribute;
	int more;

	while ((more = next_attribute(&cursor, &attribute)) > 0) {
		switch (attribute.type) {
		case RDMA_NLDEV_ATTR_RES_MRN:
			copy_number(&attribute, &mr->mrn, sizeof(mr->mrn));
			break;
		case RDMA_NLDEV_ATTR_RES_MRLEN:
			copy_number(&attribute, &mr->length, sizeof(mr->length));
			break;
		case RDMA_NLDEV_ATTR_RES_PID:
			copy_number(&attribute, &mr->pid, sizeof(mr->pid));
			break;
		case RDMA_NLDEV_ATTR_RES_KERN_NAME:
			copy_string(&attribute, mr->program, sizeof(mr->program));
			break;
		case RDMA_NLDEV_ATTR_DRIVER:
			if (parse_driver(mr, inside(&attribute)) < 0)
				return -1;
			break;
		}
	}
	if (mr->pid)
		name_program(mr);
	return more;
}

static struct rdma_mr *add_mr(struct rdma_mrs *mrs)
{
	size_t room = mrs->room ? mrs->room * 2 : 32;
	struct rdma_mr *array = mrs->array;

	if (mrs->count == mrs->room) {
		array = mrs->count < MAX_MRS ? realloc(array, room * sizeof(*array)) : NULL;
		if (!array)
			return NULL;
		mrs->array = array;
		mrs->room = room;
	}
	array[mrs->count] = (struct rdma_mr){ 0 };
	return &array[mrs->count++];
}

static int parse_mrs(struct rdma_mrs *mrs, const char *device, struct cursor cursor)
{
	struct attribute attribute;
	struct rdma_mr *mr;
	int more;

	while ((more = next_attribute(&cursor, &attribute)) > 0) {
		if (attribute.type != RDMA_NLDEV_ATTR_RES_MR_ENTRY)
			continue;
		mr = add_mr(mrs);
		if (!mr)
			return ENOMEM;
		snprintf(mr->device, sizeof(mr->device), "%s", device);
		if (parse_mr(mr, inside(&attribute)) < 0)
			return EPROTO;
	}
	return more < 0 ? EPROTO : 0;
}

int rdma_mrs_parse(struct rdma_mrs *mrs, const void *message, size_t size)
{
	struct cursor cursor = { message, size };
	struct attribute attribute;
	char device[64] = "";
	int more, err = 0;

	while (!err && (more = next_attribute(&cursor, &attribute)) > 0) {
		if (attribute.type == RDMA_NLDEV_ATTR_DEV_NAME)
			copy_string(&attribute, device, sizeof(device));
		else if (attribute.type == RDMA_NLDEV_ATTR_RES_MR)
			err = parse_mrs(mrs, device, inside(&attribute));
	}
	if (err)
		return err;
	return more < 0 ? EPROTO : 0;
}

/* Send a request for a list; @device is left out if negative. */
static int send_request(int fd, unsigned int command, int64_t device)
{
	struct {
		struct nlmsghdr header;
		struct nlattr index_header;
		uint32_t index;
	} request = {
		.header = {
			.nlmsg_len = NLMSG_HDRLEN,
			.nlmsg_type = RDMA_NL_GET_TYPE(RDMA_NL_NLDEV, command),
			.nlmsg_flags = NLM_F_REQUEST | NLM_F_ACK | NLM_F_DUMP,
		},
		.index_header = { NLA_HDRLEN + sizeof(uint32_t), RDMA_NLDEV_ATTR_DEV_INDEX },
		.index = device,
	};

	if (device >= 0)
		request.header.nlmsg_len = sizeof(request);
	return send(fd, &request, request.header.nlmsg_len, 0) < 0 ? errno : 0;
}

/* What to do with each message of an answer. */
typedef int (*take_message)(void *data, const void *message, size_t size);

/* The messages of one packet: -1 while there will be more, then 0 or an errno. */
static int take_packet(const uint8_t *packet, size_t size, take_message take, void *data)
{
	struct nlmsghdr header;
	int err;

	while (size >= sizeof(header)) {
		memcpy(&header, packet, sizeof(header));
		if (header.nlmsg_len < sizeof(header) || header.nlmsg_len > size)
			return EPROTO;
		if (header.nlmsg_type == NLMSG_DONE)
			return 0;
		if (header.nlmsg_type == NLMSG_ERROR) {
			memcpy(&err, packet + sizeof(header), sizeof(err));
			return -err;
		}
		err = take(data, packet + sizeof(header), header.nlmsg_len - sizeof(header));
		if (err)
			return err;
		if (NLMSG_ALIGN(header.nlmsg_len) >= size)
			break;
		packet += NLMSG_ALIGN(header.nlmsg_len);
		size -= NLMSG_ALIGN(header.nlmsg_len);
	}
	return -1;
}

static int take_answer(int fd, take_message take, void *data)
{
	uint8_t *packet = malloc(ANSWER_SIZE);
	ssize_t length;
	int err = packet ? -1 : ENOMEM;

	while (err < 0) {
		length = recv(fd, packet, ANSWER_SIZE, 0);
		if (length < 0)
			err = errno == EINTR ? -1 : errno;
		else
			err = take_packet(packet, length, take, data);
	}
	free(packet);
	return err;
}

struct devices {
	uint32_t index[MAX_DEVICES];
	size_t count;
};

static int take_device(void *data, const void *message, size_t size)
{
	struct cursor cursor = { message, size };
	struct devices *devices = data;
	struct attribute attribute;

	while (next_attribute(&cursor, &attribute) > 0)
		if (attribute.type == RDMA_NLDEV_ATTR_DEV_INDEX && devices->count < MAX_DEVICES)
			copy_number(&attribute, &devices->index[devices->count++],
				    sizeof(devices->index[0]));
	return 0;
}

static int take_mrs(void *data, const void *message, size_t size)
{
	return rdma_mrs_parse(data, message, size);
}

int rdma_mrs_list(struct rdma_mrs *mrs)
{
	int fd = socket(AF_NETLINK, SOCK_RAW | SOCK_CLOEXEC, NETLINK_RDMA);
	struct devices devices = { .count = 0 };
	int err;

	*mrs = (struct rdma_mrs){ 0 };
	if (fd < 0)
		return errno;
	err = send_request(fd, RDMA_NLDEV_CMD_GET, -1);
	if (!err)
		err = take_answer(fd, take_device, &devices);
	for (size_t i = 0; !err && i < devices.count; i++) {
		err = send_request(fd, RDMA_NLDEV_CMD_RES_MR_GET, devices.index[i]);
		if (!err)
			err = take_answer(fd, take_mrs, mrs);
	}
	close(fd);
	return err;
}
