/**
 * ICMP for IPv4 (RFC 792, 1122, 1191, 1812): types, codes, fields.
 * @see include/uapi/linux/icmp.h, net/ipv4/icmp.c
 */

import { getU16, getU32, putU16, putU32 } from './bytes.js'
import { csumMessage } from './checksum.js'
import { formatIpv4, parseIpv4 } from './ip.js'
import { offsets, u8, u16, u32 } from './layout.js'
import { inRange, needOctets, NO_OCTETS } from './repr.js'

const F = offsets(8, [u8('type'), u8('code'), u16('csum'), u32('rest')])
const ECHO = offsets(8, [u8('type'), u8('code'), u16('csum'), u16('id'), u16('seq')])
const FRAG = offsets(8, [u8('type'), u8('code'), u16('csum'), u8('unused'), u8('length'), u16('mtu')])
const TYPE = F.type
const CODE = F.code
const CSUM = F.csum
const REST = F.rest
const ID = ECHO.id
const SEQ = ECHO.seq
const MTU = FRAG.mtu

/** Octets of an ICMP header. */
export const ICMP_HLEN: number = F.SIZE

/** Type: echo reply. */
export const ICMP_ECHOREPLY = 0
/** Type: destination unreachable. */
export const ICMP_DEST_UNREACH = 3
/** Type: source quench. */
export const ICMP_SOURCE_QUENCH = 4
/** Type: redirect. */
export const ICMP_REDIRECT = 5
/** Type: echo request. */
export const ICMP_ECHO = 8
/** Type: router advertisement (RFC 1256). */
export const ICMP_ROUTERADVERT = 9
/** Type: router solicitation (RFC 1256). */
export const ICMP_ROUTERSOLICIT = 10
/** Type: time exceeded. */
export const ICMP_TIME_EXCEEDED = 11
/** Type: parameter problem. */
export const ICMP_PARAMETERPROB = 12
/** Type: timestamp request. */
export const ICMP_TIMESTAMP = 13
/** Type: timestamp reply. */
export const ICMP_TIMESTAMPREPLY = 14
/** Type: information request. */
export const ICMP_INFO_REQUEST = 15
/** Type: information reply. */
export const ICMP_INFO_REPLY = 16
/** Type: address mask request. */
export const ICMP_ADDRESS = 17
/** Type: address mask reply. */
export const ICMP_ADDRESSREPLY = 18
/** Type: extended echo request (RFC 8335). */
export const ICMP_EXT_ECHO = 42
/** Type: extended echo reply (RFC 8335). */
export const ICMP_EXT_ECHOREPLY = 43
/** Largest type that the kernel handles by its table. */
export const NR_ICMP_TYPES = 18

/** Code of destination unreachable: network. */
export const ICMP_NET_UNREACH = 0
/** Code of destination unreachable: host. */
export const ICMP_HOST_UNREACH = 1
/** Code of destination unreachable: protocol. */
export const ICMP_PROT_UNREACH = 2
/** Code of destination unreachable: port. */
export const ICMP_PORT_UNREACH = 3
/** Code of destination unreachable: fragmentation needed and DF set. */
export const ICMP_FRAG_NEEDED = 4
/** Code of destination unreachable: source route failed. */
export const ICMP_SR_FAILED = 5
/** Code of destination unreachable: network unknown. */
export const ICMP_NET_UNKNOWN = 6
/** Code of destination unreachable: host unknown. */
export const ICMP_HOST_UNKNOWN = 7
/** Code of destination unreachable: source host isolated. */
export const ICMP_HOST_ISOLATED = 8
/** Code of destination unreachable: network administratively prohibited. */
export const ICMP_NET_ANO = 9
/** Code of destination unreachable: host administratively prohibited. */
export const ICMP_HOST_ANO = 10
/** Code of destination unreachable: network unreachable for the type of service. */
export const ICMP_NET_UNR_TOS = 11
/** Code of destination unreachable: host unreachable for the type of service. */
export const ICMP_HOST_UNR_TOS = 12
/** Code of destination unreachable: communication administratively filtered. */
export const ICMP_PKT_FILTERED = 13
/** Code of destination unreachable: host precedence violation. */
export const ICMP_PREC_VIOLATION = 14
/** Code of destination unreachable: precedence cut off. */
export const ICMP_PREC_CUTOFF = 15
/** Largest code of destination unreachable that the kernel takes. */
export const NR_ICMP_UNREACH = 15

