-- SPDX-License-Identifier: GPL-2.0 OR Linux-OpenIB
--
-- Wireshark dissector for softfabric's captures: PCI Express packets, one interface a link, link
-- type USER0 in flit mode, USER1 outside of it. Use: wireshark -X lua_script:tph.lua FILE, or copy
-- it to the personal plugins folder that Help > About > Folders names. Not as root, for whom
-- Wireshark loads no Lua, and does not say so.
--
-- Written from the specification (PCI Express Base 6.x, sections 2.2.1, 2.2.5, 2.2.7, 2.2.9 and
-- 2.2.10), not from tlp, so that each of the two can catch the other's mistakes.

local tlp = Proto("tlp", "PCI Express TLP (flit mode)")
local nonflit = Proto("tlpnf", "PCI Express TLP (non-flit mode)")

local STATUS = {
	[0] = "Successful Completion",
	[1] = "Unsupported Request",
	[2] = "Request Retry Status",
	[4] = "Completer Abort",
}
local PH = {
	[0] = "Bi-directional data structure",
	[1] = "Requester",
	[2] = "Target",
	[3] = "Target with priority",
}
local HV = {
	[0] = "no hints",
	[1] = "PH and ST[7:0]",
	[2] = "reserved: no hints",
	[3] = "PH and ST[15:0]",
}
local TS = {
	[0] = "none",
	[1] = "1 DW, ECRC",
	[2] = "1 DW, reserved",
	[3] = "2 DW, reserved",
	[4] = "2 DW, reserved",
	[5] = "3 DW, IDE MAC or reserved",
	[6] = "4 DW, IDE MAC and PCRC or reserved",
	[7] = "5 DW, reserved",
}
local TRAILER_DWS = { [0] = 0, 1, 1, 2, 2, 3, 4, 5 }
local OHC_E_DWS = { [0] = 0, 1, 2, 4 }

local MESSAGES = {
	[0x00] = "Unlock",
	[0x01] = "Invalidate_Request",
	[0x02] = "Invalidate_Completion",
	[0x04] = "Page_Request",
	[0x05] = "PRG_Response",
	[0x10] = "LTR",
	[0x12] = "OBFF",
	[0x14] = "PM_Active_State_Nak",
	[0x18] = "PM_PME",
	[0x19] = "PME_Turn_Off",
	[0x1b] = "PME_TO_Ack",
	[0x20] = "Assert_INTA",
	[0x21] = "Assert_INTB",
	[0x22] = "Assert_INTC",
	[0x23] = "Assert_INTD",
	[0x24] = "Deassert_INTA",
	[0x25] = "Deassert_INTB",
	[0x26] = "Deassert_INTC",
	[0x27] = "Deassert_INTD",
	[0x30] = "ERR_COR",
	[0x31] = "ERR_NONFATAL",
	[0x33] = "ERR_FATAL",
	[0x50] = "Set_Slot_Power_Limit",
	[0x52] = "PTM_Request",
	[0x53] = "PTM_Response",
	[0x7e] = "Vendor_Defined_Type_0",
	[0x7f] = "Vendor_Defined_Type_1",
}

-- Kinds of header. Of those after WRITE only what all requests share is dissected, of BARE not even
-- that is where theirs is.
local REQUEST, ATOMIC, COMPLETION, WRITE, OTHER, CONFIG, MESSAGE, BARE = 1, 2, 3, 4, 5, 6, 7, 8

