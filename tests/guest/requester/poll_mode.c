// SPDX-License-Identifier: GPL-2.0 OR Linux-OpenIB
/*
 * A program as poll-mode drivers have it, from its start to its end and again: nothing of it is
 * from <linux/vfio_tph.h>, the structures are its own copy and the ioctl is a number, as in what
 * was built years ago. Each queue is of a thread on one CPU, which programs the queue's entry; what
 * the device writes for the queue then carries the tag of that CPU. Needs the machine of cpus.c.
 */
#include <assert.h>
#include <errno.h>
#include <pthread.h>
#include <sched.h>
#include <stddef.h>
#include <string.h>
#include <sys/ioctl.h>
#include <unistd.h>
#include <linux/vfio.h>

#include "arrivals.h"
#include "control.h"
#include "engine.h"
#include "tap.h"
#include "util/macros.h"
#include "verdict.h"

#define TPH_IOCTL   _IO(';', 122)
#define TPH_ENABLE  0
#define TPH_DISABLE 1
#define TPH_SET_ST  2

#define TPH_DEVICE_SPECIFIC 2

#define TPH_VOLATILE   0
#define TPH_PERSISTENT 1

struct tph {
	uint32_t argsz;
	uint32_t mode;
	uint32_t op;
	struct tph_entry {
		uint32_t cpu;
		uint8_t memory_type;
		uint8_t reserved;
		uint16_t index;
	} entry;
};

static_assert(sizeof(struct tph) == 20 && offsetof(struct tph, entry) == 12, "no holes");
static_assert(offsetof(struct tph_entry, memory_type) == 4 &&
		      offsetof(struct tph_entry, index) == 6,
	      "no holes");

#define CPUS 2 /* that the program runs on */
#define PH   2

struct program {
	struct device device;
	struct engine engine;
	int control;
	uint64_t memory; /* of TPH_ACC2, where the device writes */
	unsigned int starts;
};

static const struct {
	uint16_t index;
	uint8_t memory_type;
} queues[] = {
	{ 0, TPH_VOLATILE },
	{ 1, TPH_VOLATILE },
	{ 2, TPH_PERSISTENT },
	{ 63, TPH_VOLATILE },
};

struct worker {
	const struct program *program;
	unsigned int queue;
	int err;
};

/* Each start has it the other way round. */
static unsigned int cpu_of(const struct program *program, unsigned int queue)
{
	return (queue + program->starts) % CPUS;
}

/* What lab.d/firmware/steering.asl has for 16-bit requests */
static unsigned int tag_of(const struct program *program, unsigned int queue)
{
	unsigned int kind = queues[queue].memory_type == TPH_PERSISTENT ? 0x8100 : 0x4100;

	return kind + cpu_of(program, queue);
}

static int operate(const struct program *program, struct tph *tph)
{
	tph->argsz = sizeof(*tph);
	return ioctl(program->device.fd, TPH_IOCTL, tph) ? errno : 0;
}

/* Runs where the queue is served. */
static void *set_entry(void *arg)
{
	struct worker *worker = arg;
	struct tph tph = {
		.op = TPH_SET_ST,
		.entry = {
			.cpu = sched_getcpu(),
			.memory_type = queues[worker->queue].memory_type,
			.index = queues[worker->queue].index,
		},
	};

	worker->err = operate(worker->program, &tph);
	return NULL;
}

static void run_on(unsigned int cpu, struct worker *worker)
{
	pthread_attr_t attr;
	pthread_t thread;
	cpu_set_t set;

	CPU_ZERO(&set);
	CPU_SET(cpu, &set);
	pthread_attr_init(&attr);
	if (pthread_attr_setaffinity_np(&attr, sizeof(set), &set) ||
	    pthread_create(&thread, &attr, set_entry, worker))
		tap_bail_out("no thread on CPU %u", cpu);
	pthread_join(thread, NULL);
	pthread_attr_destroy(&attr);
}

static void set_entries(const struct program *program, const char *when)
{
	struct verdict verdict = { 0 };

	for (unsigned int i = 0; i < ARRAY_SIZE(queues); i++) {
		struct worker worker = { .program = program, .queue = i };

		run_on(cpu_of(program, i), &worker);
		if (worker.err)
			verdict_wrong(&verdict, "queue %u: %s", i, strerror(worker.err));
	}
	verdict_ok(&verdict, "%s: each queue's thread programs its entry", when);
}

static bool write_arrives(const struct program *program, unsigned int queue, bool hints)
{
	const struct engine_job job = { program->memory, queues[queue].index, 0, PH };
	const struct arrivals_kind tagged = { "st_ext", tag_of(program, queue), PH, 1 };
	const struct arrivals_kind plain = { "none", 0, 0, 1 };
	struct arrivals before;

	arrivals_take(program->control, "acc2", &before);
	engine_run(&program->engine, &job);
	return arrivals_only(program->control, "acc2", &before, hints ? &tagged : &plain);
}

/* The next test: what do the writes of all queues arrive with? */
static void traffic(const struct program *program, bool hints, const char *when, const char *then)
{
	struct verdict verdict = { 0 };

	for (unsigned int i = 0; i < ARRAY_SIZE(queues); i++)
		if (!write_arrives(program, i, hints))
			verdict_wrong(&verdict, "queue %u, CPU %u", i, cpu_of(program, i));
	verdict_ok(&verdict, "%s, %s: %s", when, then,
		   hints ? "the writes of each queue carry the tag of its CPU" :
			   "writes carry no hints");
}

static void reset(struct program *program)
{
	if (ioctl(program->device.fd, VFIO_DEVICE_RESET))
		tap_bail_out("VFIO_DEVICE_RESET: %s", strerror(errno));
}

static void begin(struct program *program)
{
	device_open(&program->device);
	engine_open(&program->engine, &program->device);
}

static void end(struct program *program)
{
	engine_close(&program->engine);
	device_close(&program->device);
}

static void begin_again(struct program *program)
{
	end(program);
	begin(program);
}

static const struct {
	const char *when;
	void (*before)(struct program *program);
} starts[] = {
	{ "the first start", begin },
	{ "started again after a reset", reset },
	{ "ended and started again", begin_again },
};

#define POINTS_OF_START 6

static void start_and_stop(struct program *program, const char *when)
{
	struct tph enable = { .op = TPH_ENABLE, .mode = TPH_DEVICE_SPECIFIC };
	struct tph disable = { .op = TPH_DISABLE };

	tap_errno(operate(program, &enable), 0, "%s: TPH is enabled", when);
	set_entries(program, when);
	traffic(program, true, when, "running");
	reset(program);
	traffic(program, true, when, "reset while it runs");
	tap_errno(operate(program, &disable), 0, "%s: TPH is disabled", when);
	traffic(program, false, when, "stopped");
}

int main(void)
{
	unsigned int before = stage_set(2);
	static struct program program;
	struct device destination; /* open, as a device sleeps that nobody has */

	device_find(&destination, "TPH_ACC2");
	device_open(&destination);
	program.control = control_open();
	program.memory = engine_memory_of("TPH_ACC2");
	device_find(&program.device, "TPH_ACC0");
	tap_plan(ARRAY_SIZE(starts) * POINTS_OF_START);
	for (; program.starts < ARRAY_SIZE(starts); program.starts++) {
		starts[program.starts].before(&program);
		start_and_stop(&program, starts[program.starts].when);
	}
	end(&program);
	device_put(&program.device);
	device_close(&destination);
	device_put(&destination);
	close(program.control);
	stage_set(before);
	return tap_status();
}