/** Code of redirect: for the network. */
export const ICMP_REDIR_NET = 0
/** Code of redirect: for the host. */
export const ICMP_REDIR_HOST = 1
/** Code of redirect: for the network and type of service. */
export const ICMP_REDIR_NETTOS = 2
/** Code of redirect: for the host and type of service. */
export const ICMP_REDIR_HOSTTOS = 3

/** Code of time exceeded: time to live in transit. */
export const ICMP_EXC_TTL = 0
/** Code of time exceeded: fragment reassembly. */
export const ICMP_EXC_FRAGTIME = 1

/** Type of the ICMP message at `o`. */
export const icmpType = (b: Uint8Array, o: number): number => b[o + TYPE]!
/** Code of the ICMP message at `o`. */
export const icmpCode = (b: Uint8Array, o: number): number => b[o + CODE]!
/** Checksum field of the ICMP message at `o`. */
export const icmpCsum = (b: Uint8Array, o: number): number => getU16(b, o + CSUM)
/** Identifier of the echo (or timestamp, mask) message at `o`. */
export const icmpId = (b: Uint8Array, o: number): number => getU16(b, o + ID)
/** Sequence number of the echo (or timestamp, mask) message at `o`. */
export const icmpSeq = (b: Uint8Array, o: number): number => getU16(b, o + SEQ)
/** Next hop's MTU of the fragmentation needed message at `o` (RFC 1191). */
export const icmpMtu = (b: Uint8Array, o: number): number => getU16(b, o + MTU)
/** Gateway of the redirect message at `o`, int32. */
export const icmpGateway = (b: Uint8Array, o: number): number => getU32(b, o + REST)
/** Offset of the wrong octet, of the parameter problem message at `o`. */
export const icmpPointer = (b: Uint8Array, o: number): number => b[o + REST]!
/** The second 32 bits of the ICMP message at `o`, int32. */
export const icmpRest = (b: Uint8Array, o: number): number => getU32(b, o + REST)

/** Whether an ICMP header at `off` is complete before `end`. */
export const icmpOk = (_b: Uint8Array, off: number, end: number): boolean => end - off >= ICMP_HLEN
/** Whether the checksum of the ICMP message of `len` octets at `o` is right. */
export const icmpCsumOk = (b: Uint8Array, o: number, len: number): boolean => csumMessage(b, o, len) === 0

/**
 * Whether the type announces an error, to which no error may be sent.
 * @see net/ipv4/icmp.c icmp_pointers
 */
export const isIcmpError = (type: number): boolean =>
  type === ICMP_DEST_UNREACH ||
  type === ICMP_SOURCE_QUENCH ||
  type === ICMP_REDIRECT ||
  type === ICMP_TIME_EXCEEDED ||
  type === ICMP_PARAMETERPROB

/** Writes an ICMP header at `o` with checksum 0; `rest` is the second 32 bits. */
export const putIcmp = (b: Uint8Array, o: number, type: number, code: number, rest: number): void => {
  b[o + TYPE] = type
  b[o + CODE] = code
  putU16(b, o + CSUM, 0)
  putU32(b, o + REST, rest)
}

/** Writes an echo header (request or reply by `type`) at `o` with checksum 0. */
export const putIcmpEcho = (b: Uint8Array, o: number, type: number, id: number, seq: number): void =>
  putIcmp(b, o, type, 0, (id << 16) | (seq & 0xffff))

/** Writes the type of the ICMP message at `o`. */
export const putIcmpType = (b: Uint8Array, o: number, type: number): void => {
  b[o + TYPE] = type
}

