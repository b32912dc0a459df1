// SPDX-License-Identifier: GPL-2.0 OR Linux-OpenIB
/*
 * Owners who do anything: features with any flags, structures of any size, anything written to the
 * capability, resets, sources that come and go, all at once and at random, from two processes one
 * of which closes the device in the middle. The kernel bears it, and the device's control register
 * never has a value that the stage does not allow, nor its table a tag that no source had: not the
 * guest says so, but the model, which sees the register itself.
 *
 * requester_hostile [SEED]: what is called is by the seed, when it meets is by chance.
 */
#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include "control.h"
#include "edge.h"
#include "exporter.h"
#include "feature.h"
#include "seen.h"
#include "sources.h"
#include "state.h"
#include "tap.h"
#include "tier.h"
#include "tph_regs.h"
#include "util/macros.h"
#include "vectors.h"

#define THREADS 2 /* of each of two processes */
#define EPOCHS	2 /* of a stage: in all but the last the device is closed in the middle of calls */
#define DESTS	80

struct attack {
	struct device device;
	struct sources sources;
	unsigned int calls; /* of a thread */
	uint32_t costly;    /* one in so many of them is */
	bool closes;        /* this process closes the device when half of them are made */
	atomic_uint impossible;
};

struct thread {
	struct attack *attack;
	pthread_t thread;
	unsigned int number;
	uint32_t random;
};

/* xorshift, of George Marsaglia; never 0 */
static uint32_t any(struct thread *thread)
{
	uint32_t x = thread->random;

	x ^= x << 13;
	x ^= x >> 17;
	x ^= x << 5;
	thread->random = x;
	return x;
}

static uint32_t below(struct thread *thread, uint32_t limit)
{
	return any(thread) % limit;
}

static bool one_in(struct thread *thread, uint32_t limit)
{
	return !below(thread, limit);
}

/* Mostly what could be meant */
static uint32_t any_flags(struct thread *thread)
{
	static const uint32_t flags[] = {
		VFIO_DEVICE_TPH_SRC_DMABUF,
		VFIO_DEVICE_TPH_SRC_DMABUF | VFIO_DEVICE_TPH_EXTENDED,
		VFIO_DEVICE_TPH_SRC_DMABUF | VFIO_DEVICE_TPH_REQUIRE_ST,
		VFIO_DEVICE_TPH_SRC_DMABUF | VFIO_DEVICE_TPH_EXTENDED | VFIO_DEVICE_TPH_REQUIRE_ST,
		VFIO_DEVICE_TPH_SRC_NONE,
		VFIO_DEVICE_TPH_SRC_LITERAL,
		VFIO_DEVICE_TPH_SRC_LITERAL | VFIO_DEVICE_TPH_EXTENDED,
		VFIO_DEVICE_TPH_SRC_CPU_VOLATILE | VFIO_DEVICE_TPH_EXTENDED,
		VFIO_DEVICE_TPH_SRC_CPU_PERSISTENT,
	};

	return one_in(thread, 8) ? any(thread) : flags[below(thread, ARRAY_SIZE(flags))];
}

static uint32_t any_source(struct thread *thread)
{
	if (one_in(thread, 16))
		return any(thread);
	if (one_in(thread, 16))
		return below(thread, 64);
	return thread->attack->sources.fds[below(thread, SOURCES)];
}

static void call_program(struct thread *thread)
{
	uint32_t dests[DESTS];
	uint16_t start = one_in(thread, 8) ? any(thread) : below(thread, 64);
	uint16_t count = one_in(thread, 8) ? any(thread) : below(thread, 8);
	bool unmapped = one_in(thread, 16) || count > DESTS;
	int ret;

	for (unsigned int i = 0; i < DESTS; i++)
		dests[i] = any_source(thread);
	ret = feature_program(&thread->attack->device, any_flags(thread), start, count,
			      unmapped ? edge(8) : dests);
	if (ret > count)
		thread->attack->impossible++;
}

static void call_resolve(struct thread *thread)
{
	struct vfio_device_feature_tph_resolve resolved;
	uint32_t flags = any_flags(thread);

	if (!feature_resolve(&thread->attack->device, flags, any_source(thread), &resolved) &&
	    (resolved.valid & ~3u || resolved.ph > 3 ||
	     (!(flags & VFIO_DEVICE_TPH_EXTENDED) && resolved.st > 0xff)))
		thread->attack->impossible++;
}

