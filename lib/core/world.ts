/**
 * A World: one event loop, its namespaces, and the tables of what it can make. Worlds share no state.
 *
 * This is the machine that all namespaces run on: its one CPU's backlog, its notifier chain, its random numbers. What
 * the layers above add (protocols, kinds of devices, sysctls) they register here; `createWorld` does that.
 */
import { NetloomError } from '../errors.js'
import { type Rng, RngSource } from '../sim/rng.js'
import { type RunOptions, Simulator } from '../sim/simulator.js'
import { netifReceiveSkb } from './dev-rx.js'
import type { DropRecord } from './drop.js'
import { FlowCache } from './flow-cache.js'
import { LinkWatch } from './link-watch.js'
import type { NetDevice } from './netdev.js'
import { NfHookStates, type NfLogger } from './netfilter.js'
import { Netns } from './netns.js'
import { NotifierChain } from './notifier.js'
import { DEFAULT_PROFILE, type KernelProfile } from './profile.js'
import type { QdiscOps } from './qdisc.js'
import { type Executable, type LinkKind, Registry } from './registry.js'
import { type Skb, SkbPool } from './skb.js'
import type { SysctlProvider } from './sysctl.js'

/** Options of a World. */
export interface WorldOptions {
  /** Seed of everything that the kernel draws at random; an integer, 1 by default. */
  readonly seed?: number
  /** Events that one instant may take before the run ends with `ESTORM`; 2,000,000 by default. */
  readonly stormLimit?: number
  /** Sysctl defaults that depend on the machine; `linux-6.18` by default. */
  readonly profile?: KernelProfile
  /**
   * False to let every packet ask every layer, instead of repeating what earlier packets of its flow did. Nothing but the
   * time that it takes depends on it. True by default.
   */
  readonly flowCache?: boolean
}

/** What a layer does when a namespace comes and goes (struct pernet_operations). */
export interface PernetOperations {
  /** A namespace has been made. */
  readonly init?: (netns: Netns) => void
  /** A namespace goes. */
  readonly exit?: (netns: Netns) => void
}

/** Handler of an EtherType (struct packet_type). Owns the skb; returns NET_RX_SUCCESS or NET_RX_DROP. */
export interface PacketType {
  readonly protocol: number
  /** Takes a packet. */
  readonly receive: (skb: Skb) => number
}

/** Told of a packet that is dropped, before its frame is reused; `reason` is a number of DROP. It must only look. */
export type DropObserver = (skb: Skb, reason: number) => void

/**
 * Hears that `dev` has no forwarding entry for the MAC `lladdr`, or no neighbour entry for the IPv4 address `ip`; the other
 * one is 0 (RTM_GETNEIGH to RTNLGRP_NEIGH).
 */
export type MissObserver = (dev: NetDevice, lladdr: number, ip: number) => void

/** Items and tasks of one instant before the storm guard ends the run. */
export const DEFAULT_STORM_LIMIT = 2_000_000

/** One emulated machine with its namespaces. */
export class World {
  readonly seed: number
  readonly profile: KernelProfile
  readonly sim: Simulator<Skb>
  readonly rngSource: RngSource
  /** Stream of the machine itself, for what no namespace draws (MAC addresses). */
  readonly rng: Rng
  /** @internal the flow cache, null where it is off */
  readonly flows: FlowCache | null
  readonly skbs: SkbPool = new SkbPool()
  /** @internal see nfHookSlow */
  readonly nfStates: NfHookStates = new NfHookStates()
  readonly notifiers: NotifierChain = new NotifierChain()
  readonly linkWatch: LinkWatch
  readonly linkKinds: Registry<LinkKind> = new Registry<LinkKind>('link kind')
  readonly qdiscKinds: Registry<QdiscOps> = new Registry<QdiscOps>('qdisc kind')
  /** Commands, as a host has them in its PATH; see app/command.ts. */
  readonly executables: Registry<Executable> = new Registry<Executable>('command')
  /** Major number of the last qdisc that got one by itself. */
  qdiscAutohandle = 0x8000
  readonly sysctlProviders: SysctlProvider[] = []
  readonly packetTypes: PacketType[] = []
  /** Called when a device that was asked to tell misses an entry for a destination (l2miss and l3miss of vxlan). */
  readonly missObservers: MissObserver[] = []
  /** Called for every packet that the targets LOG and NFLOG, and traces, tell of. */
  readonly nfLoggers: NfLogger[] = []
  /** Called for every dropped packet, before its frame is reused; null when nobody looks. */
  dropObserver: DropObserver | null = null
  /** Number of the process that was started last; 1 is the user's own program. */
  lastPid = 1
  /** @internal how often a frame has passed captures; see {@link Skb.tapSeq} */
  tapSeq = 0
  /** @internal input_pkt_queue and process_queue of the one CPU: lengths, see netifRx */
  inputQlen = 0
  processQlen = 0
  readonly #pernet: PernetOperations[] = []
  #dropObservers: readonly DropObserver[] = []
  readonly #netns = new Map<string, Netns>()

