/**
 * Route lookups for packets: what becomes of one that came in, and where one that is sent goes.
 *
 * Results are cached with the next hop they came from and shared by all packets that take it; a change of routes,
 * addresses or devices raises the namespace's generation and makes them stale.
 *
 * @see net/ipv4/route.c
 */
import { DROP } from '../core/drop.js'
import { Dst } from '../core/dst.js'
import { IFF_LOOPBACK, IFF_UP, type NetDevice } from '../core/netdev.js'
import type { Netns } from '../core/netns.js'
import { PACKET_LOOPBACK, type Skb } from '../core/skb.js'
import { errnoNumber } from '../errors.js'
import { ETH_P_IP } from '../wire/ethernet.js'
import { INADDR_LOOPBACK, isBroadcast, isLocalMulticast4, isLoopback4, isMulticast4, isZeronet } from '../wire/ip.js'
import { IPPROTO_IGMP, ipv4Proto, ipv4Tos } from '../wire/ipv4.js'
import {
  andConf,
  BC_FORWARDING,
  FORWARDING,
  maxConf,
  orConf,
  PROXY_ARP_PVLAN,
  ROUTE_LOCALNET,
  SEND_REDIRECTS,
  SHARED_MEDIA,
} from './devconf.js'
import { fibSelectDefault } from './fib-default.js'
import { type FibInfo, type FibNh, fibPrefsrc } from './fib-info.js'
import { fibValidateSource, flowL4, ipDevFind, VALID_ONLINK } from './fib-lookup.js'
import { fibSelectMultipath, multipathHashFlow, multipathHashSkb } from './fib-multipath.js'
import { type Flow4, LOOPBACK_IFINDEX } from './fib-table.js'
import { bindException, type FibNhException } from './fnhe.js'
import { type InDevice, inDevOf, inetAddrOnlink, inetSelectAddr } from './in-device.js'
import { type Ipv4, ipv4 } from './ipv4.js'
import { isMcMember } from './mc-list.js'
import { IPSKB_DOREDIRECT } from './path.js'
import {
  RT_SCOPE_HOST,
  RT_SCOPE_LINK,
  RTCF_BROADCAST,
  RTCF_LOCAL,
  RTCF_MULTICAST,
  RTCF_NOTIFY,
  RTCF_REDIRECTED,
  RTN_BROADCAST,
  RTN_LOCAL,
  RTN_MULTICAST,
  RTN_UNICAST,
  RTN_UNREACHABLE,
} from './rtnetlink.js'

const EHOSTUNREACH = errnoNumber('EHOSTUNREACH')
const ENETUNREACH = errnoNumber('ENETUNREACH')
const EINVAL = errnoNumber('EINVAL')
const ENODEV = errnoNumber('ENODEV')

/** MTU behind a gateway when a guess about the path has run out (ip_dst_mtu_maybe_forward). */
const GUESSED_MTU = 576

/**
 * MTU of a route (ip_dst_mtu_maybe_forward): what was learned, what the route says, or the device's. Forwarded packets
 * are not bound by what this host has learned, unless that is locked or ip_forward_use_pmtu is set.
 */
export const dstMtu = (dst: Dst, forwarding: boolean): number => {
  if (dst.pmtu !== 0) {
    const { netns } = dst.dev
    if (!forwarding || dst.mtuLocked || ipv4(netns).sysctls.ipForwardUsePmtu !== 0)
      if (netns.world.now < dst.expires) return dst.pmtu
  }
  if (dst.mtu !== 0) return dst.mtu
  const { mtu } = dst.dev
  return dst.mtuLocked && dst.gateway !== 0 && mtu > GUESSED_MTU ? GUESSED_MTU : mtu
}

/** True while a route that somebody holds may be used (ipv4_dst_check); what it learned may have run out meanwhile. */
export const isDstFresh = (dst: Dst, state: Ipv4): boolean => dst.genid === state.rtGenid

/** True while a remembered answer of the lookup is the one that it would give again (rt_cache_valid, find_exception). */
const isAnswerFresh = (dst: Dst, state: Ipv4): boolean =>
  dst.genid === state.rtGenid && (dst.expires === 0 || dst.expires > state.netns.world.now)

