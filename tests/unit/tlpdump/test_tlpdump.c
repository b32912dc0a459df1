// SPDX-License-Identifier: GPL-2.0 OR Linux-OpenIB
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>
#include <cmocka.h>

#include "tlp/capture.h"
#include "util/macros.h"
#include "vectors.h"

#define SECOND 1000000000ull
#define OUTPUT_MAX 65536

/* What a hardware analyzer printed for the first of the vectors, on the real topology */
#define REFERENCE_WORDS \
	"08000260 -> STP MWr64 TC=0 OHC=2 TS=0 Attr=0 L=8\n" \
	"F0000004 -> RID=4h:0h.0h EP- Tag=F0h\n" \
	"E0200000 -> AddrH=000020E0h\n" \
	"00080006 -> AddrL=06000800h\n" \
	"90F00000 -> OHC-B ST=F0h PH=2 HV=1 AMA=0 AV-\n"

#define REFERENCE_JSON \
	"\"type\":\"MWr64\",\"requester\":\"04:00.0\",\"tag\":240,\"tc\":0,\"attr\":0," \
	"\"ep\":false,\"length\":8,\"address\":\"0x20e006000800\",\"first_be\":15," \
	"\"last_be\":15,\"at\":0,\"hv\":1,\"st\":240,\"ph\":2"

/* The beginning of the object of a packet that nic0 sent */
#define PLACE(number) \
	"{\"number\":" number ",\"link\":\"nic0\",\"direction\":\"out\"," \
	"\"encoding\":\"flit\",\"time_ns\":1000000000,"

struct fixture {
	char path[32];
	struct capture *capture;
	uint32_t nic, accelerator, old; /* the last is not in flit mode */
	char output[OUTPUT_MAX];
};

static int set_up(void **state)
{
	struct fixture *fixture = calloc(1, sizeof(*fixture));
	int fd;

	if (!fixture)
		return -1;
	strcpy(fixture->path, "/tmp/test_tlpdump.XXXXXX");
	fd = mkstemp(fixture->path);
	if (fd < 0)
		return -1;
	close(fd);
	*state = fixture;
	return capture_create(fixture->path, 0, &fixture->capture) ||
	       capture_add_link(fixture->capture, "nic0", TLP_FLIT, &fixture->nic) ||
	       capture_add_link(fixture->capture, "acc0", TLP_FLIT, &fixture->accelerator) ||
	       capture_add_link(fixture->capture, "old0", TLP_NONFLIT, &fixture->old);
}

static int tear_down(void **state)
{
	struct fixture *fixture = *state;

	capture_close(fixture->capture);
	unlink(fixture->path);
	free(fixture);
	return 0;
}

static void add(struct fixture *fixture, uint32_t link, enum capture_direction direction,
		uint64_t time_ns, const void *bytes, size_t size)
{
	assert_int_equal(capture_packet(fixture->capture, link, direction, time_ns, bytes, size,
					NULL, 0),
			 0);
}

/* Each vector leaves the NIC and reaches the accelerator a microsecond later. */
static void add_vectors(struct fixture *fixture)
{
	for (size_t i = 0; i < num_vectors; i++) {
		uint64_t time_ns = SECOND + i * 2000;

		add(fixture, fixture->nic, CAPTURE_OUTBOUND, time_ns, vectors[i].bytes,
		    vector_size(&vectors[i]));
		add(fixture, fixture->accelerator, CAPTURE_INBOUND, time_ns + 1000,
		    vectors[i].bytes, vector_size(&vectors[i]));
	}
}

/* Run tlpdump with @options on the capture; returns its exit code, its output is in the fixture */
static int run(struct fixture *fixture, const char *options)
{
	char command[512];
	size_t size;
	FILE *pipe;

	if (fixture->capture)
		assert_int_equal(capture_flush(fixture->capture), 0);
	snprintf(command, sizeof(command), "'%s' 2>&1 %s %s", TLPDUMP, options, fixture->path);
	pipe = popen(command, "r");
	assert_non_null(pipe);
	size = fread(fixture->output, 1, sizeof(fixture->output) - 1, pipe);
	fixture->output[size] = '\0';
	return WEXITSTATUS(pclose(pipe));
}

static void assert_run(struct fixture *fixture, const char *options, int code, const char *output)
{
	assert_int_equal(run(fixture, options), code);
	assert_string_equal(fixture->output, output);
}

static void reference_in_the_words_of_the_analyzer(void **state)
{
	struct fixture *fixture = *state;

	add(fixture, fixture->accelerator, CAPTURE_INBOUND, SECOND, REFERENCE->bytes,
	    vector_size(REFERENCE));
	assert_run(fixture, "", 0, "#1 acc0 in +0.000000000\n" REFERENCE_WORDS "\n");
	assert_run(fixture, "--payload", 0,
		   "#1 acc0 in +0.000000000\n" REFERENCE_WORDS "A3A2A1A0 -> Data[0]\n"
		   "B3B2B1B0 -> Data[1]\n"
		   "C3C2C1C0 -> Data[2]\n"
		   "D3D2D1D0 -> Data[3]\n"
		   "33221100 -> Data[4]\n"
		   "77665544 -> Data[5]\n"
		   "BBAA9988 -> Data[6]\n"
		   "FFEEDDCC -> Data[7]\n\n");
}

static void other_packets_in_the_same_words(void **state)
{
	static const uint8_t everything[] = {
		0x40, 0xbf, 0x3c, 0x01, 0x00, 0x18, 0x80, 0x07, 0xfe, 0xbf, 0x00, 0x12,
		0xf0, 0x12, 0x34, 0x0f, 0x00, 0x00, 0x00, 0x0b, 0,    0,    0,    1,
		1,    2,    3,    4,    5,    6,    7,    8,    9,    10,   11,   12,
		13,   14,   15,   16,   0xaa, 0xbb, 0xcc, 0xdd, 0xec, 0xec, 0xec, 0xec,
	};
	struct fixture *fixture = *state;

	add(fixture, fixture->nic, CAPTURE_OUTBOUND, SECOND, everything, sizeof(everything));
	add(fixture, fixture->nic, CAPTURE_INBOUND, SECOND + 1500, vectors[16].bytes,
	    vector_size(&vectors[16]));
	add(fixture, fixture->nic, CAPTURE_INBOUND, SECOND - 1, vectors[17].bytes,
	    vector_size(&vectors[17]));
	assert_run(fixture, "--payload", 0,
		   "#1 nic0 out +0.000000000\n"
		   "013CBF40 -> STP MWr32 TC=5 OHC=31 TS=1 Attr=7 L=1\n"
		   "07801800 -> RID=0h:3h.0h EP+ Tag=7h\n"
		   "1200BFFE -> Addr=FEBF0010h AT=2\n"
		   "0F3412F0 -> OHC-A1 NW+ PV+ PMR+ ER+ PASID=1234h LBE=0h FBE=Fh\n"
		   "0B000000 -> OHC-B ST=0h PH=0 HV=0 AMA=5 AV+\n"
		   "01000000 -> OHC-C\n"
		   "04030201 -> OHC-E\n"
		   "08070605 -> OHC-E\n"
		   "0C0B0A09 -> OHC-E\n"
		   "100F0E0D -> OHC-E\n"
		   "DDCCBBAA -> Data[0]\n"
		   "ECECECEC -> ECRC\n\n"
		   "#2 nic0 in +0.000001500\n"
		   "0100014A -> STP CplD TC=0 OHC=1 TS=0 Attr=0 L=1\n"
		   "04401003 -> CID=3h:2h.0h EP- LA[6]=1 Tag=4h\n"
		   "00F00004 -> RID=4h:0h.0h LA[5:2]=Fh BC=4096\n"
		   "18000000 -> OHC-A5 DS=0h CS=0h DSV- LA[1:0]=3 Status=0\n"
		   "A3A2A1A0 -> Data[0]\n\n"
		   "#3 nic0 in -0.000000001\n"
		   "0000010A -> STP Cpl TC=0 OHC=1 TS=0 Attr=0\n"
		   "05001003 -> CID=3h:2h.0h EP- LA[6]=0 Tag=5h\n"
		   "04000004 -> RID=4h:0h.0h LA[5:2]=0h BC=4\n"
		   "01000000 -> OHC-A5 DS=0h CS=0h DSV- LA[1:0]=0 Status=1\n\n");
}

