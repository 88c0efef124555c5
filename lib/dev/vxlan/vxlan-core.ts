/**
 * The path of packets through vxlan devices: from the shared socket to the device that the VNI names, and from a device
 * into the tunnel to every far end that its table gives.
 *
 * Left out: IPv6 outside, tunnels whose metadata comes from elsewhere (`external`), GPE, remote checksum offload.
 *
 * @see drivers/net/vxlan/vxlan_core.c vxlan_rcv, vxlan_xmit, vxlan_xmit_one; RFC 7348
 */
import { ethTypeTrans, netifRx } from '../../core/dev-rx.js'
import { NET_XMIT_CN } from '../../core/dev-tx.js'
import { DROP } from '../../core/drop.js'
import type { Dst } from '../../core/dst.js'
import type { FlowRecorder } from '../../core/flow-recorder.js'
import { IFF_UP, NET_RX_SUCCESS, NETDEV_TX_OK, type NetDevice } from '../../core/netdev.js'
import { kfreeSkb, PACKET_HOST, type Skb, skbClone, skbCowHead, skbPush, skbScrub } from '../../core/skb.js'
import { skbClearHashIfNotL4 } from '../../ip/skb-hash.js'
import {
  INET_ECN_MASK,
  ipEcnDecapsulate,
  ipTunnelEcnEncap,
  ipTunnelGetDsfield,
  ipTunnelGetTtl,
  iptunnelPullCsum,
  isTooLong,
  skbTunnelCheckPmtu,
} from '../../ip/ip-tunnel.js'
import { flowKeepsTo } from '../../ip/flow.js'
import { ipv4 } from '../../ip/ipv4.js'
import { dstHoplimit } from '../../ip/local-out.js'
import { dstMtu, ipRouteOutput, isDstFresh } from '../../ip/route.js'
import { NTF_ROUTER, RTCF_BROADCAST, RTCF_LOCAL, RTCF_MULTICAST } from '../../ip/rtnetlink.js'
import { udpChecksumOk } from '../../ip/udp.js'
import { udpFlowSrcPort, UdpTunnelFlow, type UdpTunnelSock, udpTunnelXmitSkb } from '../../ip/udp-tunnel.js'
import { getU32, putU32 } from '../../wire/bytes.js'
import { ETH_HLEN, ETH_P_ARP, ETH_P_IP, ETH_P_IPV6, ethType } from '../../wire/ethernet.js'
import { INADDR_LOOPBACK, isMulticast4 } from '../../wire/ip.js'
import { IP_DF, IPPROTO_UDP, IPV4_HLEN, ipv4FragOff, ipv4Saddr, ipv4Tos } from '../../wire/ipv4.js'
import { macFrom, macHiAt, macLoAt } from '../../wire/mac.js'
import { UDP_HLEN } from '../../wire/udp.js'
import { putVxlan, VXLAN_F_VNI, VXLAN_HLEN, vxlanFlags, vxlanVni } from '../../wire/vxlan.js'
import { arpReduce, routeShortcircuit, vxlanMiss } from './vxlan-arp.js'
import { vxlanCatchUp, vxlanSnoop } from './vxlan-fdb.js'
import {
  VXLAN_DF_INHERIT,
  VXLAN_DF_SET,
  VXLAN_DF_UNSET,
  VXLAN_F_GBP,
  VXLAN_F_L2MISS,
  VXLAN_F_LEARN,
  VXLAN_F_LOCALBYPASS,
  VXLAN_F_PROXY,
  VXLAN_F_RCV_FLAGS,
  VXLAN_F_RSC,
  VXLAN_F_TTL_INHERIT,
  VXLAN_F_UDP_ZERO_CSUM_TX,
  VXLAN_HEADROOM,
  type Vxlan,
  type VxlanFdb,
  type VxlanRdst,
  type VxlanSock,
  vxlanNet,
} from './vxlan-private.js'

const GROUP_BIT = 0x0100

