/**
 * The transmit side of a device.
 *
 * @see net/core/dev.c __dev_queue_xmit, dev_hard_start_xmit, validate_xmit_skb
 */
import { errnoNumber } from '../errors.js'
import { deliverToTaps } from './dev-rx.js'
import { DROP } from './drop.js'
import { IFF_UP, NETIF_F_HW_CSUM, QDISC_NOQUEUE } from './netdev.js'
import { CHECKSUM_PARTIAL, kfreeSkb, type Skb, skbChecksumHelp } from './skb.js'
import { validateXmitVlan } from './skb-vlan.js'

/** The noop qdisc's answer: congestion, which senders take for success. */
export const NET_XMIT_CN = 2

const ENETDOWN = errnoNumber('ENETDOWN')

/**
 * Sends a packet by `skb.dev`; `skb.data` is at the link-layer header. Owns the skb. Returns 0, a NET_XMIT code or a
 * negative errno. Outside softirq it returns after the machine has handled everything that the packet caused.
 */
export const devQueueXmit = (skb: Skb): number => {
  const sim = skb.netns.world.sim
  sim.bhDisable()
  const rc = xmit(skb)
  sim.bhEnable()
  return rc
}

const xmit = (skb: Skb): number => {
  const dev = skb.dev!
  if (dev.qdisc !== QDISC_NOQUEUE) {
    dev.stats.txDropped++
    kfreeSkb(skb, DROP.QDISC_DROP)
    return NET_XMIT_CN
  }
  if ((dev.flags & IFF_UP) === 0) {
    dev.stats.txDropped++
    kfreeSkb(skb, DROP.DEV_READY)
    return -ENETDOWN
  }
  if (skb.vlanProto !== 0) validateXmitVlan(skb, dev)
  if (skb.ipSummed === CHECKSUM_PARTIAL && (dev.features & NETIF_F_HW_CSUM) === 0) skbChecksumHelp(skb)
  skb.macHeader = skb.data
  if (dev.taps !== null) deliverToTaps(skb, dev, true)
  return dev.ops.startXmit(skb, dev)
}

/** NET_XMIT code as the errno that a sender is given: drops are ENOBUFS (net_xmit_errno). */
export const netXmitErrno = (rc: number): number => (rc === NET_XMIT_CN ? 0 : -errnoNumber('ENOBUFS'))
