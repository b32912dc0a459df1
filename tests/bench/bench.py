# SPDX-License-Identifier: GPL-2.0 OR Linux-OpenIB
"""./lab bench: the software ConnectX beside rxe in the same guest, and beside what limits both.

Every measure takes its sides in turns, in one run, so that what disturbs one disturbs the other,
and compares their medians. A missed bound is a result, not a failure: the exit code is 0 when
everything could be measured. tests/bench/serve is its other half, in the guest.
"""

import dataclasses
import json
import statistics
import subprocess
import sys
import time
from collections.abc import Callable

from bench import curves, guest
from lab import places, say
from lab.options import Command, add_accel, default_kernel, guest_needs, whole

IDLE_S = 10
MEMCPY_S = 0.5


class Bench:
    """What measures run on: guests that are booted when first asked for, and this machine."""

    def __init__(self, options, ready):
        self.ready = ready
        self.accel = options.accel
        self.deadline = time.monotonic() + options.timeout
        self.guests = {}

    def guest(self, capture="off"):
        if capture not in self.guests:
            self.guests[capture] = guest.Guest(self.ready, self.accel, self.deadline, capture)
        return self.guests[capture]

    def close(self):
        """After it the next measure gets new guests."""
        while self.guests:
            self.guests.popitem()[1].close()

    def program(self, name, *arguments):
        """The output of one of tests/bench, on this machine."""
        path = f"{self.ready.local}/libexec/rdma-tph/bench/{name}"
        return subprocess.run([path, *map(str, arguments)], check=True, text=True,
                              stdout=subprocess.PIPE).stdout

    def memcpy_rate(self, size):
        """MiB/s of one thread of this machine, copying `size` bytes from one buffer to another."""
        return float(self.program("memcpy_rate", size, MEMCPY_S))


@dataclasses.dataclass(frozen=True)
class Bound:
    """What the quotient of two sides' medians has to be; without `by`, the median itself."""
    of: str
    by: str | None
    at_least: float | None = None
    at_most: float | None = None

    def met(self, quotient):
        if self.at_least is not None:
            return quotient >= self.at_least
        return quotient <= self.at_most

    def __str__(self):
        return f">= {self.at_least:g}" if self.at_least is not None else f"<= {self.at_most:g}"


@dataclasses.dataclass(frozen=True)
class Measure:
    """function(bench, side, *arguments) gives one value of one side."""
    name: str
    unit: str
    sides: tuple[str, ...]
    function: Callable[..., float]
    arguments: tuple
    bounds: tuple[Bound, ...]


# Columns of perftest's tables
AVERAGE_BANDWIDTH = 3
MESSAGE_RATE = 4
TYPICAL_LATENCY = 4


def perftest(bench, side, tool, column, size, iterations):
    """One column of a stock perftest tool; each side has as many iterations as it needs for a run
    that is neither over at once nor endless."""
    flags = ["-s", str(size), "-n", str(iterations[side])]
    return float(bench.guest().ask("perftest", device=side, tool=tool, flags=flags)[column])


def perftest_or_memcpy(bench, side, tool, column, size, iterations):
    if side == "memcpy":
        return bench.memcpy_rate(size)
    return perftest(bench, side, tool, column, size, iterations)


def registration(bench, side, length, times):
    """Registering and deregistering one user memory region."""
    costs = bench.guest().ask("registrations", device=side, length=length, times=times, held=0)
    return costs["both_us"]


def captured_write(bench, side, to_accelerator, iterations):
    """64 KiB writes by the software ConnectX with softfabric's capture on, of headers, or off."""
    guest = bench.guest(capture=side)
    row = guest.ask("perftest", device="connectx", tool="ib_write_bw",
                    flags=["-s", "65536", "-n", str(iterations)], to_accelerator=to_accelerator)
    return float(row[AVERAGE_BANDWIDTH])


def launched_write(bench, side, iterations):
    """64 KiB writes without our flags: by what PATH finds first, or by the stock tool."""
    row = bench.guest().ask("perftest", device="connectx", tool="ib_write_bw",
                            flags=["-s", "65536", "-n", str(iterations)],
                            launched=side == "launcher")
    return float(row[AVERAGE_BANDWIDTH])


def idle(bench, side):
    """The share of one core that softfabric uses while a queue pair is open and quiet."""
    guest = bench.guest()
    guest.ask("hold_qp", device="connectx")
    before, start = guest.fabric_cpu_s(), time.monotonic()
    time.sleep(IDLE_S)
    spent, elapsed = guest.fabric_cpu_s() - before, time.monotonic() - start
    guest.ask("release_qp")
    return 100 * spent / elapsed


