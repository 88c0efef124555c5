/**
 * The way into a bridge: what its ports receive, what its own host gets of it, and what the host sends.
 *
 * A port's frames are taken by its rx handler. Frames for link-local groups (01:80:c2:00:00:0X) stay on the port unless
 * group_fwd_mask lets them through. What is for the host is received on the bridge's device at once, not by way of the
 * backlog. Left out: traffic control; the hooks of br_netfilter stand where the kernel has them, see there.
 *
 * @see net/bridge/br_input.c, net/bridge/br_device.c br_dev_xmit
 */
import { netifReceiveSkb } from '../../core/dev-rx.js'
import { DROP } from '../../core/drop.js'
import type { FlowRecorder } from '../../core/flow-recorder.js'
import { IFF_PROMISC, NETDEV_TX_OK, type NetDevice, RX_HANDLER_CONSUMED, RX_HANDLER_PASS } from '../../core/netdev.js'
import { NF_BR_LOCAL_IN, NF_BR_PRE_ROUTING, nfResetCt } from '../../core/netfilter.js'
import { kfreeSkb, PACKET_HOST, PACKET_LOOPBACK, type Skb } from '../../core/skb.js'
import { ETH_HLEN, ETH_P_ARP, ETH_P_IP, ETH_P_RARP } from '../../wire/ethernet.js'
import { macHiAt, macLoAt } from '../../wire/mac.js'
import { VLAN_VID_MASK } from '../../wire/vlan.js'
import { brDoProxySuppressArp } from './br-arp-proxy.js'
import { brFdbUpdate } from './br-fdb.js'
import { brFdbCatchUp } from './br-fdb-gc.js'
import { BR_FDB_LOCAL, BR_FDB_LOCKED, fdbKeyHi } from './br-fdb-table.js'
import { brFlood, brForward, brMulticastFlood } from './br-forward.js'
import { brMdbEntrySkbGet, brMulticastIsRouter, brMulticastQuerierExists } from './br-multicast.js'
import { brMulticastRcv } from './br-multicast-rcv.js'
import { brDropFakeRtable, brHookAll, brHookBefore, brNfDevXmit, brNfPreRouting } from './br-netfilter-hooks.js'
import {
  BR_ISOLATED,
  BR_LEARNING,
  BR_PKT_BROADCAST,
  BR_PKT_MULTICAST,
  BR_PKT_UNICAST,
  BR_PORT_LOCKED,
  BR_PORT_MAB,
  BR_STATE_FORWARDING,
  BR_STATE_LEARNING,
  BRCB_LEARN_ONLY,
  BRCB_MROUTERS_ONLY,
  BRCB_SRC_PORT_ISOLATED,
  BRCB_VLAN_FILTERED,
  type Bridge,
  type BridgePort,
  portStateLearns,
} from './br-private.js'
import { BR_VLAN_LEARN_ONLY, brAllowedEgress, brAllowedIngress, brHandleVlan, brShouldLearn } from './br-vlan-filter.js'

/** 01:80:c2:00:00:0X in halves, the last four bits aside. */
const LINK_LOCAL_HI = 0x0180
const LINK_LOCAL_LO: number = 0xc2000000 | 0
const GROUP_BIT = 0x0100

/** The bridge's own host receives a frame (br_pass_frame_up). */
const brPassFrameUp = (br: Bridge, skb: Skb, promisc: boolean): void => {
  const { dev } = br
  dev.stats.rxPackets++
  dev.stats.rxBytes += skb.tail - skb.data
  if ((skb.brFlags & BRCB_VLAN_FILTERED) !== 0 && !entersHost(br, skb)) return
  const indev = skb.dev
  skb.dev = dev
  if (skb.netns.nf.bridge !== null && !brHookAll(skb, NF_BR_LOCAL_IN, indev, null, netifReceiveSkb)) return
  if (skb.dst !== null) brDropFakeRtable(br, skb)
  // What the host only hears because it is promiscuous belongs to the connection of the copy that is bridged.
  if (promisc) nfResetCt(skb)
  netifReceiveSkb(skb)
}

/** False for a frame of a VLAN that the host is no member of, which has ended then. A promiscuous host gets everything. */
const entersHost = (br: Bridge, skb: Skb): boolean => {
  const vg = br.vlgrp!
  if ((br.dev.flags & IFF_PROMISC) === 0 && !brAllowedEgress(vg, skb)) {
    kfreeSkb(skb, DROP.VLAN_FILTERED)
    return false
  }
  return brHandleVlan(br, null, vg, skb)
}

