#!/bin/bash
# SPDX-License-Identifier: GPL-2.0 OR Linux-OpenIB
# usage: test_completion.sh FILE TPHCTL
# The completion offers the commands that tphctl lists, and of each the options that its help has.
set -u
tphctl=$2
points=0
# shellcheck source=/dev/null
. "$1"

# offers WORD...: what is offered for the last of them
offers() {
	COMP_WORDS=(tphctl "$@")
	COMP_CWORD=$#
	COMPREPLY=()
	_tphctl
	printf '%s\n' "${COMPREPLY[@]}" | LC_ALL=C sort -u
}

# point WHAT HAVE WANT
point() {
	points=$((points + 1))
	if [[ $2 == "$3" && -n $3 ]]; then
		echo "ok $points - $1"
		return
	fi
	echo "not ok $points - $1"
	diff <(echo "$2") <(echo "$3") | sed 's/^/# /'
}

commands=$("$tphctl" --help | sed -n 's/^  \([a-z]*\( show\)\?\)  .*/\1/p')
point "commands" "$(offers '')" "$(cut -d ' ' -f 1 <<<"$commands" | LC_ALL=C sort)"
point "the second word of a command" "$(offers dev '')" show
while read -r command; do
	# shellcheck disable=SC2086 # a command may be two words
	point "options of $command" "$(offers $command --)" \
		"$("$tphctl" $command --help | grep -oE '^ *(-., )? *--[a-z-]+' |
			grep -oE -- '--[a-z-]+' | LC_ALL=C sort)"
done <<<"$commands"
point "files after --from" "$(cd / && offers path --from et)" etc
point "programs after --" "$(offers export 0000:00:18.0 -- basena)" basename
echo "1..$points"
[[ $points -gt 5 ]]
