# SPDX-License-Identifier: GPL-2.0 OR Linux-OpenIB
# A shared library of the project, from the folder that calls it: symbols versioned by NAME.map,
# public headers in include/, a pkg-config file.
#
#   tph_library(NAME DESCRIPTION text SOURCES file... [LIBRARIES target...] [REQUIRES module...])
#
# LIBRARIES are what the sources need, REQUIRES the pkg-config modules that the public headers need.
# Makes the target NAME, and NAME-objects for unit tests, which have to reach what it calls.
set(TPH_SOVERSION 1)
set(TPH_LIBRARY_VERSION 1.0.${PROJECT_VERSION})
set(TPH_PC_TEMPLATE ${CMAKE_CURRENT_LIST_DIR}/library.pc.in)

# In the words of pkg-config, which can then say another prefix; an absolute directory stays one.
set(TPH_PC_LIBDIR "\${exec_prefix}")
cmake_path(APPEND TPH_PC_LIBDIR ${CMAKE_INSTALL_LIBDIR})
set(TPH_PC_INCLUDEDIR "\${prefix}")
cmake_path(APPEND TPH_PC_INCLUDEDIR ${CMAKE_INSTALL_INCLUDEDIR})

function(tph_library name)
	cmake_parse_arguments(arg "" "DESCRIPTION" "SOURCES;LIBRARIES;REQUIRES" ${ARGN})
	set(map ${CMAKE_CURRENT_SOURCE_DIR}/lib${name}.map)

	add_library(${name}-objects OBJECT ${arg_SOURCES})
	target_include_directories(${name}-objects
		PUBLIC ${CMAKE_CURRENT_SOURCE_DIR}/include PRIVATE ${TPH_UAPI_DIR})
	target_link_libraries(${name}-objects PUBLIC ${arg_LIBRARIES})

	add_library(${name} SHARED $<TARGET_OBJECTS:${name}-objects>)
	target_include_directories(${name} PUBLIC ${CMAKE_CURRENT_SOURCE_DIR}/include)
	target_link_libraries(${name} PRIVATE ${arg_LIBRARIES})
	# -Wl, would split the path of the map where it has a comma
	target_link_options(${name} PRIVATE -Wl,--no-undefined -Wl,--as-needed
		"SHELL:-Xlinker \"--version-script=${map}\"")
	set_target_properties(${name} PROPERTIES
		VERSION ${TPH_LIBRARY_VERSION} SOVERSION ${TPH_SOVERSION} LINK_DEPENDS ${map})

	set(TPH_PC_NAME lib${name})
	set(TPH_PC_LIBRARY ${name})
	set(TPH_PC_DESCRIPTION ${arg_DESCRIPTION})
	list(JOIN arg_REQUIRES ", " TPH_PC_REQUIRES)
	configure_file(${TPH_PC_TEMPLATE} lib${name}.pc @ONLY)
	install(FILES ${CMAKE_CURRENT_BINARY_DIR}/lib${name}.pc
		DESTINATION ${CMAKE_INSTALL_LIBDIR}/pkgconfig)
	install(TARGETS ${name})
	install(DIRECTORY include/ DESTINATION ${CMAKE_INSTALL_INCLUDEDIR})
endfunction()
