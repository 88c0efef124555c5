/**
 * A running program of the lab: what ping, nc, arping and tcpdump are to the shell and to user code. A program is plain
 * callbacks on sockets and timers; it runs while the world runs.
 */
import type { Netns } from '../core/netns.js'
import type { Sock } from '../ip/sock.js'

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
  readonly #onTerm: () => void

  /** `onTerm` releases what the program holds (sockets, timers); called exactly once, when the process ends for any reason. */
  constructor(netns: Netns, name: string, onTerm: () => void) {
    this.netns = netns
    this.name = name
    this.pid = ++netns.world.lastPid
    this.#onTerm = onTerm
  }

  /**
   * Says that the program holds a socket under a file descriptor.
   *
   * @internal
   */
  holds(sk: Sock, fd: number): void {
    sk.holder = { name: this.name, pid: this.pid, fd }
  }

  /** Ends the program with `status`; only the first call counts. */
  exit(status: number): void {
    if (this.exitStatus !== null) return
    this.exitStatus = status
    this.#onTerm()
    for (const fn of this.#onExit) fn()
  }

  /** Ends it from outside, as SIGTERM does: status 143. */
  kill(): void {
    this.exit(143)
  }

  /** Calls `fn` when the program ends; at once if it has. */
  onExit(fn: () => void): void {
    if (this.exitStatus !== null) fn()
    else this.#onExit.push(fn)
  }
}