/** Next hop and metrics of the route (rt_set_nexthop). */
const setNexthop = (
  dst: Dst,
  state: Ipv4,
  info: FibInfo,
  nh: FibNh,
  exception: FibNhException | null,
  isCached: boolean,
): void => {
  dst.genid = state.rtGenid
  dst.fibInfo = info
  if (nh.gateway !== 0 && nh.scope === RT_SCOPE_LINK) dst.gateway = nh.gateway
  const { mtu = 0, hoplimit = 0, lock } = info.metrics
  dst.mtu = mtu
  dst.hoplimit = hoplimit
  dst.mtuLocked = lock?.has('mtu') ?? false
  if (exception !== null) bindException(dst, exception, state.fnheGenid, isCached)
}

/** ifindex of the device that a packet came in by (inet_iif); what this host sends to itself comes in by the address's. */
export const inetIif = (skb: Skb): number => {
  const dst = skb.dst
  return dst === null || dst.iif === 0 || skb.pktType === PACKET_LOOPBACK ? skb.skbIif : dst.iif
}

// ---------------------------------------------------------------- input

/**
 * Decides about a packet that came in (ip_route_input): sets `skb.dst` and returns 0, or a drop reason. Works for ARP
 * requests too, where only answers that ARP may give count.
 */
export const ipRouteInput = (skb: Skb, daddr: number, saddr: number, dev: NetDevice): number => {
  const inDev = inDevOf(dev)
  if (inDev === null) return DROP.NOT_SPECIFIED
  const state = ipv4(dev.netns)
  if (skb.protocol === ETH_P_IP) {
    const cached = state.inputCache.find(state.inputKey, saddr, daddr, dev.ifindex)
    if (cached !== null && isAnswerFresh(cached, state)) {
      skb.dst = cached
      skb.ipFlags |= state.inputCache.flags
      return 0
    }
  }
  return routeInputSlow(skb, daddr, saddr, inDev, state)
}

/** The same without a look at what is remembered: for questions, which want to know the table too. */
export const ipRouteInputSlow = (skb: Skb, daddr: number, saddr: number, dev: NetDevice): number => {
  const inDev = inDevOf(dev)
  return inDev === null ? DROP.NOT_SPECIFIED : routeInputSlow(skb, daddr, saddr, inDev, ipv4(dev.netns))
}

/** Gives a packet its route, which the cache keeps unless it has been chosen among several next hops. */
const remember = (skb: Skb, state: Ipv4, daddr: number, saddr: number, dst: Dst, isRemembered = true): void => {
  skb.dst = dst
  // The cache knows addresses and device only.
  if (skb.protocol === ETH_P_IP && isRemembered && state.fib.isAddressed)
    state.inputCache.put(state.inputKey, saddr, daddr, skb.dev!.ifindex, skb.ipFlags & IPSKB_DOREDIRECT, dst)
}

const routeInputSlow = (skb: Skb, daddr: number, saddr: number, inDev: InDevice, state: Ipv4): number => {
  const { dev } = inDev
  state.fib.res.clear()
  if (isMulticast4(daddr)) return routeInputMc(skb, daddr, saddr, inDev, state)
  if (isMulticast4(saddr) || isBroadcast(saddr)) return DROP.IP_INVALID_SOURCE
  if (isBroadcast(daddr) || (saddr === 0 && daddr === 0)) return brdInput(skb, saddr, inDev, state, null, null)
  if (isZeronet(saddr)) return DROP.IP_INVALID_SOURCE
  if (isZeronet(daddr)) return DROP.IP_INVALID_DEST
  if (isLoopback4(daddr) || isLoopback4(saddr))
    if (maxConf(state.confAll, inDev.conf, ROUTE_LOCALNET) === 0) return DROP.IP_LOCALNET
  const { fib } = state
  const tos = skb.protocol === ETH_P_IP ? ipv4Tos(skb.buf, skb.networkHeader) : 0
  const fl = fib.flow.reset(daddr, saddr, 0)
  fl.tos = tos
  if (fib.rules.custom) {
    fl.iif = dev.ifindex
    fl.mark = skb.mark
    flowL4(state, skb, fl)
  }
  const err = fib.lookup(fl, 0)
  if (err !== 0) fib.res.clear()
  const forwards = inDev.conf.data[FORWARDING] !== 0
  if (err !== 0) return unreachable(skb, state, forwards ? -err : EHOSTUNREACH)
  const { res } = fib
  const info = res.info!
  const nh = res.nh!
  if (res.type === RTN_BROADCAST) {
    if (!andConf(state.confAll, inDev.conf, BC_FORWARDING)) return brdInput(skb, saddr, inDev, state, info, nh)
  } else if (res.type === RTN_LOCAL) {
    const bad = fibValidateSource(skb, saddr, daddr, tos, 0, dev, inDev)
    if (bad > 0) return bad
    remember(skb, state, daddr, saddr, localInput(state, RTN_LOCAL, 0, info, nh))
    return 0
  } else {
    if (!forwards) return unreachable(skb, state, EHOSTUNREACH)
    if (res.type !== RTN_UNICAST) return DROP.IP_INVALID_DEST
  }
  return forwardInput(skb, daddr, saddr, tos, inDev, state, res.type, info, nh)
}

