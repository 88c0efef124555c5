/**
 * What a host learns about single destinations from ICMP: a smaller path MTU, and a better gateway; and the redirects
 * that a router sends.
 *
 * @see net/ipv4/route.c __ip_rt_update_pmtu, __ip_do_redirect, ip_rt_send_redirect
 */
import type { Netns } from '../core/netns.js'
import type { Skb } from '../core/skb.js'
import { NSEC_PER_SEC } from '../sim/time.js'
import { HZ, NSEC_PER_JIFFY } from '../sim/timer.js'
import { ICMP_REDIR_HOST, ICMP_REDIRECT } from '../wire/icmp.js'
import { isBroadcast, isMulticast4, isZeronet } from '../wire/ip.js'
import { ipv4Daddr, ipv4Saddr } from '../wire/ipv4.js'
import {
  ACCEPT_REDIRECTS,
  andConf,
  FORWARDING,
  orConf,
  SECURE_REDIRECTS,
  SEND_REDIRECTS,
  SHARED_MEDIA,
} from './devconf.js'
import type { FibNh, FibNhException } from './fib-info.js'
import { inetAddrType } from './fib-lookup.js'
import { icmpSend } from './icmp-send.js'
import { inDevOf, inetAddrOnlink, inetSelectAddr } from './in-device.js'
import { ipv4, rtCacheFlush } from './ipv4.js'
import { NUD_VALID, neighEventSend } from './neigh.js'
import { dstMtu, ipRouteOutput } from './route.js'
import { RT_SCOPE_LINK, RTN_UNICAST } from './rtnetlink.js'

/** A redirect is believed for this long (ip_rt_gc_timeout). */
const REDIRECT_TIMEOUT_NS = 300 * NSEC_PER_SEC
/** A path MTU below this is not believed. */
const MIN_ICMP_MTU = 68
/** Redirects that are sent to one host before it is taken to be deaf (ip_rt_redirect_number). */
const REDIRECT_NUMBER = 9
/** Shortest distance between two redirects, in jiffies (ip_rt_redirect_load). */
const REDIRECT_LOAD = HZ / 50
/** After this silence counting starts again, in jiffies (ip_rt_redirect_silence). */
const REDIRECT_SILENCE = REDIRECT_LOAD * 2 ** (REDIRECT_NUMBER + 1)

const exceptionFor = (nh: FibNh, daddr: number): FibNhException => {
  nh.exceptions ??= new Map()
  const found = nh.exceptions.get(daddr)
  if (found !== undefined) return found
  const made: FibNhException = { pmtu: 0, gateway: 0, expires: 0, input: null, output: null }
  nh.exceptions.set(daddr, made)
  return made
}

/** A router said that packets to `daddr` must be at most `mtu` octets; `oldLen` is the length of the refused one. */
export const ipRtUpdatePmtu = (netns: Netns, daddr: number, mtu: number, oldLen: number): void => {
  const { fib, sysctls } = ipv4(netns)
  if (mtu < MIN_ICMP_MTU && mtu !== 0) return
  const rt = ipRouteOutput(netns, fib.flow.reset(daddr, 0, 0))
  if (rt === null) return
  const old = dstMtu(rt, false)
  if (old < mtu || (mtu === 0 && oldLen <= MIN_ICMP_MTU)) return
  const pmtu = Math.max(mtu, sysctls.minPmtu)
  if (rt.pmtu === pmtu && rt.expires > 0 && rt.expires - netns.world.now > (sysctls.mtuExpiresSec * NSEC_PER_SEC) / 2)
    return
  if (fib.lookup(fib.flow.reset(daddr, 0, 0), 0) !== 0) return
  const exception = exceptionFor(fib.res.nh!, daddr)
  exception.pmtu = pmtu
  exception.expires = netns.world.now + sysctls.mtuExpiresSec * NSEC_PER_SEC
  exception.input = exception.output = null
  rtCacheFlush(netns)
}

