/**
 * A network namespace: its devices, the state that each layer keeps for it, and the accounting of its packets.
 *
 * @see include/net/net_namespace.h, net/core/net_namespace.c
 */
import { NetloomError } from '../errors.js'
import type { Rng } from '../sim/rng.js'
import { DROP_REASONS, DropCounter, type DropRecord } from './drop.js'
import type { NetDevice } from './netdev.js'
import { NetnsNf } from './netfilter.js'
import type { Skb } from './skb.js'
import { SysctlTable } from './sysctl.js'
import type { World } from './world.js'

/**
 * Where the packets of a namespace came from and went. At any moment
 * `entered + created = delivered + consumed + dropped + alive`.
 */
export interface Accounting {
  /** Came in from another namespace, or from user code. */
  readonly entered: number
  /** Made here: by sockets, by ARP and ICMP, as copies for flooding, as fragments. */
  readonly created: number
  /** Received by a socket or by user code. */
  readonly delivered: number
  /** Fulfilled inside the kernel, or passed on into another namespace. */
  readonly consumed: number
  /** The part of `consumed` that left for another namespace. */
  readonly left: number
  /** Dropped, by reason. */
  readonly dropped: Readonly<Record<string, number>>
  /** Under way or queued. */
  readonly alive: number
}

class Counters {
  entered = 0
  created = 0
  delivered = 0
  consumed = 0
  left = 0
  alive = 0
}

/** Identifies a layer's per-namespace state; make one with `netnsSlot`. */
export interface NetnsSlot<T extends object> {
  readonly name: string
  /** Makes the state of a namespace. */
  readonly make: (netns: Netns) => T
}

/** Declares per-namespace state that is made on first use (net_generic). */
export const netnsSlot = <T extends object>(name: string, make: (netns: Netns) => T): NetnsSlot<T> => ({ name, make })

/** A network namespace. Make one with `world.addNetns(name)`. */
export class Netns {
  readonly world: World
  readonly name: string
  /** Devices in the order of their ifindex. */
  readonly devices: NetDevice[] = []
  /** Devices in the order in which they came here (dev_base_head). */
  readonly devBase: NetDevice[] = []
  readonly sysctl: SysctlTable
  /** @internal counters of the data path; read {@link accounting} */
  readonly acct: Counters = new Counters()
  /** IPv4 state, made by ip/; a slot of its own because the data path reads it for every packet. */
  ipv4: object | null = null
  /** Netfilter's hooks. */
  readonly nf: NetnsNf = new NetnsNf()
  /** @internal raised by whatever recorded flows depend on, see flow-genid.ts; and what keeps flows from being recorded */
  flowGenid = 0
  flowBlockers = 0
  /** False once deleted. */
  alive = true
  readonly #byName = new Map<string, NetDevice>()
  readonly #byIndex = new Map<number, NetDevice>()
  readonly #slots = new Map<NetnsSlot<object>, object>()
  readonly #drops = new Map<number, DropCounter>()
  #nextIfindex = 1
  #rng: Rng | null = null

  /** @internal use `world.addNetns` */
  constructor(world: World, name: string) {
    this.world = world
    this.name = name
    this.sysctl = new SysctlTable(this)
  }

  /** The state that the layer behind `slot` keeps here. */
  slot<T extends object>(slot: NetnsSlot<T>): T {
    let state = this.#slots.get(slot as unknown as NetnsSlot<object>)
    if (state === undefined) {
      state = slot.make(this)
      this.#slots.set(slot as unknown as NetnsSlot<object>, state)
    }
    return state as T
  }

  /** This namespace's stream of random numbers. */
  get rng(): Rng {
    return (this.#rng ??= this.world.rngSource.stream())
  }

  /** The device called `name`, or null. */
  devByName(name: string): NetDevice | null {
    return this.#byName.get(name) ?? null
  }

  /** The device with this ifindex, or null. */
  devByIndex(ifindex: number): NetDevice | null {
    return this.#byIndex.get(ifindex) ?? null
  }

  /** The device called `name`; throws ENODEV `Cannot find device "NAME"`. */
  dev(name: string): NetDevice {
    return (
      this.#byName.get(name) ??
      (() => {
        throw new NetloomError('ENODEV', `Cannot find device "${name}"`, { netns: this.name, dev: name })
      })()
    )
  }

  /** The loopback device. */
  get lo(): NetDevice {
    return this.devices[0]!
  }

  /** @internal a free ifindex; `wanted` when that is free (a device keeps its index when it moves, if it can) */
  allocIfindex(wanted = 0): number {
    if (wanted > 0 && !this.#byIndex.has(wanted)) return wanted
    while (this.#byIndex.has(this.#nextIfindex)) this.#nextIfindex++
    return this.#nextIfindex++
  }

  /** @internal */
  link(dev: NetDevice): void {
    this.#byName.set(dev.name, dev)
    this.#byIndex.set(dev.ifindex, dev)
    this.devBase.push(dev)
    this.devices.push(dev)
    this.devices.sort((a, b) => a.ifindex - b.ifindex)
  }

  /** @internal */
  unlink(dev: NetDevice): void {
    this.#byName.delete(dev.name)
    this.#byIndex.delete(dev.ifindex)
    const i = this.devices.indexOf(dev)
    if (i >= 0) this.devices.splice(i, 1)
    const at = this.devBase.indexOf(dev)
    if (at >= 0) this.devBase.splice(at, 1)
  }

  /** @internal */
  rename(dev: NetDevice, name: string): void {
    this.#byName.delete(dev.name)
    dev.name = name
    this.#byName.set(name, dev)
  }

  /** @internal counts a dropped packet */
  countDrop(skb: Skb, reason: number): void {
    const ifindex = skb.dev !== null && skb.dev.netns === this ? skb.dev.ifindex : 0
    const key = ifindex * 256 + reason
    let counter = this.#drops.get(key)
    if (counter === undefined) {
      counter = new DropCounter(DROP_REASONS[reason]!, this.name, ifindex === 0 ? '' : skb.dev!.name)
      this.#drops.set(key, counter)
    }
    const start = skb.macHeader > 0 && skb.macHeader < skb.data ? skb.macHeader : skb.data
    counter.add(this.world.now, skb.buf, start, skb.tail)
    const observer = this.world.dropObserver
    if (observer !== null) observer(skb, reason)
  }

  /** What was dropped here, by device and reason, in the order of the first drop. */
  drops(): DropRecord[] {
    return [...this.#drops.values()]
  }

  /** The accounting of this namespace at this moment. */
  accounting(): Accounting {
    const { entered, created, delivered, consumed, left, alive } = this.acct
    const dropped: Record<string, number> = {}
    for (const d of this.#drops.values()) dropped[d.reason] = (dropped[d.reason] ?? 0) + d.count
    return { entered, created, delivered, consumed, left, dropped, alive }
  }

  /** The name. */
  toString(): string {
    return this.name
  }

  /** Name, devices and accounting. */
  toJSON(): { name: string; devices: string[]; accounting: Accounting } {
    return { name: this.name, devices: this.devices.map(d => d.name), accounting: this.accounting() }
  }
}
