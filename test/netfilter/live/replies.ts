/**
 * What the machines around the router answer. An answer follows from the frame alone, so that translated addresses, and
 * sequence numbers that a kernel chose, come back as they must.
 */
import { decodeFrame, encodeFrame, type FrameRepr } from '../../../lib/wire/frame.js'

/** An answer. */
export interface Reply {
  /** Flags of an answer by TCP, as letters of `FSRPA`; `S` and `F` count in what the next one acknowledges. */
  readonly flags: string
  /** Octets of payload. */
  readonly len: number
  readonly ttl: number
}

const FLAG_LETTERS = 'FSRPAUEC'
const ISN = 0x5000_0000

/** Bits of flags given as letters. */
export const tcpFlags = (letters: string): number =>
  [...letters].reduce((bits, letter) => bits | (1 << FLAG_LETTERS.indexOf(letter)), 0)

/** Octets of payload that say who sent them. */
export const payloadOf = (len: number, letter = 'b'): Uint8Array => new Uint8Array(len).fill(letter.charCodeAt(0))

const swapped = (
  { eth, ipv4 }: FrameRepr,
  ttl: number,
): Pick<FrameRepr, 'eth'> & { ipv4: NonNullable<FrameRepr['ipv4']> } => ({
  eth: { ...eth, dst: eth.src, src: eth.dst },
  ipv4: {
    tos: 0,
    id: 1,
    df: true,
    mf: false,
    fragOffset: 0,
    ttl,
    proto: ipv4!.proto,
    saddr: ipv4!.daddr,
    daddr: ipv4!.saddr,
  },
})

const decoded = (frame: Uint8Array): FrameRepr | null => {
  try {
    const whole = decodeFrame(frame)
    return whole.ipv4 === undefined ? null : whole
  } catch {
    return null
  }
}

const tcpReply = (whole: FrameRepr, { flags, len, ttl }: Reply): Uint8Array => {
  const tcp = whole.tcp!
  const payload = payloadOf(len)
  const syn = (tcp.flags & 2) !== 0 ? 1 : 0
  const fin = (tcp.flags & 1) !== 0 ? 1 : 0
  const seq = (tcp.flags & 16) !== 0 ? tcp.ack : ISN
  const ack = (tcp.seq + whole.payload.length + syn + fin) >>> 0
  const bits = tcpFlags(flags)
  return encodeFrame({
    ...swapped(whole, ttl),
    tcp: { sport: tcp.dport, dport: tcp.sport, seq, ack: (bits & 16) === 0 ? 0 : ack, flags: bits, window: 8192 },
    payload,
  })
}

/** The answer to a frame; null when it has none. */
export const replyTo = (frame: Uint8Array, reply: Reply): Uint8Array | null => {
  const whole = decoded(frame)
  if (whole === null) return null
  if (whole.tcp !== undefined) return tcpReply(whole, reply)
  if (whole.udp !== undefined)
    return encodeFrame({
      ...swapped(whole, reply.ttl),
      udp: { sport: whole.udp.dport, dport: whole.udp.sport },
      payload: payloadOf(reply.len),
    })
  if (whole.icmp?.type === 8)
    return encodeFrame({ ...swapped(whole, reply.ttl), icmp: { ...whole.icmp, type: 0 }, payload: whole.payload })
  return null
}

/** An ICMP error about a frame, which quotes `octets` of its packet behind the header. */
export const errorAbout = (
  frame: Uint8Array,
  { type, code, mtu, octets }: { type: number; code: number; mtu: number; octets: number },
): Uint8Array | null => {
  const whole = decoded(frame)
  if (whole === null || (whole.icmp !== undefined && whole.icmp.type !== 8 && whole.icmp.type !== 0)) return null
  const ipHeader = 14 + (frame[14]! & 15) * 4
  const { eth, ipv4 } = swapped(whole, 64)
  return encodeFrame({
    eth,
    ipv4: { ...ipv4, proto: 1, df: false },
    icmp: { type, code, rest: mtu },
    payload: frame.slice(14, Math.min(frame.length, ipHeader + octets)),
  })
}