/** A router on the link said that `gateway` is nearer to `daddr` (ip_do_redirect). */
export const ipRtRedirect = (netns: Netns, skb: Skb, daddr: number, gateway: number): void => {
  const dev = skb.dev!
  const inDev = inDevOf(dev)
  if (inDev === null) return
  const state = ipv4(netns)
  const { confAll, fib } = state
  const accepts = (inDev.conf.data[FORWARDING] !== 0 ? andConf : orConf)(confAll, inDev.conf, ACCEPT_REDIRECTS)
  if (!accepts || isMulticast4(gateway) || isBroadcast(gateway) || isZeronet(gateway)) return
  const oldGw = ipv4Saddr(skb.buf, skb.networkHeader)
  if (gateway === oldGw) return
  if (!orConf(confAll, inDev.conf, SHARED_MEDIA)) {
    if (!inetAddrOnlink(inDev, gateway, oldGw)) return
    if (orConf(confAll, inDev.conf, SECURE_REDIRECTS) && !isKnownGateway(netns, gateway)) return
  } else if (inetAddrType(netns, gateway) !== RTN_UNICAST) return
  const rt = ipRouteOutput(netns, fib.flow.reset(daddr, 0, 0))
  // Only the router that is in use may send its packets elsewhere.
  if (rt === null || rt.dev !== dev || (rt.gateway !== 0 ? rt.gateway : daddr) !== oldGw) return
  const neigh = state.neigh.create(dev, gateway)
  if (neigh === null) return
  if (!(neigh.nudState & NUD_VALID)) {
    neighEventSend(neigh, null)
    return
  }
  if (fib.lookup(fib.flow.reset(daddr, 0, 0), 0) !== 0) return
  const exception = exceptionFor(fib.res.nh!, daddr)
  exception.gateway = gateway
  exception.expires = netns.world.now + REDIRECT_TIMEOUT_NS
  exception.input = exception.output = null
  rtCacheFlush(netns)
}

const isKnownGateway = (netns: Netns, gateway: number): boolean =>
  ipv4(netns)
    .fib.all()
    .some(a => a.info.nhs.some(nh => nh.gateway === gateway))

/** Tells the sender of a forwarded packet of a shorter way (ip_rt_send_redirect), at a falling rate. */
export const ipRtSendRedirect = (skb: Skb): void => {
  const rt = skb.dst!
  const inDev = inDevOf(rt.dev)
  const { netns } = skb
  const state = ipv4(netns)
  if (inDev === null || !orConf(state.confAll, inDev.conf, SEND_REDIRECTS)) return
  const { buf: b, networkHeader: ip } = skb
  const gw = rt.gateway !== 0 ? rt.gateway : ipv4Daddr(b, ip)
  const now = Math.floor(netns.world.now / NSEC_PER_JIFFY)
  const peer = state.icmp.peer(ipv4Saddr(b, ip))
  if (now > peer.rateLast + REDIRECT_SILENCE) {
    peer.rateTokens = 0
    peer.nRedirects = 0
  }
  if (peer.nRedirects >= REDIRECT_NUMBER) {
    peer.rateLast = now
    return
  }
  const isDue = peer.rateTokens === 0 || now > peer.rateLast + REDIRECT_LOAD * 2 ** peer.nRedirects
  if (!isDue) return
  icmpSend(skb, ICMP_REDIRECT, ICMP_REDIR_HOST, gw)
  peer.rateLast = now
  peer.rateTokens++
  peer.nRedirects++
}

/** Source address of what leaves by a route, for the record of a packet's way (ip_rt_get_source). */
export const ipRtGetSource = (skb: Skb): number => {
  const rt = skb.dst!
  const nexthop = rt.gateway !== 0 ? rt.gateway : ipv4Daddr(skb.buf, skb.networkHeader)
  return inetSelectAddr(rt.dev, nexthop, RT_SCOPE_LINK)
}
