// SPDX-License-Identifier: GPL-2.0 OR Linux-OpenIB
#include "ib/directed.h"

#include "ib/port.h"

static struct directed_step drop(void)
{
	return (struct directed_step){ .action = DIRECTED_DROP };
}

static struct directed_step out(uint8_t port)
{
	return (struct directed_step){ .action = DIRECTED_OUT, .port = port };
}

/* At the end of the directed part, which the permissive LID makes the end of the whole way. */
static struct directed_step end(__be16 lid)
{
	if (lid == cpu_to_be16(IB_LID_PERMISSIVE))
		return (struct directed_step){ .action = DIRECTED_TAKE };
	return (struct directed_step){ .action = DIRECTED_LID, .lid = be16_to_cpu(lid) };
}

/* C14-9: requests, and what nobody has answered yet. */
static struct directed_step there(struct ib_smp *smp, uint8_t ingress)
{
	if (smp->hop_ptr == smp->hop_cnt + 1)
		return (struct directed_step){ .action = DIRECTED_TAKE };
	if (smp->hop_ptr > smp->hop_cnt)
		return drop();
	/* entry 0 is of whoever sent it, who may have come here by LID */
	if (smp->hop_ptr)
		smp->return_path[smp->hop_ptr] = ingress;
	if (smp->hop_ptr++ == smp->hop_cnt)
		return end(smp->dr_dlid);
	return out(smp->initial_path[smp->hop_ptr]);
}

/* C14-13: the same way back. */
static struct directed_step back(struct ib_smp *smp)
{
	if (!smp->hop_ptr || smp->hop_ptr > smp->hop_cnt + 1)
		return drop();
	if (!--smp->hop_ptr)
		return end(smp->dr_slid);
	return out(smp->return_path[smp->hop_ptr]);
}

struct directed_step directed_step(struct ib_smp *smp, uint8_t ingress)
{
	if (smp->hop_cnt >= IB_SMP_MAX_PATH_HOPS)
		return drop();
	return smp->status & IB_SMP_DIRECTION ? back(smp) : there(smp, ingress);
}
