/**
 * One neighbour entry and its state machine: NONE, INCOMPLETE, REACHABLE, STALE, DELAY, PROBE, FAILED, NOARP, PERMANENT.
 *
 * @see net/core/neighbour.c
 */
import { devQueueXmit } from '../core/dev-tx.js'
import { DROP } from '../core/drop.js'
import { flowFlush } from '../core/flow-genid.js'
import type { FlowRecorder } from '../core/flow-recorder.js'
import type { NetDevice } from '../core/netdev.js'
import { kfreeSkb, type Skb, skbPush } from '../core/skb.js'
import { extackError } from '../errors.js'
import { NSEC_PER_MSEC, NSEC_PER_SEC } from '../sim/time.js'
import { Timer } from '../sim/timer.js'
import { ETH_HLEN } from '../wire/ethernet.js'
import { formatIpv4 } from '../wire/ip.js'
import { macHi, macLo } from '../wire/mac.js'
import {
  APP_PROBES,
  BASE_REACHABLE_TIME,
  MCAST_PROBES,
  MCAST_REPROBES,
  type NeighParms,
  QUEUE_LEN_BYTES,
  UCAST_PROBES,
} from './neigh-parms.js'
import type { NeighTable } from './neigh-table.js'
import {
  NUD_DELAY,
  NUD_FAILED,
  NUD_INCOMPLETE,
  NUD_NOARP,
  NUD_NONE,
  NUD_PERMANENT,
  NUD_PROBE,
  NUD_REACHABLE,
  NUD_STALE,
} from './rtnetlink.js'
import { skbTruesize } from './truesize.js'

export const NUD_IN_TIMER: number = NUD_INCOMPLETE | NUD_REACHABLE | NUD_DELAY | NUD_PROBE
export const NUD_VALID: number = NUD_PERMANENT | NUD_NOARP | NUD_REACHABLE | NUD_PROBE | NUD_STALE | NUD_DELAY
export const NUD_CONNECTED: number = NUD_PERMANENT | NUD_NOARP | NUD_REACHABLE

export const NEIGH_UPDATE_F_OVERRIDE = 0x01
export const NEIGH_UPDATE_F_WEAK_OVERRIDE = 0x02
export const NEIGH_UPDATE_F_USE = 0x10000000
export const NEIGH_UPDATE_F_ADMIN: number = 0x80000000 | 0

/** Shortest time between two runs of an entry's timer. */
const MIN_TIMER_NS = 10 * NSEC_PER_MSEC

/** A neighbour: the link-layer address of an IPv4 address on a device (struct neighbour). */
export class Neighbour {
  readonly table: NeighTable
  readonly dev: NetDevice
  readonly parms: NeighParms
  /** IPv4 address; 0 for the one entry of a loopback device. */
  readonly primaryKey: number
  /** Link-layer address, when the state is valid. */
  ha = 0
  nudState: number = NUD_NONE
  /** RTN_* of the address when the entry was made. */
  type = 0
  /** NTF_*. */
  flags = 0
  protocol = 0
  probes = 0
  used: number
  confirmed: number
  updated: number
  /** Unlinked from the table; users look it up anew. */
  dead = false
  /** Packets that wait for the address. */
  readonly arpQueue: Skb[] = []
  arpQueueLenBytes = 0
  /** Upper 16 and lower 32 bits of {@link ha}. */
  haHi = 0
  haLo = 0
  readonly timer: Timer<Neighbour, Skb>

  constructor(table: NeighTable, dev: NetDevice, parms: NeighParms, primaryKey: number) {
    const { sim } = table.netns.world
    this.table = table
    this.dev = dev
    this.parms = parms
    this.primaryKey = primaryKey
    this.used = sim.now
    this.updated = sim.now
    this.confirmed = sim.now - 2 * parms.data[BASE_REACHABLE_TIME]! * NSEC_PER_MSEC
    this.timer = new Timer<Neighbour, Skb>(
      sim,
      neighTimerHandler,
      this,
      `neighbour ${formatIpv4(primaryKey)} dev ${dev}`,
    )
  }

