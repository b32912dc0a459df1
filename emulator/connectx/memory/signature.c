// SPDX-License-Identifier: GPL-2.0 OR Linux-OpenIB
#include "connectx/memory/signature.h"

#include <string.h>

#include <linux/mlx5/device.h>
#include <linux/mlx5/qp.h>

#include "connectx/memory/access.h"
#include "connectx/memory/memory.h"
#include "connectx/memory/psv.h"
#include "connectx/memory/wqe_data.h"

#define LENGTH_MAX	(1ULL << 31)	/* of a message */
#define APP_ESCAPE	0xffff
#define REF_ESCAPE	0xffffffff

/* A signature; if it is shorter than 64 bits, in the upper bits. */
struct field {
	uint64_t value;
};

/*
 * Lengths.
 */
static uint64_t domain_len(const struct signature_domain *domain, uint64_t data)
{
	return domain->kind ? data + data / domain->block * domain->field : data;
}

/* Bytes of data in the first @len bytes. */
static uint64_t domain_data(const struct signature_domain *domain, uint64_t len)
{
	uint64_t blocks, rest;

	if (!domain->kind)
		return len;
	blocks = len / (domain->block + domain->field);
	rest = len % (domain->block + domain->field);
	return blocks * domain->block + (rest < domain->block ? rest : domain->block);
}

uint64_t signature_wire_len(const struct signature_format *format, uint64_t len)
{
	if (format->wire.kind && format->mem.kind)
		len = domain_data(&format->mem, len);
	return domain_len(&format->wire, len);
}

uint64_t signature_memory_len(const struct signature_format *format, uint64_t wire)
{
	return domain_len(&format->mem, domain_data(&format->wire, wire));
}

/* How much data is transformed at once: a block of the wire, if it has any. */
static uint32_t unit_data(const struct signature_format *format)
{
	return format->wire.kind ? format->wire.block : format->mem.block;
}

static uint32_t unit_wire(const struct signature_format *format)
{
	return unit_data(format) + format->wire.field;
}

void signature_set(struct signature *signature, const struct signature_format *format)
{
	signature->format = *format;
	signature->in_unit = 0;
	signature->in_from = 0;
	signature->in_end = 0;
}

struct mkey *signature_find(const struct mkey_table *table, uint32_t key)
{
	struct mkey *mkey;

	if (!table->signatures)
		return NULL;
	mkey = mkey_find(table, key >> 8);
	if (!mkey || mkey->key != key || !mkey->signature || !mkey->signature->enabled)
		return NULL;
	return mkey->signature->format.mem.kind || mkey->signature->format.wire.kind ? mkey : NULL;
}

bool signature_lengths(const struct connectx *nic, struct wqe_data *data, uint8_t num,
		       uint32_t *total)
{
	uint64_t sum = 0;

	if (!nic->memory->mkeys.signatures)
		return true;
	for (unsigned int i = 0; i < num; i++) {
		struct mkey *mkey = data[i].bytes ?
					    NULL :
					    signature_find(&nic->memory->mkeys, data[i].lkey);
		uint64_t start, end;

		if (mkey) {
			const struct signature_format *format = &mkey->signature->format;

			start = data[i].address - mkey->start;
			if (start > mkey->len || data[i].len > mkey->len - start)
				return false;
			end = signature_wire_len(format, start + data[i].len);
			start = signature_wire_len(format, start);
			if (end - start > LENGTH_MAX)
				return false;
			data[i].address = mkey->start + start;
			data[i].len = end - start;
		}
		sum += data[i].len;
	}
	*total = sum;
	return sum <= LENGTH_MAX;
}

/*
 * Signatures.
 */
static bool domain_seed(const struct connectx *nic, const struct mkey *mkey,
			const struct signature_domain *domain, uint64_t *seed)
{
	const struct psv *psv = domain->kind ? cx_table_get(&nic->memory->psvs, domain->psv) : NULL;

	*seed = psv ? psv->seed : 0;
	return !domain->kind || (psv && psv->pd == mkey->pd);
}

/* @seed: a transient signature; @block: its number, from the start of the key */
static struct field field_make(const struct signature_domain *domain, uint64_t seed, uint64_t block,
			       const void *data)
{
	uint64_t guard;

	switch (domain->kind) {
	case GUARD_T10_CRC:
	case GUARD_T10_CHECKSUM:
		guard = guard_compute(domain->kind, seed >> 48, data, domain->block);
		return (struct field){ guard << 48 | (uint64_t)domain->app << 32 |
				       (uint32_t)(domain->ref + (domain->count ? block : 0)) };
	case GUARD_CRC32:
	case GUARD_CRC32C:
		guard = guard_compute(domain->kind, seed >> 32, data, domain->block);
		return (struct field){ guard << 32 };
	default:
		return (struct field){ guard_compute(domain->kind, seed, data, domain->block) };
	}
}

static struct field field_load(const struct signature_domain *domain, const uint8_t *from)
{
	struct field field = { 0 };

	for (unsigned int i = 0; i < domain->field; i++)
		field.value |= (uint64_t)from[i] << (56 - 8 * i);
	return field;
}

