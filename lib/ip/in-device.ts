/**
 * IPv4 addresses of devices: primary and secondary ones, scopes, and the choice of a source address.
 *
 * @see net/ipv4/devinet.c
 */
import type { NetDevice } from '../core/netdev.js'
import { extackError } from '../errors.js'
import { formatIpv4, maskOf } from '../wire/ip.js'
import { type DevConf, maxConf, orConf, PROMOTE_SECONDARIES, ROUTE_LOCALNET } from './devconf.js'
import { ipv4 } from './ipv4.js'
import type { McGroup } from './mc-list.js'
import type { NeighParms } from './neigh-parms.js'
import { IFA_F_SECONDARY, RT_SCOPE_HOST, RT_SCOPE_LINK } from './rtnetlink.js'

/** One IPv4 address of a device (struct in_ifaddr). */
export class IfAddr {
  readonly inDev: InDevice
  /** The address itself, and the address of the prefix: the peer on a point-to-point link, otherwise the same. */
  readonly local: number
  readonly address: number
  readonly prefixLen: number
  readonly mask: number
  /** 0 for none. */
  broadcast: number
  scope: number
  label: string
  /** IFA_F_*. */
  flags: number
  metric: number
  /** IFAPROT_*: 0 for none. */
  proto: number
  /** Seconds, -1 for ever; counted from {@link tstampNs}. */
  validLft = -1
  preferredLft = -1
  tstampNs = 0
  cstampNs = 0

  constructor(
    inDev: InDevice,
    local: number,
    address: number,
    prefixLen: number,
    broadcast: number,
    scope: number,
    label: string,
    flags: number,
    metric: number,
  ) {
    this.inDev = inDev
    this.local = local
    this.address = address
    this.prefixLen = prefixLen
    this.mask = maskOf(prefixLen)
    this.broadcast = broadcast
    this.scope = scope
    this.label = label
    this.flags = flags
    this.metric = metric
    this.proto = 0
  }

  /** True when `addr` lies in this address's prefix (inet_ifa_match). */
  matches(addr: number): boolean {
    return ((addr ^ this.address) & this.mask) === 0
  }
}

/** IPv4 of one device (struct in_device). */
export class InDevice {
  readonly dev: NetDevice
  readonly conf: DevConf
  readonly neighParms: NeighParms
  /** Addresses in the kernel's order: primary ones by scope, then secondary ones. */
  readonly ifaList: IfAddr[] = []
  /** Multicast groups that the host has joined here; see igmp.ts. */
  readonly mcList: McGroup[] = []
  /** IFF_NOARP as ARP knows it: a change makes every entry void. */
  noArp = false
  /** IGMP's state, made on first use; typed in igmp.ts. */
  igmp: object | null = null
  /** The device's MTU as the routes know it. */
  mtu: number
  /** True between NETDEV_UNREGISTER and the end. */
  dead = false

  constructor(dev: NetDevice, conf: DevConf, neighParms: NeighParms) {
    this.dev = dev
    this.mtu = dev.mtu
    this.conf = conf
    this.neighParms = neighParms
  }
}

/** IPv4 of a device, or null when it has none (too small an MTU). */
export const inDevOf = (dev: NetDevice): InDevice | null => dev.ipPtr as InDevice | null

/** Hears of addresses that come and go (inetaddr_chain); `fib-frontend.ts` is the subscriber. */
export interface InetaddrNotifier {
  /** The address is on its device's list. */
  up(ifa: IfAddr): void
  /** The address is off the list. */
  down(ifa: IfAddr): void
  /** Takes the routes of an address away whose primary `iprim` is about to go (fib_del_ifaddr). */
  delRoutes(ifa: IfAddr, iprim: IfAddr): void
  /** Adds the routes of an address again (fib_add_ifaddr). */
  addRoutes(ifa: IfAddr): void
}

const remember = (ifa: IfAddr): void => {
  const { addrs } = ipv4(ifa.inDev.dev.netns)
  const same = addrs.get(ifa.local)
  if (same === undefined) addrs.set(ifa.local, [ifa])
  else same.unshift(ifa)
}

