// SPDX-License-Identifier: GPL-2.0 OR Linux-OpenIB
// What the firmware of the lab's machine with root ports says of steering tags: each processor has
// one of its own for each kind of memory and each namespace, so that a tag on the wire tells what
// was asked for.
//
//	tags of processor N	volatile	persistent
//	8 bits			0x40 + N	0x80 + N
//	16 bits			0x4100 + N	0x8100 + N
//
// Of persistent memory it says, too, that the processing hint is ignored.
DefinitionBlock ("", "SSDT", 2, "RDMTPH", "STEERING", 1)
{
	External (\_SB.PCI0, DeviceObj)

	Scope (\_SB.PCI0)
	{
		// Of the PCI Firmware Specification: function 15 is the query of cache locality,
		// since revision 7; function 0 says which functions there are.
		Method (_DSM, 4, Serialized)
		{
			If (Arg0 != ToUUID ("e5c937d0-3553-4d7a-9117-ea4d19c3434d") || Arg1 < 7)
			{
				Return (Buffer (1) { 0 })
			}
			If (Arg2 == 0)
			{
				Return (Buffer (2) { 0x01, 0x80 })
			}
			If (Arg2 == 15)
			{
				Return (TAGS (DerefOf (Arg3[0]), DerefOf (Arg3[1])))
			}
			Return (Buffer (1) { 0 })
		}

		// Arg0: the feature, 0 is tags of processor caches; Arg1: _UID of the processor.
		// Of each kind of memory four bytes: which tags are valid (bits 0 and 1), whether
		// the hint is ignored (bit 2); the tag of 8 bits; that of 16 bits.
		Method (TAGS, 2, Serialized)
		{
			Local0 = Buffer (8) { 0 }
			If (Arg0 == 0 && Arg1 < 0x40)
			{
				Local0 = Buffer (8) { 0x03, 0, 0, 0x41, 0x07, 0, 0, 0x81 }
				Local0[1] = 0x40 + Arg1
				Local0[2] = Arg1
				Local0[5] = 0x80 + Arg1
				Local0[6] = Arg1
			}
			Return (Local0)
		}
	}
}
