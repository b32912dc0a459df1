// SPDX-License-Identifier: GPL-2.0 OR Linux-OpenIB
/* tlpdump --hex, on what machines have logged, as people paste it */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>
#include <cmocka.h>

#include "util/macros.h"

#define OUTPUT_MAX 16384

static char output[OUTPUT_MAX];

/* Returns the exit code of tlpdump @options, with @text as its standard input */
static int run(const char *options, const char *text)
{
	char path[] = "/tmp/test_hex.XXXXXX", command[512];
	int fd = mkstemp(path);
	size_t size;
	FILE *pipe;

	assert_true(fd >= 0);
	assert_int_equal(write(fd, text, strlen(text)), strlen(text));
	close(fd);
	snprintf(command, sizeof(command), "'%s' %s - <%s 2>&1", TLPDUMP, options, path);
	pipe = popen(command, "r");
	assert_non_null(pipe);
	size = fread(output, 1, sizeof(output) - 1, pipe);
	output[size] = '\0';
	unlink(path);
	return WEXITSTATUS(pclose(pipe));
}

static void assert_run(const char *options, const char *text, int code, const char *expected)
{
	assert_int_equal(run(options, text), code);
	assert_string_equal(output, expected);
}

#define MWR64_WORDS \
	"7A000060 -> STP MWr64 TC=0 TH- TD- EP- Attr=0 AT=0 L=122\n" \
	"FF0000AB -> RID=ABh:0h.0h Tag=0h LBE=Fh FBE=Fh\n" \
	"01000000 -> AddrH=00000001h\n" \
	"18439D62 -> AddrL=629D4318h\n" \
	"missing: payload (488 bytes)\n\n"