static void what_is_missing_is_named(void **state)
{
	struct fixture *fixture = *state;

	add(fixture, fixture->nic, CAPTURE_OUTBOUND, SECOND, REFERENCE->bytes, 14);
	add(fixture, fixture->nic, CAPTURE_OUTBOUND, SECOND, REFERENCE->bytes, 20);
	add(fixture, fixture->nic, CAPTURE_OUTBOUND, SECOND, REFERENCE->bytes, 27);
	add(fixture, fixture->nic, CAPTURE_OUTBOUND, SECOND, "\x60", 1);
	assert_run(fixture, "--payload", 0,
		   "#1 nic0 out +0.000000000\n"
		   "08000260 -> STP MWr64 TC=0 OHC=2 TS=0 Attr=0 L=8\n"
		   "F0000004 -> RID=4h:0h.0h EP- Tag=F0h\n"
		   "E0200000 -> AddrH=000020E0h\n"
		   "missing: header from byte 14 on, payload (32 bytes)\n\n"
		   "#2 nic0 out +0.000000000\n" REFERENCE_WORDS "missing: payload (32 bytes)\n\n"
		   "#3 nic0 out +0.000000000\n" REFERENCE_WORDS "A3A2A1A0 -> Data[0]\n"
		   "missing: payload (25 of 32 bytes)\n\n"
		   "#4 nic0 out +0.000000000\n"
		   "missing: header from byte 1 on\n\n");
	assert_run(fixture, "--json --payload", 0,
		   PLACE("1") "\"type\":\"MWr64\",\"requester\":\"04:00.0\",\"tag\":240,\"tc\":0,"
			      "\"attr\":0,\"ep\":false,\"length\":8,"
			      "\"missing_parts\":[\"header\",\"payload\"]}\n" PLACE("2")
				      REFERENCE_JSON
		   ",\"missing_parts\":[\"payload\"]}\n" PLACE("3") REFERENCE_JSON
		   ",\"missing_parts\":[\"payload\"],\"payload\":\"a0a1a2a3b0b1b2\"}\n" PLACE(
			   "4") "\"type\":\"unknown\",\"missing_parts\":[\"header\"]}\n");
	/* What is there, every filter finds; what is not, is not guessed. */
	assert_run(fixture, "--type=MWr --count", 0,
		   "LINK DIR TYPE   ST PH HV TLPS PAYLOAD\n"
		   "nic0 out MWr64 F0h  2  1    2      64\n"
		   "nic0 out MWr64   ?  ?  ?    1      32\n");
	assert_run(fixture, "--summary --json --limit=1", 0,
		   "{\"tlps\":1,\"counts\":[{\"requester\":\"04:00.0\",\"hv\":null,\"tlps\":1,"
		   "\"payload_bytes\":32}],\"missing\":[]}\n");
	assert_run(fixture, "--type=MWr --hv=0", 0, "");
	assert_run(fixture, "--type=MWr --expect=none", 1,
		   "0 of 3 TLPs carry no hints; the first that does not is #1\n");
	assert_run(fixture, "--requester=04:00.0 --expect=st=0xf0,ph=2", 1,
		   "2 of 3 TLPs carry ST=F0h PH=2 HV=1; the first that does not is #1\n");
	assert_run(fixture,
		   "--st=0xf0 --address=0x20e006000800-0x20e006000800 --expect=st=0xf0,ph=2", 0,
		   "2 of 2 TLPs carry ST=F0h PH=2 HV=1\n");
}

static void malformed_packets_are_shown_and_named(void **state)
{
	struct fixture *fixture = *state;
	uint8_t across[20];

	memcpy(across, REFERENCE->bytes, sizeof(across));
	across[14] = 0x0f; /* address ..0FF0h, 32 bytes */
	across[15] = 0xf0;
	add(fixture, fixture->nic, CAPTURE_OUTBOUND, SECOND, across, sizeof(across));
	assert_run(fixture, "", 0,
		   "#1 nic0 out +0.000000000\n"
		   "08000260 -> STP MWr64 TC=0 OHC=2 TS=0 Attr=0 L=8\n"
		   "F0000004 -> RID=4h:0h.0h EP- Tag=F0h\n"
		   "E0200000 -> AddrH=000020E0h\n"
		   "F00F0006 -> AddrL=06000FF0h\n"
		   "90F00000 -> OHC-B ST=F0h PH=2 HV=1 AMA=0 AV-\n"
		   "malformed: request crosses a 4 KiB boundary or is not aligned (20 bytes)\n"
		   "missing: payload (32 bytes)\n\n");
	assert_run(fixture, "--count", 0,
		   "LINK DIR TYPE      ST PH HV TLPS PAYLOAD\n"
		   "nic0 out malformed  ?  ?  ?    1       0\n");
	assert_run(fixture, "--type=MWr", 0, "");
	assert_run(fixture, "--expect=none", 1,
		   "0 of 1 TLPs carry no hints; the first that does not is #1\n");
}