/* Any size, any operation of any feature there is, and a structure that may not be there */
static void call_anything(struct thread *thread)
{
	static const uint32_t indices[] = { VFIO_DEVICE_FEATURE_TPH, VFIO_DEVICE_FEATURE_TPH_ST,
					    VFIO_DEVICE_FEATURE_TPH_RESOLVE };
	struct vfio_device_feature *feature;
	uint8_t bytes[sizeof(*feature) + 64];
	uint32_t flags = (any(thread) & 7) << 16 | indices[below(thread, ARRAY_SIZE(indices))];

	for (unsigned int i = 0; i < sizeof(bytes); i++)
		bytes[i] = one_in(thread, 2) ? 0 : any(thread);
	feature = (void *)bytes;
	if (one_in(thread, 4))
		feature = edge(sizeof(*feature) + 4 * below(thread, 8));
	feature->argsz = one_in(thread, 8) ? any(thread) : below(thread, sizeof(bytes));
	feature->flags = flags;
	feature_raw(&thread->attack->device, feature);
}

static void call_older(struct thread *thread)
{
	struct vfio_pci_tph tph = {
		.argsz = one_in(thread, 8) ? any(thread) : sizeof(tph),
		.mode = one_in(thread, 4) ? any(thread) : below(thread, 4),
		.op = below(thread, 4),
		.ent = { .cpu_id = one_in(thread, 4) ? any(thread) : below(thread, 4),
			 .mem_type = below(thread, 3),
			 .rsvd = any(thread),
			 .index = one_in(thread, 4) ? any(thread) : below(thread, 66) },
	};

	ioctl(thread->attack->device.fd, VFIO_DEVICE_PCI_TPH, &tph);
}

static void call_opt_in(struct thread *thread)
{
	feature_opt_in(&thread->attack->device);
}

/* What a closed device says to it, nobody cares; else it is @len bytes. */
static void check_len(struct thread *thread, ssize_t got, unsigned int len)
{
	if (got >= 0 && got != len)
		thread->attack->impossible++;
}

/* Mostly all of it, and what could be meant */
static void call_control(struct thread *thread)
{
	const struct device *device = &thread->attack->device;
	bool all = !one_in(thread, 4);
	unsigned int offset = all ? PCI_TPH_CTRL : PCI_TPH_CTRL + below(thread, 4);
	unsigned int len = all ? 4 : 1 + below(thread, 4);
	uint32_t value = one_in(thread, 4) ? any(thread) : below(thread, 4) | below(thread, 4) << 8;

	check_len(thread, pwrite(device->fd, &value, len, device->config + device->tph + offset),
		  len);
}

/* Anything of the capability is read, and what is not control also written, in any piece. */
static void call_registers(struct thread *thread)
{
	const struct device *device = &thread->attack->device;
	unsigned int offset = below(thread, device_tph_end(device) - device->tph + 4);
	unsigned int len = 1 + below(thread, 4);
	off_t at = device->config + device->tph + offset;
	uint32_t value = any(thread);

	if ((offset + len <= PCI_TPH_CTRL || offset >= PCI_TPH_CTRL + 4) && one_in(thread, 2))
		check_len(thread, pwrite(device->fd, &value, len, at), len);
	else
		check_len(thread, pread(device->fd, &value, len, at), len);
}

static void call_reset(struct thread *thread)
{
	const struct device *device = &thread->attack->device;
	unsigned int at = device_capability(device, PCI_CAP_ID_EXP) + PCI_EXP_DEVCTL;
	uint16_t control = PCI_EXP_DEVCTL_BCR_FLR;

	if (one_in(thread, 2))
		ioctl(device->fd, VFIO_DEVICE_RESET);
	else if (pwrite(device->fd, &control, sizeof(control), device->config + at) < 0)
		return;
}

/* Sources lose their tag, and their memory, and get them back */
static void call_sources(struct thread *thread)
{
	struct sources *sources = &thread->attack->sources;

	if (one_in(thread, 4))
		exporter_set_memory_enabled(sources->owner, one_in(thread, 2));
	else
		sources_publish(sources, below(thread, SOURCE_SILENT), one_in(thread, 2));
}

static void call_vectors(struct thread *thread)
{
	vectors_try(&thread->attack->device, below(thread, 17));
}

struct call {
	void (*call)(struct thread *thread);
	unsigned int share; /* of 100 */
};

/* What reaches the device, and takes a hundred times as long */
static const struct call costly[] = {
	{ call_program, 50 }, { call_control, 20 }, { call_older, 20 },
	{ call_sources, 6 },  { call_vectors, 2 },  { call_reset, 2 },
};

/* What mostly ends before */
static const struct call cheap[] = {
	{ call_resolve, 30 },
	{ call_anything, 46 },
	{ call_registers, 20 },
	{ call_opt_in, 4 },
};