  get now(): number {
    return this.table.netns.world.sim.now
  }

  /** Sets the link-layer address. */
  setHa(mac: number): void {
    this.ha = mac
    this.haHi = macHi(mac)
    this.haLo = macLo(mac)
  }
}

/** Only the address of a connected neighbour stands as it is for the next packets, too. */
const flowNeigh = (rec: FlowRecorder, neigh: Neighbour): void => {
  const { hardHeaderLen } = neigh.dev
  if (neigh.nudState & NUD_CONNECTED && (hardHeaderLen === ETH_HLEN || hardHeaderLen === 0)) rec.resolved()
  else rec.fail()
}

/** Sends an IPv4 packet to a neighbour whose address is known or being asked for. `skb.data` is at the IP header. */
export const neighOutput = (neigh: Neighbour, skb: Skb): number => {
  if (skb.flowRec !== null) flowNeigh(skb.flowRec, neigh)
  if (!(neigh.nudState & NUD_CONNECTED) && neighEventSend(neigh, skb)) return 0
  if (neigh.dev.hardHeaderLen === 0) return devQueueXmit(skb)
  const at = skbPush(skb, ETH_HLEN)
  const b = skb.buf
  // Written out because this is most of what a hop does: a loop over a cached header costs four times as much.
  const { haHi, haLo, dev } = neigh
  const { addrHi, addrLo } = dev
  b[at] = haHi >> 8
  b[at + 1] = haHi
  b[at + 2] = haLo >> 24
  b[at + 3] = haLo >> 16
  b[at + 4] = haLo >> 8
  b[at + 5] = haLo
  b[at + 6] = addrHi >> 8
  b[at + 7] = addrHi
  b[at + 8] = addrLo >> 24
  b[at + 9] = addrLo >> 16
  b[at + 10] = addrLo >> 8
  b[at + 11] = addrLo
  b[at + 12] = skb.protocol >> 8
  b[at + 13] = skb.protocol
  return devQueueXmit(skb)
}

/**
 * Makes an entry that is about to be used valid (neigh_event_send). False: send now. True: the skb was taken, to wait
 * for the answer or because the neighbour cannot be reached.
 */
export const neighEventSend = (neigh: Neighbour, skb: Skb | null): boolean => {
  const { now } = neigh
  neigh.used = now
  if (neigh.nudState & (NUD_CONNECTED | NUD_DELAY | NUD_PROBE)) return false
  if (neigh.dead) {
    if (skb !== null) kfreeSkb(skb, DROP.NEIGH_DEAD)
    return true
  }
  const { sim } = neigh.table.netns.world
  let probeNow = false
  if (neigh.nudState & NUD_STALE) {
    neigh.nudState = NUD_DELAY
    neigh.updated = now
    neigh.timer.mod(neigh.parms.delayProbeNs)
    return false
  }
  if (!(neigh.nudState & NUD_INCOMPLETE)) {
    if (!startResolving(neigh, now)) {
      if (skb !== null) kfreeSkb(skb, DROP.NEIGH_FAILED)
      return true
    }
    probeNow = true
  }
  sim.bhDisable()
  if (skb !== null) enqueue(neigh, skb)
  if (probeNow) neighProbe(neigh)
  sim.bhEnable()
  return true
}

const startResolving = (neigh: Neighbour, now: number): boolean => {
  const { parms } = neigh
  neigh.updated = now
  if (parms.data[MCAST_PROBES]! + parms.data[APP_PROBES]! === 0) {
    neigh.nudState = NUD_FAILED
    return false
  }
  neigh.probes = parms.data[UCAST_PROBES]!
  neigh.nudState = NUD_INCOMPLETE
  neigh.timer.mod(Math.max(parms.retransNs, MIN_TIMER_NS))
  return true
}

