/**
 * The event loop: the only loop of the library, and what the kernel's softirq, scheduler and timer interrupt are to a
 * packet. It knows nothing of networks.
 *
 * Four queues, drained in this order before the clock moves:
 * - the **backlog**, a FIFO of items that one handler takes (softnet_data's input_pkt_queue of one CPU);
 * - **tasklets**, a FIFO of calls in softirq context: sockets that go on sending when their packets have left;
 * - **tasks**, a FIFO of calls in process context: programs that were woken up, and work queues;
 * - **timers**, the tinyqueue of the future. All timers that are due at one instant run before the backlog that they
 *   cause, as TIMER_SOFTIRQ precedes NET_RX_SOFTIRQ.
 *
 * A task's system call drains the backlog before it returns ({@link Simulator.bhEnable}), as local_bh_enable runs the
 * pending softirq: on one CPU, sendto() comes back after the frame has been received at the far end of a veth.
 *
 * @see kernel/softirq.c, net/core/dev.c process_backlog
 */
import { NetloomError } from '../errors.js'
import { type EventFn, EventQueue, type SimEvent } from './queue.js'
import { Ring } from './ring.js'
import { formatTime } from './time.js'

/** What the loop does with the items of its backlog. */
export interface BacklogHandler<T> {
  /** Takes one item. */
  handle(item: T): void
  /** Names the item's place, for the message of the storm guard; called before `handle`. */
  describe(item: T): string
}

/** Limits of {@link Simulator.run}; without any it runs until quiet. */
export interface RunOptions {
  /** Run for this many virtual nanoseconds, then stop with the clock there. */
  for?: number
  /** Run until this returns true. It is asked after every item. */
  until?: () => boolean
  /** With `until`: at most this many virtual nanoseconds, else an error `EPENDING` that lists what is pending. */
  within?: number
}

class Task {
  fn: EventFn<never>
  a: unknown
  label: string
  constructor(fn: EventFn<never>, a: unknown, label: string) {
    this.fn = fn
    this.a = a
    this.label = label
  }
}

/** Names of places are collected over this many items before the storm guard gives up. */
const STORM_SAMPLE = 256

/** Items of the backlog after which tasklets get their turn (net.core.netdev_budget). */
export const NETDEV_BUDGET = 300

/** Exact integers end here: 104 days. */
const MAX_TIME = Number.MAX_SAFE_INTEGER

/** Virtual clock and event loop of one World. */
export class Simulator<T extends object> {
  /** Virtual time in nanoseconds. */
  now = 0
  /** Items and tasks handled so far. */
  handled = 0

  readonly #handler: BacklogHandler<T>
  readonly #stormLimit: number
  readonly #backlog = new Ring<T>()
  readonly #tasklets = new Ring<Task>()
  readonly #tasks = new Ring<Task>()
  readonly #timers = new EventQueue()
  /** Items of the backlog since a tasklet ran or the backlog was empty. */
  #sinceTasklet = 0
  #bhDisabled = 0
  #inSoftirq = false
  #inTask = false
  /** All timers of this instant were housekeeping: so is what comes of them. */
  #isIdle = false
  /** Nobody looks between two items of the backlog. */
  #isUnwatched = false
  #workThisInstant = 0
  #instant = -1
  #handledBefore = 0
  #stormPlaces = new Map<string, number>()

  /** `stormLimit`: items and tasks that one instant may take before the run ends with the error `ESTORM`. */
  constructor(handler: BacklogHandler<T>, stormLimit: number) {
    this.#handler = handler
    this.#stormLimit = stormLimit
  }

  /** Items waiting in the backlog. */
  get backlogLength(): number {
    return this.#backlog.length
  }

  /** True when nothing is due now or later, but for the housekeeping of daemons (see {@link idle}). */
  get quiet(): boolean {
    return (
      this.#backlog.length === 0 &&
      this.#tasklets.length === 0 &&
      this.#tasks.length === 0 &&
      this.#timers.busyLength === 0
    )
  }

  /** True inside the backlog's handler and inside timers. */
  get inSoftirq(): boolean {
    return this.#inSoftirq
  }

  /** Items, tasks and timers that the present instant has taken since this was first asked in it. */
  get workThisInstant(): number {
    if (this.#instant !== this.now) {
      this.#instant = this.now
      this.#handledBefore = this.handled
    }
    return this.handled - this.#handledBefore
  }

  /** Appends an item to the backlog (netif_rx). */
  enqueue(item: T): void {
    this.#backlog.push(item)
  }

  /**
   * Runs `fn(a, 0)` in softirq context at this instant, when the backlog is empty or {@link NETDEV_BUDGET} items of it have
   * been handled (TASKLET_SOFTIRQ follows NET_RX_SOFTIRQ).
   */
  tasklet<A>(fn: EventFn<A>, a: A, label = 'tasklet'): void {
    this.#tasklets.push(new Task(fn as EventFn<never>, a, label))
  }

