/**
 * A running program of the lab: what ping, nc, arping and tcpdump are to the shell and to user code. A program is plain
 * callbacks on sockets and timers; it runs while the world runs.
 */
import { type Netns, type NetnsSlot, netnsSlot } from '../core/netns.js'
import type { World } from '../core/world.js'
import type { Sock } from '../ip/sock.js'
import type { Rng } from '../sim/rng.js'

const PROCESSES: NetnsSlot<Set<Process>> = netnsSlot('processes', () => new Set())

/** The programs that run in a namespace, by number. */
export const processesOf = (netns: Netns): Process[] => [...netns.slot(PROCESSES)]

/** Registers the end of programs with their namespace: behind all layers, when their sockets and devices have gone. */
export const processInit = (world: World): void =>
  world.registerPernet({
    exit: netns => {
      for (const process of processesOf(netns)) process.killHard()
    },
  })

/** A program in a namespace. It has ended when `exitStatus` is not null. */
export class Process {
  readonly netns: Netns
  /** Command name, for messages. */
  readonly name: string
  /** Number of the process, as `ss -p` shows it. */
  readonly pid: number
  /** Exit status as the shell sees it; null while it runs. */
  exitStatus: number | null = null
  /** What it has written so far. */
  stdout = ''
  stderr = ''
  readonly #onExit: (() => void)[] = []
  readonly #onEnd = new Set<() => void>()
  readonly #onTerm: () => void
  #lastFd = 2
  #rng: Rng | null = null

  /** `onTerm` releases what the program holds (sockets, timers); called exactly once, when the process ends for any reason. */
  constructor(netns: Netns, name: string, onTerm: () => void = () => {}) {
    this.netns = netns
    this.name = name
    this.pid = ++netns.world.lastPid
    this.#onTerm = onTerm
    netns.slot(PROCESSES).add(this)
  }

  /**
   * Says that the program holds a socket under a file descriptor.
   *
   * @internal
   */
  holds(sk: Sock, fd: number): void {
    sk.holder = { name: this.name, pid: this.pid, fd }
  }

  /** The program's own stream of random numbers. */
  get rng(): Rng {
    return (this.#rng ??= this.netns.world.rngSource.stream())
  }

  /** The next free file descriptor; 0 to 2 are standard input, output and error. */
  nextFd(): number {
    return ++this.#lastFd
  }

  /** Calls `release` when the program ends, before those of {@link onExit}; returns what takes that back. */
  onEnd(release: () => void): () => void {
    if (this.exitStatus === null) this.#onEnd.add(release)
    else release()
    return () => this.#onEnd.delete(release)
  }

  /** Ends the program with `status`; only the first call counts. */
  exit(status: number): void {
    if (this.exitStatus !== null) return
    this.exitStatus = status
    this.netns.slot(PROCESSES).delete(this)
    this.#onTerm()
    for (const release of this.#onEnd) release()
    this.#onEnd.clear()
    for (const fn of this.#onExit) fn()
  }

  /**
   * Goes on when the script that started it has ended (etcd, flanneld): what nohup and systemd do. It ends with its namespace.
   *
   * DIFFERS: on Linux a namespace that was deleted lives on, without a name, until its last program has ended.
   */
  isDaemon = false
  /** What SIGTERM and SIGINT do; null ends the program at once. */
  onSignal: (() => void) | null = null

  /** Ends it from outside, as SIGTERM does: status 143, unless the program handles the signal. */
  kill(): void {
    if (this.exitStatus !== null) return
    if (this.onSignal === null) this.exit(143)
    else this.onSignal()
  }

  /** Ends it at once, as SIGKILL does: status 137. */
  killHard(): void {
    this.exit(137)
  }

  /** Names what it does in messages about what is pending. */
  label(what: string): string {
    return `${what} of ${this.name} in ${this.netns.name}`
  }

  /** Calls `fn` when the program ends; at once if it has. */
  onExit(fn: () => void): void {
    if (this.exitStatus !== null) fn()
    else this.#onExit.push(fn)
  }
}
