// SPDX-License-Identifier: GPL-2.0 OR Linux-OpenIB
/*
 * All at once, and at random: hints are published and taken back, regions registered, faulted in,
 * queried and destroyed, while the memory is taken away and given again, the device is reset and
 * closed, and the drivers of both sides are unbound. Every call ends with an errno that it can
 * have, every query says something that can be, and at last no entry of the ST table is lost. Needs
 * a NIC with 8 entries.
 *
 * kernel_stress [SEED]: what the threads choose to do is by the seed, when they meet is by chance.
 * After each of a number of epochs, which depends on the tier, they wait for each other.
 */
#include <errno.h>
#include <pthread.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include "entries.h"
#include "exporter.h"
#include "rebind.h"
#include "tap.h"
#include "tier.h"
#include "util/macros.h"
#include "verbs.h"

#define DMABUFS		4
#define MRS		6	/* of one thread */
#define IMPORTERS	2
#define THREADS		(IMPORTERS + 3)

/*
 * Each importer makes so many calls in an epoch, and other things happen once in so many epochs.
 * Calls that fail are fast: with more of them all would be over before the memory comes back.
 */
#define CALLS		2
#define DISTURB_EVERY	3
#define CLOSE_EVERY	20
#define UNBIND_EVERY	90

struct stress {
	/* Held for reading while the device and its dma-bufs are used, for writing to close them */
	pthread_rwlock_t exporting;
	/* Held for reading while a device is opened, for writing while the NIC has no driver */
	pthread_rwlock_t importing;
	pthread_barrier_t epoch;
	unsigned int epochs;
	struct vfio_tph_device *accelerator;
	int dmabuf[DMABUFS];
};

#define MAX_ERRNOS	8

struct call {
	const char *what;
	/* Those it may end with: after that of success each that it may fail with */
	int errnos[MAX_ERRNOS];
};

enum call_id {
	PUBLISH,
	REG,
	REG_REQUIRE,
	PREFETCH,
	QUERY,
	DEREG,
	MEMORY,
	RESET,
	N_CALLS,
};

/* EIO is what a region or context gives whose NIC has lost its driver */
static const struct call calls[N_CALLS] = {
	[PUBLISH] = { "publishing", { 0 } },
	/* The dma-buf is revoked */
	[REG] = { "registering", { 0, ENODEV, EIO } },
	/* Nothing is published, or TPH off; no entry is left; the exporter changes its mind */
	[REG_REQUIRE] = { "registering with REQUIRE",
			  { 0, ENODEV, EIO, EOPNOTSUPP, ENOSPC, EAGAIN } },
	/* Revoked, or refused */
	[PREFETCH] = { "faulting", { 0, ENODEV, EFAULT, EIO } },
	[QUERY] = { "querying", { 0, EIO } },
	[DEREG] = { "destroying", { 0, EIO } },
	[MEMORY] = { "switching memory decoding", { 0 } },
	[RESET] = { "resetting the device", { 0 } },
};

struct thread {
	struct stress *stress;
	void (*role)(struct thread *thread, unsigned int epoch);
	pthread_t thread;
	uint32_t random;
	struct verbs verbs;
	struct verbs_mr mr[MRS];
	bool used[MRS];
	unsigned int count[N_CALLS][MAX_ERRNOS]; /* by the place in struct call, 0 for success */
	unsigned int unexpected[N_CALLS];
	int last[N_CALLS]; /* errno that was not expected */
	unsigned int nonsense;
};

/* xorshift, of George Marsaglia; never 0 */
static uint32_t chance(struct thread *thread, uint32_t below)
{
	uint32_t x = thread->random;

	x ^= x << 13;
	x ^= x >> 17;
	x ^= x << 5;
	thread->random = x;
	return x % below;
}

/* Returns @err, which has been noted. */
static int note(struct thread *thread, enum call_id id, int err)
{
	unsigned int i;

	for (i = 0; i < MAX_ERRNOS; i++) {
		if (calls[id].errnos[i] == err) {
			thread->count[id][i]++;
			return err;
		}
	}
	thread->unexpected[id]++;
	thread->last[id] = err;
	return err;
}

static void publish(struct thread *thread)
{
	struct stress *stress = thread->stress;
	struct vfio_device_feature_dma_buf_tph set = {
		.flags = chance(thread, 4) ? VFIO_DMA_BUF_TPH_ST : 0,
		.steering_tag = chance(thread, 6),
		.ph = chance(thread, 4) ? 1 : 2,
	};

	pthread_rwlock_rdlock(&stress->exporting);
	set.dmabuf_fd = stress->dmabuf[chance(thread, DMABUFS)];
	note(thread, PUBLISH, exporter_set(stress->accelerator, &set));
	pthread_rwlock_unlock(&stress->exporting);
}

/* The NIC has lost its driver, and with it all that it had: again from the start */
static void reopen(struct thread *thread)
{
	verbs_abandon(&thread->verbs);
	memset(thread->used, 0, sizeof(thread->used));
	pthread_rwlock_rdlock(&thread->stress->importing);
	verbs_open(&thread->verbs, "mlx5_");
	pthread_rwlock_unlock(&thread->stress->importing);
}