/* What all requests share, and where they go if that is plain; L only where there is data */
static void types_that_are_not_decoded_say_so(void **state)
{
	static const uint8_t nop[] = { 0, 0, 0, 1 };
	static const uint8_t uio[] = { 0x22, 0, 0, 2, 4, 0, 0, 9, 0, 0, 0, 0, 0, 0, 0x10, 0 };
	static const uint8_t cfg[] = { 0x44, 1,    0,    1,    4,    0,    0x01, 9,    5,    9,
				       0,    0x10, 0x0f, 0x0f, 0x0f, 0x0f, 0xd0, 0xd1, 0xd2, 0xd3 };
	static const uint8_t unknown[] = { 0x38, 0, 0, 1 };
	struct fixture *fixture = *state;

	add(fixture, fixture->nic, CAPTURE_OUTBOUND, SECOND, nop, sizeof(nop));
	add(fixture, fixture->nic, CAPTURE_OUTBOUND, SECOND, uio, sizeof(uio));
	add(fixture, fixture->nic, CAPTURE_OUTBOUND, SECOND, cfg, sizeof(cfg));
	add(fixture, fixture->nic, CAPTURE_OUTBOUND, SECOND, unknown, sizeof(unknown));
	assert_run(fixture, "--payload", 0,
		   "#1 nic0 out +0.000000000\n"
		   "01000000 -> STP NOP TC=0 OHC=0 TS=0 Attr=0\n"
		   "not decoded\n\n"
		   "#2 nic0 out +0.000000000\n"
		   "02000022 -> STP UIOMRd TC=0 OHC=0 TS=0 Attr=0 L=2\n"
		   "09000004 -> RID=4h:0h.0h EP- Tag=9h\n"
		   "00000000 -> DW2\n"
		   "00100000 -> DW3\n"
		   "not decoded\n\n"
		   "#3 nic0 out +0.000000000\n"
		   "01000144 -> STP CfgWr0 TC=0 OHC=1 TS=0 Attr=0 L=1\n"
		   "09010004 -> RID=4h:0h.0h EP- Tag=109h\n"
		   "10000905 -> Dest=5h:1h.1h Reg=10h\n"
		   "0F0F0F0F -> OHC-A\n"
		   "D3D2D1D0 -> Data[0]\n"
		   "not decoded\n\n"
		   "#4 nic0 out +0.000000000\n"
		   "01000038 -> STP Type=38h TC=0 OHC=0 TS=0 Attr=0\n"
		   "not decoded: unknown type\n\n");
	assert_run(
		fixture, "--json", 0,
		PLACE("1") "\"type\":\"NOP\",\"tc\":0,\"attr\":0,\"ep\":false,"
			   "\"decoded\":false}\n" PLACE(
				   "2") "\"type\":\"UIOMRd\","
					"\"requester\":\"04:00.0\",\"tag\":9,\"tc\":0,\"attr\":0,"
					"\"ep\":false,\"length\":2,\"decoded\":false}\n" PLACE(
						"3") "\"type\":\"CfgWr0\",\"requester\":\"04:00.0\",\"tag\":265,"
						     "\"tc\":0,\"attr\":0,\"ep\":false,\"length\":1,"
						     "\"destination\":\"05:01.1\",\"decoded\":false}\n" PLACE(
							     "4") "\"type\":\"unknown\",\"type_number\":56,\"tc\":0,\"attr\":0,"
								  "\"ep\":false,\"decoded\":false}\n");
	assert_run(fixture, "--type=CfgWr,NOP --count", 0,
		   "LINK DIR TYPE   ST PH HV TLPS PAYLOAD\n"
		   "nic0 out CfgWr0  -  -  0    1       4\n"
		   "nic0 out NOP     -  -  0    1       0\n");
	/* Memory requests alone can have hints. */
	assert_run(fixture, "--hv=0 --count", 0,
		   "LINK DIR TYPE   ST PH HV TLPS PAYLOAD\n"
		   "nic0 out CfgWr0  -  -  0    1       4\n"
		   "nic0 out NOP     -  -  0    1       0\n");
	assert_run(fixture, "--requester=04:00.0 --expect=none", 1,
		   "1 of 2 TLPs carry no hints; the first that does not is #2\n");
	assert_run(fixture, "--requester=04:00.0 --address=0-0xffffffffffffffff", 0, "");
}

static void add_nonflit(struct fixture *fixture, size_t index)
{
	add(fixture, fixture->old, CAPTURE_INBOUND, SECOND, nonflit_vectors[index].bytes,
	    vector_size(&nonflit_vectors[index]));
}

static void words_outside_of_flit_mode(void **state)
{
	static const uint8_t everything[] = {
		0x8e, 1,    2,    3,    0x90, 0x12, 0xb0, 0, 0x4d, 0xd5, 0xf8, 0x01, 0x00, 0x18,
		0x07, 0xf0, 0xfe, 0xbf, 0x00, 0x13, 1,    2, 3,    4,    0xec, 0xec, 0xec, 0xec,
	};
	struct fixture *fixture = *state;

	add_nonflit(fixture, 1);
	add_nonflit(fixture, 6);
	add_nonflit(fixture, 7);
	add_nonflit(fixture, 19);
	add(fixture, fixture->old, CAPTURE_OUTBOUND, SECOND, everything, sizeof(everything));
	assert_run(fixture, "--payload", 0,
		   "#1 old0 in +0.000000000 non-flit\n"
		   "00001290 -> TPH prefix ST[15:8]=12h AMA=0 AV-\n"
		   "02000160 -> STP MWr64 TC=0 TH+ TD- EP- Attr=0 AT=0 L=2\n"
		   "FFF00004 -> RID=4h:0h.0h ST=F0h LBE=Fh FBE=Fh\n"
		   "E0200000 -> AddrH=000020E0h\n"
		   "03000006 -> AddrL=06000000h PH=3\n"
		   "A3A2A1A0 -> Data[0]\n"
		   "B3B2B1B0 -> Data[1]\n\n"
		   "#2 old0 in +0.000000000 non-flit\n"
		   "A576D400 -> STP MRd32 TC=5 TH- TD- EP+ Attr=7 AT=1 L=677\n"
		   "FFBCCDAB -> RID=ABh:19h.5h Tag=2BCh LBE=Fh FBE=Fh\n"
		   "00000080 -> Addr=80000000h\n\n"
		   "#3 old0 in +0.000000000 non-flit\n"
		   "00000920 -> STP MRd64 TC=0 TH+ TD- EP- Attr=0 AT=0 L=1024\n"
		   "77FE0004 -> RID=4h:0h.0h Tag=1FEh ST=77h\n"
		   "80000000 -> AddrH=00000080h\n"
		   "01100000 -> AddrL=00001000h PH=1\n\n"
		   "#4 old0 in +0.000000000 non-flit\n"
		   "0000000A -> STP Cpl TC=0 TH- TD- EP- Attr=0 AT=0\n"
		   "04801003 -> CID=3h:2h.0h Status=4 BCM- BC=4\n"
		   "00050004 -> RID=4h:0h.0h Tag=5h LA=0h\n\n"
		   "#5 old0 out +0.000000000 non-flit\n"
		   "0302018E -> Prefix Type=8Eh\n"
		   "00B01290 -> TPH prefix ST[15:8]=12h AMA=5 AV+\n"
		   "01F8D54D -> STP Swap32 TC=5 TH+ TD+ EP+ Attr=7 AT=2 L=1\n"
		   "F0071800 -> RID=0h:3h.0h Tag=207h ST=F0h\n"
		   "1300BFFE -> Addr=FEBF0010h PH=3\n"
		   "04030201 -> Data[0]\n"
		   "ECECECEC -> ECRC\n\n");
}

