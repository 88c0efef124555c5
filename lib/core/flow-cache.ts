/**
 * The flow cache: packets of a flow take the way that an earlier one took, without asking every layer again.
 *
 * Where the backlog would be handled, and where a program has written to a tun, a packet is looked up by its first octets.
 * The stage that is found moves counters and times as the long way does and leaves the packet where that would leave it: in
 * a socket, before a qdisc, or due to be received by the next device. When nothing else is due before, the next stage follows at once.
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
import { flowFits, flowMatches, flowReplay } from './flow-replay.js'
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

/** Stages of one World. */
export class FlowCache {
  readonly #world: World
  readonly #stages: (FlowStage | null)[] = new Array<FlowStage | null>(SIZE).fill(null)
  /** Hash of the flow that last missed at a place, and how many more of its packets pass before it is recorded. */
  readonly #missed: Int32Array = new Int32Array(SIZE)
  readonly #patience: Uint8Array = new Uint8Array(SIZE)
  readonly #recorder: FlowRecorder = new FlowRecorder()
  #hash = 0
  /** Packets of a flow that pass before it is recorded. Tests set it to 0. */
  patience: number = PATIENCE
  /** Packets that took the short way through a stage. */
  hits = 0

  constructor(world: World) {
    this.#world = world
  }

  /** Receives a packet of the backlog (netif_receive_skb), the short way where there is one. */
  receive(skb: Skb): void {
    const first = this.#find(skb)
    if (first !== null) this.#take(first, skb)
  }

  #take(first: FlowStage, skb: Skb): void {
    let stage = first
    const { sim } = this.#world
    for (;;) {
      this.hits++
      if (flowReplay(stage, skb, sim.now)) return
      if (!sim.passOn()) {
        this.#world.inputQlen++
        sim.enqueue(skb)
        return
      }
      const next: FlowStage | null = stage.next
      if (next !== null && this.#follows(stage, next, skb)) stage = next
      else {
        const found = this.#find(skb)
        if (found === null) return
        stage.next = found
        stage = found
      }
    }
  }

  #follows(stage: FlowStage, next: FlowStage, skb: Skb): boolean {
    if (stage.fixes < next.needs && !flowMatches(next, skb, skb.macHeader)) return false
    return flowFits(next, skb, this.#world.sim.now)
  }

  /** The stage for a packet; null when it has taken the long way. */
  #find(skb: Skb): FlowStage | null {
    const mac = skb.data - ETH_HLEN
    if (!isCandidate(skb) || skb.data - skb.macHeader !== skb.dev!.hardHeaderLen || skb.tail - skb.data < MIN_LEN) {
      netifReceiveSkb(skb)
      return null
    }
    const { words } = skb.frame
    // Addresses and ports, as far as they stand in whole words; no checksum of ICMP.
    const a = words[(mac + 28) >> 2]! ^ Math.imul(words[(mac + 32) >> 2]!, 0x85ebca6b)
    const ports = skb.buf[mac + PROTO] === IPPROTO_ICMP ? 0 : words[(mac + 34) >> 2]!
    const h = Math.imul(a ^ Math.imul(ports ^ skb.dev!.addrLo, 0x27d4eb2f), 0x9e3779b1)
    const hash = h ^ (h >>> 15)
    const stage = this.#stages[hash & (SIZE - 1)]!
    if (stage !== null && flowMatches(stage, skb, mac) && flowFits(stage, skb, this.#world.sim.now)) {
      if (stage.socket !== null || stage.egress !== null || this.#world.inputQlen <= NETDEV_MAX_BACKLOG) return stage
    }
    this.#hash = hash
    this.#miss(skb)
    return null
  }

  #miss(skb: Skb): void {
    const hash = this.#hash
    const i = hash & (SIZE - 1)
    if (this.#missed[i] !== hash) {
      this.#missed[i] = hash
      this.#patience[i] = this.patience
    }
    if (this.#patience[i]! > 0) this.#patience[i]!--
    else return this.#record(skb, i)
    netifReceiveSkb(skb)
  }

  #record(skb: Skb, i: number): void {
    const recorder = this.#recorder
    recorder.start(skb)
    netifReceiveSkb(skb)
    const { stage } = recorder
    this.#patience[i] = stage === null ? this.patience * TRIES : this.patience
    if (stage === null) recorder.fail()
    else this.#stages[i] = stage
  }
}
