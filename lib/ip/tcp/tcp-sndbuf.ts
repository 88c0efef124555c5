/**
 * The send buffer: whether it has room, how it grows, and who waits for it.
 *
 * @see net/core/stream.c, net/ipv4/tcp.c tcp_stream_memory_free, net/ipv4/tcp_input.c tcp_sndbuf_expand, tcp_check_space
 */
import { netnsTcp, tcpSysctls } from './netns-tcp.js'
import { TCP_CHRONO_SNDBUF_LIMITED, tcpChronoStop } from './tcp-chrono.js'
import type { TcpSock } from './tcp-sock.js'
import { tcpJiffies } from './tcp-time.js'

const U32_MAX = 0xffffffff
/** Headers in front of the payload (MAX_TCP_HEADER), skb_shared_info and sk_buff. */
const MAX_TCP_HEADER = 256
const SHARED_INFO = 320
const SKB_STRUCT = 256
const TCP_INIT_CWND = 10

/** Octets not sent at which the socket counts as writable (tcp_notsent_lowat). */
const notsentLowat = (tp: TcpSock): number =>
  tp.notsentLowat !== 0 ? tp.notsentLowat : netnsTcp(tp.netns).sysctls.notsentLowat

/** True while little enough is not sent (tcp_stream_memory_free). */
const streamMemoryFree = (tp: TcpSock, wake: number): boolean => {
  const lowat = notsentLowat(tp)
  return lowat >= U32_MAX || ((tp.writeSeq - tp.sndNxt) | 0) * 2 ** wake < lowat
}

/** True while the send buffer has room (sk_stream_memory_free). */
export const skStreamMemoryFree = (tp: TcpSock): boolean => tp.wmemQueued < tp.sndbuf && streamMemoryFree(tp, 0)

/** True when the program should be told that there is room: a third of the buffer is free (sk_stream_is_writeable). */
export const skStreamIsWriteable = (tp: TcpSock): boolean =>
  tp.sndbuf - tp.wmemQueued >= tp.wmemQueued >> 1 && tp.wmemQueued < tp.sndbuf && streamMemoryFree(tp, 1)

/** Wakes a writer when there is room again (sk_stream_write_space). */
export const skStreamWriteSpace = (tp: TcpSock): void => {
  if (!skStreamIsWriteable(tp)) return
  tp.nospace = false
  tp.wakeWrite()
}

const roundupPowOfTwo = (n: number): number => 2 ** Math.ceil(Math.log2(n))

/** The send buffer grows to two windows or as many as the algorithm wants (tcp_sndbuf_expand). */
export const tcpSndbufExpand = (tp: TcpSock): void => {
  const octets = Math.max(tp.rxOpt.mssClamp, tp.mssCache) + MAX_TCP_HEADER + SHARED_INFO
  const perMss = roundupPowOfTwo(octets) + SKB_STRUCT
  const segs = Math.max(TCP_INIT_CWND, tp.sndCwnd, tp.reordering + 1)
  const sndmem = (tp.caOps?.sndbufExpand?.(tp) ?? 2) * segs * perMss
  if (tp.sndbuf < sndmem) tp.sndbuf = Math.min(sndmem, tcpSysctls(tp.netns).wmemMax)
}

/** Wakes a writer when there is room again (tcp_check_space). */
export const tcpCheckSpace = (tp: TcpSock): void => {
  if (!tp.nospace || tp.dead) return
  if (!tp.userSndbuf && tp.inFlight < tp.sndCwnd) {
    tcpSndbufExpand(tp)
    tp.sndCwndStampJiffies = tcpJiffies(tp.netns)
  }
  skStreamWriteSpace(tp)
  if (!tp.nospace) tcpChronoStop(tp, TCP_CHRONO_SNDBUF_LIMITED)
}
