// SPDX-License-Identifier: GPL-2.0 OR Linux-OpenIB
#include "connectx/memory/sg.h"

#include <string.h>

#include "connectx/command/nic.h"
#include "connectx/memory/memory.h"
#include "connectx/memory/signature.h"

void sg_init(struct sg *sg, struct connectx *nic, const struct mkey_use *use,
	     const struct wqe_data *data, uint8_t num)
{
	*sg = (struct sg){ .nic = nic, .use = *use, .data = data, .num = num };
}

/* The key of an entry, if what goes through it is transformed; else NULL. */
static struct mkey *sg_signature(const struct sg *sg, const struct wqe_data *data)
{
	return data->bytes ? NULL : signature_find(&sg->nic->memory->mkeys, data->lkey);
}

/* To memory behind the key of the entry that is next. */
static struct access sg_access(const struct sg *sg)
{
	return (struct access){
		.nic = sg->nic,
		.use = &sg->use,
		.key = sg->data[sg->index].lkey,
	};
}

static bool sg_check_entry(const struct sg *sg, const struct wqe_data *data)
{
	struct mkey *mkey = sg_signature(sg, data);
	uint64_t address = data->address, len = data->len;

	if (data->bytes)
		return true;
	if (mkey) {
		const struct signature_format *format = &mkey->signature->format;
		uint64_t start = address - mkey->start;

		/* an atomic operation has no blocks */
		if (start > UINT64_MAX / 2 || sg->use.access & MKEY_REMOTE_ATOMIC)
			return false;
		len = signature_memory_len(format, start + len);
		address = mkey->start;
	}
	return mkey_check(&sg->nic->memory->mkeys, data->lkey, &sg->use, address, len, &mkey) ==
	       MKEY_OK;
}

bool sg_check(const struct sg *sg)
{
	for (unsigned int i = 0; i < sg->num; i++)
		if (!sg_check_entry(sg, &sg->data[i]))
			return false;
	return true;
}

void sg_rewind(struct sg *sg)
{
	sg->index = 0;
	sg->offset = 0;
}

static void sg_advance(struct sg *sg, uint32_t len)
{
	sg->offset += len;
	if (sg->offset == sg->data[sg->index].len) {
		sg->index++;
		sg->offset = 0;
	}
}

/* Go on behind what has been written. */
static void sg_written(struct sg *to, uint32_t len)
{
	const struct wqe_data *data = &to->data[to->index];
	struct mkey *mkey = sg_signature(to, data);
	struct access access = sg_access(to);

	if (mkey)
		signature_written(&access, mkey, len, to->offset + len == data->len);
	sg_advance(to, len);
}

void sg_skip(struct sg *sg, uint32_t len)
{
	while (len) {
		uint32_t left = sg->data[sg->index].len - sg->offset;
		uint32_t part = len < left ? len : left;

		sg_advance(sg, part);
		len -= part;
	}
}

static bool sg_map_memory(const struct sg *sg, uint64_t len, bool write, struct access_span *span,
			  struct sg_stop *stop)
{
	const struct wqe_data *data = &sg->data[sg->index];
	struct access access = sg_access(sg);

	if (access_map(&access, data->address + sg->offset, len, write, span, &stop->why))
		return true;
	/* how much the driver may bring in at once */
	if (!stop->why.indirect)
		stop->why.len = data->len - sg->offset;
	return false;
}

bool sg_map(const struct sg *sg, uint64_t len, bool write, struct access_span *span,
	    struct sg_stop *stop)
{
	const struct wqe_data *data = &sg->data[sg->index];
	uint64_t left = data->len - sg->offset;
	struct access access = sg_access(sg);
	struct mkey *mkey = sg_signature(sg, data);

