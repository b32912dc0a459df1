// SPDX-License-Identifier: GPL-2.0 OR Linux-OpenIB
#include "connectx/memory/access.h"

#include <errno.h>
#include <string.h>

#include "connectx/command/nic.h"
#include "connectx/memory/memic.h"
#include "connectx/memory/memory.h"
#include "connectx/memory/tph.h"
#include "fabric/fabric.h"

/*
 * The null key maps so much at a time. What is written there must not be visible to later readers.
 */
static void map_null(struct access_span *span)
{
	static uint8_t null[ACCESS_TLP_MAX];

	if (span->len > sizeof(null))
		span->len = sizeof(null);
	span->ram = memset(null, 0, span->len);
}

bool access_map(const struct access *access, uint64_t va, uint64_t len, bool write,
		struct access_span *span, struct access_stop *stop)
{
	struct mkey_place place;
	enum mkey_status status = mkey_resolve(&access->nic->memory->mkeys, access->key,
					       access->use, va, len, write, &place);

	if (status != MKEY_OK) {
		*stop = (struct access_stop){
			.nic = access->nic,
			.status = status,
			.key = place.key,
			.va = place.va,
			.indirect = place.key != access->key,
		};
		stop->len = stop->indirect ? place.len : len;
		return false;
	}
	*span = (struct access_span){
		.address = place.address,
		.len = place.len,
		.mkey = place.mkey,
	};
	if (!place.mkey)
		map_null(span);
	else if (place.mkey->memic)
		span->ram = memic_ptr(access->nic, span->address);
	else
		span->ram = cx_ram(access->nic, span->address, span->len, write);
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

/* Neither inline data nor the device's own memory is behind the link. */
void access_span_moved(struct connectx *nic, const struct access_span *span, const void *data,
		       size_t len, bool write)
{
	struct tlp_hints hints;

	if (!span->mkey || !span->mkey->tph.enabled || span->mkey->memic)
		return;
	hints = tph_hints(nic, span->mkey);
	fabric_moved(nic->port, span->address, data, len, write, &hints);
}

bool access_span_read(struct connectx *nic, const struct access_span *span, void *data, size_t len)
{
	struct tlp_hints hints;

	if (span->ram) {
		memmove(data, span->ram, len);
		access_span_moved(nic, span, data, len, false);
		return true;
	}
	hints = tph_hints(nic, span->mkey);
	return !fabric_read(nic->port, span->address, data, len, &hints);
}

bool access_span_write(struct connectx *nic, const struct access_span *span, const void *data,
		       size_t len)
{
	struct tlp_hints hints;

	if (span->ram) {
		access_span_moved(nic, span, data, len, true);
		copy_in_order(span->ram, data, len);
		return true;
	}
	hints = tph_hints(nic, span->mkey);
	return fabric_write(nic->port, span->address, data, len, &hints) != -ENXIO;
}

/* To a device, up to where TLPs end: the shape of what is written does not show on the bus. */
uint64_t access_span_piece(const struct access_span *span)
{
	uint64_t room = ACCESS_TLP_MAX - span->address % ACCESS_TLP_MAX;

	return span->ram || span->len < room ? span->len : room;
}

static bool refused(struct access_stop *stop)
{
	*stop = (struct access_stop){ .status = MKEY_OK };
	return false;
}

bool access_read(const struct access *access, uint64_t va, void *data, size_t len,
		 struct access_stop *stop)
{
	struct access_span span;

	for (size_t done = 0; done < len; done += span.len) {
		if (!access_map(access, va + done, len - done, false, &span, stop))
			return false;
		if (!access_span_read(access->nic, &span, (char *)data + done, span.len))
			return refused(stop);
	}
	return true;
}

bool access_write(const struct access *access, uint64_t va, const void *data, size_t len,
		  struct access_stop *stop)
{
	struct access_span span;
	uint64_t piece;

	for (size_t done = 0; done < len; done += piece) {
		if (!access_map(access, va + done, len - done, true, &span, stop))
			return false;
		piece = access_span_piece(&span);
		if (!access_span_write(access->nic, &span, (const char *)data + done, piece))
			return refused(stop);
	}
	return true;
}

/* Whether the requester would learn of it: see access_span_write(). */
static bool bus_takes(const struct access *access, const struct access_span *span, bool write)
{
	return fabric_check(access->nic->port, span->address, span->len, write) != -ENXIO;
}

bool access_present(const struct access *access, uint64_t va, uint64_t len, bool write,
		    struct access_stop *stop)
{
	struct access_span span;

	for (uint64_t done = 0; done < len; done += span.len) {
		if (!access_map(access, va + done, len - done, write, &span, stop))
			return false;
		if (!span.ram && !bus_takes(access, &span, write))
			return refused(stop);
	}
	return true;
}
