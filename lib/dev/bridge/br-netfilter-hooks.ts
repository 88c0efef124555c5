/**
 * br_netfilter: lets bridged IPv4 frames pass IPv4's hooks, as if the bridge routed them.
 *
 * A frame of a port passes PRE_ROUTING with the bridge as its device, then, bridged, FORWARD and POST_ROUTING; one for the
 * bridge's own host goes on to IPv4, which does not ask PRE_ROUTING again. Where a translation at PRE_ROUTING has changed
 * the destination, routing decides: to a station of the same bridge it stays a frame, with another MAC; otherwise it is
 * for the host.
 *
 * In a namespace where nothing stands at IPv4's hooks only what they leave behind is done: broken packets end here, and
 * what is too long for its port leaves in fragments.
 *
 * Left out: IPv6, ARP, tagged and PPPoE frames, which pass by.
 *
 * @see net/bridge/br_netfilter_hooks.c, net/bridge/br_nf_core.c
 */
import { DROP } from '../../core/drop.js'
import { Dst } from '../../core/dst.js'
import {
  NF_BR_FORWARD,
  NF_BR_POST_ROUTING,
  NF_BR_PRE_ROUTING,
  NF_BR_PRI_BRNF,
  nfHookSlow,
  type OkFn,
} from '../../core/netfilter.js'
import { NfBridgeInfo, nfBridgeInfoGet } from '../../core/nf-bridge-info.js'
import type { NetDevice } from '../../core/netdev.js'
import { kfreeSkb, PACKET_HOST, PACKET_OTHERHOST, type Skb, skbCow } from '../../core/skb.js'
import { ipDoFragment } from '../../ip/fragment.js'
import { ipv4 } from '../../ip/ipv4.js'
import { neighOutput, NUD_CONNECTED } from '../../ip/neigh.js'
import { dstMtu, ipRouteInput } from '../../ip/route.js'
import { RTN_UNSPEC } from '../../ip/rtnetlink.js'
import { ETH_HLEN, ETH_P_IP } from '../../wire/ethernet.js'
import { IP_DF, IPV4_OK, ipv4Daddr, ipv4FragOff, ipv4Ihl, ipv4Ok, ipv4Saddr, ipv4TotLen } from '../../wire/ipv4.js'
import { putMacHalves } from '../../wire/mac.js'
import { BRCB_BRNF, type Bridge, type BridgePort } from './br-private.js'

/** The Ethernet header of the frame that is being put together, or cut. */
const MAC_HEADER: Uint8Array = new Uint8Array(ETH_HLEN)
/** Octets of an Ethernet header from the source MAC on. */
const SOURCE_AT = 6

const noWay: OkFn = skb => {
  kfreeSkb(skb, DROP.NOT_SPECIFIED)
  return 0
}

/** What stands for a route while a frame is bridged (bridge_parent_rtable). */
const fakeRtable = (br: Bridge): Dst => (br.fakeRtable ??= new Dst(br.dev, RTN_UNSPEC, 0, noWay, noWay))

/** Takes the stand-in for a route away (br_drop_fake_rtable). */
export const brDropFakeRtable = (br: Bridge, skb: Skb): void => {
  if (skb.dst !== null && skb.dst === br.fakeRtable) skb.dst = null
}

/** Is the IPv4 packet whole and right? Padding is cut off (br_validate_ipv4). */
const validateIpv4 = (skb: Skb): boolean => {
  const { buf: b, data: o } = skb
  if (ipv4Ok(b, o, skb.tail) !== IPV4_OK) return false
  skb.tail = o + ipv4TotLen(b, o)
  skb.networkHeader = o
  skb.transportHeader = o + ipv4Ihl(b, o)
  return true
}

/** Goes on with the bridge's own hook functions that come after br_netfilter (br_nf_hook_thresh). */
const hookThresh = (skb: Skb, hooknum: number, inDev: NetDevice | null, outDev: NetDevice | null, okfn: OkFn): void => {
  const entries = skb.netns.nf.bridge?.[hooknum] ?? null
  if (entries !== null) {
    const from = entries.ops.findIndex(ops => ops.priority > NF_BR_PRI_BRNF)
    if (from >= 0 && nfHookSlow(skb, entries, inDev, outDev, okfn, from) !== 1) return
  }
  okfn(skb)
}

/** Lets the bridge's own hook functions up to br_netfilter's place have a look; false when the frame is gone. */
export const brHookBefore = (
  skb: Skb,
  hooknum: number,
  inDev: NetDevice | null,
  outDev: NetDevice | null,
  okfn: OkFn,
): boolean => {
  const entries = skb.netns.nf.bridge?.[hooknum] ?? null
  if (entries === null) return true
  const after = entries.ops.findIndex(ops => ops.priority > NF_BR_PRI_BRNF)
  const to = after < 0 ? entries.ops.length : after
  return nfHookSlow(skb, entries, inDev, outDev, okfn, 0, to) === 1
}

