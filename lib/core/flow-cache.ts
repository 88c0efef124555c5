/**
 * The flow cache: packets of a flow take the way that an earlier one took, without asking every layer again.
 *
 * Where the backlog would be handled, where a program has written to a tun, and where a UDP socket has a route for what it
 * sends, a packet is looked up by its first octets. The stage that is found moves counters and times as the long way does
 * and leaves the packet where that would leave it: in a socket, before a qdisc, or due to be received by the next device.
 * When nothing else is due before, the next stage follows at once.
 *
 * Frames, their order, counters and drops do not depend on the cache; `createWorld({ flowCache: false })` does without.
 * What is exceptional takes the long way: fragments, options, a wrong checksum, a packet that is too long, a capture on a
 * device of the stage. A flow is recorded when it has come some times: most never do.
 *
 * @see net/netfilter/nf_flow_table_core.c, net/openvswitch/flow_table.c
 */
import { ETH_HLEN, ETH_P_IP } from '../wire/ethernet.js'
import { IPPROTO_ICMP } from '../wire/ipv4.js'
import { NETDEV_MAX_BACKLOG, netifReceiveSkb } from './dev-rx.js'
import { FlowRecorder } from './flow-recorder.js'
import {
  CSUM_RIGHT,
  flowFits,
  flowFitsStill,
  flowKnownIn,
  flowKnownOut,
  flowMatches,
  flowReplay,
  NOTHING_KNOWN,
} from './flow-replay.js'
import type { FlowStage } from './flow-stage.js'
import type { Skb } from './skb.js'
import type { World } from './world.js'

/** Places of stages; a power of two. */
const SIZE = 8192
/** Packets of a flow that pass before it is recorded, and how many times that before it is tried again in vain. */
const PATIENCE = 3
const TRIES = 30
/** Offset of the IP protocol in a frame. */
const PROTO = 23
/** Tells what is sent from what is received. */
const SENT = 0x5bd1e995
/** Octets behind the Ethernet header that a packet of a flow has at least. */
const MIN_LEN = 28

/**
 * Nothing is known of the packet besides what keys hold. A field of Skb that decides about its way belongs into the key
 * ({@link flowMatches}) or here.
 */
const isCandidate = (skb: Skb): boolean =>
  skb.protocol === ETH_P_IP &&
  skb.vlanProto === 0 &&
  skb.mark === 0 &&
  skb.dst === null &&
  skb.gsoSize === 0 &&
  skb.nfct === null &&
  skb.nfctinfo === 0 &&
  (skb.ipFlags | skb.ipOptLen | skb.fragMaxSize) === 0 &&
  !skb.ignoreDf

/** An Ethernet header in front of the IP header, or none where the device has none. */
const hasHeader = ({ macHeader, data, dev }: Skb, mac: number): boolean =>
  macHeader === mac || (macHeader === data && dev!.hardHeaderLen === 0)

/** The same of a packet that a socket sends by `skb.dst`; that it may be cut matters to nobody while it fits. */
const isSentCandidate = (skb: Skb): boolean =>
  skb.mark === 0 &&
  skb.gsoSize === 0 &&
  skb.nfct === null &&
  skb.nfctinfo === 0 &&
  skb.dev === null &&
  skb.owner === null &&
  (skb.ipFlags | skb.ipOptLen | skb.fragMaxSize) === 0

/** Stages of one World. */
export class FlowCache {
  readonly #world: World
  readonly #stages: (FlowStage | null)[] = new Array<FlowStage | null>(SIZE).fill(null)
  /** Hash of the flow that last missed at a place, and how many more of its packets pass before it is recorded. */
  readonly #missed: Int32Array = new Int32Array(SIZE)
  readonly #patience: Uint8Array = new Uint8Array(SIZE)
  readonly #recorder: FlowRecorder = new FlowRecorder()
  /** What is received while a packet is being sent may be recorded as well. */
  readonly #sentRecorder: FlowRecorder = new FlowRecorder()
  #sentAt = 0
  /** What is known of the packet that is taking stages, see {@link flowKnownIn}. */
  #known = NOTHING_KNOWN
  /** Of the packet that was looked up last: whether keys know all of it, and its hash then. */
  #isKnown = false
  #hash = 0
  /** Packets of a flow that pass before it is recorded. Tests set it to 0. */
  patience: number = PATIENCE
  /** Packets that took the short way through a stage. */
  hits = 0
  /** The packet that is being received the long way, while its checksum is known to be right; null otherwise. */
  verified: Skb | null = null

