/**
 * IGMP queries that the bridge sends: general ones, for a group, and in version 3 for sources of a group.
 *
 * @see net/bridge/br_multicast.c br_ip4_multicast_alloc_query, __br_multicast_send_query
 */
import { netifRx } from '../../core/dev-rx.js'
import { allocSkb, type Skb, skbPut } from '../../core/skb.js'
import { inetSelectAddr } from '../../ip/in-device.js'
import { RT_SCOPE_LINK } from '../../ip/rtnetlink.js'
import { putU32 } from '../../wire/bytes.js'
import { ETH_HLEN, ETH_P_IP, putEth } from '../../wire/ethernet.js'
import {
  IGMP_ALL_HOSTS,
  IGMP_HLEN,
  IGMP_HOST_MEMBERSHIP_QUERY,
  IGMPV3_QUERY_HLEN,
  putIgmp,
  putIgmpCsum,
  putIgmpQuerySrc,
  putIgmpv3Query,
} from '../../wire/igmp.js'
import { ipMulticastMac } from '../../wire/ip.js'
import { IP_DF, IPPROTO_IGMP, IPV4_HLEN, ipv4Saddr, putIpv4 } from '../../wire/ipv4.js'
import { IPOPT_RA_WORD } from '../../wire/ipv4-options.js'
import { brDevQueuePushXmit } from './br-forward.js'
import type { GroupSrc, PortGroup } from './br-mcast-state.js'
import { BR_STATE_DISABLED, type Bridge, type BridgePort } from './br-private.js'
import { jiffies } from './br-timer.js'

const RA_LEN = 4
const IHL = IPV4_HLEN + RA_LEN
const TOS_INTERNETWORK_CONTROL = 0xc0
/** Jiffies of a tenth of a second, the unit of response codes. */
const IGMP_TICK = 25
const SECOND = 250
const QRV = 2

/** A query to send. Absent group: a general query. */
export interface QuerySpec {
  /** Member whose sources are asked for, with `withSources`. */
  readonly pg?: PortGroup
  /** Destination, 224.0.0.1 when absent; int32. */
  readonly dst?: number
  /** Group, int32. */
  readonly group?: number
  readonly withSources?: boolean
  /** Routers that hear it shall not restart their timers (S flag). */
  readonly suppress?: boolean
}

/** True when the bridge and, if given, the port may take part (br_multicast_ctx_should_use). */
export const mcastShouldUse = (br: Bridge, port: BridgePort | null): boolean =>
  br.dev.running && (port === null || port.state !== BR_STATE_DISABLED)

/** Last member query time (br_multicast_lmqt). */
export const lastMemberQueryTime = (br: Bridge): number => br.mcast.lastMemberInterval * br.mcast.lastMemberCount

/** Sources of a member that are to be asked for, those past the last member query time or the others. */
const sourcesToAsk = (br: Bridge, pg: PortGroup, overLmqt: boolean): GroupSrc[] => {
  const lmqt = jiffies(br.world.now) + lastMemberQueryTime(br)
  return pg.sources.filter(s => overLmqt === s.timer.expires > lmqt && s.queryRexmitCount > 0)
}

const buildQuery = (br: Bridge, spec: QuerySpec, sources: readonly GroupSrc[]): Skb | null => {
  const m = br.mcast
  const v3 = m.igmpVersion === 3
  const igmpLen = v3 ? IGMPV3_QUERY_HLEN + 4 * sources.length : IGMP_HLEN
  const len = IHL + igmpLen
  if (len + ETH_HLEN > br.dev.mtu || (spec.pg !== undefined && len + ETH_HLEN > spec.pg.port.dev.mtu)) return null
  const skb = allocSkb(br.dev.netns, len)
  const o = skbPut(skb, len)
  const b = skb.buf
  const dst = spec.dst ?? IGMP_ALL_HOSTS
  const group = spec.group ?? 0
  const src = m.queryUseIfaddr ? inetSelectAddr(br.dev, 0, RT_SCOPE_LINK) : 0
  const code = Math.floor((group === 0 ? m.queryResponseInterval : m.lastMemberInterval) / IGMP_TICK) & 0xff
  putEth(b, o - ETH_HLEN, ipMulticastMac(dst), br.dev.addr, ETH_P_IP)
  putU32(b, o + IPV4_HLEN, IPOPT_RA_WORD)
  putIpv4(b, o, IHL, TOS_INTERNETWORK_CONTROL, len, 0, IP_DF, 1, IPPROTO_IGMP, src, dst)
  if (v3) {
    const qqic = Math.floor(m.queryInterval / SECOND) & 0xff
    putIgmpv3Query(b, o + IHL, code, group, spec.suppress ?? false, QRV, qqic, sources.length)
    for (let i = 0; i < sources.length; i++) putIgmpQuerySrc(b, o + IHL, i, sources[i]!.addr)
    putIgmpCsum(b, o + IHL, igmpLen)
  } else putIgmp(b, o + IHL, IGMP_HOST_MEMBERSHIP_QUERY, code, group)
  skb.protocol = ETH_P_IP
  skb.macHeader = o - ETH_HLEN
  skb.networkHeader = o
  skb.transportHeader = o + IHL
  return skb
}

/** What became of one query. */
const NOT_SENT = 0
const SENT = 1
const SENT_ASK_AGAIN = 2

/** Sends one query by a port, or to the bridge's own host. */
const sendOne = (br: Bridge, port: BridgePort | null, spec: QuerySpec, overLmqt: boolean): number => {
  const asks = br.mcast.igmpVersion === 3 && spec.pg !== undefined && spec.withSources === true
  const sources = asks ? sourcesToAsk(br, spec.pg!, overLmqt) : []
  if (asks && sources.length === 0) return NOT_SENT
  const skb = buildQuery(br, spec, sources)
  if (skb === null) return NOT_SENT
  let result = SENT
  for (const s of sources) if (--s.queryRexmitCount > 0) result = SENT_ASK_AGAIN
  if (port === null) {
    br.mcast.querierAddr = ipv4Saddr(skb.buf, skb.networkHeader)
    skb.dev = br.dev
    netifRx(skb)
  } else {
    skb.dev = port.dev
    brDevQueuePushXmit(skb)
  }
  return result
}

/**
 * Sends a query by a port, or to the bridge's own host when `port` is null; with sources and the S flag a second one for
 * the other sources follows. Returns true when sources must be asked for again (__br_multicast_send_query).
 */
export const sendQuery = (br: Bridge, port: BridgePort | null, spec: QuerySpec): boolean => {
  if (!mcastShouldUse(br, port)) return false
  const suppress = spec.suppress === true
  const first = sendOne(br, port, spec, suppress)
  if (port === null || !suppress || spec.withSources !== true || first === NOT_SENT) return first === SENT_ASK_AGAIN
  return sendOne(br, port, spec, false) === SENT_ASK_AGAIN || first === SENT_ASK_AGAIN
}
