/* SPDX-License-Identifier: GPL-2.0 OR Linux-OpenIB */
/*
 * PCI Express transaction layer packets: the structure that emulator and tools share, and its form
 * on the wire.
 *
 * Section numbers are those of the PCI Express Base Specification, revision 6.x. Which layouts
 * could be checked against its wording, and which could not, is said in flit.c and nonflit.c.
 *
 * Nothing here keeps state or allocates; every function may be called from any thread.
 */
#ifndef TLP_TLP_H
#define TLP_TLP_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* How the packets of a link are written: it is in flit mode or it is not (2.2.1). */
enum tlp_encoding {
	TLP_FLIT,
	TLP_NONFLIT,
};

/*
 * The packets that the model speaks, and the others that links carry. The values are Type[7:0] in
 * flit mode (table 2-5).
 */
enum tlp_type {
	TLP_MRD32 = 0x03,
	TLP_CPL = 0x0a,
	TLP_MRD64 = 0x20,
	TLP_MWR32 = 0x40,
	TLP_CPLD = 0x4a,
	TLP_FETCHADD32 = 0x4c,
	TLP_SWAP32 = 0x4d,
	TLP_CAS32 = 0x4e,
	TLP_DMWR32 = 0x5b,
	TLP_MWR64 = 0x60,
	TLP_FETCHADD64 = 0x6c,
	TLP_SWAP64 = 0x6d,
	TLP_CAS64 = 0x6e,
	TLP_DMWR64 = 0x7b,

	/* Seen, but neither encoded nor decoded in full; tlp_type_name() knows more of these. */
	TLP_NOP = 0x00,
	TLP_CFGRD0 = 0x04,
	TLP_CFGRD1 = 0x05,
	TLP_CFGWR0 = 0x44,
	TLP_CFGWR1 = 0x45,
	TLP_MSG = 0x30,  /* and the seven behind it: how it is routed is in Type[2:0] */
	TLP_MSGD = 0x70, /* likewise */
};

#define TLP_MSG_ROUTING		0x7

/* Hints Valid, HV[1:0] in OHC-B (2.2.1.2). Receivers treat the reserved 10b as 00b. */
enum tlp_hv {
	TLP_HV_NONE = 0,     /* neither ST nor PH */
	TLP_HV_ST = 1,       /* PH and ST[7:0] */
	TLP_HV_RESERVED = 2, /* on the wire only */
	TLP_HV_ST_EXT = 3,   /* PH and ST[15:0], "Extended" TPH */
};

/*
 * TLP Processing Hints of one request (6.17). Used by requesters, the fabric and completers alike;
 * the all-zero value is "no hints".
 */
struct tlp_hints {
	uint8_t hv;  /* enum tlp_hv: which part of st counts */
	uint8_t ph;  /* processing hint, 0-3 (table 2-13); 0 when hv is none */
	uint16_t st; /* steering tag; 0 when hv is none, below 256 when hv is 8-bit */
};

/* Completion status (table 2-41); others are reserved. */
enum tlp_status {
	TLP_STATUS_SC = 0,  /* successful */
	TLP_STATUS_UR = 1,  /* unsupported request */
	TLP_STATUS_RRS = 2, /* request retry */
	TLP_STATUS_CA = 4,  /* completer abort */
};

/* Attr[2:0], 2.2.6.3 */
#define TLP_ATTR_NO_SNOOP	0x1
#define TLP_ATTR_RELAXED	0x2
#define TLP_ATTR_ID_ORDER	0x4

