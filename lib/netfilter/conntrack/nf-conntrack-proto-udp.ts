/**
 * Tracking of UDP.
 *
 * @see net/netfilter/nf_conntrack_proto_udp.c
 */
import { NF_ACCEPT, NF_INET_PRE_ROUTING, type NfHookState } from '../../core/netfilter.js'
import type { Skb } from '../../core/skb.js'
import { CHECKSUM_NONE } from '../../core/skb.js'
import { HZ } from '../../sim/timer.js'
import { ipv4Daddr, ipv4Saddr } from '../../wire/ipv4.js'
import { UDP_HLEN, udpCsum, udpCsumOk, udpLen } from '../../wire/udp.js'
import { type NfConn, nfctTimeStamp } from './nf-conn.js'
import { IPCT_ASSURED, IPS_ASSURED, IPS_CONFIRMED, IPS_NAT_CLASH, IPS_SEEN_REPLY } from './nf-conntrack-common.js'
import { nfConntrackEventCache } from './nf-conntrack-ecache.js'
import { nfCtRefreshAcct } from './nf-conntrack-entry.js'

/** Ticks after which a flow that has been answered is a stream. */
const STREAM_TICKS: number = 2 * HZ

const isBad = (ct: NfConn, skb: Skb, dataoff: number, state: NfHookState): boolean => {
  const b = skb.buf
  const room = skb.tail - dataoff
  if (room < UDP_HLEN) return true
  const len = udpLen(b, dataoff)
  if (len > room || len < UDP_HLEN) return true
  if (state.hook !== NF_INET_PRE_ROUTING || skb.ipSummed !== CHECKSUM_NONE) return false
  if (ct.cnet.sysctls.checksum === 0 || udpCsum(b, dataoff) === 0) return false
  const ip = skb.networkHeader
  return !udpCsumOk(b, dataoff, room, ipv4Saddr(b, ip), ipv4Daddr(b, ip))
}

/** A datagram of a connection: NF_ACCEPT, or -NF_ACCEPT when it is invalid (nf_conntrack_udp_packet). */
export const nfConntrackUdpPacket = (
  ct: NfConn,
  skb: Skb,
  dataoff: number,
  ctinfo: number,
  state: NfHookState,
): number => {
  if (isBad(ct, skb, dataoff, state)) return -NF_ACCEPT
  const { sysctls } = ct.cnet
  const { status } = ct
  if ((status & IPS_CONFIRMED) === 0) ct.streamTs = (STREAM_TICKS + nfctTimeStamp(ct.cnet)) | 0
  if ((status & IPS_SEEN_REPLY) === 0) {
    nfCtRefreshAcct(ct, ctinfo, skb, sysctls.udpTimeout)
    return NF_ACCEPT
  }
  const isStream = ((nfctTimeStamp(ct.cnet) - ct.streamTs) | 0) > 0
  nfCtRefreshAcct(ct, ctinfo, skb, isStream ? sysctls.udpTimeoutStream : sysctls.udpTimeout)
  if (isStream && (status & (IPS_NAT_CLASH | IPS_ASSURED)) === 0) {
    ct.status |= IPS_ASSURED
    nfConntrackEventCache(IPCT_ASSURED, ct)
  }
  return NF_ACCEPT
}