-- Type[7:0]: name, DWs of the header base, whether data follows, and the kind of header
local TYPES = {
	[tonumber("00000011", 2)] = { "MRd32", 3, false, REQUEST },
	[tonumber("00100000", 2)] = { "MRd64", 4, false, REQUEST },
	[tonumber("01000000", 2)] = { "MWr32", 3, true, REQUEST },
	[tonumber("01100000", 2)] = { "MWr64", 4, true, REQUEST },
	[tonumber("01011011", 2)] = { "DMWr32", 3, true, REQUEST },
	[tonumber("01111011", 2)] = { "DMWr64", 4, true, REQUEST },
	[tonumber("01001100", 2)] = { "FetchAdd32", 3, true, ATOMIC },
	[tonumber("01101100", 2)] = { "FetchAdd64", 4, true, ATOMIC },
	[tonumber("01001101", 2)] = { "Swap32", 3, true, ATOMIC },
	[tonumber("01101101", 2)] = { "Swap64", 4, true, ATOMIC },
	[tonumber("01001110", 2)] = { "CAS32", 3, true, ATOMIC },
	[tonumber("01101110", 2)] = { "CAS64", 4, true, ATOMIC },
	[tonumber("00001010", 2)] = { "Cpl", 3, false, COMPLETION },
	[tonumber("01001010", 2)] = { "CplD", 3, true, COMPLETION },
	[tonumber("00000000", 2)] = { "NOP", 1, false, BARE },
	[tonumber("00000001", 2)] = { "MRdLk32", 3, false, OTHER },
	[tonumber("00100001", 2)] = { "MRdLk64", 4, false, OTHER },
	[tonumber("00000010", 2)] = { "IORd", 3, false, OTHER },
	[tonumber("01000010", 2)] = { "IOWr", 3, true, OTHER },
	[tonumber("00000100", 2)] = { "CfgRd0", 3, false, CONFIG },
	[tonumber("01000100", 2)] = { "CfgWr0", 3, true, CONFIG },
	[tonumber("00000101", 2)] = { "CfgRd1", 3, false, CONFIG },
	[tonumber("01000101", 2)] = { "CfgWr1", 3, true, CONFIG },
	[tonumber("00001011", 2)] = { "CplLk", 3, false, BARE },
	[tonumber("01001011", 2)] = { "CplDLk", 3, true, BARE },
	[tonumber("00100010", 2)] = { "UIOMRd", 4, false, OTHER },
	[tonumber("01100001", 2)] = { "UIOMWr", 4, true, OTHER },
	[tonumber("00001101", 2)] = { "UIORdCpl", 3, false, BARE },
	[tonumber("01001000", 2)] = { "UIORdCplD", 3, true, BARE },
	[tonumber("00001100", 2)] = { "UIOWrCpl", 3, false, BARE },
}
-- How a message is routed is in its Type[2:0].
for routing = 0, 7 do
	TYPES[tonumber("00110000", 2) + routing] = { "Msg", 4, false, MESSAGE }
	TYPES[tonumber("01110000", 2) + routing] = { "MsgD", 4, true, MESSAGE }
end
local NAMES = {}
for number, entry in pairs(TYPES) do
	NAMES[number] = entry[1]
end

