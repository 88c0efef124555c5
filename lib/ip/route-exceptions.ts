/**
 * What a host learns about single destinations from ICMP: a smaller path MTU, and a better gateway; and the redirects
 * that a router sends.
 *
 * It lives with the next hop (fnhe.ts). The limits of redirects and of "no route" are the kernel's defaults: their
 * sysctls exist in the first namespace of a machine only.
 *
 * @see net/ipv4/route.c __ip_rt_update_pmtu, __ip_do_redirect, ip_rt_send_redirect
 */
import type { Dst } from '../core/dst.js'
import { flowFlush } from '../core/flow-genid.js'
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
import { type FibNh, fibPrefsrc } from './fib-info.js'
import { inetAddrType } from './fib-lookup.js'
import { Flow4 } from './fib-table.js'
import { FnheTable } from './fnhe.js'
import { icmpSend } from './icmp-send.js'
import { inDevOf, inetAddrOnlink, inetSelectAddr } from './in-device.js'
import { ipv4 } from './ipv4.js'
import { NUD_VALID, neighEventSend } from './neigh.js'
import { dstMtu, fibSelectPath, ipRouteOutput, isDstFresh } from './route.js'
import { RT_SCOPE_UNIVERSE, RTN_UNICAST, RTNH_F_DEAD } from './rtnetlink.js'
import type { Sock } from './sock.js'

/** A redirect is believed for this long (ip_rt_gc_timeout). */
const REDIRECT_TIMEOUT_NS = 300 * NSEC_PER_SEC
/** Redirects that are sent to one host before it is taken to be deaf (ip_rt_redirect_number). */
const REDIRECT_NUMBER = 9
/** Shortest distance between two redirects, in jiffies (ip_rt_redirect_load). */
const REDIRECT_LOAD = HZ / 50
/** After this silence counting starts again, in jiffies (ip_rt_redirect_silence). */
const REDIRECT_SILENCE = REDIRECT_LOAD * 2 ** (REDIRECT_NUMBER + 1)

/** Beginning of the present tick. */
const jiffyStart = (netns: Netns): number => netns.world.now - (netns.world.now % NSEC_PER_JIFFY)

/** Notes what was learned about a destination behind a next hop; routes that were cached without it are void. */
const updateException = (
  netns: Netns,
  nh: FibNh,
  daddr: number,
  learned: { readonly pmtu: number; readonly mtuLocked: boolean; readonly gateway: number },
  lifeNs: number,
): void => {
  const expires = Math.max(1, jiffyStart(netns) + lifeNs)
  nh.exceptions ??= new FnheTable()
  flowFlush(netns)
  const { fnheGenid } = ipv4(netns)
  if (!nh.exceptions.update(daddr, { ...learned, expires }, fnheGenid, netns.world.now, netns.rng)) return
  if (nh.rthInput !== null) nh.rthInput.genid = 0
  if (nh.rthOutput !== null) nh.rthOutput.genid = 0
}

/** Next hops that the packets of `fl` may take, the chosen one first. */
const nexthopsFor = (netns: Netns, fl: Flow4, skb: Skb | null): readonly FibNh[] => {
  const state = ipv4(netns)
  const { fib } = state
  if (fib.lookup(fl, 0) !== 0) return []
  fibSelectPath(state, fl, skb)
  const { nh, info } = fib.res
  return nh === null ? [] : [nh, ...info!.nhs.filter(other => other !== nh)]
}

/**
 * A router said that the packets of `fl` must be at most `mtu` octets (__ip_rt_update_pmtu). Below min_pmtu, 0 among it,
 * the host settles on that and lets the routers fragment. It counts for every next hop of the route.
 */
export const rtUpdatePmtu = (netns: Netns, rt: Dst, fl: Flow4, mtu: number): void => {
  const { minPmtu, mtuExpiresSec } = ipv4(netns).sysctls
  if (rt.mtuLocked) return
  const old = dstMtu(rt, false)
  if (old < mtu) return
  const mtuLocked = mtu < minPmtu
  const pmtu = mtuLocked ? Math.min(old, minPmtu) : mtu
  const lifeNs = mtuExpiresSec * NSEC_PER_SEC
  if (rt.pmtu === pmtu && !mtuLocked && jiffyStart(netns) < rt.expires - lifeNs / 2) return
  for (const nh of nexthopsFor(netns, fl, null))
    updateException(netns, nh, fl.daddr, { pmtu, mtuLocked, gateway: 0 }, lifeNs)
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
const doRedirect = (skb: Skb, fl: Flow4, code: number, gateway: number): void => {
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
  const [nh] = nexthopsFor(netns, fl, skb)
  if (nh !== undefined)
    updateException(netns, nh, fl.daddr, { pmtu: 0, mtuLocked: false, gateway }, REDIRECT_TIMEOUT_NS)
}

/** The flow of the packet of this host that an ICMP error quotes; `sk` is its socket (__build_flow_key). */
const quotedFlow = (skb: Skb, sk: Sock | null): Flow4 => {
  const { buf: b, data: ip } = skb
  const fl = new Flow4().reset(ipv4Daddr(b, ip), ipv4Saddr(b, ip), sk?.boundDev?.ifindex ?? 0)
  fl.proto = sk?.protocol ?? ipv4Proto(b, ip)
  fl.tos = sk?.tos ?? ipv4Tos(b, ip)
  fl.mark = sk?.mark ?? 0
  return fl
}

/**
 * What an ICMP error about a packet of this host means to its route: a smaller MTU, or another gateway
 * (ipv4_sk_update_pmtu, ipv4_sk_redirect). `skb.data` is at the quoted IPv4 header; `sk` is the socket that sent the
 * packet, null for the kernel. A connected socket looks its route up again when that is void by now.
 */
export const ipRtIcmpError = (skb: Skb, type: number, code: number, info: number, sk: Sock | null): void => {
  const { netns } = skb
  if (type === ICMP_REDIRECT) return doRedirect(skb, quotedFlow(skb, sk), code, info)
  if (type !== ICMP_DEST_UNREACH || code !== ICMP_FRAG_NEEDED || sk?.acceptsPmtu === false) return
  const state = ipv4(netns)
  const fl = quotedFlow(skb, sk)
  const held = sk?.dstCache ?? null
  const rt = held !== null && isDstFresh(held, state) ? held : ipRouteOutput(netns, fl)
  if (rt === null) return
  rtUpdatePmtu(netns, rt, fl, info)
  if (held === null) return
  sk!.dstCache = isDstFresh(rt, state) ? rt : (ipRouteOutput(netns, fl) ?? held)
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
  fl.iif = skb.dev!.ifindex
  fl.mark = skb.mark
  if (fib.lookup(fl, 0) === 0) return fibPrefsrc(fib.res.info!, fib.res.nh!)
  return inetSelectAddr(rt.dev, rt.gateway !== 0 ? rt.gateway : daddr, RT_SCOPE_UNIVERSE)
}
