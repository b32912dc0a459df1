# SPDX-License-Identifier: GPL-2.0 OR Linux-OpenIB
# shellcheck shell=bash
# Running things in the tools root.

# Directories besides the checkout and the cache that commands there may use
shared_dirs=()

# in_tools COMMAND...: runs it in the tools root, in a process and mount name space that ends with
# it or with the lab, however that ends. The checkout, the cache and `shared_dirs` are at their own
# paths there; everything else can only be read.
in_tools() {
	setpriv --pdeathsig KILL unshare --mount --pid --fork --kill-child --mount-proc \
		"$top/lab.d/enter" "$root_tools" "$top" "$cache" "${shared_dirs[@]}" -- "$@"
}