const forwardInput = (
  skb: Skb,
  daddr: number,
  saddr: number,
  tos: number,
  inDev: InDevice,
  state: Ipv4,
  type: number,
  info: FibInfo,
  firstNh: FibNh,
): number => {
  const { dev } = inDev
  const isMultipath = info.nhs.length > 1
  if (isMultipath) fibSelectMultipath(state, state.fib.res, multipathHashSkb(state, skb), 0)
  const nh = isMultipath ? state.fib.res.nh! : firstNh
  const outDev = nh.dev!
  const valid = fibValidateSource(skb, saddr, daddr, tos, outDev.ifindex, dev, inDev)
  if (valid > 0) return valid
  if (outDev === dev) {
    if (valid === VALID_ONLINK && orConf(state.confAll, inDev.conf, SEND_REDIRECTS))
      if (orConf(state.confAll, inDev.conf, SHARED_MEDIA) || inetAddrOnlink(inDev, saddr, nh.gateway))
        skb.ipFlags |= IPSKB_DOREDIRECT
    if (skb.protocol !== ETH_P_IP && inDev.conf.data[PROXY_ARP_PVLAN] === 0) return DROP.ARP_PVLAN_DISABLE
  }
  const exception = nh.exceptions === null ? null : nh.exceptions.find(daddr, state.netns.world.now)
  const cached = exception === null ? nh.rthInput : exception.input
  if (cached !== null && cached.type === type && !(cached.flags & RTCF_LOCAL) && isDstFresh(cached, state)) {
    remember(skb, state, daddr, saddr, cached, !isMultipath)
    return 0
  }
  const dst = new Dst(outDev, type, 0, state.path.forward, state.path.output)
  dst.isInput = true
  setNexthop(dst, state, info, nh, exception, true)
  if (exception === null) nh.rthInput = dst
  remember(skb, state, daddr, saddr, dst, !isMultipath)
  return 0
}

const brdInput = (
  skb: Skb,
  saddr: number,
  inDev: InDevice,
  state: Ipv4,
  info: FibInfo | null,
  nh: FibNh | null,
): number => {
  if (skb.protocol !== ETH_P_IP) return DROP.INVALID_PROTO
  if (!isZeronet(saddr)) {
    const tos = ipv4Tos(skb.buf, skb.networkHeader)
    const bad = fibValidateSource(skb, saddr, 0, tos, 0, inDev.dev, inDev)
    if (bad > 0) return bad
  }
  skb.dst = localInput(state, RTN_BROADCAST, RTCF_BROADCAST, info, nh)
  return 0
}

const localInput = (state: Ipv4, type: number, flags: number, info: FibInfo | null, nh: FibNh | null): Dst => {
  const cached = nh?.rthInput ?? null
  if (cached !== null && cached.type === type && cached.flags & RTCF_LOCAL && isDstFresh(cached, state)) return cached
  const dst = new Dst(state.netns.lo, type, flags | RTCF_LOCAL, state.path.localDeliver, state.path.bug)
  dst.isInput = true
  dst.genid = state.rtGenid
  dst.fibInfo = info
  if (nh !== null) nh.rthInput = dst
  return dst
}

const unreachable = (skb: Skb, state: Ipv4, errno: number): number => {
  const dst = new Dst(state.netns.lo, RTN_UNREACHABLE, 0, state.path.error, state.path.bug)
  dst.isInput = true
  dst.error = errno
  dst.genid = state.rtGenid
  skb.dst = dst
  return 0
}

const routeInputMc = (skb: Skb, daddr: number, saddr: number, inDev: InDevice, state: Ipv4): number => {
  const proto = skb.protocol === ETH_P_IP ? ipv4Proto(skb.buf, skb.networkHeader) : 0
  const isOurs = isMcMember(inDev, daddr, saddr, proto)
  if (!isOurs) return DROP.IP_MULTICAST_SOURCE
  if (isMulticast4(saddr) || isBroadcast(saddr) || skb.protocol !== ETH_P_IP) return DROP.IP_INVALID_SOURCE
  if (isLoopback4(saddr) && maxConf(state.confAll, inDev.conf, ROUTE_LOCALNET) === 0) return DROP.IP_LOCALNET
  if (isZeronet(saddr)) {
    if (!isLocalMulticast4(daddr) && proto !== IPPROTO_IGMP) return DROP.IP_INVALID_SOURCE
  } else {
    const tos = ipv4Tos(skb.buf, skb.networkHeader)
    const bad = fibValidateSource(skb, saddr, 0, tos, 0, inDev.dev, inDev)
    if (bad > 0) return bad
  }
  skb.dst = localInput(state, RTN_MULTICAST, RTCF_MULTICAST, null, null)
  return 0
}

