/**
 * Sends tail loss probes.
 *
 * @see net/ipv4/tcp_output.c tcp_send_loss_probe
 */
import { netnsTcp } from './netns-tcp.js'
import { tcpRearmRto } from './tcp-input-rtt.js'
import { segStillInHostQueue } from './tcp-output.js'
import { tcpCurrentMss } from './tcp-output-mss.js'
import { tcpRetransmitSkbRaw } from './tcp-output-rtx.js'
import { tcpFragment } from './tcp-output-segs.js'
import { TCP_NAGLE_OFF, tcpSndWndTest } from './tcp-output-tso.js'
import { tcpWriteXmit } from './tcp-output-xmit.js'
import { tcpSegLen } from './tcp-seg.js'
import type { TcpSock } from './tcp-sock.js'

/** Sends something new, else the last segment again; true when it did. */
const sendProbe = (tp: TcpSock): boolean => {
  const mss = tcpCurrentMss(tp)
  const { head } = tp.writeQueue
  if (head !== null && tcpSndWndTest(tp, head, mss)) {
    const before = tp.packetsOut
    tcpWriteXmit(tp, mss, TCP_NAGLE_OFF, 2)
    return tp.packetsOut > before
  }
  let seg = tp.rtxQueue.tail!
  if (segStillInHostQueue(tp, seg)) return false
  const first = (seg.pcount - 1) * mss
  if (seg.pcount > 1 && tcpSegLen(seg) > first) {
    if (tcpFragment(tp, tp.rtxQueue, seg, first, mss) !== 0) return false
    seg = seg.next!
  }
  if (tcpRetransmitSkbRaw(tp, seg, 1) !== 0) return false
  tp.tlpRetrans = true
  return true
}

/** Sends the probe whose time has come (tcp_send_loss_probe). */
export const tcpSendLossProbe = (tp: TcpSock): void => {
  if (tp.tlpHighSeq === 0) {
    tp.tlpRetrans = false
    if (tp.writeQueue.head === null && tp.rtxQueue.head === null) {
      tp.icskPending = 0
      return
    }
    if (sendProbe(tp)) {
      tp.tlpHighSeq = tp.sndNxt
      netnsTcp(tp.netns).mib.TCPLossProbes++
      // So that the retransmission timer starts from now.
      tp.icskPending = 0
    }
  }
  tcpRearmRto(tp)
}
