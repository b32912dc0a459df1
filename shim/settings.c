// SPDX-License-Identifier: GPL-2.0 OR Linux-OpenIB
#include "settings.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>

#include "namespace.h"

const struct setting setting_table[SETTING_COUNT] = {
	[SETTING_NAMESPACE] = {
		"namespace", "RDMA_TPH_NAMESPACE", "none|auto|st|st-ext",
		"Register dma-bufs with their exporters' steering tags from this namespace (default auto)",
	},
	[SETTING_REQUIRE] = {
		"require", "RDMA_TPH_REQUIRE", NULL,
		"Fail the registration of a dma-buf whose tag cannot be had",
	},
	[SETTING_REPORT] = {
		"report", "RDMA_TPH_REPORT", "FILE",
		"Append to this file what becomes of registrations, one JSON object per line",
	},
};

static bool set_namespace(struct settings *settings, const char *value, struct complaint *why)
{
	return tph_namespace_find(value, &settings->ns) ||
	       complain(
		       why,
		       "--namespace or RDMA_TPH_NAMESPACE=%s: there is no such namespace; choose none, auto, st or st-ext",
		       value);
}

static bool set_require(struct settings *settings, const char *value, struct complaint *why)
{
	settings->require = !strcmp(value, "1");
	return settings->require || !strcmp(value, "0") ||
	       complain(why, "RDMA_TPH_REQUIRE=%s: it is 1, or 0 as if it were not set", value);
}

static bool set_report(struct settings *settings, const char *value, struct complaint *why)
{
	if (strlen(value) >= sizeof(settings->report))
		return complain(why, "--report or RDMA_TPH_REPORT: %s; give a shorter path",
				strerror(ENAMETOOLONG));
	strcpy(settings->report, value);
	return true;
}

bool settings_read(struct settings *settings, struct complaint *why)
{
	static bool (*const setters[SETTING_COUNT])(struct settings *, const char *,
						    struct complaint *) = {
		[SETTING_NAMESPACE] = set_namespace,
		[SETTING_REQUIRE] = set_require,
		[SETTING_REPORT] = set_report,
	};
	bool good = true;

	*settings = (struct settings){ .ns = IBV_TPH_NS_AUTO };
	for (int id = 0; id < SETTING_COUNT; id++) {
		const char *value = getenv(setting_table[id].variable);

		if (value && *value)
			good = setters[id](settings, value, why) && good;
	}
	if (good && settings->require && settings->ns == IBV_TPH_NS_NONE)
		good = complain(
			why,
			"--require or RDMA_TPH_REQUIRE=1 with the namespace none: there is nothing to require; ask for auto, st or st-ext");
	return good;
}

int settings_open_report(const char *path)
{
	return open(path, O_WRONLY | O_APPEND | O_CREAT | O_CLOEXEC | O_NOCTTY | O_NONBLOCK, 0666);
}
