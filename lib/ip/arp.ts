/**
 * The Address Resolution Protocol: asking, answering, proxying, and what is learned from what is heard.
 *
 * Left out: user-space ARP daemons (app_solicit probes are counted and not sent).
 *
 * @see net/ipv4/arp.c, RFC 826
 */
import { devQueueXmit } from '../core/dev-tx.js'
import { DROP } from '../core/drop.js'
import { ARPHRD_ETHER, IFF_NOARP, NET_RX_SUCCESS, type NetDevice } from '../core/netdev.js'
import { type Netns, netnsSlot } from '../core/netns.js'
import {
  allocSkb,
  consumeSkb,
  kfreeSkb,
  PACKET_HOST,
  PACKET_OTHERHOST,
  type Skb,
  skbPush,
  skbPut,
} from '../core/skb.js'
import type { SimEvent } from '../sim/queue.js'
import { NSEC_PER_JIFFY } from '../sim/timer.js'
import {
  ARP_HLEN,
  ARPOP_REPLY,
  ARPOP_REQUEST,
  arpHln,
  arpHrd,
  arpOp,
  arpPln,
  arpPro,
  arpSha,
  arpSpa,
  arpTha,
  arpTpa,
  putArp,
} from '../wire/arp.js'
import { ETH_HLEN, ETH_P_ARP, ETH_P_IP, putEth } from '../wire/ethernet.js'
import { isLoopback4, isMulticast4 } from '../wire/ip.js'
import { ipv4Saddr } from '../wire/ipv4.js'
import {
  ARP_ACCEPT,
  ARP_ANNOUNCE,
  ARP_FILTER,
  ARP_IGNORE,
  DROP_GRATUITOUS_ARP,
  FORWARDING,
  MEDIUM_ID,
  maxConf,
  orConf,
  PROXY_ARP,
  PROXY_ARP_PVLAN,
  ROUTE_LOCALNET,
} from './devconf.js'
import { inetAddrType } from './fib-lookup.js'
import { type InDevice, inDevOf, inetAddrOnlink, inetConfirmAddr, inetSelectAddr } from './in-device.js'
import { ipv4 } from './ipv4.js'
import { type Neighbour, NEIGH_UPDATE_F_ADMIN, NEIGH_UPDATE_F_OVERRIDE, NUD_VALID, neighUpdate } from './neigh.js'
import { APP_PROBES, PROXY_DELAY, PROXY_QLEN, UCAST_PROBES } from './neigh-parms.js'
import { ipRouteInput, ipRouteOutput } from './route.js'
import {
  NUD_FAILED,
  NUD_NOARP,
  NUD_REACHABLE,
  NUD_STALE,
  RT_SCOPE_HOST,
  RT_SCOPE_LINK,
  RTN_LOCAL,
  RTN_UNICAST,
} from './rtnetlink.js'

const ARPHRD_IEEE802 = 6

/**
 * Sends an ARP packet from `dev` (arp_send). `destHw` null is the broadcast address, `targetHw` null leaves the target
 * hardware address zero.
 */
export const arpSend = (
  op: number,
  dev: NetDevice,
  targetIp: number,
  senderIp: number,
  destHw: number | null,
  senderHw: number,
  targetHw: number | null,
): void => {
  if (dev.flags & IFF_NOARP) return
  const skb = allocSkb(dev.netns, ARP_HLEN)
  const at = skbPut(skb, ARP_HLEN)
  skb.networkHeader = at
  putArp(skb.buf, at, op, senderHw, senderIp, targetHw ?? 0, targetIp)
  putEth(skb.buf, skbPush(skb, ETH_HLEN), destHw ?? dev.broadcast, senderHw, ETH_P_ARP)
  skb.protocol = ETH_P_ARP
  skb.dev = dev
  devQueueXmit(skb)
}

/** Sender address of a request, by arp_announce. */
const announcedAddr = (inDev: InDevice, target: number, skb: Skb | null): number => {
  const { netns } = inDev.dev
  const mode = maxConf(ipv4(netns).confAll, inDev.conf, ARP_ANNOUNCE)
  if (skb === null || mode === 2) return 0
  const saddr = ipv4Saddr(skb.buf, skb.networkHeader)
  if (inetAddrType(netns, saddr) !== RTN_LOCAL) return 0
  return mode !== 1 || inetAddrOnlink(inDev, target, saddr) ? saddr : 0
}

