// SPDX-License-Identifier: GPL-2.0 OR Linux-OpenIB
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>
#include <cmocka.h>

#include "fixture.h"
#include "vectors.h"

int set_up(void **state)
{
	struct fixture *fixture = calloc(1, sizeof(*fixture));
	int fd;

	if (!fixture)
		return -1;
	strcpy(fixture->path, "/tmp/test_tlpdump.XXXXXX");
	fd = mkstemp(fixture->path);
	if (fd < 0)
		return -1;
	close(fd);
	*state = fixture;
	return capture_create(fixture->path, 0, &fixture->capture) ||
	       capture_add_link(fixture->capture, "nic0", TLP_FLIT, &fixture->nic) ||
	       capture_add_link(fixture->capture, "acc0", TLP_FLIT, &fixture->accelerator) ||
	       capture_add_link(fixture->capture, "old0", TLP_NONFLIT, &fixture->old);
}

int tear_down(void **state)
{
	struct fixture *fixture = *state;

	capture_close(fixture->capture);
	unlink(fixture->path);
	free(fixture);
	return 0;
}

void add(struct fixture *fixture, uint32_t link, enum capture_direction direction, uint64_t time_ns,
	 const void *bytes, size_t size)
{
	assert_int_equal(capture_packet(fixture->capture, link, direction, time_ns, bytes, size,
					NULL, 0),
			 0);
}

void add_reference(struct fixture *fixture, unsigned int count)
{
	for (unsigned int i = 0; i < count; i++)
		add(fixture, fixture->accelerator, CAPTURE_INBOUND, SECOND, REFERENCE->bytes,
		    vector_size(REFERENCE));
}

int run(struct fixture *fixture, const char *options)
{
	char command[512];
	size_t size;
	FILE *pipe;

	if (fixture->capture)
		assert_int_equal(capture_flush(fixture->capture), 0);
	snprintf(command, sizeof(command), "'%s' 2>&1 %s %s", TLPDUMP, options, fixture->path);
	pipe = popen(command, "r");
	assert_non_null(pipe);
	size = fread(fixture->output, 1, sizeof(fixture->output) - 1, pipe);
	fixture->output[size] = '\0';
	return WEXITSTATUS(pclose(pipe));
}

void assert_run(struct fixture *fixture, const char *options, int code, const char *output)
{
	assert_int_equal(run(fixture, options), code);
	assert_string_equal(fixture->output, output);
}
