/**
 * What connection tracking tells a recorder of flows: the flows of UDP.
 *
 * A packet of a connection that is in the table changes nothing of it but its timeout and its counters, as long as it is
 * not the first answer and the flow does not become a stream. TCP and ICMP take the long way: the state of TCP moves with every segment, and an echo's connection is
 * told by its identifier, which is no part of the key.
 *
 * @see core/flow-recorder.ts for the contract
 */
import type { FlowRecorder } from '../../core/flow-recorder.js'
import type { FlowConn } from '../../core/flow-stage.js'
import { NF_INET_PRE_ROUTING, type NfHookState } from '../../core/netfilter.js'
import { CHECKSUM_NONE, type Skb, skbCsum } from '../../core/skb.js'
import { NSEC_PER_JIFFY } from '../../sim/timer.js'
import { csumFold, csumPseudo } from '../../wire/checksum.js'
import { IPPROTO_UDP, ipv4Daddr, ipv4Saddr } from '../../wire/ipv4.js'
import { udpCsum } from '../../wire/udp.js'
import { NF_CT_ECACHE, type NfConn, nfCtGet, nfCtIsExpired, nfctTimeStamp } from './nf-conn.js'
import {
  ctinfo2dir,
  IP_CT_ESTABLISHED,
  IP_CT_ESTABLISHED_REPLY,
  IP_CT_NEW,
  IPS_CONFIRMED,
  IPS_DYING,
  IPS_FIXED_TIMEOUT,
  IPS_NAT_CLASH,
  IPS_SEEN_REPLY,
} from './nf-conntrack-common.js'
import { nfCtAcctUpdate } from './nf-conntrack-entry.js'

/** Ticks until differences of ticks change their sign. */
const HALF_OF_ALL_TICKS = 2 ** 31

/** A connection in one direction, with the timeout that its packets give it. */
class CtFlow implements FlowConn {
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

  isCurrent(): boolean {
    const ct = this.#ct
    return ct.status === this.#status && ct.ecache === this.#ecache && !nfCtIsExpired(ct, ct.cnet.tick)
  }

  // nfCtRefreshAcct, for one that is confirmed.
  refresh(skb: Skb): void {
    const ct = this.#ct
    if ((this.#status & IPS_FIXED_TIMEOUT) === 0) ct.timeout = (this.#ticks + ct.cnet.tick) | 0
    if (ct.ext !== null) nfCtAcctUpdate(ct, ctinfo2dir(this.#ctinfo), skb.tail - skb.networkHeader)
  }
}

const verify = (skb: Skb): boolean => {
  const b = skb.buf
  const o = skb.transportHeader
  const ip = skb.networkHeader
  if (udpCsum(b, o) === 0) return true
  const pseudo = csumPseudo(ipv4Saddr(b, ip), ipv4Daddr(b, ip), IPPROTO_UDP, skb.tail - o)
  return csumFold(skbCsum(skb, o, skb.tail, pseudo)) === 0
}

/** Does a packet that belongs to it in this way leave it as it is? The first answer does not. */
const isSteady = ({ protonum, status, ecache }: NfConn, ctinfo: number): boolean => {
  if (protonum !== IPPROTO_UDP || (status & IPS_CONFIRMED) === 0) return false
  if ((status & (IPS_DYING | IPS_NAT_CLASH)) !== 0 || (ecache & ~NF_CT_ECACHE) !== 0) return false
  return (status & IPS_SEEN_REPLY) === 0
    ? ctinfo === IP_CT_NEW
    : ctinfo === IP_CT_ESTABLISHED || ctinfo === IP_CT_ESTABLISHED_REPLY
}

/** A packet has been tracked at the hook of `state`. */
export const flowConntrack = (rec: FlowRecorder, skb: Skb, { hook }: NfHookState): void => {
  const ct = nfCtGet(skb)
  const { nfctinfo } = skb
  if (ct === null || !isSteady(ct, nfctinfo)) return rec.fail()
  const { sim, sysctls } = ct.cnet
  const checks = hook === NF_INET_PRE_ROUTING && skb.ipSummed === CHECKSUM_NONE && sysctls.checksum !== 0
  if (nfctinfo === IP_CT_NEW) {
    const conn = new CtFlow(ct, nfctinfo, sysctls.udpTimeout)
    return rec.connection(conn, Number.POSITIVE_INFINITY, checks ? verify : null)
  }
  const age = (nfctTimeStamp(ct.cnet) - ct.streamTs) | 0
  const isStream = age > 0
  const ticks = isStream ? sysctls.udpTimeoutStream : sysctls.udpTimeout
  // What a packet that makes it a stream does is for the long way.
  const left = (isStream ? HALF_OF_ALL_TICKS : 1) - age
  const until = (Math.floor(sim.now / NSEC_PER_JIFFY) + left) * NSEC_PER_JIFFY
  rec.connection(new CtFlow(ct, nfctinfo, ticks), until, checks ? verify : null)
}