/** Writes the checksum of the ICMP message of `len` octets at `o`. */
export const putIcmpCsum = (b: Uint8Array, o: number, len: number): void => {
  putU16(b, o + CSUM, 0)
  putU16(b, o + CSUM, csumMessage(b, o, len))
}

/** Types whose second word is an identifier and a sequence number. */
const hasId = (type: number): boolean =>
  type === ICMP_ECHO || type === ICMP_ECHOREPLY || (type >= ICMP_TIMESTAMP && type <= ICMP_ADDRESSREPLY)

/** An ICMP header as an object: type, code, and the fields that the type gives the second word. */
export interface IcmpRepr {
  readonly type: number
  readonly code: number
  /** Checksum; the right one when absent. */
  readonly csum?: number
  /** Identifier of an echo (or timestamp, information, mask) message. */
  readonly id?: number
  /** Sequence number of an echo (or timestamp, information, mask) message. */
  readonly seq?: number
  /** Next hop's MTU of a fragmentation needed message. */
  readonly mtu?: number
  /** Gateway of a redirect. */
  readonly gateway?: string
  /** Offset of the wrong octet of a parameter problem. */
  readonly pointer?: number
  /** The whole second word, 0 to 2^32 - 1, where the other fields do not say all of it; it counts when given. */
  readonly rest?: number
}

type IcmpFields = Pick<IcmpRepr, 'id' | 'seq' | 'mtu' | 'gateway' | 'pointer'>

const icmpFields = (b: Uint8Array, off: number): IcmpFields => {
  const type = icmpType(b, off)
  if (hasId(type)) return { id: icmpId(b, off), seq: icmpSeq(b, off) }
  if (type === ICMP_DEST_UNREACH && icmpCode(b, off) === ICMP_FRAG_NEEDED) return { mtu: icmpMtu(b, off) }
  if (type === ICMP_REDIRECT) return { gateway: formatIpv4(icmpGateway(b, off)) }
  return type === ICMP_PARAMETERPROB ? { pointer: icmpPointer(b, off) } : {}
}

/** Second word of a message with these fields, int32. */
const restOf = (repr: IcmpFields): number => {
  if (repr.gateway !== undefined) return parseIpv4(repr.gateway)
  if (repr.pointer !== undefined) return inRange('icmp.pointer', repr.pointer, 0xff) << 24
  if (repr.mtu !== undefined) return inRange('icmp.mtu', repr.mtu, 0xffff)
  return (inRange('icmp.id', repr.id ?? 0, 0xffff) << 16) | inRange('icmp.seq', repr.seq ?? 0, 0xffff)
}

/** ICMP header at `off` as an object; throws `EDECODE` when it is truncated. */
export const parseIcmp = (b: Uint8Array, off = 0, end: number = b.length): IcmpRepr => {
  needOctets('icmp', off, end, ICMP_HLEN)
  const fields = icmpFields(b, off)
  const rest = icmpRest(b, off)
  return {
    type: icmpType(b, off),
    code: icmpCode(b, off),
    csum: icmpCsum(b, off),
    ...fields,
    ...(restOf(fields) === rest ? {} : { rest: rest >>> 0 }),
  }
}

/** Octets of a header and `payload`; throws `EINVAL` for an address or number that cannot be. */
export const emitIcmp = (repr: IcmpRepr, payload: Uint8Array = NO_OCTETS): Uint8Array => {
  const b = new Uint8Array(ICMP_HLEN + payload.length)
  const rest = repr.rest === undefined ? restOf(repr) : inRange('icmp.rest', repr.rest, 0xffffffff)
  putIcmp(b, 0, inRange('icmp.type', repr.type, 0xff), inRange('icmp.code', repr.code, 0xff), rest)
  b.set(payload, ICMP_HLEN)
  if (repr.csum === undefined) putIcmpCsum(b, 0, b.length)
  else putU16(b, CSUM, inRange('icmp.csum', repr.csum, 0xffff))
  return b
}