static void field_store(const struct signature_domain *domain, struct field field, uint8_t *to)
{
	for (unsigned int i = 0; i < domain->field; i++)
		to[i] = field.value >> (56 - 8 * i);
}

/* The bits of a signature whose bytes are in @mask. */
static uint64_t field_mask(uint8_t mask)
{
	uint64_t bits = 0;

	for (unsigned int i = 0; i < 8; i++)
		bits |= mask & 1 << i ? 0xffULL << 8 * i : 0;
	return bits;
}

static bool domain_has_tags(const struct signature_domain *domain)
{
	return domain->kind == GUARD_T10_CRC || domain->kind == GUARD_T10_CHECKSUM;
}

static bool field_escapes(const struct signature_domain *domain, struct field actual)
{
	if (!domain_has_tags(domain) || (actual.value >> 32 & 0xffff) != APP_ESCAPE)
		return false;
	return domain->escape & MLX5_BSF_APPTAG_ESCAPE ||
	       (domain->escape & MLX5_BSF_APPREF_ESCAPE && (uint32_t)actual.value == REF_ESCAPE);
}

static uint16_t field_syndrome(const struct signature_domain *domain, uint64_t wrong)
{
	if (!domain_has_tags(domain))
		return wrong ? SIGNATURE_BAD_GUARD : 0;
	wrong &= ~((uint64_t)(uint16_t)~domain->app_mask << 32);
	return (wrong >> 48 ? SIGNATURE_BAD_GUARD : 0) |
	       (wrong >> 32 & 0xffff ? SIGNATURE_BAD_APP : 0) |
	       ((uint32_t)wrong ? SIGNATURE_BAD_REF : 0);
}

static void field_check(struct signature *signature, const struct signature_domain *domain,
			struct field expected, struct field actual, uint64_t block)
{
	uint64_t wrong = (expected.value ^ actual.value) & field_mask(signature->format.check);
	uint16_t syndrome = field_syndrome(domain, wrong);

	if (!syndrome || signature->failed || field_escapes(domain, actual))
		return;
	signature->failed = true;
	signature->untold = true;
	signature->error = (struct signature_error){
		.syndrome = syndrome,
		.memory = domain == &signature->format.mem,
		.expected = expected.value,
		.actual = actual.value,
		.offset = block * (domain->block + domain->field),
	};
}

/*
 * Memory behind the key.
 */
/*
 * It has been looked at before, by access_present(): what cannot be delivered was refused then, and
 * what is lost now is nobody's to know.
 */
static void memory_write(const struct access *access, const struct mkey *mkey, uint64_t offset,
			 const void *from, uint32_t len)
{
	struct access_stop stop;

	access_write(access, mkey->start + offset, from, len, &stop);
}

/* The part of the data [at, end) that is contiguous in memory, and where it is. */
static uint32_t memory_piece(const struct signature_domain *mem, uint64_t at, uint64_t end,
			     uint64_t *offset)
{
	uint64_t limit = end;

	if (mem->kind && limit > (at / mem->block + 1) * mem->block)
		limit = (at / mem->block + 1) * mem->block;
	*offset = domain_len(mem, at);
	return limit - at;
}

/*
 * Out: from memory to the wire.
 */
/* Check those blocks of memory that end in data (@from, @to]; @last: the signature of the last. */
static bool out_check(const struct access *access, struct mkey *mkey, uint64_t from, uint64_t to,
		      uint64_t seed, struct field *last, struct access_stop *stop)
{
	uint8_t block[SIGNATURE_BLOCK_MAX + SIGNATURE_FIELD_MAX];
	struct signature *signature = mkey->signature;
	const struct signature_domain *mem = &signature->format.mem;
	uint32_t stride = mem->block + mem->field;

	if (!mem->kind)
		return true;
	for (uint64_t i = from / mem->block; (i + 1) * mem->block <= to; i++) {
		if (!access_read(access, mkey->start + i * stride, block, stride, stop))
			return false;
		*last = field_load(mem, block + mem->block);
		field_check(signature, mem, field_make(mem, seed, i, block), *last, i);
	}
	return true;
}

static bool out_unit(const struct access *access, struct mkey *mkey, uint64_t unit,
		     struct access_stop *stop)
{
	struct signature *signature = mkey->signature;
	const struct signature_format *format = &signature->format;
	uint64_t from = unit * unit_data(format), to = from + unit_data(format);
	uint64_t all = domain_data(&format->mem, mkey->len), mem_seed, wire_seed, offset;
	struct field field, copied = { 0 };
	uint32_t piece;

	if (!domain_seed(access->nic, mkey, &format->mem, &mem_seed) ||
	    !domain_seed(access->nic, mkey, &format->wire, &wire_seed))
		return false;
	if (to > all)
		to = all;
	for (uint64_t at = from; at < to; at += piece) {
		piece = memory_piece(&format->mem, at, to, &offset);
		if (!access_read(access, mkey->start + offset, signature->out + (at - from), piece,
				 stop))
			return false;
	}
	if (!out_check(access, mkey, from, to, mem_seed, &copied, stop))
		return false;
	if (!format->wire.kind || to - from < format->wire.block)
		return true;
	field = field_make(&format->wire, wire_seed, unit, signature->out);
	field.value ^= (field.value ^ copied.value) & field_mask(format->copy);
	field_store(&format->wire, field, signature->out + format->wire.block);
	return true;
}

