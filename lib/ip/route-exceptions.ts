/**
 * What a host learns about single destinations from ICMP: a smaller path MTU, and a better gateway; and the redirects
 * that a router sends.
 *
 * @see net/ipv4/route.c __ip_rt_update_pmtu, __ip_do_redirect, ip_rt_send_redirect
 */
import type { Dst } from '../core/dst.js'
import type { NetDevice } from '../core/netdev.js'
import type { Netns } from '../core/netns.js'
import type { Skb } from '../core/skb.js'
import { NSEC_PER_SEC } from '../sim/time.js'
import { HZ, NSEC_PER_JIFFY } from '../sim/timer.js'
import {
  ICMP_DEST_UNREACH,
  ICMP_FRAG_NEEDED,
  ICMP_REDIR_HOST,
  ICMP_REDIR_HOSTTOS,
  ICMP_REDIRECT,
} from '../wire/icmp.js'
import { isBroadcast, isMulticast4, isZeronet } from '../wire/ip.js'
import { ipv4Daddr, ipv4Proto, ipv4Saddr, ipv4Tos } from '../wire/ipv4.js'
import {
  ACCEPT_REDIRECTS,
  andConf,
  FORWARDING,
  orConf,
  SECURE_REDIRECTS,
  SEND_REDIRECTS,
  SHARED_MEDIA,
} from './devconf.js'
import { type FibNh, type FibNhException, fibPrefsrc } from './fib-info.js'
import { fibSelectDefault } from './fib-default.js'
import { inetAddrType } from './fib-lookup.js'
import { Flow4 } from './fib-table.js'
import { icmpSend } from './icmp-send.js'
import { inDevOf, inetAddrOnlink, inetSelectAddr } from './in-device.js'
import { ipv4, rtCacheFlush } from './ipv4.js'
import { NUD_VALID, neighEventSend } from './neigh.js'
import { dstMtu, ipRouteOutput } from './route.js'
import { RT_SCOPE_UNIVERSE, RTN_UNICAST, RTNH_F_DEAD } from './rtnetlink.js'

/** A redirect is believed for this long (ip_rt_gc_timeout). */
const REDIRECT_TIMEOUT_NS = 300 * NSEC_PER_SEC
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
  const made: FibNhException = { pmtu: 0, mtuLocked: false, gateway: 0, expires: 0, input: null, output: null }
  nh.exceptions.set(daddr, made)
  return made
}

/** Next hop that the packets of `fl` take. */
const nexthopFor = (netns: Netns, fl: Flow4): FibNh | null => {
  const { fib } = ipv4(netns)
  if (fib.lookup(fl, 0) !== 0) return null
  if (fib.res.prefixLen === 0 && fl.oif === 0) fibSelectDefault(netns, fl)
  return fib.res.nh
}

/**
 * A router said that the packets of `fl` must be at most `mtu` octets (__ip_rt_update_pmtu). Below min_pmtu, 0 among it,
 * the host settles on that and lets the routers fragment.
 */
export const ipRtUpdatePmtu = (netns: Netns, fl: Flow4, mtu: number): void => {
  const rt = ipRouteOutput(netns, fl)
  if (rt !== null) rtUpdatePmtu(netns, rt, fl, mtu)
}

/** The same for the packets of a flow that take the route `rt` already. */
export const rtUpdatePmtu = (netns: Netns, rt: Dst, fl: Flow4, mtu: number): void => {
  const { sysctls } = ipv4(netns)
  if (rt.mtuLocked) return
  const old = dstMtu(rt, false)
  if (old < mtu) return
  const mtuLocked = mtu < sysctls.minPmtu
  const pmtu = mtuLocked ? Math.min(old, sysctls.minPmtu) : mtu
  const lifeNs = sysctls.mtuExpiresSec * NSEC_PER_SEC
  if (rt.pmtu === pmtu && !mtuLocked && netns.world.now < rt.expires - lifeNs / 2) return
  const nh = nexthopFor(netns, fl)
  if (nh === null) return
  const exception = exceptionFor(nh, fl.daddr)
  exception.pmtu = pmtu
  exception.mtuLocked = mtuLocked
  learned(netns, exception, lifeNs)
}

const learned = (netns: Netns, exception: FibNhException, lifeNs: number): void => {
  exception.expires = netns.world.now + lifeNs
  exception.input = exception.output = null
  rtCacheFlush(netns)
}