const forget = (ifa: IfAddr): void => {
  const { addrs } = ipv4(ifa.inDev.dev.netns)
  const left = (addrs.get(ifa.local) ?? []).filter(a => a !== ifa)
  if (left.length === 0) addrs.delete(ifa.local)
  else addrs.set(ifa.local, left)
}

/** Tells the FIB and the device that an address is there. */
const announceUp = (ifa: IfAddr, notifier: InetaddrNotifier): void => {
  const { dev } = ifa.inDev
  notifier.up(ifa)
  dev.inetaddrOps?.up(dev, ifa.address)
}

/** Tells the FIB and the device that an address has gone. */
const announceDown = (ifa: IfAddr, notifier: InetaddrNotifier): void => {
  const { dev } = ifa.inDev
  notifier.down(ifa)
  for (const hear of ipv4(dev.netns).inetaddrChain) hear(ifa)
  dev.inetaddrOps?.down(dev, ifa.address)
}

/**
 * Puts an address on its device's list (__inet_insert_ifa): secondary when another one of the same prefix is there.
 * Throws EEXIST for an address that is there already, EINVAL for another scope than its primary's, and what the device
 * refuses it with.
 */
export const inetInsertIfa = (ifa: IfAddr, notifier: InetaddrNotifier): void => {
  const { ifaList, dev } = ifa.inDev
  // 0.0.0.0 is accepted and means nothing.
  if (ifa.local === 0) return
  const context = { dev: dev.name, address: formatIpv4(ifa.local) }
  ifa.flags &= ~IFA_F_SECONDARY
  let lastPrimary = 0
  for (let i = 0; i < ifaList.length; i++) {
    const other = ifaList[i]!
    if (!(other.flags & IFA_F_SECONDARY) && ifa.scope <= other.scope) lastPrimary = i + 1
    if (other.mask !== ifa.mask || !other.matches(ifa.address)) continue
    if (other.local === ifa.local) throw extackError('EEXIST', 'ipv4: Address already assigned', context)
    if (other.scope !== ifa.scope) throw extackError('EINVAL', 'ipv4: Invalid scope value', context)
    ifa.flags |= IFA_F_SECONDARY
  }
  dev.inetaddrOps?.validate(dev, ifa.address)
  if (ifa.flags & IFA_F_SECONDARY) ifaList.push(ifa)
  else ifaList.splice(lastPrimary, 0, ifa)
  remember(ifa)
  announceUp(ifa, notifier)
}

const isSecondaryOf = (ifa: IfAddr, primary: IfAddr): boolean =>
  (ifa.flags & IFA_F_SECONDARY) !== 0 && ifa.mask === primary.mask && ifa.matches(primary.address)

/**
 * Takes an address off its device (__inet_del_ifa). With a primary one go its secondaries, unless promote_secondaries
 * makes the first of them primary.
 */
export const inetDelIfa = (ifa: IfAddr, notifier: InetaddrNotifier): void => {
  const { ifaList, dev, conf } = ifa.inDev
  let promoted: IfAddr | null = null
  if (!(ifa.flags & IFA_F_SECONDARY)) {
    if (orConf(ipv4(dev.netns).confAll, conf, PROMOTE_SECONDARIES))
      promoted = ifaList.find((a, i) => i > ifaList.indexOf(ifa) && isSecondaryOf(a, ifa)) ?? null
    else
      for (const secondary of ifaList.filter(a => isSecondaryOf(a, ifa))) {
        ifaList.splice(ifaList.indexOf(secondary), 1)
        forget(secondary)
        announceDown(secondary, notifier)
      }
  }
  if (promoted !== null) return promote(ifa, promoted, notifier)
  ifaList.splice(ifaList.indexOf(ifa), 1)
  forget(ifa)
  announceDown(ifa, notifier)
}

