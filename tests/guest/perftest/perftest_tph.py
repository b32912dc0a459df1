#!/usr/bin/python3
# SPDX-License-Identifier: GPL-2.0 OR Linux-OpenIB
"""perftest on the NIC and the accelerator: what the flags say is in effect, and otherwise the tools
do what they always did.
"""

import contextlib
import os
import sys
import tempfile

import control
import perftest_pair
import tap
from arrivals import Arrivals

ACCELERATOR = os.environ["TPH_ACC0"]
NIC = os.environ["TPH_NIC0"]
SHORT = ["-s", "4096", "-n", "64"]
BUFFER = f"--vfio-dmabuf={ACCELERATOR},bar=2,size=1M"

NONE = {"source": "none", "namespace": "none", "st": 0, "ph": 0, "st_index": 0, "state": "none",
        "revalidations": 0}
NOT_PUBLISHED, OTHER_NAMESPACE = (
    "the exporter published none", "the device sends 8-bit tags only (st)")


fabric = control.Control()


@contextlib.contextmanager
def carries(*hints, size):
    """Each run of the pair inside makes the NIC write so many bytes, all with these hints."""
    arrivals = Arrivals(fabric, "acc0")
    yield
    written = arrivals.grown("write_bytes")
    assert written.keys() == {hints} and written[hints] % size == 0, f"on the wire: {written}"


def succeeds(tool, *server, common=SHORT, client=()):
    pair = perftest_pair.run_pair(tool, common, server, client)
    assert pair.succeeded(), pair
    return pair


def has_tag(pair, st, ph):
    """From its registration to its end, the server's memory region has the exporter's 8-bit tag."""
    for event in ("registered", "ended"):
        effect = pair.effect(event)
        # Which entry of the table the driver takes is its own business.
        index = effect.pop("st_index")
        assert effect == {"source": "exporter", "namespace": "st", "st": st, "ph": ph,
                          "state": "in-effect", "revalidations": 0}, effect
        assert (index == 0) == (st == 0), index
    return index


def has_none(pair):
    for event in ("registered", "ended"):
        assert pair.effect(event) == NONE, pair.effect(event)


def refused(pair, message):
    """The server ends at once, before it listens, with this message and nothing else."""
    assert pair.client is None, pair
    assert pair.server.status == 1, pair
    assert pair.server.stderr == f"ib_write_bw: {message}\n", pair


def test_plain():
    """Without our flags both sides run as the stock tools do, and nothing of ours is said."""
    pair = succeeds("ib_write_bw")
    assert pair.server.stderr == "" and pair.client.stderr == "", pair
    assert " 4096       64 " in pair.client.stdout, pair


def test_write_bw():
    """ib_write_bw into the accelerator has the published tag and hint on the wire, and says so."""
    with carries("st", 0xf0, 2, size=64 * 4096):
        pair = succeeds("ib_write_bw", "--dmabuf-tph=st", BUFFER, "--tph-st=0xf0", "--tph-ph=2")
    index = has_tag(pair, 0xf0, 2)
    assert pair.server.stderr == (
        " TPH in effect: source exporter, namespace st, ST 0xf0, PH 2, "
        f"table index {index}, state in-effect, revalidations 0 (asked for: st)\n"), pair
    assert " 4096       64 " in pair.client.stdout, pair


def test_report():
    """The JSON report holds buffer, request and publication as they were given."""
    pair = succeeds("ib_write_bw", "--dmabuf_tph", "st", "--tph_ph", "1", BUFFER, "--tph_st=0x21",
                    "--dmabuf_tph_require")
    has_tag(pair, 0x21, 1)
    report = pair.reports[0]
    assert report["tool"] == "ib_write_bw" and report["rdma_device"] == perftest_pair.rdma_device()
    assert report["length"] == 8192 and report["lkey"] and report["rkey"], report
    assert report["buffer"] == {"exporter": "vfio", "device": ACCELERATOR, "bar": 2, "offset": 0}
    assert report["asked"] == "st" and report["required"] is True, report
    assert report["published"] == {"st": 0x21, "ph": 1}, report


def test_auto():
    """auto, and no --dmabuf-tph at all, take the namespace that the NIC sends."""
    has_tag(succeeds("ib_write_bw", "--dmabuf-tph", BUFFER, "--tph-st=0x05", "--tph-ph=3"), 5, 3)
    has_tag(succeeds("ib_write_bw", BUFFER, "--tph-st=0x05"), 5, 0)


