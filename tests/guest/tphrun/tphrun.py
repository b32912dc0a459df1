#!/usr/bin/python3
# SPDX-License-Identifier: GPL-2.0 OR Linux-OpenIB
"""tphrun before a program that knows nothing of hints: what it is told is in effect, each line of
its report is as documented, and all else of the program stays as it was.
"""

import json
import os
import pathlib
import subprocess
import sys
import tempfile

import perftest_pair
import tap

FOLDER = pathlib.Path(__file__).parent
LENGTH = 0x10000

TAG = "5a:1"
NOTHING = "none"
NONE = {"source": "none", "namespace": "none", "st": 0, "ph": 0, "st_index": 0, "state": "none",
        "revalidations": 0}
NOT_PUBLISHED = "the exporter published none"
OTHER_NAMESPACE = "the device sends 8-bit tags only (st)"
DATA_DIRECT = "data direct requests leave from another PCI function"


class Run:
    """One run of a program: what it printed, and the lines of the report"""

    def __init__(self, options, *actions, variables=None, program="tphrun_registers"):
        self.program = program
        with tempfile.TemporaryDirectory() as folder:
            report = pathlib.Path(folder, "report")
            command = [str(FOLDER / program), *actions]
            environment = dict(os.environ)
            if options is not None:
                command = ["tphrun", *options, f"--report={report}", "--", *command]
            if variables:
                environment |= {"RDMA_TPH_REPORT": str(report)} | variables
            with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE,
                                  text=True, env=environment) as process:
                out, self.stderr = process.communicate(timeout=60)
            assert process.returncode == 0, f"{process.returncode}: {out}{self.stderr}"
            self.process = process.pid
            self.printed = out.splitlines()
            self.report = report.read_text("utf-8").splitlines() if report.exists() else []

    def line(self, event, keys=None, *, asked="auto", required=False, call="ibv_reg_dmabuf_mr",
             process=None, length=LENGTH, **rest):
        """One of the report, as it has to be"""
        keys = {"lkey": keys[0], "rkey": keys[1]} if keys else {}
        line = {"event": event, "process": process or self.process,
                "rdma_device": perftest_pair.rdma_device(), **keys, "offset": 0, "length": length,
                "program": self.program, "call": call, "asked": asked, "required": required, **rest}
        return json.dumps(line, separators=(",", ":"))

    def has(self, number, effect, *, end="ended", reason=None, **asked):
        """The two lines of the region that the program printed there"""
        keys = [int(key, 16) for key in self.printed[number].split()[:2]]
        reason = {"reason": reason} if reason else {}
        return [self.line("registered", keys, **asked, in_effect=effect, **reason),
                self.line(end, keys, **asked, in_effect=effect)]

    def failed(self, number, error, **rest):
        """The line of one that could not be made, for which the program printed the error there"""
        assert self.printed[number] == error, self.printed
        return [self.line("failed", error=error, **rest)]

    def tag(self, line):
        """What is in effect of TAG, in whichever entry of the table the driver took"""
        index = json.loads(self.report[line])["in_effect"]["st_index"]
        assert index > 0
        return {"source": "exporter", "namespace": "st", "st": 0x5a, "ph": 1, "st_index": index,
                "state": "in-effect", "revalidations": 0}

    def assert_report(self, *lines, said=""):
        lines = sum(lines, [])
        assert self.report == lines, "\n".join(["expected:", *lines, "got:", *self.report])
        assert self.stderr == (f"{self.program}: tphrun: {said}\n" if said else ""), self.stderr

    def calls(self, number):
        """System calls of the registration of this number"""
        return int(self.printed[number].split()[2])


def refusal(reason, namespace="auto"):
    return (f"registering {LENGTH} bytes of dma-buf on {perftest_pair.rdma_device()}, namespace "
            f"{namespace}: Operation not supported; no tag can be had: {reason}; without --require "
            "or RDMA_TPH_REQUIRE=1 the dma-buf is registered without a tag")


def sets(variable):
    """What a program gets from tphrun there"""
    return subprocess.run(["tphrun", "printenv", variable], check=True, capture_output=True,
                          text=True, timeout=60).stdout.strip()


def test_nothing_asked():
    """Without an option the program is as it was, and the report shows what its regions carry"""
    actions = [TAG, "dmabuf", "data-direct", "probe", "too-long", NOTHING, "dmabuf"]
    plain, run = Run(None, *actions), Run([], *actions)
    run.assert_report(
        run.has(0, run.tag(0)),
        run.failed(1, plain.printed[1], call="mlx5dv_reg_dmabuf_mr"),
        run.failed(3, "EINVAL", length=LENGTH + 1),
        run.has(4, NONE, reason=NOT_PUBLISHED))
    assert plain.printed[1:4] == run.printed[1:4] and plain.stderr == "", vars(plain)
    assert run.printed[2] == "EBADF", run.printed
    assert run.calls(0) == plain.calls(0) + 1, "the query"


