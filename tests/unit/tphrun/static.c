// SPDX-License-Identifier: GPL-2.0 OR Linux-OpenIB
/* A program without a dynamic linker, nor any library: the trap that it runs into is proof that it
 * was run.
 */
void _start(void);

void _start(void)
{
	__builtin_trap();
}
