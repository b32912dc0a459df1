// SPDX-License-Identifier: GPL-2.0 OR Linux-OpenIB
/* softfabric: command line, and the life of what it asks for. */
#include <errno.h>
#include <getopt.h>
#include <inttypes.h>
#include <limits.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/signalfd.h>
#include <sys/stat.h>
#include <unistd.h>

#include "accelerator/accelerator.h"
#include "base/engine.h"
#include "base/options.h"
#include "base/registry.h"
#include "connectx/device/connectx.h"
#include "control/control.h"
#include "fabric/fabric.h"
#include "fabric/flusher.h"
#include "tlp/capture.h"
#include "util/complaint.h"
#include "util/macros.h"
#include "util/number.h"
#include "vfio_user/server.h"

#define EXIT_USAGE 2

/* Of the control socket, which lies among those of the devices. */
#define CONTROL_NAME "control"

struct machine {
	const char *runtime_dir;
	const char *capture_path;
	uint64_t capture_limit, capture_snaplen;
	struct engine *engine;
	struct registry *registry;
	struct fabric *fabric;
	struct capture *capture;
	struct flusher flusher;
	struct control *control;
	struct device {
		const struct device_kind *kind;
		const char *name;
		void *model;
		struct vfio_user_server *server;
	} devices[FABRIC_MAX_PORTS];
	unsigned int device_count;
	struct engine_fd signals;
};

/* A kind of device: how to read its options, make it and free it. */
struct device_kind {
	const char *option; /* "--nic" */
	const struct option_def *options;
	/* Return: the model, its function in *fn; NULL with errno, or 0 after a message. */
	void *(*create)(struct machine *machine, char *text, const char **name,
			struct pci_function **fn);
	void (*destroy)(void *model);
	const char *rule; /* of values that are fine alone but not together; NULL: none */
};

static void *create_nic(struct machine *machine, char *text, const char **name,
			struct pci_function **fn)
{
	struct connectx_attr attr = connectx_defaults;
	struct connectx *nic;

	errno = 0;
	if (options_parse("--nic", text, connectx_options, &attr, name))
		return NULL;
	attr.name = *name;
	nic = connectx_create(machine->engine, machine->fabric, machine->registry, &attr);
	if (nic)
		*fn = connectx_function(nic);
	return nic;
}

static void destroy_nic(void *model)
{
	connectx_destroy(model);
}

static void *create_accelerator(struct machine *machine, char *text, const char **name,
				struct pci_function **fn)
{
	struct accelerator_attr attr = accelerator_defaults;
	struct accelerator *accelerator;

	errno = 0;
	if (options_parse("--accelerator", text, accelerator_options, &attr, name))
		return NULL;
	attr.name = *name;
	accelerator = accelerator_create(machine->engine, machine->fabric, machine->registry,
					 &attr);
	if (accelerator)
		*fn = accelerator_function(accelerator);
	return accelerator;
}

static void destroy_accelerator(void *model)
{
	accelerator_destroy(model);
}

static const struct device_kind nic_kind = {
	.option = "--nic",
	.options = connectx_options,
	.create = create_nic,
	.destroy = destroy_nic,
};

static const struct device_kind accelerator_kind = {
	.option = "--accelerator",
	.options = accelerator_options,
	.create = create_accelerator,
	.destroy = destroy_accelerator,
	.rule = "; without an ST table there is no interrupt-vector mode: give st-modes=ds, or none",
};

static void print_help(void)
{
	printf("Usage: softfabric --runtime-dir DIR [OPTION]...\n"
	       "A PCIe fabric with software devices, for QEMU's vfio-user-pci.\n\n"
	       "  -d, --runtime-dir DIR    serve DIR/NAME.sock for each device, DIR/control.sock\n"
	       "  -c, --capture FILE       record peer-to-peer TLPs in pcapng FILE\n"
	       "      --capture-limit SIZE stop recording at SIZE bytes (1G), the rest is counted;\n"
	       "                           0: never\n"
	       "      --capture-snaplen SIZE  of each packet record SIZE bytes (0: all); 32\n"
	       "                           have all that devices here put into a header\n"
	       "  -h, --help               print this\n"
	       "      --version            print the version\n"
	       "  -n, --nic NAME[,KEY=VALUE...]         a ConnectX; keys:\n");
	options_help(nic_kind.options);
	printf("  -a, --accelerator NAME[,KEY=VALUE...] an accelerator; keys:\n");
	options_help(accelerator_kind.options);
	printf("\n--nic and --accelerator can be given several times. Prints \"ready\" when all\n"
	       "sockets are there; SIGTERM and SIGINT end it.\n");
}

