# SPDX-License-Identifier: GPL-2.0 OR Linux-OpenIB
"""The commands of stock perftest in breadth, for the guest tests of each of its versions."""

SHORT = "-s 16384 -n 100"
SMALL = "-s 1024 -n 100"                # a datagram is one packet
TINY = "-s 64 -n 100"
ALL = "-a -n 5"
LIST = "-s 1024 -n 128"

# Tool and flags: what both 4.5 and 25.01 know
PERFTEST = {
    "ib_write_bw": [
        ALL,
        *(f"{SHORT} -q {number}" for number in (1, 2, 8, 16, 32, 64)),
        SHORT + " -b", SHORT + " -b -q 64", SHORT + " -b -c UC", SHORT + " -b -c XRC",
        SHORT + " -q 16 -c UC", SHORT + " -q 16 -c XRC",
        SHORT + " -t 1", SHORT + " -t 1024", SHORT + " -Q 1", SHORT + " -m 256",
        LIST + " -l 2", LIST + " -l 16 -q 4", LIST + " -l 16 -c UC", LIST + " -l 16 -c XRC",
        "-s 1 -n 100 -I 0", TINY + " -I 64", "-s 220 -n 100 -I 220", "-s 828 -n 100 -I 828",
        TINY + " -I 64 -c UC", TINY + " -I 64 -c XRC", "-s 64 -n 128 -I 64 -l 8 -q 4",
        SHORT + " --use_old_post_send", SHORT + " --mr_per_qp -q 4", SHORT + " --reversed", SHORT + " -D 2", SHORT + " -x 0",
        SHORT + " --odp",
    ],
    "ib_write_lat": [
        SMALL, SMALL + " -m 256", SMALL + " -c UC", SMALL + " -c XRC",
        "-s 2 -n 100 -I 0", "-s 236 -n 100 -I 236", TINY + " --use_old_post_send",
    ],
    "ib_read_bw": [
        *(f"{SHORT} -q {number}" for number in (1, 2, 8, 16, 32, 64)),
        SHORT + " -b", SHORT + " -e", SHORT + " -b -e", SHORT + " -e -q 4", SHORT + " -t 1",
        SHORT + " -t 1024", SHORT + " -o 1", SHORT + " -m 256", LIST + " -l 16 -q 4",
        SHORT + " --use_old_post_send", SHORT + " -x 0",
    ],
    "ib_read_lat": [SMALL, SMALL + " -m 256", SMALL + " -o 1", SMALL + " -e"],
    "ib_send_bw": [
        *(f"{SHORT} -q {number}" for number in (1, 2, 8, 16, 32, 64)),
        SHORT + " -b", SHORT + " -b -q 64", SHORT + " -b -c UC", SHORT + " -b -c XRC",
        SMALL + " -b -c UD", SHORT + " -q 16 -c UC", SHORT + " -q 16 -c XRC",
        SMALL + " -q 16 -c UD",
        SHORT + " -e", SHORT + " -e -b", SHORT + " -e -q 4", SHORT + " -e -c UC",
        SHORT + " -e -c XRC", SMALL + " -e -c UD",
        SHORT + " -t 1", SHORT + " -t 1024", SHORT + " -r 16", SHORT + " -m 256",
        "-s 256 -n 100 -m 256 -c UD", "-s 4096 -n 100 -m 4096 -c UD",
        LIST + " -l 16 -q 4", LIST + " -l 16 -c UC", LIST + " -l 16 -c XRC",
        LIST + " -l 16 -c UD", *(f"-s 4096 -n 128 --recv_post_list 8{flags}"
          for flags in ("", " -q 4", " -c UD", " --use-srq")),
        TINY + " -I 64", "-s 828 -n 100 -I 828", TINY + " -I 64 -c UC", TINY + " -I 64 -c XRC",
        TINY + " -I 64 -c UD",
        SHORT + " --use-srq -q 8", SHORT + " --use-srq -b", SHORT + " --use-srq -e",
        TINY + " --use-srq", SMALL + " --use-srq -c UD", SHORT + " --use_old_post_send",
        SMALL + " --use_old_post_send -c UD", "-s 4096 -n 100 -m 4096 -x 0 -c UD",
    ],
    "ib_send_lat": [
        SMALL, SMALL + " -c UC", SMALL + " -c XRC", SMALL + " -c UD", TINY + " -I 0 -c UD",
        "-s 236 -n 100 -I 236", TINY + " --use-srq", SMALL + " -e", SMALL + " -e -c UC",
        SMALL + " -e -c XRC", SMALL + " -e -c UD",
    ],
    "ib_atomic_bw": [
        f"-n 100 -A {operation}{flags}" for operation in ("FETCH_AND_ADD", "CMP_AND_SWAP")
        for flags in ("", " -q 4", " -q 64", " -b", " -e", " -l 4", " -t 1", " -o 1", " -c XRC",
                      " --use_old_post_send")
    ],
    "ib_atomic_lat": [
        f"-n 100 -A {operation}{flags}" for operation in ("FETCH_AND_ADD", "CMP_AND_SWAP")
        for flags in ("", " -o 1", " -c XRC", " -e")
    ],
}
# Beyond that with 25.01: what 4.5 does not know, and all sizes by each operation, which takes so
# long (perftest measures its clock anew for each size) that one version must do
PERFTEST_25_01 = {
    "ib_write_bw": [
        SHORT + " --write_with_imm", SHORT + " --write_with_imm -q 8 -b",
        SHORT + " --write_with_imm -c UC", SHORT + " --no_lock", SHORT + " -q 8 --no_lock",
    ],
    "ib_write_lat": [TINY + " --write_with_imm", TINY + " --write_with_imm -c UC"],
    "ib_read_bw": [ALL],
    "ib_send_bw": [ALL, ALL + " -c UD", SHORT + " --no_lock"],
}
# With 25.01, connected by rdma_cm
PERFTEST_CM = {
    tool: [f"{flags} -R" for flags in rows] for tool, rows in {
        "ib_write_bw": [SHORT],
        "ib_write_lat": [SMALL],
        "ib_read_bw": [SHORT],
        "ib_send_bw": [SHORT, SHORT + " -q 4", SMALL + " -c UD"],
        "ib_send_lat": [SMALL],
        "ib_atomic_bw": ["-n 100 -A FETCH_AND_ADD"],
    }.items()
}
# With 25.01 over the dynamically connected transport
PERFTEST_DC = {
    tool: [f"{flags} -c DC" for flags in rows] for tool, rows in {
        "ib_write_bw": [SHORT + " -b -q 16", LIST + " -l 16", TINY + " -I 64",
                        SHORT + " --write_with_imm"],
        "ib_write_lat": [SMALL, TINY + " --write_with_imm"],
        "ib_read_bw": [SHORT + " -b -q 16", SHORT + " -e"],
        "ib_read_lat": [SMALL],
        "ib_send_bw": [SHORT + " -b -q 16", SHORT + " -e", LIST + " -l 16", TINY + " -I 64"],
        "ib_send_lat": [SMALL],
        "ib_atomic_bw": ["-n 100 -A FETCH_AND_ADD", "-n 100 -A CMP_AND_SWAP -q 16"],
        "ib_atomic_lat": ["-n 100 -A FETCH_AND_ADD", "-n 100 -A CMP_AND_SWAP"],
    }.items()
}