BOTH = ("connectx", "rxe")
MEASURES = (
    Measure("write_bw_64k", "MiB/s", BOTH, perftest,
            ("ib_write_bw", AVERAGE_BANDWIDTH, 1 << 16, {"connectx": 20000, "rxe": 1000}),
            (Bound("connectx", "rxe", at_least=50),)),
    Measure("write_bw_1m", "MiB/s", (*BOTH, "memcpy"), perftest_or_memcpy,
            ("ib_write_bw", AVERAGE_BANDWIDTH, 1 << 20, {"connectx": 2000, "rxe": 60}),
            (Bound("connectx", "rxe", at_least=50), Bound("connectx", "memcpy", at_least=0.4))),
    Measure("write_rate_64b", "Mpps", BOTH, perftest,
            ("ib_write_bw", MESSAGE_RATE, 64, {"connectx": 50000, "rxe": 20000}),
            (Bound("connectx", "rxe", at_least=3),)),
    Measure("write_lat_8b", "us", BOTH, perftest,
            ("ib_write_lat", TYPICAL_LATENCY, 8, {"connectx": 5000, "rxe": 5000}),
            (Bound("connectx", "rxe", at_most=0.6),)),
    Measure("mr_4k", "us", BOTH, registration, (1 << 12, 500),
            (Bound("connectx", "rxe", at_most=1),)),
    Measure("mr_64m", "us", BOTH, registration, (1 << 26, 5),
            (Bound("connectx", "rxe", at_most=1),)),
    # Only what goes from device to device is captured.
    Measure("capture_ram_64k", "MiB/s", ("on", "off"), captured_write, (False, 20000),
            (Bound("on", "off", at_least=0.9),)),
    Measure("capture_p2p_64k", "MiB/s", ("on", "off"), captured_write, (True, 2000),
            (Bound("on", "off", at_least=0.9),)),
    Measure("headers_p2p_64k", "MiB/s", ("headers", "off"), captured_write, (True, 2000),
            (Bound("headers", "off", at_least=0.5),)),
    Measure("launcher_64k", "MiB/s", ("launcher", "stock"), launched_write, (400000,),
            (Bound("launcher", "stock", at_least=0.98),)),
    Measure("idle", "% CPU", ("softfabric",), idle, (), (Bound("softfabric", None, at_most=2),)),
)


def measure_sides(bench, measure, repeats):
    """All values of each side, taken in turns; who begins takes turns, too."""
    values = {side: [] for side in measure.sides}
    for i in range(repeats):
        for side in measure.sides[::-1 if i % 2 else 1]:
            values[side].append(measure.function(bench, side, *measure.arguments))
    return values


def judged(bound, medians):
    """The quotient and whether it is as required."""
    quotient = medians[bound.of]
    if bound.by:
        # perftest rounds: a rate too low for its columns is 0
        quotient = quotient / medians[bound.by] if medians[bound.by] else float("inf")
    return {"of": bound.of, "by": bound.by, "quotient": quotient, "required": str(bound),
            "met": bound.met(quotient)}


ROW = "{:<16}{:<12}{:>11}  {:<8}{:>11}  {:<6}{:>8}  {:<8}{}"


def print_heading():
    print(ROW.format("measure", "of", "median", "by", "median", "unit", "ratio", "required", ""))


def print_result(result):
    medians = result["medians"]
    for verdict in result["verdicts"]:
        by = verdict["by"]
        print(ROW.format(result["measure"], verdict["of"], f"{medians[verdict['of']]:.4g}",
                         by or "", f"{medians[by]:.4g}" if by else "", result["unit"],
                         f"{verdict['quotient']:.3g}" if by else "", verdict["required"],
                         "met" if verdict["met"] else "MISSED"), flush=True)


def run_measure(bench, measure, options):
    values = measure_sides(bench, measure, options.repeats)
    medians = {side: statistics.median(numbers) for side, numbers in values.items()}
    result = {"measure": measure.name, "unit": measure.unit, "arguments": measure.arguments,
              "values": values, "medians": medians,
              "verdicts": [judged(bound, medians) for bound in measure.bounds]}
    print_result(result)
    (options.data / f"{measure.name}.json").write_text(json.dumps(result, indent=1) + "\n")


def run_all(bench, options):
    """Whether all could be measured. What fails takes nothing else with it."""
    complete = True
    print_heading()
    for runner, subjects in ((run_measure, MEASURES), (curves.run_curve, curves.CURVES)):
        for subject in subjects:
            if options.names and subject.name not in options.names:
                continue
            try:
                runner(bench, subject, options)
            except (guest.Failed, say.LabError, OSError,
                    subprocess.CalledProcessError) as error:
                print(f"{subject.name}: could not be measured: {error}", file=sys.stderr)
                complete = False
                bench.close()
    return complete


NAMES = [subject.name for subject in (*MEASURES, *curves.CURVES)]


def add_options(parser):
    parser.add_argument("names", nargs="*", metavar="MEASURE", help="some of them (default: all)")
    parser.add_argument("--repeats", type=whole(1), default=3, metavar="N",
                        help="of each side (default: 3)")
    add_accel(parser)
    parser.add_argument("--timeout", type=whole(1), default=7200, metavar="SECONDS",
                        help="for all (default: 7200)")


def needs(options):
    unknown = sorted(set(options.names) - set(NAMES))
    if unknown:
        say.die(f"no measure {', '.join(unknown)}; there are {', '.join(NAMES)}")
    return guest_needs(default_kernel())


def run(options, ready):
    options.data = places.OUT / "bench" / ready.run.name
    options.data.mkdir(parents=True)
    bench = Bench(options, ready)
    try:
        complete = run_all(bench, options)
    finally:
        bench.close()
    say.say(f"every value is in {options.data}")
    return 0 if complete else 1


BENCH = Command(
    name="bench", usage="[OPTION]... [MEASURE]...",
    summary="the software NIC beside rxe, in the same guest",
    text="""\
The software ConnectX beside rxe in the same guest, and beside what limits both, taking turns;
prints the medians and how they compare.""",
    notes=f"Measures: {', '.join(NAMES[:6])},\n{', '.join(NAMES[6:])}.\n\n"
    "Every value is kept under build/lab/bench, with plots.",
    add_options=add_options, needs=needs, perform=run)