static void missing_outside_of_flit_mode(void **state)
{
	/* MRd32 with PASID; MWr32 with TD, whose digest is stripped; four words of a CfgRd0 */
	static const uint8_t pasid[] = { 0x91, 0x11, 0x23, 0x45, 0,    0, 0,    0x01,
					 4,    0,    2,    0x0f, 0xfe, 0, 0x10, 0 };
	static const uint8_t stripped[] = {
		0x40, 0, 0x80, 1, 4, 0, 0, 0x0f, 0, 0, 0x10, 0, PAYLOAD4
	};
	static const uint8_t cfg[] = { 4, 0, 0, 1, 0, 0x20, 0xa, 3, 5, 1, 0, 0, 0, 5, 1, 0 };
	struct fixture *fixture = *state;

	add(fixture, fixture->old, CAPTURE_INBOUND, SECOND, nonflit_vectors[1].bytes, 14);
	add(fixture, fixture->old, CAPTURE_INBOUND, SECOND, nonflit_vectors[1].bytes, 4);
	add(fixture, fixture->old, CAPTURE_INBOUND, SECOND, "\x03\x00\x00\x01", 4);
	add(fixture, fixture->old, CAPTURE_INBOUND, SECOND, pasid, sizeof(pasid));
	add(fixture, fixture->old, CAPTURE_INBOUND, SECOND, stripped, sizeof(stripped));
	add(fixture, fixture->old, CAPTURE_INBOUND, SECOND, cfg, sizeof(cfg));
	assert_run(fixture, "", 0,
		   "#1 old0 in +0.000000000 non-flit\n"
		   "00001290 -> TPH prefix ST[15:8]=12h AMA=0 AV-\n"
		   "02000160 -> STP MWr64 TC=0 TH+ TD- EP- Attr=0 AT=0 L=2\n"
		   "FFF00004 -> RID=4h:0h.0h ST=F0h LBE=Fh FBE=Fh\n"
		   "missing: header from byte 14 on, payload (8 bytes)\n\n"
		   "#2 old0 in +0.000000000 non-flit\n"
		   "00001290 -> TPH prefix ST[15:8]=12h AMA=0 AV-\n"
		   "missing: header from byte 4 on\n\n"
		   "#3 old0 in +0.000000000 non-flit\n"
		   "01000003 -> STP Type=3h TC=0 TH- TD- EP- Attr=0 AT=0\n"
		   "not decoded: unknown type\n\n"
		   "#4 old0 in +0.000000000 non-flit\n"
		   "45231191 -> PASID prefix PMR- ER+ PASID=12345h\n"
		   "01000000 -> STP MRd32 TC=0 TH- TD- EP- Attr=0 AT=0 L=1\n"
		   "0F020004 -> RID=4h:0h.0h Tag=2h LBE=0h FBE=Fh\n"
		   "001000FE -> Addr=FE001000h\n\n"
		   "#5 old0 in +0.000000000 non-flit\n"
		   "01800040 -> STP MWr32 TC=0 TH- TD+ EP- Attr=0 AT=0 L=1\n"
		   "0F000004 -> RID=4h:0h.0h Tag=0h LBE=0h FBE=Fh\n"
		   "00100000 -> Addr=00001000h\n"
		   "missing: digest (4 bytes)\n\n"
		   "#6 old0 in +0.000000000 non-flit\n"
		   "01000004 -> STP CfgRd0 TC=0 TH- TD- EP- Attr=0 AT=0 L=1\n"
		   "030A2000 -> RID=0h:4h.0h Tag=Ah LBE=0h FBE=3h\n"
		   "00000105 -> Dest=5h:0h.1h Reg=0h\n"
		   "00010500 -> not of the packet\n"
		   "not decoded\n\n");
}

static void digest_and_pasid_in_json(void **state)
{
	static const uint8_t bytes[] = { 0x91, 0x21, 0x23,     0x45, 0x40, 0,    0x80,
					 1,    4,    0,        0,    0x0f, 0,    0,
					 0x10, 0,    PAYLOAD4, 0xec, 0xed, 0xee, 0xef };
	struct fixture *fixture = *state;

	add(fixture, fixture->old, CAPTURE_INBOUND, SECOND, bytes, sizeof(bytes));
	assert_run(fixture, "--json", 0,
		   "{\"number\":1,\"link\":\"old0\",\"direction\":\"in\","
		   "\"encoding\":\"non-flit\",\"time_ns\":1000000000,\"type\":\"MWr32\","
		   "\"requester\":\"04:00.0\",\"tag\":0,\"tc\":0,\"attr\":0,\"ep\":false,"
		   "\"length\":1,\"address\":\"0x1000\",\"first_be\":15,\"last_be\":0,"
		   "\"at\":0,\"hv\":0,\"pasid\":74565,\"pmr\":true,\"er\":false,"
		   "\"td\":true,\"digest\":\"ecedeeef\"}\n");
}

static void both_encodings_in_one_capture(void **state)
{
	struct fixture *fixture = *state;

	add(fixture, fixture->nic, CAPTURE_OUTBOUND, SECOND, vectors[2].bytes,
	    vector_size(&vectors[2]));
	add_nonflit(fixture, 1);
	assert_run(fixture, "--expect=st-ext=0x12f0,ph=3 --type=MWr --hv=3", 0,
		   "2 of 2 TLPs carry ST=12F0h PH=3 HV=3\n");
	assert_run(fixture, "--count", 0,
		   "LINK DIR TYPE     ST PH HV TLPS PAYLOAD\n"
		   "nic0 out MWr64 12F0h  3  3    1       8\n"
		   "old0 in  MWr64 12F0h  3  3    1       8\n");
	assert_run(fixture, "--json --link=old0 --st=0x12f0", 0,
		   "{\"number\":2,\"link\":\"old0\",\"direction\":\"in\","
		   "\"encoding\":\"non-flit\",\"time_ns\":1000000000,"
		   "\"type\":\"MWr64\",\"requester\":\"04:00.0\",\"tc\":0,\"attr\":0,"
		   "\"ep\":false,\"length\":2,\"address\":\"0x20e006000000\",\"first_be\":15,"
		   "\"last_be\":15,\"at\":0,\"hv\":3,\"st\":4848,\"ph\":3,\"td\":false}\n");
}

static void json_has_every_field(void **state)
{
	struct fixture *fixture = *state;

	add(fixture, fixture->accelerator, CAPTURE_INBOUND, SECOND, vectors[6].bytes,
	    vector_size(&vectors[6]));
	add(fixture, fixture->nic, CAPTURE_INBOUND, SECOND, vectors[17].bytes,
	    vector_size(&vectors[17]));
	assert_run(
		fixture, "--json --payload", 0,
		"{\"number\":1,\"link\":\"acc0\",\"direction\":\"in\",\"encoding\":\"flit\",\"time_ns\":1000000000,"
		"\"type\":\"MWr64\",\"requester\":\"04:00.0\",\"tag\":0,\"tc\":0,\"attr\":0,"
		"\"ep\":false,\"length\":4,\"address\":\"0x123456780\",\"first_be\":14,"
		"\"last_be\":7,\"at\":0,\"hv\":1,\"st\":90,\"ph\":1,"
		"\"payload\":\"a0a1a2a3b0b1b2b3c0c1c2c3d0d1d2d3\"}\n"
		"{\"number\":2,\"link\":\"nic0\",\"direction\":\"in\",\"encoding\":\"flit\",\"time_ns\":1000000000,"
		"\"type\":\"Cpl\",\"requester\":\"04:00.0\",\"tag\":5,\"tc\":0,\"attr\":0,"
		"\"ep\":false,\"completer\":\"03:02.0\",\"status\":1,"
		"\"byte_count\":4,\"lower_address\":0}\n");
}