static void header_logs_of_real_machines_are_understood(void **state)
{
	static const char logs[] = "6000007a ab0000ff 00000001 629d4318\n"
				   "60001004 000000ff 0000007d fe7eb000\n"
				   "40000004 0a0000ff fffc0e80 00000000\n"
				   "00002001 04000001 2001ff00 c281ff10\n"
				   "04000001 00200a03 05010000 00050100\n"
				   "34000000 70000010 00000000 88468846\n"
				   "60008010 010000ff 00001000 9c4c0000\n";

	assert_run("--hex", logs, 0,
		   "#1 line 1 non-flit\n" MWR64_WORDS "#2 line 2 non-flit\n"
		   "04100060 -> STP MWr64 TC=0 TH- TD- EP- Attr=1 AT=0 L=4\n"
		   "FF000000 -> RID=0h:0h.0h Tag=0h LBE=Fh FBE=Fh\n"
		   "7D000000 -> AddrH=0000007Dh\n"
		   "00B07EFE -> AddrL=FE7EB000h\n"
		   "missing: payload (16 bytes)\n\n"
		   "#3 line 3 non-flit\n"
		   "04000040 -> STP MWr32 TC=0 TH- TD- EP- Attr=0 AT=0 L=4\n"
		   "FF00000A -> RID=Ah:0h.0h Tag=0h LBE=Fh FBE=Fh\n"
		   "800EFCFF -> Addr=FFFC0E80h\n"
		   "00000000 -> not of the packet\n"
		   "missing: payload (16 bytes)\n\n"
		   "#4 line 4 non-flit\n"
		   "01200000 -> STP MRd32 TC=0 TH- TD- EP- Attr=2 AT=0 L=1\n"
		   "01000004 -> RID=4h:0h.0h Tag=0h LBE=0h FBE=1h\n"
		   "00FF0120 -> Addr=2001FF00h\n"
		   "10FF81C2 -> not of the packet\n\n"
		   "#5 line 5 non-flit\n"
		   "01000004 -> STP CfgRd0 TC=0 TH- TD- EP- Attr=0 AT=0 L=1\n"
		   "030A2000 -> RID=0h:4h.0h Tag=Ah LBE=0h FBE=3h\n"
		   "00000105 -> Dest=5h:0h.1h Reg=0h\n"
		   "00010500 -> not of the packet\n"
		   "not decoded\n\n"
		   "#6 line 6 non-flit\n"
		   "00000034 -> STP Msg TC=0 TH- TD- EP- Attr=0 AT=0\n"
		   "10000070 -> RID=70h:0h.0h Tag=0h Code=10h (LTR)\n"
		   "00000000 -> DW2\n"
		   "46884688 -> DW3\n"
		   "not decoded\n\n"
		   "#7 line 7 non-flit\n"
		   "10800060 -> STP MWr64 TC=0 TH- TD+ EP- Attr=0 AT=0 L=16\n"
		   "FF000001 -> RID=1h:0h.0h Tag=0h LBE=Fh FBE=Fh\n"
		   "00100000 -> AddrH=00001000h\n"
		   "00004C9C -> AddrL=9C4C0000h\n"
		   "missing: payload (64 bytes), digest (4 bytes)\n\n");
	assert_run("--hex --count", logs, 0,
		   "LINK DIR TYPE   ST PH HV TLPS PAYLOAD\n"
		   "-    ?   CfgRd0  -  -  0    1       0\n"
		   "-    ?   MRd32   -  -  0    1       0\n"
		   "-    ?   MWr32   -  -  0    1      16\n"
		   "-    ?   MWr64   -  -  0    3     568\n"
		   "-    ?   Msg     -  -  0    1       0\n");
	assert_run("--hex --json --requester=ab:00.0", logs, 0,
		   "{\"number\":1,\"line\":1,\"encoding\":\"non-flit\",\"type\":\"MWr64\","
		   "\"requester\":\"ab:00.0\",\"tag\":0,\"tc\":0,\"attr\":0,\"ep\":false,"
		   "\"length\":122,\"address\":\"0x1629d4318\",\"first_be\":15,\"last_be\":15,"
		   "\"at\":0,\"hv\":0,\"td\":false,\"missing_parts\":[\"payload\"]}\n");
	assert_run("--hex --json --type=CfgRd,Msg", logs, 0,
		   "{\"number\":5,\"line\":5,\"encoding\":\"non-flit\",\"type\":\"CfgRd0\","
		   "\"requester\":\"00:04.0\",\"tag\":10,\"tc\":0,\"attr\":0,\"ep\":false,"
		   "\"length\":1,\"destination\":\"05:00.1\",\"td\":false,\"decoded\":false}\n"
		   "{\"number\":6,\"line\":6,\"encoding\":\"non-flit\",\"type\":\"Msg\","
		   "\"requester\":\"70:00.0\",\"tag\":0,\"tc\":0,\"attr\":0,\"ep\":false,"
		   "\"message_code\":16,\"message\":\"LTR\",\"td\":false,\"decoded\":false}\n");
	assert_run("--hex --count --type=ltr", logs, 0,
		   "LINK DIR TYPE ST PH HV TLPS PAYLOAD\n"
		   "-    ?   Msg   -  -  0    1       0\n");
	assert_run("--hex --count --type=PM_PME,CfgRd0", logs, 0,
		   "LINK DIR TYPE   ST PH HV TLPS PAYLOAD\n"
		   "-    ?   CfgRd0  -  -  0    1       0\n");
	assert_run("--hex --expect=none", logs, 0, "7 of 7 TLPs carry no hints\n");
	assert_run("--hex --type=MWr --address=0x10009c4c0000-0x10009c4c003f --expect=none", logs,
		   0, "1 of 1 TLPs carry no hints\n");
}

