# SPDX-License-Identifier: GPL-2.0 OR Linux-OpenIB
# The structures of the ConnectX command interface come from the kernel's own headers, new enough to
# know the mkey's TPH fields (Debian: linux-headers-7.*-common, from backports on 13). Sets
# LINUX_HEADERS_DIR, and SOFTFABRIC_IS_BUILT by what SOFTFABRIC asks for.
set(_default AUTO)
if(PROJECT_IS_TOP_LEVEL)
	set(_default ON)
endif()
set(SOFTFABRIC ${_default} CACHE STRING
	"Build softfabric: ON, OFF, or AUTO: where it has the headers it needs")
set_property(CACHE SOFTFABRIC PROPERTY STRINGS AUTO ON OFF)

# has_tph(VARIABLE DIRECTORY): find_path()'s validator
function(has_tph result directory)
	set(header ${directory}/linux/mlx5/mlx5_ifc.h)
	set(found "")
	if(EXISTS ${header})
		file(STRINGS ${header} found REGEX mkey_pcie_tph LIMIT_COUNT 1)
	endif()
	if(NOT found)
		set(${result} FALSE PARENT_SCOPE)
	endif()
endfunction()

file(GLOB _linux_headers /usr/src/linux-headers-*-common/include)
list(SORT _linux_headers COMPARE NATURAL ORDER DESCENDING)
find_path(LINUX_HEADERS_DIR linux/mlx5/mlx5_ifc.h
	HINTS ${_linux_headers} NO_DEFAULT_PATH VALIDATOR has_tph
	DOC "include/ of a Linux 7.2 or later tree: softfabric takes the ConnectX structures from it")
# Nothing validates a path that the user has set.
set(_found TRUE)
has_tph(_found "${LINUX_HEADERS_DIR}")

set(SOFTFABRIC_IS_BUILT ${SOFTFABRIC})
if(SOFTFABRIC STREQUAL AUTO)
	set(SOFTFABRIC_IS_BUILT ON)
	if(NOT _found)
		set(SOFTFABRIC_IS_BUILT OFF)
	endif()
endif()
if(_found OR NOT SOFTFABRIC)
	return()
endif()

set(_missing "no kernel headers that know the mkey's TPH fields (linux/mlx5/mlx5_ifc.h of Linux 7.2 \
or later): install linux-headers-7.*-common, on Debian 13 from backports, or set LINUX_HEADERS_DIR \
to the include/ of such a tree")
if(SOFTFABRIC STREQUAL AUTO)
	message(STATUS "softfabric is not built: ${_missing}")
else()
	message(FATAL_ERROR "softfabric cannot be built: ${_missing}")
endif()
