/* SPDX-License-Identifier: GPL-2.0 OR Linux-OpenIB */
/* The facts about a machine that decide, beside its PCI functions; lists end with NULL. */
#ifndef TPHCTL_FACTS_H
#define TPHCTL_FACTS_H

/* Symbols that a kernel has when it can do what we need. */
extern const char *const fact_symbols[];
extern const char *const fact_modules[];
extern const char *const fact_nodes[];

/* In the flags of sysfs' file "resource": <linux/ioport.h> of the kernel, IORESOURCE_MEM */
#define FACT_BAR_MEMORY 0x200

#endif /* TPHCTL_FACTS_H */