/** False for a frame that a locked port does not let in, because its source is not known there. The source as a key. */
const passesLock = (p: BridgePort, hi: number, lo: number): boolean => {
  const { br } = p
  const f = br.fdb.find(hi, lo)
  if (f === null) {
    if (p.flags & BR_PORT_MAB) brFdbUpdate(br, p, hi, lo, BR_FDB_LOCKED)
    return false
  }
  if (f.dst !== p || f.flags & BR_FDB_LOCAL) return false
  if ((f.flags & BR_FDB_LOCKED) === 0) return true
  brFdbUpdate(br, p, hi, lo, BR_FDB_LOCKED)
  return false
}

/** A multicast frame: to whom it goes depends on snooping. */
const multicast = (br: Bridge, p: BridgePort, skb: Skb, promisc: boolean): void => {
  const mdst = brMdbEntrySkbGet(br, skb)
  const known = mdst !== null || (skb.brFlags & BRCB_MROUTERS_ONLY) !== 0
  let localRcv = promisc
  if (known && brMulticastQuerierExists(br, skb, mdst)) {
    if (mdst?.hostJoined || brMulticastIsRouter(br, skb)) {
      localRcv = true
      br.dev.stats.rxMulticast++
    }
    brMulticastFlood(mdst, skb, p.br, localRcv)
  } else {
    localRcv = true
    br.dev.stats.rxMulticast++
    brFlood(br, skb, BR_PKT_MULTICAST, true, false)
  }
  if (localRcv) brPassFrameUp(br, skb, promisc)
}

/**
 * Learns and forwards; the port's state lets it (br_handle_frame_finish). Destination and source in halves, which within a
 * VLAN are those of the keys of the forwarding table.
 */
const brHandleFrameFinish = (skb: Skb, p: BridgePort, hi: number, lo: number, srcHi: number, srcLo: number): void => {
  const { br } = p
  if (br.gcAt <= br.world.sim.now) brFdbCatchUp(br)
  if (p.flags & BR_PORT_LOCKED && !passesLock(p, srcHi, srcLo)) {
    kfreeSkb(skb, DROP.NOT_SPECIFIED)
    return
  }
  if (p.flags & BR_LEARNING) brFdbUpdate(br, p, srcHi, srcLo, 0)
  const isBroadcast = lo === -1 && (hi & 0xffff) === 0xffff
  if ((hi & GROUP_BIT) !== 0 && !isBroadcast && !brMulticastRcv(br, p, skb)) {
    kfreeSkb(skb, DROP.IP_INHDR)
    return
  }
  if (p.state === BR_STATE_LEARNING || (skb.brFlags & BRCB_LEARN_ONLY) !== 0) {
    kfreeSkb(skb, DROP.BRIDGE_INGRESS_STP_STATE)
    return
  }
  if (p.flags & BR_ISOLATED) skb.brFlags |= BRCB_SRC_PORT_ISOLATED
  if (br.arpProxyPorts > 0 && (skb.protocol === ETH_P_ARP || skb.protocol === ETH_P_RARP))
    brDoProxySuppressArp(br, p, skb)
  const promisc = (br.dev.flags & IFF_PROMISC) !== 0
  if (isBroadcast) {
    brFlood(br, skb, BR_PKT_BROADCAST, true, false)
    brPassFrameUp(br, skb, false)
  } else if ((hi & GROUP_BIT) !== 0) multicast(br, p, skb, promisc)
  else {
    if (skb.flowRec !== null) flowUnicast(skb.flowRec, p, hi, lo, srcHi, srcLo)
    unicast(br, skb, hi, lo, promisc)
  }
}

/** Tells a recorder of flows about a unicast frame that has been learned from. */
const flowUnicast = (rec: FlowRecorder, p: BridgePort, hi: number, lo: number, srcHi: number, srcLo: number): void => {
  const { br } = p
  const f = br.fdb.find(hi, lo)
  const isPlain = !br.vlanEnabled && (br.dev.flags & IFF_PROMISC) === 0 && (p.flags & BR_PORT_LOCKED) === 0
  const learns = (p.flags & BR_LEARNING) !== 0 && br.ageingTime !== 0
  const source = learns ? br.fdb.find(srcHi, srcLo) : null
  if (f === null || !isPlain || (learns && source === null)) return rec.fail()
  const seen = source !== null && (source.flags & BR_FDB_LOCAL) === 0 ? source : null
  rec.bridged(p.dev, br.dev, seen, (f.flags & BR_FDB_LOCAL) !== 0 ? null : f, br.gcAt)
}