static int fail(const char *what, const char *name, int error, const char *advice)
{
	say("cannot %s %s: %s%s", what, name, strerror(error), advice);
	return -error;
}

/* Returns the path of a socket, valid until the next call, or NULL after a message. */
static const char *socket_path(const struct machine *machine, const char *name)
{
	static char path[PATH_MAX];
	int len = snprintf(path, sizeof(path), "%s/%s.sock", machine->runtime_dir, name);

	if (len > 0 && (size_t)len < sizeof(path))
		return path;
	fail("use", machine->runtime_dir, ENAMETOOLONG, "; give a shorter --runtime-dir");
	return NULL;
}

static const char *listen_advice(int error)
{
	switch (error) {
	case EADDRINUSE:
		return "; is another softfabric running there? Give each its own --runtime-dir";
	case ENAMETOOLONG:
		return "; give a shorter --runtime-dir";
	case ENOENT:
		return "; make the directory of --runtime-dir first";
	default:
		return "";
	}
}

static const char *create_advice(const struct device_kind *kind, int error)
{
	if (error == EEXIST)
		return "; give each device a name of its own";
	return error == EINVAL && kind->rule ? kind->rule : "";
}

static int add_device(struct machine *machine, const struct device_kind *kind, char *text)
{
	struct device *device = &machine->devices[machine->device_count];
	struct pci_function *fn;
	const char *path;

	if (machine->device_count == ARRAY_SIZE(machine->devices))
		return fail("add", text, ENOSPC, "; 16 devices are the most");
	*device = (struct device){ .kind = kind };
	device->model = kind->create(machine, text, &device->name, &fn);
	if (!device->model) {
		if (!errno)
			return -EINVAL;
		return fail("create", device->name, errno, create_advice(kind, errno));
	}
	machine->device_count++;
	if (!strcmp(device->name, CONTROL_NAME))
		return fail("name a device", device->name, EEXIST,
			    "; the control socket has that name");
	path = socket_path(machine, device->name);
	if (!path)
		return -ENAMETOOLONG;
	device->server = vfio_user_server_create(machine->engine, path, fn);
	return device->server ? 0 : fail("listen on", path, errno, listen_advice(errno));
}

static int start_capture(struct machine *machine)
{
	int err;

	if (!machine->capture_path)
		return 0;
	err = capture_create(machine->capture_path, machine->capture_limit, &machine->capture);
	if (!err) {
		capture_set_snaplen(machine->capture, machine->capture_snaplen);
		flusher_init(&machine->flusher, machine->engine, machine->capture);
		err = -fabric_set_capture(machine->fabric, machine->capture);
	}
	return err ? fail("record to", machine->capture_path, err, "") : 0;
}

static int start_control(struct machine *machine)
{
	const char *path = socket_path(machine, CONTROL_NAME);

	if (!path)
		return -ENAMETOOLONG;
	machine->control = control_create(machine->engine, path, machine->registry,
					  machine->fabric);
	return machine->control ? 0 : fail("listen on", path, errno, listen_advice(errno));
}

static void signal_ready(struct engine_fd *watch, uint32_t events)
{
	engine_stop(watch->engine);
}

/* Block these signals before any thread is created, so that all threads inherit that. */
static int watch_signals(struct machine *machine)
{
	sigset_t set;
	int fd;

	sigemptyset(&set);
	sigaddset(&set, SIGTERM);
	sigaddset(&set, SIGINT);
	sigprocmask(SIG_BLOCK, &set, NULL);
	fd = signalfd(-1, &set, SFD_CLOEXEC | SFD_NONBLOCK);
	if (fd < 0)
		return fail("watch", "signals", errno, "");
	return engine_fd_add(&machine->signals, machine->engine, fd, EPOLLIN, signal_ready);
}

static int create_base(struct machine *machine)
{
	machine->engine = engine_create();
	if (!machine->engine)
		return fail("create", "the engine", errno, "");
	machine->registry = registry_create();
	machine->fabric = fabric_create();
	if (!machine->registry || !machine->fabric)
		return fail("create", "the fabric", ENOMEM, "");
	return watch_signals(machine);
}

static int finish_capture(struct machine *machine)
{
	uint64_t recorded = capture_packets(machine->capture);
	uint64_t dropped = capture_dropped(machine->capture);
	int err;

	fabric_set_capture(machine->fabric, NULL);
	flusher_fini(&machine->flusher);
	err = capture_close(machine->capture);
	if (err)
		return fail("finish", machine->capture_path, err, "; the capture is not whole");
	if (dropped)
		say("the capture is cut: %" PRIu64 " of %" PRIu64 " packets were not recorded; "
		    "give a --capture-limit above %" PRIu64 " bytes, or do less",
		    dropped, recorded + dropped, machine->capture_limit);
	return 0;
}

