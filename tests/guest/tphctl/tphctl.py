#!/usr/bin/python3
# SPDX-License-Identifier: GPL-2.0 OR Linux-OpenIB
"""tphctl where everything is there: what it shows is what is, and what it changes changes."""

import contextlib
import json
import os
import signal
import subprocess
import sys
import tempfile

import tap

NIC, ACC = os.environ["TPH_NIC0"], os.environ["TPH_ACC0"]
BRIDGE = "0000:00:00.0"         # to the host: neither requester nor completer
TAG, PH = 0xc7, 3               # no other test publishes this tag
LENGTH = 1 << 20


def tphctl(*arguments, code=0):
    """Standard output; the exit code has to be `code`."""
    done = subprocess.run(["tphctl", *arguments], capture_output=True, text=True, timeout=60,
                          check=False)
    assert done.returncode == code, (arguments, done)
    return done.stdout


def refused(*arguments, message):
    done = subprocess.run(["tphctl", *arguments], capture_output=True, text=True, timeout=60,
                          check=False)
    assert (done.returncode, done.stdout, done.stderr) == (2, "", f"tphctl: {message}\n"), done


def show(*arguments):
    return json.loads(tphctl(*arguments, "--json"))


def register():
    """What the exported dma-buf's program does here: a plain registration, which imports the tag of
    the namespace that the NIC sends; says so, and waits for the end of its input.
    """
    from pyverbs.device import Context      # only the child needs them, and they take long
    from pyverbs.mr import DmaBufMR
    from pyverbs.pd import PD

    fd, length = int(os.environ["TPH_DMABUF_FD"]), int(os.environ["TPH_DMABUF_LENGTH"])
    assert os.environ["TPH_DMABUF_DEVICE"] == ACC and length == LENGTH
    name = os.listdir(f"/sys/bus/pci/devices/{NIC}/infiniband")[0]
    with Context(name=name) as context, PD(context) as pd, DmaBufMR(pd, length, 1, dmabuf=fd):
        print("registered", flush=True)
        sys.stdin.read()
    return 7


@contextlib.contextmanager
def export(*arguments):
    """While an export runs; `arguments` end with its program, if it has one."""
    with subprocess.Popen(["tphctl", "export", ACC, f"--length={LENGTH}", *arguments], text=True,
                          stdin=subprocess.PIPE, stdout=subprocess.PIPE) as process:
        line = process.stdout.readline().strip()
        try:
            yield process, line
        finally:
            process.stdin.close()
            if process.poll() is None and "--" not in arguments:
                process.send_signal(signal.SIGTERM)
            process.wait(60)


def tags():
    [table] = show("st", "show", NIC)
    assert table["table"] == "capability" and len(table["entries"]) == 64, table
    return {entry["st"]: entry for entry in table["entries"]}


def test_dev():
    """dev show tells what NIC and accelerator send and take"""
    [nic], [acc] = show("dev", "show", NIC), show("dev", "show", ACC)
    assert nic["requester"] == {
        "enabled": "8-bit", "extended": False, "modes": ["no-st", "device-specific"],
        "mode": "device-specific", "table": "capability", "entries": 64, "owner": None}, nic
    assert (nic["type"], nic["driver"], nic["rdma"]) == (
        "integrated endpoint", "mlx5_core", "mlx5_0"), nic
    assert (acc["type"], acc["driver"], acc["completer"]) == (
        "integrated endpoint", "vfio-pci", "8-bit, 16-bit"), acc
    assert acc["requester"]["owner"] == "hints without tags", acc
    both = show("dev", "show")
    assert nic in both and acc in both


def imports():
    return show("dev", "show", NIC)[0]["imports"]


def test_imports():
    """dev show tells what regions can import, and how much is left while one has a tag"""
    before = imports()
    known = {key: before[key] for key in ("hints", "namespace", "enabled", "table", "entries")}
    assert known == {"hints": True, "namespace": "8-bit", "enabled": True, "table": True,
                     "entries": 64}, before
    # one process gets half of what is not kept for CPUs
    assert before["available"] == (64 - before["reserved"]) // 2, before
    with export(f"--st={TAG + 1}", "--", sys.executable, __file__, "register") as (_, line):
        assert line == "registered", line
        assert imports() == before | {"free": before["free"] - 1}, (before, imports())
    assert imports() == before
    assert tphctl("dev", "show", "-d", NIC).count(
        f"\n  imports      8-bit tags; {before['free']} of 64 entries free, {before['reserved']} "
        f"kept for CPUs, a process can have {before['available']} more\n") == 1
    assert show("dev", "show", ACC)[0]["imports"] is None


def test_path():
    """path finds nothing in the way, and says what depends on the root complex"""
    path = show("path", NIC, ACC)
    assert (path["verdict"], path["namespace"], path["route"]) == (
        "depends", "8-bit", "root complex"), path
    assert [hop["address"] for hop in path["hops"]] == [NIC, None, ACC], path
    assert [(finding["verdict"], finding["code"]) for finding in path["findings"]] == [
        ("yes", "requester-enabled"), ("yes", "completer"), ("depends", "root-complex")], path
    assert show("path", "mlx5_0", ACC) == path
    assert path in show("path")


def test_path_no():
    """path from the accelerator to the NIC says why not"""
    path = json.loads(tphctl("path", ACC, NIC, "--json", code=1))
    assert path["verdict"] == "no", path
    assert [finding["code"] for finding in path["findings"]][:2] == [
        "requester-disabled", "completer-missing"], path