/* Also those between packets that are not shown; what others wrote cannot drive a terminal */
static void notes_are_lines_of_their_own(void **state)
{
	struct fixture *fixture = *state;

	add(fixture, fixture->accelerator, CAPTURE_INBOUND, SECOND, REFERENCE->bytes,
	    vector_size(REFERENCE));
	capture_note(fixture->capture, "nic0: TPH requester disabled");
	add(fixture, fixture->nic, CAPTURE_OUTBOUND, SECOND, REFERENCE->bytes,
	    vector_size(REFERENCE));
	capture_note(fixture->capture, "\033[2Jround 2\n");
	capture_note(fixture->capture, "\"");
	add(fixture, fixture->accelerator, CAPTURE_INBOUND, SECOND, REFERENCE->bytes,
	    vector_size(REFERENCE));
	assert_run(fixture, "--link=acc0", 0,
		   "#1 acc0 in +0.000000000\n" REFERENCE_WORDS "\n"
		   "-- nic0: TPH requester disabled\n\n"
		   "-- .[2Jround 2.\n-- \"\n\n"
		   "#3 acc0 in +0.000000000\n" REFERENCE_WORDS "\n");
	assert_run(fixture, "--json --type=MRd", 0,
		   "{\"note\":\"nic0: TPH requester disabled\",\"before\":2}\n"
		   "{\"note\":\".[2Jround 2.\",\"before\":3}\n"
		   "{\"note\":\"\\\"\",\"before\":3}\n");
}

/* How many of the vectors, seen on one link, pass a filter */
static void assert_accepted(struct fixture *fixture, const char *filter, int expected)
{
	char options[128];
	int lines = 0;

	snprintf(options, sizeof(options), "--json --link=acc0 %s", filter);
	assert_int_equal(run(fixture, options), 0);
	for (const char *at = fixture->output; *at; at++)
		lines += *at == '\n';
	assert_int_equal(lines, expected);
}

static void filters_take_what_they_say(void **state)
{
	struct fixture *fixture = *state;

	add_vectors(fixture);
	assert_accepted(fixture, "", num_vectors);
	assert_accepted(fixture, "--link=nic0", 2 * num_vectors);
	assert_accepted(fixture, "--direction=in", num_vectors);
	assert_accepted(fixture, "--direction=out", 0);
	assert_accepted(fixture, "--type=MWr64", 6);
	assert_accepted(fixture, "--type=mwr", 8);
	assert_accepted(fixture, "--type=CplD,MRd32", 3);
	assert_accepted(fixture, "--type=cpl", 2);
	assert_accepted(fixture, "--requester=00:03.0", 2);
	assert_accepted(fixture, "--requester=0000:00:03.0", 2);
	assert_accepted(fixture, "--requester=10001:00:03.0", 2);
	assert_accepted(fixture, "--requester=ffffffff:00:03.0", 2);
	assert_accepted(fixture, "--address=0x123456780-0x123456780", 1);
	assert_accepted(fixture, "--address=0x123456781-0x123456fff", 0);
	assert_accepted(fixture, "--address=0x20e006000800-0x20e006000803", 2);
	assert_accepted(fixture, "--address=0x20e006000800-0xffffffffffffffff --type=MWr64", 3);
	assert_accepted(fixture, "--address=0-0xffffffffffffffff --type=Cpl,CplD", 0);
	assert_accepted(fixture, "--st=0xf0", 2);
	assert_accepted(fixture, "--st=0x12f0", 1);
	assert_accepted(fixture, "--st=0", 1);
	assert_accepted(fixture, "--ph=3", 2);
	assert_accepted(fixture, "--hv=0", 11);
	assert_accepted(fixture, "--hv=3", 1);
	assert_accepted(fixture, "--hv=1 --ph=2 --st=240", 2);
	assert_accepted(fixture, "--limit=3", 3);
	assert_accepted(fixture, "--type=MWr64 --limit=100", 6);
}

static void counts_by_kind(void **state)
{
	struct fixture *fixture = *state;

	for (int i = 0; i < 3; i++)
		add(fixture, fixture->accelerator, CAPTURE_INBOUND, i, REFERENCE->bytes,
		    vector_size(REFERENCE));
	add(fixture, fixture->accelerator, CAPTURE_INBOUND, 3, vectors[5].bytes,
	    vector_size(&vectors[5]));
	add(fixture, fixture->nic, CAPTURE_OUTBOUND, 3, vectors[2].bytes, vector_size(&vectors[2]));
	add(fixture, fixture->nic, CAPTURE_OUTBOUND, 3, "", 1);
	assert_run(fixture, "--count", 0,
		   "LINK DIR TYPE       ST PH HV TLPS PAYLOAD\n"
		   "acc0 in  MWr32       -  -  0    1       4\n"
		   "acc0 in  MWr64     F0h  2  1    3      96\n"
		   "nic0 out MWr64   12F0h  3  3    1       8\n"
		   "nic0 out unknown     ?  ?  ?    1       0\n");
	assert_run(fixture, "--count --json --type=MWr", 0,
		   "{\"tlps\":5,\"counts\":["
		   "{\"link\":\"acc0\",\"direction\":\"in\",\"type\":\"MWr32\",\"hv\":0,"
		   "\"tlps\":1,\"payload_bytes\":4},"
		   "{\"link\":\"acc0\",\"direction\":\"in\",\"type\":\"MWr64\",\"hv\":1,"
		   "\"st\":240,\"ph\":2,\"tlps\":3,\"payload_bytes\":96},"
		   "{\"link\":\"nic0\",\"direction\":\"out\",\"type\":\"MWr64\",\"hv\":3,"
		   "\"st\":4848,\"ph\":3,\"tlps\":1,\"payload_bytes\":8}],\"missing\":[]}\n");
}

/* Requests alone: what completions carry belongs to those that they answer. */
static FILE *start_following(struct fixture *fixture, const char *options)
{
	char command[256];
	FILE *pipe;

	snprintf(command, sizeof(command), "'%s' --follow %s %s 2>&1", TLPDUMP, options,
		 fixture->path);
	pipe = popen(command, "r");
	assert_non_null(pipe);
	return pipe;
}

static void read_up_to(FILE *pipe, const char *wanted)
{
	char line[512];

	do
		assert_non_null(fgets(line, sizeof(line), pipe));
	while (strcmp(line, wanted));
}

