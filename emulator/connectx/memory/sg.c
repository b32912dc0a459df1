// SPDX-License-Identifier: GPL-2.0 OR Linux-OpenIB
#include "connectx/memory/sg.h"

#include <errno.h>
#include <string.h>

#include "connectx/command/nic.h"
#include "connectx/memory/memic.h"
#include "connectx/memory/memory.h"
#include "connectx/memory/signature.h"
#include "connectx/memory/tph.h"
#include "fabric/fabric.h"

/* The size of the largest TLP, and a multiple of all smaller sizes. */
#define SG_BOUNCE 4096

void sg_init(struct sg *sg, struct connectx *nic, const struct mkey_use *use,
	     const struct wqe_data *data, uint8_t num)
{
	*sg = (struct sg){ .nic = nic, .use = *use, .data = data, .num = num };
}

/* The key of an entry, if what goes through it is transformed; else NULL. */
static struct mkey *sg_signature(const struct sg *sg, const struct wqe_data *data)
{
	return data->bytes || sg->plain ? NULL :
					  signature_find(&sg->nic->memory->mkeys, data->lkey);
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
	struct mkey *mkey = sg_signature(to, &to->data[to->index]);

	if (mkey)
		signature_written(to, mkey, len);
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

/*
 * The null key maps SG_BOUNCE bytes at a time. What is written there must not be visible to later
 * readers.
 */
static void sg_map_null(struct sg_span *span)
{
	static uint8_t null[SG_BOUNCE];

	if (span->len > sizeof(null))
		span->len = sizeof(null);
	span->ram = memset(null, 0, span->len);
}

static bool sg_map_memory(const struct sg *sg, uint64_t len, bool write, struct sg_span *span,
			  struct sg_stop *stop)
{
	const struct wqe_data *data = &sg->data[sg->index];
	uint64_t left = data->len - sg->offset;
	struct mkey_place place;
	enum mkey_status status;

	/* check only what is used: a receive may name more than its memory key has */
	if (len > left)
		len = left;
	status = mkey_resolve(&sg->nic->memory->mkeys, data->lkey, &sg->use,
			      data->address + sg->offset, len, write, &place);
	if (status != MKEY_OK) {
		*stop = (struct sg_stop){
			.end = sg,
			.nic = sg->nic,
			.status = status,
			.key = place.key,
			.va = place.va,
			.indirect = place.key != data->lkey,
		};
		/* how much the driver may bring in at once */
		stop->len = stop->indirect ? place.len : left;
		return false;
	}
	*span = (struct sg_span){ .address = place.address, .len = place.len, .mkey = place.mkey };
	if (!place.mkey)
		sg_map_null(span);
	else if (place.mkey->memic)
		span->ram = memic_ptr(sg->nic, span->address);
	else
		span->ram = cx_ram(sg->nic, span->address, span->len, write);
	return true;
}

bool sg_map(const struct sg *sg, uint64_t len, bool write, struct sg_span *span,
	    struct sg_stop *stop)
{
	const struct wqe_data *data = &sg->data[sg->index];
	uint64_t left = data->len - sg->offset;
	struct mkey *mkey;

	mkey = sg_signature(sg, data);
	if (mkey)
		return signature_map(sg, mkey, len, write, span, stop);
	if (!data->bytes)
		return sg_map_memory(sg, len, write, span, stop);
	*span = (struct sg_span){
		.ram = (void *)(data->bytes + sg->offset),
		.len = len < left ? len : left,
	};
	return true;
}

/*
 * Programs poll for the last byte of a message, and expect words of 8 bytes to change at once. So
 * the last word is stored last and as a whole. If a guest lets source and target overlap, the old
 * bytes are moved.
 */
static void copy_in_order(void *to, const void *from, size_t len)
{
	size_t tail = ((uintptr_t)to + len - 1) % 8 + 1;
	uint64_t last;

	if (tail > len)
		tail = len;
	memcpy(&last, (const char *)from + len - tail, tail);
	memmove(to, from, len - tail);
	__atomic_thread_fence(__ATOMIC_RELEASE);
	memcpy((char *)to + len - tail, &last, tail);
}

static bool span_read(const struct sg *sg, const struct sg_span *span, void *data, size_t len)
{
	struct tlp_hints hints;

	if (span->ram) {
		memmove(data, span->ram, len);
		return true;
	}
	hints = tph_hints(sg->nic, span->mkey);
	return !fabric_read(sg->nic->port, span->address, data, len, &hints);
}

/*
 * Writes are posted: if one is lost, the operation goes on, as only the fabric knows. It fails only
 * where a real bus would have delivered the write and this one cannot.
 */
static bool span_write(const struct sg *sg, const struct sg_span *span, const void *data,
		       size_t len)
{
	struct tlp_hints hints;

	if (span->ram) {
		copy_in_order(span->ram, data, len);
		return true;
	}
	hints = tph_hints(sg->nic, span->mkey);
	return fabric_write(sg->nic->port, span->address, data, len, &hints) != -ENXIO;
}

/* The bus refused what would have gone through @end. */
static bool bus_refused(const struct sg *end, struct sg_stop *stop)
{
	*stop = (struct sg_stop){ .end = end, .status = MKEY_OK };
	return false;
}

bool sg_gather(struct sg *from, void *data, uint32_t len, struct sg_stop *stop)
{
	struct sg_span src;

	for (uint32_t done = 0; done < len; done += src.len) {
		if (!sg_map(from, len - done, false, &src, stop))
			return false;
		if (!span_read(from, &src, (char *)data + done, src.len))
			return bus_refused(from, stop);
		sg_advance(from, src.len);
	}
	return true;
}

/*
 * Write to a device: in pieces that end where TLPs end, so that the shape of the source does not
 * show on the bus.
 */
static bool sg_push(struct sg *to, const struct sg_span *dst, struct sg *from, uint32_t *moved,
		    struct sg_stop *stop)
{
	uint64_t room = SG_BOUNCE - dst->address % SG_BOUNCE;
	uint32_t piece = dst->len < room ? dst->len : room;
	uint8_t bounce[SG_BOUNCE];
	struct sg walk = *from;
	struct sg_span src;

	if (!sg_map(from, piece, false, &src, stop))
		return false;
	if (src.ram && src.len == piece) {
		if (!span_write(to, dst, src.ram, piece))
			return bus_refused(to, stop);
		sg_advance(from, piece);
	} else {
		if (!sg_gather(&walk, bounce, piece, stop)) {
			stop->end = from;
			return false;
		}
		if (!span_write(to, dst, bounce, piece))
			return bus_refused(to, stop);
		*from = walk;
	}
	sg_written(to, piece);
	*moved += piece;
	return true;
}

static bool sg_pull(struct sg *to, const struct sg_span *dst, struct sg *from, uint32_t *moved,
		    struct sg_stop *stop)
{
	struct sg_span src;

	if (!sg_map(from, dst->len, false, &src, stop))
		return false;
	if (src.ram)
		copy_in_order(dst->ram, src.ram, src.len);
	else if (!span_read(from, &src, dst->ram, src.len))
		return bus_refused(from, stop);
	sg_written(to, src.len);
	sg_advance(from, src.len);
	*moved += src.len;
	return true;
}

bool sg_copy(struct sg *to, struct sg *from, uint32_t len, uint32_t *moved, struct sg_stop *stop)
{
	struct sg_span dst;

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
	struct sg_span span;

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
