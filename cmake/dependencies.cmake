# SPDX-License-Identifier: GPL-2.0 OR Linux-OpenIB
# Everything that has to be installed before configuring, in one place.
find_package(PkgConfig REQUIRED)
find_package(Threads REQUIRED)
pkg_check_modules(IBVERBS REQUIRED IMPORTED_TARGET libibverbs)
pkg_check_modules(MLX5 REQUIRED IMPORTED_TARGET libmlx5)
pkg_check_modules(JSONC REQUIRED IMPORTED_TARGET json-c)
pkg_check_modules(SMARTCOLS REQUIRED IMPORTED_TARGET smartcols)
if(BUILD_TESTING)
	pkg_check_modules(CMOCKA REQUIRED IMPORTED_TARGET cmocka)
endif()

# The structures of the ConnectX command interface come from the kernel's own headers, new enough
# to know the mkey's TPH fields (Debian: linux-headers-7.*-common, from backports on 13).
file(GLOB _linux_headers /usr/src/linux-headers-*-common/include)
list(SORT _linux_headers COMPARE NATURAL ORDER DESCENDING)
find_path(LINUX_HEADERS_DIR linux/mlx5/mlx5_ifc.h
	HINTS ${_linux_headers} NO_DEFAULT_PATH
	DOC "include/ of a Linux 7.2 or later tree: the emulator takes the ConnectX structures from it")