	/* check only what is used: a receive may name more than its memory key has */
	if (len > left)
		len = left;
	stop->end = sg;
	if (mkey)
		return signature_map(&access, mkey, data->address + sg->offset, len, write, span,
				     &stop->why);
	if (!data->bytes)
		return sg_map_memory(sg, len, write, span, stop);
	*span = (struct access_span){ .ram = (void *)(data->bytes + sg->offset), .len = len };
	return true;
}

bool sg_refused(const struct sg *sg, struct sg_stop *stop)
{
	*stop = (struct sg_stop){ .end = sg, .why.status = MKEY_OK };
	return false;
}

bool sg_gather(struct sg *from, void *data, uint32_t len, struct sg_stop *stop)
{
	struct access_span src;

	for (uint32_t done = 0; done < len; done += src.len) {
		if (!sg_map(from, len - done, false, &src, stop))
			return false;
		if (!access_span_read(from->nic, &src, (char *)data + done, src.len))
			return sg_refused(from, stop);
		sg_advance(from, src.len);
	}
	return true;
}

/*
 * Write to a device: in pieces that end where TLPs end, so that the shape of the source does not
 * show on the bus.
 */
static bool sg_push(struct sg *to, const struct access_span *dst, struct sg *from, uint32_t *moved,
		    struct sg_stop *stop)
{
	uint32_t piece = access_span_piece(dst);
	uint8_t bounce[ACCESS_TLP_MAX];
	struct sg walk = *from;
	struct access_span src;

	if (!sg_map(from, piece, false, &src, stop))
		return false;
	if (src.ram && src.len == piece) {
		access_span_moved(from->nic, &src, src.ram, piece, false);
		if (!access_span_write(to->nic, dst, src.ram, piece))
			return sg_refused(to, stop);
		sg_advance(from, piece);
	} else {
		if (!sg_gather(&walk, bounce, piece, stop)) {
			stop->end = from;
			return false;
		}
		if (!access_span_write(to->nic, dst, bounce, piece))
			return sg_refused(to, stop);
		*from = walk;
	}
	sg_written(to, piece);
	*moved += piece;
	return true;
}

static bool sg_pull(struct sg *to, const struct access_span *dst, struct sg *from, uint32_t *moved,
		    struct sg_stop *stop)
{
	struct access_span src;

	if (!sg_map(from, dst->len, false, &src, stop))
		return false;
	if (src.ram) {
		access_span_moved(from->nic, &src, src.ram, src.len, false);
		access_span_write(to->nic, dst, src.ram, src.len); /* memory takes every write */
	} else if (access_span_read(from->nic, &src, dst->ram, src.len)) {
		access_span_moved(to->nic, dst, dst->ram, src.len, true);
	} else {
		return sg_refused(from, stop);
	}
	sg_written(to, src.len);
	sg_advance(from, src.len);
	*moved += src.len;
	return true;
}

bool sg_copy(struct sg *to, struct sg *from, uint32_t len, uint32_t *moved, struct sg_stop *stop)
{
	struct access_span dst;

	*moved = 0;
	while (*moved < len) {
		if (!sg_map(to, len - *moved, true, &dst, stop))
			return false;
		if (dst.ram ? !sg_pull(to, &dst, from, moved, stop) :
			      !sg_push(to, &dst, from, moved, stop))
			return false;
	}
	return true;
}

bool sg_present(const struct sg *sg, uint32_t len, bool write, struct sg_stop *stop)
{
	struct sg walk = *sg;
	struct access_span span;

	for (uint32_t done = 0; done < len; done += span.len) {
		if (!sg_map(&walk, len - done, write, &span, stop)) {
			stop->end = sg;
			return false;
		}
		sg_advance(&walk, span.len);
	}
	return true;
}

bool sg_scatter(struct sg *to, const void *data, uint32_t len, struct sg_stop *stop)
{
	const struct wqe_data bytes = { .bytes = data, .len = len };
	struct sg from;
	uint32_t moved;

	sg_init(&from, to->nic, &to->use, &bytes, 1);
	return sg_copy(to, &from, len, &moved, stop);
}