/** With VLAN filtering: finds out the frame's VLAN, and goes on within it. */
const finishInVlan = (skb: Skb, p: BridgePort, hi: number, lo: number, srcHi: number, srcLo: number): void => {
  const ingress = brAllowedIngress(p.br, p.vlgrp!, skb, p.state)
  if (ingress < 0) return
  if ((ingress & BR_VLAN_LEARN_ONLY) !== 0) skb.brFlags |= BRCB_LEARN_ONLY
  const vid = ingress & VLAN_VID_MASK
  brHandleFrameFinish(skb, p, fdbKeyHi(hi, vid), lo, fdbKeyHi(srcHi, vid), srcLo)
}

const unicast = (br: Bridge, skb: Skb, hi: number, lo: number, promisc: boolean): void => {
  const f = br.fdb.find(hi, lo)
  if (f !== null) {
    if (f.flags & BR_FDB_LOCAL) {
      brPassFrameUp(br, skb, false)
      return
    }
    f.used = br.world.sim.now
    brForward(f.dst, skb, promisc)
  } else brFlood(br, skb, BR_PKT_UNICAST, promisc, false)
  if (promisc) brPassFrameUp(br, skb, true)
}

/** Sends a frame on its way according to the port's state. */
const forward = (skb: Skb, p: BridgePort, hi: number, lo: number, srcHi: number, srcLo: number): number => {
  if (p.state !== BR_STATE_FORWARDING && p.state !== BR_STATE_LEARNING) {
    kfreeSkb(skb, DROP.BRIDGE_INGRESS_STP_STATE)
    return RX_HANDLER_CONSUMED
  }
  const { dev } = p.br
  if (hi === dev.addrHi && lo === dev.addrLo) skb.pktType = PACKET_HOST
  if (skb.netns.nf.bridge !== null && !brHookBefore(skb, NF_BR_PRE_ROUTING, skb.dev, null, finishSkb))
    return RX_HANDLER_CONSUMED
  if (skb.protocol === ETH_P_IP && !brNfPreRouting(skb, p)) return RX_HANDLER_CONSUMED
  if (p.br.vlanEnabled) finishInVlan(skb, p, hi, lo, srcHi, srcLo)
  else brHandleFrameFinish(skb, p, hi, lo, srcHi, srcLo)
  return RX_HANDLER_CONSUMED
}

/** Bridges a frame of the port `skb.dev` by what its Ethernet header says now. */
export const brHandleFrameFinishSkb = (skb: Skb): void => {
  const p = skb.dev!.rxHandlerData as BridgePort
  const { buf: b, macHeader: o } = skb
  const hi = macHiAt(b, o)
  const lo = macLoAt(b, o)
  const srcHi = macHiAt(b, o + 6)
  const srcLo = macLoAt(b, o + 6)
  if (p.br.vlanEnabled) finishInVlan(skb, p, hi, lo, srcHi, srcLo)
  else brHandleFrameFinish(skb, p, hi, lo, srcHi, srcLo)
}

const finishSkb = (skb: Skb): number => {
  brHandleFrameFinishSkb(skb)
  return 0
}

/** The source of a frame that stays on its port is learned all the same (__br_handle_local_finish). */
const learnLocal = (skb: Skb, p: BridgePort, srcHi: number, srcLo: number): void => {
  if ((p.flags & BR_LEARNING) === 0 || !portStateLearns(p) || p.br.noLinklocalLearn) return
  const vid = brShouldLearn(p, skb)
  if (vid < 0) return
  brFdbCatchUp(p.br)
  brFdbUpdate(p.br, p, fdbKeyHi(srcHi, vid), srcLo, 0)
}

/**
 * A frame for a group that bridges do not forward: pause frames end here, the others stay on the port. The bridges' own
 * group is forwarded as long as there is no spanning tree.
 */
