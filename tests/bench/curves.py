# SPDX-License-Identifier: GPL-2.0 OR Linux-OpenIB
"""How cost grows: the measures of ./lab bench that are curves. Each leaves NAME.csv, and NAME.svg
that gnuplot has drawn from it by NAME.gp.
"""

import csv
import dataclasses
import statistics
import subprocess
from collections.abc import Callable

SIDES = ("connectx", "rxe")
AVERAGE_BANDWIDTH = 3       # columns of ib_write_bw's table: MiB/s with two digits,
MESSAGE_RATE = 4            # Mpps with six
FEW_DIGITS_FROM = 4096      # bytes: the size from which the rate has fewer than the bandwidth
QP_DEPTH = 16               # 1,024 of them fit into the 32,767 entries of rxe's completion queues


@dataclasses.dataclass(frozen=True)
class Curve:
    """function(bench, side, x) gives microseconds for each of `columns`."""
    name: str
    title: str
    points: tuple[int, ...]
    columns: tuple[str, ...]
    function: Callable[..., tuple[float, ...]]
    sides: tuple[str, ...] = SIDES
    repeats: int | None = None      # where one run is long and has medians of its own
    rxe_up_to: int | None = None    # where further points would take it too long


def write_cost(bench, side, size, *flags):
    """Of one write, from the column that perftest prints with more digits."""
    row = bench.guest().ask("perftest", device=side, tool="ib_write_bw",
                            flags=["-s", str(size), *map(str, flags)])
    if size < FEW_DIGITS_FROM:
        rate, messages = float(row[MESSAGE_RATE]), 1
    else:
        rate, messages = float(row[AVERAGE_BANDWIDTH]) * (1 << 20) / 1e6, size
    return (messages / rate if rate else float("nan"),)     # 1 / Mpps is us


def sizes(bench, side, size):
    """What one write costs, many at once, by its size; and one copy by this machine."""
    if side == "memcpy":
        return (size / (bench.memcpy_rate(size) * (1 << 20)) * 1e6,)
    bytes_each = {"connectx": 256 << 20, "rxe": 16 << 20}
    return write_cost(bench, side, size, "-n", max(20, min(5000, bytes_each[side] // size)))


def qps(bench, side, count):
    """What one write of 64 bytes costs, by the number of queue pairs that take turns."""
    iterations = max(4 * QP_DEPTH, 16384 // count)
    return write_cost(bench, side, 64, "-q", count, "-t", QP_DEPTH, "-n", iterations)


def mkeys(bench, side, held):
    """What a memory region costs, by the number of those that exist."""
    costs = bench.guest().ask("registrations", device=side, length=4096, times=200, held=held)
    return costs["register_us"], costs["deregister_us"], costs["write_us"]


CURVES = (
    Curve("sizes", "message size, bytes", tuple(2 << i for i in range(0, 23, 2)), ("write",),
          sizes, sides=(*SIDES, "memcpy")),
    Curve("qps", "queue pairs", tuple(1 << i for i in range(0, 11, 2)), ("write",), qps),
    # Each region that rxe deregisters costs it a grace period of RCU, over 10 ms.
    Curve("mkeys", "mkeys that exist", (1, 10, 100, 1000, 10000, 100000),
          ("register", "deregister", "write"), mkeys, repeats=1, rxe_up_to=1000),
)


def measure_point(bench, curve, x, repeats):
    """For each side the medians of all columns; the sides take turns."""
    sides = [side for side in curve.sides if side != "rxe" or x <= (curve.rxe_up_to or x)]
    values = {side: [] for side in sides}
    for i in range(curve.repeats or repeats):
        for side in sides[::-1 if i % 2 else 1]:
            values[side].append(curve.function(bench, side, x))
    return {side: [statistics.median(column) for column in zip(*values[side])] for side in sides}


def headings(curve):
    return [f"{side} {column}" if len(curve.columns) > 1 else side
            for side in curve.sides for column in curve.columns]


def run_curve(bench, curve, options):
    """Each point is kept as soon as it is there."""
    missing = [float("nan")] * len(curve.columns)
    table = options.data / f"{curve.name}.csv"
    print(f"\n{curve.name}: us for each, by {curve.title}")
    print("".join(f"{heading:>20}" for heading in ("", *headings(curve))))
    with table.open("w", newline="") as file:
        writer = csv.writer(file)
        writer.writerow([curve.title, *headings(curve)])
        for x in curve.points:
            point = measure_point(bench, curve, x, options.repeats)
            row = [f"{cost:.3f}" for side in curve.sides for cost in point.get(side, missing)]
            writer.writerow([x, *row])
            file.flush()
            print("".join(f"{cell:>20}" for cell in (x, *row)), flush=True)
    plot(curve, options.data)


def plot(curve, directory):
    """Writes the script, and runs it."""
    lines = ", ".join(f"'{curve.name}.csv' using 1:{i} with linespoints"
                      for i in range(2, len(headings(curve)) + 2))
    script = directory / f"{curve.name}.gp"
    script.write_text(
        "set datafile separator comma\n"
        f"set terminal svg size 800,500 background 'white'\nset output '{curve.name}.svg'\n"
        "set key autotitle columnhead below\nset grid\nset logscale xy\nset autoscale xfix\n"
        f"set xlabel '{curve.title}'\nset ylabel 'microseconds'\nplot {lines}\n")
    subprocess.run(["gnuplot", script.name], cwd=directory, check=True)
