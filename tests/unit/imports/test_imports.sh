#!/bin/sh
# SPDX-License-Identifier: GPL-2.0 OR Linux-OpenIB
# usage: test_imports.sh LIBRARY
# What a library must not call. It says what is wrong by errno and reasons: it prints nothing, and
# ends no process. Threads share what these functions use, and after a fork() the child has them in
# whatever state they were: environment, signals, handlers, locale, static buffers of libc.
set -eu

must_not() {
	cat <<-END
		printf vprintf fprintf vfprintf dprintf vdprintf puts fputs putc fputc putchar
		fwrite write perror psignal syslog vsyslog warn warnx err errx error stdout stderr
		exit _exit _Exit quick_exit abort __assert_fail raise kill
		getenv secure_getenv setenv putenv unsetenv clearenv environ
		signal sigaction sigprocmask pthread_sigmask alarm setitimer
		atexit on_exit pthread_atfork fork vfork system popen posix_spawn
		setlocale strerror strtok localtime gmtime ctime asctime getpwnam getpwuid
		gethostbyname rand srand umask chdir setuid seteuid
	END
}

# __fprintf_chk is fprintf of a build with _FORTIFY_SOURCE.
found=$(nm -D --undefined-only "$1" | awk '{ print $2 }' |
	sed 's/@.*//; s/^__\(.*\)_chk$/\1/' | sort -u |
	grep -xF "$(must_not | tr -s ' \t' '\n')" || true)
[ -z "$found" ] || { echo "$1 calls" "$found" >&2; exit 1; }