/* What is registered may be closed at any moment: a copy of its descriptor keeps it */
static int copy_of_dmabuf(struct thread *thread)
{
	struct stress *stress = thread->stress;
	int fd;

	pthread_rwlock_rdlock(&stress->exporting);
	fd = dup(stress->dmabuf[chance(thread, DMABUFS)]);
	pthread_rwlock_unlock(&stress->exporting);
	if (fd < 0)
		tap_bail_out("dup: %s", strerror(errno));
	return fd;
}

static int reg(struct thread *thread, unsigned int slot)
{
	bool require = chance(thread, 2);
	const struct verbs_reg reg = {
		.fd = copy_of_dmabuf(thread),
		.form = chance(thread, 2) ? VERBS_REG_DMABUF_MR : VERBS_REG_MR_FD,
		.tph_namespace = VERBS_NO_ATTR,
		.tph_flags = require ? IB_UVERBS_TPH_REQUIRE : VERBS_NO_ATTR,
		.mandatory = require,
	};
	int err = verbs_reg(&thread->verbs, &reg, &thread->mr[slot]);

	thread->used[slot] = !err;
	close(reg.fd);
	return note(thread, require ? REG_REQUIRE : REG, err);
}

/* What no region can say of itself, whatever happens */
static bool is_nonsense(const struct mlx5_ib_tph_mr_info *info)
{
	if (info->source == MLX5_IB_TPH_SOURCE_EXPORTER)
		return info->tph_namespace != IB_UVERBS_TPH_NS_ST || info->steering_tag > 5 ||
		       (info->ph != 1 && info->ph != 2) ||
		       (info->state != MLX5_IB_TPH_STATE_IN_EFFECT &&
			(info->state != MLX5_IB_TPH_STATE_DEGRADED || info->steering_tag));
	return info->source || info->tph_namespace || info->steering_tag || info->st_index ||
	       info->ph || (info->state && info->state != MLX5_IB_TPH_STATE_REFUSED);
}

static int query(struct thread *thread, unsigned int slot)
{
	struct mlx5_ib_tph_mr_info info;
	int err = verbs_query(&thread->verbs, &thread->mr[slot], &info);

	if (!err && is_nonsense(&info)) {
		thread->nonsense++;
		tap_note("source %u, namespace %u, tag %#x, index %u, ph %u, state %u", info.source,
			 info.tph_namespace, info.steering_tag, info.st_index, info.ph, info.state);
	}
	return note(thread, QUERY, err);
}

static int dereg(struct thread *thread, unsigned int slot)
{
	int err = verbs_dereg(&thread->verbs, &thread->mr[slot]);

	thread->used[slot] = err;
	return note(thread, DEREG, err);
}

static int use(struct thread *thread, unsigned int slot)
{
	switch (chance(thread, 4)) {
	case 0:
		return query(thread, slot);
	case 1:
		return dereg(thread, slot);
	default:
		return note(thread, PREFETCH, verbs_prefetch(&thread->verbs, &thread->mr[slot]));
	}
}

static void import(struct thread *thread)
{
	unsigned int slot = chance(thread, MRS);
	int err = thread->used[slot] ? use(thread, slot) : reg(thread, slot);

	if (err == EIO)
		reopen(thread);
}

static void disturb(struct thread *thread)
{
	struct stress *stress = thread->stress;
	int fd;

	pthread_rwlock_rdlock(&stress->exporting);
	fd = vfio_tph_device_fd(stress->accelerator);
	if (chance(thread, 4)) {
		note(thread, MEMORY, exporter_set_memory_enabled(stress->accelerator, false));
		note(thread, MEMORY, exporter_set_memory_enabled(stress->accelerator, true));
	} else {
		note(thread, RESET, ioctl(fd, VFIO_DEVICE_RESET) ? errno : 0);
	}
	pthread_rwlock_unlock(&stress->exporting);
}

static void open_accelerator(struct stress *stress)
{
	unsigned int i;

	stress->accelerator = exporter_open("TPH_ACC0");
	for (i = 0; i < DMABUFS; i++)
		stress->dmabuf[i] = exporter_export(stress->accelerator);
}

static void close_dmabufs(struct stress *stress)
{
	unsigned int i;

	for (i = 0; i < DMABUFS; i++)
		close(stress->dmabuf[i]);
}

/* The dma-bufs before the device or after it; and sometimes the driver goes, too */
static void close_accelerator(struct thread *thread)
{
	struct stress *stress = thread->stress;
	bool before = chance(thread, 2);

	pthread_rwlock_wrlock(&stress->exporting);
	if (before)
		close_dmabufs(stress);
	vfio_tph_close(stress->accelerator);
	if (!chance(thread, 3))
		rebind("vfio-pci", getenv("TPH_ACC0"));
	if (!before)
		close_dmabufs(stress);
	open_accelerator(stress);
	pthread_rwlock_unlock(&stress->exporting);
}

