/**
 * Numbers of pcapng: types of blocks, codes of options, types of records.
 *
 * @see draft-ietf-opsawg-pcapng
 */

/** Block type of a Section Header Block, the same in both byte orders. */
export const PCAPNG_SHB = 0x0a0d0d0a
/** Block type of an Interface Description Block. */
export const PCAPNG_IDB = 1
/** Block type of the obsolete Packet Block. */
export const PCAPNG_PB = 2
/** Block type of a Simple Packet Block. */
export const PCAPNG_SPB = 3
/** Block type of a Name Resolution Block. */
export const PCAPNG_NRB = 4
/** Block type of an Interface Statistics Block. */
export const PCAPNG_ISB = 5
/** Block type of an Enhanced Packet Block. */
export const PCAPNG_EPB = 6

/** Byte-order magic of a section, as a number in the section's order. */
export const PCAPNG_MAGIC = 0x1a2b3c4d

/** Option codes that every block has. */
export const OPT_ENDOFOPT = 0
export const OPT_COMMENT = 1
/** Option codes of a Section Header Block. */
export const SHB_HARDWARE = 2
export const SHB_OS = 3
export const SHB_USERAPPL = 4
/** Option codes of an Interface Description Block. */
export const IF_NAME = 2
export const IF_DESCRIPTION = 3
export const IF_IPV4ADDR = 4
export const IF_IPV6ADDR = 5
export const IF_MACADDR = 6
export const IF_SPEED = 8
export const IF_TSRESOL = 9
export const IF_FILTER = 11
export const IF_OS = 12
export const IF_FCSLEN = 13
export const IF_TSOFFSET = 14
export const IF_HARDWARE = 15
/** Option codes of an Enhanced Packet Block; the first two are those of the obsolete Packet Block, too. */
export const EPB_FLAGS = 2
export const EPB_HASH = 3
export const EPB_DROPCOUNT = 4
export const EPB_PACKETID = 5
export const EPB_QUEUE = 6
export const EPB_VERDICT = 7
/** Option codes of a Name Resolution Block. */
export const NS_DNSNAME = 2
/** Record types of a Name Resolution Block. */
export const NRB_RECORD_END = 0
export const NRB_RECORD_IPV4 = 1
export const NRB_RECORD_IPV6 = 2
/** Option codes of an Interface Statistics Block. */
export const ISB_STARTTIME = 2
export const ISB_ENDTIME = 3
export const ISB_IFRECV = 4
export const ISB_IFDROP = 5
export const ISB_FILTERACCEPT = 6
export const ISB_OSDROP = 7
export const ISB_USRDELIV = 8
