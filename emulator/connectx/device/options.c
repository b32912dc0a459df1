// SPDX-License-Identifier: GPL-2.0 OR Linux-OpenIB
/* The device's options on the command line. */
#include "connectx/device/connectx.h"
#include "connectx/device/device.h"
#include "fabric/options.h"
#include "util/number.h"

#define BDF(bus, device, function) ((bus) << 8 | (device) << 3 | (function))

const struct connectx_attr connectx_defaults = {
	.requester = BDF(0, 0x10, 0),
	.tph = CX_REQUESTER_TPH,
	.st_entries = CX_ST_ENTRIES_MAX,
	.guid = 0x0274706800000001,
	.lid = 1,
	.blueflame = true,
};

bool connectx_attr_valid(const struct connectx_attr *attr)
{
	return attr->tph <= CX_REQUESTER_EXTENDED && attr->st_entries != 1 &&
	       attr->st_entries <= CX_ST_ENTRIES_MAX && attr->guid && attr->lid &&
	       attr->lid <= CX_LID_MAX && attr->training_ms <= CX_TRAINING_MS_MAX;
}

static bool set_requester(void *attr, const char *value)
{
	static const struct option_choice choices[] = {
		{ "none", CX_REQUESTER_NONE },
		{ "tph", CX_REQUESTER_TPH },
		{ "ext", CX_REQUESTER_EXTENDED },
		{ 0 },
	};
	int chosen;

	if (!option_choose(value, choices, &chosen))
		return false;
	((struct connectx_attr *)attr)->tph = chosen;
	return true;
}

static bool set_st_entries(void *attr, const char *value)
{
	uint64_t entries;

	if (!number_parse(value, 0, CX_ST_ENTRIES_MAX, &entries) || entries == 1)
		return false;
	((struct connectx_attr *)attr)->st_entries = entries;
	return true;
}

static bool set_guid(void *attr, const char *value)
{
	return number_parse(value, 1, UINT64_MAX, &((struct connectx_attr *)attr)->guid);
}

static bool set_lid(void *attr, const char *value)
{
	uint64_t lid;

	if (!number_parse(value, 1, CX_LID_MAX, &lid))
		return false;
	((struct connectx_attr *)attr)->lid = lid;
	return true;
}

static bool set_training(void *attr, const char *value)
{
	uint64_t ms;

	if (!number_parse(value, 0, CX_TRAINING_MS_MAX, &ms))
		return false;
	((struct connectx_attr *)attr)->training_ms = ms;
	return true;
}

static bool set_bdf(void *attr, const char *value)
{
	return option_bdf(value, &((struct connectx_attr *)attr)->requester);
}

static bool set_blueflame(void *attr, const char *value)
{
	return option_bool(value, &((struct connectx_attr *)attr)->blueflame);
}

static bool set_out_of_order(void *attr, const char *value)
{
	return option_bool(value, &((struct connectx_attr *)attr)->out_of_order);
}

static bool set_echo_st(void *attr, const char *value)
{
	return option_bool(value, &((struct connectx_attr *)attr)->echo_st);
}

static bool set_flit(void *attr, const char *value)
{
	return fabric_option_encoding(value, &((struct connectx_attr *)attr)->encoding);
}

const struct option_def connectx_options[] = {
	{ "requester", "none|tph|ext", "TPH requester: none, 8-bit tags (tph), 16-bit tags too",
	  set_requester },
	{ "st-entries", "0, 2..64", "size of the ST table in the capability, 0: no table (64)",
	  set_st_entries },
	{ "blueflame", "on|off", "whether programs may post through doorbells (on)",
	  set_blueflame },
	{ "out-of-order", "on|off", "whether QPs can be asked to take data out of order (off)",
	  set_out_of_order },
	{ "guid", "1..2^64-1", "GUID of node and port", set_guid },
	{ "lid", "1..0xbffe", "LID of the port, unique among the NICs (1)", set_lid },
	{ "training-ms", "0..60000", "how long INIT_HCA leaves the link down, 0: not at all (0)",
	  set_training },
	{ "bdf", "BB:DD.F", "ID in requests; where the guest sees it (00:10.0)", set_bdf },
	{ "echo-st", "on|off", "repeat ST[7:0] in the Tag of posted requests (off)", set_echo_st },
	{ "flit", "on|off", "whether the link is in flit mode (on)", set_flit },
	{ 0 },
};