def test_doctor():
    """doctor finds nothing to mend in this machine"""
    [findings] = show("doctor")
    assert {finding["health"] for finding in findings} <= {"good", "note"}, findings
    assert {finding["check"] for finding in findings} == {
        "kernel", "modules", "iommu", "acs", "limits", "nics", "targets", "firmware"}, findings


def test_dump():
    """A dump shows what the machine shows"""
    with tempfile.TemporaryDirectory() as directory:
        path = f"{directory}/lab.json"
        with open(path, "w", encoding="ascii") as file:
            file.write(tphctl("dump"))
        for command in (["dev", "show", "--all"], ["path"], ["doctor"]):
            assert tphctl(*command) == tphctl(*command, "--from", path), command
            assert tphctl(*command) == tphctl(*command, "--from", directory), command
        assert tphctl("dump", "--from", path) == tphctl("dump")
        assert tphctl("export", ACC, "--from", path) == (
            f"lab: yes: BAR2 of {ACC} can be exported\n")


def test_st():
    """A registration puts its tag into the ST table; st show has it, and who holds it"""
    assert TAG not in tags()
    program = [sys.executable, __file__, "register"]
    with export(f"--st={TAG}", f"--ph={PH}", "--", *program) as (process, line):
        assert line == "registered", line
        entry = tags()[TAG]
        [holder] = entry["holders"]
        assert entry["index"] > 0 and holder.pop("mrn") >= 0 and holder.pop("pid") > 1, entry
        assert holder == {"rdma": "mlx5_0", "length": LENGTH, "source": "exporter", "ph": PH,
                          "program": os.path.basename(sys.executable)}, holder
        assert tphctl("resolve", NIC, "--export", ACC) == f"{NIC}: 8-bit tag {TAG:#x}, ph {PH}\n"
    assert process.returncode == 7, process
    assert tags()[TAG]["holders"] == []


def test_publish():
    """publish and clear change the tags of an export that runs; resolve follows"""
    with export("--name=mine", "--st=0x10") as (process, line):
        assert line == f"mine: {LENGTH:#x} bytes of BAR2 of {ACC}, tags: st 0x10, ph 0", line
        assert tphctl("publish", "mine", "--st=0x11", "--st-ext=0x1234", "--ph=2") == (
            "mine: tags: st 0x11, st-ext 0x1234, ph 2\n")
        assert show("resolve", NIC, "--export=mine") == {
            "requester": NIC, "errno": 0, "namespace": "8-bit", "st": 0x11, "ph": 2}
        assert tphctl("publish", "mine", "--st-ext=0x1234") == "mine: tags: st-ext 0x1234, ph 0\n"
        assert tphctl("resolve", NIC, "--export=mine", code=1) == (
            f"{NIC}: none (EOPNOTSUPP): {NIC} sends 8-bit tags, and none is published: publish one "
            "with --st\n")
        assert tphctl("clear", "mine") == "mine: tags: none\n"
    assert process.returncode == 0, process
    refused("publish", "mine", "--st=1",
            message="cannot reach the export 'mine' at /run/tphctl/mine: No such file or "
                    "directory. Is its tphctl export running, under this name and user?")


def test_join():
    """Another program gets the same dma-buf, its length and its device"""
    with export():
        program = 'test -e /proc/self/fd/$TPH_DMABUF_FD && ' \
                  'readlink /proc/self/fd/$TPH_DMABUF_FD && echo $TPH_DMABUF_LENGTH; exit 9'
        assert tphctl("export", ACC, "--join", "--", "sh", "-c", program, code=9) == (
            f"/dmabuf:\n{LENGTH}\n")
        refused("export", ACC, "--name=other", "--", "true",
                message=f"cannot bind /dev/vfio/devices/noiommu-vfio0 ({ACC}) to an iommufd: "
                        "Device or resource busy. Another process has it open")
        refused("export", "--join", ACC,
                message="export --join: a program is needed after a --, which gets the dma-buf")


def test_refusals():
    """What cannot be is said in one line"""
    refused("dev", "show", "0000:00:1e.7",
            message="0000:00:1e.7: lab has no such PCI or RDMA device; tphctl dev show --all shows "
                    "them")
    refused("path", NIC,
            message="path: a way has two ends: a NIC and a device; or name none, for all of them")
    refused("path", NIC, NIC,
            message=f"{NIC} and {NIC} are one function: Invalid argument. A way needs two")
    refused("st", "show", BRIDGE,
            message=f"lab: {BRIDGE} has no TPH Requester capability, or it could not be read")
    refused("export", ACC, "--st=0x100", message="--st: '0x100' is no number from 0 to 0xff")
    refused("export", ACC, "--ph=1",
            message="--ph: a hint goes with a tag; add --st or --st-ext, 0 for no preference")
    refused("publish", ACC, message="publish: which tag? --st or --st-ext; tphctl clear publishes "
                                    "none")
    refused("resolve", NIC, message="resolve: for what? One of --export, --cpu, or --st and "
                                    "--st-ext")
    answer = json.loads(tphctl("resolve", NIC, "--cpu=0", "--json", code=1))
    assert answer["errno"] == 19, answer            # ENODEV: an integrated endpoint
    assert subprocess.run(["tphctl", "export", ACC, "--", "/nonesuch"], check=False,
                          capture_output=True).returncode == 127


if __name__ == "__main__":
    if sys.argv[1:] == ["register"]:
        sys.exit(register())
    sys.exit(tap.run(test_dev, test_imports, test_path, test_path_no, test_doctor, test_dump,
                     test_st, test_publish, test_join, test_refusals))