/* What is there is printed at once, what comes as it comes, and it ends with the writer. */
static void follows_a_capture_that_grows(void **state)
{
	struct fixture *fixture = *state;
	FILE *pipe;

	add(fixture, fixture->accelerator, CAPTURE_INBOUND, SECOND, REFERENCE->bytes,
	    vector_size(REFERENCE));
	assert_int_equal(capture_flush(fixture->capture), 0);
	pipe = start_following(fixture, "");
	read_up_to(pipe, "#1 acc0 in +0.000000000\n");
	add(fixture, fixture->accelerator, CAPTURE_INBOUND, SECOND + 1, REFERENCE->bytes,
	    vector_size(REFERENCE));
	assert_int_equal(capture_flush(fixture->capture), 0);
	read_up_to(pipe, "#2 acc0 in +0.000000001\n");
	assert_int_equal(capture_close(fixture->capture), 0);
	fixture->capture = NULL;
	while (fgetc(pipe) != EOF)
		;
	assert_int_equal(WEXITSTATUS(pclose(pipe)), 0);
	assert_run(fixture, "--follow --hex", 2,
		   "tlpdump: --follow is for the file of a capture; what comes through a pipe is "
		   "printed as it comes\n");
}

/* Nobody can add to a file that is gone. */
static void follows_no_longer_than_there_is_a_file(void **state)
{
	struct fixture *fixture = *state;
	char other[64];
	FILE *pipe;

	add(fixture, fixture->accelerator, CAPTURE_INBOUND, SECOND, REFERENCE->bytes,
	    vector_size(REFERENCE));
	assert_int_equal(capture_flush(fixture->capture), 0);
	pipe = start_following(fixture, "");
	read_up_to(pipe, "#1 acc0 in +0.000000000\n");
	snprintf(other, sizeof(other), "%s.other", fixture->path);
	assert_int_equal(link(fixture->path, other), 0);
	add(fixture, fixture->accelerator, CAPTURE_INBOUND, SECOND + 1, REFERENCE->bytes,
	    vector_size(REFERENCE));
	assert_int_equal(capture_flush(fixture->capture), 0);
	read_up_to(pipe, "#2 acc0 in +0.000000001\n");
	assert_int_equal(unlink(fixture->path), 0);
	while (fgetc(pipe) != EOF)
		;
	assert_int_equal(WEXITSTATUS(pclose(pipe)), 0);
	assert_int_equal(unlink(other), 0);
}

/* Without gnuplot there is none, which is said; with it, each tag has its name in it. */
static void plots_tags_over_time(void **state)
{
	struct fixture *fixture = *state;
	char options[128], path[64], text[65536], said[256];
	size_t size;
	FILE *file;

	snprintf(path, sizeof(path), "%s.svg", fixture->path);
	snprintf(options, sizeof(options), "--count --plot=%s", path);
	snprintf(said, sizeof(said),
		 "tlpdump: %s: no request passed the filters: nothing to draw\n", path);
	assert_int_equal(run(fixture, options), 2);
	assert_non_null(strstr(fixture->output, said));
	for (int i = 0; i < 1000; i++)
		add(fixture, fixture->accelerator, CAPTURE_INBOUND, SECOND + i * 1000000ull,
		    i % 2 ? REFERENCE->bytes : vectors[2].bytes,
		    vector_size(i % 2 ? REFERENCE : &vectors[2]));
	if (system("command -v gnuplot >/dev/null"))
		skip();
	assert_int_equal(run(fixture, options), 0);
	file = fopen(path, "r");
	assert_non_null(file);
	size = fread(text, 1, sizeof(text) - 1, file);
	text[size] = '\0';
	fclose(file);
	unlink(path);
	assert_non_null(strstr(text, "<svg"));
	assert_non_null(strstr(text, "ST=F0h PH=2"));
	assert_non_null(strstr(text, "ST=12F0h PH=3 16-bit"));
	assert_non_null(strstr(text, "requests in 8.192 ms"));
}

/* gnuplot would warn of a range without an extent, and draw no line. */
static void plots_a_single_packet(void **state)
{
	struct fixture *fixture = *state;
	char options[128];

	if (system("command -v gnuplot >/dev/null"))
		skip();
	add(fixture, fixture->accelerator, CAPTURE_INBOUND, SECOND, REFERENCE->bytes,
	    vector_size(REFERENCE));
	snprintf(options, sizeof(options), "--expect=st=0xf0,ph=2 --plot=%s.svg", fixture->path);
	assert_run(fixture, options, 0, "1 of 1 TLPs carry ST=F0h PH=2 HV=1\n");
	snprintf(options, sizeof(options), "%s.svg", fixture->path);
	assert_int_equal(unlink(options), 0);
}

/* gnuplot's exit code is 0 all the same; this one stands for a file system that is full. */
static void plots_that_are_not_whole_are_no_success(void **state)
{
	static const char gnuplot[] = "#!/bin/sh\ncat >/dev/null\n";
	struct fixture *fixture = *state;
	char directory[] = "/tmp/test_plot.XXXXXX", path[64], plot[64], options[256], said[256];
	char search[4096], *before;
	FILE *file;

	assert_non_null(mkdtemp(directory));
	snprintf(path, sizeof(path), "%s/gnuplot", directory);
	snprintf(plot, sizeof(plot), "%s/plot", directory);
	file = fopen(path, "w");
	assert_non_null(file);
	fputs(gnuplot, file);
	assert_int_equal(fclose(file), 0);
	assert_int_equal(chmod(path, 0755), 0);
	file = fopen(plot, "w");
	assert_non_null(file);
	fputs("<svg>", file);
	assert_int_equal(fclose(file), 0);
	add(fixture, fixture->accelerator, CAPTURE_INBOUND, SECOND, REFERENCE->bytes,
	    vector_size(REFERENCE));
	snprintf(options, sizeof(options), "--expect=st=0xf0,ph=2 --plot=%s", plot);
	snprintf(said, sizeof(said),
		 "1 of 1 TLPs carry ST=F0h PH=2 HV=1\n"
		 "tlpdump: cannot draw %s: gnuplot has not written all of it; is there room?\n",
		 plot);
	before = strdup(getenv("PATH"));
	assert_non_null(before);
	snprintf(search, sizeof(search), "%s:%s", directory, before);
	assert_int_equal(setenv("PATH", search, 1), 0);
	assert_run(fixture, options, 2, said);
	assert_int_equal(setenv("PATH", before, 1), 0);
	free(before);
	unlink(path);
	unlink(plot);
	rmdir(directory);
}

static void summary_is_by_initiator(void **state)
{
	struct fixture *fixture = *state;

	for (int i = 0; i < 3; i++)
		add(fixture, fixture->accelerator, CAPTURE_INBOUND, i, REFERENCE->bytes,
		    vector_size(REFERENCE));
	add(fixture, fixture->accelerator, CAPTURE_INBOUND, 3, vectors[5].bytes,
	    vector_size(&vectors[5]));
	add(fixture, fixture->accelerator, CAPTURE_OUTBOUND, 3, vectors[17].bytes,
	    vector_size(&vectors[17]));
	add(fixture, fixture->nic, CAPTURE_OUTBOUND, 3, "", 1);
	assert_run(fixture, "--summary", 0,
		   "REQUESTER  ST PH HV TLPS PAYLOAD SHARE HISTOGRAM\n"
		   "00:03.0     -  -  0    1       4 25.0% ##########\n"
		   "04:00.0   F0h  2  1    3      96 75.0% ##############################\n");
	assert_run(fixture, "--summary --json --type=MWr64", 0,
		   "{\"tlps\":3,\"counts\":[{\"requester\":\"04:00.0\",\"hv\":1,\"st\":240,"
		   "\"ph\":2,\"tlps\":3,\"payload_bytes\":96}],\"missing\":[]}\n");
}

