// SPDX-License-Identifier: GPL-2.0 OR Linux-OpenIB
/* The registry: names, and when a fault point hits. */
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <cmocka.h>

#include "base/registry.h"

static int make_registry(void **state)
{
	*state = registry_create();
	return !*state;
}

static int free_registry(void **state)
{
	registry_destroy(*state);
	return 0;
}

static void append(void *context, const char *device, const char *name, uint64_t value)
{
	sprintf((char *)context + strlen(context), "%s.%s=%d ", device, name, (int)value);
}

static void values_are_shown_live(void **state)
{
	struct registry *registry = *state;
	uint64_t qp = 1, cq = 2, sent = 3;
	char text[256] = "";
	const struct registry_visitor visitor = { .value = append, .context = text };

	assert_int_equal(registry_add_value(registry, REGISTRY_OBJECT, "nic0", "qp", &qp), 0);
	assert_int_equal(registry_add_value(registry, REGISTRY_OBJECT, "nic1", "cq", &cq), 0);
	assert_int_equal(registry_add_value(registry, REGISTRY_COUNTER, "nic0", "qp", &sent), 0);
	assert_int_equal(registry_add_value(registry, REGISTRY_OBJECT, "nic0", "qp", &cq), -EEXIST);
	qp = 7;
	registry_visit(registry, REGISTRY_OBJECT, NULL, &visitor);
	assert_string_equal(text, "nic0.qp=7 nic1.cq=2 ");
	text[0] = '\0';
	registry_visit(registry, REGISTRY_COUNTER, "nic0", &visitor);
	assert_string_equal(text, "nic0.qp=3 ");
}

static void removed_devices_are_forgotten(void **state)
{
	struct registry *registry = *state;
	struct fault_point fault = { .name = "command", .actions = FAULT_FAIL };
	struct registry_switch port = { .name = "port1" };
	uint64_t qp = 1;

	registry_add_value(registry, REGISTRY_OBJECT, "nic0", "qp", &qp);
	assert_int_equal(registry_add_fault(registry, "nic0", &fault), 0);
	assert_int_equal(registry_add_switch(registry, "nic0", &port), 0);
	assert_int_equal(registry_add_fault(registry, "nic0", &fault), -EEXIST);
	assert_int_equal(registry_add_switch(registry, "nic0", &port), -EEXIST);
	assert_true(registry_has_device(registry, "nic0"));
	assert_ptr_equal(registry_find_fault(registry, "nic0", "command"), &fault);
	assert_ptr_equal(registry_find_switch(registry, "nic0", "port1"), &port);
	assert_null(registry_find_fault(registry, "nic1", "command"));
	registry_remove(registry, "nic0");
	assert_false(registry_has_device(registry, "nic0"));
	assert_null(registry_find_fault(registry, "nic0", "command"));
	assert_null(registry_find_switch(registry, "nic0", "port1"));
}

static void faults_are_walked(void **state)
{
	struct registry *registry = *state;
	struct fault_point a = { .name = "a" }, b = { .name = "b" }, other = { .name = "c" };

	registry_add_fault(registry, "nic0", &a);
	registry_add_fault(registry, "nic1", &other);
	registry_add_fault(registry, "nic0", &b);
	assert_ptr_equal(registry_next_fault(registry, "nic0", NULL), &a);
	assert_ptr_equal(registry_next_fault(registry, "nic0", &a), &b);
	assert_null(registry_next_fault(registry, "nic0", &b));
}

static void faults_hit_what_was_asked_for(void **state)
{
	struct fault_point fault = { .name = "command", .actions = FAULT_FAIL };

	assert_int_equal(fault_check(&fault, 5), FAULT_NONE);
	assert_int_equal(fault_arm(&fault, FAULT_FAIL, 5, 22, 1, 2), 0);
	assert_int_equal(fault_check(&fault, 4), FAULT_NONE);
	assert_int_equal(fault_check(&fault, 5), FAULT_NONE);
	assert_int_equal(fault_check(&fault, 5), FAULT_FAIL);
	assert_int_equal(fault.value, 22);
	assert_int_equal(fault_check(&fault, 4), FAULT_NONE);
	assert_int_equal(fault_check(&fault, 5), FAULT_FAIL);
	assert_int_equal(fault_check(&fault, 5), FAULT_NONE);
	assert_int_equal(fault.hits, 2);
	assert_int_equal(fault_arm(&fault, FAULT_FAIL, FAULT_ANY_KEY, 0, 0, 1), 0);
	assert_int_equal(fault_check(&fault, 4), FAULT_FAIL);
}

static int releases;

static void count_release(struct fault_point *fault)
{
	/* What is kept back checks again when it goes on, and must not be caught once more. */
	assert_int_equal(fault_check(fault, 0), FAULT_NONE);
	releases++;
}

static void stalls_end_on_release_and_rearming(void **state)
{
	struct fault_point fault = {
		.name = "umr",
		.actions = FAULT_STALL,
		.released = count_release,
	};

	releases = 0;
	assert_int_equal(fault_arm(&fault, FAULT_FAIL, 0, 0, 0, 1), -EOPNOTSUPP);
	assert_int_equal(fault_arm(&fault, FAULT_NONE, 0, 0, 0, 1), -EOPNOTSUPP);
	assert_int_equal(fault_arm(&fault, FAULT_STALL, 0, 0, 0, 0), -EINVAL);
	assert_int_equal(fault_arm(&fault, FAULT_STALL, 0, 256, 0, 1), -ERANGE);
	assert_int_equal(releases, 0);
	assert_int_equal(fault_arm(&fault, FAULT_STALL, FAULT_ANY_KEY, 0, 0, 9), 0);
	assert_int_equal(releases, 1);
	assert_int_equal(fault_check(&fault, 0), FAULT_STALL);
	fault_release(&fault);
	assert_int_equal(releases, 2);
	assert_int_equal(fault_check(&fault, 0), FAULT_NONE);
}

#define REGISTRY_TEST(name) cmocka_unit_test_setup_teardown(name, make_registry, free_registry)

int main(void)
{
	const struct CMUnitTest tests[] = {
		REGISTRY_TEST(values_are_shown_live),
		REGISTRY_TEST(removed_devices_are_forgotten),
		REGISTRY_TEST(faults_are_walked),
		cmocka_unit_test(faults_hit_what_was_asked_for),
		cmocka_unit_test(stalls_end_on_release_and_rearming),
	};

	return cmocka_run_group_tests_name("registry", tests, NULL, NULL);
}