  constructor(world: World) {
    this.#world = world
  }

  /** Receives a packet of the backlog (netif_receive_skb), the short way where there is one. */
  receive(skb: Skb): void {
    this.#known = skb.csumKnown
    skb.csumKnown = NOTHING_KNOWN
    const first = this.#find(skb)
    if (first !== null) this.#take(first, skb)
  }

  /** The stage for a packet that has left one; null when it has taken the long way. */
  #nextOf(left: FlowStage, skb: Skb): FlowStage | null {
    const { next } = left
    if (next !== null && this.#follows(left, next, skb)) return next
    const found = this.#find(skb)
    if (found !== null) left.next = found
    return found
  }

  /**
   * Sends a packet of a socket by `skb.dst`, the short way; `data` is at its IP header. False when there is none: the packet
   * may have begun to be recorded then ({@link Skb.flowRec}), and {@link sent} has to be called when it has been sent.
   */
  send(skb: Skb): boolean {
    const { data: o, frame } = skb
    if (!isSentCandidate(skb) || skb.tail - o < MIN_LEN) return false
    const { words } = frame
    const a = words[(o + 12) >> 2]! ^ Math.imul(words[(o + 16) >> 2]!, 0x85ebca6b)
    const h = Math.imul(a ^ Math.imul(words[(o + 20) >> 2]! ^ skb.dst!.dev.addrLo ^ SENT, 0x27d4eb2f), 0x9e3779b1)
    const hash = h ^ (h >>> 15)
    const { inputQlen } = this.#world
    this.#known = CSUM_RIGHT
    const stage = this.#stages[hash & (SIZE - 1)]!
    if (stage !== null && flowMatches(stage, skb, o - ETH_HLEN) && flowFits(stage, skb, CSUM_RIGHT)) {
      if (inputQlen > NETDEV_MAX_BACKLOG) return false
      this.#hash = hash
      this.#begin(stage, skb)
      return true
    }
    this.#hash = hash
    if (this.#isDue() && this.#sentRecorder.isFree) {
      this.#sentAt = hash & (SIZE - 1)
      this.#sentRecorder.startSent(skb)
    }
    return false
  }

  /** Receives a packet that a program has written to a device, outside softirq; what it causes has happened afterwards. */
  enter(skb: Skb): void {
    this.#known = NOTHING_KNOWN
    const stage = this.#lookup(skb)
    if (stage !== null) return this.#begin(stage, skb)
    const { sim } = this.#world
    sim.bhDisable()
    this.#miss(skb)
    sim.bhEnable()
  }