def test_namespaces():
    """--namespace decides which tag is asked for, for each region, and one that is left behind"""
    run = Run(["--namespace=st"], TAG, "dmabuf", "dmabuf", "leave")
    run.assert_report(run.has(0, run.tag(0), asked="st"), run.has(1, run.tag(2), asked="st"),
                      run.has(2, run.tag(4), asked="st", end="left"))
    run = Run(["--namespace", "none"], TAG, "dmabuf", "mlx5")
    run.assert_report(run.has(0, NONE, asked="none"),
                      run.has(1, NONE, asked="none", call="mlx5dv_reg_dmabuf_mr"))
    run = Run(["--namespace=st_ext"], TAG, "dmabuf")
    run.assert_report(run.has(0, NONE, asked="st_ext", reason=OTHER_NAMESPACE))


def test_require():
    """--require: a region has the tag, or does not come to be, and who asked for it learns why"""
    run = Run(["--require"], TAG, "dmabuf", "mlx5", "too-long", "probe", "data-direct")
    mlx5 = {"call": "mlx5dv_reg_dmabuf_mr"}
    run.assert_report(
        run.has(0, run.tag(0), required=True),
        run.has(1, run.tag(2), required=True, **mlx5),
        run.failed(2, "EINVAL", required=True, length=LENGTH + 1),
        run.failed(4, "EOPNOTSUPP", required=True, reason=DATA_DIRECT, **mlx5),
        said=refusal(DATA_DIRECT))
    assert run.printed[3] == "EBADF", run.printed


def test_refused():
    """A tag that cannot be had: each region is refused, and the reason is said once"""
    run = Run(["--require"], NOTHING, "dmabuf", "probe", "dmabuf")
    line = {"required": True, "reason": NOT_PUBLISHED}
    run.assert_report(run.failed(0, "EOPNOTSUPP", **line), run.failed(2, "EOPNOTSUPP", **line),
                      said=refusal(NOT_PUBLISHED))
    assert run.printed[1] == "EBADF", run.printed
    run = Run(["--require", "--namespace=st-ext"], TAG, "dmabuf")
    run.assert_report(run.failed(0, "EOPNOTSUPP", required=True, asked="st_ext",
                                 reason=OTHER_NAMESPACE),
                      said=refusal(OTHER_NAMESPACE, "st-ext"))


def test_children():
    """What the program starts gets the same, and says who it is"""
    run = Run(["--require"], "child")
    child = json.loads(run.report[0])["process"]
    assert child != run.process
    run.assert_report(run.has(0, run.tag(0), required=True, process=child))


def test_environment():
    """The library and the variables do the same without tphrun; a wrong value is not overlooked"""
    library = {"LD_PRELOAD": sets("LD_PRELOAD")}
    run = Run(None, TAG, "dmabuf", variables=library | {"RDMA_TPH_NAMESPACE": "st",
                                                        "RDMA_TPH_REQUIRE": "1"})
    run.assert_report(run.has(0, run.tag(0), asked="st", required=True))
    run = Run(None, TAG, "dmabuf", "probe", variables=library | {"RDMA_TPH_NAMESPACE": "8-bit"})
    reason = ("--namespace or RDMA_TPH_NAMESPACE=8-bit: there is no such namespace; choose none, "
              "auto, st or st-ext")
    run.assert_report(run.failed(0, "EINVAL", reason=reason), said=reason)
    assert run.printed[1] == "EBADF", run.printed


def test_cost():
    """A registration costs at most one system call more, and none where nothing is asked for"""
    def calls(*options):
        out = subprocess.run([*options, FOLDER / "tphrun_registers", TAG, "dmabuf", NOTHING,
                              "dmabuf"], check=True, capture_output=True, text=True,
                             timeout=60).stdout
        return [int(line.split()[2]) for line in out.splitlines()]

    plain = calls()
    assert calls("tphrun") == plain
    for options in (["--namespace=none"], ["--namespace=st"]):
        now = calls("tphrun", *options)
        assert all(ours <= stock + 1 for ours, stock in zip(now, plain, strict=True)), now


def test_nccl():
    """A program that takes libibverbs by dlvsym(), as NCCL does, has it all, and gets the same"""
    run = Run([], TAG, program="tphrun_nccl")
    run.assert_report(run.has(0, run.tag(0)))
    run = Run(["--require"], TAG, program="tphrun_nccl")
    run.assert_report(run.has(0, run.tag(0), required=True))
    run = Run(["--require"], NOTHING, program="tphrun_nccl")
    run.assert_report(run.failed(0, "EOPNOTSUPP", required=True, reason=NOT_PUBLISHED),
                      said=refusal(NOT_PUBLISHED))


def test_older_nccl():
    """One that opens libibverbs.so, wherever that is, can be given the library under this name"""
    with tempfile.TemporaryDirectory() as folder:
        library = pathlib.Path(sets("NCCL_IBVERBS_LIB")).resolve()
        pathlib.Path(folder, "libibverbs.so").symlink_to(library)
        # Beside the link is nothing of what it needs.
        path = f"{folder}:{library.parent.parent}"
        run = Run(None, TAG, program="tphrun_nccl",
                  variables={"LD_LIBRARY_PATH": path, "RDMA_TPH_REQUIRE": "1"})
    run.assert_report(run.has(0, run.tag(0), required=True))


if __name__ == "__main__":
    sys.exit(tap.run(test_nothing_asked, test_namespaces, test_require, test_refused,
                     test_children, test_environment, test_cost, test_nccl,
                     test_older_nccl))