/** Asks for a neighbour: by unicast while there are ucast_solicit probes, then by broadcast (arp_solicit). */
const arpSolicit = (neigh: Neighbour, skb: Skb | null): void => {
  const { dev } = neigh
  const inDev = inDevOf(dev)
  if (inDev === null) return
  const target = neigh.primaryKey
  const saddr = announcedAddr(inDev, target, skb) || inetSelectAddr(dev, target, RT_SCOPE_LINK)
  let destHw: number | null = null
  const probes = neigh.probes - neigh.parms.data[UCAST_PROBES]!
  if (probes < 0) destHw = neigh.ha
  else if (probes < neigh.parms.data[APP_PROBES]!) return
  arpSend(ARPOP_REQUEST, dev, target, saddr, destHw, dev.addr, null)
}

/** True when a request for `tip` is not to be answered, by arp_ignore. */
const arpIgnore = (inDev: InDevice, sip: number, tip: number): boolean => {
  const { dev } = inDev
  switch (maxConf(ipv4(dev.netns).confAll, inDev.conf, ARP_IGNORE)) {
    case 1:
      return inetConfirmAddr(dev.netns.devices, dev, 0, tip, RT_SCOPE_HOST) === 0
    case 2:
      return inetConfirmAddr(dev.netns.devices, dev, sip, tip, RT_SCOPE_HOST) === 0
    case 3:
      return inetConfirmAddr(dev.netns.devices, null, 0, tip, RT_SCOPE_LINK) === 0
    case 8:
      return true
    default:
      return false
  }
}

/** True when the answer to `sip` would not leave by `dev` (arp_filter). */
const arpFilter = (sip: number, tip: number, dev: NetDevice): boolean => {
  const { fib } = ipv4(dev.netns)
  const rt = ipRouteOutput(dev.netns, fib.flow.reset(sip, tip, 0))
  return rt === null || rt.dev !== dev
}

/** Learns the sender of a request (neigh_event_ns). */
const neighEventNs = (dev: NetDevice, sha: number, sip: number): void => {
  const n = ipv4(dev.netns).neigh.create(dev, sip)
  if (n !== null) neighUpdate(n, sha, NUD_STALE, NEIGH_UPDATE_F_OVERRIDE)
}

const acceptsUnsolicited = (inDev: InDevice, sip: number): boolean => {
  const { dev } = inDev
  const mode = maxConf(ipv4(dev.netns).confAll, inDev.conf, ARP_ACCEPT)
  return mode === 1 || (mode === 2 && inetConfirmAddr(dev.netns.devices, dev, sip, 0, RT_SCOPE_LINK) !== 0)
}

/** The handler of ETH_P_ARP (arp_rcv). */
export const arpRcv = (skb: Skb): number => {
  const dev = skb.dev!
  if (dev.flags & IFF_NOARP || skb.pktType === PACKET_OTHERHOST) {
    kfreeSkb(skb, skb.pktType === PACKET_OTHERHOST ? DROP.OTHERHOST : DROP.ARP_IGNORED)
    return NET_RX_SUCCESS
  }
  const o = skb.data
  if (skb.tail - o < ARP_HLEN) kfreeSkb(skb, DROP.PKT_TOO_SMALL)
  else if (arpHln(skb.buf, o) !== 6 || arpPln(skb.buf, o) !== 4) kfreeSkb(skb, DROP.ARP_INVALID)
  else arpProcess(skb, false)
  return NET_RX_SUCCESS
}

const isUnderstood = (b: Uint8Array, o: number, dev: NetDevice): boolean => {
  const hrd = arpHrd(b, o)
  const op = arpOp(b, o)
  const hrdOk = dev.type === ARPHRD_ETHER ? hrd === ARPHRD_ETHER || hrd === ARPHRD_IEEE802 : hrd === dev.type
  return hrdOk && arpPro(b, o) === ETH_P_IP && (op === ARPOP_REQUEST || op === ARPOP_REPLY)
}