// Bits of the first word of a header with a group policy, and of the mark that stands for them inside.
const VXLAN_HF_VNI = 0x08000000
const VXLAN_HF_GBP: number = 0x80000000 | 0
const VXLAN_GBP_DONT_LEARN = 0x00400000
const VXLAN_GBP_POLICY_APPLIED = 0x00080000
const VXLAN_GBP_ID_MASK = 0xffff
const VXLAN_GBP_MASK: number = VXLAN_GBP_DONT_LEARN | VXLAN_GBP_POLICY_APPLIED | VXLAN_GBP_ID_MASK

// ---------------------------------------------------------------- receive

/** The device of a socket that has a VNI, or null (vxlan_vs_find_vni). */
const findVni = (vs: VxlanSock, vni: number): Vxlan | null => {
  if (vs.last !== null && vs.last.cfg.vni === vni) return vs.last
  vs.last = vs.devices.get(vni) ?? null
  return vs.last
}

/** True when the header at `o` uses bits that the device has no use for (reserved_bits). */
const hasReservedBits = (vxlan: Vxlan, b: Uint8Array, o: number): boolean => {
  const used = vxlan.cfg.flags & VXLAN_F_GBP ? VXLAN_HF_VNI | VXLAN_HF_GBP | 0xffffff : VXLAN_HF_VNI
  return (getU32(b, o) & ~used) !== 0 || b[o + VXLAN_HLEN - 1] !== 0
}

/** Takes the Ethernet header inside off and learns from it; 0 or the reason to drop the frame (vxlan_set_mac). */
const setMac = (vxlan: Vxlan, skb: Skb, saddr: number): number => {
  const { dev } = vxlan
  ethTypeTrans(skb, dev)
  const b = skb.buf
  const source = skb.macHeader + 6
  const hi = macHiAt(b, source)
  const lo = macLoAt(b, source)
  if (hi === dev.addrHi && lo === dev.addrLo) return DROP.LOCAL_MAC
  return vxlan.cfg.flags & VXLAN_F_LEARN ? vxlanSnoop(vxlan, saddr, hi, lo) : 0
}

const rxError = (vxlan: Vxlan, skb: Skb, reason: number): void => {
  vxlan.dev.stats.rxErrors++
  kfreeSkb(skb, reason)
}

const rxFrameError = (vxlan: Vxlan, skb: Skb, reason: number): void => {
  vxlan.dev.stats.rxFrameErrors++
  rxError(vxlan, skb, reason)
}

const rxLengthError = (vxlan: Vxlan, skb: Skb): void => {
  vxlan.dev.stats.rxLengthErrors++
  rxError(vxlan, skb, DROP.PKT_TOO_SMALL)
}

const isDown = (skb: Skb, dev: NetDevice): void => {
  dev.stats.rxDropped++
  kfreeSkb(skb, DROP.DEV_READY)
}

/** A packet of the shared socket, `data` at the UDP header (vxlan_rcv). */
export const vxlanRcv = (sock: UdpTunnelSock, skb: Skb): void => {
  const b = skb.buf
  const o = skb.data + UDP_HLEN
  if (skb.tail - o < VXLAN_HLEN) return kfreeSkb(skb, DROP.PKT_TOO_SMALL)
  if ((vxlanFlags(b, o) & VXLAN_F_VNI) === 0) return kfreeSkb(skb, DROP.VXLAN_INVALID_HDR)
  const vxlan = findVni(sock.userData as VxlanSock, vxlanVni(b, o))
  if (vxlan === null) return kfreeSkb(skb, DROP.VXLAN_VNI_NOT_FOUND)
  if (hasReservedBits(vxlan, b, o)) return rxFrameError(vxlan, skb, DROP.VXLAN_INVALID_HDR)
  const inner = o + VXLAN_HLEN
  if (skb.tail - inner < ETH_HLEN) return kfreeSkb(skb, DROP.NOMEM)
  const saddr = ipv4Saddr(b, skb.networkHeader)
  const tos = ipv4Tos(b, skb.networkHeader)
  const gbp = getU32(b, o)
  skb.data = inner
  skb.vlanProto = 0
  skbClearHashIfNotL4(skb)
  iptunnelPullCsum(skb, inner)
  skbScrub(skb, vxlan.dev.netns)
  if (vxlan.cfg.flags & VXLAN_F_GBP && gbp & VXLAN_HF_GBP) skb.mark = gbp & VXLAN_GBP_MASK
  decapsulated(vxlan, skb, saddr, tos)
}

