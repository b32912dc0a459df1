// SPDX-License-Identifier: GPL-2.0 OR Linux-OpenIB
#include "types.h"
#include "util/macros.h"

#define MESSAGE (TLP_F_SHARED | TLP_F_MSG | TLP_F_POSTED)

/* Table 2-5, where header base size and "data payload" are columns. */
static const struct tlp_type_info infos[256] = {
	[TLP_MRD32] = { "MRd32", 3, TLP_F_READ },
	[TLP_MRD64] = { "MRd64", 4, TLP_F_READ | TLP_F_64 },
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
	/* what links carry beside them */
	[TLP_NOP] = { "NOP", 1, TLP_F_SHARED | TLP_F_NO_ID | TLP_F_FLIT_ONLY },
	[0x01] = { "MRdLk32", 3, TLP_F_SHARED | TLP_F_READ },
	[0x21] = { "MRdLk64", 4, TLP_F_SHARED | TLP_F_READ | TLP_F_64 },
	[0x02] = { "IORd", 3, TLP_F_SHARED | TLP_F_IO | TLP_F_READ },
	[0x42] = { "IOWr", 3, TLP_F_SHARED | TLP_F_IO | TLP_F_DATA },
	[TLP_CFGRD0] = { "CfgRd0", 3, TLP_F_SHARED | TLP_F_CFG | TLP_F_READ },
	[TLP_CFGRD1] = { "CfgRd1", 3, TLP_F_SHARED | TLP_F_CFG | TLP_F_READ },
	[TLP_CFGWR0] = { "CfgWr0", 3, TLP_F_SHARED | TLP_F_CFG | TLP_F_DATA },
	[TLP_CFGWR1] = { "CfgWr1", 3, TLP_F_SHARED | TLP_F_CFG | TLP_F_DATA },
	[0x0b] = { "CplLk", 3, TLP_F_SHARED | TLP_F_NO_ID },
	[0x4b] = { "CplDLk", 3, TLP_F_SHARED | TLP_F_NO_ID | TLP_F_DATA },
	[TLP_MSG... TLP_MSG + TLP_MSG_ROUTING] = { "Msg", 4, MESSAGE },
	[TLP_MSGD... TLP_MSGD + TLP_MSG_ROUTING] = { "MsgD", 4, MESSAGE | TLP_F_DATA },
	[0x0c] = { "UIOWrCpl", 3, TLP_F_SHARED | TLP_F_NO_ID | TLP_F_FLIT_ONLY },
	[0x0d] = { "UIORdCpl", 3, TLP_F_SHARED | TLP_F_NO_ID | TLP_F_FLIT_ONLY },
	[0x48] = { "UIORdCplD", 3, TLP_F_SHARED | TLP_F_NO_ID | TLP_F_FLIT_ONLY | TLP_F_DATA },
	[0x22] = { "UIOMRd", 4, TLP_F_SHARED | TLP_F_FLIT_ONLY | TLP_F_READ | TLP_F_64 },
	[0x61] = { "UIOMWr", 4, TLP_F_SHARED | TLP_F_FLIT_ONLY | TLP_F_DATA | TLP_F_64 },
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

const struct tlp_type_info *tlp_named_type_info(unsigned int type)
{
	if (type >= ARRAY_SIZE(infos) || !infos[type].name)
		return NULL;
	return &infos[type];
}

const struct tlp_type_info *tlp_type_info(unsigned int type)
{
	const struct tlp_type_info *info = tlp_named_type_info(type);

	return info && !(info->flags & TLP_F_SHARED) ? info : NULL;
}

/* Section 2.2.8, tables "... Messages" */
static const char *const messages[256] = {
	[0x00] = "Unlock",
	[0x01] = "Invalidate_Request",
	[0x02] = "Invalidate_Completion",
	[0x04] = "Page_Request",
	[0x05] = "PRG_Response",
	[0x10] = "LTR",
	[0x12] = "OBFF",
	[0x14] = "PM_Active_State_Nak",
	[0x18] = "PM_PME",
	[0x19] = "PME_Turn_Off",
	[0x1b] = "PME_TO_Ack",
	[0x20] = "Assert_INTA",
	[0x21] = "Assert_INTB",
	[0x22] = "Assert_INTC",
	[0x23] = "Assert_INTD",
	[0x24] = "Deassert_INTA",
	[0x25] = "Deassert_INTB",
	[0x26] = "Deassert_INTC",
	[0x27] = "Deassert_INTD",
	[0x30] = "ERR_COR",
	[0x31] = "ERR_NONFATAL",
	[0x33] = "ERR_FATAL",
	[0x50] = "Set_Slot_Power_Limit",
	[0x52] = "PTM_Request",
	[0x53] = "PTM_Response",
	[0x7e] = "Vendor_Defined_Type_0",
	[0x7f] = "Vendor_Defined_Type_1",
};

const char *tlp_message_name(unsigned int code)
{
	return code < ARRAY_SIZE(messages) ? messages[code] : NULL;
}

static bool type_has(enum tlp_type type, enum tlp_type_flags flag)
{
	const struct tlp_type_info *info = tlp_named_type_info(type);

	return info && (info->flags & flag);
}

const char *tlp_type_name(enum tlp_type type)
{
	const struct tlp_type_info *info = tlp_named_type_info(type);

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

bool tlp_has_length(enum tlp_type type)
{
	return type_has(type, TLP_F_DATA) || type_has(type, TLP_F_READ);
}

bool tlp_is_decoded(enum tlp_type type)
{
	return tlp_type_info(type);
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
