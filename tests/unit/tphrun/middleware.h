/* SPDX-License-Identifier: GPL-2.0 OR Linux-OpenIB */
/* Stands in for a library that registers other people's memory. */
#ifndef TESTS_SHIM_MIDDLEWARE_H
#define TESTS_SHIM_MIDDLEWARE_H

/* Registers as @action says, and prints what it got. */
void middleware_act(const char *action);

typedef void middleware_act_function(const char *action);

#endif