/** Is `gateway` one that the host `router` on `dev` may name? (The checks of __ip_do_redirect.) */
const acceptsRedirect = (dev: NetDevice, router: number, gateway: number): boolean => {
  const inDev = inDevOf(dev)
  if (inDev === null || gateway === router) return false
  const { confAll } = ipv4(dev.netns)
  const accepts = inDev.conf.data[FORWARDING] !== 0 ? andConf : orConf
  if (!accepts(confAll, inDev.conf, ACCEPT_REDIRECTS)) return false
  if (isMulticast4(gateway) || isBroadcast(gateway) || isZeronet(gateway)) return false
  if (orConf(confAll, inDev.conf, SHARED_MEDIA)) return inetAddrType(dev.netns, gateway) === RTN_UNICAST
  if (!inetAddrOnlink(inDev, gateway, router)) return false
  return !orConf(confAll, inDev.conf, SECURE_REDIRECTS) || isKnownGateway(dev, gateway)
}

/**
 * The redirect `skb` (`data` at the quoted IPv4 header) said that `gateway` is nearer to the packets of `fl`
 * (__ip_do_redirect). Only the gateway in use may say so.
 */
export const ipRtRedirect = (skb: Skb, fl: Flow4, code: number, gateway: number): void => {
  const { netns } = skb
  const router = ipv4Saddr(skb.buf, skb.networkHeader)
  const rt = ipRouteOutput(netns, fl)
  if (rt === null || (code & 7) > ICMP_REDIR_HOSTTOS || rt.gateway !== router) return
  if (!acceptsRedirect(skb.dev!, router, gateway)) return
  const { neigh } = ipv4(netns)
  const n = neigh.create(rt.dev, gateway)
  if (n === null) return
  if (!(n.nudState & NUD_VALID)) {
    neighEventSend(n, null)
    return
  }
  const nh = nexthopFor(netns, fl)
  if (nh === null) return
  const exception = exceptionFor(nh, fl.daddr)
  exception.gateway = gateway
  learned(netns, exception, REDIRECT_TIMEOUT_NS)
}

/**
 * What an ICMP error about a packet of this host means to its route: a smaller MTU, or another gateway
 * (ipv4_sk_update_pmtu, ipv4_sk_redirect). `skb.data` is at the quoted IPv4 header; `oif` is the ifindex that the sender
 * is bound to, 0 for none.
 */
export const ipRtIcmpError = (skb: Skb, type: number, code: number, info: number, oif: number): void => {
  const isTooBig = type === ICMP_DEST_UNREACH && code === ICMP_FRAG_NEEDED
  if (!isTooBig && type !== ICMP_REDIRECT) return
  const { buf: b, data: ip } = skb
  const fl = new Flow4().reset(ipv4Daddr(b, ip), ipv4Saddr(b, ip), oif)
  fl.proto = ipv4Proto(b, ip)
  fl.tos = ipv4Tos(b, ip)
  if (isTooBig) ipRtUpdatePmtu(skb.netns, fl, info)
  else ipRtRedirect(skb, fl, code, info)
}

/** True when a route leads through `gateway` on `dev` (ip_fib_check_default). */
const isKnownGateway = (dev: NetDevice, gateway: number): boolean =>
  ipv4(dev.netns)
    .fib.all()
    .some(a => a.info.nhs.some(nh => nh.dev === dev && nh.gateway === gateway && !(nh.flags & RTNH_F_DEAD)))

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
  const isDue = peer.nRedirects === 0 || now > peer.rateLast + REDIRECT_LOAD * 2 ** peer.nRedirects
  if (!isDue) return
  icmpSend(skb, ICMP_REDIRECT, ICMP_REDIR_HOST, gw)
  peer.rateLast = now
  peer.nRedirects++
}

/** Source address of what leaves by a route, for the record of a packet's way (ip_rt_get_source). */
export const ipRtGetSource = (skb: Skb): number => {
  const rt = skb.dst!
  const daddr = ipv4Daddr(skb.buf, skb.networkHeader)
  const { fib } = ipv4(skb.netns)
  const fl = fib.flow.reset(daddr, ipv4Saddr(skb.buf, skb.networkHeader), rt.dev.ifindex)
  fl.tos = ipv4Tos(skb.buf, skb.networkHeader)
  if (fib.lookup(fl, 0) === 0) return fibPrefsrc(fib.res.info!, fib.res.nh!)
  return inetSelectAddr(rt.dev, rt.gateway !== 0 ? rt.gateway : daddr, RT_SCOPE_UNIVERSE)
}
