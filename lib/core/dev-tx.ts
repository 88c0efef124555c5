/**
 * The transmit side of a device.
 *
 * @see net/core/dev.c __dev_queue_xmit, dev_hard_start_xmit, validate_xmit_skb
 */
import { errnoNumber } from '../errors.js'
import { deliverToTaps } from './dev-rx.js'
import { DROP } from './drop.js'
import { IFF_UP, type NetDevice, NETIF_F_HW_CSUM, NETIF_F_TSO } from './netdev.js'
import { NET_XMIT_CN, NET_XMIT_SUCCESS, type Qdisc } from './qdisc.js'
import { skbGsoSegments, skbGsoWireLen } from './gso.js'
import { CHECKSUM_PARTIAL, kfreeSkb, type Skb, skbChecksumHelp } from './skb.js'
import { validateXmitVlan } from './skb-vlan.js'

export { NET_XMIT_CN } from './qdisc.js'

const ENETDOWN = errnoNumber('ENETDOWN')
/** Bits of a NET_XMIT code that tell the sender something (NET_XMIT_MASK). */
const NET_XMIT_MASK = 0x0f

/**
 * Sends a packet by `skb.dev`; `skb.data` is at the link-layer header. Owns the skb. Returns 0, a NET_XMIT code or a
 * negative errno. Outside softirq it returns after the machine has handled everything that the packet caused.
 */
export const devQueueXmit = (skb: Skb): number => {
  const sim = skb.netns.world.sim
  sim.bhDisable()
  const rc = devXmit(skb)
  sim.bhEnable()
  return rc
}

/** As {@link devQueueXmit} where the backlog is held back already. */
export const devXmit = (skb: Skb): number => {
  const dev = skb.dev!
  const q = dev.qdisc
  if (q !== null) return devXmitSkb(skb, q, dev)
  if ((dev.flags & IFF_UP) === 0) return isDown(skb, dev)
  if (skb.vlanProto !== 0) validateXmitVlan(skb, dev)
  if (skb.gsoSize !== 0 && (dev.features & NETIF_F_TSO) === 0) return xmitSegments(skb, dev)
  if (skb.ipSummed === CHECKSUM_PARTIAL && (dev.features & NETIF_F_HW_CSUM) === 0) skbChecksumHelp(skb)
  skb.macHeader = skb.data
  if (dev.taps !== null) deliverToTaps(skb, dev, true)
  if (skb.flowRec !== null) skb.flowRec.transmits(dev)
  return dev.ops.startXmit(skb, dev)
}

/** Cuts a packet that the device cannot, and gives it the pieces (validate_xmit_skb_list). Answers for the last one. */
const xmitSegments = (skb: Skb, dev: NetDevice): number => {
  let rc = 0
  for (const segment of skbGsoSegments(skb)) rc = xmitOne(segment, dev)
  return rc
}

const xmitOne = (skb: Skb, dev: NetDevice): number => {
  if (skb.ipSummed === CHECKSUM_PARTIAL && (dev.features & NETIF_F_HW_CSUM) === 0) skbChecksumHelp(skb)
  skb.macHeader = skb.data
  if (dev.taps !== null) deliverToTaps(skb, dev, true)
  return dev.ops.startXmit(skb, dev)
}

const isDown = (skb: Skb, dev: NetDevice): number => {
  dev.stats.txDropped++
  kfreeSkb(skb, DROP.DEV_READY)
  return -ENETDOWN
}

/** Sends through a qdisc; one that is empty and may be passed by only counts (__dev_xmit_skb). */
const devXmitSkb = (skb: Skb, q: Qdisc, dev: NetDevice): number => {
  skb.macHeader = skb.data
  if (skb.flowRec !== null) skb.flowRec.queues(skb, dev)
  if (q.canBypass && q.qlen === 0 && !q.running) {
    q.bytes += skb.gsoSize === 0 ? skb.tail - skb.data : skbGsoWireLen(skb)
    q.packets += skb.gsoSize === 0 ? 1 : skb.gsoSegs
    q.running = true
    devHardStartXmit(skb, dev)
    q.running = false
    if (q.qlen > 0) qdiscRun(q)
    return NET_XMIT_SUCCESS
  }
  const rc = q.ops.enqueue!(skb, q)
  if (q.qlen > 0) qdiscRun(q)
  return rc & NET_XMIT_MASK
}

/** Gives a packet to its device, which the captures see (validate_xmit_skb, dev_hard_start_xmit). */
const devHardStartXmit = (skb: Skb, dev: NetDevice): void => {
  if (skb.gsoSize !== 0 && (dev.features & NETIF_F_TSO) === 0) {
    xmitSegments(skb, dev)
    return
  }
  if (skb.ipSummed === CHECKSUM_PARTIAL && (dev.features & NETIF_F_HW_CSUM) === 0) skbChecksumHelp(skb)
  skb.macHeader = skb.data
  if (dev.taps !== null) deliverToTaps(skb, dev, true)
  dev.ops.startXmit(skb, dev)
}

/** Packets that one run of a qdisc sends before it lets others have their turn (dev_tx_weight). */
const DEV_TX_WEIGHT = 64

/** Sends what the qdisc lets go now (qdisc_run). Nothing happens while somebody does so already. */
export const qdiscRun = (q: Qdisc): void => {
  if (q.running) return
  q.running = true
  for (let quota = DEV_TX_WEIGHT; quota > 0; quota--) {
    const skb = q.ops.dequeue(q)
    if (skb === null) {
      q.running = false
      return
    }
    devHardStartXmit(skb, skb.dev!)
  }
  q.running = false
  netifSchedule(q)
}

/** Lets the qdisc go on when what it has sent so far was received (__netif_schedule). */
const netifSchedule = (q: Qdisc): void => {
  if (q.scheduled || q.dev === null) return
  q.scheduled = true
  q.dev.netns.world.sim.tasklet(txAction, q, 'qdisc')
}

const txAction = (q: Qdisc): void => {
  q.scheduled = false
  qdiscRun(q)
}

/** NET_XMIT code as the errno that a sender is given: drops are ENOBUFS (net_xmit_errno). */
export const netXmitErrno = (rc: number): number => (rc === NET_XMIT_CN ? 0 : -errnoNumber('ENOBUFS'))