/*
 * In: from the wire to memory.
 */
static bool in_present(const struct access *access, const struct mkey *mkey, uint64_t unit,
		       struct access_stop *stop)
{
	const struct signature_format *format = &mkey->signature->format;
	uint64_t from = domain_len(&format->mem, unit * unit_data(format));
	uint64_t to = domain_len(&format->mem, (unit + 1) * unit_data(format));

	if (to > mkey->len)
		to = mkey->len;
	/* read a block of memory again that began in the previous unit */
	if (format->mem.kind)
		from -= from % (format->mem.block + format->mem.field);
	return access_present(access, mkey->start + from, to - from, true, stop) &&
	       (!format->mem.kind ||
		access_present(access, mkey->start + from, to - from, false, stop));
}

static void in_sign(const struct access *access, struct mkey *mkey, uint64_t from, uint64_t to,
		    const struct field *wire)
{
	const struct signature_format *format = &mkey->signature->format;
	const struct signature_domain *mem = &format->mem;
	uint8_t block[SIGNATURE_BLOCK_MAX + SIGNATURE_FIELD_MAX];
	uint32_t stride = mem->block + mem->field;
	struct access_stop stop;
	struct field field;
	uint64_t seed;

	if (!mem->kind || !domain_seed(access->nic, mkey, mem, &seed))
		return;
	for (uint64_t i = from / mem->block; (i + 1) * mem->block <= to; i++) {
		if (!access_read(access, mkey->start + i * stride, block, mem->block, &stop))
			return;
		field = field_make(mem, seed, i, block);
		field.value ^= (field.value ^ wire->value) & field_mask(format->copy);
		field_store(mem, field, block + mem->block);
		memory_write(access, mkey, i * stride + mem->block, block + mem->block, mem->field);
	}
}

static struct field in_check(const struct access *access, struct mkey *mkey)
{
	struct signature *signature = mkey->signature;
	const struct signature_domain *wire = &signature->format.wire;
	struct field actual;
	uint64_t seed;

	if (!wire->kind || signature->in_from || signature->in_end < wire->block + wire->field ||
	    !domain_seed(access->nic, mkey, wire, &seed))
		return (struct field){ 0 };
	actual = field_load(wire, signature->in + wire->block);
	field_check(signature, wire, field_make(wire, seed, signature->in_unit, signature->in),
		    actual, signature->in_unit);
	return actual;
}

static void in_unit(const struct access *access, struct mkey *mkey)
{
	struct signature *signature = mkey->signature;
	const struct signature_format *format = &signature->format;
	uint64_t base = signature->in_unit * unit_data(format), offset;
	uint32_t end = signature->in_end, piece;
	struct field field;

	if (end > unit_data(format))
		end = unit_data(format);
	for (uint64_t at = base + signature->in_from; at < base + end; at += piece) {
		piece = memory_piece(&format->mem, at, base + end, &offset);
		memory_write(access, mkey, offset, signature->in + (at - base), piece);
	}
	field = in_check(access, mkey);
	in_sign(access, mkey, base, base + end, &field);
}

/*
 * The key as the wire sees it.
 */
bool signature_map(const struct access *access, struct mkey *mkey, uint64_t va, uint64_t len,
		   bool write, struct access_span *span, struct access_stop *stop)
{
	struct signature *signature = mkey->signature;
	const struct signature_format *format = &signature->format;
	uint64_t wire = va - mkey->start;
	uint64_t unit = wire / unit_wire(format), room, seed;
	uint32_t in = wire % unit_wire(format);

	*stop = (struct access_stop){
		.nic = access->nic,
		.status = MKEY_BAD_RANGE,
		.key = mkey->key,
		.va = va,
		.len = len,
	};
	room = domain_len(&format->wire, domain_data(&format->mem, mkey->len));
	if (wire >= room || !domain_seed(access->nic, mkey, &format->mem, &seed) ||
	    !domain_seed(access->nic, mkey, &format->wire, &seed))
		return false;
	room = room - wire < unit_wire(format) - in ? room - wire : unit_wire(format) - in;
	*span = (struct access_span){ .len = len < room ? len : room };
	if (!(write ? in_present(access, mkey, unit, stop) : out_unit(access, mkey, unit, stop)))
		return false;
	if (write && (signature->in_unit != unit || signature->in_end != in)) {
		signature->in_unit = unit;
		signature->in_from = in;
		signature->in_end = in;
	}
	span->ram = (write ? signature->in : signature->out) + in;
	return true;
}

void signature_written(const struct access *access, struct mkey *mkey, uint32_t len, bool last)
{
	struct signature *signature = mkey->signature;

	signature->in_end += len;
	if (signature->in_end == unit_wire(&signature->format) || last)
		in_unit(access, mkey);
}