#define TLP_MAX_LENGTH_DW	1024	/* Length = 0 on the wire means this */
#define TLP_MAX_PAYLOAD		(TLP_MAX_LENGTH_DW * 4)
#define TLP_MAX_TAG		0x3fff	/* 14 bits */
#define TLP_MAX_TAG_NONFLIT	0x3ff	/* 10 bits, outside of flit mode */
#define TLP_ST_EXT_MAX		0xffff
#define TLP_ST_MAX		0xff
#define TLP_PH_MAX		3
/* 7 DW header base, OHC-A, -B, -C and a four-DW OHC-E: more than any flit mode header has */
#define TLP_MAX_HEADER		(14 * 4)
#define TLP_MAX_TRAILER		(5 * 4)
#define TLP_MAX_SIZE		(TLP_MAX_HEADER + TLP_MAX_PAYLOAD + TLP_MAX_TRAILER)

/* One packet. Fields that a type does not have are ignored by encoders, and 0 after decoding. */
struct tlp {
	enum tlp_type type;
	uint8_t tc;                /* traffic class, 0-7 */
	uint8_t attr;              /* TLP_ATTR_* */
	uint8_t at;                /* address type: 0 untranslated, 1 request, 2 translated */
	bool ep;                   /* poisoned */
	uint16_t requester;        /* bus << 8 | device << 3 | function */
	uint16_t tag;              /* 0 to TLP_MAX_TAG; reserved for posted requests: 0 */
	uint16_t length;           /* DWs of payload, or asked for: 1-1024; Cpl: 0 */
	uint8_t first_be, last_be; /* byte enables, bit n: byte n of the DW; not in atomics */
	uint64_t address;          /* multiple of 4; below 4 GiB exactly for 32-bit types */
	struct tlp_hints hints;    /* requests only */
	bool av;                   /* ama is valid; only when at is translated (2.2.7.1.1) */
	uint8_t ama;               /* ATS memory attributes, AMA[2:0] in OHC-B; 0 unless av */

	/* Cpl and CplD only, where requester and tag are those of the request answered */
	uint16_t completer;
	uint8_t status;        /* enum tlp_status; decoded as is: reserved ones mean UR */
	uint16_t byte_count;   /* bytes left for this request, these included: 1-4096 */
	uint8_t lower_address; /* of the first byte returned, 0-127 */

	/*
	 * length * 4 bytes in address order, for types with data. Encoding reads it, decoding
	 * points it into the buffer that was decoded. NULL for types without data.
	 */
	const void *payload;
};

/* Why a packet cannot be encoded or decoded. */
enum tlp_error {
	TLP_OK,
	TLP_ERR_TYPE,      /* Type is none that is encoded or decoded */
	TLP_ERR_FIELD,     /* encoding: a field is beyond its range */
	TLP_ERR_LENGTH,    /* length impossible for the type (AtomicOps, DMWr, Cpl) */
	TLP_ERR_BE,        /* byte enables against the rules of 2.2.5 */
	TLP_ERR_4K,        /* a memory request crosses a 4 KiB boundary (2.2.7) */
	TLP_ERR_HINTS,     /* encoding: hv reserved, or st beyond what hv covers */
	TLP_ERR_SPACE,     /* encoding: buffer too small */
	TLP_ERR_TRUNCATED, /* decoding: bytes end within header, payload or trailer */
	TLP_ERR_TRAILING,  /* decoding: bytes left over after the packet */
	TLP_ERR_PREFIXES,  /* decoding: too many prefixes, or End-End before local ones */
};

/** tlp_error_string() - Return: a sentence for messages; never NULL, whatever the value. */
const char *tlp_error_string(enum tlp_error error);

/**
 * tlp_type_name() - Return: "MWr64", "CplD", "CfgRd0", ... as analyzers print it; NULL if there is
 * no such packet.
 */
const char *tlp_type_name(enum tlp_type type);

/** tlp_message_name() - Return: "LTR", ... for a Message Code (2.2.8); NULL if it has no name. */
const char *tlp_message_name(unsigned int code);

/** tlp_is_decoded() - Return: whether struct tlp has all that packets of @type say. */
bool tlp_is_decoded(enum tlp_type type);

