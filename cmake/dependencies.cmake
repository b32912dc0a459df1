# SPDX-License-Identifier: GPL-2.0 OR Linux-OpenIB
# What has to be installed for libraries and tools; emulator/ has its own list.
find_package(PkgConfig REQUIRED)
pkg_check_modules(IBVERBS REQUIRED IMPORTED_TARGET libibverbs)
pkg_check_modules(MLX5 REQUIRED IMPORTED_TARGET libmlx5)
pkg_check_modules(JSONC REQUIRED IMPORTED_TARGET json-c)
pkg_check_modules(SMARTCOLS REQUIRED IMPORTED_TARGET smartcols)
pkg_check_modules(PCI REQUIRED IMPORTED_TARGET libpci)
