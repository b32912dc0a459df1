#!/bin/bash
# SPDX-License-Identifier: GPL-2.0 OR Linux-OpenIB
# What ./lab run promises of the command: arguments, bytes and exit codes pass unchanged. Runs in
# the tools root, as ./lab test starts it, and in a mount name space of its own.
set -u
cd "$(dirname "$(realpath "$0")")/../.." || exit
[[ ${1:-} == apart ]] || exec unshare --mount "$0" apart
. tests/lib/tap.sh
. tests/lib/lab_run.sh

printf '%b' "$(printf '\\x%x' {0..255})" >"$work/bytes"

share="$work/a share, with a comma"
mkdir "$share"
lab_run --share "$share" --no-nic --no-accelerator -- \
	sh -c 'lspci | grep -c 15b3: >/run/lab/share/nics; cat; exit 7' <"$work/bytes"
check "the exit code is the command's" same "$status" 7
check "stdin and stdout pass every byte" cmp "$work/bytes" "$work/out"
check "and the lab says nothing" same "$(<"$work/err")" ""
check "what the guest leaves in a shared directory is there" same "$(<"$share/nics")" 0

lab_run --capture "$work/capture" -- sh -c 'uname -r; echo two >/dev/stderr; nonesuch'
check "our kernel runs" grep -q rdma-tph "$work/out"
check "stdout has stdout only" same "$(wc -l <"$work/out")" 1
check "stderr can be opened again" says two
check "a command that does not exist gives 127" same "$status" 127
check "a capture is left" same "$(head -c 4 "$work/capture" | od -An -tx1)" ' 0a 0d 0d 0a'

lab_run --nic no-such-key=1 -- true
check "an option that a model does not have gives 125" same "$status" 125
check "and softfabric's own message" says 'no-such-key'

# Where KVM would work, this takes it away, from the test's own runs only.
[[ ! -e /dev/kvm ]] || mount --bind /dev/null /dev/kvm
# shellcheck disable=SC2016 # nobody is to expand it
lab_run --accel kvm -- printf '%s|' 'two words' "it's" $'a\nb' '$HOME' '' '*'
check "without KVM the guest is emulated" same "$status" 0
check "which is said" says 'the guest is emulated, as QEMU cannot use KVM here: '
check "arguments arrive as they were" same "$(<"$work/out")" $'two words|it\'s|a\nb|$HOME||*|'

checked