static void expectations_decide_the_exit_code(void **state)
{
	struct fixture *fixture = *state;

	assert_run(fixture, "--expect=none", 1,
		   "no TLP passed the filters: nothing to expect of\n");
	add(fixture, fixture->nic, CAPTURE_OUTBOUND, 0, vectors[2].bytes, vector_size(&vectors[2]));
	for (int i = 0; i < 3; i++)
		add(fixture, fixture->accelerator, CAPTURE_INBOUND, i, REFERENCE->bytes,
		    vector_size(REFERENCE));
	assert_run(fixture, "--link=acc0 --expect=st=0xf0,ph=2", 0,
		   "3 of 3 TLPs carry ST=F0h PH=2 HV=1\n");
	assert_run(fixture, "--link=acc0 --expect=st=0xf0,ph=1", 1,
		   "0 of 3 TLPs carry ST=F0h PH=1 HV=1; the first that does not is #2\n");
	assert_run(fixture, "--link=acc0 --expect=st-ext=0xf0,ph=2", 1,
		   "0 of 3 TLPs carry ST=F0h PH=2 HV=3; the first that does not is #2\n");
	assert_run(fixture, "--link=acc0 --expect=none", 1,
		   "0 of 3 TLPs carry no hints; the first that does not is #2\n");
	assert_run(fixture, "--link=nic0 --expect=st-ext=0x12f0,ph=3", 0,
		   "1 of 1 TLPs carry ST=12F0h PH=3 HV=3\n");
	assert_run(fixture, "--json --expect=st=0xf0,ph=2", 1,
		   "{\"matching\":3,\"tlps\":4,\"first_other\":1,\"missing\":[]}\n");
}

static void add_reference(struct fixture *fixture, unsigned int count)
{
	for (unsigned int i = 0; i < count; i++)
		add(fixture, fixture->accelerator, CAPTURE_INBOUND, SECOND, REFERENCE->bytes,
		    vector_size(REFERENCE));
}

/* Of three packets of the accelerator's link the first has room. */
static void cut_capture(struct fixture *fixture)
{
	const uint64_t limit = 48 + 2 * 56 + 96 + 2 * 76;

	assert_int_equal(capture_close(fixture->capture), 0);
	assert_int_equal(capture_create(fixture->path, limit, &fixture->capture), 0);
	assert_int_equal(capture_add_link(fixture->capture, "nic0", TLP_FLIT, &fixture->nic), 0);
	assert_int_equal(capture_add_link(fixture->capture, "acc0", TLP_FLIT,
					  &fixture->accelerator),
			 0);
	add_reference(fixture, 3);
	assert_int_equal(capture_close(fixture->capture), 0);
	fixture->capture = NULL;
}

static void a_cut_capture_says_so_and_meets_no_expectation(void **state)
{
	struct fixture *fixture = *state;
	char said[512], lacking[256];

	cut_capture(fixture);
	snprintf(lacking, sizeof(lacking),
		 "tlpdump: %s: 2 packets of acc0 were not recorded: the "
		 "capture has the first 1; give it more room (--capture-limit) or do less\n",
		 fixture->path);
	snprintf(said, sizeof(said), "#1 acc0 in +0.000000000\n" REFERENCE_WORDS "\n%s", lacking);
	assert_run(fixture, "", 0, said);
	snprintf(said, sizeof(said),
		 "LINK DIR TYPE   ST PH HV TLPS PAYLOAD\n"
		 "acc0 in  MWr64 F0h  2  1    1      32\n%s",
		 lacking);
	assert_run(fixture, "--count", 0, said);
	snprintf(said, sizeof(said),
		 "1 of 1 TLPs carry ST=F0h PH=2 HV=1; the capture is "
		 "not whole\n%s",
		 lacking);
	assert_run(fixture, "--expect=st=0xf0,ph=2", 1, said);
	assert_run(fixture, "--link=acc0 --type=MRd --count --json 2>/dev/null", 0,
		   "{\"tlps\":0,\"counts\":[],"
		   "\"missing\":[{\"link\":\"acc0\",\"recorded\":1,\"dropped\":2}]}\n");
	assert_run(fixture, "--type=MWr --expect=st=0xf0,ph=2 --json 2>/dev/null", 1,
		   "{\"matching\":1,\"tlps\":1,"
		   "\"missing\":[{\"link\":\"acc0\",\"recorded\":1,\"dropped\":2}]}\n");
	assert_run(fixture, "--type=MRd --json 2>/dev/null", 0,
		   "{\"missing\":[{\"link\":\"acc0\",\"recorded\":1,\"dropped\":2}]}\n");
	/* the other link has all its packets, and so has a beginning that was asked for */
	assert_run(fixture, "--link=nic0 --count --json", 0,
		   "{\"tlps\":0,\"counts\":[],\"missing\":[]}\n");
	assert_run(fixture, "--limit=1 --expect=st=0xf0,ph=2", 0,
		   "1 of 1 TLPs carry ST=F0h PH=2 HV=1\n");
}

static void a_link_that_is_not_there_is_named(void **state)
{
	struct fixture *fixture = *state;
	char said[512];

	add_reference(fixture, 1);
	snprintf(said, sizeof(said),
		 "{\"tlps\":0,\"counts\":[],\"missing\":[]}\n"
		 "tlpdump: %s: there is no link acc1 in it; --count without --link shows the links "
		 "with packets\n",
		 fixture->path);
	assert_run(fixture, "--link=acc1 --count --json", 0, said);
	assert_run(fixture, "--link=acc0 --limit=1", 0,
		   "#1 acc0 in +0.000000000\n" REFERENCE_WORDS "\n");
}

/* What a killed softfabric leaves when the cut is between two blocks. */
static void an_unfinished_capture_meets_no_expectation(void **state)
{
	struct fixture *fixture = *state;
	char said[512];

	cut_capture(fixture);
	assert_int_equal(truncate(fixture->path, 48 + 2 * 56 + 96), 0);
	snprintf(said, sizeof(said),
		 "1 of 1 TLPs carry ST=F0h PH=2 HV=1; the capture is "
		 "not whole\ntlpdump: %s: packets of acc0 may be missing behind the first 1: "
		 "softfabric still writes the capture, or was killed\n",
		 fixture->path);
	assert_run(fixture, "--link=acc0 --expect=st=0xf0,ph=2", 1, said);
	assert_run(fixture, "--link=acc0 --type=MRd --json 2>/dev/null", 0,
		   "{\"missing\":[{\"link\":\"acc0\",\"recorded\":1,\"dropped\":null}]}\n");
}

/* Most writers of pcapng files have no statistics: what is there is taken for all. */
static void captures_of_others_are_taken_for_whole(void **state)
{
	struct fixture *fixture = *state;
	char said[512];
	FILE *file;

	cut_capture(fixture);
	assert_int_equal(truncate(fixture->path, 48 + 2 * 56 + 96), 0);
	file = fopen(fixture->path, "r+");
	assert_non_null(file);
	assert_int_equal(fseek(file, 24 + 4, SEEK_SET), 0);
	assert_int_equal(fputs("hardfabric", file) >= 0, 1);
	fclose(file);
	snprintf(said, sizeof(said),
		 "1 of 1 TLPs carry ST=F0h PH=2 HV=1\n"
		 "tlpdump: %s: nothing says whether packets of acc0 are missing\n",
		 fixture->path);
	assert_run(fixture, "--link=acc0 --expect=st=0xf0,ph=2", 0, said);
}

