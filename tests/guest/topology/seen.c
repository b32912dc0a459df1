// SPDX-License-Identifier: GPL-2.0 OR Linux-OpenIB
#include "seen.h"

#include <errno.h>
#include <fcntl.h>
#include <stdbool.h>
#include <string.h>
#include <unistd.h>

#include "packets.h"
#include "tap.h"

#define PAGE 4096

/* Linux, admin-guide/mm/pagemap: 8 bytes for each page, of which bits 54:0 are the frame */
#define PAGEMAP		"/proc/self/pagemap"
#define PAGEMAP_FRAME	((UINT64_C(1) << 55) - 1)

uint64_t seen_page(const void *addr)
{
	int fd = open(PAGEMAP, O_RDONLY | O_CLOEXEC);
	uint64_t entry = 0;

	if (fd < 0 || pread(fd, &entry, sizeof(entry), (uintptr_t)addr / PAGE * sizeof(entry)) !=
			      sizeof(entry))
		tap_bail_out("%s: %s", PAGEMAP, strerror(errno));
	close(fd);
	return (entry & PAGEMAP_FRAME) * PAGE;
}

static bool is_right(const struct seen *page, const struct tlp *tlp)
{
	return tlp->requester == page->requester && tlp->hints.hv == page->due.hv &&
	       tlp->hints.st == page->due.st && tlp->hints.ph == page->due.ph;
}

static void take(struct seen *page, const struct tlp *tlp)
{
	if (tlp->type == TLP_MWR32 || tlp->type == TLP_MWR64)
		page->written += tlp->length * 4;
	else if (tlp->type == TLP_MRD32 || tlp->type == TLP_MRD64)
		page->read += tlp->length * 4;
	else
		return;
	if (is_right(page, tlp))
		return;
	page->wrong++;
	page->last = *tlp;
}

struct pages {
	struct seen *seen;
	unsigned int count;
};

static void take_packet(void *context, const struct capture_record *record)
{
	const struct pages *pages = context;
	struct tlp tlp;

	if (record->direction != CAPTURE_OUTBOUND ||
	    tlp_decode(record->encoding, record->data, record->len, &tlp))
		return;
	for (struct seen *page = pages->seen; page < pages->seen + pages->count; page++)
		if (!strcmp(record->link, page->link) &&
		    tlp.address - tlp.address % PAGE == page->page)
			take(page, &tlp);
}

void seen_read(int control, struct seen *pages, unsigned int count)
{
	packets_read(control, take_packet, &(struct pages){ pages, count });
}
