# SPDX-License-Identifier: GPL-2.0 OR Linux-OpenIB
# What every translation unit is built with.
set(CMAKE_C_STANDARD 11)
set(CMAKE_C_EXTENSIONS ON)
set(CMAKE_C_STANDARD_REQUIRED ON)
set(CMAKE_POSITION_INDEPENDENT_CODE ON)
set(CMAKE_EXPORT_COMPILE_COMMANDS ON)
# The linker takes a comma for the end of a path, so none of the build tree is told to it.
set(CMAKE_BUILD_RPATH_USE_ORIGIN ON)
if(NOT CMAKE_BUILD_TYPE)
	set(CMAKE_BUILD_TYPE RelWithDebInfo)
endif()

add_compile_options(-Wall -Wextra -Wno-unused-parameter -Wshadow -Wstrict-prototypes
	-Wmissing-prototypes -Wpointer-arith -Wvla -fno-strict-aliasing)
add_compile_definitions(_GNU_SOURCE)

option(TPH_WERROR "Treat warnings as errors" OFF)
if(TPH_WERROR)
	add_compile_options(-Werror)
endif()

# The unit tier runs with both sanitizers; see tests/README.md.
option(TPH_SANITIZE "Build with AddressSanitizer and UndefinedBehaviorSanitizer" OFF)
if(TPH_SANITIZE)
	add_compile_options(-fsanitize=address,undefined -fno-sanitize-recover=all
		-fno-omit-frame-pointer)
	add_link_options(-fsanitize=address,undefined)
endif()

# The fuzz tier has a build of its own, by clang: all that is fuzzed has to be instrumented.
option(TPH_FUZZ "Build the fuzzers of tests/fuzz (with clang)" OFF)
if(TPH_FUZZ)
	if(NOT CMAKE_C_COMPILER_ID MATCHES Clang)
		message(FATAL_ERROR "TPH_FUZZ needs libFuzzer: configure a fresh build with -DCMAKE_C_COMPILER=clang")
	endif()
	add_compile_options(-fsanitize=fuzzer-no-link,address,undefined -fno-sanitize-recover=all
		-fno-omit-frame-pointer)
	add_link_options(-fsanitize=address,undefined)
endif()
