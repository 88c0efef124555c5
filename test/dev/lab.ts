/** What the tests of devices share: a World with IPv4 and devices, frames in and out, captures. */
import { devAddTap } from '../../lib/core/dev.js'
import { devQueueXmit } from '../../lib/core/dev-tx.js'
import type { NetDevice, PacketTap } from '../../lib/core/netdev.js'
import type { Netns } from '../../lib/core/netns.js'
import { allocSkb, type Skb, skbPut } from '../../lib/core/skb.js'
import { World, type WorldOptions } from '../../lib/core/world.js'
import { registerDevices } from '../../lib/dev/kinds.js'
import { ipv4Init } from '../../lib/ip/stack.js'
import { linkAdd, linkSet } from '../../lib/rtnl/link.js'
import { registerQdiscs } from '../../lib/sched/kinds.js'
import { ETH_HLEN, putEth } from '../../lib/wire/ethernet.js'
import { parseMac } from '../../lib/wire/mac.js'

/** An EtherType that nobody listens to (IEEE 802 local experimental). */
export const ETH_P_TEST = 0x88b5
export const BROADCAST = 0xffffffffffff

export const newWorld = (options: WorldOptions = {}): World => {
  const world = new World(options)
  registerQdiscs(world)
  ipv4Init(world)
  registerDevices(world)
  return world
}

export const mac = parseMac

/** A frame of 14 octets and a payload; `payload` may be text. */
export const frame = (dst: number, src: number, payload: string | Uint8Array = 'x', type = ETH_P_TEST): Uint8Array => {
  const body = typeof payload === 'string' ? new TextEncoder().encode(payload) : payload
  const out = new Uint8Array(ETH_HLEN + body.length)
  putEth(out, 0, dst, src, type)
  out.set(body, ETH_HLEN)
  return out
}

/** Sends octets by a device, as a packet socket does. */
export const send = (dev: NetDevice, octets: Uint8Array): number => {
  const skb: Skb = allocSkb(dev.netns, octets.length)
  const at = skbPut(skb, octets.length)
  skb.buf.set(octets, at)
  skb.dev = dev
  skb.networkHeader = at + ETH_HLEN
  const type = octets.length >= ETH_HLEN ? (octets[12]! << 8) | octets[13]! : 0
  skb.protocol = type >= 0x600 ? type : 4
  return devQueueXmit(skb)
}

/** Collects what passes a device. */
export class Capture implements PacketTap {
  readonly seen: { in: boolean; bytes: Uint8Array; time: number }[] = []
  constructor(dev: NetDevice) {
    devAddTap(dev, this)
  }

  tap(skb: Skb, dev: NetDevice, outgoing: boolean): void {
    const bytes = skb.buf.slice(skb.macHeader, skb.tail)
    this.seen.push({ in: !outgoing, bytes, time: dev.netns.world.now })
  }

  /** Payloads as text, `<` before received and `>` before sent ones; forgets them. */
  texts(): string[] {
    const out = this.seen.map(f => `${f.in ? '<' : '>'}${new TextDecoder().decode(f.bytes.subarray(ETH_HLEN))}`)
    this.seen.length = 0
    return out
  }
}

/** A switch `sw` with bridge br0 and hosts h1, h2 ... each by a cable eth0 - p1, p2 ..., all up and settled. */
export class Lab {
  readonly world: World
  readonly sw: Netns
  readonly br: NetDevice
  readonly hosts: NetDevice[] = []
  readonly ports: NetDevice[] = []

  constructor(hosts: number, attrs: object = { mcastSnooping: 0 }, options: WorldOptions = {}) {
    this.world = newWorld(options)
    this.sw = this.world.addNetns('sw')
    this.br = linkAdd(this.sw, { kind: 'bridge', name: 'br0', address: mac('02:00:00:00:f0:00'), attrs })
    for (let i = 1; i <= hosts; i++) this.#addHost(i)
    linkSet(this.br, { up: true })
    this.world.run({ for: 1.2e9 })
  }

  #addHost(i: number): void {
    const ns = this.world.addNetns(`h${i}`)
    const peer = { name: `p${i}`, netns: this.sw, address: portMac(i) }
    const host = linkAdd(ns, { kind: 'veth', name: 'eth0', address: hostMac(i), attrs: { peer } })
    const port = this.sw.dev(`p${i}`)
    linkSet(port, { master: this.br })
    linkSet(host, { up: true })
    linkSet(port, { up: true })
    this.hosts.push(host)
    this.ports.push(port)
  }

  /** Sends a frame from host `i` (1 ...) and lets the machine settle. */
  say(i: number, dst: number, text: string, src: number = hostMac(i)): void {
    send(this.hosts[i - 1]!, frame(dst, src, text))
  }
}

/** 02:00:00:00:0N:01. */
export const hostMac = (i: number): number => 0x020000000001 + i * 256
/** 02:00:00:00:f0:0N. */
export const portMac = (i: number): number => 0x02000000f000 + i

/** Throws unless in every namespace what came in went somewhere. */
export const checkBalance = (world: World): void => {
  for (const ns of world.listNetns()) {
    const { entered, created, delivered, consumed, dropped, alive } = ns.accounting()
    const gone = delivered + consumed + Object.values(dropped).reduce((a, b) => a + b, 0) + alive
    if (entered + created !== gone) throw new Error(`${ns}: ${entered} + ${created} in, ${gone} out or alive`)
  }
}
