/**
 * MASQUERADE: the source becomes the address of the device that a packet leaves by, and the connection ends with it.
 *
 * @see net/netfilter/nf_nat_masquerade.c
 */
import { NF_ACCEPT, NF_DROP } from '../../core/netfilter.js'
import type { NetDevice } from '../../core/netdev.js'
import { NETDEV_DOWN } from '../../core/notifier.js'
import type { Skb } from '../../core/skb.js'
import { type IfAddr, inetSelectAddr } from '../../ip/in-device.js'
import { RT_SCOPE_UNIVERSE } from '../../ip/rtnetlink.js'
import { ipv4Daddr } from '../../wire/ipv4.js'
import { nfCtGet } from '../conntrack/nf-conn.js'
import { nfCtIterateCleanupNet } from '../conntrack/nf-conntrack-entry.js'
import { nfConntrack, type NfConntrackNet } from '../conntrack/nf-conntrack-net.js'
import { nfNatSetupInfo } from './nf-nat-core.js'
import { NF_NAT_MANIP_SRC, type NfNatRange, OneAddressRange } from './nf-nat-range.js'

const RANGE = new OneAddressRange()

/** Decides the source of a connection by the device `out`; the verdict (nf_nat_masquerade_ipv4). */
export const nfNatMasqueradeIpv4 = (skb: Skb, range: NfNatRange, out: NetDevice): number => {
  const ct = nfCtGet(skb)
  if (ct === null || ct.origSrc === 0) return NF_ACCEPT
  const { gateway } = skb.dst!
  const nexthop = gateway !== 0 ? gateway : ipv4Daddr(skb.buf, skb.networkHeader)
  const source = inetSelectAddr(out, nexthop, RT_SCOPE_UNIVERSE)
  if (source === 0) return NF_DROP
  ct.masqIndex = out.ifindex
  return nfNatSetupInfo(ct, RANGE.set(range, source), NF_NAT_MANIP_SRC)
}

const cleanup = (cnet: NfConntrackNet, ifindex: number, address: number | null): void => {
  nfCtIterateCleanupNet(cnet, ct => ct.masqIndex === ifindex && (address === null || ct.replDst === address))
}

/** A device went down: its masqueraded connections are forgotten, by a worker (masq_device_event). */
export const masqDeviceEvent = (event: number, dev: NetDevice): void => {
  if (event !== NETDEV_DOWN) return
  const cnet = nfConntrack(dev.netns)
  if (cnet.table.count === 0) return
  const { ifindex } = dev
  dev.netns.world.sim.task(() => cleanup(cnet, ifindex, null), null, 'masq_device_event')
}

/** An address was taken away: so are the connections that have it (masq_inet_event). */
export const masqInetEvent = (ifa: IfAddr): void => {
  const { dev, dead } = ifa.inDev
  if (dead) return
  const cnet = nfConntrack(dev.netns)
  if (cnet.table.count === 0) return
  const { ifindex } = dev
  const { address } = ifa
  dev.netns.world.sim.task(() => cleanup(cnet, ifindex, address), null, 'masq_inet_event')
}
