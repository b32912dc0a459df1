# SPDX-License-Identifier: GPL-2.0 OR Linux-OpenIB
# How a unit test and a fuzzer are declared, in tests/ and in emulator/tests/.
if(BUILD_TESTING)
	find_package(PkgConfig REQUIRED)
	pkg_check_modules(CMOCKA REQUIRED IMPORTED_TARGET cmocka)
	# cmocka 2 deprecates assertions whose successors cmocka 1 does not have.
	set_property(TARGET PkgConfig::CMOCKA
		APPEND PROPERTY INTERFACE_COMPILE_OPTIONS -Wno-deprecated-declarations)
endif()

# The lab has a build for each kind, and each build without the other. What only its guest can run
# is nothing to install elsewhere.
option(TPH_UNIT_TESTS "Build what ctest runs" ON)
option(TPH_GUEST_TESTS "Build what the lab runs in its guest" OFF)

# tph_unit_name(VARIABLE SUBJECT): how a unit test of this folder is called, by the folder's place
# below unit/ and by its subject; a subject that is called as its folder is not named twice.
function(tph_unit_name variable subject)
	string(REGEX REPLACE "^.*/tests/unit/" "" room ${CMAKE_CURRENT_SOURCE_DIR})
	cmake_path(GET room FILENAME folder)
	string(REPLACE / _ room ${room})
	if(folder STREQUAL subject)
		set(${variable} ${room} PARENT_SCOPE)
	else()
		set(${variable} ${room}_${subject} PARENT_SCOPE)
	endif()
endfunction()

# tph_unit_test(SUBJECT [SOURCES FILE...] [LIBRARIES TARGET...] [LINK_OPTIONS OPTION...]): a cmocka
# program of test_SUBJECT.c and SOURCES. Its target is test_NAME and the test unit/NAME, with the
# NAME that tph_unit_name() gives.
function(tph_unit_test subject)
	cmake_parse_arguments(arg "" "" "SOURCES;LIBRARIES;LINK_OPTIONS" ${ARGN})
	tph_unit_name(name ${subject})
	add_executable(test_${name} test_${subject}.c ${arg_SOURCES})
	target_link_libraries(test_${name} PRIVATE PkgConfig::CMOCKA ${arg_LIBRARIES})
	target_link_options(test_${name} PRIVATE ${arg_LINK_OPTIONS})
	add_test(NAME unit/${name} COMMAND test_${name})
	set_tests_properties(unit/${name} PROPERTIES
		LABELS unit TIMEOUT 120 ENVIRONMENT CMOCKA_MESSAGE_OUTPUT=TAP)
endfunction()

# tph_unit_command(SUBJECT COMMAND WORD... [ENVIRONMENT NAME=VALUE...]): any other unit test, called
# alike.
function(tph_unit_command subject)
	cmake_parse_arguments(arg "" "" "COMMAND;ENVIRONMENT" ${ARGN})
	tph_unit_name(name ${subject})
	add_test(NAME unit/${name} COMMAND ${arg_COMMAND})
	set_tests_properties(unit/${name} PROPERTIES
		LABELS unit TIMEOUT 120 ENVIRONMENT "${arg_ENVIRONMENT}")
endfunction()

# tph_fuzz_test(NAME SOURCES FILE... LIBRARIES TARGET...): SOURCES define LLVMFuzzerTestOneInput()
# and abort on what must not be. With -DTPH_FUZZ=ON (clang) it becomes the test fuzz/NAME, which
# searches for TPH_FUZZ_SECONDS from the inputs in corpus/NAME; what it finds is left in found/NAME
# of the build. The seed is always the same, so that no commit is refused for what luck finds of
# an older one; -DTPH_FUZZ_SEED=0 -DTPH_FUZZ_SECONDS=600 searches elsewhere, and further. In every
# other build the test unit/fuzz_NAME replays corpus/NAME, so that what was found once stays fixed:
# a crash's input belongs into corpus/NAME under the name of what it broke.
set(TPH_FUZZ_SECONDS 5 CACHE STRING "How long each fuzzer of the fuzz tier runs")
set(TPH_FUZZ_SEED 1 CACHE STRING "Where each fuzzer of the fuzz tier begins; 0: anywhere")

function(tph_fuzz_test name)
	cmake_parse_arguments(arg "" "" "SOURCES;LIBRARIES" ${ARGN})
	set(shared ${CMAKE_CURRENT_FUNCTION_LIST_DIR}/../tests/fuzz)
	set(corpus ${CMAKE_CURRENT_SOURCE_DIR}/corpus/${name})
	set(found ${CMAKE_CURRENT_BINARY_DIR}/found/${name})
	add_executable(fuzz_${name} ${arg_SOURCES})
	target_include_directories(fuzz_${name} PRIVATE ${shared})
	target_link_libraries(fuzz_${name} PRIVATE ${arg_LIBRARIES})
	if(NOT TPH_FUZZ)
		target_sources(fuzz_${name} PRIVATE ${shared}/replay.c)
		add_test(NAME unit/fuzz_${name} COMMAND fuzz_${name} ${corpus})
		set_tests_properties(unit/fuzz_${name} PROPERTIES LABELS unit TIMEOUT 120)
		return()
	endif()
	target_link_options(fuzz_${name} PRIVATE -fsanitize=fuzzer)
	file(MAKE_DIRECTORY ${found})
	add_test(NAME fuzz/${name} COMMAND fuzz_${name}
		-seed=${TPH_FUZZ_SEED} -max_total_time=${TPH_FUZZ_SECONDS}
		-timeout=10 -rss_limit_mb=1024 -print_final_stats=1 -artifact_prefix=${found}/
		${found} ${corpus})
	math(EXPR timeout "${TPH_FUZZ_SECONDS} + 60")
	set_tests_properties(fuzz/${name} PROPERTIES LABELS fuzz TIMEOUT ${timeout})
endfunction()

# tph_test_folders(): a subdirectory a subject
function(tph_test_folders)
	file(GLOB subjects CONFIGURE_DEPENDS ${CMAKE_CURRENT_SOURCE_DIR}/*/CMakeLists.txt)
	foreach(subject IN LISTS subjects)
		cmake_path(GET subject PARENT_PATH subject)
		add_subdirectory(${subject})
	endforeach()
endfunction()
