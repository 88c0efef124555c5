/**
 * A World as users hold it: one emulated machine, its clock, and everything that happens on it.
 */
import type { Command } from '../app/command.js'
import type { NfLogEntry, NfLogger } from '../core/netfilter.js'
import type { Accounting } from '../core/netns.js'
import type { QdiscOps } from '../core/qdisc.js'
import type { LinkKind } from '../core/registry.js'
import type { World as Kernel, WorldOptions as KernelOptions } from '../core/world.js'
import { NetloomError } from '../errors.js'
import { runScript, type ScriptOptions, type ScriptResult } from '../shell/run.js'
import type { RunOptions } from '../sim/simulator.js'
import { formatTime, NSEC_PER_SEC } from '../sim/time.js'
import { boot } from './boot.js'
import { Capture, type CaptureOptions } from './capture.js'
import { type CaptureAllOptions, WorldCapture } from './capture-all.js'
import { type Drop, DroppedPacket } from './drop.js'
import { Handles } from './handles.js'
import { devOf } from './refs.js'
import type { Netns } from './netns.js'
import { Printable } from '../app/printable.js'
import { Timer } from './timer.js'
import { Trace, type TraceOptions } from './trace.js'
import { VERSION } from './version.js'
import { checkOptions } from '../app/text.js'

/** Options of {@link createWorld}. */
export interface WorldOptions extends KernelOptions {
  /** Kinds of devices besides those that netloom brings. */
  readonly linkKinds?: readonly LinkKind[]
  /** Kinds of qdiscs besides those that netloom brings. */
  readonly qdiscKinds?: readonly QdiscOps[]
  /** Commands besides those that netloom brings: what `ip netns exec NS` and programs of the lab can execute. */
  readonly commands?: readonly Command[]
}

/** Virtual nanoseconds in which `run()` must come to rest: an hour. */
export const REST_LIMIT_NS: number = 3600 * NSEC_PER_SEC

/** Accounting of a namespace with its name. */
export interface NetnsAccounting extends Accounting {
  readonly netns: string
  /** entered + created = delivered + consumed + dropped + alive. */
  readonly isBalanced: boolean
}

/** One emulated machine with its namespaces. Make one with {@link createWorld}; worlds share no state. */
export class World extends Printable {
  /** The kernel's own objects, which everything here stands on. */
  readonly kernel: Kernel
  readonly #handles = new Handles()
  readonly #dropListeners: ((packet: DroppedPacket) => void)[] = []
  #unobserveDrops: (() => void) | null = null

  /** @internal use {@link createWorld} */
  constructor(kernel: Kernel) {
    super()
    this.kernel = kernel
  }

  /** The seed of everything that the kernel draws at random. */
  get seed(): number {
    return this.kernel.seed
  }

  /** Virtual time in nanoseconds. */
  get now(): number {
    return this.kernel.now
  }

  /** True when nothing is due now or later, but for housekeeping: daemons that look after something now and then, keepalive. */
  get isQuiet(): boolean {
    return this.kernel.sim.quiet
  }

  /** Adds a namespace with its loopback device, which is down (`ip netns add`). Throws EEXIST, EINVAL. */
  addNetns(name: string): Netns {
    return this.#handles.netns(this.kernel.addNetns(name))
  }

  /** The namespace called `name`; throws ENOENT. */
  netns(name: string): Netns {
    return this.#handles.netns(this.kernel.netns(name))
  }

  /** True when there is a namespace called `name`. */
  hasNetns(name: string): boolean {
    return this.kernel.hasNetns(name)
  }