/** Deletes `ifa` and makes its secondary `promoted` the primary of the prefix. */
const promote = (ifa: IfAddr, promoted: IfAddr, notifier: InetaddrNotifier): void => {
  const { ifaList } = ifa.inDev
  // Routes of all secondaries name the deleted address as source: they go first and come back with the new one.
  const others = ifaList.slice(ifaList.indexOf(promoted) + 1).filter(a => isSecondaryOf(a, ifa))
  for (const a of [promoted, ...others]) notifier.delRoutes(a, ifa)
  const at = ifaList.indexOf(ifa)
  ifaList.splice(at, 1)
  forget(ifa)
  announceDown(ifa, notifier)
  ifaList.splice(ifaList.indexOf(promoted), 1)
  let place = at
  for (let i = at; i < ifaList.length; i++)
    if (!(ifaList[i]!.flags & IFA_F_SECONDARY) && ifa.scope <= ifaList[i]!.scope) place = i + 1
  ifaList.splice(place, 0, promoted)
  promoted.flags &= ~IFA_F_SECONDARY
  announceUp(promoted, notifier)
  for (const a of others) notifier.addRoutes(a)
}

/** True when one of the device's prefixes holds `a` and, unless 0, `b` (inet_addr_onlink). */
export const inetAddrOnlink = (inDev: InDevice, a: number, b: number): boolean => {
  for (const ifa of inDev.ifaList)
    if (!(ifa.flags & IFA_F_SECONDARY) && ifa.matches(a) && (b === 0 || ifa.matches(b))) return true
  return false
}

/** The namespace's local address `addr`, or null (inet_lookup_ifaddr_rcu). */
export const inetLookupIfaddr = (addrs: Map<number, IfAddr[]>, addr: number): IfAddr | null =>
  addrs.get(addr)?.[0] ?? null

/** Narrowest scope that counts: addresses of host scope stay on the host, unless route_localnet lets them out. */
const localnetScope = (inDev: InDevice): number =>
  maxConf(ipv4(inDev.dev.netns).confAll, inDev.conf, ROUTE_LOCALNET) !== 0 ? RT_SCOPE_LINK : RT_SCOPE_HOST

const bestOn = (inDev: InDevice, dst: number, scope: number): number => {
  let addr = 0
  const localnet = localnetScope(inDev)
  for (const ifa of inDev.ifaList) {
    if (ifa.flags & IFA_F_SECONDARY) continue
    // The scope of the address must be wide enough for the destination.
    if (Math.min(ifa.scope, localnet) > scope) continue
    if (dst === 0 || ifa.matches(dst)) return ifa.local
    if (addr === 0) addr = ifa.local
  }
  return addr
}

/**
 * Source address for `dst` (0: any) on a device (inet_select_addr): the primary address whose prefix holds it, else the
 * first one of sufficient scope, else one of another device. 0 when there is none.
 */
export const inetSelectAddr = (dev: NetDevice, dst: number, scope: number): number => {
  const inDev = inDevOf(dev)
  if (inDev !== null) {
    const addr = bestOn(inDev, dst, scope)
    if (addr !== 0) return addr
  }
  for (const other of dev.netns.devices) {
    const od = inDevOf(other)
    if (od === null) continue
    for (const ifa of od.ifaList)
      if (!(ifa.flags & IFA_F_SECONDARY) && ifa.scope !== RT_SCOPE_LINK && ifa.scope <= scope) return ifa.local
  }
  return 0
}

/**
 * The local address that confirms (dst, local) on a device, or on any device when `dev` is null
 * (inet_confirm_addr): used by arp_ignore and arp_announce. 0 when there is none.
 */
export const inetConfirmAddr = (
  devices: readonly NetDevice[],
  dev: NetDevice | null,
  dst: number,
  local: number,
  scope: number,
): number => {
  for (const d of dev === null ? devices : [dev]) {
    const inDev = inDevOf(d)
    const addr = inDev === null ? 0 : confirmOn(inDev, dst, local, scope)
    if (addr !== 0) return addr
  }
  return 0
}

const confirmOn = (inDev: InDevice, dst: number, local: number, scope: number): number => {
  let addr = 0
  let same = false
  const localnet = localnetScope(inDev)
  for (const ifa of inDev.ifaList) {
    const fits = Math.min(ifa.scope, localnet) <= scope
    if (addr === 0 && (local === ifa.local || local === 0) && fits) {
      addr = ifa.local
      if (same) break
    }
    if (same) continue
    same = (local === 0 || ifa.matches(local)) && (dst === 0 || ifa.matches(dst))
    if (!same || addr === 0) continue
    if (local !== 0 || dst === 0) break
    if (ifa.matches(addr)) break
    if (fits) {
      addr = ifa.local
      break
    }
    same = false
  }
  return same ? addr : 0
}
