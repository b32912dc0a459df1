// SPDX-License-Identifier: GPL-2.0 OR Linux-OpenIB
/* Findings about a path. If memory runs out, the whole path fails, so callers need not check. */
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

#include "internal.h"

static struct vfio_tph_finding *next_finding(struct findings *findings)
{
	size_t room = findings->room ? findings->room * 2 : 16;
	struct vfio_tph_finding *array = findings->array;

	if (findings->count == findings->room) {
		array = realloc(array, room * sizeof(*array));
		if (!array)
			return NULL;
		findings->array = array;
		findings->room = room;
	}
	return &array[findings->count++];
}

static const char *format_text(struct findings *findings, const char *format, va_list args)
{
	char *text;

	if (vasprintf(&text, format, args) >= 0)
		return text;
	findings->no_memory = true;
	return NULL;
}

void findings_add(struct findings *findings, enum vfio_tph_verdict verdict, const char *code,
		  const struct vfio_tph_node *node, const char *format, ...)
{
	struct vfio_tph_finding *finding = next_finding(findings);
	va_list args;

	if (!finding) {
		findings->no_memory = true;
		return;
	}
	va_start(args, format);
	*finding = (struct vfio_tph_finding){
		.verdict = verdict,
		.code = code,
		.address = node ? node->function.address : NULL,
		.text = format_text(findings, format, args),
	};
	va_end(args);
}

void findings_remedy(struct findings *findings, const char *format, ...)
{
	va_list args;

	if (findings->no_memory)
		return;
	va_start(args, format);
	findings->array[findings->count - 1].remedy = format_text(findings, format, args);
	va_end(args);
}

void findings_free(struct findings *findings)
{
	for (size_t i = 0; i < findings->count; i++) {
		free((char *)findings->array[i].text);
		free((char *)findings->array[i].remedy);
	}
	free(findings->array);
}