/** tlp_has_data() and the like - Return: false also for what is no packet. */
bool tlp_has_data(enum tlp_type type);
bool tlp_has_length(enum tlp_type type); /* Length is not reserved: with data, or asking for it */
bool tlp_is_completion(enum tlp_type type);
bool tlp_is_posted(enum tlp_type type);

/** tlp_hints_valid() - Return: whether @hints say something; NULL, none and reserved do not. */
static inline bool tlp_hints_valid(const struct tlp_hints *hints)
{
	return hints && (hints->hv == TLP_HV_ST || hints->hv == TLP_HV_ST_EXT);
}

/**
 * tlp_type_for() - the 32-bit or 64-bit form of a request, whichever @address demands.
 *
 * Below 4 GiB it must be the short one (2.2.4.1). Completions are returned as they are.
 */
enum tlp_type tlp_type_for(enum tlp_type type, uint64_t address);

/**
 * tlp_set_span() - make @tlp a memory request of @len bytes (1 or more) at @address.
 *
 * Sets length, byte enables and address (rounded down to a DW). The caller sees to it that the
 * request stays within 4 KiB.
 */
void tlp_set_span(struct tlp *tlp, uint64_t address, size_t len);

/* What tlp_flit_encode() may be told. */
enum tlp_flit_flags {
	/*
	 * Put ST[7:0] into the Tag of posted requests that carry hints. Tag is reserved there in
	 * flit mode (2.2.6.2), but real requesters have been seen to fill it like this.
	 */
	TLP_FLIT_ECHO_ST = 1 << 0,
};

/**
 * tlp_flit_encode_header() - encode header base and OHC; payload is left to the caller to append.
 * @flags: enum tlp_flit_flags
 * @size: room at @buf in bytes; TLP_MAX_HEADER always suffices
 * @encoded: bytes written, a multiple of 4; untouched on error
 *
 * OHC-A1 is there exactly if the byte enables are not all ones; OHC-B exactly if there are hints or
 * av is set; OHC-A5 exactly if a completion needs it.
 *
 * Return: TLP_OK, TLP_ERR_TYPE, _FIELD, _LENGTH, _BE, _4K, _HINTS or _SPACE.
 */
enum tlp_error tlp_flit_encode_header(const struct tlp *tlp, unsigned int flags, void *buf,
				      size_t size, size_t *encoded);

/**
 * tlp_flit_encode() - the same with the payload behind it.
 *
 * Return: as above; TLP_ERR_FIELD also if there should be a payload and it is NULL.
 */
enum tlp_error tlp_flit_encode(const struct tlp *tlp, unsigned int flags, void *buf, size_t size,
			       size_t *encoded);

/* Where the parts of an encoded packet are, and the fields that struct tlp does not keep. */
struct tlp_flit_layout {
	uint8_t type;    /* Type[7:0], known or not */
	uint8_t ohc;     /* OHC[4:0] */
	uint8_t ts;      /* trailer size code, TS[2:0] */
	uint16_t length; /* DWs, 1-1024, as Length says */
	/* offsets from the start, in DWs; 0: not there */
	uint8_t base_dw; /* size of the header base, never 0 */
	uint8_t ohc_a, ohc_b, ohc_c, ohc_e;
	uint8_t header_dw;   /* header base and OHC together: where the payload starts */
	uint8_t trailer_dw;  /* size of the trailer */
	uint16_t payload_dw; /* size of the payload */
};

/**
 * tlp_flit_layout() - find the parts of the packet in @buf.
 *
 * Only DW0 is judged; bytes may be missing after it.
 *
 * Return: TLP_OK, for every type that has a name; TLP_ERR_TRUNCATED when there are less than 4
 * bytes; TLP_ERR_TYPE, with which type, ohc, ts and length of @layout are valid all the same.
 */
enum tlp_error tlp_flit_layout(const void *buf, size_t size, struct tlp_flit_layout *layout);

