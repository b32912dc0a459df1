// SPDX-License-Identifier: GPL-2.0 OR Linux-OpenIB
#include <ctype.h>
#include <string.h>

#include "hex_line.h"
#include "util/macros.h"

#define WORD_DIGITS 8
/* words of the header in a log outside of flit mode; prefixes follow them */
#define HEADER_WORDS 4
#define SEPARATORS " \t\r,;:{}[]()|"
#define PREFIXES "E-E Prefixes:"
#define FLIT " (Flit)"

/* What is in front of a header log */
static const char *const markers[] = { "TLP Header", "HeaderLog" };

/* A group of digits */
struct group {
	const char *digits;
	size_t len;
	bool marked; /* by 0x */
};

struct scan {
	const char *rest;
	struct hex_line *line;
	struct complaint *why;
	bool words;    /* each group is one word, whatever digits it has */
	size_t digits; /* of each group; 0: not known yet */
};

bool hex_line_empty(const char *text)
{
	text += strspn(text, " \t\r");
	return !*text || *text == '#';
}

static size_t count_digits(const char *text)
{
	size_t len = 0;

	while (isxdigit((unsigned char)text[len]))
		len++;
	return len;
}

/*
 * Returns false at the end of the line, and also when no hex digits follow: then @group is empty.
 */
static bool next_group(const char **rest, struct group *group)
{
	const char *at = *rest + strspn(*rest, SEPARATORS);

	*group = (struct group){ .digits = at };
	if (!*at)
		return false;
	group->marked = at[0] == '0' && (at[1] == 'x' || at[1] == 'X');
	if (group->marked)
		group->digits += 2;
	group->len = count_digits(group->digits);
	*rest = group->digits + group->len;
	/* Whatever follows the digits has to be a separator. */
	if (group->len && !(**rest && !strchr(SEPARATORS, **rest)))
		return true;
	group->digits = at;
	group->len = 0;
	return false;
}

static bool complain_of(struct complaint *why, const char *at)
{
	char shown[24];
	size_t len = strcspn(at, SEPARATORS);

	if (len >= sizeof(shown))
		len = sizeof(shown) - 1;
	for (size_t i = 0; i < len; i++)
		shown[i] = isprint((unsigned char)at[i]) ? at[i] : '?';
	shown[len] = '\0';
	return complain(why,
			"'%s' is not hex; a line is one packet in words or bytes, or has it behind "
			"\"TLP Header:\"",
			shown);
}

static unsigned int digit_value(char digit)
{
	return isdigit((unsigned char)digit) ? digit - '0' : (digit | 0x20) - 'a' + 10;
}

static bool put_byte(struct scan *scan, uint8_t byte)
{
	if (scan->line->len == HEX_LINE_MAX)
		return complain(scan->why, "more than the %u bytes that a packet may have",
				(unsigned int)HEX_LINE_MAX);
	scan->line->bytes[scan->line->len++] = byte;
	return true;
}

/* A number of up to eight digits: leading zeroes may have been left out. */
static bool put_word(struct scan *scan, const struct group *group)
{
	uint32_t word = 0;

	if (group->len > WORD_DIGITS)
		return complain(scan->why, "a word of %zu digits; it has up to %u", group->len,
				WORD_DIGITS);
	for (size_t i = 0; i < group->len; i++)
		word = word << 4 | digit_value(group->digits[i]);
	for (int shift = 24; shift >= 0; shift -= 8)
		if (!put_byte(scan, word >> shift))
			return false;
	return true;
}

static bool put_digits(struct scan *scan, const struct group *group)
{
	if (!scan->digits)
		scan->digits = group->len;
	if (group->len % 2)
		return complain(scan->why, "a group of %zu digits; bytes have two, words eight",
				group->len);
	if (group->len != scan->digits)
		return complain(
			scan->why,
			"a group of %zu digits after one of %zu: give words or bytes, without "
			"offsets and text; text2pcap(1) reads dumps that have them",
			group->len, scan->digits);
	for (size_t i = 0; i < group->len; i += 2)
		if (!put_byte(scan, digit_value(group->digits[i]) << 4 |
					    digit_value(group->digits[i + 1])))
			return false;
	return true;
}

/* Whether groups with 0x are words, and not bytes: no byte has more than two digits. */
static bool groups_are_words(const char *rest)
{
	bool words = false;
	struct group group;

	while (next_group(&rest, &group)) {
		if (!group.marked)
			return false;
		words |= group.len > 2;
	}
	return words;
}

static bool put_groups(struct scan *scan)
{
	struct group group;

	while (next_group(&scan->rest, &group)) {
		bool put;

		if (scan->words)
			put = put_word(scan, &group);
		else if (group.marked && group.len == 1)
			put = put_byte(scan, digit_value(*group.digits));
		else
			put = put_digits(scan, &group);
		if (!put)
			return false;
	}
	if (*group.digits)
		return complain_of(scan->why, group.digits);
	return scan->line->len || complain(scan->why, "no packet on this line");
}

/*
 * Logs have the prefixes behind the four words of the header; on the link they are in front of it.
 */
static void put_prefixes_in_front(struct hex_line *line)
{
	const size_t header = 4 * HEADER_WORDS;
	static const uint8_t none[4];
	uint8_t copy[4 * HEADER_WORDS];
	size_t len = 0;

	if (line->encoding != TLP_NONFLIT || line->len <= header)
		return;
	while (header + len + 4 <= line->len && memcmp(line->bytes + header + len, none, 4))
		len += 4;
	memcpy(copy, line->bytes, header);
	memmove(line->bytes, line->bytes + header, len);
	memcpy(line->bytes + len, copy, header);
	line->len = header + len;
}

static bool put_log(struct scan *scan)
{
	const char *prefixes;

	if (!strncmp(scan->rest, FLIT, strlen(FLIT))) {
		scan->line->encoding = TLP_FLIT;
		scan->rest += strlen(FLIT);
	}
	scan->rest += strspn(scan->rest, " :=");
	if (!strncmp(scan->rest, "Not available", 13))
		return complain(scan->why, "no header was logged");
	scan->line->header_log = true;
	scan->words = true;
	prefixes = strstr(scan->rest, PREFIXES);
	if (prefixes) {
		char header[512];
		size_t len = prefixes - scan->rest;
		struct scan first = *scan;

		if (len >= sizeof(header))
			return complain(scan->why, "too long for a header log");
		memcpy(header, scan->rest, len);
		header[len] = '\0';
		first.rest = header;
		if (!put_groups(&first))
			return false;
		scan->rest = prefixes + strlen(PREFIXES);
	}
	if (!put_groups(scan))
		return false;
	put_prefixes_in_front(scan->line);
	return true;
}

bool hex_line_parse(const char *text, enum tlp_encoding encoding, struct hex_line *line,
		    struct complaint *why)
{
	struct scan scan = { .rest = text, .line = line, .why = why };

	line->encoding = encoding;
	line->header_log = false;
	line->len = 0;
	for (size_t i = 0; i < ARRAY_SIZE(markers); i++) {
		const char *marker = strstr(text, markers[i]);

		if (!marker)
			continue;
		scan.rest = marker + strlen(markers[i]);
		return put_log(&scan);
	}
	scan.words = groups_are_words(text);
	return put_groups(&scan);
}
