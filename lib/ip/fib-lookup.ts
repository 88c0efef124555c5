/**
 * Questions that the layers ask the tables: what kind of address is this, and may a packet have this source?
 *
 * @see net/ipv4/fib_frontend.c
 */
import { DROP } from '../core/drop.js'
import type { NetDevice } from '../core/netdev.js'
import type { Netns } from '../core/netns.js'
import type { Skb } from '../core/skb.js'
import { ETH_P_IP } from '../wire/ethernet.js'
import { isBroadcast, isMulticast4, isZeronet } from '../wire/ip.js'
import { ACCEPT_LOCAL, maxConf, orConf, RP_FILTER, SEND_REDIRECTS, SRC_VALID_MARK } from './devconf.js'
import { FIB_LOOKUP_IGNORE_LINKSTATE, Flow4 } from './fib-table.js'
import { FlowKeys, flowDissect, STOP_AT_ENCAP } from './flow-dissector.js'
import type { InDevice } from './in-device.js'
import { type Ipv4, ipv4 } from './ipv4.js'
import { RT_SCOPE_HOST, RT_TABLE_LOCAL, RTN_BROADCAST, RTN_LOCAL, RTN_MULTICAST, RTN_UNICAST } from './rtnetlink.js'

/**
 * RTN_* type of an address as seen from a namespace (inet_addr_type); with `dev`, local and broadcast only when the
 * route is that device's (inet_addr_type_dev_table, inet_dev_addr_type).
 */
export const inetAddrType = (netns: Netns, addr: number, dev: NetDevice | null = null): number => {
  if (isZeronet(addr) || isBroadcast(addr)) return RTN_BROADCAST
  if (isMulticast4(addr)) return RTN_MULTICAST
  const { fib } = ipv4(netns)
  const table = fib.get(RT_TABLE_LOCAL)
  // Before it has any address a namespace takes all addresses for broadcast ones.
  if (table === null) return RTN_BROADCAST
  const { res } = fib
  if (table.lookup(fib.flow.reset(addr, 0, 0), 0, res) !== 0) return RTN_UNICAST
  return dev === null || res.nh!.dev === dev ? res.type : RTN_UNICAST
}

/** The device that has `addr` as a local address, by itself or within a local range such as 127/8 (__ip_dev_find). */
export const ipDevFind = (netns: Netns, addr: number): NetDevice | null => {
  const { addrs, fib } = ipv4(netns)
  const ifa = addrs.get(addr)?.[0]
  if (ifa !== undefined) return ifa.inDev.dev
  const table = fib.get(RT_TABLE_LOCAL)
  if (table === null || table.lookup(new Flow4().reset(addr, 0, 0), 0, fib.res) !== 0) return null
  return fib.res.type === RTN_LOCAL ? fib.res.nh!.dev : null
}

/** Where packets are dissected to for rules. */
const KEYS: FlowKeys = new FlowKeys()

/** Protocol and ports of a packet that came in, when some rule asks for them (fib4_rules_early_flow_dissect). */
export const flowL4 = (state: Ipv4, skb: Skb, fl: Flow4): void => {
  if (!state.fib.rules.looksAtL4 || skb.protocol !== ETH_P_IP) return
  flowDissect(skb, STOP_AT_ENCAP, KEYS)
  fl.proto = KEYS.ipProto
  fl.sport = KEYS.sport
  fl.dport = KEYS.dport
}

/** The question for the way back of a packet that came in: its addresses and ports the other way round. */
const wayBack = (state: Ipv4, skb: Skb, src: number, dst: number, tos: number, oif: number, inDev: InDevice): Flow4 => {
  const fl = state.fib.flow.reset(src, dst, 0)
  fl.tos = tos
  if (oif !== 0) fl.iif = oif
  if (!state.fib.rules.custom) return fl
  if (orConf(state.confAll, inDev.conf, SRC_VALID_MARK)) fl.mark = skb.mark
  flowL4(state, skb, fl)
  const { sport } = fl
  fl.sport = fl.dport
  fl.dport = sport
  return fl
}

const validate = (
  skb: Skb,
  src: number,
  dst: number,
  tos: number,
  oif: number,
  dev: NetDevice,
  rpf: number,
  inDev: InDevice,
): number => {
  const { netns } = dev
  const state = ipv4(netns)
  const { fib } = state
  const fl = wayBack(state, skb, src, dst, tos, oif, inDev)
  if (fib.lookup(fl, 0, fib.backRes) !== 0) return rpf !== 0 ? DROP.IP_RPFILTER : 0
  const res = fib.backRes
  const isLocal = res.type === RTN_LOCAL
  if (res.type !== RTN_UNICAST && !(isLocal && orConf(state.confAll, inDev.conf, ACCEPT_LOCAL)))
    return DROP.IP_LOCAL_SOURCE
  const usesDev = res.info!.nhs.some(nh => nh.dev === dev)
  if (usesDev || (isLocal && dev === netns.lo)) return res.nh!.scope >= RT_SCOPE_HOST ? VALID_ONLINK : 0
  if (inDev.ifaList.length === 0) return rpf !== 0 ? DROP.IP_RPFILTER : 0
  if (rpf === 1) return DROP.IP_RPFILTER
  fl.oif = dev.ifindex
  if (fib.lookup(fl, FIB_LOOKUP_IGNORE_LINKSTATE, res) !== 0 || res.type !== RTN_UNICAST) return 0
  return res.nh!.scope >= RT_SCOPE_HOST ? VALID_ONLINK : 0
}

/** Answer of {@link fibValidateSource}: the source is valid and on the link itself, so a redirect makes sense. */
export const VALID_ONLINK = -1

/**
 * May `skb`, with source `src`, come in on `dev` (fib_validate_source)? 0 or {@link VALID_ONLINK} for yes, otherwise a
 * drop reason. `tos` is its type of service, `oif` the ifindex that it would leave by, 0 for local delivery.
 */
export const fibValidateSource = (
  skb: Skb,
  src: number,
  dst: number,
  tos: number,
  oif: number,
  dev: NetDevice,
  inDev: InDevice,
): number => {
  const state = ipv4(dev.netns)
  const rpf = maxConf(state.confAll, inDev.conf, RP_FILTER)
  if (rpf === 0 && (dev.ifindex !== oif || !orConf(state.confAll, inDev.conf, SEND_REDIRECTS))) {
    if (orConf(state.confAll, inDev.conf, ACCEPT_LOCAL)) return 0
    if (!state.hasCustomLocalRoutes && !state.fib.rules.custom) return state.addrs.has(src) ? DROP.IP_LOCAL_SOURCE : 0
  }
  return validate(skb, src, dst, tos, oif, dev, rpf, inDev)
}