/**
 * tlp_flit_decode() - decode the one packet that @buf holds.
 * @size: bytes at @buf, neither more nor less than the packet has
 * @tlp: valid with TLP_OK only; its payload is in @buf
 *
 * Reserved bits are ignored, the reserved HV is TLP_HV_NONE, and OHC-C, OHC-E and a trailer are
 * skipped.
 *
 * Return: TLP_OK, TLP_ERR_TYPE, _TRUNCATED, _TRAILING, _LENGTH, _BE or _4K.
 */
enum tlp_error tlp_flit_decode(const void *buf, size_t size, struct tlp *tlp);

/**
 * tlp_nonflit_encode_header() - encode prefix and header; payload is left to the caller to append.
 * @size: room at @buf in bytes; TLP_MAX_HEADER always suffices
 * @encoded: bytes written, a multiple of 4; untouched on error
 *
 * The TPH prefix is there exactly if ST[15:8] of 16-bit hints is not zero, or av is set: without
 * it, a tag below 256 is the same bits in either namespace; see tlp_nonflit_hints().
 *
 * Return: as tlp_flit_encode_header(). TLP_ERR_FIELD also for a tag beyond TLP_MAX_TAG_NONFLIT
 * (not of posted requests, which have none). TLP_ERR_BE also for hints on a read or DMWr whose
 * byte enables are not all ones: the tag takes their place, and all ones are implied (2.2.5.1).
 */
enum tlp_error tlp_nonflit_encode_header(const struct tlp *tlp, void *buf, size_t size,
					 size_t *encoded);

/** tlp_nonflit_encode() - the same with the payload behind it; compare tlp_flit_encode(). */
enum tlp_error tlp_nonflit_encode(const struct tlp *tlp, void *buf, size_t size, size_t *encoded);

/* Where the parts of an encoded packet are. */
struct tlp_nonflit_layout {
	uint8_t fmt_type;   /* byte 0 of the header: Fmt[2:0] and Type[4:0], known or not */
	enum tlp_type type; /* if known */
	bool th, td;        /* hints are there; a digest is there */
	uint16_t length;    /* DWs, 1-1024, as Length says */
	/* sizes and offsets from the start, in DWs */
	uint16_t header;       /* where the header starts: as many prefixes are in front of it */
	uint16_t tph_prefix;   /* the first TPH prefix, plus one; 0: none */
	uint16_t pasid_prefix; /* likewise */
	uint16_t payload;      /* where the payload starts, or would */
	uint16_t payload_dw;   /* size of the payload */
};

#define TLP_MAX_END_PREFIXES	4	/* End-End prefixes of a packet (2.2.10.4) */
#define TLP_MAX_LOCAL_PREFIXES	4	/* the specification has no limit: ours */

/**
 * tlp_nonflit_layout() - find the parts of the packet in @buf.
 *
 * Only prefixes and the header's first DW are judged; bytes may be missing after it.
 *
 * Return: TLP_OK, for every type that has a name; TLP_ERR_TRUNCATED when the bytes end before that;
 * TLP_ERR_TYPE, with which header, fmt_type, th, td and length of @layout are valid all the same;
 * TLP_ERR_PREFIXES.
 */
enum tlp_error tlp_nonflit_layout(const void *buf, size_t size, struct tlp_nonflit_layout *layout);

/**
 * tlp_nonflit_decode() - decode the one packet that @buf holds.
 * @size: bytes at @buf, neither more nor less than the packet has
 * @tlp: valid with TLP_OK only; its payload is in @buf
 *
 * Reserved bits are ignored; prefixes other than TPH and a digest are skipped. Hints are of the
 * 16-bit namespace if a prefix gives a ST[15:8] that is not zero.
 *
 * Return: TLP_OK, TLP_ERR_TYPE, _TRUNCATED, _TRAILING, _PREFIXES, _LENGTH, _BE or _4K.
 */
enum tlp_error tlp_nonflit_decode(const void *buf, size_t size, struct tlp *tlp);

/** tlp_nonflit_hints() - Return: what is left of @hints behind a link that is not in flit mode. */
struct tlp_hints tlp_nonflit_hints(struct tlp_hints hints);

