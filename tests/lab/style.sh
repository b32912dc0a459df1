#!/bin/bash
# SPDX-License-Identifier: GPL-2.0 OR Linux-OpenIB
# What a program can say of style: of each file its layout, licence and maintainer, of each shell
# script what shellcheck complains of. Runs in the tools root.
set -u
shopt -s extglob
cd "$(dirname "$(realpath "$0")")/../.." || exit
points=0

# All files but those that .gitignore names
mapfile -t files < <(find . \( -path ./.git -o -path './build*' -o -path ./captures \
	-o -path ./.cache -o -name __pycache__ \) -prune \
	-o -type f ! -name '*.pcapng' ! -name compile_commands.json -printf '%P\n' | LC_ALL=C sort)

# Patterns of paths, in which * stands for slashes, too.
# Bytes that are what they are, text of others, what programs wrote
as_it_is='@(*/corpus/*|LICENSES/*|*.@(patch|svg|csv|json|abi)|debian/@(changelog|copyright|source/*))'
# Pages and lists: indented by what they show, lines as long as their tables
pages='@(*.md|COPYING|MAINTAINERS)'
# Code for Linux looks as its neighbours there, and checkpatch judges it
linux='@(kernel/overlay/*|kernel-headers/*)'

# point WHAT COMMAND...: one point; what COMMAND prints is what is wrong
point() {
	local what=$1 found
	shift
	points=$((points + 1))
	found=$("$@" 2>&1)
	if [[ -z $found ]]; then
		echo "ok $points - $what"
	else
		echo "not ok $points - $what"
		printf '%s\n' "$found" | sed 's/^/# /'
	fi
}

# those PATTERN [EXCEPT]: the files that match the first, and not the second
those() {
	local file
	for file in "${files[@]}"; do
		# shellcheck disable=SC2053 # they are patterns
		[[ $file == $1 && $file != ${2:-} ]] && printf '%s\0' "$file"
	done
}

# grepped OPTION... PATTERN: in the files of stdin, where and what
grepped() {
	xargs -0 -r grep -nHs "$@"
}

# with_line REGEX: the files with such a line, of those that are written here
with_line() {
	those '*' "@($as_it_is|$linux)" | xargs -0 grep -lZE "$1"
}

layout_of_c() {
	those '*.[ch]' "$linux" | xargs -0 -P "$(nproc)" -n 40 clang-format --dry-run --Werror \
		--ferror-limit=1 2>&1 | grep -E 'error:' |
		sed 's/ error: .*/ not as clang-format -i has it/'
}

white_space_at_ends() {
	those '*' "$as_it_is" | grepped -E '[[:space:]]+$'
}

last_lines() {
	those '*' "$as_it_is" | xargs -0 grep -LzP '\n\z' | xargs -rd '\n' wc -c |
		awk '$1 && $2 != "total" { print $2 ": no newline at its end" }'
}

# By spaces in Python, by tabs elsewhere; C has its own point.
indentation() {
	local python
	python=$(with_line '^#!.*/python3' | tr '\0' '|')
	python="@(*.py|${python%|})"
	those "$python" | grepped -P '^ *\t'
	those '*' "@($as_it_is|$pages|$python|*.[ch]|*.@(yaml|yml)|.clang-format)" |
		grepped -P '^ +\t|^ {4}'
}

# A line that is longer because of a string may stay: whoever looks for a message finds it whole.
length_of_lines() {
	# shellcheck disable=SC2016 # awk expands them
	those '*' "@($as_it_is|$pages)" | xargs -0 env LC_ALL=C awk '
		/["'\'']/ { next }
		{
			gsub(/[\200-\277]/, "")	# bytes of a character behind its first
			line = $0
			while (at = index(line, "\t"))
				line = substr(line, 1, at - 1) substr("        ", 1 + (at - 1) % 8) \
					substr(line, at + 1)
			if (length(line) > 100)
				print FILENAME ":" FNR ": " length(line) " columns"
		}
	'
}

# GPL-2.0 is the older spelling of GPL-2.0-only.
licence_lines() {
	# shellcheck disable=SC2016 # awk expands them
	those '*' "$as_it_is" | xargs -0 env LC_ALL=C awk '
		FNR == 1 && NR > 1 && !named { print last ": names no licence in its first two lines" }
		FNR == 1 { named = 0; last = FILENAME }
		FNR <= 2 && sub(/.*SPDX-License-Identifier: /, "") {
			named = 1
			gsub(/[()]|\*\/|-->/, "")
			for (i = 1; i <= NF; i += 2) {
				name = $i == "GPL-2.0" ? "GPL-2.0-only" : $i
				file = "LICENSES/" name ".txt"
				if (!(file in known)) {
					known[file] = (getline text < file) > 0
					close(file)
				}
				if (!known[file])
					print FILENAME ": there is no " file
			}
		}
		END { if (!named) print last ": names no licence in its first two lines" }
	'
}

# The F: lines of all sections, a directory as what is in it
maintained() {
	sed -n 's/^F:\t//p' MAINTAINERS | sed 's,/$,/*,'
}

without_maintainer() {
	local all
	all="@($(maintained | paste -sd '|'))"
	those '*' "$all" | tr '\0' '\n' | sed 's/$/: in no section of MAINTAINERS/'
}

patterns_without_file() {
	local pattern
	maintained | while read -r pattern; do
		those "$pattern" | grep -q . || echo "MAINTAINERS: F: $pattern: no such file"
	done
}

point "C is laid out as .clang-format says" layout_of_c
point "no line ends with white space" white_space_at_ends
point "every file ends with a newline" last_lines
point "files are indented as .editorconfig says" indentation
point "lines have 100 columns at most" length_of_lines
point "every file names its licence, and LICENSES has it" licence_lines
point "every file is in a section of MAINTAINERS" without_maintainer
point "every pattern of MAINTAINERS has a file" patterns_without_file

while IFS= read -rd '' script; do
	point "$script" shellcheck -x "$script"
done < <(with_line '^(#!/bin/(busybox sh|(ba)?sh)|# shellcheck shell=)')

echo "1..$points"