local f = {
	type = ProtoField.uint8("tlp.type", "Type", base.HEX, NAMES),
	tc = ProtoField.uint8("tlp.tc", "Traffic class", base.DEC, nil, 0xe0),
	ohc = ProtoField.uint8("tlp.ohc", "OHC", base.HEX, nil, 0x1f),
	ts = ProtoField.uint8("tlp.ts", "Trailer size", base.DEC, TS, 0xe0),
	ido = ProtoField.bool("tlp.attr.ido", "ID-based ordering", 8, nil, 0x10),
	ro = ProtoField.bool("tlp.attr.ro", "Relaxed ordering", 8, nil, 0x08),
	ns = ProtoField.bool("tlp.attr.ns", "No snoop", 8, nil, 0x04),
	length = ProtoField.uint16("tlp.length", "Length in DW", base.DEC),
	requester = ProtoField.string("tlp.requester", "Requester ID"),
	completer = ProtoField.string("tlp.completer", "Completer ID"),
	ep = ProtoField.bool("tlp.ep", "Poisoned", 16, nil, 0x8000),
	tag = ProtoField.uint16("tlp.tag", "Tag", base.HEX, nil, 0x3fff),
	code = ProtoField.uint8("tlp.message_code", "Message code", base.HEX, MESSAGES),
	destination = ProtoField.string("tlp.destination", "Destination ID"),
	address = ProtoField.uint64("tlp.address", "Address", base.HEX),
	at = ProtoField.uint8("tlp.at", "Address type", base.DEC, nil, 0x03),
	count = ProtoField.uint16("tlp.byte_count", "Byte count", base.DEC),
	lower = ProtoField.uint8("tlp.lower_address", "Lower address", base.HEX),
	status = ProtoField.uint8("tlp.status", "Status", base.DEC, STATUS, 0x07),
	last = ProtoField.uint8("tlp.last_be", "Last DW byte enables", base.HEX, nil, 0xf0),
	first = ProtoField.uint8("tlp.first_be", "First DW byte enables", base.HEX, nil, 0x0f),
	pv = ProtoField.bool("tlp.pasid_valid", "PASID valid", 8, nil, 0x40),
	pasid = ProtoField.uint32("tlp.pasid", "PASID", base.HEX, nil, 0x0fffff00),
	dsv = ProtoField.bool("tlp.dsv", "Destination segment valid", 8, nil, 0x80),
	st = ProtoField.uint16("tlp.st", "Steering tag", base.HEX),
	ph = ProtoField.uint8("tlp.ph", "Processing hint", base.DEC, PH, 0xc0),
	hv = ProtoField.uint8("tlp.hv", "Hints valid", base.DEC, HV, 0x30),
	ama = ProtoField.uint8("tlp.ama", "Memory attributes", base.DEC, nil, 0x0e),
	av = ProtoField.bool("tlp.av", "Memory attributes valid", 8, nil, 0x01),
	ohc_c = ProtoField.bytes("tlp.ohc_c", "OHC-C"),
	ohc_e = ProtoField.bytes("tlp.ohc_e", "OHC-E"),
	data = ProtoField.bytes("tlp.data", "Data"),
	trailer = ProtoField.bytes("tlp.trailer", "Trailer"),
	missing = ProtoField.string("tlp.missing", "Missing"),
}
tlp.fields = f

local malformed = ProtoExpert.new("tlp.malformed", "Malformed packet", expert.group.MALFORMED,
				  expert.severity.ERROR)
local undecoded = ProtoExpert.new("tlp.undecoded", "Not decoded", expert.group.UNDECODED,
				  expert.severity.NOTE)
tlp.experts = { malformed, undecoded }
local own = { undecoded = undecoded, missing = f.missing, last = "trailer" }

local function id_text(range)
	local id = range:uint()
	return string.format("%02x:%02x.%x", id >> 8, id >> 3 & 0x1f, id & 7)
end

-- What was captured of the bytes from start up to stop
local function add_captured(tree, field, buf, start, stop)
	stop = math.min(stop, buf:len())
	if stop > start then
		tree:add(field, buf(start, stop - start))
	end
end

local function remark(tree, pinfo, kind, words)
	tree:add_proto_expert_info(kind, words)
	pinfo.cols.info:append(" [" .. words .. "]")
end

-- Parts that are not at hand break no rule: a header log has no payload, a capture may cut packets.
local function add_missing(tree, pinfo, field, words)
	tree:add(field, words):set_generated()
	pinfo.cols.info:append(" [missing: " .. words .. "]")
end