/* As it is, though nobody answers to it; of a write with hints the steering tag has its place. */
static void tags_of_posted_writes_are_in_json(void **state)
{
	assert_run("--hex --json",
		   "60000001 04007d0f 00000001 00001000\n"
		   "60010001 0400f00f 00000001 00001002\n",
		   0,
		   "{\"number\":1,\"line\":1,\"encoding\":\"non-flit\",\"type\":\"MWr64\","
		   "\"requester\":\"04:00.0\",\"tag\":125,\"tc\":0,\"attr\":0,\"ep\":false,"
		   "\"length\":1,\"address\":\"0x100001000\",\"first_be\":15,\"last_be\":0,"
		   "\"at\":0,\"hv\":0,\"td\":false,\"missing_parts\":[\"payload\"]}\n"
		   "{\"number\":2,\"line\":2,\"encoding\":\"non-flit\",\"type\":\"MWr64\","
		   "\"requester\":\"04:00.0\",\"tc\":0,\"attr\":0,\"ep\":false,"
		   "\"length\":1,\"address\":\"0x100001000\",\"first_be\":15,\"last_be\":0,"
		   "\"at\":0,\"hv\":1,\"st\":240,\"ph\":2,\"td\":false,"
		   "\"missing_parts\":[\"payload\"]}\n");
}

static void messages_of_flit_mode_have_names(void **state)
{
	const char *lines = "30000000 70000018 00000000 00000000\n"
			    "70000001 00000050 00000000 00000000 4b000000\n"
			    "34000000 700000ab 00000000 00000000\n";

	assert_run("--hex=flit", lines, 0,
		   "#1 line 1\n"
		   "00000030 -> STP Msg TC=0 OHC=0 TS=0 Attr=0\n"
		   "18000070 -> RID=70h:0h.0h EP- Code=18h (PM_PME)\n"
		   "00000000 -> DW2\n"
		   "00000000 -> DW3\n"
		   "not decoded\n\n"
		   "#2 line 2\n"
		   "01000070 -> STP MsgD TC=0 OHC=0 TS=0 Attr=0 L=1\n"
		   "50000000 -> RID=0h:0h.0h EP- Code=50h (Set_Slot_Power_Limit)\n"
		   "00000000 -> DW2\n"
		   "00000000 -> DW3\n"
		   "not decoded\n\n"
		   "#3 line 3\n"
		   "00000034 -> STP Msg TC=0 OHC=0 TS=0 Attr=0\n"
		   "AB000070 -> RID=70h:0h.0h EP- Code=ABh\n"
		   "00000000 -> DW2\n"
		   "00000000 -> DW3\n"
		   "not decoded\n\n");
	assert_run("--hex=flit --json --type=set_slot_power_limit", lines, 0,
		   "{\"number\":2,\"line\":2,\"encoding\":\"flit\",\"type\":\"MsgD\","
		   "\"requester\":\"00:00.0\",\"tc\":0,\"attr\":0,\"ep\":false,"
		   "\"length\":1,\"message_code\":80,\"message\":\"Set_Slot_Power_Limit\","
		   "\"decoded\":false}\n");
}

static void packet_is_the_same_however_it_is_pasted(void **state)
{
	static const char *const lines[] = {
		"[   12.345678] pcieport 0000:00:01.0:   TLP Header: 6000007a ab0000ff 00000001 629d4318",
		"Jan  1 00:00:00 host kernel: pcieport 0000:00:01.0: AER:   TLP Header: "
		"0x6000007a 0xab0000ff 0x00000001 0x629d4318",
		"\t\tHeaderLog: 6000007a ab0000ff 00000001 629d4318",
		"aer_event: 0000:00:01.0 PCIe Bus Error: severity=Fatal, Malformed TLP, "
		"TLP Header={0x6000007a,0xab0000ff,0x1,0x629d4318,0x0,0x0,0x0,0x0}",
		"6000007A AB0000FF 00000001 629D4318\r",
		"6000007aab0000ff00000001629d4318",
		"6000 007a ab00 00ff 0000 0001 629d 4318",
		"60 00 00 7a ab 00 00 ff 00 00 00 01 62 9d 43 18",
		"60:00:00:7a:ab:00:00:ff:00:00:00:01:62:9d:43:18",
		"0x60, 0x0, 0x00, 0x7a, 0xab, 0x0, 0x0, 0xff, 0x0, 0x0, 0x0, 0x1, 0x62, 0x9d, 0x43, 0x18",
		"0x6000007a, 0xab0000ff, 0x1, 0x629d4318",
	};

	for (size_t i = 0; i < ARRAY_SIZE(lines); i++) {
		print_message("# %s\n", lines[i]);
		assert_run("--hex", lines[i], 0, "#1 line 1 non-flit\n" MWR64_WORDS);
	}
}

