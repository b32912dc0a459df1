/* SPDX-License-Identifier: GPL-2.0 OR Linux-OpenIB */
/* Included by the kernel's mlx5 headers, of whose bit field macros this model uses none. */
