// SPDX-License-Identifier: GPL-2.0 OR Linux-OpenIB
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <cmocka.h>

#include "fixture.h"
#include "vectors.h"

#define REFERENCE_JSON \
	"\"type\":\"MWr64\",\"requester\":\"04:00.0\",\"tag\":240,\"tc\":0,\"attr\":0," \
	"\"ep\":false,\"length\":8,\"address\":\"0x20e006000800\",\"first_be\":15," \
	"\"last_be\":15,\"at\":0,\"hv\":1,\"st\":240,\"ph\":2"

/* The beginning of the object of a packet that nic0 sent */
#define PLACE(number) \
	"{\"number\":" number ",\"link\":\"nic0\",\"direction\":\"out\"," \
	"\"encoding\":\"flit\",\"time_ns\":1000000000,"

static void reference_is_shown_in_the_analyzers_words(void **state)
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

static void other_packets_are_shown_in_the_same_words(void **state)
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

static void words_tell_packets_outside_of_flit_mode(void **state)
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

static void missing_parts_are_named_outside_of_flit_mode(void **state)
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

static void json_has_digest_and_pasid(void **state)
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

static void capture_may_have_both_encodings(void **state)
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

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(reference_is_shown_in_the_analyzers_words, set_up,
						tear_down),
		cmocka_unit_test_setup_teardown(other_packets_are_shown_in_the_same_words, set_up,
						tear_down),
		cmocka_unit_test_setup_teardown(malformed_packets_are_shown_and_named, set_up,
						tear_down),
		cmocka_unit_test_setup_teardown(words_tell_packets_outside_of_flit_mode, set_up,
						tear_down),
		cmocka_unit_test_setup_teardown(missing_parts_are_named_outside_of_flit_mode,
						set_up, tear_down),
		cmocka_unit_test_setup_teardown(json_has_digest_and_pasid, set_up, tear_down),
		cmocka_unit_test_setup_teardown(what_is_missing_is_named, set_up, tear_down),
		cmocka_unit_test_setup_teardown(types_that_are_not_decoded_say_so, set_up,
						tear_down),
		cmocka_unit_test_setup_teardown(capture_may_have_both_encodings, set_up, tear_down),
		cmocka_unit_test_setup_teardown(json_has_every_field, set_up, tear_down),
		cmocka_unit_test_setup_teardown(notes_are_lines_of_their_own, set_up, tear_down),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