const linkLocal = (skb: Skb, p: BridgePort, hi: number, lo: number, srcHi: number, srcLo: number): number => {
  const last = lo & 15
  if (last === 0) return forward(skb, p, hi, lo, srcHi, srcLo)
  if (last === 1) {
    kfreeSkb(skb, DROP.MAC_IEEE_MAC_CONTROL)
    return RX_HANDLER_CONSUMED
  }
  if ((p.br.groupFwdMaskRequired | p.br.groupFwdMask | p.groupFwdMask) & (1 << last))
    return forward(skb, p, hi, lo, srcHi, srcLo)
  learnLocal(skb, p, srcHi, srcLo)
  return RX_HANDLER_PASS
}

/** rx handler of the ports of all bridges (br_handle_frame). */
export const brHandleFrame = (skb: Skb): number => {
  if (skb.pktType === PACKET_LOOPBACK) return RX_HANDLER_PASS
  const p = skb.dev!.rxHandlerData as BridgePort
  const b = skb.buf
  const o = skb.macHeader
  const srcHi = macHiAt(b, o + 6)
  const srcLo = macLoAt(b, o + 6)
  if ((srcHi & GROUP_BIT) !== 0 || (srcHi | srcLo) === 0) {
    kfreeSkb(skb, DROP.MAC_INVALID_SOURCE)
    return RX_HANDLER_CONSUMED
  }
  skb.brFlags = 0
  const hi = macHiAt(b, o)
  const lo = macLoAt(b, o)
  if (hi === LINK_LOCAL_HI && (lo & ~15) === LINK_LOCAL_LO) return linkLocal(skb, p, hi, lo, srcHi, srcLo)
  return forward(skb, p, hi, lo, srcHi, srcLo)
}

const xmitMulticast = (br: Bridge, skb: Skb): void => {
  if (!brMulticastRcv(br, null, skb)) {
    kfreeSkb(skb, DROP.IP_INHDR)
    return
  }
  const mdst = brMdbEntrySkbGet(br, skb)
  const known = mdst !== null || (skb.brFlags & BRCB_MROUTERS_ONLY) !== 0
  if (known && brMulticastQuerierExists(br, skb, mdst)) brMulticastFlood(mdst, skb, br, false)
  else brFlood(br, skb, BR_PKT_MULTICAST, false, true)
}

/** Tells a recorder of flows about a frame of `octets` for which there is an entry. */
const flowBridgeSends = (rec: FlowRecorder, br: Bridge, octets: number): void => {
  if (br.vlanEnabled) rec.fail()
  else rec.bridgeSends(br.dev, octets, br.gcAt)
}

/** The bridge's own host sends a frame (br_dev_xmit). */
export const brDevXmit = (skb: Skb, dev: NetDevice): number => {
  const br = dev.priv as Bridge
  if (skb.nfBridge !== null && brNfDevXmit(skb)) return NETDEV_TX_OK
  if (skb.tail - skb.data < ETH_HLEN) {
    kfreeSkb(skb, DROP.PKT_TOO_SMALL)
    return NETDEV_TX_OK
  }
  dev.stats.txPackets++
  dev.stats.txBytes += skb.tail - skb.data
  skb.brFlags = 0
  const o = skb.data
  const hi = macHiAt(skb.buf, o)
  const lo = macLoAt(skb.buf, o)
  skb.macHeader = o
  skb.data = o + ETH_HLEN
  if (br.gcAt <= br.world.sim.now) brFdbCatchUp(br)
  let vid = 0
  if (br.vlanEnabled) {
    vid = brAllowedIngress(br, br.vlgrp!, skb, BR_STATE_FORWARDING)
    if (vid < 0) return NETDEV_TX_OK
    vid &= VLAN_VID_MASK
  }
  if (br.neighSuppressEnabled && (skb.protocol === ETH_P_ARP || skb.protocol === ETH_P_RARP))
    brDoProxySuppressArp(br, null, skb)
  if (hi === 0xffff && lo === -1) brFlood(br, skb, BR_PKT_BROADCAST, false, true)
  else if ((hi & GROUP_BIT) !== 0) xmitMulticast(br, skb)
  else {
    const f = br.fdb.find(fdbKeyHi(hi, vid), lo)
    if (f === null) brFlood(br, skb, BR_PKT_UNICAST, false, true)
    else {
      if (skb.flowRec !== null) flowBridgeSends(skb.flowRec, br, skb.tail - o)
      brForward(f.dst, skb, false)
    }
  }
  return NETDEV_TX_OK
}