const enqueue = (neigh: Neighbour, skb: Skb): void => {
  const limit = neigh.parms.data[QUEUE_LEN_BYTES]!
  const size = skbTruesize(skb)
  while (neigh.arpQueueLenBytes + size > limit) {
    const oldest = neigh.arpQueue.shift()
    if (oldest === undefined) break
    neigh.arpQueueLenBytes -= skbTruesize(oldest)
    kfreeSkb(oldest, DROP.NEIGH_QUEUEFULL)
  }
  neigh.arpQueue.push(skb)
  neigh.arpQueueLenBytes += size
}

const purgeQueue = (neigh: Neighbour, reason: number): void => {
  for (let skb = neigh.arpQueue.shift(); skb !== undefined; skb = neigh.arpQueue.shift()) kfreeSkb(skb, reason)
  neigh.arpQueueLenBytes = 0
}

const neighProbe = (neigh: Neighbour): void => {
  neigh.table.solicit(neigh, neigh.arpQueue[neigh.arpQueue.length - 1] ?? null)
  neigh.probes++
}

const maxProbes = (neigh: Neighbour): number => {
  const { data } = neigh.parms
  const multicast = neigh.nudState & NUD_PROBE ? data[MCAST_REPROBES]! : data[MCAST_PROBES]!
  return data[UCAST_PROBES]! + data[APP_PROBES]! + multicast
}

/** Next state of an entry whose timer ran; returns when the timer is due again (neigh_timer_handler). */
const nextState = (neigh: Neighbour, now: number): number => {
  const { parms } = neigh
  if (neigh.nudState & NUD_REACHABLE) {
    if (now <= neigh.confirmed + parms.reachableTimeNs) return neigh.confirmed + parms.reachableTimeNs
    neigh.updated = now
    if (now <= neigh.used + parms.delayProbeNs) {
      neigh.nudState = NUD_DELAY
      return now + parms.delayProbeNs
    }
    neigh.nudState = NUD_STALE
    return now + NSEC_PER_SEC
  }
  if (neigh.nudState & NUD_DELAY) {
    neigh.updated = now
    if (now <= neigh.confirmed + parms.delayProbeNs) {
      neigh.nudState = NUD_REACHABLE
      return neigh.confirmed + parms.reachableTimeNs
    }
    neigh.nudState = NUD_PROBE
    neigh.probes = 0
  }
  return now + Math.max(parms.retransNs, MIN_TIMER_NS)
}

const neighTimerHandler = (neigh: Neighbour): void => {
  if (!(neigh.nudState & NUD_IN_TIMER)) return
  const { now, nudState: old } = neigh
  const next = nextState(neigh, now)
  if (neigh.nudState !== old) flowFlush(neigh.dev.netns)
  if (neigh.nudState & (NUD_INCOMPLETE | NUD_PROBE) && neigh.probes >= maxProbes(neigh)) {
    neigh.nudState = NUD_FAILED
    neighInvalidate(neigh)
    return
  }
  if (neigh.nudState & NUD_IN_TIMER) neigh.timer.mod(Math.max(next - now, MIN_TIMER_NS))
  if (neigh.nudState & (NUD_INCOMPLETE | NUD_PROBE)) neighProbe(neigh)
}

/** Reports the failure to the senders of the packets that waited (neigh_invalidate). */
const neighInvalidate = (neigh: Neighbour): void => {
  neigh.updated = neigh.now
  while (neigh.nudState === NUD_FAILED) {
    const skb = neigh.arpQueue.shift()
    if (skb === undefined) break
    neigh.table.errorReport(neigh, skb)
  }
  purgeQueue(neigh, DROP.NEIGH_FAILED)
}

/** Takes an entry out of use; the table has unlinked it. */
export const neighMarkDead = (neigh: Neighbour): void => {
  neigh.timer.del()
  neigh.dead = true
  flowFlush(neigh.dev.netns)
  purgeQueue(neigh, DROP.NEIGH_DEAD)
  neigh.nudState = neigh.nudState & NUD_VALID ? NUD_NOARP : NUD_NONE
}

