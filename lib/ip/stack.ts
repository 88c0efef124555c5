/**
 * Sets IPv4 up: the state of each namespace, the handlers of packets, and the reactions to devices.
 *
 * @see net/ipv4/af_inet.c inet_init, net/ipv4/devinet.c inetdev_event
 */
import { IFF_LOOPBACK, IFF_NOARP, IFF_UP, type NetDevice } from '../core/netdev.js'
import type { Netns } from '../core/netns.js'
import {
  NETDEV_CHANGE,
  NETDEV_CHANGEADDR,
  NETDEV_CHANGEMTU,
  NETDEV_CHANGENAME,
  NETDEV_DOWN,
  NETDEV_NOTIFY_PEERS,
  NETDEV_REGISTER,
  NETDEV_UNREGISTER,
  NETDEV_UP,
} from '../core/notifier.js'
import type { World } from '../core/world.js'
import { ETH_P_ARP, ETH_P_IP } from '../wire/ethernet.js'
import { INADDR_LOOPBACK } from '../wire/ip.js'
import { IPPROTO_ICMP, IPPROTO_IGMP, IPPROTO_TCP, IPPROTO_UDP } from '../wire/ipv4.js'
import { arpAnnounce, arpIfdown, arpInit, arpRcv } from './arp.js'
import { andConf, ARP_EVICT_NOCARRIER, ARP_NOTIFY, DevConf, maxConf } from './devconf.js'
import {
  fibInetaddrNotifier,
  fibNetdevChange,
  fibNetdevDown,
  fibNetdevUnregister,
  fibNetdevUp,
} from './fib-frontend.js'
import { ipForward } from './forward.js'
import { icmpErr, icmpRcv, ipv4LinkFailure } from './icmp.js'
import { igmpRcv, ipMcDown, ipMcUp } from './igmp.js'
import { IfAddr, InDevice, inDevOf, inetDelIfa, inetInsertIfa } from './in-device.js'
import { ipError, ipLocalDeliver, ipRcv } from './input.js'
import { InputCache } from './input-cache.js'
import { ipv4, rtCacheFlush } from './ipv4.js'
import { NeighParms } from './neigh-parms.js'
import { Ipv4 } from './netns-ipv4.js'
import { ipMcOutput, ipOutput, ipRtBug } from './output.js'
import type { IpPath } from './path.js'
import { IFA_F_PERMANENT, RT_SCOPE_HOST } from './rtnetlink.js'
import { ipv4SysctlProvider } from './sysctl-ipv4.js'
import { tcpSkExit } from './tcp/netns-tcp-exit.js'
import { tcpSysctlProvider } from './tcp/sysctl-tcp-table.js'
import { tcpCheckProfile } from './tcp/tcp-cong.js'
import { tcpV4Err } from './tcp/tcp-ipv4-err.js'
import { tcpV4Rcv } from './tcp/tcp-ipv4.js'
import { udpErr, udpRcv } from './udp.js'

const PATH: IpPath = {
  forward: ipForward,
  localDeliver: ipLocalDeliver,
  error: ipError,
  output: ipOutput,
  mcOutput: ipMcOutput,
  bug: ipRtBug,
}

const initNetns = (netns: Netns, inputCache: InputCache): void => {
  const state = new Ipv4(netns, PATH, inputCache)
  netns.ipv4 = state
  state.protos[IPPROTO_ICMP] = { rcv: icmpRcv, err: icmpErr }
  state.protos[IPPROTO_IGMP] = { rcv: igmpRcv, err: null }
  state.protos[IPPROTO_UDP] = { rcv: udpRcv, err: udpErr }
  state.protos[IPPROTO_TCP] = { rcv: tcpV4Rcv, err: tcpV4Err }
  arpInit(netns, (_neigh, skb) => ipv4LinkFailure(skb))
}

const exitNetns = (netns: Netns): void => {
  const state = ipv4(netns)
  for (const sk of [...state.sockets]) (sk as { close?: () => void } & object).close?.()
  tcpSkExit(netns)
  state.frags.flush()
}

/** A device whose MTU is smaller has no IPv4 (RFC 791). */
const IPV4_MIN_MTU = 68

/** Gives a new device its IPv4 state (inetdev_init). */
const inetdevInit = (dev: NetDevice): void => {
  const state = ipv4(dev.netns)
  const parms = new NeighParms(state.neigh.parmsDefault, 0, dev.netns.rng)
  const inDev = new InDevice(dev, new DevConf(state.confDefault), parms)
  dev.ipPtr = inDev
  if (dev.flags & IFF_UP) ipMcUp(inDev)
}

/** Takes addresses, groups and state away (inetdev_destroy). */
const inetdevDestroy = (dev: NetDevice): void => {
  const inDev = inDevOf(dev)
  if (inDev === null) return
  inDev.dead = true
  ipMcDown(inDev)
  while (inDev.ifaList.length > 0) inetDelIfa(inDev.ifaList[0]!, fibInetaddrNotifier)
  arpIfdown(dev, false)
  dev.ipPtr = null
}