static void prefixes_are_in_front(void **state)
{
	static const char expected[] = "#1 line 1 non-flit\n"
				       "00001290 -> TPH prefix ST[15:8]=12h AMA=0 AV-\n"
				       "45230191 -> PASID prefix PMR- ER- PASID=12345h\n"
				       "01000160 -> STP MWr64 TC=0 TH+ TD- EP- Attr=0 AT=0 L=1\n"
				       "0FF00004 -> RID=4h:0h.0h ST=F0h LBE=0h FBE=Fh\n"
				       "E0200000 -> AddrH=000020E0h\n"
				       "03000006 -> AddrL=06000000h PH=3\n"
				       "missing: payload (4 bytes)\n\n";

	assert_run("--hex",
		   "x: TLP Header: 0x60010001 0x0400f00f 0x000020e0 0x06000003 E-E Prefixes: "
		   "0x90120000 0x91012345\n",
		   0, expected);
	assert_run(
		"--hex",
		"TLP Header={0x60010001,0x400f00f,0x20e0,0x6000003,0x90120000,0x91012345,0x0,0x0,"
		"0x0,0x0,0x0,0x0,0x0,0x0}\n",
		0, expected);
	/* of a header of three words, the fourth stays where it is */
	assert_run("--hex --expect=st-ext=0x12f0,ph=2",
		   "TLP Header: 0x40010001 0x0400f00f 0x06000002 0xffffffff E-E Prefixes: "
		   "0x90120000\n",
		   0, "1 of 1 TLPs carry ST=12F0h PH=2 HV=3\n");
}

static void flit_mode_is_said_or_asked_for(void **state)
{
	static const char expected[] = "1 of 1 TLPs carry ST=F0h PH=2 HV=1\n";
	static const char words[] = "0x60020008 0x040000f0 0x000020e0 0x06000800 0x0000f090\n";
	char text[256];

	snprintf(text, sizeof(text), "[    1.0] TLP Header (Flit): %s", words);
	assert_run("--hex --expect=st=0xf0,ph=2", text, 0, expected);
	assert_run("--hex=flit --expect=st=0xf0,ph=2", words, 0, expected);
	assert_run("--hex --expect=st=0xf0,ph=2", words, 1,
		   "0 of 1 TLPs carry ST=F0h PH=2 HV=1; the first that does not is #1\n");
}

static void whole_packets_are_taken_for_whole(void **state)
{
	/* Four words, and a packet of as many: an analyzer's, not a header log */
	assert_run("--hex --payload", "40000001 0400000f 00001000 deadbeef\n", 0,
		   "#1 line 1 non-flit\n"
		   "01000040 -> STP MWr32 TC=0 TH- TD- EP- Attr=0 AT=0 L=1\n"
		   "0F000004 -> RID=4h:0h.0h Tag=0h LBE=0h FBE=Fh\n"
		   "00100000 -> Addr=00001000h\n"
		   "EFBEADDE -> Data[0]\n\n");
	/* The kernel's own words say that it is one, whatever the fourth looks like. */
	assert_run("--hex --payload", "TLP Header: 40000001 0400000f 00001000 deadbeef\n", 0,
		   "#1 line 1 non-flit\n"
		   "01000040 -> STP MWr32 TC=0 TH- TD- EP- Attr=0 AT=0 L=1\n"
		   "0F000004 -> RID=4h:0h.0h Tag=0h LBE=0h FBE=Fh\n"
		   "00100000 -> Addr=00001000h\n"
		   "EFBEADDE -> not of the packet\n"
		   "missing: payload (4 bytes)\n\n");
	/* Cut within a DW */
	assert_run("--hex", "# a comment\n\n  \n40 00 00 01 04 00\n", 0,
		   "#1 line 4 non-flit\n"
		   "01000040 -> STP MWr32 TC=0 TH- TD- EP- Attr=0 AT=0 L=1\n"
		   "missing: header from byte 6 on, payload (4 bytes)\n\n");
}

