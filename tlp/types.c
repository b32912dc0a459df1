// SPDX-License-Identifier: GPL-2.0 OR Linux-OpenIB
#include "types.h"
#include "util/macros.h"

/* Table 2-5, where header base size and "data payload" are columns. */
static const struct tlp_type_info infos[256] = {
	[TLP_MRD32] = { "MRd32", 3, 0 },
	[TLP_MRD64] = { "MRd64", 4, TLP_F_64 },
	[TLP_MWR32] = { "MWr32", 3, TLP_F_DATA | TLP_F_POSTED },
	[TLP_MWR64] = { "MWr64", 4, TLP_F_DATA | TLP_F_POSTED | TLP_F_64 },
	[TLP_CPL] = { "Cpl", 3, TLP_F_CPL },
	[TLP_CPLD] = { "CplD", 3, TLP_F_CPL | TLP_F_DATA },
	[TLP_FETCHADD32] = { "FetchAdd32", 3, TLP_F_DATA | TLP_F_ATOMIC },
	[TLP_FETCHADD64] = { "FetchAdd64", 4, TLP_F_DATA | TLP_F_ATOMIC | TLP_F_64 },
	[TLP_SWAP32] = { "Swap32", 3, TLP_F_DATA | TLP_F_ATOMIC },
	[TLP_SWAP64] = { "Swap64", 4, TLP_F_DATA | TLP_F_ATOMIC | TLP_F_64 },
	[TLP_CAS32] = { "CAS32", 3, TLP_F_DATA | TLP_F_ATOMIC },
	[TLP_CAS64] = { "CAS64", 4, TLP_F_DATA | TLP_F_ATOMIC | TLP_F_64 },
	[TLP_DMWR32] = { "DMWr32", 3, TLP_F_DATA },
	[TLP_DMWR64] = { "DMWr64", 4, TLP_F_DATA | TLP_F_64 },
};

/* The two forms of each request: up to 4 GiB and beyond */
static const struct {
	enum tlp_type narrow, wide;
} forms[] = {
	{ TLP_MRD32, TLP_MRD64 },
	{ TLP_MWR32, TLP_MWR64 },
	/* AtomicOps */
	{ TLP_FETCHADD32, TLP_FETCHADD64 },
	{ TLP_SWAP32, TLP_SWAP64 },
	{ TLP_CAS32, TLP_CAS64 },
	/* deferrable writes */
	{ TLP_DMWR32, TLP_DMWR64 },
};

const struct tlp_type_info *tlp_type_info(unsigned int type)
{
	if (type >= ARRAY_SIZE(infos) || !infos[type].name)
		return NULL;
	return &infos[type];
}

static bool type_has(enum tlp_type type, enum tlp_type_flags flag)
{
	const struct tlp_type_info *info = tlp_type_info(type);

	return info && (info->flags & flag);
}

const char *tlp_type_name(enum tlp_type type)
{
	const struct tlp_type_info *info = tlp_type_info(type);

	return info ? info->name : NULL;
}

bool tlp_has_data(enum tlp_type type)
{
	return type_has(type, TLP_F_DATA);
}

bool tlp_is_completion(enum tlp_type type)
{
	return type_has(type, TLP_F_CPL);
}

bool tlp_is_posted(enum tlp_type type)
{
	return type_has(type, TLP_F_POSTED);
}

enum tlp_type tlp_type_for(enum tlp_type type, uint64_t address)
{
	for (size_t i = 0; i < ARRAY_SIZE(forms); i++)
		if (type == forms[i].narrow || type == forms[i].wide)
			return address > UINT32_MAX ? forms[i].wide : forms[i].narrow;
	return type;
}

const char *tlp_error_string(enum tlp_error error)
{
	static const char *const strings[] = {
		[TLP_OK] = "no error",
		[TLP_ERR_TYPE] = "unknown packet type",
		[TLP_ERR_FIELD] = "a field is out of its range",
		[TLP_ERR_LENGTH] = "length is not one that the type allows",
		[TLP_ERR_BE] = "byte enables break the rules of section 2.2.5",
		[TLP_ERR_4K] = "request crosses a 4 KiB boundary or is not aligned",
		[TLP_ERR_HINTS] = "steering tag, hint and HV do not fit together",
		[TLP_ERR_SPACE] = "buffer too small",
		[TLP_ERR_TRUNCATED] = "bytes end before the packet does",
		[TLP_ERR_TRAILING] = "bytes left over after the packet",
		[TLP_ERR_PREFIXES] = "too many prefixes, or in the wrong order",
	};

	if ((unsigned int)error >= ARRAY_SIZE(strings))
		return "unknown error";
	return strings[error];
}