static void call_one(struct thread *thread)
{
	const struct call *call = one_in(thread, thread->attack->costly) ? costly : cheap;
	uint32_t chosen = below(thread, 100);

	for (; chosen >= call->share; call++)
		chosen -= call->share;
	call->call(thread);
}

static void *run(void *arg)
{
	struct thread *thread = arg;
	struct attack *attack = thread->attack;

	for (unsigned int i = 0; i < attack->calls; i++) {
		/* Others are in the middle of theirs, and go on with what is closed. */
		if (attack->closes && !thread->number && i == attack->calls / 2)
			vfio_tph_close(attack->device.vfio);
		call_one(thread);
	}
	return NULL;
}

static void run_threads(struct attack *attack, uint32_t seed)
{
	struct thread threads[THREADS];

	for (unsigned int i = 0; i < THREADS; i++) {
		threads[i] = (struct thread){
			.attack = attack,
			.number = i,
			.random = seed ^ (0x9e3779b9 * (i + 1)) ?: 1,
		};
		pthread_create(&threads[i].thread, NULL, run, &threads[i]);
	}
	for (unsigned int i = 0; i < THREADS; i++)
		pthread_join(threads[i].thread, NULL);
}

/* Two processes have the device, and this one may close it; the other one does so by its end. */
static void run_epoch(struct attack *attack, uint32_t seed, bool closes)
{
	int status;
	pid_t child;

	device_open(&attack->device);
	fflush(stdout);
	child = fork();
	if (!child) {
		attack->closes = false;
		run_threads(attack, ~seed);
		_exit(attack->impossible != 0);
	}
	attack->closes = closes;
	run_threads(attack, seed);
	if (child < 0 || waitpid(child, &status, 0) != child || status)
		attack->impossible++;
	exporter_set_memory_enabled(attack->sources.owner, true);
}

/* Below the stage of literal tags, those that a source has */
static void test_tags(int control, const char *model, unsigned int stage)
{
	uint32_t entries[STATE_ENTRIES], wrong = 0;
	unsigned int count = control_tph(control, model, "entries", entries, ARRAY_SIZE(entries));

	for (unsigned int i = 0; i < count && stage < 3; i++)
		wrong += entries[i] && entries[i] != SOURCE_ST && entries[i] != SOURCE_ST_EXT;
	tap_ok(!wrong, "%s, stage %u: all tags in the table are those of a source", model, stage);
}

/* The device is closed: of the last owner there is nothing left. */
static void test_left(const struct device *device, const char *model, unsigned int stage)
{
	bool clean = true;

	for (unsigned int at = device->tph + PCI_TPH_CTRL; at < device_tph_end(device); at += 4)
		clean &= !device_real(device, at, 4);
	tap_ok(clean, "%s, stage %u: closed, it has nothing of it", model, stage);
}

static void test_stage(struct attack *attack, int control, const char *variable, const char *model,
		       unsigned int stage, uint32_t seed)
{
	device_find(&attack->device, variable);
	stage_set(stage);
	control_tph_forget(control, model);
	attack->impossible = 0;
	for (unsigned int i = 0; i < EPOCHS - 1; i++)
		run_epoch(attack, seed + 0x1000 * stage + i, true);
	run_epoch(attack, ~seed + 0x1000 * stage, false);
	tap_ok(!attack->impossible, "%s, stage %u: no call returns what it cannot", model, stage);
	test_tags(control, model, stage);
	device_close(&attack->device);
	seen_ok(control, model, &attack->device, stage, "at random");
	test_left(&attack->device, model, stage);
	device_put(&attack->device);
}

int main(int argc, char **argv)
{
	uint32_t seed = argc > 1 ? strtoul(argv[1], NULL, 0) : 1;
	unsigned int before = stage_set(0), all = tier_rounds(6400, 1000000);
	static struct attack attack;
	struct devices devices;
	int control = control_open();

	edge(0); /* before there are threads */
	/* Two devices in each stage, two processes in each epoch */
	attack.calls = all / (2 * STAGES * EPOCHS * 2 * THREADS);
	attack.costly = tier_rounds(8, 200);
	devices_find(&devices);
	sources_open(&attack.sources, devices.other);
	tap_plan(2 * STAGES * 4);
	tap_note("seed %u, %u calls", seed, all);
	for (unsigned int stage = 0; stage < STAGES; stage++) {
		test_stage(&attack, control, devices.requesters[0], "acc0", stage, seed);
		test_stage(&attack, control, devices.requesters[3], "acc3", stage, seed);
	}
	sources_close(&attack.sources);
	close(control);
	stage_set(before);
	return tap_status();
}
