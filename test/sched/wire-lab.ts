/** Two hosts h1 and h2 whose eth0 are joined, and frames with a number in them sent from one to the other. */
import { devAddTap } from '../../lib/core/dev.js'
import type { NetDevice, PacketTap } from '../../lib/core/netdev.js'
import { type QdiscSpec, qdiscList, qdiscModify } from '../../lib/rtnl/qdisc.js'
import { TC_H_ROOT } from '../../lib/core/qdisc.js'
import type { Skb } from '../../lib/core/skb.js'
import type { World } from '../../lib/core/world.js'
import { linkAdd, linkSet } from '../../lib/rtnl/link.js'
import { ETH_HLEN } from '../../lib/wire/ethernet.js'
import { ETH_P_TEST, frame, hostMac, newWorld, send } from '../dev/lab.js'

/** A frame that arrived. */
export interface Arrival {
  readonly n: number
  readonly time: number
  readonly bytes: Uint8Array
}

/** What a receiver saw, in order. */
export class Arrivals implements PacketTap {
  readonly seen: Arrival[] = []
  constructor(dev: NetDevice) {
    devAddTap(dev, this)
  }

  tap(skb: Skb, dev: NetDevice, outgoing: boolean): void {
    if (outgoing) return
    const bytes = skb.buf.slice(skb.macHeader, skb.tail)
    const n = new DataView(bytes.buffer).getUint32(ETH_HLEN)
    this.seen.push({ n, time: dev.netns.world.now, bytes })
  }

  get numbers(): number[] {
    return this.seen.map(a => a.n)
  }

  get times(): number[] {
    return this.seen.map(a => a.time)
  }
}

/** A world with two joined hosts, settled for two seconds, the clock of the test at 0. */
export class Wire {
  readonly world: World
  readonly a: NetDevice
  readonly b: NetDevice
  readonly got: Arrivals
  readonly back: Arrivals
  readonly start: number

  constructor(kind: 'veth' | 'link' = 'veth', attrs: object = {}, seed = 1, options: { stormLimit?: number } = {}) {
    this.world = newWorld({ seed, ...options })
    const h1 = this.world.addNetns('h1')
    const h2 = this.world.addNetns('h2')
    const peer = { name: 'eth0', netns: h2, address: hostMac(2) }
    this.a = linkAdd(h1, { kind, name: 'eth0', address: hostMac(1), attrs: { peer, ...attrs } })
    this.b = h2.dev('eth0')
    linkSet(this.a, { up: true })
    linkSet(this.b, { up: true })
    this.world.run({ for: 2e9 })
    this.got = new Arrivals(this.b)
    this.back = new Arrivals(this.a)
    this.start = this.world.now
  }

  /** Nanoseconds of each arrival since the start. */
  get times(): number[] {
    return this.got.times.map(t => t - this.start)
  }

  /** Gives h1's eth0 a qdisc. */
  qdisc(kind: string, attrs: object | null, place: Partial<QdiscSpec> = {}): void {
    qdiscModify(this.a, 'add', { parent: TC_H_ROOT, kind, attrs, ...place })
  }

  /** Counters of h1's qdiscs. */
  stats(): ReturnType<typeof qdiscList> {
    return qdiscList(this.a.netns, { dev: this.a })
  }

  /** Sends frame `n` of `octets`, 64 by default; from h2 when `back`. */
  send(n: number, octets = 64, back = false): number {
    const body = new Uint8Array(octets - ETH_HLEN)
    new DataView(body.buffer).setUint32(0, n)
    const [from, to] = back ? [this.b, this.a] : [this.a, this.b]
    return send(from, frame(to.addr, from.addr, body, ETH_P_TEST))
  }

  /** Sends frames 0 to `count` - 1, `everyNs` apart. */
  train(count: number, everyNs = 0, octets = 64): void {
    for (let n = 0; n < count; n++) {
      this.send(n, octets)
      if (everyNs > 0) this.world.run({ for: everyNs })
    }
  }
}

/** Throws when `hits` of `n` draws are more than four deviations from the probability `p`. */
export const within4Sigma = (hits: number, n: number, p: number, what: string): void => {
  const sigma = Math.sqrt(n * p * (1 - p))
  if (Math.abs(hits - n * p) > 4 * sigma)
    throw new Error(`${what}: ${hits} of ${n}, expected ${n * p} with a deviation of ${sigma.toFixed(1)}`)
}
