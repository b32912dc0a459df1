/* SPDX-License-Identifier: GPL-2.0 OR Linux-OpenIB */
/* What calls of libvfio-tph are to answer. */
#ifndef GUEST_VFIO_EXPECT_H
#define GUEST_VFIO_EXPECT_H

#include <vfio/tph.h>

/* That of the call under test */
extern struct vfio_tph_reason reason;

/*
 * The next test: is @got, an errno or 0, the @expected one? The reason is for people: here it has
 * to name what was wrong, @names.
 */
void expect(int got, int expected, const char *names, const char *what);

#endif
