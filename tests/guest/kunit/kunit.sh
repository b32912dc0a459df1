#!/bin/sh
# SPDX-License-Identifier: GPL-2.0 OR Linux-OpenIB
# Runs the KUnit suite of this program's name.
suite=/sys/kernel/debug/kunit/${0##*/}
echo now >"$suite/run" && cat "$suite/results"