/** Answers and learns (arp_process). `delayed`: it comes from the proxy queue. Ends the skb or queues it. */
const arpProcess = (skb: Skb, delayed: boolean): void => {
  const dev = skb.dev!
  const inDev = inDevOf(dev)
  const b = skb.buf
  const o = skb.data
  if (inDev === null || !isUnderstood(b, o, dev)) return kfreeSkb(skb, DROP.ARP_INVALID)
  const { confAll } = ipv4(dev.netns)
  const sip = arpSpa(b, o)
  const tip = arpTpa(b, o)
  const isLocalnet = isLoopback4(tip) && maxConf(confAll, inDev.conf, ROUTE_LOCALNET) === 0
  if (isMulticast4(tip) || isLocalnet) return kfreeSkb(skb, DROP.ARP_INVALID)
  if (sip === tip && orConf(confAll, inDev.conf, DROP_GRATUITOUS_ARP)) return kfreeSkb(skb, DROP.ARP_IGNORED)
  const op = arpOp(b, o)
  const sha = arpSha(b, o)
  if (sip === 0) {
    // Duplicate address detection: the answer goes out, and nothing is learned.
    if (op === ARPOP_REQUEST && inetAddrType(dev.netns, tip) === RTN_LOCAL && !arpIgnore(inDev, sip, tip))
      arpSend(ARPOP_REPLY, dev, sip, tip, sha, dev.addr, sha)
    return consumeSkb(skb)
  }
  if (op === ARPOP_REQUEST && ipRouteInput(skb, tip, sip, dev) === 0) {
    const done = answerRequest(skb, inDev, sip, tip, sha, delayed)
    if (done === QUEUED) return
    if (done === ANSWERED) return consumeSkb(skb)
  }
  learn(skb, inDev, op, sip, tip, sha, arpTha(b, o))
  consumeSkb(skb)
}

const NOT_OURS = 0
const ANSWERED = 1
const QUEUED = 2

/** Does proxy_arp answer for what is behind `outDev`? Not when both devices are on one medium (arp_fwd_proxy). */
const fwdProxy = (inDev: InDevice, outDev: NetDevice): boolean => {
  if (!orConf(ipv4(inDev.dev.netns).confAll, inDev.conf, PROXY_ARP)) return false
  const medium = inDev.conf.data[MEDIUM_ID]!
  if (medium === 0 || medium === -1) return medium === 0
  const out = inDevOf(outDev)?.conf.data[MEDIUM_ID] ?? -1
  return out !== medium && out !== -1
}

const answerRequest = (skb: Skb, inDev: InDevice, sip: number, tip: number, sha: number, delayed: boolean): number => {
  const { dev } = inDev
  const { confAll, neigh } = ipv4(dev.netns)
  const rt = skb.dst!
  skb.dst = null
  if (rt.type === RTN_LOCAL) {
    const silent = arpIgnore(inDev, sip, tip) || (orConf(confAll, inDev.conf, ARP_FILTER) && arpFilter(sip, tip, dev))
    if (!silent) {
      neighEventNs(dev, sha, sip)
      arpSend(ARPOP_REPLY, dev, sip, tip, sha, dev.addr, sha)
    }
    return ANSWERED
  }
  if (inDev.conf.data[FORWARDING] === 0 || rt.type !== RTN_UNICAST) return NOT_OURS
  const elsewhere = rt.dev !== dev
  const proxies =
    (elsewhere && fwdProxy(inDev, rt.dev)) ||
    (!elsewhere && sip !== tip && inDev.conf.data[PROXY_ARP_PVLAN] !== 0) ||
    (elsewhere && neigh.proxyLookup(tip, dev) !== null)
  if (!proxies) return NOT_OURS
  neighEventNs(dev, sha, sip)
  if (delayed || skb.pktType === PACKET_HOST || inDev.neighParms.data[PROXY_DELAY] === 0) {
    arpSend(ARPOP_REPLY, dev, sip, tip, sha, dev.addr, sha)
    return ANSWERED
  }
  pneighEnqueue(skb, inDev)
  return QUEUED
}

/** Requests that wait for a proxied answer, with the event that gives it. */
const PROXY_QUEUE = netnsSlot('proxy_queue', () => new Map<Skb, SimEvent>())