  constructor(options: WorldOptions = {}) {
    const { seed = 1, stormLimit = DEFAULT_STORM_LIMIT, profile = DEFAULT_PROFILE, flowCache = true } = options
    if (!Number.isInteger(seed)) throw new NetloomError('EINVAL', `seed: ${seed} is not an integer`, { seed })
    if (!(stormLimit >= 1))
      throw new NetloomError('EINVAL', `stormLimit: ${stormLimit} is not a positive number`, { stormLimit })
    this.seed = seed
    this.profile = profile
    this.rngSource = new RngSource(seed)
    this.rng = this.rngSource.stream()
    const flows = flowCache ? new FlowCache(this) : null
    this.flows = flows
    this.sim = new Simulator<Skb>(
      {
        handle: skb => {
          if (this.processQlen === 0) {
            this.processQlen = this.inputQlen
            this.inputQlen = 0
          }
          this.processQlen--
          if (flows === null) netifReceiveSkb(skb)
          else flows.receive(skb)
        },
        describe: skb => `${skb.dev}`,
      },
      stormLimit,
    )
    this.linkWatch = new LinkWatch(this)
  }

  /** Receives a packet that a program has written to `skb.dev`; what it causes has happened afterwards outside of softirq. */
  enter(skb: Skb): void {
    const { flows, sim } = this
    if (flows !== null) return flows.enter(skb)
    sim.bhDisable()
    netifReceiveSkb(skb)
    sim.bhEnable()
  }

  /** Virtual time in nanoseconds. */
  get now(): number {
    return this.sim.now
  }

  /** Adds what a layer does for every namespace; registered layers are initialised in order and torn down in reverse. */
  registerPernet(ops: PernetOperations): void {
    this.#pernet.push(ops)
  }

  /** Adds a namespace with its loopback device, down as the kernel leaves it (`ip netns add`). Throws EEXIST. */
  addNetns(name: string): Netns {
    if (name === '' || name.includes('/') || name === '.' || name === '..')
      throw new NetloomError('EINVAL', `Invalid netns name "${name}"`, { netns: name })
    if (this.#netns.has(name))
      throw new NetloomError('EEXIST', `Cannot create namespace file "/run/netns/${name}": File exists`, {
        netns: name,
      })
    const netns = new Netns(this, name)
    this.#netns.set(name, netns)
    for (const ops of this.#pernet) ops.init?.(netns)
    return netns
  }

  /** The namespace called `name`; throws ENOENT. */
  netns(name: string): Netns {
    const netns = this.#netns.get(name)
    if (netns === undefined)
      throw new NetloomError('ENOENT', `Cannot open network namespace "${name}": No such file or directory`, {
        netns: name,
      })
    return netns
  }

  /** True when there is a namespace called `name`. */
  hasNetns(name: string): boolean {
    return this.#netns.has(name)
  }

  /** All namespaces in the order of creation. */
  listNetns(): Netns[] {
    return [...this.#netns.values()]
  }

  /** Removes a namespace with its devices, and with them what hangs on these elsewhere (`ip netns del`). Throws ENOENT. */
  delNetns(name: string): void {
    const netns = this.#netns.get(name)
    if (netns === undefined)
      throw new NetloomError('ENOENT', `Cannot remove namespace file "/run/netns/${name}": No such file or directory`, {
        netns: name,
      })
    this.#netns.delete(name)
    for (let i = this.#pernet.length - 1; i >= 0; i--) this.#pernet[i]!.exit?.(netns)
    netns.alive = false
  }

  /** Runs the event loop: until quiet, for a time, or until a predicate holds; see {@link RunOptions}. */
  run(options?: RunOptions): number {
    return this.sim.run(options)
  }

  /** Does one piece of work; false when the world is quiet. */
  step(): boolean {
    return this.sim.step()
  }

  /** What was dropped anywhere, by namespace, device and reason. */
  drops(): DropRecord[] {
    return this.listNetns().flatMap(n => n.drops())
  }

  /** Tells `observer` of every packet that is dropped from now on; returns a function that ends this. */
  observeDrops(observer: DropObserver): () => void {
    this.#setDropObservers([...this.#dropObservers, observer])
    return () => this.#setDropObservers(this.#dropObservers.filter(other => other !== observer))
  }

  #setDropObservers(observers: readonly DropObserver[]): void {
    this.#dropObservers = observers
    this.dropObserver =
      observers.length <= 1
        ? (observers[0] ?? null)
        : (skb, reason) => {
            for (const observer of observers) observer(skb, reason)
          }
  }

  /** Seed, time, profile and namespaces. */
  toJSON(): { seed: number; now: number; profile: string; netns: Netns[] } {
    return { seed: this.seed, now: this.now, profile: this.profile.name, netns: this.listNetns() }
  }
}
