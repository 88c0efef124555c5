/**
 * What the network of a cloud enforces at each interface, as hook functions of the router's bridges and of its IPv4.
 *
 * A frame that a machine sends must come from its own MAC and carry IPv4 to one machine, or ARP; its source address must be
 * the interface's own while the check of the interface is on (VPC_SOURCE_CHECK). A packet reaches an interface only when it is
 * for one of its addresses while the check is on (VPC_DEST_CHECK). And the router is no hop: the TTL stays as it is.
 *
 * @see Amazon VPC User Guide, "Source/destination checks"; Google Cloud, "Enable IP forwarding for instances"
 */
import { DROP } from '../core/drop.js'
import {
  NF_ACCEPT,
  NF_BR_POST_ROUTING,
  NF_BR_PRE_ROUTING,
  NF_BR_PRI_FIRST,
  NF_BR_PRI_LAST,
  NF_INET_FORWARD,
  NF_INET_PRE_ROUTING,
  NF_IP_PRI_FIRST,
  NFPROTO_BRIDGE,
  NFPROTO_IPV4,
  type NfHookFn,
  nfDropReason,
  nfRegisterNetHooks,
} from '../core/netfilter.js'
import type { NetDevice } from '../core/netdev.js'
import type { Netns } from '../core/netns.js'
import { type Skb, skbCow } from '../core/skb.js'
import { ETH_P_ARP, ETH_P_IP, ethSrcOff } from '../wire/ethernet.js'
import { IPV4_HLEN, ipv4Daddr, ipv4Saddr, ipv4Ttl, putIpv4Ttl } from '../wire/ipv4.js'
import { isMacAt, isMulticastAt } from '../wire/mac.js'
import type { Nic } from './nic.js'

/** Mark of a packet whose TTL is as it is to be once the router has decremented it. */
const TTL_IS_RAISED = 0x10000
const NO_ERRNO = 0

/** The interfaces of a router by the ifindex of their ports. */
export class VpcFilter {
  readonly #nics: (Nic | null)[] = []

  constructor(netns: Netns) {
    const op = (pf: number, hooknum: number, priority: number, hook: NfHookFn) => ({
      pf,
      hooknum,
      priority,
      hook,
      priv: this,
    })
    nfRegisterNetHooks(netns, [
      op(NFPROTO_BRIDGE, NF_BR_PRE_ROUTING, NF_BR_PRI_FIRST, vpcSends),
      op(NFPROTO_BRIDGE, NF_BR_POST_ROUTING, NF_BR_PRI_LAST, vpcReceives),
      op(NFPROTO_IPV4, NF_INET_PRE_ROUTING, NF_IP_PRI_FIRST, raiseLastTtl),
      op(NFPROTO_IPV4, NF_INET_FORWARD, NF_IP_PRI_FIRST, restoreTtl),
    ])
  }

  /** Enforces at a port what is allowed to this interface. */
  add(nic: Nic): void {
    const { ifindex } = nic.port
    while (this.#nics.length <= ifindex) this.#nics.push(null)
    this.#nics[ifindex] = nic
  }

  /** Forgets an interface. */
  remove(nic: Nic): void {
    this.#nics[nic.port.ifindex] = null
  }

  /** The interface behind a port; null for other devices. */
  at(port: NetDevice | null): Nic | null {
    return port === null || port.ifindex >= this.#nics.length ? null : this.#nics[port.ifindex]!
  }
}

/** A frame comes from a machine. */
const vpcSends: NfHookFn = (skb, state, priv) => {
  const nic = (priv as VpcFilter).at(state.inDev)
  if (nic === null) return NF_ACCEPT
  const { buf, macHeader, data } = skb
  if (!isMacAt(buf, ethSrcOff(macHeader), nic.mac)) return nfDropReason(skb, DROP.MAC_INVALID_SOURCE, NO_ERRNO)
  if (skb.protocol === ETH_P_ARP) return NF_ACCEPT
  if (skb.protocol !== ETH_P_IP) return nfDropReason(skb, DROP.UNHANDLED_PROTO, NO_ERRNO)
  if (isMulticastAt(buf, macHeader)) return nfDropReason(skb, DROP.VPC_NOT_UNICAST, NO_ERRNO)
  if (skb.tail - data < IPV4_HLEN) return nfDropReason(skb, DROP.PKT_TOO_SMALL, NO_ERRNO)
  if (nic.forwards || nic.owns(ipv4Saddr(buf, data))) return NF_ACCEPT
  return nfDropReason(skb, DROP.VPC_SOURCE_CHECK, NO_ERRNO)
}

/** A frame is about to reach a machine. */
const vpcReceives: NfHookFn = (skb, state, priv) => {
  const nic = (priv as VpcFilter).at(state.outDev)
  if (nic === null || nic.forwards || skb.protocol !== ETH_P_IP || nic.owns(ipv4Daddr(skb.buf, skb.data)))
    return NF_ACCEPT
  return nfDropReason(skb, DROP.VPC_DEST_CHECK, NO_ERRNO)
}

const setTtl = (skb: Skb, ttl: number): void => {
  skbCow(skb)
  putIpv4Ttl(skb.buf, skb.data, ttl)
}

/** Lets the router's kernel forward a packet on its last hop. */
const raiseLastTtl: NfHookFn = skb => {
  if (ipv4Ttl(skb.buf, skb.data) === 1) {
    setTtl(skb, 2)
    skb.mark = TTL_IS_RAISED
  }
  return NF_ACCEPT
}

/** Takes back that the router's kernel has decremented the TTL. */
const restoreTtl: NfHookFn = skb => {
  if (skb.mark === TTL_IS_RAISED) skb.mark = 0
  else setTtl(skb, ipv4Ttl(skb.buf, skb.data) + 1)
  return NF_ACCEPT
}