  /**
   * For a handler that would enqueue an item as its last act: true when the item is the next to be handled and nobody
   * looks in between, so that it may be handled at once. It counts as one that was.
   */
  passOn(): boolean {
    if (!this.#isUnwatched || this.#backlog.length > 0 || this.#tasklets.length > 0) return false
    if (this.#workThisInstant >= this.#stormLimit) return false
    this.#sinceTasklet++
    this.#workThisInstant++
    this.handled++
    return true
  }

  /**
   * For one outside softirq that would enqueue an item between {@link bhDisable} and {@link bhEnable}: true when the item is
   * the first to be handled then, so that the caller may handle it itself. It counts as one that was, and
   * {@link endSoftirq} has to follow, whatever happens.
   */
  beginSoftirq(): boolean {
    if (this.#bhDisabled > 0 || this.#inSoftirq || this.#backlog.length > 0 || this.#tasklets.length > 0) return false
    if (!this.#inTask) this.#workThisInstant = 0
    if (this.#workThisInstant >= this.#stormLimit) return false
    this.#sinceTasklet++
    this.#workThisInstant++
    this.handled++
    this.#inSoftirq = true
    this.#isUnwatched = true
    return true
  }

  /** Ends {@link beginSoftirq}, after what is left to be handled. */
  endSoftirq(): void {
    if (this.#backlog.length > 0 || this.#tasklets.length > 0) this.#drain()
    this.#inSoftirq = false
    this.#isUnwatched = false
  }

  /** Runs `fn(a, 0)` in process context at this instant, after the backlog. */
  task<A>(fn: EventFn<A>, a: A, label = 'task'): void {
    this.#tasks.push(new Task(fn as EventFn<never>, a, label))
  }

  /** Schedules `fn(a, b)` in softirq context, `delayNs` from now (0 or more, rounded to an integer). */
  schedule<A>(delayNs: number, fn: EventFn<A>, a: A, b = 0, label = 'timer'): SimEvent {
    return this.scheduleAt(this.now + Math.round(delayNs), fn, a, b, label)
  }

  /** Schedules `fn(a, b)` in softirq context at the virtual time `time`. */
  scheduleAt<A>(time: number, fn: EventFn<A>, a: A, b = 0, label = 'timer'): SimEvent {
    if (!(time >= this.now && time <= MAX_TIME))
      throw new NetloomError('EINVAL', `time ${time} is not between now (${this.now}) and 2^53 ns`, {
        time,
        now: this.now,
      })
    const event = this.#timers.push(time, fn, a, b, label)
    if (this.#isIdle) this.#timers.idle(event)
    return event
  }

  /**
   * Says that a scheduled event is housekeeping of a daemon that comes again and again, or in a day: it runs like any other,
   * but the world counts as quiet without it, and without what is scheduled because of it.
   */
  idle(event: SimEvent): void {
    this.#timers.idle(event)
  }

  /** True while housekeeping runs, and what comes of it. */
  get isIdle(): boolean {
    return this.#isIdle
  }

  /** Takes a scheduled event back; false when it has run or was cancelled. */
  cancel(event: SimEvent): boolean {
    return this.#timers.cancel(event)
  }

  /** Holds the backlog back until the matching {@link bhEnable} (local_bh_disable). */
  bhDisable(): void {
    this.#bhDisabled++
  }

  /** Ends {@link bhDisable}; the outermost one, outside softirq, drains the backlog (local_bh_enable). */
  bhEnable(): void {
    if (--this.#bhDisabled === 0 && !this.#inSoftirq && (this.#backlog.length > 0 || this.#tasklets.length > 0)) {
      // A task is part of a run, which counts on: two programs that answer each other are a loop as well.
      if (!this.#inTask) this.#workThisInstant = 0
      this.#drain()
    }
  }

  /** Does one piece of work: one item of the backlog, one task, or all timers of the next instant. False when quiet. */
  step(): boolean {
    return this.#step(MAX_TIME)
  }

  /** Runs the loop; see {@link RunOptions}. Returns the virtual time at the end. */
  run(options: RunOptions = {}): number {
    if (this.#inSoftirq || this.#bhDisabled > 0)
      throw new NetloomError('EBUSY', 'run() was called from inside the event loop')
    this.#workThisInstant = 0
    try {
      return this.#run(options)
    } finally {
      this.#isIdle = false
    }
  }

  #run(options: RunOptions): number {
    if (options.until !== undefined) return this.#runUntil(options.until, options.within ?? options.for ?? MAX_TIME)
    if (options.for === undefined) {
      while (!this.quiet && this.#step(MAX_TIME)) {
        if (this.#backlog.length > 0) this.#drain()
      }
      return this.now
    }
    if (!(options.for >= 0))
      throw new NetloomError('EINVAL', `run({ for: ${options.for} }): not a duration in nanoseconds`)
    const end = Math.min(this.now + Math.round(options.for), MAX_TIME)
    this.#runUnwatched(end)
    this.now = end
    return end
  }

  #runUnwatched(end: number): void {
    while (this.#step(end)) {
      if (this.#backlog.length > 0) this.#drain()
    }
  }

  /** What is pending, one line each, the nearest first; at most `max` lines. */
  pending(max = 20): string[] {
    const lines: string[] = []
    for (const item of this.#backlog.list()) lines.push(`now: frame at ${this.#handler.describe(item)}`)
    for (const task of this.#tasklets.list()) lines.push(`now: ${task.label}`)
    for (const task of this.#tasks.list()) lines.push(`now: ${task.label}`)
    for (const e of this.#timers.list()) {
      if (lines.length >= max) break
      lines.push(`${formatTime(e.time)}: ${e.label}`)
    }
    return lines.slice(0, max)
  }

  #runUntil(until: () => boolean, within: number): number {
    if (!(within >= 0)) throw new NetloomError('EINVAL', `run({ within: ${within} }): not a duration in nanoseconds`)
    const end = Math.min(this.now + Math.round(within), MAX_TIME)
    while (!until()) {
      if (this.#step(end)) continue
      if (until()) break
      if (!this.quiet) this.now = end
      const pending = this.pending()
      throw new NetloomError(
        'EPENDING',
        `${this.quiet ? 'quiet' : 'time is up'} at ${formatTime(this.now)} s and the condition does not hold; ` +
          `pending: ${pending.length === 0 ? 'nothing' : `\n  ${pending.join('\n  ')}`}`,
        { now: this.now, pending },
      )
    }
    return this.now
  }

  #step(end: number): boolean {
    if (this.#backlog.length > 0 || this.#tasklets.length > 0) {
      this.#handleOne()
      return true
    }
    const task = this.#tasks.peek()
    if (task !== null) {
      this.#count(task.label)
      this.#tasks.shift()
      this.#inTask = true
      try {
        task.fn(task.a as never, 0)
      } finally {
        this.#inTask = false
      }
      return true
    }
    const time = this.#timers.nextTime()
    if (time < 0 || time > end) return false
    if (time !== this.now) {
      this.#workThisInstant = 0
      this.#isIdle = true
    }
    this.now = time
    this.#runTimers(time)
    return true
  }

  #runTimers(time: number): void {
    this.#inSoftirq = true
    try {
      while (this.#timers.nextTime() === time) {
        const e = this.#timers.pop()!
        this.#count(e.label)
        this.#isIdle &&= e.isIdle
        const { fn, a, b } = e
        e.a = null
        fn(a as never, b)
      }
    } finally {
      this.#inSoftirq = false
    }
  }

  #handleOne(): void {
    this.#inSoftirq = true
    try {
      this.#handleNext()
    } finally {
      this.#inSoftirq = false
    }
  }

  #drain(): void {
    this.#inSoftirq = true
    this.#isUnwatched = true
    try {
      while (this.#backlog.length > 0 || this.#tasklets.length > 0) this.#handleNext()
    } finally {
      this.#inSoftirq = false
      this.#isUnwatched = false
    }
  }

  /** Takes the oldest item of the backlog; when the guard stops it, it stays where it is. */
  #handleNext(): void {
    if (this.#tasklets.length > 0 && (this.#backlog.length === 0 || this.#sinceTasklet >= NETDEV_BUDGET)) {
      this.#runTasklet()
      return
    }
    this.#sinceTasklet++
    if (++this.#workThisInstant > this.#stormLimit) this.#storm(this.#handler.describe(this.#backlog.peek()!))
    this.handled++
    this.#handler.handle(this.#backlog.shift()!)
  }

  #runTasklet(): void {
    const { fn, a, label } = this.#tasklets.shift()!
    if (this.#tasklets.length === 0) this.#sinceTasklet = 0
    this.#count(label)
    fn(a as never, 0)
  }

  #count(label: string): void {
    this.handled++
    if (++this.#workThisInstant > this.#stormLimit) this.#storm(label)
  }

  /** Collects names for a while, so that every device of a loop is named, then gives up. */
  #storm(place: string): void {
    if (this.#workThisInstant === this.#stormLimit + 1) this.#stormPlaces.clear()
    this.#stormPlaces.set(place, (this.#stormPlaces.get(place) ?? 0) + 1)
    if (this.#workThisInstant < this.#stormLimit + STORM_SAMPLE) return
    const places = [...this.#stormPlaces.keys()].sort()
    this.#stormPlaces = new Map()
    this.#workThisInstant = 0
    throw new NetloomError(
      'ESTORM',
      `more than ${this.#stormLimit} events at ${formatTime(this.now)} s without the clock moving: a loop through ${places.join(', ')}`,
      { now: this.now, limit: this.#stormLimit, places },
    )
  }
}