// ---------------------------------------------------------------- output

/**
 * Where a packet of this host goes (ip_route_output_key): fills in `fl.saddr` when it is 0 and returns the route, or null
 * with the errno in {@link routeError}. `skb`: the packet that it answers, by which the next hop is chosen among several.
 */
export const ipRouteOutput = (netns: Netns, fl: Flow4, skb: Skb | null = null): Dst | null => {
  const state = ipv4(netns)
  fl.iif = LOOPBACK_IFINDEX
  state.fib.res.clear()
  if (fl.saddr !== 0) {
    const s = fl.saddr
    if (isMulticast4(s) || isBroadcast(s) || isZeronet(s)) return refuse(state, EINVAL)
    const onDev = fl.anySrc ? null : ipDevFind(netns, s)
    if (fl.oif === 0 && (isMulticast4(fl.daddr) || isBroadcast(fl.daddr))) {
      if (onDev === null) return refuse(state, ENETUNREACH)
      fl.oif = onDev.ifindex
      return mkrouteOutput(state, fl, onDev, RTN_UNICAST, 0, null, null, 0)
    }
    if (!fl.anySrc && onDev === null) return refuse(state, ENETUNREACH)
  }
  let outDev: NetDevice | null = null
  if (fl.oif !== 0) {
    outDev = netns.devByIndex(fl.oif)
    if (outDev === null) return refuse(state, ENODEV)
    if (!(outDev.flags & IFF_UP) || outDev.ipPtr === null) return refuse(state, ENETUNREACH)
    if (isLocalMulticast4(fl.daddr) || isBroadcast(fl.daddr) || fl.proto === IPPROTO_IGMP) {
      if (fl.saddr === 0) fl.saddr = inetSelectAddr(outDev, 0, RT_SCOPE_LINK)
      return mkrouteOutput(state, fl, outDev, RTN_UNICAST, 0, null, null, fl.oif)
    }
    if (fl.saddr === 0) {
      if (isMulticast4(fl.daddr)) fl.saddr = inetSelectAddr(outDev, 0, fl.scope)
      else if (fl.daddr === 0) fl.saddr = inetSelectAddr(outDev, 0, RT_SCOPE_HOST)
    }
  }
  if (fl.daddr === 0) {
    fl.daddr = fl.saddr
    if (fl.daddr === 0) fl.daddr = fl.saddr = INADDR_LOOPBACK
    return mkrouteOutput(state, fl, netns.lo, RTN_LOCAL, RTCF_LOCAL, null, null, 0)
  }
  return lookupOutput(state, fl, outDev, skb)
}

/**
 * The route of a socket that is being connected (ip_route_connect): looked up again with the addresses that the first
 * lookup filled in, which may not be fit to be sent from.
 */
export const ipRouteConnect = (netns: Netns, fl: Flow4): Dst | null => {
  const { oif, daddr, saddr } = fl
  const dst = ipRouteOutput(netns, fl)
  if (dst === null || (daddr !== 0 && saddr !== 0)) return dst
  fl.oif = oif
  return ipRouteOutput(netns, fl)
}

const lookupOutput = (state: Ipv4, fl: Flow4, oifDev: NetDevice | null, skb: Skb | null): Dst | null => {
  const { fib, netns } = state
  const origOif = fl.oif
  const err = fib.lookup(fl, 0)
  if (err !== 0) {
    fib.res.clear()
    if (oifDev === null) return refuse(state, -err)
    // A device was named and no route fits: the destination is taken to be on its link.
    if (fl.saddr === 0) fl.saddr = inetSelectAddr(oifDev, 0, RT_SCOPE_LINK)
    return mkrouteOutput(state, fl, oifDev, RTN_UNICAST, 0, null, null, origOif)
  }
  if (fib.res.type !== RTN_LOCAL) fibSelectPath(state, fl, skb)
  const { type, info, nh, prefixLen } = fib.res
  if (type === RTN_LOCAL) {
    if (fl.saddr === 0) fl.saddr = info!.prefsrc !== 0 ? info!.prefsrc : fl.daddr
    return mkrouteOutput(state, fl, netns.lo, type, RTCF_LOCAL, info, nh, nh!.dev!.ifindex)
  }
  if (fl.saddr === 0) fl.saddr = fibPrefsrc(info!, nh!)
  // A multicast destination that only a very short prefix covers is on the link, not behind its gateway.
  const isOnLink = isMulticast4(fl.daddr) && prefixLen < 4
  return mkrouteOutput(state, fl, nh!.dev!, type, 0, isOnLink ? null : info, isOnLink ? null : nh, origOif)
}

