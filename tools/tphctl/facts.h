/* SPDX-License-Identifier: GPL-2.0 OR Linux-OpenIB */
/* Which facts are gathered, other than PCI functions. Lists end with NULL. */
#ifndef TPHCTL_FACTS_H
#define TPHCTL_FACTS_H

/* Symbols that a kernel has when it can do what we need. */
extern const char *const fact_symbols[];
extern const char *const fact_nodes[];

/*
 * The symbol of kernels that tell which memory regions use an entry (mlx5's attributes of memory
 * regions)
 */
#define FACT_TELLS_HOLDERS "mlx5_ib_tph_fill_res"

/* In the flags of sysfs' file "resource": <linux/ioport.h> of the kernel, IORESOURCE_MEM */
#define FACT_BAR_MEMORY 0x200

#endif /* TPHCTL_FACTS_H */
