/* SPDX-License-Identifier: GPL-2.0 OR Linux-OpenIB */
/*
 * Reports on registrations. The preloaded library defines the functions that begin with report_, as
 * each has its own wording; the rest is shared.
 */
#ifndef SHIM_REPORT_H
#define SHIM_REPORT_H

#include <stdbool.h>

#include <json-c/json.h>

#include "registration.h"

/* Whether reports on new regions are wanted. */
bool report_wanted(void);

/* A memory region was registered. */
void report_registered(const struct registration *registration);

/* A memory region was destroyed. What it carried until then is known. */
void report_ended(const struct registration *registration);

/* The process ends while the region exists, or it was destroyed without our knowledge. */
void report_left(const struct registration *registration);

/* A registration failed. */
void report_failed(const struct registration *registration);

/* Whether the hints of @registration are those that were asked for. */
bool effect_is_as_asked(const struct registration *registration);

/*
 * Whether it failed because a tag is required: without that, no registration is refused for lack of
 * a tag.
 */
bool effect_is_refusal(const struct registration *registration);

/* Why there is no tag, a clause for the user to read: asks the device, as it is now. */
const char *effect_obstacle(const struct registration *registration);

/* Names of enum mlx5dv_tph_source and enum mlx5dv_tph_state; "?" for later ones. */
const char *effect_source(uint32_t source);
const char *effect_state(uint32_t state);

/* The beginning of a line of JSON, its members "event", "process" and "rdma_device", keys and size
 * of a region, and its end: what was asked for and what is in effect.
 */
struct json_object *json_line_begin(const struct registration *registration, const char *event);
void json_line_add_asked(struct json_object *line, const struct registration *registration);
void json_line_add_effect(struct json_object *line, const struct registration *registration);

/* Append it to the file @path, which all processes may have in common, by one write(); @line is
 * given up. The file is not kept open: programs close descriptors that they did not open, and use
 * their numbers. Returns 0 or a positive errno.
 */
int json_line_append(struct json_object *line, const char *path);

#endif
