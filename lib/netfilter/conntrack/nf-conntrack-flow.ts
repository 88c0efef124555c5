/**
 * What connection tracking tells a recorder of flows.
 *
 * A UDP packet of a connection that is in the table changes nothing of it but its timeout and its counters, as long as it
 * is not the first answer and the flow does not become a stream. A segment of an established TCP connection moves the windows
 * as well, which is done for each one that is within them; SYN, FIN, RST and what is out of a window take the long way. ICMP
 * does: an echo's connection is told by its identifier, which is no part of the key.
 *
 * @see core/flow-recorder.ts for the contract
 */
import type { FlowRecorder } from '../../core/flow-recorder.js'
import type { FlowConn, FlowVerify } from '../../core/flow-stage.js'
import { NF_INET_PRE_ROUTING, type NfHookState } from '../../core/netfilter.js'
import { CHECKSUM_NONE, type Skb, skbCsum } from '../../core/skb.js'
import { NSEC_PER_JIFFY } from '../../sim/timer.js'
import { csumFold, csumPseudo, csumTcpUdp } from '../../wire/checksum.js'
import { IPPROTO_TCP, IPPROTO_UDP, IPV4_HLEN, ipv4Daddr, ipv4Saddr } from '../../wire/ipv4.js'
import { udpCsum } from '../../wire/udp.js'
import { NF_CT_ECACHE, type NfConn, nfCtGet, nfCtIsExpired, nfctTimeStamp } from './nf-conn.js'
import {
  ctinfo2dir,
  IP_CT_ESTABLISHED,
  IP_CT_ESTABLISHED_REPLY,
  IP_CT_NEW,
  IPS_ASSURED,
  IPS_CONFIRMED,
  IPS_DYING,
  IPS_FIXED_TIMEOUT,
  IPS_NAT_CLASH,
  IPS_SEEN_REPLY,
} from './nf-conntrack-common.js'
import { nfCtAcctUpdate } from './nf-conntrack-entry.js'
import { nfConntrackTcpIsSteady, nfConntrackTcpNote } from './nf-conntrack-proto-tcp.js'

/** Ticks until differences of ticks change their sign. */
const HALF_OF_ALL_TICKS = 2 ** 31

/** Is the connection not as it was when its status and what is noted of its events were these? */
const hasChanged = (ct: NfConn, status: number, ecache: number): boolean =>
  ct.status !== status || ct.ecache !== ecache || nfCtIsExpired(ct, ct.cnet.tick)

/** A flow of UDP in one direction, with the timeout that its packets give it. */
class UdpFlow implements FlowConn {
  readonly #ct: NfConn
  readonly #ctinfo: number
  readonly #ticks: number
  readonly #status: number
  readonly #ecache: number

  constructor(ct: NfConn, ctinfo: number, ticks: number) {
    this.#ct = ct
    this.#ctinfo = ctinfo
    this.#ticks = ticks
    this.#status = ct.status
    this.#ecache = ct.ecache
  }