const refuse = (state: Ipv4, errno: number): null => {
  state.routeErrno = errno
  return null
}

/**
 * The choice among several next hops, or among several default routes, of what a lookup found (fib_select_path). `skb`:
 * the packet by which a next hop is chosen, null to choose by `fl`.
 */
export const fibSelectPath = (state: Ipv4, fl: Flow4, skb: Skb | null): void => {
  const { res } = state.fib
  if (fl.oif !== 0) return
  if (res.info!.nhs.length > 1) {
    const hash = skb === null ? multipathHashFlow(state, fl) : multipathHashSkb(state, skb)
    fibSelectMultipath(state, res, hash, fl.saddr)
  } else if (res.prefixLen === 0) fibSelectDefault(state.netns, fl)
}

/** errno of the last {@link ipRouteOutput} of a namespace that returned null. */
export const routeError = (netns: Netns): number => ipv4(netns).routeErrno

const mkrouteOutput = (
  state: Ipv4,
  fl: Flow4,
  outDev: NetDevice,
  resType: number,
  resFlags: number,
  resInfo: FibInfo | null,
  resNh: FibNh | null,
  origOif: number,
): Dst | null => {
  const inDev = inDevOf(outDev)
  if (inDev === null) return refuse(state, EINVAL)
  const isLo = (outDev.flags & IFF_LOOPBACK) !== 0
  if (isLoopback4(fl.saddr) && !isLo && maxConf(state.confAll, inDev.conf, ROUTE_LOCALNET) === 0)
    return refuse(state, EINVAL)
  let type = resType
  let info = resInfo
  let nh = resNh
  let flags = isLo ? resFlags | RTCF_LOCAL : resFlags
  let cacheable = true
  if (isBroadcast(fl.daddr)) {
    type = RTN_BROADCAST
    info = nh = null
  } else if (isMulticast4(fl.daddr)) type = RTN_MULTICAST
  else if (isZeronet(fl.daddr)) return refuse(state, EINVAL)
  if (type === RTN_BROADCAST) flags |= RTCF_BROADCAST | RTCF_LOCAL
  else if (type === RTN_MULTICAST) {
    flags |= RTCF_MULTICAST
    if (isMcMember(inDev, fl.daddr, fl.saddr, fl.proto)) flags |= RTCF_LOCAL
    else flags &= ~RTCF_LOCAL
    cacheable = false
  } else if (type === RTN_LOCAL && origOif !== 0 && origOif !== outDev.ifindex) cacheable = nh !== null
  const exception = nh?.exceptions == null ? null : nh.exceptions.find(fl.daddr, state.netns.world.now)
  const cached = exception !== null ? exception.output : nh !== null && cacheable ? nh.rthOutput : null
  if (
    cached !== null &&
    cached.type === type &&
    (cached.flags & ~(RTCF_REDIRECTED | RTCF_NOTIFY)) === flags &&
    isDstFresh(cached, state)
  )
    return cached
  return newOutput(state, outDev, type, flags, info, nh, exception, cacheable, origOif)
}

const newOutput = (
  state: Ipv4,
  outDev: NetDevice,
  type: number,
  flags: number,
  info: FibInfo | null,
  nh: FibNh | null,
  exception: FibNhException | null,
  cacheable: boolean,
  iif: number,
): Dst => {
  const loops = (flags & (RTCF_BROADCAST | RTCF_MULTICAST)) !== 0 && (flags & RTCF_LOCAL) !== 0
  const output = loops && !(outDev.flags & IFF_LOOPBACK) ? state.path.mcOutput : state.path.output
  const dst = new Dst(outDev, type, flags, flags & RTCF_LOCAL ? state.path.localDeliver : state.path.bug, output)
  dst.genid = state.rtGenid
  dst.iif = iif
  if (info !== null && nh !== null) {
    setNexthop(dst, state, info, nh, exception, cacheable)
    if (exception === null && cacheable) nh.rthOutput = dst
  }
  return dst
}