/** As {@link brHookBefore} for a place where br_netfilter has nothing to do: all of them. */
export const brHookAll = (
  skb: Skb,
  hooknum: number,
  inDev: NetDevice | null,
  outDev: NetDevice | null,
  okfn: OkFn,
): boolean => {
  const entries = skb.netns.nf.bridge?.[hooknum] ?? null
  return entries === null || nfHookSlow(skb, entries, inDev, outDev, okfn) === 1
}

const portOf = (dev: NetDevice): BridgePort => dev.rxHandlerData as BridgePort

const handleFrameFinish: OkFn = skb => {
  portOf(skb.dev!).br.path.handleFrameFinish(skb)
  return 0
}

/**
 * A frame of a port before it is bridged (br_nf_pre_routing). True when the bridge goes on with it, as it is; false when it
 * is gone, or has gone on already.
 */
export const brNfPreRouting = (skb: Skb, p: BridgePort): boolean => {
  const { br } = p
  if (skb.vlanProto !== 0 || (br.brnf.callIptables | br.nfCallIptables) === 0) return true
  if (!validateIpv4(skb)) {
    kfreeSkb(skb, DROP.NETFILTER_DROP)
    return false
  }
  const { nf } = skb.netns
  if (nf.preRouting === null && nf.forward === null && nf.postRouting === null) {
    skb.brFlags |= BRCB_BRNF
    skb.dst = fakeRtable(br)
    return true
  }
  passPreRouting(skb, p)
  return false
}

const passPreRouting = (skb: Skb, p: BridgePort): void => {
  const { br } = p
  const info = new NfBridgeInfo()
  if (skb.pktType === PACKET_OTHERHOST) {
    skb.pktType = PACKET_HOST
    info.pktOtherhost = true
  }
  info.inPrerouting = true
  info.physindev = p.dev
  info.ipv4Daddr = ipv4Daddr(skb.buf, skb.data)
  skb.nfBridge = info
  skb.dev = br.dev
  skb.sk = null
  skb.fragMaxSize = 0
  // Of the fragments of a datagram the last one's header stays.
  MAC_HEADER.set(skb.buf.subarray(skb.macHeader, skb.macHeader + ETH_HLEN))
  const hooks = skb.netns.nf.preRouting
  if (hooks !== null && nfHookSlow(skb, hooks, br.dev, null, preRoutingFinish) !== 1) return
  skb.nfBridge = info
  if (skb.fragMaxSize !== 0) {
    skb.macHeader = skb.data - ETH_HLEN
    skb.buf.set(MAC_HEADER, skb.macHeader)
  }
  preRoutingFinish(skb)
}

/** Bridged or routed? The destination after PRE_ROUTING decides (br_nf_pre_routing_finish). */
const preRoutingFinish: OkFn = skb => {
  const info = nfBridgeInfoGet(skb)!
  const physindev = info.physindev!
  const { br } = portOf(physindev)
  info.fragMaxSize = skb.fragMaxSize
  if (info.pktOtherhost) {
    skb.pktType = PACKET_OTHERHOST
    info.pktOtherhost = false
  }
  info.inPrerouting = false
  const daddr = ipv4Daddr(skb.buf, skb.networkHeader)
  let okfn = handleFrameFinish
  if (daddr === info.ipv4Daddr) skb.dst = fakeRtable(br)
  else {
    if (skb.flowRec !== null) skb.flowRec.fail()
    const reason = ipRouteInput(skb, daddr, ipv4Saddr(skb.buf, skb.networkHeader), br.dev)
    if (reason !== 0) {
      kfreeSkb(skb, reason)
      return 0
    }
    if (skb.dst!.dev === br.dev) okfn = preRoutingFinishBridge
    else {
      skbCow(skb)
      putMacHalves(skb.buf, skb.macHeader, br.dev.addrHi, br.dev.addrLo)
      skb.pktType = PACKET_HOST
    }
  }
  skb.dev = physindev
  hookThresh(skb, NF_BR_PRE_ROUTING, physindev, null, okfn)
  return 0
}

/** The frame goes to another station of the same bridge, whose MAC may have to be asked for (br_nf_pre_routing_finish_bridge). */
const preRoutingFinishBridge: OkFn = skb => {
  const info = nfBridgeInfoGet(skb)!
  const { br } = portOf(info.physindev!)
  const { gateway } = skb.dst!
  const nexthop = gateway !== 0 ? gateway : ipv4Daddr(skb.buf, skb.networkHeader)
  const neigh = ipv4(skb.netns).neigh.create(br.dev, nexthop)
  if (neigh === null) {
    kfreeSkb(skb, DROP.NEIGH_CREATEFAIL)
    return 0
  }
  skbCow(skb)
  if (neigh.nudState & NUD_CONNECTED) {
    putMacHalves(skb.buf, skb.macHeader, neigh.haHi, neigh.haLo)
    skb.dev = info.physindev
    return handleFrameFinish(skb)
  }
  const from = skb.macHeader + SOURCE_AT
  info.neighHeader = skb.buf.slice(from, skb.macHeader + ETH_HLEN)
  info.bridgedDnat = true
  skb.dev = br.dev
  return neighOutput(neigh, skb)
}

