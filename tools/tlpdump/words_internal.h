/* SPDX-License-Identifier: GPL-2.0 OR Linux-OpenIB */
/* What the words of both encodings have in common. Private to words*.c. */
#ifndef TLPDUMP_WORDS_INTERNAL_H
#define TLPDUMP_WORDS_INTERNAL_H

#include "words.h"

struct words {
	FILE *out;
	const uint8_t *data;
	const struct tlp_view *view;
	uint32_t dws; /* whole ones of the packet that are there */
	bool payload; /* show the payload as well */
};

/* All lines of a packet, or as many as its bytes and its type allow */
void words_print_flit(const struct words *words);
void words_print_nonflit(const struct words *words);

/* The DW at @index as the specification numbers its bits: byte 0 is bits 31:24 */
uint32_t words_dw(const struct words *words, uint32_t index);

/* The bytes of the DW at @index, least significant first */
void words_begin_line(const struct words *words, uint32_t index);

void words_print_id(const struct words *words, const char *name, uint16_t id);

/* The beginning of the first line: "MWr64", or the number of a @type that has no @name */
void words_print_type(const struct words *words, const char *name, unsigned int type);

/* Its end: the number of DWs, for types where it says something */
void words_print_length(const struct words *words, unsigned int length);

/* Of a type that is not decoded, DW @number of the header: where it goes, or that number alone */
void words_print_other(const struct words *words, uint32_t number, uint32_t dw);

/* Of a message, what it is about */
void words_print_message(const struct words *words);

/* Lines of @count DWs of data from @first on, if data is wanted */
void words_print_payload(const struct words *words, uint32_t first, uint32_t count);

static inline char words_sign(uint32_t bit)
{
	return bit ? '+' : '-';
}

#endif