#define NO_HEX \
	" is not hex; a line is one packet in words or bytes, or has it behind \"TLP Header:\"\n"
#define GROUPS \
	": give words or bytes, without offsets and text; text2pcap(1) reads dumps that have them\n"

static void what_is_no_hex_is_named_with_its_line(void **state)
{
	static const struct {
		const char *text, *why;
	} wrong[] = {
		{ "pcieport 0000:00:01.0: AER: Corrected error\n", "line 1: 'pcieport'" NO_HEX },
		{ "6000007a ab0000ff hello\n", "line 1: 'hello'" NO_HEX },
		{ "\n# x\n6000007a ab0000fg\n", "line 3: 'ab0000fg'" NO_HEX },
		{ "0x\n", "line 1: '0x'" NO_HEX },
		{ "TLP Header: 6000007a -\n", "line 1: '-'" NO_HEX },
		{ "60\x01 00\n", "line 1: '60?'" NO_HEX },
		{ "00000000  60 00 00 7a\n", "line 1: a group of 2 digits after one of 8" GROUPS },
		{ "600\n", "line 1: a group of 3 digits; bytes have two, words eight\n" },
		{ "TLP Header: 6000007aab 0\n", "line 1: a word of 10 digits; it has up to 8\n" },
		{ "TLP Header=Not available\n", "line 1: no header was logged\n" },
		{ "TLP Header:\n", "line 1: no packet on this line\n" },
		{ "{}\n", "line 1: no packet on this line\n" },
	};
	char expected[512];

	for (size_t i = 0; i < ARRAY_SIZE(wrong); i++) {
		snprintf(expected, sizeof(expected), "tlpdump: -: %s", wrong[i].why);
		print_message("# %s", wrong[i].text);
		assert_run("--hex", wrong[i].text, 2, expected);
	}
	/* what was in front of it has been printed */
	assert_run("--hex --json --type=MWr", "40000001 0400000f 00001000 deadbeef\nno\n", 2,
		   "{\"number\":1,\"line\":1,\"encoding\":\"non-flit\",\"type\":\"MWr32\","
		   "\"requester\":\"04:00.0\",\"tag\":0,\"tc\":0,\"attr\":0,\"ep\":false,"
		   "\"length\":1,\"address\":\"0x1000\",\"first_be\":15,\"last_be\":0,\"at\":0,"
		   "\"hv\":0,\"td\":false}\n"
		   "tlpdump: -: line 2: 'no'" NO_HEX);
	assert_run("--hex=other", "", 2,
		   "tlpdump: 'other' does not fit --hex; see 'tlpdump --help'\n");
	assert_run("--hex", "", 0, "");
}

static void lines_that_are_too_long_are_refused(void **state)
{
	static char text[40000];

	memset(text, '0', sizeof(text) - 1);
	assert_run("--hex", text, 2, "tlpdump: -: line 1: too long for a packet\n");
	text[10000] = '\0';
	assert_run("--hex", text, 2,
		   "tlpdump: -: line 1: more than the 4204 bytes that a packet may have\n");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(header_logs_of_real_machines_are_understood),
		cmocka_unit_test(tags_of_posted_writes_are_in_json),
		cmocka_unit_test(messages_of_flit_mode_have_names),
		cmocka_unit_test(packet_is_the_same_however_it_is_pasted),
		cmocka_unit_test(prefixes_are_in_front),
		cmocka_unit_test(flit_mode_is_said_or_asked_for),
		cmocka_unit_test(whole_packets_are_taken_for_whole),
		cmocka_unit_test(what_is_no_hex_is_named_with_its_line),
		cmocka_unit_test(lines_that_are_too_long_are_refused),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
