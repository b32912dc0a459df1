/* SPDX-License-Identifier: GPL-2.0 OR Linux-OpenIB */
/*
 * What devices show to the outside and let it change: counters, object counts, switches and fault
 * points, each under the name of its device ("nic0") and its own ("qp").
 *
 * Devices register variables that they have in any case. So counting costs an increment, and a
 * fault point that is not armed costs a load. The control socket (control/) makes them available to
 * users; nothing here knows about it.
 *
 * Names are not copied: pass string literals, or strings that outlive the registration.
 */
#ifndef SOFTFABRIC_REGISTRY_H
#define SOFTFABRIC_REGISTRY_H

#include <stdbool.h>
#include <stdint.h>

struct registry;

enum registry_kind {
	REGISTRY_COUNTER, /* only ever grows: events, bytes */
	REGISTRY_OBJECT,  /* how many of a kind exist now; 0 when the guest left nothing behind */
	REGISTRY_GAUGE,   /* any other state worth seeing */
};

/** registry_create() - Return: an empty registry, or NULL with errno ENOMEM. */
struct registry *registry_create(void);

/** registry_destroy() - free the registry, not what is registered in it. */
void registry_destroy(struct registry *registry);

/**
 * registry_add_value() - show a variable.
 * @device: name of the device
 * @name: name of the value, unique in the device and kind
 * @value: the live variable; must stay valid until registry_remove()
 *
 * Return: 0; -ENOMEM; -EEXIST when the name is taken.
 */
int registry_add_value(struct registry *registry, enum registry_kind kind, const char *device,
		       const char *name, const uint64_t *value);

/*
 * A switch: something with two positions that can be operated from outside, such as a link.
 * Embed it in the device and find the device with container_of().
 */
struct registry_switch {
	const char *name;
	bool (*get)(struct registry_switch *sw);
	void (*set)(struct registry_switch *sw, bool on);
};

/** registry_add_switch() - let @sw be operated. Return: 0; -ENOMEM; -EEXIST (name taken). */
int registry_add_switch(struct registry *registry, const char *device, struct registry_switch *sw);

/*
 * A fault point: a place in a device where the next N events can be made to stall or to fail.
 * The device calls fault_check() where the event would take effect and does what it says.
 */
enum fault_action {
	FAULT_NONE = 0,
	FAULT_STALL = 1 << 0, /* keep it back until released() is called */
	FAULT_FAIL = 1 << 1,  /* fail it, with fault->value as status where the place has one */
};

#define FAULT_ANY_KEY UINT64_MAX

struct fault_point {
	const char *name;     /* "command", "umr", "completion", "doorbell" ... */
	unsigned int actions; /* the fault_action bits that this place can do */
	/*
	 * Called when stalling ended ("release", or another fault is armed): whatever was kept back
	 * goes on now. NULL for a point without FAULT_STALL.
	 */
	void (*released)(struct fault_point *fault);

	/* Filled by fault_arm(), read by the device. */
	enum fault_action action;
	uint64_t key;       /* only events with this key, or FAULT_ANY_KEY */
	uint8_t value;      /* for FAULT_FAIL: which status; 0 is the place's default */
	uint64_t skip;      /* let so many matching events pass first */
	uint64_t remaining; /* events still to be hit; 0: not armed */
	uint64_t hits;      /* events hit since the start of softfabric */
};

/** fault_take() - the slow half of fault_check(). */
enum fault_action fault_take(struct fault_point *fault, uint64_t key);

/**
 * fault_check() - what to do with the event at hand.
 * @key: what a user can select events by (opcode of a command, number of a QP or mkey ...), 0 where
 *	there is nothing to select
 *
 * Return: FAULT_NONE, or the armed action; each call that returns an action uses up one.
 */
static inline enum fault_action fault_check(struct fault_point *fault, uint64_t key)
{
	return __builtin_expect(fault->remaining != 0, 0) ? fault_take(fault, key) : FAULT_NONE;
}

/**
 * fault_arm() - hit @count matching events after @skip of them; replaces what was armed, and
 * releases what that kept back.
 *
 * Return: 0; -EOPNOTSUPP when this point cannot do @action; -EINVAL for a @count of 0; -ERANGE for
 * a @value above 255, the largest status there is.
 */
int fault_arm(struct fault_point *fault, enum fault_action action, uint64_t key, uint64_t value,
	      uint64_t skip, uint64_t count);

/** fault_release() - disarm, and let what was kept back go on. */
void fault_release(struct fault_point *fault);

/** registry_add_fault() - let @fault be armed. Return: 0; -ENOMEM; -EEXIST (name taken). */
int registry_add_fault(struct registry *registry, const char *device, struct fault_point *fault);

/** registry_remove() - forget all that @device registered. */
void registry_remove(struct registry *registry, const char *device);

/*
 * For readers (the control socket).
 */
struct registry_visitor {
	void (*value)(void *context, const char *device, const char *name, uint64_t value);
	void *context;
};

/** registry_visit() - show each value of @kind, of @device or of all (NULL), in order of entry. */
void registry_visit(struct registry *registry, enum registry_kind kind, const char *device,
		    const struct registry_visitor *visitor);

/** registry_has_device() - whether anything is registered under that name. */
bool registry_has_device(struct registry *registry, const char *device);

/** registry_find_fault() - Return: the fault point, or NULL. */
struct fault_point *registry_find_fault(struct registry *registry, const char *device,
					const char *name);

/** registry_find_switch() - Return: the switch, or NULL. */
struct registry_switch *registry_find_switch(struct registry *registry, const char *device,
					     const char *name);

/** registry_next_fault() - walk the fault points of @device; pass NULL first. NULL ends. */
struct fault_point *registry_next_fault(struct registry *registry, const char *device,
					const struct fault_point *previous);

#endif