  /** All namespaces in the order of creation. */
  listNetns(): Netns[] {
    return this.kernel.listNetns().map(netns => this.#handles.netns(netns))
  }

  /** Removes a namespace with its devices, sockets, daemons, and what hangs on them elsewhere (`ip netns del`). Throws ENOENT. */
  delNetns(name: string): void {
    this.kernel.delNetns(name)
  }

  /**
   * Runs a script of `ip`, `bridge`, `ping`, `nc`, `tcpdump` ... commands. Each foreground command costs 5 ms of virtual
   * time, and 250 ms pass after the last one ({@link ScriptOptions}).
   *
   * Throws EGRAMMAR for what is not supported (context: line, column, word), EIO for a command that failed (context: line,
   * command, exit) with the tool's own words, EPENDING for one that does not end; with `mayFail` the error is in the
   * result.
   *
   * @example
   * world.sh(`
   *   ip netns add h1
   *   ip -n h1 link set lo up
   *   ip netns exec h1 ping -c 1 127.0.0.1
   * `).stdout // PING 127.0.0.1 ...
   */
  sh(script: string, options: ScriptOptions = {}): ScriptResult {
    return runScript(this.kernel, script, options)
  }

  /**
   * Starts a capture on a device, as tcpdump does. Throws ENODEV, ENOENT, EGRAMMAR for a filter (context: column, word).
   *
   * @example
   * const seen = world.capture({ dev: h2.dev('eth0'), filter: 'arp or icmp' })
   */
  capture(options: CaptureOptions): Capture {
    const { dev, netns } = options
    if (typeof dev !== 'string') return new Capture(dev, options)
    if (netns === undefined) {
      const text = `capture: dev "${dev}" needs its namespace: { netns, dev }, or a device: { dev: netns.dev('${dev}') }`
      throw new NetloomError('EINVAL', text, { dev })
    }
    const kernel = typeof netns === 'string' ? this.kernel.netns(netns) : netns.kernel
    return new Capture(this.#handles.dev(devOf(kernel, dev)), options)
  }

  /**
   * Starts a capture on every interface of every namespace, those that come later included, as one pcapng file; dropped
   * packets have their reason as a comment. Throws ENOENT for a namespace, EGRAMMAR for a filter (context: column, word).
   *
   * @example
   * const all = world.captureAll()
   * world.run()
   * writeFileSync('world.pcapng', all.pcapng())
   */
  captureAll(options: CaptureAllOptions = {}): WorldCapture {
    return new WorldCapture(this.kernel, options)
  }

  /**
   * Runs virtual time and returns the time at its end: without options until the world is quiet ({@link isQuiet}), at most
   * {@link REST_LIMIT_NS}; `for` so many nanoseconds; `until` a predicate holds, at most `within` nanoseconds. Throws
   * EPENDING, which lists what is pending, when the world does not come to rest or the predicate does not hold in time;
   * ESTORM with the devices of a loop; and what a handler of a socket throws.
   *
   * @example
   * world.run()
   * world.run({ for: ms(5) })
   * world.run({ until: () => ping.received === 1, within: s(3) })
   */
  run(options: RunOptions = {}): number {
    checkOptions('run', options, ['for', 'until', 'within'])
    const { until, within } = options
    if (options.for !== undefined || until !== undefined) return this.kernel.run(options)
    return this.#runUntilQuiet(within ?? REST_LIMIT_NS)
  }

  #runUntilQuiet(within: number): number {
    const { sim } = this.kernel
    try {
      return this.kernel.run({ until: () => sim.quiet, within })
    } catch (e) {
      if (!(e instanceof NetloomError) || e.code !== 'EPENDING') throw e
      const pending = this.pending()
      throw new NetloomError(
        'EPENDING',
        `the world has not come to rest within ${formatTime(within)} s; pending at ${formatTime(this.now)} s:\n  ${pending.join('\n  ')}`,
        { now: this.now, pending },
      )
    }
  }

  /** Does one piece of work: one frame, one wake-up of a program, or all timers of one instant. False when quiet. */
  step(): boolean {
    return this.kernel.step()
  }

  /** What is due, one line each, the nearest first; at most `max` lines. */
  pending(max = 20): string[] {
    return this.kernel.sim.pending(max)
  }

  /**
   * Calls `fn` as a program `delayNs` from now, while the world runs. Returns a timer that can be cancelled.
   *
   * @example
   * world.after(s(1), () => h1.link.set('eth0', { up: false }))
   */
  after(delayNs: number, fn: () => void): Timer {
    return new Timer(this.kernel, delayNs, fn)
  }

  /**
   * Traces packets through the rules of iptables, as the target TRACE does, without a rule of its own. Costs nothing where it does
   * not run. Throws ENOENT for a namespace, EGRAMMAR for a filter (context: column, word).
   *
   * @example
   * const trace = world.trace({ filter: 'udp port 53' })
   * world.run()
   * console.log(`${trace}`)
   */
  trace(options: TraceOptions = {}): Trace {
    return new Trace(this.kernel, options)
  }

  /**
   * Calls `fn` for each packet that the targets LOG and NFLOG, and traces, tell of, with the line that the kernel writes to its log;
   * returns a function that ends this. `fn` must only look.
   *
   * @example
   * world.onLog(({ netns, line }) => console.log(netns, line))
   */
  onLog(fn: (entry: NfLogEntry) => void): () => void {
    const { nfLoggers } = this.kernel
    const logger: NfLogger = entry => fn(entry)
    nfLoggers.push(logger)
    return () => {
      const at = nfLoggers.indexOf(logger)
      if (at >= 0) nfLoggers.splice(at, 1)
    }
  }

  /** What was dropped anywhere, by namespace, device and reason. */
  drops(): Drop[] {
    return this.listNetns().flatMap(netns => netns.drops())
  }

  /** Calls `fn` for each packet that is dropped from now on; returns a function that ends this. `fn` must only look. */
  onDrop(fn: (packet: DroppedPacket) => void): () => void {
    const listeners = this.#dropListeners
    listeners.push(fn)
    this.#unobserveDrops ??= this.kernel.observeDrops((skb, reason) => {
      const packet = new DroppedPacket(skb, reason)
      for (const listener of [...listeners]) listener(packet)
    })
    return () => {
      const at = listeners.indexOf(fn)
      if (at >= 0) listeners.splice(at, 1)
      if (listeners.length > 0) return
      this.#unobserveDrops?.()
      this.#unobserveDrops = null
    }
  }

  /** Where the packets of each namespace came from and went, at this moment. */
  accounting(): NetnsAccounting[] {
    return this.listNetns().map(netns => {
      const a = netns.accounting()
      const dropped = Object.values(a.dropped).reduce((sum, n) => sum + n, 0)
      const isBalanced = a.entered + a.created === a.delivered + a.consumed + dropped + a.alive
      return { netns: netns.name, ...a, isBalanced }
    })
  }

  /** True when the accounting of every namespace balances. */
  isBalanced(): boolean {
    return this.accounting().every(a => a.isBalanced)
  }

  /** Packets under way or queued anywhere: in neighbour entries, in sockets that nobody reads. 0 at rest. */
  get alivePackets(): number {
    return this.kernel.skbs.live
  }

  override toString(): string {
    const n = this.kernel.listNetns().length
    return `World of seed ${this.seed} with ${n} ${n === 1 ? 'namespace' : 'namespaces'} at ${formatTime(this.now)} s`
  }

  override toJSON(): {
    version: string
    seed: number
    now: number
    profile: string
    netns: string[]
    pending: string[]
  } {
    const netns = this.kernel.listNetns().map(({ name }) => name)
    const { profile } = this.kernel
    return { version: VERSION, seed: this.seed, now: this.now, profile: profile.name, netns, pending: this.pending() }
  }
}

/**
 * Makes a World. Throws EINVAL for a seed that is no integer.
 *
 * @example
 * const world = createWorld({ seed: 1 })
 */
export const createWorld = (options: WorldOptions = {}): World => {
  checkOptions('createWorld', options, [
    'seed',
    'stormLimit',
    'profile',
    'flowCache',
    'linkKinds',
    'qdiscKinds',
    'commands',
  ])
  const { linkKinds = [], qdiscKinds = [], commands = [], ...rest } = options
  return new World(boot(rest, linkKinds, qdiscKinds, commands))
}