def test_tag_zero():
    """Tag 0 is a tag: it is sent, with its hint, from the table's entry 0."""
    with carries("st", 0, 2, size=64 * 4096):
        has_tag(succeeds("ib_write_bw", "--dmabuf-tph", "st", BUFFER, "--tph-st=0", "--tph-ph=2"),
                0, 2)


def warning(namespace, why):
    """The first line of a run without the tag that it asked for"""
    return (f"ib_write_bw: warning: no tag from the {namespace} namespace is in effect on "
            f"{perftest_pair.rdma_device()}: {why}; --dmabuf-tph-require makes this an error\n")


def refusal(namespace, why):
    """That of one that insisted on it"""
    return (f"ib_write_bw: registering 8192 bytes of dma-buf on {perftest_pair.rdma_device()}, "
            f"namespace {namespace}: Operation not supported; no tag can be had: {why}; without "
            "--dmabuf-tph-require the buffer is registered without a tag\n")


def test_none():
    """none leaves a published tag alone, without a warning."""
    with carries("none", 0, 0, size=64 * 4096):
        pair = succeeds("ib_write_bw", "--dmabuf-tph=none", BUFFER, "--tph-st=0xf0")
    has_none(pair)
    assert "warning" not in pair.server.stderr, pair


def test_nothing_published():
    """Without a published tag perftest runs without one, and says why."""
    with carries("none", 0, 0, size=64 * 4096):
        pair = succeeds("ib_write_bw", "--dmabuf-tph=st", BUFFER)
    has_none(pair)
    assert pair.server.stderr.startswith(warning("st", NOT_PUBLISHED)), pair


def test_require():
    """With --dmabuf-tph-require it fails instead, and says why."""
    pair = perftest_pair.run_pair("ib_write_bw", SHORT,
                                  ["--dmabuf-tph=st", "--dmabuf-tph-require", BUFFER])
    assert pair.server.status == 1 and pair.client.status != 0, pair
    assert pair.server.stderr.startswith(refusal("st", NOT_PUBLISHED)), pair
    assert pair.reports == [], pair.reports


def test_other_namespace():
    """The namespace that the NIC does not send is not had, whatever is published."""
    flags = ["--dmabuf-tph=st-ext", BUFFER, "--tph-st=0xf0", "--tph-st-ext=0x12f0"]
    with carries("none", 0, 0, size=64 * 4096):
        pair = succeeds("ib_write_bw", *flags)
    has_none(pair)
    assert pair.server.stderr.startswith(warning("st-ext", OTHER_NAMESPACE)), pair
    for report in pair.reports:
        assert report["asked"] == "st_ext", report
        assert report["published"] == {"st": 0xf0, "st_ext": 0x12f0, "ph": 0}, report
    pair = perftest_pair.run_pair("ib_write_bw", SHORT, [*flags, "--dmabuf-tph-require"])
    assert pair.server.status == 1, pair
    assert pair.server.stderr.startswith(refusal("st-ext", OTHER_NAMESPACE)), pair


def test_queue_pairs():
    """Several queue pairs share the one memory region."""
    with carries("st", 0x10, 0, size=4 * 64 * 4096):
        has_tag(succeeds("ib_write_bw", "--dmabuf-tph=st", BUFFER, "--tph-st=0x10",
                         common=[*SHORT, "-q", "4"]), 0x10, 0)


def test_latency():
    """ib_write_lat polls the accelerator's memory by CPU, and sees what the NIC wrote there."""
    pair = succeeds("ib_write_lat", "--dmabuf-tph=st", BUFFER, "--tph-st=0x03", "--tph-ph=1",
                    common=["-n", "20", "-s", "64"])
    has_tag(pair, 3, 1)
    assert "-I 0 turns that off" in pair.server.stderr, pair


def test_send_bw():
    """ib_send_bw: what is received into the accelerator carries the tag."""
    with carries("st", 0x04, 2, size=64 * 4096):
        has_tag(succeeds("ib_send_bw", "--dmabuf-tph=st", BUFFER, "--tph-st=0x04", "--tph-ph=2"),
                4, 2)


def test_read_bw():
    """ib_read_bw: the client, which exports, reads from the server into the accelerator."""
    with carries("st", 0x06, 3, size=64 * 4096):
        pair = succeeds("ib_read_bw", client=[BUFFER, "--tph-st=0x06", "--tph-ph=3"])
    assert " TPH in effect: source exporter, namespace st, ST 0x06, PH 3, " in pair.client.stderr, \
        pair