/**
 * The second half of vxlan_rcv: `data` is at the frame inside.
 *
 * DIFFERS: with GRO on, the kernel handles the frame when its CPU has emptied the backlog (gro_cells); here it always
 * stands at the end of the backlog, as with GRO off.
 */
const decapsulated = (vxlan: Vxlan, skb: Skb, saddr: number, tos: number): void => {
  const { dev } = vxlan
  const reason = setMac(vxlan, skb, saddr)
  if (reason !== 0) return kfreeSkb(skb, reason)
  const o = skb.data
  skb.networkHeader = o
  if (skb.tail - o < IPV4_HLEN && skb.protocol === ETH_P_IP) return rxLengthError(vxlan, skb)
  if ((tos & INET_ECN_MASK) !== 0 && !ipEcnDecapsulate(skb, tos, o)) return rxFrameError(vxlan, skb, DROP.IP_TUNNEL_ECN)
  if ((dev.flags & IFF_UP) === 0) return isDown(skb, dev)
  if (skb.flowRec !== null) flowDecap(skb.flowRec, vxlan, skb, tos)
  dev.stats.rxPackets++
  dev.stats.rxBytes += skb.tail - o
  netifRx(skb)
}

/** Tells a recorder of flows about a packet that has been learned from. */
const flowDecap = (rec: FlowRecorder, vxlan: Vxlan, skb: Skb, tos: number): void => {
  const { dev, cfg } = vxlan
  const source = skb.macHeader + 6
  const learns = (cfg.flags & VXLAN_F_LEARN) !== 0
  const seen = learns ? vxlan.fdb.find(macHiAt(skb.buf, source), macLoAt(skb.buf, source)) : null
  if ((tos & INET_ECN_MASK) !== 0 || vxlan.net !== dev.netns || (learns && seen === null)) rec.fail()
  else rec.decapsulated(dev, skb.tail - skb.data, seen, udpChecksumOk)
}

/** Is the ICMP error about a packet of one of the socket's devices? (vxlan_err_lookup) */
export const vxlanErrLookup = (sock: UdpTunnelSock, skb: Skb, udp: number): boolean => {
  const o = udp + UDP_HLEN
  if (skb.tail - o < VXLAN_HLEN || (vxlanFlags(skb.buf, o) & VXLAN_F_VNI) === 0) return false
  return findVni(sock.userData as VxlanSock, vxlanVni(skb.buf, o)) !== null
}

// ---------------------------------------------------------------- transmit

/** Sends a frame through the tunnels that lead to its destination (vxlan_xmit). */
export const vxlanXmit = (skb: Skb, dev: NetDevice): number => {
  const vxlan = dev.priv as Vxlan
  const mac = skb.data
  if (skb.tail - mac < ETH_HLEN) return txDrop(skb, dev, DROP.PKT_TOO_SMALL)
  const { flags } = vxlan.cfg
  const { now } = dev.netns.world.sim
  if (vxlan.ageAt <= now) vxlanCatchUp(vxlan)
  if (flags & VXLAN_F_PROXY && ethType(skb.buf, mac) === ETH_P_ARP) return arpReduce(vxlan, skb)
  const b = skb.buf
  const f = vxlan.fdb.find(macHiAt(b, mac), macLoAt(b, mac))
  if (f === null || (f.flags & NTF_ROUTER && flags & VXLAN_F_RSC)) return xmitElsewhere(vxlan, skb, dev, f, mac)
  f.used = now
  const { remotes } = f
  if (remotes.length === 1) xmitOne(vxlan, skb, dev, remotes[0]!, false)
  else xmitAll(vxlan, skb, dev, f, false)
  return NETDEV_TX_OK
}