/** True when the new state or address may be taken over; may turn `next` into the old state. */
const mayOverride = (neigh: Neighbour, isNew: boolean, next: number, flags: number): number => {
  const old = neigh.nudState
  if (!(old & NUD_VALID)) return next
  if (isNew && !(flags & NEIGH_UPDATE_F_OVERRIDE)) {
    return flags & NEIGH_UPDATE_F_WEAK_OVERRIDE && old & NUD_CONNECTED ? NUD_STALE : -1
  }
  return !isNew && next === NUD_STALE && !(flags & NEIGH_UPDATE_F_ADMIN) ? old : next
}

/**
 * Changes state and address of an entry (neigh_update). `lladdr` null keeps the address. With NEIGH_UPDATE_F_ADMIN it
 * throws EINVAL when a valid state is asked for and no address is known; otherwise such updates are ignored.
 */
export const neighUpdate = (neigh: Neighbour, lladdr: number | null, state: number, flags: number): void => {
  const old = neigh.nudState
  const { now } = neigh
  if (neigh.dead || (!(flags & NEIGH_UPDATE_F_ADMIN) && old & (NUD_NOARP | NUD_PERMANENT))) return
  if (flags & NEIGH_UPDATE_F_USE) {
    flowFlush(neigh.dev.netns)
    neigh.nudState = old & ~NUD_PERMANENT
    return
  }
  if (!(state & NUD_VALID)) return invalidateTo(neigh, state)
  if (lladdr === null && !(old & NUD_VALID)) {
    if (flags & NEIGH_UPDATE_F_ADMIN) throw extackError('EINVAL', 'No link layer address given')
    return
  }
  const ha = lladdr ?? neigh.ha
  const isNew = !(old & NUD_VALID) || ha !== neigh.ha
  if (state & NUD_CONNECTED) neigh.confirmed = now
  const next = mayOverride(neigh, isNew, state, flags)
  if (next < 0) return
  const takesAddress = isNew && !(old & NUD_VALID && ha !== neigh.ha && !(flags & NEIGH_UPDATE_F_OVERRIDE))
  if (next !== old || takesAddress) {
    neigh.updated = now
    flowFlush(neigh.dev.netns)
  }
  if (next !== old) enterState(neigh, next)
  if (takesAddress) {
    neigh.setHa(ha)
    if (!(next & NUD_CONNECTED)) neigh.confirmed = now - 2 * neigh.parms.data[BASE_REACHABLE_TIME]! * NSEC_PER_MSEC
  }
  if (next !== old && !(old & NUD_VALID)) sendQueue(neigh)
}

const invalidateTo = (neigh: Neighbour, state: number): void => {
  const old = neigh.nudState
  neigh.timer.del()
  neigh.nudState = state
  flowFlush(neigh.dev.netns)
  if (old & (NUD_INCOMPLETE | NUD_PROBE) && state & NUD_FAILED) neighInvalidate(neigh)
}

const enterState = (neigh: Neighbour, state: number): void => {
  neigh.timer.del()
  if (state & NUD_PROBE) neigh.probes = 0
  if (state & NUD_IN_TIMER) {
    // What confirms an entry counts as use of it (neigh_add_timer).
    neigh.used = Math.max(neigh.used, neigh.confirmed)
    neigh.timer.mod(state & NUD_REACHABLE ? neigh.parms.reachableTimeNs : 0)
  }
  neigh.nudState = state
}

const sendQueue = (neigh: Neighbour): void => {
  while (neigh.nudState & NUD_VALID) {
    const skb = neigh.arpQueue.shift()
    if (skb === undefined) break
    neigh.arpQueueLenBytes -= skbTruesize(skb)
    neighOutput(neigh, skb)
  }
  purgeQueue(neigh, DROP.NEIGH_FAILED)
}