  accepts(_skb: Skb): boolean {
    return !hasChanged(this.#ct, this.#status, this.#ecache)
  }

  // nfCtRefreshAcct, for one that is confirmed.
  refresh(skb: Skb): void {
    const ct = this.#ct
    if ((this.#status & IPS_FIXED_TIMEOUT) === 0) ct.timeout = (this.#ticks + ct.cnet.tick) | 0
    if (ct.ext !== null) nfCtAcctUpdate(ct, ctinfo2dir(this.#ctinfo), skb.tail - skb.networkHeader)
  }
}

/** An established TCP connection in one direction. */
class TcpFlow implements FlowConn {
  readonly #ct: NfConn
  readonly #ctinfo: number
  readonly #dir: number
  readonly #status: number
  readonly #ecache: number

  constructor(ct: NfConn, ctinfo: number) {
    this.#ct = ct
    this.#ctinfo = ctinfo
    this.#dir = ctinfo2dir(ctinfo)
    this.#status = ct.status
    this.#ecache = ct.ecache
  }

  accepts({ buf, data, tail }: Skb): boolean {
    const ct = this.#ct
    if (hasChanged(ct, this.#status, this.#ecache)) return false
    return nfConntrackTcpIsSteady(ct, buf, data + IPV4_HLEN, tail, this.#dir)
  }

  refresh(skb: Skb): void {
    nfConntrackTcpNote(this.#ct, skb, skb.networkHeader + IPV4_HLEN, this.#ctinfo)
  }
}

const verifyTcp = (skb: Skb): boolean => {
  const b = skb.buf
  const o = skb.transportHeader
  const ip = skb.networkHeader
  return csumTcpUdp(b, o, skb.tail - o, ipv4Saddr(b, ip), ipv4Daddr(b, ip), IPPROTO_TCP) === 0
}

const verifyUdp = (skb: Skb): boolean => {
  const b = skb.buf
  const o = skb.transportHeader
  const ip = skb.networkHeader
  if (udpCsum(b, o) === 0) return true
  const pseudo = csumPseudo(ipv4Saddr(b, ip), ipv4Daddr(b, ip), IPPROTO_UDP, skb.tail - o)
  return csumFold(skbCsum(skb, o, skb.tail, pseudo)) === 0
}

const isAnswered = (ctinfo: number): boolean => ctinfo === IP_CT_ESTABLISHED || ctinfo === IP_CT_ESTABLISHED_REPLY

/** Is the connection one of the table that nobody waits to hear of? */
const isQuiet = ({ status, ecache }: NfConn): boolean =>
  (status & (IPS_CONFIRMED | IPS_DYING | IPS_NAT_CLASH)) === IPS_CONFIRMED && (ecache & ~NF_CT_ECACHE) === 0

/** A packet of UDP: the first answer changes the connection. */
const flowUdp = (rec: FlowRecorder, ct: NfConn, ctinfo: number, verify: FlowVerify | null): void => {
  const { sim, sysctls } = ct.cnet
  if ((ct.status & IPS_SEEN_REPLY) === 0) {
    if (ctinfo !== IP_CT_NEW) return rec.fail()
    return rec.connection(new UdpFlow(ct, ctinfo, sysctls.udpTimeout), Number.POSITIVE_INFINITY, verify)
  }
  if (!isAnswered(ctinfo)) return rec.fail()
  const age = (nfctTimeStamp(ct.cnet) - ct.streamTs) | 0
  const isStream = age > 0
  // The first answer, when it comes late: the next packet changes the connection.
  if (isStream && (ct.status & IPS_ASSURED) === 0) return rec.fail()
  const ticks = isStream ? sysctls.udpTimeoutStream : sysctls.udpTimeout
  // What a packet that makes it a stream does is for the long way.
  const left = (isStream ? HALF_OF_ALL_TICKS : 1) - age
  const until = (Math.floor(sim.now / NSEC_PER_JIFFY) + left) * NSEC_PER_JIFFY
  rec.connection(new UdpFlow(ct, ctinfo, ticks), until, verify)
}

/** A segment of TCP: the connection has to be established, seen both ways. */
const flowTcp = (rec: FlowRecorder, ct: NfConn, skb: Skb, verify: FlowVerify | null): void => {
  const { nfctinfo, buf, tail } = skb
  const o = skb.networkHeader + IPV4_HLEN
  const isEstablished = (ct.status & IPS_SEEN_REPLY) !== 0 && (ct.status & IPS_ASSURED) !== 0 && isAnswered(nfctinfo)
  if (!isEstablished || !nfConntrackTcpIsSteady(ct, buf, o, tail, ctinfo2dir(nfctinfo))) return rec.fail()
  rec.connection(new TcpFlow(ct, nfctinfo), Number.POSITIVE_INFINITY, verify)
}

/** A packet has been tracked at the hook of `state`. */
export const flowConntrack = (rec: FlowRecorder, skb: Skb, { hook }: NfHookState): void => {
  const ct = nfCtGet(skb)
  if (ct === null || !isQuiet(ct)) return rec.fail()
  const checks = hook === NF_INET_PRE_ROUTING && skb.ipSummed === CHECKSUM_NONE && ct.cnet.sysctls.checksum !== 0
  if (ct.protonum === IPPROTO_UDP) flowUdp(rec, ct, skb.nfctinfo, checks ? verifyUdp : null)
  else if (ct.protonum === IPPROTO_TCP) flowTcp(rec, ct, skb, checks ? verifyTcp : null)
  else rec.fail()
}