/** There is no entry for the destination, or that of a router, which the frame may not have to pass. */
const xmitElsewhere = (vxlan: Vxlan, skb: Skb, dev: NetDevice, found: VxlanFdb | null, mac: number): number => {
  const didRsc = found !== null && routeShortcircuit(vxlan, skb)
  const b = skb.buf
  const f = (didRsc ? vxlan.fdb.find(macHiAt(b, mac), macLoAt(b, mac)) : found) ?? vxlan.fdb.find(0, 0)
  if (f === null) return noRemote(vxlan, skb, mac)
  f.used = dev.netns.world.sim.now
  xmitAll(vxlan, skb, dev, f, didRsc)
  return NETDEV_TX_OK
}

const txDrop = (skb: Skb, dev: NetDevice, reason: number): number => {
  dev.stats.txDropped++
  kfreeSkb(skb, reason)
  return NETDEV_TX_OK
}

const noRemote = (vxlan: Vxlan, skb: Skb, mac: number): number => {
  const hi = macHiAt(skb.buf, mac)
  if (vxlan.cfg.flags & VXLAN_F_L2MISS && (hi & GROUP_BIT) === 0)
    vxlanMiss(vxlan, macFrom(hi, macLoAt(skb.buf, mac)), 0)
  return txDrop(skb, vxlan.dev, DROP.NO_TX_TARGET)
}

/** One copy to each far end but the first, which gets the frame itself at last. */
const xmitAll = (vxlan: Vxlan, skb: Skb, dev: NetDevice, f: VxlanFdb, didRsc: boolean): void => {
  const { remotes } = f
  const first = remotes[0]!
  for (let i = 1; i < remotes.length; i++) xmitOne(vxlan, skbClone(skb), dev, remotes[i]!, didRsc)
  xmitOne(vxlan, skb, dev, first, didRsc)
}

/** Counts and ends a frame for which there is no way. */
const txError = (skb: Skb, dev: NetDevice, reason: number): void => {
  dev.stats.txErrors++
  kfreeSkb(skb, reason)
}

const ttlOf = (vxlan: Vxlan, skb: Skb, o: number, remoteIp: number): number => {
  const { flags, ttl } = vxlan.cfg
  if (flags & VXLAN_F_TTL_INHERIT) return ipTunnelGetTtl(skb, o)
  return ttl === 0 && isMulticast4(remoteIp) ? 1 : ttl
}

const dfOf = (vxlan: Vxlan, skb: Skb, o: number): number => {
  const { df } = vxlan.cfg
  if (df === VXLAN_DF_SET) return IP_DF
  if (df !== VXLAN_DF_INHERIT) return 0
  if (skb.protocol === ETH_P_IPV6) return IP_DF
  return skb.protocol === ETH_P_IP ? ipv4FragOff(skb.buf, o) & IP_DF : 0
}

/** UDP port of a far end. */
const portOf = (vxlan: Vxlan, rdst: VxlanRdst): number => (rdst.remotePort !== 0 ? rdst.remotePort : vxlan.cfg.dstPort)

/** The route to a far end, kept beside it while it holds (udp_tunnel_dst_lookup). Null when there is none. */
const getRoute = (vxlan: Vxlan, rdst: VxlanRdst, tos: number, mark: number, sport: number): Dst | null => {
  const { dst } = rdst
  if ((tos | mark) === 0 && dst !== null && isDstFresh(dst, ipv4(vxlan.net))) return dst
  return lookUp(vxlan, rdst, tos, mark, sport)
}

