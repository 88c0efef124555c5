/**
 * Urgent data.
 *
 * @see net/ipv4/tcp_input.c tcp_urg, tcp_check_urg
 */
import { deliverSkb, type Skb } from '../../core/skb.js'
import { TH_SYN, TH_URG, tcpHdrLen, tcpUrg as urgPtr } from '../../wire/tcp.js'
import { tcpSysctls } from './netns-tcp.js'
import { rcvQueuePeek, rcvQueueTake } from './tcp-queues.js'
import { TCP_URG_NOTYET, TCP_URG_VALID } from './tcp-states.js'
import { after, before } from './tcp-seq.js'
import type { TcpSock } from './tcp-sock.js'

/** Takes a new urgent pointer over (tcp_check_urg). */
const checkUrg = (tp: TcpSock, skb: Skb): void => {
  let ptr = urgPtr(skb.buf, skb.transportHeader)
  // The octet before the pointer is meant, as BSD has it, unless tcp_stdurg says otherwise.
  if (ptr !== 0 && tcpSysctls(tp.netns).stdurg === 0) ptr--
  ptr = (ptr + skb.seq) | 0
  if (after(tp.copiedSeq, ptr) || before(ptr, tp.rcvNxt)) return
  if (tp.urgData !== 0 && !after(ptr, tp.urgSeq)) return
  // An urgent octet that nobody has read before the next one is lost.
  if (tp.urgSeq === tp.copiedSeq && tp.urgData !== 0 && !tp.oobInline && tp.copiedSeq !== tp.rcvNxt) {
    tp.copiedSeq = (tp.copiedSeq + 1) | 0
    const first = rcvQueuePeek(tp)
    if (first !== null && !before(tp.copiedSeq, first.endSeq)) deliverSkb(rcvQueueTake(tp))
  }
  tp.urgData = TCP_URG_NOTYET
  tp.urgSeq = ptr
  tp.predFlags = 0
  // SIGURG, which programs here see as something to read.
  if (!tp.dead) tp.wakeRead()
}

/** Looks for urgent data (tcp_urg). `skb.data` is at the TCP header. */
export const tcpUrg = (tp: TcpSock, skb: Skb): void => {
  if (skb.tcpFlags & TH_URG) checkUrg(tp, skb)
  if (tp.urgData !== TCP_URG_NOTYET) return
  const hlen = tcpHdrLen(skb.buf, skb.transportHeader)
  const ptr = ((tp.urgSeq - skb.seq) | 0) + hlen - (skb.tcpFlags & TH_SYN ? 1 : 0)
  if (ptr < 0 || ptr >= skb.tail - skb.transportHeader) return
  tp.urgData = TCP_URG_VALID | skb.buf[skb.transportHeader + ptr]!
  if (!tp.dead) tp.wakeRead()
}