/* Report writes that were lost although the guest took them for done. */
static void say_losses(const struct machine *machine)
{
	const struct fabric_port *port = NULL;

	while (machine->fabric && (port = fabric_next_port(machine->fabric, port))) {
		uint64_t lost = fabric_port_counters(port)->unexpected_losses;

		if (lost)
			say("%s: %" PRIu64 " posted writes went nowhere", fabric_port_name(port),
			    lost);
	}
}

static int destroy(struct machine *machine)
{
	int err = 0;

	say_losses(machine);
	control_destroy(machine->control);
	while (machine->device_count) {
		struct device *device = &machine->devices[--machine->device_count];

		vfio_user_server_destroy(device->server);
		device->kind->destroy(device->model);
	}
	if (machine->capture)
		err = finish_capture(machine);
	fabric_destroy(machine->fabric);
	registry_destroy(machine->registry);
	engine_destroy(machine->engine);
	return err;
}

enum { OPTION_CAPTURE_LIMIT = 256, OPTION_CAPTURE_SNAPLEN, OPTION_VERSION };

static const struct option long_options[] = {
	{ "runtime-dir", required_argument, NULL, 'd' },
	{ "capture", required_argument, NULL, 'c' },
	{ "capture-limit", required_argument, NULL, OPTION_CAPTURE_LIMIT },
	{ "capture-snaplen", required_argument, NULL, OPTION_CAPTURE_SNAPLEN },
	{ "nic", required_argument, NULL, 'n' },
	{ "accelerator", required_argument, NULL, 'a' },
	{ "help", no_argument, NULL, 'h' },
	{ "version", no_argument, NULL, OPTION_VERSION },
	{ 0 },
};

/* Exits when @text is no size, or is more than @max. */
static void take_size(const char *option, const char *text, uint64_t max, uint64_t *size)
{
	if (size_parse(text, size) && *size <= max)
		return;
	say("%s: '%s' is no size%s; write bytes, or a number with K, M or G", option, text,
	    max == UINT64_MAX ? "" : " below 4G");
	exit(EXIT_USAGE);
}

/* First pass: what the devices depend on. Exits on --help, --version and mistakes. */
static void parse_globals(struct machine *machine, int argc, char **argv)
{
	int option;

	while ((option = getopt_long(argc, argv, "d:c:n:a:h", long_options, NULL)) >= 0) {
		switch (option) {
		case 'd':
			machine->runtime_dir = optarg;
			break;
		case 'c':
			machine->capture_path = optarg;
			break;
		case OPTION_CAPTURE_LIMIT:
			take_size("--capture-limit", optarg, UINT64_MAX, &machine->capture_limit);
			break;
		case OPTION_CAPTURE_SNAPLEN:
			take_size("--capture-snaplen", optarg, UINT32_MAX,
				  &machine->capture_snaplen);
			break;
		case 'n':
		case 'a':
			break;
		case 'h':
			print_help();
			exit(EXIT_SUCCESS);
		case OPTION_VERSION:
			puts("softfabric " TPH_VERSION);
			exit(EXIT_SUCCESS);
		default:
			fputs("Try softfabric --help.\n", stderr);
			exit(EXIT_USAGE);
		}
	}
	if (machine->runtime_dir && optind == argc)
		return;
	say("%s; see softfabric --help",
	    machine->runtime_dir ? "arguments that are no options" : "no --runtime-dir");
	exit(EXIT_USAGE);
}

/* Second pass: the devices, in the order of the command line. */
static int add_devices(struct machine *machine, int argc, char **argv)
{
	int option, err = 0;

	optind = 1;
	while (!err && (option = getopt_long(argc, argv, "d:c:n:a:h", long_options, NULL)) >= 0) {
		if (option == 'n')
			err = add_device(machine, &nic_kind, optarg);
		else if (option == 'a')
			err = add_device(machine, &accelerator_kind, optarg);
	}
	return err;
}

int main(int argc, char **argv)
{
	struct machine machine = { .capture_limit = UINT64_C(1) << 30 };
	int err;

	parse_globals(&machine, argc, argv);
	/* Sockets are for their owner only. */
	umask(077);
	err = create_base(&machine);
	if (!err)
		err = start_capture(&machine);
	if (!err)
		err = add_devices(&machine, argc, argv);
	if (!err)
		err = start_control(&machine);
	if (!err) {
		puts("ready");
		fflush(stdout);
		err = engine_run(machine.engine);
	}
	if (destroy(&machine))
		err = -EIO;
	return err ? EXIT_FAILURE : EXIT_SUCCESS;
}