const lookUp = (vxlan: Vxlan, rdst: VxlanRdst, tos: number, mark: number, sport: number): Dst | null => {
  const state = ipv4(vxlan.net)
  const usesCache = tos === 0 && mark === 0
  const fl = state.fib.flow.reset(rdst.remoteIp, vxlan.cfg.saddr, rdst.remoteIfindex)
  fl.proto = IPPROTO_UDP
  fl.tos = tos & 0xfc
  fl.mark = mark
  fl.sport = sport
  fl.dport = portOf(vxlan, rdst)
  const rt = ipRouteOutput(vxlan.net, fl)
  rdst.dst = usesCache && rt !== null && rt.dev !== vxlan.dev ? rt : null
  rdst.dstSaddr = fl.saddr
  return rt
}

/** Sends a frame to one far end (vxlan_xmit_one). `skb.data` is at the frame. */
const xmitOne = (vxlan: Vxlan, skb: Skb, dev: NetDevice, rdst: VxlanRdst, didRsc: boolean): void => {
  const o = skb.data + ETH_HLEN
  skb.networkHeader = o
  if (skb.tail - o < IPV4_HLEN && skb.protocol === ETH_P_IP) {
    txDrop(skb, dev, DROP.PKT_TOO_SMALL)
    return
  }
  const { cfg } = vxlan
  if (rdst.remoteIp === 0) return toOwnSide(vxlan, skb, didRsc)
  const tos = cfg.tos === 1 ? ipTunnelGetDsfield(skb, o) : cfg.tos
  const sport = udpFlowSrcPort(dev, skb, o, cfg.portMin, cfg.portMax)
  const rt = getRoute(vxlan, rdst, tos, skb.mark, sport)
  if (rt === null || rt.dev === dev) return noRoute(skb, dev, rt)
  if (rt.flags & RTCF_LOCAL && takesBypass(vxlan, rt)) return bypassIfThere(vxlan, skb, dev, rdst)
  if (isTooLong(skb, rt, VXLAN_HEADROOM) && skbTunnelCheckPmtu(skb, dev, rt, VXLAN_HEADROOM, dev.master !== null))
    return vxlanEncapBypass(skb, vxlan, vxlan, false)
  encapsulate(vxlan, skb, rdst, rt, tos, sport)
}

/** The entry has no far end: cut short back to the bridge on this side, where the neighbour is. */
const toOwnSide = (vxlan: Vxlan, skb: Skb, didRsc: boolean): void => {
  if (didRsc) vxlanEncapBypass(skb, vxlan, vxlan, true)
  else txDrop(skb, vxlan.dev, DROP.NO_TX_TARGET)
}

/** There is no route to the far end, or one through the tunnel itself. */
const noRoute = (skb: Skb, dev: NetDevice, rt: Dst | null): void => {
  if (rt === null) dev.stats.txCarrier++
  else dev.stats.collisions++
  txError(skb, dev, rt === null ? DROP.IP_OUTNOROUTES : DROP.TUNNEL_LOOP)
}

const takesBypass = (vxlan: Vxlan, rt: Dst): boolean =>
  (rt.flags & (RTCF_BROADCAST | RTCF_MULTICAST)) === 0 && (vxlan.cfg.flags & VXLAN_F_LOCALBYPASS) !== 0