/** tlp_encode_header() - as @encoding does it; @flags is for flit mode. */
enum tlp_error tlp_encode_header(enum tlp_encoding encoding, const struct tlp *tlp,
				 unsigned int flags, void *buf, size_t size, size_t *encoded);

/**
 * tlp_encode_address() - bring the header of a memory request up to date with its address.
 * @tlp: what the header was encoded of, but for address, which has the same type (tlp_type_for()),
 *	and with which the request stays within 4 KiB
 * @header: prefix and header, as tlp_encode_header() left them
 *
 * For runs of requests that differ in nothing else: nothing is checked again.
 */
void tlp_encode_address(enum tlp_encoding encoding, const struct tlp *tlp, void *header);

/** tlp_decode() - as @encoding does it. */
enum tlp_error tlp_decode(enum tlp_encoding encoding, const void *buf, size_t size,
			  struct tlp *tlp);

/* Parts of a packet */
enum tlp_part {
	TLP_PART_HEADER = 1 << 0, /* with prefixes or OHC */
	TLP_PART_PAYLOAD = 1 << 1,
	TLP_PART_TRAILER = 1 << 2, /* outside of flit mode: the digest */
};

/* What may be told of the bytes that tlp_view() gets. */
enum tlp_view_flags {
	/*
	 * They are a header log, as AER and DPC keep it: of the packet there is its header and
	 * nothing else. Words behind it mean nothing (7.8.4.8: four are logged also of a header
	 * that has three).
	 */
	TLP_VIEW_HEADER_LOG = 1 << 0,
};

/* A packet as far as its bytes are at hand. */
struct tlp_view {
	/*
	 * What of it is valid: @type of the first DW with @has_dw0; tc, attr, length, td; with
	 * @has_ids requester and tag, too; with @has_hints hints; with @decoded all.
	 */
	struct tlp tlp;
	uint8_t type;     /* as in enum tlp_type, if it has a name there; else Type as it is */
	const char *name; /* tlp_type_name(), or NULL */
	bool has_dw0, has_ids, decoded;
	bool has_hints; /* it is known whether there are any; a type that has none is known */
	bool has_tag;   /* a steering tag may be in its place */
	uint16_t tag;   /* as it is, also where it is reserved */

	unsigned int missing; /* enum tlp_part: parts that are not at hand, or not to their end */
	uint16_t payload_len; /* bytes of the payload that are, at tlp.payload */
	uint8_t trailer_len;  /* bytes of the whole trailer or digest, at @trailer if there */
	const uint8_t *trailer;
	size_t spare; /* bytes at the end that are none of the packet */

	bool has_pasid, pmr, er; /* privileged mode, execution requested (6.20) */
	uint32_t pasid;          /* 20 bits */

	bool has_destination; /* configuration requests: the function that they are for, as an ID */
	uint16_t destination;
	bool has_code; /* messages: Message Code, see tlp_message_name() */
	uint8_t code;
};

/**
 * tlp_view() - decode what there is of one packet, which may have been cut, logged without its
 * payload, or stripped of its digest.
 * @size: bytes at @buf
 * @flags: enum tlp_view_flags
 * @view: always filled
 *
 * One word too many behind a header of three, outside of flit mode, is taken for what header logs
 * have there, whether @flags say it or not.
 *
 * Return: TLP_OK, also when parts are missing or the type is not decoded in full; TLP_ERR_TYPE for
 * a type without a name, _PREFIXES; and where fields are known but break the rules
 * TLP_ERR_TRAILING, _LENGTH, _BE or _4K.
 */
enum tlp_error tlp_view(enum tlp_encoding encoding, const void *buf, size_t size,
			unsigned int flags, struct tlp_view *view);

/** tlp_encoding_name() - Return: "flit" or "non-flit", as reports and captures say it. */
const char *tlp_encoding_name(enum tlp_encoding encoding);

#endif
