/* SPDX-License-Identifier: GPL-2.0 OR Linux-OpenIB */
/* Waiting for a capture to grow, until whoever writes it closes it, or SIGINT or SIGTERM comes. */
#ifndef TLPDUMP_FOLLOW_H
#define TLPDUMP_FOLLOW_H

#include <stdbool.h>

struct follow;

/* To be called before the file is read. NULL and errno: what inotify_add_watch(2) says, ENOMEM */
struct follow *follow_create(const char *path);
void follow_destroy(struct follow *follow);

/* For capture_reader_follow(), with a struct follow: true when there may be more */
bool follow_wait(void *follow);

/* A signal has come. */
bool follow_stopped(void);

#endif