const encapsulate = (vxlan: Vxlan, skb: Skb, rdst: VxlanRdst, rt: Dst, tos: number, sport: number): void => {
  const { cfg, dev } = vxlan
  const { stats } = dev
  const { networkHeader } = skb
  const ttl = ttlOf(vxlan, skb, networkHeader, rdst.remoteIp)
  const df = cfg.df === VXLAN_DF_UNSET ? 0 : dfOf(vxlan, skb, networkHeader)
  const outerTos = ipTunnelEcnEncap(tos, skb, skb.networkHeader)
  skbCowHead(skb, VXLAN_HEADROOM)
  const octets = skb.tail - skb.networkHeader
  if (skb.flowRec !== null) flowEncap(skb.flowRec, vxlan, skb, rdst, rt, octets)
  const at = skbPush(skb, VXLAN_HLEN)
  putVxlan(skb.buf, at, rdst.remoteVni)
  if (cfg.flags & VXLAN_F_GBP && skb.mark !== 0)
    putU32(skb.buf, at, VXLAN_HF_VNI | VXLAN_HF_GBP | (skb.mark & VXLAN_GBP_MASK))
  const rc = udpTunnelXmitSkb(
    skb,
    rt,
    vxlan.vs!.sock!,
    rdst.dstSaddr,
    rdst.remoteIp,
    outerTos,
    ttl !== 0 ? ttl : dstHoplimit(rt),
    df,
    sport,
    portOf(vxlan, rdst),
    (cfg.flags & VXLAN_F_UDP_ZERO_CSUM_TX) !== 0,
  )
  if (rc === 0 || rc === NET_XMIT_CN) {
    stats.txPackets++
    stats.txBytes += octets
  } else stats.txDropped++
}

/** Tells a recorder of flows about a frame, at `skb.data`, that has one far end. */
const flowEncap = (rec: FlowRecorder, vxlan: Vxlan, skb: Skb, rdst: VxlanRdst, rt: Dst, octets: number): void => {
  const { cfg, dev } = vxlan
  const f = vxlan.fdb.find(macHiAt(skb.buf, skb.data), macLoAt(skb.buf, skb.data))
  const isOnly = f !== null && f.remotes.length === 1 && f.remotes[0] === rdst
  const isPlain = vxlan.net === dev.netns && skb.mark === 0
  if (!isOnly || !isPlain || !flowKeepsTo(rt)) return rec.fail()
  const hasCsum = (cfg.flags & VXLAN_F_UDP_ZERO_CSUM_TX) === 0
  const tunnel = new UdpTunnelFlow(vxlan.net, rdst.dstSaddr, rdst.remoteIp, hasCsum)
  rec.encapsulates(skb, octets, f, dstMtu(rt, false), tunnel, vxlan.ageAt)
}

// ---------------------------------------------------------------- bypass

/** The far end is this host: the device there with the VNI takes the frame, without headers (encap_bypass_if_local). */
const bypassIfThere = (vxlan: Vxlan, skb: Skb, dev: NetDevice, rdst: VxlanRdst): void => {
  const port = portOf(vxlan, rdst)
  const flags = vxlan.cfg.flags & VXLAN_F_RCV_FLAGS
  const vs = vxlanNet(vxlan.net).socks.find(s => s.port === port && s.flags === flags)
  const to = vs === undefined ? null : findVni(vs, rdst.remoteVni)
  if (to === null) txError(skb, dev, DROP.VXLAN_VNI_NOT_FOUND)
  else vxlanEncapBypass(skb, vxlan, to, true)
}

/** Gives a frame to a device of this host as if it had come through a tunnel (vxlan_encap_bypass). */
const vxlanEncapBypass = (skb: Skb, from: Vxlan, to: Vxlan, snoop: boolean): void => {
  const { dev } = to
  const octets = skb.tail - skb.data
  const source = skb.data + 6
  const hi = macHiAt(skb.buf, source)
  const lo = macLoAt(skb.buf, source)
  skb.macHeader = skb.data
  skb.data = skb.networkHeader
  skb.pktType = PACKET_HOST
  if (skb.netns !== dev.netns) skbScrub(skb, dev.netns)
  skb.dev = dev
  if ((dev.flags & IFF_UP) === 0) {
    dev.stats.rxDropped++
    return kfreeSkb(skb, DROP.DEV_READY)
  }
  if (snoop && to.cfg.flags & VXLAN_F_LEARN) vxlanSnoop(to, INADDR_LOOPBACK, hi, lo)
  from.dev.stats.txPackets++
  from.dev.stats.txBytes += octets
  if (netifRx(skb) === NET_RX_SUCCESS) {
    dev.stats.rxPackets++
    dev.stats.rxBytes += octets
  } else dev.stats.rxDropped++
}