static void unbind_nic(struct stress *stress)
{
	pthread_rwlock_wrlock(&stress->importing);
	rebind("mlx5_core", getenv("TPH_NIC0"));
	pthread_rwlock_unlock(&stress->importing);
}

static void publish_epoch(struct thread *thread, unsigned int epoch)
{
	(void)epoch;
	publish(thread);
}

static void import_epoch(struct thread *thread, unsigned int epoch)
{
	int i;

	(void)epoch;
	for (i = 0; i < CALLS; i++)
		import(thread);
}

static void disturb_epoch(struct thread *thread, unsigned int epoch)
{
	if (epoch % DISTURB_EVERY == 0)
		disturb(thread);
}

static void remove_epoch(struct thread *thread, unsigned int epoch)
{
	if (epoch % CLOSE_EVERY == CLOSE_EVERY - 1)
		close_accelerator(thread);
	if (epoch % UNBIND_EVERY == UNBIND_EVERY - 1)
		unbind_nic(thread->stress);
}

static void *run(void *arg)
{
	struct thread *thread = arg;
	struct stress *stress = thread->stress;
	unsigned int epoch;

	for (epoch = 0; epoch < stress->epochs; epoch++) {
		pthread_barrier_wait(&stress->epoch);
		thread->role(thread, epoch);
	}
	return NULL;
}

/* Importers come first */
static void start(struct stress *stress, struct thread *threads, uint32_t seed)
{
	static void (*const others[])(struct thread *thread, unsigned int epoch) = {
		publish_epoch,
		disturb_epoch,
		remove_epoch,
	};
	unsigned int i;

	for (i = 0; i < THREADS; i++) {
		threads[i].stress = stress;
		threads[i].random = (seed * THREADS + i) * 2654435761u | 1;
		threads[i].role = i < IMPORTERS ? import_epoch : others[i - IMPORTERS];
		if (i < IMPORTERS)
			verbs_open(&threads[i].verbs, "mlx5_");
	}
	for (i = 0; i < THREADS; i++)
		if (pthread_create(&threads[i].thread, NULL, run, &threads[i]))
			tap_bail_out("no thread");
}

static void finish(struct thread *threads)
{
	unsigned int i;

	for (i = 0; i < THREADS; i++)
		pthread_join(threads[i].thread, NULL);
	/* The NIC may have been without a driver since the last call */
	for (i = 0; i < IMPORTERS; i++)
		verbs_abandon(&threads[i].verbs);
}

static unsigned int count(const struct thread *threads, enum call_id id, unsigned int place)
{
	unsigned int i, sum = 0;

	for (i = 0; i < THREADS; i++)
		sum += threads[i].count[id][place];
	return sum;
}

static void report_call(const struct thread *threads, enum call_id id)
{
	unsigned int i, succeeded = count(threads, id, 0), unexpected = 0;
	int last = 0;

	for (i = 0; i < THREADS; i++) {
		unexpected += threads[i].unexpected[id];
		if (threads[i].unexpected[id])
			last = threads[i].last[id];
	}
	if (!tap_ok(succeeded && !unexpected, "%s: %u times, or with an errno that it can have",
		    calls[id].what, succeeded))
		tap_note("%u times not so, at last %s", unexpected, strerror(last));
	for (i = 1; i < MAX_ERRNOS && calls[id].errnos[i]; i++)
		tap_note("%s: %u times", strerror(calls[id].errnos[i]), count(threads, id, i));
}

static void report(struct stress *stress, const struct thread *threads)
{
	unsigned int i, nonsense = 0;
	struct verbs verbs;
	const struct entries_user user = { &verbs, stress->accelerator, stress->dmabuf[0] };

	for (i = 0; i < N_CALLS; i++)
		report_call(threads, i);
	for (i = 0; i < THREADS; i++)
		nonsense += threads[i].nonsense;
	tap_ok(!nonsense, "every query says something that can be");

	verbs_open(&verbs, "mlx5_");
	entries_expect_free(&user, "after all that");
	verbs_close(&verbs);
}

int main(int argc, char **argv)
{
	struct stress stress = {
		.exporting = PTHREAD_RWLOCK_INITIALIZER,
		.importing = PTHREAD_RWLOCK_INITIALIZER,
		.epochs = tier_rounds(180, 600),
	};
	uint32_t seed = argc > 1 ? strtoul(argv[1], NULL, 0) : 1;
	struct thread threads[THREADS] = {};

	pthread_barrier_init(&stress.epoch, NULL, THREADS);
	open_accelerator(&stress);

	tap_plan(N_CALLS + 1 + 2);
	tap_note("%u epochs, seed %u", stress.epochs, seed);
	start(&stress, threads, seed);
	finish(threads);
	report(&stress, threads);

	close_dmabufs(&stress);
	vfio_tph_close(stress.accelerator);
	return tap_status();
}