/** Answers a proxied request after a random part of proxy_delay (pneigh_enqueue). */
const pneighEnqueue = (skb: Skb, inDev: InDevice): void => {
  const { dev, neighParms } = inDev
  const queue = dev.netns.slot(PROXY_QUEUE)
  const qlen = [...queue.keys()].filter(waiting => waiting.dev === dev).length
  if (qlen > neighParms.data[PROXY_QLEN]!) return kfreeSkb(skb, DROP.NEIGH_QUEUEFULL)
  const jiffies = dev.netns.rng.below(Math.max(1, Math.floor(neighParms.proxyDelayNs / NSEC_PER_JIFFY)))
  const { sim } = dev.netns.world
  queue.set(skb, sim.schedule(jiffies * NSEC_PER_JIFFY, proxyRedo, skb, 0, `proxy ARP on ${dev}`))
}

const proxyRedo = (skb: Skb): void => {
  skb.netns.slot(PROXY_QUEUE).delete(skb)
  if (skb.dev!.running) arpProcess(skb, true)
  else kfreeSkb(skb, DROP.DEV_READY)
}

/** Updates the entry of the sender, if there is one or arp_accept lets it be made. */
const learn = (skb: Skb, inDev: InDevice, op: number, sip: number, tip: number, sha: number, tha: number): void => {
  const { dev } = inDev
  const { neigh, netns } = ipv4(dev.netns)
  let n = neigh.lookup(dev, sip)
  const accepts = acceptsUnsolicited(inDev, sip)
  if (n === null && !accepts) return
  const isGarp = tip === sip && (op !== ARPOP_REPLY || tha === sha) && inetAddrType(netns, sip) === RTN_UNICAST
  if (n === null && (isGarp || (op === ARPOP_REPLY && inetAddrType(netns, sip) === RTN_UNICAST)))
    n = neigh.create(dev, sip)
  if (n === null) return
  const override = isGarp || netns.world.now > n.updated + n.parms.locktimeNs
  const state = op === ARPOP_REPLY && skb.pktType === PACKET_HOST ? NUD_REACHABLE : NUD_STALE
  neighUpdate(n, sha, state, override ? NEIGH_UPDATE_F_OVERRIDE : 0)
}

/** Announces every address of a device by a gratuitous request (inetdev_send_gratuitous_arp). */
export const arpAnnounce = (dev: NetDevice): void => {
  for (const ifa of inDevOf(dev)?.ifaList ?? []) arpSend(ARPOP_REQUEST, dev, ifa.local, ifa.local, null, dev.addr, null)
}

/** Forgets an entry that is not valid, because its address became something else (arp_invalidate). */
export const arpInvalidate = (dev: NetDevice, addr: number, force = false): void => {
  const { neigh } = ipv4(dev.netns)
  const n = neigh.lookup(dev, addr)
  if (n === null || (n.nudState & NUD_VALID && !force)) return
  if (n.nudState & ~NUD_NOARP) neighUpdate(n, null, NUD_FAILED, NEIGH_UPDATE_F_OVERRIDE | NEIGH_UPDATE_F_ADMIN)
  neigh.remove(n)
}

/**
 * The device is down or gone (neigh_ifdown), or without carrier (neigh_carrier_down), which permanent and proxy entries
 * survive: its entries go, and whatever waits for a proxied answer in the whole namespace.
 */
export const arpIfdown = (dev: NetDevice, keepPermanent: boolean): void => {
  const { neigh } = ipv4(dev.netns)
  neigh.flushDev(dev, keepPermanent)
  if (!keepPermanent) neigh.flushProxies(dev)
  const queue = dev.netns.slot(PROXY_QUEUE)
  for (const [skb, event] of queue) {
    dev.netns.world.sim.cancel(event)
    kfreeSkb(skb, DROP.NEIGH_DEAD)
  }
  queue.clear()
}

/** Gives the neighbour table of a namespace ARP as its protocol. `errorReport` is the IPv4 stack's. */
export const arpInit = (netns: Netns, errorReport: (neigh: Neighbour, skb: Skb) => void): void => {
  const { neigh } = ipv4(netns)
  neigh.solicit = arpSolicit
  neigh.errorReport = errorReport
}