static void wrong_use_is_explained(void **state)
{
	static const char *const wrong[] = {
		"--link=",
		"--direction=up",
		"--type=",
		"--type=MWr,",
		"--type=MW",
		"--type=IO",
		"--requester=4",
		"--requester=100000000:00:03.0",
		"--requester=00:20.0",
		"--requester=00:04.8",
		"--requester=00:04.0x",
		"--address=4",
		"--address=-4",
		"--address=2-1",
		"--address=0-0x10000000000000000",
		"--address=1-2-3",
		"--st=0x10000",
		"--st=f0",
		"--st=-1",
		"--st=1x",
		"--ph=4",
		"--hv=4",
		"--hv=2",
		"--limit=0",
		"--limit=x",
		"--expect=st=0x100,ph=0",
		"--expect=st=1",
		"--expect=ph=1,st=1",
		"--expect=st=1,ph=4",
		"--expect=some",
		"--expect=st=00000000000000001,ph=0",
	};
	struct fixture *fixture = *state;
	char message[160];

	for (size_t i = 0; i < ARRAY_SIZE(wrong); i++) {
		const char *argument = strchr(wrong[i], '=') + 1;

		snprintf(message, sizeof(message),
			 "tlpdump: '%s' does not fit %.*s; see 'tlpdump --help'\n", argument,
			 (int)(argument - 1 - wrong[i]), wrong[i]);
		assert_run(fixture, wrong[i], 2, message);
	}
	assert_run(fixture, "-t IO", 2, "tlpdump: 'IO' does not fit -t; see 'tlpdump --help'\n");
	assert_run(fixture, "other", 2,
		   "tlpdump: one file is needed, not 2; see 'tlpdump --help'\n");
	assert_run(fixture, "--count --expect=none", 2,
		   "tlpdump: --count, --summary and --expect exclude each other\n");
}

static void files_that_are_none_are_named(void **state)
{
	struct fixture *fixture = *state;
	char message[160];

	add(fixture, fixture->accelerator, CAPTURE_INBOUND, SECOND, REFERENCE->bytes,
	    vector_size(REFERENCE));
	assert_int_equal(capture_flush(fixture->capture), 0);
	assert_int_equal(truncate(fixture->path, 48 + 56 + 56 + 60 + 12), 0);
	snprintf(message, sizeof(message),
		 "tlpdump: %s: block at byte 220: the file ends within "
		 "it; was its writer interrupted?\n",
		 fixture->path);
	assert_run(fixture, "", 2, message);

	assert_int_equal(truncate(fixture->path, 0), 0);
	snprintf(message, sizeof(message), "tlpdump: %s: block at byte 0: the file is empty\n",
		 fixture->path);
	assert_run(fixture, "", 2, message);
	unlink(fixture->path);
	snprintf(message, sizeof(message), "tlpdump: cannot open %s: No such file or directory\n",
		 fixture->path);
	assert_run(fixture, "", 2, message);
}

static void a_full_disk_is_noticed(void **state)
{
	static const char said[] = "tlpdump: cannot write the output: No space left on device\n";
	struct fixture *fixture = *state;

	add(fixture, fixture->accelerator, CAPTURE_INBOUND, SECOND, REFERENCE->bytes,
	    vector_size(REFERENCE));
	assert_run(fixture, ">/dev/full", 2, said);
	assert_run(fixture, "--help >/dev/full", 2, said);
}

static void standard_input_will_do(void **state)
{
	struct fixture *fixture = *state;
	char options[128];

	add(fixture, fixture->accelerator, CAPTURE_INBOUND, SECOND, REFERENCE->bytes,
	    vector_size(REFERENCE));
	snprintf(options, sizeof(options), "--limit=1 - < ");
	assert_run(fixture, options, 0, "#1 acc0 in +0.000000000\n" REFERENCE_WORDS "\n");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(reference_in_the_words_of_the_analyzer, set_up,
						tear_down),
		cmocka_unit_test_setup_teardown(other_packets_in_the_same_words, set_up, tear_down),
		cmocka_unit_test_setup_teardown(malformed_packets_are_shown_and_named, set_up,
						tear_down),
		cmocka_unit_test_setup_teardown(words_outside_of_flit_mode, set_up, tear_down),
		cmocka_unit_test_setup_teardown(missing_outside_of_flit_mode, set_up, tear_down),
		cmocka_unit_test_setup_teardown(digest_and_pasid_in_json, set_up, tear_down),
		cmocka_unit_test_setup_teardown(what_is_missing_is_named, set_up, tear_down),
		cmocka_unit_test_setup_teardown(types_that_are_not_decoded_say_so, set_up,
						tear_down),
		cmocka_unit_test_setup_teardown(both_encodings_in_one_capture, set_up, tear_down),
		cmocka_unit_test_setup_teardown(json_has_every_field, set_up, tear_down),
		cmocka_unit_test_setup_teardown(notes_are_lines_of_their_own, set_up, tear_down),
		cmocka_unit_test_setup_teardown(filters_take_what_they_say, set_up, tear_down),
		cmocka_unit_test_setup_teardown(counts_by_kind, set_up, tear_down),
		cmocka_unit_test_setup_teardown(summary_is_by_initiator, set_up, tear_down),
		cmocka_unit_test_setup_teardown(follows_a_capture_that_grows, set_up, tear_down),
		cmocka_unit_test_setup_teardown(follows_no_longer_than_there_is_a_file, set_up,
						tear_down),
		cmocka_unit_test_setup_teardown(plots_that_are_not_whole_are_no_success, set_up,
						tear_down),
		cmocka_unit_test_setup_teardown(plots_tags_over_time, set_up, tear_down),
		cmocka_unit_test_setup_teardown(plots_a_single_packet, set_up, tear_down),
		cmocka_unit_test_setup_teardown(expectations_decide_the_exit_code, set_up,
						tear_down),
		cmocka_unit_test_setup_teardown(a_cut_capture_says_so_and_meets_no_expectation,
						set_up, tear_down),
		cmocka_unit_test_setup_teardown(a_link_that_is_not_there_is_named, set_up,
						tear_down),
		cmocka_unit_test_setup_teardown(an_unfinished_capture_meets_no_expectation, set_up,
						tear_down),
		cmocka_unit_test_setup_teardown(captures_of_others_are_taken_for_whole, set_up,
						tear_down),
		cmocka_unit_test_setup_teardown(wrong_use_is_explained, set_up, tear_down),
		cmocka_unit_test_setup_teardown(files_that_are_none_are_named, set_up, tear_down),
		cmocka_unit_test_setup_teardown(a_full_disk_is_noticed, set_up, tear_down),
		cmocka_unit_test_setup_teardown(standard_input_will_do, set_up, tear_down),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