-- Parts of which so many bytes do not have all, where they end being in parts
local function missing_parts(have, parts, last)
	local names = {}
	if have < parts.data then
		names[#names + 1] = "header"
	end
	if parts.data < parts.trailer and have < parts.trailer then
		names[#names + 1] = "payload"
	end
	if parts.trailer < parts.stop and have < parts.stop then
		names[#names + 1] = last
	end
	return table.concat(names, ", ")
end

-- own: the undecoded and the missing of the protocol, and the name of what it has behind the data
local function add_verdict(tree, pinfo, own, kind, have, parts)
	if kind >= OTHER then
		remark(tree, pinfo, own.undecoded, "not decoded")
	end
	local missing = missing_parts(have, parts, own.last)
	if missing ~= "" then
		add_missing(tree, pinfo, own.missing, missing)
	end
end

-- Length is reserved where there is no data, neither here nor asked for.
local function has_length(kind, has_data)
	return has_data or (kind ~= COMPLETION and kind ~= MESSAGE and kind ~= BARE)
end

-- A completion is for the requester that its third DW names.
local function set_source(pinfo, buf, kind)
	local at = kind == COMPLETION and 8 or 4
	if kind ~= BARE and buf:len() >= at + 4 then
		pinfo.cols.src = id_text(buf(at, 2))
	end
end

local function message_words(range)
	local code = range:uint()
	return " " .. (MESSAGES[code] or string.format("Code=%02Xh", code))
end

local function add_dw0(tree, buf)
	tree:add(f.type, buf(0, 1))
	tree:add(f.tc, buf(1, 1))
	tree:add(f.ohc, buf(1, 1))
	tree:add(f.ts, buf(2, 1))
	tree:add(f.ido, buf(2, 1))
	tree:add(f.ro, buf(2, 1))
	tree:add(f.ns, buf(2, 1))
end

-- What all requests share
local function add_ids(tree, buf, kind)
	tree:add(f.requester, buf(4, 2), id_text(buf(4, 2)))
	tree:add(f.ep, buf(6, 2))
	if kind == MESSAGE then
		tree:add(f.code, buf(7, 1))
	else
		tree:add(f.tag, buf(6, 2))
	end
end

local function add_request(tree, buf, base_dws)
	add_ids(tree, buf, REQUEST)
	local at = base_dws * 4 - 4
	local low = buf(at, 4):uint() & 0xfffffffc
	local range = buf(8, base_dws * 4 - 8)
	local high = base_dws == 4 and buf(8, 4):uint() or 0
	tree:add(f.address, range, UInt64.new(low, high))
	tree:add(f.at, buf(at + 3, 1))
end

-- LA[6] is in DW1, LA[5:2] in DW2, LA[1:0] and the status in OHC-A5 if it is there
local function add_completion(tree, buf, ohc_a)
	tree:add(f.completer, buf(4, 2), id_text(buf(4, 2)))
	tree:add(f.ep, buf(6, 2))
	tree:add(f.tag, buf(6, 2))
	tree:add(f.requester, buf(8, 2), id_text(buf(8, 2)))
	local lower = buf():bitfield(49, 1) << 6 | buf():bitfield(80, 4) << 2
	if ohc_a then
		lower = lower | buf():bitfield((ohc_a + 3) * 8 + 3, 2)
	end
	tree:add(f.lower, buf(6, 5), lower)
	local count = buf():bitfield(84, 12)
	tree:add(f.count, buf(10, 2), count == 0 and 4096 or count)
end

local function add_ohc_a(tree, buf, at, kind)
	local range = buf(at, 4)
	if kind == COMPLETION then
		local sub = tree:add(range, "OHC-A5")
		sub:add(f.dsv, range(2, 1))
		sub:add(f.status, range(3, 1))
	elseif kind == REQUEST then
		local sub = tree:add(range, "OHC-A1")
		sub:add(f.pv, range(0, 1))
		sub:add(f.pasid, range)
		sub:add(f.last, range(3, 1))
		sub:add(f.first, range(3, 1))
	else
		tree:add(range, "OHC-A, reserved")
	end
end

-- Returns the words for the info column
local function add_ohc_b(tree, buf, at, kind)
	local range = buf(at, 4)
	if kind == COMPLETION then
		tree:add(range, "OHC-B, reserved")
		return ""
	end
	local sub = tree:add(range, "OHC-B")
	local hv = range:bitfield(26, 2)
	if hv == 1 then
		sub:add(f.st, range(2, 1))
	elseif hv == 3 then
		sub:add(f.st, range(1, 2))
	end
	if hv == 1 or hv == 3 then
		sub:add(f.ph, range(3, 1))
	end
	sub:add(f.hv, range(3, 1))
	sub:add(f.ama, range(3, 1))
	sub:add(f.av, range(3, 1))
	if hv == 1 then
		return string.format(" ST=%Xh PH=%d", range(2, 1):uint(), range:bitfield(24, 2))
	elseif hv == 3 then
		return string.format(" ST=%Xh PH=%d", range(1, 2):uint(), range:bitfield(24, 2))
	end
	return ""
end

-- Offsets in bytes of what follows the header base
local function lay_out(buf, base_dws, has_data, length)
	local at, parts = base_dws * 4, {}
	local ohc = buf():bitfield(11, 5)
	if ohc & 1 ~= 0 then
		parts.a, at = at, at + 4
	end
	if ohc & 2 ~= 0 then
		parts.b, at = at, at + 4
	end
	if ohc & 4 ~= 0 then
		parts.c, at = at, at + 4
	end
	if ohc >> 3 ~= 0 then
		parts.e, at = at, at + OHC_E_DWS[ohc >> 3] * 4
	end
	parts.data = at
	parts.trailer = at + (has_data and length * 4 or 0)
	parts.stop = parts.trailer + TRAILER_DWS[buf():bitfield(16, 3)] * 4
	return parts
end

local function add_parts(tree, buf, parts, kind)
	local hints = ""
	if parts.a then
		add_ohc_a(tree, buf, parts.a, kind)
	end
	if parts.b then
		hints = add_ohc_b(tree, buf, parts.b, kind)
	end
	if parts.c then
		tree:add(f.ohc_c, buf(parts.c, 4))
	end
	if parts.e then
		tree:add(f.ohc_e, buf(parts.e, parts.data - parts.e))
	end
	return hints
end

-- What all requests share, as far as it is at hand; returns the words for the info column
local function add_shared(tree, buf, kind)
	if kind == COMPLETION or kind == BARE or buf:len() < 8 then
		return ""
	end
	add_ids(tree, buf, kind)
	if kind == CONFIG and buf:len() >= 12 then
		tree:add(f.destination, buf(8, 2), id_text(buf(8, 2)))
	end
	return kind == MESSAGE and message_words(buf(7, 1)) or ""
end

-- Returns the words for the info column
local function add_header(tree, buf, parts, kind, base_dws)
	if kind >= OTHER or buf:len() < parts.data then
		return add_shared(tree, buf, kind)
	end
	if kind == COMPLETION then
		add_completion(tree, buf, parts.a)
	else
		add_request(tree, buf, base_dws)
	end
	return add_parts(tree, buf, parts, kind)
end

function tlp.dissector(buf, pinfo, root)
	local size = buf:reported_len()
	pinfo.cols.protocol = "TLP"
	pinfo.cols.info = ""
	local tree = root:add(tlp, buf())
	if buf:len() < 4 then
		add_missing(tree, pinfo, f.missing, "header")
		return size
	end
	add_dw0(tree, buf)
	local entry = TYPES[buf(0, 1):uint()]
	if not entry then
		remark(tree, pinfo, undecoded,
		       string.format("unknown type %02Xh", buf(0, 1):uint()))
		return size
	end
	local name, base_dws, has_data, kind = table.unpack(entry)
	local length = buf():bitfield(22, 10)
	length = length == 0 and 1024 or length
	local parts = lay_out(buf, base_dws, has_data, length)
	pinfo.cols.info = name
	if has_length(kind, has_data) then
		tree:add(f.length, buf(2, 2), length)
		pinfo.cols.info:append(string.format(" L=%d", length))
	end
	pinfo.cols.info:append(add_header(tree, buf, parts, kind, base_dws))
	add_captured(tree, f.data, buf, parts.data, parts.trailer)
	add_captured(tree, f.trailer, buf, parts.trailer, parts.stop)
	set_source(pinfo, buf, kind)
	add_verdict(tree, pinfo, own, kind, buf:len(), parts)
	if size > parts.stop then
		remark(tree, pinfo, malformed, string.format("%d bytes instead of %d", size,
							     parts.stop))
	end
	return size
end

--
-- Outside of flit mode
--

-- Type[4:0], then Fmt[1], which says whether data follows: name, kind of header, and its DWs if
-- they are no matter of choice; else the name ends in 32 or 64.
local NONFLIT_TYPES = {
	[tonumber("00000", 2)] = { [false] = { "MRd", REQUEST }, [true] = { "MWr", WRITE } },
	[tonumber("00001", 2)] = { [false] = { "MRdLk", OTHER } },
	[tonumber("00010", 2)] = { [false] = { "IORd", OTHER, 3 }, [true] = { "IOWr", OTHER, 3 } },
	[tonumber("00100", 2)] = {
		[false] = { "CfgRd0", CONFIG, 3 }, [true] = { "CfgWr0", CONFIG, 3 },
	},
	[tonumber("00101", 2)] = {
		[false] = { "CfgRd1", CONFIG, 3 }, [true] = { "CfgWr1", CONFIG, 3 },
	},
	[tonumber("11011", 2)] = { [true] = { "DMWr", REQUEST } },
	[tonumber("01100", 2)] = { [true] = { "FetchAdd", ATOMIC } },
	[tonumber("01101", 2)] = { [true] = { "Swap", ATOMIC } },
	[tonumber("01110", 2)] = { [true] = { "CAS", ATOMIC } },
	[tonumber("01010", 2)] = {
		[false] = { "Cpl", COMPLETION, 3 }, [true] = { "CplD", COMPLETION, 3 },
	},
	[tonumber("01011", 2)] = { [false] = { "CplLk", BARE, 3 }, [true] = { "CplDLk", BARE, 3 } },
}
for routing = 0, 7 do
	NONFLIT_TYPES[tonumber("10000", 2) + routing] = {
		[false] = { "Msg", MESSAGE, 4 }, [true] = { "MsgD", MESSAGE, 4 },
	}
end
local FMT = {
	[0] = "3 DW header, no data",
	[1] = "4 DW header, no data",
	[2] = "3 DW header with data",
	[3] = "4 DW header with data",
	[4] = "prefix",
}

local n = {
	fmt = ProtoField.uint8("tlpnf.fmt", "Format", base.DEC, FMT, 0xe0),
	type = ProtoField.uint8("tlpnf.type", "Type", base.HEX, nil, 0x1f),
	name = ProtoField.string("tlpnf.name", "Name"),
	tc = ProtoField.uint8("tlpnf.tc", "Traffic class", base.DEC, nil, 0x70),
	ido = ProtoField.bool("tlpnf.attr.ido", "ID-based ordering", 8, nil, 0x04),
	th = ProtoField.bool("tlpnf.th", "Processing hints", 8, nil, 0x01),
	td = ProtoField.bool("tlpnf.td", "Digest", 8, nil, 0x80),
	ep = ProtoField.bool("tlpnf.ep", "Poisoned", 8, nil, 0x40),
	ro = ProtoField.bool("tlpnf.attr.ro", "Relaxed ordering", 8, nil, 0x20),
	ns = ProtoField.bool("tlpnf.attr.ns", "No snoop", 8, nil, 0x10),
	at = ProtoField.uint8("tlpnf.at", "Address type", base.DEC, nil, 0x0c),
	length = ProtoField.uint16("tlpnf.length", "Length in DW", base.DEC),
	requester = ProtoField.string("tlpnf.requester", "Requester ID"),
	completer = ProtoField.string("tlpnf.completer", "Completer ID"),
	tag = ProtoField.uint16("tlpnf.tag", "Tag", base.HEX),
	last = ProtoField.uint8("tlpnf.last_be", "Last DW byte enables", base.HEX, nil, 0xf0),
	first = ProtoField.uint8("tlpnf.first_be", "First DW byte enables", base.HEX, nil, 0x0f),
	code = ProtoField.uint8("tlpnf.message_code", "Message code", base.HEX, MESSAGES),
	destination = ProtoField.string("tlpnf.destination", "Destination ID"),
	address = ProtoField.uint64("tlpnf.address", "Address", base.HEX),
	st = ProtoField.uint16("tlpnf.st", "Steering tag", base.HEX),
	st_high = ProtoField.uint8("tlpnf.st_high", "ST[15:8]", base.HEX),
	ph = ProtoField.uint8("tlpnf.ph", "Processing hint", base.DEC, PH, 0x03),
	ama = ProtoField.uint8("tlpnf.ama", "Memory attributes", base.DEC, nil, 0xe0),
	av = ProtoField.bool("tlpnf.av", "Memory attributes valid", 8, nil, 0x10),
	status = ProtoField.uint8("tlpnf.status", "Status", base.DEC, STATUS, 0xe0),
	count = ProtoField.uint16("tlpnf.byte_count", "Byte count", base.DEC),
	lower = ProtoField.uint8("tlpnf.lower_address", "Lower address", base.HEX, nil, 0x7f),
	prefix = ProtoField.bytes("tlpnf.prefix", "Prefix"),
	data = ProtoField.bytes("tlpnf.data", "Data"),
	digest = ProtoField.bytes("tlpnf.digest", "Digest"),
	spare = ProtoField.bytes("tlpnf.spare", "Not of the packet"),
	missing = ProtoField.string("tlpnf.missing", "Missing"),
}
nonflit.fields = n

local nonflit_malformed = ProtoExpert.new("tlpnf.malformed", "Malformed packet",
					  expert.group.MALFORMED, expert.severity.ERROR)
local nonflit_undecoded = ProtoExpert.new("tlpnf.undecoded", "Not decoded", expert.group.UNDECODED,
					  expert.severity.NOTE)
nonflit.experts = { nonflit_malformed, nonflit_undecoded }
local nonflit_own = { undecoded = nonflit_undecoded, missing = n.missing, last = "digest" }

-- Prefixes one by one; returns where the header starts, and where the first TPH prefix is
local function add_prefixes(tree, buf)
	local at, tph = 0, nil
	while buf:len() >= at + 4 and buf(at, 1):bitfield(0, 3) == 4 do
		if buf(at, 1):uint() == 0x90 then
			tph = tph or at
			local sub = tree:add(buf(at, 4), "TPH prefix")
			sub:add(n.st_high, buf(at + 1, 1))
			sub:add(n.ama, buf(at + 2, 1))
			sub:add(n.av, buf(at + 2, 1))
		else
			tree:add(n.prefix, buf(at, 4))
		end
		at = at + 4
	end
	return at, tph
end

local function add_nonflit_dw0(tree, buf)
	tree:add(n.fmt, buf(0, 1))
	tree:add(n.type, buf(0, 1))
	tree:add(n.tc, buf(1, 1))
	tree:add(n.ido, buf(1, 1))
	tree:add(n.th, buf(1, 1))
	tree:add(n.td, buf(2, 1))
	tree:add(n.ep, buf(2, 1))
	tree:add(n.ro, buf(2, 1))
	tree:add(n.ns, buf(2, 1))
	tree:add(n.at, buf(2, 1))
end

-- T9 and T8 are bits 7 and 3 of byte 1
local function add_tag(tree, buf, at)
	local tag = buf():bitfield(8, 1) << 9 | buf():bitfield(12, 1) << 8 | buf(at, 1):uint()
	tree:add(n.tag, buf(at, 1), tag)
end

local function add_nonflit_completion(tree, buf)
	tree:add(n.completer, buf(4, 2), id_text(buf(4, 2)))
	tree:add(n.status, buf(6, 1))
	local count = buf():bitfield(52, 12)
	tree:add(n.count, buf(6, 2), count == 0 and 4096 or count)
	tree:add(n.requester, buf(8, 2), id_text(buf(8, 2)))
	add_tag(tree, buf, 10)
	tree:add(n.lower, buf(11, 1))
end

-- Returns the words for the info column
local function add_nonflit_request(tree, buf, dws, kind, st_high)
	local th = buf():bitfield(15, 1) == 1
	tree:add(n.requester, buf(4, 2), id_text(buf(4, 2)))
	-- With hints the steering tag of a write takes its place.
	if kind ~= WRITE or not th then
		add_tag(tree, buf, 6)
	end
	if kind == WRITE or (kind == REQUEST and not th) then
		tree:add(n.last, buf(7, 1))
		tree:add(n.first, buf(7, 1))
	end
	local at = dws * 4 - 4
	local high = dws == 4 and buf(8, 4):uint() or 0
	tree:add(n.address, buf(8, dws * 4 - 8), UInt64.new(buf(at, 4):uint() & 0xfffffffc, high))
	if not th then
		return ""
	end
	local where = buf(kind == WRITE and 6 or 7, 1)
	local st = st_high << 8 | where:uint()
	tree:add(n.st, where, st)
	tree:add(n.ph, buf(at + 3, 1))
	return string.format(" ST=%Xh PH=%d", st, buf(at + 3, 1):uint() & 3)
end

-- Name, kind of header, its DWs, whether data follows; nothing if there is no such type
local function nonflit_type(head)
	local fmt = head():bitfield(0, 3)
	local has_data, dws = fmt & 2 ~= 0, fmt & 1 ~= 0 and 4 or 3
	local entry = fmt < 4 and NONFLIT_TYPES[head():bitfield(3, 5)]
	entry = entry and entry[has_data]
	if not entry or (entry[3] and entry[3] ~= dws) then
		return nil
	end
	local name = entry[3] and entry[1] or entry[1] .. (dws == 4 and "64" or "32")
	return name, entry[2], dws, has_data
end

-- What all requests share, as far as it is at hand; returns the words for the info column
local function add_nonflit_shared(tree, buf, kind)
	if kind == COMPLETION or kind == BARE or buf:len() < 8 then
		return ""
	end
	tree:add(n.requester, buf(4, 2), id_text(buf(4, 2)))
	if kind ~= WRITE or buf():bitfield(15, 1) == 0 then
		add_tag(tree, buf, 6)
	end
	if kind == MESSAGE then
		tree:add(n.code, buf(7, 1))
	elseif kind == CONFIG and buf:len() >= 12 then
		tree:add(n.destination, buf(8, 2), id_text(buf(8, 2)))
	end
	return kind == MESSAGE and message_words(buf(7, 1)) or ""
end

-- Returns the words for the info column
local function add_nonflit_header(tree, head, kind, dws, st_high)
	if kind >= OTHER or head:len() < dws * 4 then
		return add_nonflit_shared(tree, head, kind)
	end
	if kind == COMPLETION then
		add_nonflit_completion(tree, head)
		return ""
	end
	return add_nonflit_request(tree, head, dws, kind, st_high)
end

function nonflit.dissector(buf, pinfo, root)
	local size = buf:reported_len()
	pinfo.cols.protocol = "TLP"
	pinfo.cols.info = ""
	local tree = root:add(nonflit, buf())
	local start, tph = add_prefixes(tree, buf)
	if buf:len() < start + 4 then
		add_missing(tree, pinfo, n.missing, "header")
		return size
	end
	local head = buf(start):tvb()
	add_nonflit_dw0(tree, head)
	local name, kind, dws, has_data = nonflit_type(head)
	if not name then
		remark(tree, pinfo, nonflit_undecoded,
		       string.format("unknown type %02Xh", head(0, 1):uint()))
		return size
	end
	local length = head():bitfield(22, 10)
	length = length == 0 and 1024 or length
	local parts = { data = dws * 4 }
	parts.trailer = parts.data + (has_data and length * 4 or 0)
	parts.stop = parts.trailer + head():bitfield(16, 1) * 4
	tree:add(n.name, head(0, 1), name)
	pinfo.cols.info = name
	if has_length(kind, has_data) then
		tree:add(n.length, head(2, 2), length)
		pinfo.cols.info:append(string.format(" L=%d", length))
	end
	local st_high = tph and buf(tph + 1, 1):uint() or 0
	pinfo.cols.info:append(add_nonflit_header(tree, head, kind, dws, st_high))
	add_captured(tree, n.data, head, parts.data, parts.trailer)
	add_captured(tree, n.digest, head, parts.trailer, parts.stop)
	set_source(pinfo, head, kind)
	add_verdict(tree, pinfo, nonflit_own, kind, head:len(), parts)
	-- Header logs have four words of headers that have three.
	if start == 0 and parts.stop == 12 and size == 16 then
		add_captured(tree, n.spare, buf, 12, 16)
	elseif size - start > parts.stop then
		remark(tree, pinfo, nonflit_malformed,
		       string.format("%d bytes instead of %d", size, start + parts.stop))
	end
	return size
end

DissectorTable.get("wtap_encap"):add(wtap.USER0, tlp)
DissectorTable.get("wtap_encap"):add(wtap.USER1, nonflit)
