/** Packets of the tests, built and read without the library: RFC 791, 792, 768, 826. */

/** Ones-complement sum of octets as the internet checksum, 0 when they hold a right one (RFC 1071). */
export const internetChecksum = (b: ArrayLike<number>, from = 0, to: number = b.length): number => {
  let sum = 0
  for (let i = from; i < to; i += 2) sum += (b[i]! << 8) | (i + 1 < to ? b[i + 1]! : 0)
  while (sum > 0xffff) sum = (sum & 0xffff) + (sum >> 16)
  return ~sum & 0xffff
}

/** Checksum over the IPv4 header at `o`. */
export const ipChecksum = (b: ArrayLike<number>, o: number): number => internetChecksum(b, o, o + (b[o]! & 15) * 4)

export const u16 = (n: number): number[] => [(n >> 8) & 255, n & 255]
export const u32 = (n: number): number[] => [(n >>> 24) & 255, (n >>> 16) & 255, (n >>> 8) & 255, n & 255]
export const addr = (text: string): number[] => text.split('.').map(Number)
export const macOctets = (text: string): number[] => text.split(':').map(t => Number.parseInt(t, 16))
/** int32 of an address in dotted text, as the library keeps it. */
export const int32 = (text: string): number => addr(text).reduce((n, octet) => (n << 8) | octet, 0)

/** Fields of an IPv4 header that a test may want otherwise. */
export interface IpFields {
  readonly tos?: number
  readonly id?: number
  /** Flags and fragment offset as they stand in the header. */
  readonly frag?: number
  readonly ttl?: number
  readonly options?: readonly number[]
}

/** An IPv4 packet. */
export const ipv4Packet = (
  src: string,
  dst: string,
  proto: number,
  payload: readonly number[],
  { tos = 0, id = 1, frag = 0, ttl = 64, options = [] }: IpFields = {},
): number[] => {
  const ihl = 20 + options.length
  const head = [0x40 | (ihl / 4), tos, ...u16(ihl + payload.length), ...u16(id), ...u16(frag), ttl, proto, 0, 0]
  const header = [...head, ...addr(src), ...addr(dst), ...options]
  const sum = internetChecksum(header)
  header[10] = sum >> 8
  header[11] = sum & 255
  return [...header, ...payload]
}

/** An ICMP message with the right checksum. */
export const icmpMessage = (type: number, code: number, rest: number, data: readonly number[] = []): number[] => {
  const m = [type, code, 0, 0, ...u32(rest), ...data]
  const sum = internetChecksum(m)
  m[2] = sum >> 8
  m[3] = sum & 255
  return m
}

/** A UDP datagram; its checksum is right unless `noChecksum`. */
export const udpDatagram = (
  src: string,
  dst: string,
  sport: number,
  dport: number,
  data: readonly number[],
  noChecksum = false,
): number[] => {
  const len = 8 + data.length
  const m = [...u16(sport), ...u16(dport), ...u16(len), 0, 0, ...data]
  if (noChecksum) return m
  const sum = internetChecksum([...addr(src), ...addr(dst), 0, 17, ...u16(len), ...m]) || 0xffff
  m[6] = sum >> 8
  m[7] = sum & 255
  return m
}

/** An Ethernet frame. */
export const ethFrame = (dst: string, src: string, type: number, payload: readonly number[]): Uint8Array =>
  Uint8Array.from([...macOctets(dst), ...macOctets(src), ...u16(type), ...payload])

/** An ARP packet of IPv4 over Ethernet. */
export const arpPacket = (op: number, sha: string, spa: string, tha: string, tpa: string): number[] => [
  ...[0, 1, 8, 0, 6, 4],
  ...u16(op),
  ...macOctets(sha),
  ...addr(spa),
  ...macOctets(tha),
  ...addr(tpa),
]

export const hex = (b: ArrayLike<number>): string => Buffer.from(Uint8Array.from(b)).toString('hex')
