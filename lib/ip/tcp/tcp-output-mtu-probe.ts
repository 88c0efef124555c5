/**
 * Path MTU probing: now and then a longer packet is sent to find out whether it arrives (RFC 4821).
 *
 * @see net/ipv4/tcp_output.c tcp_mtu_probe, tcp_mtu_check_reprobe
 */
import { HZ } from '../../sim/timer.js'
import { IPV4_HLEN } from '../../wire/ipv4.js'
import { TCP_HLEN, TH_ACK, TH_FIN, TH_PUSH } from '../../wire/tcp.js'
import { tcpSysctls } from './netns-tcp.js'
import { tcpHighestSackReplace } from './tcp-highest-sack.js'
import { tcpTransmitSkb } from './tcp-output.js'
import { TCP_SKB_OVERHEAD, tcpSegLen } from './tcp-seg.js'
import { tcpCurrentMss, tcpMssToMtu, tcpMtuToMss } from './tcp-output-mss.js'
import { tcpEventNewDataSent, tcpSetSkbTsoSegs, tcpWriteQueueUnlinkAndFree } from './tcp-output-segs.js'
import { tcpWndEnd } from './tcp-output-tso.js'
import { TcpSeg } from './tcp-seg.js'
import { after, seqAdd } from './tcp-seq.js'
import type { TcpSock } from './tcp-sock.js'
import { TCP_CA_OPEN } from './tcp-states.js'
import { tcpJiffies } from './tcp-time.js'

const NO = -1
const WAIT = 0
const SENT = 1
/** Congestion window below which nothing is probed. */
const MIN_CWND = 11

/** Begins a new search when enough time has passed (tcp_mtu_check_reprobe). */
const checkReprobe = (tp: TcpSock): void => {
  const now = tcpJiffies(tp.netns)
  const m = tp.mtup
  if (now - m.probeTimestamp < tcpSysctls(tp.netns).probeIntervalSec * HZ) return
  m.probeSize = 0
  m.searchHigh = tp.rxOpt.mssClamp + TCP_HLEN + IPV4_HLEN
  m.searchLow = tcpMssToMtu(tp, tcpCurrentMss(tp))
  m.probeTimestamp = now
}

/** True when the first `len` octets of the write queue can become one segment (tcp_can_coalesce_send_queue_head). */
const canCoalesce = (tp: TcpSock, len: number): boolean => {
  let left = len
  for (let seg = tp.writeQueue.head; seg !== null; seg = seg.next) {
    left -= tcpSegLen(seg)
    if (left <= 0) return true
    if (seg.eor) return false
  }
  return true
}

/** Takes the first `size` octets of the write queue into one segment at its head. */
const buildProbe = (tp: TcpSock, size: number, mss: number): TcpSeg => {
  const { head } = tp.writeQueue
  const { seq } = head!
  const probe = new TcpSeg(seq, seqAdd(seq, size), TH_ACK)
  probe.truesize = TCP_SKB_OVERHEAD + size
  tp.wmemQueued += probe.truesize
  tcpHighestSackReplace(tp, head!, probe)
  for (let left = size; left > 0; ) {
    const seg = tp.writeQueue.head!
    const n = Math.min(tcpSegLen(seg), left)
    left -= n
    if (n === tcpSegLen(seg)) {
      probe.flags |= seg.flags
      probe.eor = seg.eor
      tcpWriteQueueUnlinkAndFree(tp, seg)
      continue
    }
    probe.flags |= seg.flags & ~(TH_FIN | TH_PUSH)
    seg.seq = seqAdd(seg.seq, n)
    seg.truesize -= n
    tp.wmemQueued -= n
    tcpSetSkbTsoSegs(seg, mss)
  }
  tp.writeQueue.pushFront(probe)
  probe.pcount = 1
  probe.gsoSize = 0
  return probe
}

const mayProbe = (tp: TcpSock): boolean =>
  tp.mtup.enabled &&
  tp.mtup.probeSize === 0 &&
  tp.caState === TCP_CA_OPEN &&
  tp.sndCwnd >= MIN_CWND &&
  tp.rxOpt.numSacks === 0 &&
  !tp.rxOpt.dsack

/** Sends a probe when it is time (tcp_mtu_probe): 1 sent, 0 wait until there is room, -1 go on as usual. */
export const tcpMtuProbe = (tp: TcpSock): number => {
  if (!mayProbe(tp)) return NO
  const m = tp.mtup
  const mss = tcpCurrentMss(tp)
  const size = tcpMtuToMss(tp, (m.searchHigh + m.searchLow) >> 1)
  const needed = size + (tp.reordering + 1) * tp.mssCache
  const tooNear = m.searchHigh - m.searchLow < tcpSysctls(tp.netns).probeThreshold
  if (size > tcpMtuToMss(tp, m.searchHigh) || tooNear) {
    checkReprobe(tp)
    return NO
  }
  if (((tp.writeSeq - tp.sndNxt) | 0) < needed || tp.sndWnd < needed) return NO
  if (after(seqAdd(tp.sndNxt, needed), tcpWndEnd(tp))) return WAIT
  if (tp.inFlight + 2 > tp.sndCwnd) return tp.inFlight === 0 ? NO : WAIT
  if (!canCoalesce(tp, size)) return NO
  const probe = buildProbe(tp, size, mss)
  if (tcpTransmitSkb(tp, probe) !== 0) return NO
  tp.sndCwnd--
  tcpEventNewDataSent(tp, probe)
  m.probeSize = tcpMssToMtu(tp, size)
  m.probeSeqStart = probe.seq
  m.probeSeqEnd = probe.endSeq
  return SENT
}
