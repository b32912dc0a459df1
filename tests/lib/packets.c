// SPDX-License-Identifier: GPL-2.0 OR Linux-OpenIB
#include "packets.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "control.h"
#include "tap.h"

#define CAPTURE		"capture.pcapng"	/* softfabric's, in $LAB_RUN */
#define CAPTURE_BUFFER	(256 * 1024)		/* what one message of the shared directory takes */

static FILE *open_capture(void)
{
	const char *directory = getenv("LAB_RUN");
	char path[256];
	FILE *file;

	snprintf(path, sizeof(path), "%s/" CAPTURE, directory ? directory : ".");
	file = fopen(path, "re");
	if (!file)
		tap_bail_out("%s: %s; this test needs a machine with --capture", path,
			     strerror(errno));
	setvbuf(file, NULL, _IOFBF, CAPTURE_BUFFER);
	return file;
}

void packets_read(int control, void (*take)(void *context, const struct capture_record *record),
		  void *context)
{
	struct capture_reader *reader;
	struct capture_record record;
	enum capture_status status;
	FILE *file = open_capture();

	if (!control_capture(control))
		tap_bail_out("the capture is not whole");
	if (capture_reader_create(file, &reader))
		tap_bail_out("no memory to read the capture");
	while ((status = capture_reader_next(reader, &record)) == CAPTURE_RECORD)
		take(context, &record);
	if (status == CAPTURE_ERROR)
		tap_bail_out("the capture: %s", capture_reader_error(reader));
	capture_reader_close(reader);
	fclose(file);
}
