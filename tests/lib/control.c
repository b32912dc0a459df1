// SPDX-License-Identifier: GPL-2.0 OR Linux-OpenIB
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "control.h"
#include "tap.h"

#define PORT	"/dev/virtio-ports/softfabric.control"

#define HIT_TIMEOUT_S	20

int control_open(void)
{
	int control = open(PORT, O_RDWR | O_CLOEXEC);

	if (control < 0)
		tap_bail_out("%s: %s", PORT, strerror(errno));
	return control;
}

/* One request, one reply: each is a line */
static void execute(int control, const char *request, char *reply, size_t size)
{
	size_t received = 0;
	ssize_t len;

	if (write(control, request, strlen(request)) != (ssize_t)strlen(request))
		tap_bail_out("%s: %s", PORT, strerror(errno));
	do {
		len = read(control, reply + received, size - 1 - received);
		if (len <= 0)
			tap_bail_out("%s: %s", PORT, len ? strerror(errno) : "reply too long");
		received += len;
	} while (reply[received - 1] != '\n');
	reply[received] = '\0';
	if (strstr(reply, "\"error\""))
		tap_bail_out("%s refuses %s: %s", PORT, request, reply);
}

void control_fault(int control, const struct control_fault *fault)
{
	char key[32] = "", request[256], reply[512];

	if (fault->key)
		snprintf(key, sizeof(key), "\"key\":%u,", fault->key);
	snprintf(request, sizeof(request),
		 "{\"execute\":\"fault\",\"arguments\":{\"device\":\"%s\",\"point\":\"%s\","
		 "\"action\":\"%s\",%s\"value\":%u,\"skip\":%u}}\n",
		 fault->device ? fault->device : "nic0", fault->point, fault->action, key,
		 fault->value, fault->skip);
	execute(control, request, reply, sizeof(reply));
}

/* The number behind @name, a member of the object that is the member @point */
static long member(const char *reply, const char *point, const char *name)
{
	const char *at = strstr(reply, point);

	at = at ? strstr(at, name) : NULL;
	at = at ? strchr(at, ':') : NULL;
	if (!at)
		tap_bail_out("%s: no \"%s\" of \"%s\" in %s", PORT, name, point, reply);
	return strtol(at + 1, NULL, 10);
}

void control_wait_hit(int control, const char *point)
{
	time_t deadline = time(NULL) + HIT_TIMEOUT_S;
	char reply[4096];

	do {
		execute(control, "{\"execute\":\"faults\",\"arguments\":{\"device\":\"nic0\"}}\n",
			reply, sizeof(reply));
		if (time(NULL) > deadline) {
			control_release(control, point);
			tap_bail_out("nic0 met no %s to stall in %d s", point, HIT_TIMEOUT_S);
		}
	} while (member(reply, point, "\"remaining\""));
}

void control_release_of(int control, const char *device, const char *point)
{
	char request[256], reply[512];

	snprintf(request, sizeof(request),
		 "{\"execute\":\"release\",\"arguments\":"
		 "{\"device\":\"%s\",\"point\":\"%s\"}}\n",
		 device, point);
	execute(control, request, reply, sizeof(reply));
}

void control_release(int control, const char *point)
{
	control_release_of(control, "nic0", point);
}

long control_counter_of(int control, const char *device, const char *name)
{
	char quoted_device[64], quoted[64], request[256], reply[8192];

	snprintf(quoted_device, sizeof(quoted_device), "\"%s\"", device);
	snprintf(quoted, sizeof(quoted), "\"%s\"", name);
	snprintf(request, sizeof(request),
		 "{\"execute\":\"counters\",\"arguments\":{\"device\":%s}}\n", quoted_device);
	execute(control, request, reply, sizeof(reply));
	return member(reply, quoted_device, quoted);
}

long control_counter(int control, const char *name)
{
	return control_counter_of(control, "nic0", name);
}

void control_tlps(int control, const char *device, char *reply, size_t size)
{
	char request[256];

	snprintf(request, sizeof(request),
		 "{\"execute\":\"tlps\",\"arguments\":{\"device\":\"%s\"}}\n", device);
	execute(control, request, reply, size);
}

static void execute_tph(int control, const char *device, bool forget, char *reply, size_t size)
{
	char request[256];

	snprintf(request, sizeof(request),
		 "{\"execute\":\"tph\",\"arguments\":{\"device\":\"%s\",\"forget\":%s}}\n", device,
		 forget ? "true" : "false");
	execute(control, request, reply, size);
}

unsigned int control_tph(int control, const char *device, const char *what, uint32_t *values,
			 unsigned int max)
{
	char quoted[64], reply[4096], *at;
	unsigned int count;

	execute_tph(control, device, false, reply, sizeof(reply));
	snprintf(quoted, sizeof(quoted), "\"%s\":[", what);
	at = strstr(reply, quoted);
	if (!at)
		tap_bail_out("%s: no %s in %s", PORT, what, reply);
	at += strlen(quoted);
	for (count = 0; *at != ']'; count++) {
		uint32_t value = strtoul(at, &at, 10);

		if (count < max)
			values[count] = value;
		at += *at == ',';
	}
	return count;
}

void control_tph_forget(int control, const char *device)
{
	char reply[4096];

	execute_tph(control, device, true, reply, sizeof(reply));
}

void control_link(int control, const char *link, bool up)
{
	char request[256], reply[512];

	snprintf(request, sizeof(request),
		 "{\"execute\":\"link\",\"arguments\":"
		 "{\"device\":\"nic0\",\"link\":\"%s\",\"up\":%s}}\n",
		 link, up ? "true" : "false");
	execute(control, request, reply, sizeof(reply));
}

void control_note(int control, const char *text)
{
	char request[512], reply[512];

	snprintf(request, sizeof(request),
		 "{\"execute\":\"note\",\"arguments\":{\"text\":\"%s\"}}\n", text);
	execute(control, request, reply, sizeof(reply));
}

bool control_capture(int control)
{
	char reply[512];

	execute(control, "{\"execute\":\"capture\"}\n", reply, sizeof(reply));
	return member(reply, "\"return\"", "\"recorded\"") > 0 &&
	       member(reply, "\"return\"", "\"dropped\"") == 0;
}

void control_expect_losses(int control, bool expected)
{
	char request[256], reply[512];

	snprintf(request, sizeof(request),
		 "{\"execute\":\"losses\",\"arguments\":"
		 "{\"device\":\"nic0\",\"expected\":%s}}\n",
		 expected ? "true" : "false");
	execute(control, request, reply, sizeof(reply));
}
