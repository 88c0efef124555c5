/**
 * What br_netfilter notes about a frame that came in by a port of a bridge.
 *
 * @see include/linux/skbuff.h struct nf_bridge_info, include/linux/netfilter_bridge.h
 */
import type { NetDevice } from './netdev.js'
import type { Skb } from './skb.js'

/** Notes about one frame; `skb.nfBridge` holds it. */
export class NfBridgeInfo {
  /** Port that it came in by, and the one that it is to leave by. */
  physindev: NetDevice | null = null
  physoutdev: NetDevice | null = null
  /** It was for another MAC before the hooks were told otherwise. */
  pktOtherhost = false
  /** It is at PRE_ROUTING for the first time. */
  inPrerouting = false
  /** Its destination was translated to another station of the bridge, whose MAC is being asked for. */
  bridgedDnat = false
  /** Destination address before PRE_ROUTING, int32. */
  ipv4Daddr = 0
  /** Longest fragment that it was put together from, 0 for none. */
  fragMaxSize = 0
  /** Source MAC and EtherType as they were: octets 6 to 14 of the frame. */
  neighHeader: Uint8Array | null = null
  /** IPv4's PRE_ROUTING has been passed over once. */
  sabotageInDone = false

  /** The same notes in an object of their own (nf_bridge_unshare). */
  copy(): NfBridgeInfo {
    return Object.assign(new NfBridgeInfo(), this)
  }
}

/**
 * Has a packet that came through a bridge passed PRE_ROUTING there? It is passed over then, once (ip_sabotage_in).
 */
export const ipSabotageIn = (skb: Skb): boolean => {
  const info = skb.nfBridge as NfBridgeInfo
  if (info.sabotageInDone || info.inPrerouting) return false
  info.sabotageInDone = true
  return true
}

/** Notes about a frame, or null (nf_bridge_info_get). */
export const nfBridgeInfoGet = (skb: Skb): NfBridgeInfo | null => skb.nfBridge as NfBridgeInfo | null

/** Port of a bridge that the packet came in by, or null (nf_bridge_get_physindev). */
export const nfBridgePhysindev = (skb: Skb): NetDevice | null => nfBridgeInfoGet(skb)?.physindev ?? null

/** Port of a bridge that it is to leave by, or null (nf_bridge_get_physoutdev). */
export const nfBridgePhysoutdev = (skb: Skb): NetDevice | null => nfBridgeInfoGet(skb)?.physoutdev ?? null
