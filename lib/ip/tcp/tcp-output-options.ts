/**
 * Options of outgoing segments: which, how long, and their octets, in the order and with the padding of Linux.
 *
 * @see net/ipv4/tcp_output.c tcp_syn_options, tcp_synack_options, tcp_established_options, tcp_options_write
 */
import { putU16, putU32 } from '../../wire/bytes.js'
import {
  TCPOPT_MSS,
  TCPOPT_NOP,
  TCPOPT_SACK,
  TCPOPT_SACK_PERM,
  TCPOPT_TIMESTAMP,
  TCPOPT_WINDOW,
} from '../../wire/tcp.js'
import { tcpSysctls } from './netns-tcp.js'
import type { SackBlock, TcpSock } from './tcp-sock.js'

const MAX_TCP_OPTION_SPACE = 40
const TCPOLEN_MSS = 4
const TCPOLEN_WINDOW = 3
const TCPOLEN_SACK_PERM = 2
const TCPOLEN_TIMESTAMP = 10
/** Octets of the timestamps option with its padding. */
export const TCPOLEN_TSTAMP_ALIGNED = 12
const TCPOLEN_WSCALE_ALIGNED = 4
const TCPOLEN_SACKPERM_ALIGNED = 4
const TCPOLEN_SACK_BASE = 2
const TCPOLEN_SACK_BASE_ALIGNED = 4
const TCPOLEN_SACK_PERBLOCK = 8

/** SACK blocks that are to be told, a duplicate one included (eff_sacks). */
const effSacks = (tp: TcpSock): number => tp.rxOpt.numSacks + (tp.rxOpt.dsack ? 1 : 0)

const sackBlocks = (tp: TcpSock): number => {
  const eff = effSacks(tp)
  if (eff === 0) return 0
  const room = MAX_TCP_OPTION_SPACE - (tp.rxOpt.tstampOk ? TCPOLEN_TSTAMP_ALIGNED : 0)
  return Math.min(eff, Math.floor((room - TCPOLEN_SACK_BASE_ALIGNED) / TCPOLEN_SACK_PERBLOCK))
}

/** Octets of the options of a segment of an established connection (tcp_established_options). */
export const tcpEstablishedOptionsLen = (tp: TcpSock): number => {
  const blocks = sackBlocks(tp)
  const sack = blocks === 0 ? 0 : TCPOLEN_SACK_BASE_ALIGNED + blocks * TCPOLEN_SACK_PERBLOCK
  return (tp.rxOpt.tstampOk ? TCPOLEN_TSTAMP_ALIGNED : 0) + sack
}

const putKind = (b: Uint8Array, o: number, a: number, c: number, kind: number, len: number): number => {
  b[o] = a
  b[o + 1] = c
  b[o + 2] = kind
  b[o + 3] = len
  return o + 4
}

const putTimestamps = (
  b: Uint8Array,
  o: number,
  first: number,
  second: number,
  tsval: number,
  tsecr: number,
): number => {
  const at = putKind(b, o, first, second, TCPOPT_TIMESTAMP, TCPOLEN_TIMESTAMP)
  putU32(b, at, tsval)
  putU32(b, at + 4, tsecr)
  return at + 8
}

const putBlock = (b: Uint8Array, o: number, block: SackBlock): number => {
  putU32(b, o, block.start)
  putU32(b, o + 4, block.end)
  return o + 8
}

const putSack = (tp: TcpSock, b: Uint8Array, o: number, blocks: number): void => {
  let at = putKind(b, o, TCPOPT_NOP, TCPOPT_NOP, TCPOPT_SACK, TCPOLEN_SACK_BASE + blocks * TCPOLEN_SACK_PERBLOCK)
  let left = blocks
  if (tp.rxOpt.dsack) {
    at = putBlock(b, at, tp.duplicateSack)
    left--
  }
  for (let i = 0; i < left; i++) at = putBlock(b, at, tp.selectiveAcks[i]!)
  tp.rxOpt.dsack = false
}

/** Writes the options of a segment of an established connection at `o`; a duplicate SACK has been told then. */
export const tcpEstablishedOptionsWrite = (tp: TcpSock, b: Uint8Array, o: number, tsval: number): void => {
  const { rxOpt } = tp
  const blocks = sackBlocks(tp)
  const at = rxOpt.tstampOk ? putTimestamps(b, o, TCPOPT_NOP, TCPOPT_NOP, tsval, rxOpt.tsRecent) : o
  if (blocks !== 0) putSack(tp, b, at, blocks)
}

/** Options of a SYN or SYN,ACK. */
export interface SynOptions {
  readonly mss: number
  readonly timestamps: boolean
  readonly tsval: number
  readonly tsecr: number
  readonly sack: boolean
  /** Window scale, -1 for none. */
  readonly wscale: number
}

/** Octets of the options of a SYN. */
export const tcpSynOptionsLen = (opts: SynOptions): number => {
  const ts = opts.timestamps ? TCPOLEN_TSTAMP_ALIGNED : opts.sack ? TCPOLEN_SACKPERM_ALIGNED : 0
  return TCPOLEN_MSS + ts + (opts.wscale >= 0 ? TCPOLEN_WSCALE_ALIGNED : 0)
}

/** Writes the options of a SYN at `o`: MSS, SACK permitted in the place of the timestamps' padding, timestamps, window scale. */
export const tcpSynOptionsWrite = (opts: SynOptions, b: Uint8Array, o: number): void => {
  b[o] = TCPOPT_MSS
  b[o + 1] = TCPOLEN_MSS
  putU16(b, o + 2, opts.mss)
  let at = o + TCPOLEN_MSS
  if (opts.timestamps) {
    const first = opts.sack ? TCPOPT_SACK_PERM : TCPOPT_NOP
    const second = opts.sack ? TCPOLEN_SACK_PERM : TCPOPT_NOP
    at = putTimestamps(b, at, first, second, opts.tsval, opts.tsecr)
  } else if (opts.sack) at = putKind(b, at, TCPOPT_NOP, TCPOPT_NOP, TCPOPT_SACK_PERM, TCPOLEN_SACK_PERM)
  if (opts.wscale >= 0) putKind(b, at, TCPOPT_NOP, TCPOPT_WINDOW, TCPOLEN_WINDOW, opts.wscale)
}

/** Options of the SYN of a socket that connects (tcp_syn_options). */
export const tcpSynOptions = (tp: TcpSock, mss: number, tsval: number): SynOptions => {
  const { timestamps, windowScaling, sack } = tcpSysctls(tp.netns)
  return {
    mss,
    timestamps: timestamps !== 0,
    tsval: (tsval + tp.tsOffset) | 0,
    tsecr: tp.rxOpt.tsRecent,
    sack: sack !== 0,
    wscale: windowScaling !== 0 ? tp.rxOpt.rcvWscale : -1,
  }
}