  /** Takes a packet through the first stage after a system call, and those that follow. */
  #begin(stage: FlowStage, skb: Skb): void {
    const { sim } = this.#world
    this.hits++
    if (stage.egress !== null || stage.socket !== null) {
      sim.bhDisable()
      this.#replay(stage, skb)
      sim.bhEnable()
      return
    }
    this.#replay(stage, skb)
    if (sim.beginSoftirq()) {
      try {
        const next = this.#nextOf(stage, skb)
        if (next !== null) this.#take(next, skb)
      } finally {
        sim.endSoftirq()
      }
      return
    }
    sim.bhDisable()
    this.#enqueue(skb)
    sim.bhEnable()
  }

  /** A packet has been sent that began to be recorded. */
  sent(): void {
    this.#keep(this.#sentRecorder, this.#sentAt)
  }

  #take(first: FlowStage, skb: Skb): void {
    let stage = first
    const { sim } = this.#world
    for (;;) {
      this.hits++
      if (this.#replay(stage, skb)) return
      if (!sim.passOn()) {
        this.#enqueue(skb)
        return
      }
      const next: FlowStage | null = this.#nextOf(stage, skb)
      if (next === null) return
      stage = next
    }
  }

  /** Somebody has written into a packet: what was known of the checksum of the one that is being received is no longer. */
  touched(): void {
    this.verified = null
  }

  /** Nobody touches a packet before it is received: what is known of it stays. */
  #enqueue(skb: Skb): void {
    const world = this.#world
    skb.csumKnown = this.#known
    world.inputQlen++
    world.sim.enqueue(skb)
  }

  #replay(stage: FlowStage, skb: Skb): boolean {
    const known = flowKnownIn(stage, this.#known)
    this.#known = flowKnownOut(stage, known)
    return flowReplay(stage, skb, known)
  }

  #follows(stage: FlowStage, next: FlowStage, skb: Skb): boolean {
    if (stage.fixes >= next.needs) return flowFitsStill(next, skb, this.#known)
    return flowMatches(next, skb, skb.macHeader) && flowFits(next, skb, this.#known)
  }

  /** The stage for a packet; null when it has taken the long way. */
  #find(skb: Skb): FlowStage | null {
    const stage = this.#lookup(skb)
    if (stage === null) this.#miss(skb)
    return stage
  }

  /** The stage for a packet; null for {@link #miss}. */
  #lookup(skb: Skb): FlowStage | null {
    const mac = skb.data - ETH_HLEN
    this.#isKnown = isCandidate(skb) && hasHeader(skb, mac) && skb.tail - skb.data >= MIN_LEN
    if (!this.#isKnown) return null
    const { words } = skb.frame
    // Addresses and ports, as far as they stand in whole words; no checksum of ICMP.
    const a = words[(mac + 28) >> 2]! ^ Math.imul(words[(mac + 32) >> 2]!, 0x85ebca6b)
    const ports = skb.buf[mac + PROTO] === IPPROTO_ICMP ? 0 : words[(mac + 34) >> 2]!
    const h = Math.imul(a ^ Math.imul(ports ^ skb.dev!.addrLo, 0x27d4eb2f), 0x9e3779b1)
    const hash = h ^ (h >>> 15)
    const stage = this.#stages[hash & (SIZE - 1)]!
    if (stage !== null && flowMatches(stage, skb, mac) && flowFits(stage, skb, this.#known)) {
      if (stage.socket !== null || stage.egress !== null || this.#world.inputQlen <= NETDEV_MAX_BACKLOG) return stage
    }
    this.#hash = hash
    return null
  }

  /** Receives a packet the long way. */
  #miss(skb: Skb): void {
    const i = this.#hash & (SIZE - 1)
    if (!this.#isKnown || !this.#isDue()) {
      this.#receiveLong(skb)
      return
    }
    const recorder = this.#recorder
    recorder.start(skb)
    this.#receiveLong(skb)
    this.#keep(recorder, i)
  }

  #receiveLong(skb: Skb): void {
    this.verified = (this.#known & CSUM_RIGHT) === 0 ? null : skb
    netifReceiveSkb(skb)
    this.verified = null
  }

  /** Has a flow without a stage come often enough? */
  #isDue(): boolean {
    const hash = this.#hash
    const i = hash & (SIZE - 1)
    if (this.#missed[i] !== hash) {
      this.#missed[i] = hash
      this.#patience[i] = this.patience
    }
    if (this.#patience[i] === 0) return true
    this.#patience[i]!--
    return false
  }

  #keep(recorder: FlowRecorder, i: number): void {
    const { stage } = recorder
    this.#patience[i] = stage === null ? this.patience * TRIES : this.patience
    if (stage === null) recorder.fail()
    else this.#stages[i] = stage
  }
}
