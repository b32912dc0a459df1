# SPDX-License-Identifier: GPL-2.0 OR Linux-OpenIB
# tph_headers(TARGET FOLDER): who links to TARGET includes this folder's headers as "FOLDER/x.h",
# and by that nothing else. A -I on the folder above would have all that lies beside it, too. So
# each folder is linked into a directory of its own, and a layer that includes from one above it,
# which it cannot link to, does not compile.
function(tph_headers target folder)
	set(root ${CMAKE_CURRENT_BINARY_DIR}/headers)
	cmake_path(GET folder PARENT_PATH parent)
	file(MAKE_DIRECTORY ${root}/${parent})
	file(CREATE_LINK ${CMAKE_CURRENT_SOURCE_DIR} ${root}/${folder} SYMBOLIC)
	target_include_directories(${target} PUBLIC ${root})
endfunction()