const addLoopbackAddress = (inDev: InDevice): void => {
  inDev.conf.setAll()
  if (inDev.ifaList.length > 0) return
  const { dev } = inDev
  const ifa = new IfAddr(inDev, INADDR_LOOPBACK, INADDR_LOOPBACK, 8, 0, RT_SCOPE_HOST, dev.name, IFA_F_PERMANENT, 0)
  inetInsertIfa(ifa, fibInetaddrNotifier)
}

const announcesChanges = (inDev: InDevice): boolean =>
  maxConf(ipv4(inDev.dev.netns).confAll, inDev.conf, ARP_NOTIFY) !== 0

/** ARP's part of device events (arp_netdev_event); it is the first to hear of them. */
const arpEvent = (event: number, dev: NetDevice): void => {
  const inDev = inDevOf(dev)
  if (inDev === null) return
  const { neigh, confAll } = ipv4(dev.netns)
  if (event === NETDEV_CHANGEADDR) {
    neigh.flushDev(dev, false)
    rtCacheFlush(dev.netns)
  } else if (event === NETDEV_CHANGE) {
    const noArp = (dev.flags & IFF_NOARP) !== 0
    if (noArp !== inDev.noArp) neigh.flushDev(dev, false)
    inDev.noArp = noArp
    if (!dev.carrier && andConf(confAll, inDev.conf, ARP_EVICT_NOCARRIER)) arpIfdown(dev, true)
  }
}

/** The part of addresses (inetdev_event). */
const inetdevEvent = (event: number, dev: NetDevice): void => {
  if (event === NETDEV_REGISTER) return inetdevInit(dev)
  const inDev = inDevOf(dev)
  if (inDev === null) {
    if (event === NETDEV_CHANGEMTU && dev.mtu >= IPV4_MIN_MTU) inetdevInit(dev)
    return
  }
  switch (event) {
    case NETDEV_UP:
      if (dev.mtu < IPV4_MIN_MTU) break
      if (dev.flags & IFF_LOOPBACK) addLoopbackAddress(inDev)
      ipMcUp(inDev)
      if (announcesChanges(inDev)) arpAnnounce(dev)
      break
    case NETDEV_CHANGEADDR:
      if (announcesChanges(inDev)) arpAnnounce(dev)
      break
    case NETDEV_NOTIFY_PEERS:
      arpAnnounce(dev)
      break
    case NETDEV_DOWN:
      ipMcDown(inDev)
      break
    case NETDEV_CHANGENAME:
      for (const ifa of inDev.ifaList) ifa.label = renamedLabel(ifa.label, dev.name)
      break
    case NETDEV_CHANGEMTU:
      if (dev.mtu < IPV4_MIN_MTU) inetdevDestroy(dev)
      break
    case NETDEV_UNREGISTER:
      inetdevDestroy(dev)
      break
  }
}

/** Labels follow the device's name and keep what stands after a colon (inetdev_changename). */
const renamedLabel = (label: string, name: string): string => {
  const colon = label.indexOf(':')
  return colon < 0 ? name : name + label.slice(colon)
}

/** What was learned about paths keeps to the new MTU of their device (fib_sync_mtu). */
const fibSyncMtu = (dev: NetDevice): void => {
  const inDev = inDevOf(dev)
  if (inDev === null) return
  for (const nh of new Set(
    ipv4(dev.netns)
      .fib.all()
      .flatMap(a => a.info.nhs),
  ))
    if (nh.dev === dev) nh.exceptions?.updateMtu(dev.mtu, inDev.mtu)
  inDev.mtu = dev.mtu
}

/** The routing tables' part (fib_netdev_event). */
const fibEvent = (event: number, dev: NetDevice): void => {
  switch (event) {
    case NETDEV_UP:
      return fibNetdevUp(dev)
    case NETDEV_DOWN:
      return fibNetdevDown(dev)
    case NETDEV_CHANGE:
      return fibNetdevChange(dev)
    case NETDEV_CHANGEMTU:
      fibSyncMtu(dev)
      return rtCacheFlush(dev.netns)
    case NETDEV_UNREGISTER:
      return fibNetdevUnregister(dev)
  }
}

/** The part of the rules (fib_rules_event): they name devices, which come, go and change their names. */
const fibRulesEvent = (event: number, dev: NetDevice): void => {
  const { rules } = ipv4(dev.netns).fib
  const lost = (event === NETDEV_CHANGENAME || event === NETDEV_UNREGISTER) && rules.detach(dev)
  const got = (event === NETDEV_CHANGENAME || event === NETDEV_REGISTER) && rules.attach(dev)
  // What was remembered about packets that came in was said by other rules.
  if (lost || got) rtCacheFlush(dev.netns)
}

/** Registers IPv4 with a World. Before any namespace is made. */
export const ipv4Init = (world: World): void => {
  const inputCache = new InputCache()
  world.registerPernet({ init: netns => initNetns(netns, inputCache), exit: exitNetns })
  world.packetTypes.push({ protocol: ETH_P_IP, receive: ipRcv }, { protocol: ETH_P_ARP, receive: arpRcv })
  world.notifiers.register(arpEvent)
  world.notifiers.register(inetdevEvent)
  world.notifiers.register(fibEvent)
  world.notifiers.register(fibRulesEvent)
  tcpCheckProfile(world.profile)
  world.sysctlProviders.push(ipv4SysctlProvider, tcpSysctlProvider)
}
