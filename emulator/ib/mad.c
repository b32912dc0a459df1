// SPDX-License-Identifier: GPL-2.0 OR Linux-OpenIB
#include "ib/mad.h"

#include <string.h>

#include "ib/port.h"

void ib_port_gid(uint64_t guid, uint8_t gid[IB_GID_BYTES])
{
	const __be64 parts[2] = { cpu_to_be64(IB_GID_PREFIX), cpu_to_be64(guid) };

	memcpy(gid, parts, sizeof(parts));
}

/* TrapRepress is not answered either, though its method does not have the response bit. */
bool mad_is_response(const struct ib_mad_hdr *mad)
{
	return mad->method & IB_MGMT_METHOD_RESP || mad->method == IB_MGMT_METHOD_TRAP_REPRESS;
}

uint16_t mad_check(const struct ib_mad_hdr *mad, uint8_t class_version)
{
	if (mad->base_version != IB_MGMT_BASE_VERSION || mad->class_version != class_version)
		return IB_MGMT_MAD_STATUS_BAD_VERSION;
	return 0;
}

/* A Set is answered by GetResp, as a Get is; others have a response of their own. */
void mad_answer(struct ib_mad_hdr *mad, uint16_t status)
{
	if (mad->method == IB_MGMT_METHOD_SET)
		mad->method = IB_MGMT_METHOD_GET;
	mad->method |= IB_MGMT_METHOD_RESP;
	mad->status = cpu_to_be16(status);
}

bool mad_answer_unknown(struct ib_mad_hdr *mad)
{
	if (mad_is_response(mad))
		return false;
	mad_answer(mad, IB_MGMT_MAD_STATUS_UNSUPPORTED_METHOD_ATTRIB);
	return true;
}