def test_udmabuf():
    """Host memory as a dma-buf: the same way, without a tag."""
    pair = succeeds("ib_write_bw", "--udmabuf", "--dmabuf-tph=st")
    has_none(pair)
    assert pair.reports[0]["buffer"] == {"exporter": "udmabuf"}, pair.reports


def test_client_side():
    """The client can be the one with the exported buffer."""
    pair = succeeds("ib_write_bw", client=[BUFFER, "--tph-st=0x07", "--dmabuf-tph=st"])
    assert " TPH in effect: source exporter, namespace st, ST 0x07, PH 0, " in pair.client.stderr, \
        pair


def test_no_device():
    """A device that does not exist, or that vfio-pci does not have, ends the server at once."""
    def run(device):
        return perftest_pair.run_pair("ib_write_bw", SHORT, [f"--vfio-dmabuf={device},bar=2"])

    refused(run("0000:7f:1f.7"), "--vfio-dmabuf: no PCI device 0000:7f:1f.7: No such device. "
            "lspci -D shows those there are")
    pair = run(NIC)
    assert pair.client is None and pair.server.status == 1, pair
    assert "mlx5_core" in pair.server.stderr and "vfio-pci" in pair.server.stderr, pair


def test_too_small():
    """A range that cannot hold perftest's buffer ends the server at once."""
    pair = perftest_pair.run_pair("ib_write_bw", ["-s", "1M", "-q", "4"], [BUFFER])
    refused(pair, "the data buffer needs 8388608 bytes and the exported range has 1048576; "
            "lower -s or -q, or export more (size=, or another BAR)")


def test_busy():
    """A device in use ends the second server at once, and the first goes on."""
    first = perftest_pair.start_server("ib_write_bw", *SHORT, BUFFER)
    assert first.wait_listening(), first.wait(1)
    second = perftest_pair.start_server("ib_write_bw", *SHORT, "-p", "18516", BUFFER).wait(30)
    client = perftest_pair.start_client("ib_write_bw", *SHORT).wait(60)
    ended = first.wait(60)
    assert second.status == 1 and "Device or resource busy" in second.stderr, second
    assert client.status == 0 and ended.status == 0, f"{client}\n{ended}"


def objects():
    """How many objects of each kind the NIC has, but for mkeys: the driver keeps those of destroyed
    memory regions to use them again.
    """
    counts = fabric("objects", device="nic0")["nic0"]
    del counts["mkey"]
    return counts


@contextlib.contextmanager
def endless_run():
    """Server and client in the middle of a run that does not end by itself. Kills what is left of
    them in the end, and then nothing of theirs is left in the NIC.
    """
    before = objects()
    endless = ["-s", "4096", "--run_infinitely"]
    with tempfile.NamedTemporaryFile("r") as report, contextlib.ExitStack() as running:
        def start(side, *flags):
            process = side("ib_write_bw", *endless, *flags)
            running.callback(process.wait, 10)
            running.callback(process.kill)
            return process

        server = start(perftest_pair.start_server, BUFFER, "--tph-st=0x01",
                       f"--tph-json-file={report.name}")
        assert server.wait_listening(), "the server ended"
        client = start(perftest_pair.start_client)
        assert server.wait_until(report.read), "the server ended"
        assert objects() != before
        yield server, client
    assert objects() == before, f"before: {before}, after: {objects()}"


def test_killed_server():
    """After kill -9 of the side that exports, the device is free at once; the NIC keeps nothing."""
    with endless_run() as (server, _):
        server.kill()
        server.process.wait()
        has_tag(succeeds("ib_write_bw", "--dmabuf-tph=st", BUFFER, "--tph-st=0x02"), 2, 0)


def test_killed_client():
    """After kill -9 of the writing side, the other ends by a signal; the NIC keeps nothing."""
    with endless_run() as (server, client):
        client.kill()
        client.process.wait()
        server.process.terminate()
        server.process.wait()
        has_tag(succeeds("ib_write_bw", "--dmabuf-tph=st", BUFFER, "--tph-st=0x02"), 2, 0)


if __name__ == "__main__":
    sys.exit(tap.run(
        test_plain, test_write_bw, test_report, test_auto, test_tag_zero, test_none,
        test_nothing_published, test_require, test_other_namespace, test_queue_pairs, test_latency,
        test_send_bw, test_read_bw, test_udmabuf, test_client_side, test_no_device, test_too_small,
        test_busy, test_killed_server, test_killed_client))