/**
 * What the bridge's host sends: a frame that has come here only to get its MAC goes on as it was. True when it has
 * (br_nf_dev_xmit).
 */
export const brNfDevXmit = (skb: Skb): boolean => {
  const info = nfBridgeInfoGet(skb)
  if (info === null || !info.bridgedDnat) return false
  info.bridgedDnat = false
  skb.macHeader = skb.data
  skb.data += ETH_HLEN
  skb.buf.set(info.neighHeader!, skb.macHeader + SOURCE_AT)
  skb.dev = info.physindev
  info.physoutdev = null
  handleFrameFinish(skb)
  return true
}

/** A frame that is bridged to `skb.dev`, from `inDev`: takes it past FORWARD and sends it (br_nf_forward_ip). */
export const brNfForward = (skb: Skb, inDev: NetDevice): void => {
  const shared = nfBridgeInfoGet(skb)!
  // Each of several ports has notes of its own.
  const info = shared.copy()
  skb.nfBridge = info
  const out = skb.dev!
  if (skb.protocol !== ETH_P_IP || skb.vlanProto !== 0) return void forwardFinish(skb)
  if (skb.pktType === PACKET_OTHERHOST) {
    skb.pktType = PACKET_HOST
    info.pktOtherhost = true
  }
  if (!validateIpv4(skb)) {
    kfreeSkb(skb, DROP.NETFILTER_DROP)
    return
  }
  skb.fragMaxSize = info.fragMaxSize
  info.physoutdev = out
  const hooks = skb.netns.nf.forward
  const { dev } = portOf(out).br
  if (hooks !== null && nfHookSlow(skb, hooks, portOf(inDev).br.dev, dev, forwardFinish) !== 1) return
  forwardFinish(skb)
}

const forwardFinish: OkFn = skb => {
  const info = nfBridgeInfoGet(skb)!
  info.fragMaxSize = skb.fragMaxSize
  if (info.pktOtherhost) {
    skb.pktType = PACKET_OTHERHOST
    info.pktOtherhost = false
  }
  hookThresh(skb, NF_BR_FORWARD, info.physindev, skb.dev, brNfPostRouting)
  return 0
}

/** Takes a frame that is bridged past POST_ROUTING, and sends it (br_forward_finish, br_nf_post_routing). */
export const brNfPostRouting: OkFn = skb => {
  if (!brHookAll(skb, NF_BR_POST_ROUTING, null, skb.dev, brNfPostRouting)) return 0
  const info = nfBridgeInfoGet(skb)
  if (info === null || info.physoutdev === null || skb.protocol !== ETH_P_IP || skb.vlanProto !== 0)
    return pushXmit(skb)
  if (skb.pktType === PACKET_OTHERHOST) {
    skb.pktType = PACKET_HOST
    info.pktOtherhost = true
  }
  const hooks = skb.netns.nf.postRouting
  const { dev } = portOf(skb.dev!).br
  if (hooks !== null && nfHookSlow(skb, hooks, null, dev, devQueueXmitFinish) !== 1) return 0
  return devQueueXmitFinish(skb)
}

const pushXmit: OkFn = skb => {
  portOf(skb.dev!).br.path.devQueuePushXmit(skb)
  return 0
}

const devQueueXmitFinish: OkFn = skb => {
  const info = nfBridgeInfoGet(skb)!
  const limit = info.fragMaxSize
  if (info.pktOtherhost) {
    skb.pktType = PACKET_OTHERHOST
    info.pktOtherhost = false
  }
  const { mtu } = skb.dev!
  skb.nfBridge = null
  if (skb.tail - skb.data <= (limit !== 0 && limit < mtu ? limit : mtu)) return pushXmit(skb)
  skb.fragMaxSize = limit
  brNfFragment(skb)
  return 0
}

/**
 * Sends a packet that is too long for its port in fragments, if it lets; `skb.data` is at the IPv4 header
 * (br_nf_dev_queue_xmit, br_nf_ip_fragment).
 */
export const brNfFragment = (skb: Skb): void => {
  if (!validateIpv4(skb)) {
    kfreeSkb(skb, DROP.NOT_SPECIFIED)
    return
  }
  const { br } = portOf(skb.dev!)
  const dst = skb.dst ?? fakeRtable(br)
  const mtu = dst === br.fakeRtable ? br.dev.mtu : dstMtu(dst, false)
  const limit = skb.fragMaxSize
  const isDf = (ipv4FragOff(skb.buf, skb.data) & IP_DF) !== 0
  if ((isDf && !skb.ignoreDf) || limit > mtu) {
    kfreeSkb(skb, DROP.PKT_TOO_BIG)
    return
  }
  MAC_HEADER.set(skb.buf.subarray(skb.macHeader, skb.macHeader + ETH_HLEN))
  ipDoFragment(skb, dst, limit !== 0 && limit < mtu ? limit : mtu, pushFragXmit)
}

const pushFragXmit: OkFn = skb => {
  skb.macHeader = skb.data - ETH_HLEN
  skb.buf.set(MAC_HEADER, skb.macHeader)
  skb.nfBridge = null
  skb.fragMaxSize = 0
  return pushXmit(skb)
}
