// SPDX-License-Identifier: GPL-2.0 OR Linux-OpenIB
/* The test importer itself, and an exporter that knows nothing of TLP Processing Hints. */
#include <errno.h>
#include <string.h>
#include <unistd.h>

#include "exporter.h"
#include "importer.h"
#include "tap.h"

static void test_commands(int importer)
{
	tap_errno(importer_command(importer, "query"), ENOTCONN, "query before attach: ENOTCONN");
	tap_errno(importer_command(importer, "detach"), ENOTCONN, "detach before attach: ENOTCONN");
	tap_errno(importer_command(importer, "release"), EAGAIN, "release without hold: EAGAIN");
	tap_errno(importer_command(importer, "nonsense"), EINVAL, "an unknown command: EINVAL");
	tap_errno(importer_command(importer, "attach -1"), EBADF, "attach to no file: EBADF");
	tap_errno(importer_command(importer, "attach 0"), EINVAL,
		  "attach to a file that is no dma-buf: EINVAL");
	tap_errno(importer_command(importer, "a command that is longer than any can be"), E2BIG,
		  "a command beyond the longest: E2BIG");
}

static void test_no_hints(int importer, int dmabuf)
{
	struct importer_state state;

	tap_errno(importer_attach(importer, dmabuf), 0, "attach to a udmabuf");
	tap_errno(importer_attach(importer, dmabuf), EISCONN, "attach twice: EISCONN");
	tap_ok(!importer_read(importer, &state) && !strcmp(state.st, "none"),
	       "nothing is known before a query");
	tap_errno(importer_command(importer, "query"), 0, "query");
	if (importer_read(importer, &state))
		tap_bail_out("cannot read the importer's state");
	/* EOPNOTSUPP */
	tap_ok(!strcmp(state.st, "-95"), "an exporter without the op has no 8-bit tag: %s",
	       state.st);
	tap_ok(!strcmp(state.st_ext, "-95"), "nor a 16-bit one: %s", state.st_ext);
	tap_errno(importer_command(importer, "detach"), 0, "detach");
}

int main(void)
{
	int importer = importer_open();
	int dmabuf;

	if (importer < 0)
		tap_bail_out("the test importer cannot be opened: %s", strerror(errno));

	tap_plan(14);
	test_commands(importer);
	dmabuf = exporter_udmabuf(EXPORTER_LENGTH);
	test_no_hints(importer, dmabuf);
	close(dmabuf);
	close(importer);
	return tap_status();
}
