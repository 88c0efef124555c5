/**
 * The queue of future events, ordered by (time, sequence number), on tinyqueue.
 *
 * tinyqueue is not stable, so the sequence number is what keeps equal times in the order of scheduling. It cannot remove
 * either: a cancelled event stays until it is popped, or until more than half of the queue is cancelled, when the queue
 * is built anew.
 */
import TinyQueue from 'tinyqueue'

/** What an event calls: a top-level function with one object and one number, so that scheduling needs no closure. */
export type EventFn<A> = (a: A, b: number) => void

const never: EventFn<never> = () => {}

/** One scheduled call. Obtain it from {@link EventQueue.push}; it is spent when it has run or was cancelled. */
export class SimEvent {
  /** Due time in virtual nanoseconds. */
  time: number
  /** Order among events with equal time. */
  seq: number
  fn: EventFn<never>
  a: unknown
  b: number
  /** True from scheduling until run or cancelled. */
  pending: boolean
  /** What it is for, shown when a run ends with events pending. */
  label: string
  /** Housekeeping that keeps no world from being quiet. */
  isIdle = false

  constructor(time: number, seq: number, fn: EventFn<never>, a: unknown, b: number, label: string) {
    this.time = time
    this.seq = seq
    this.fn = fn
    this.a = a
    this.b = b
    this.pending = true
    this.label = label
  }
}

const before = (x: SimEvent, y: SimEvent): number => x.time - y.time || x.seq - y.seq

/** Below this length a queue full of cancelled events is not worth building anew. */
const COMPACT_MIN = 64

/** Future events in order; the only user of tinyqueue. */
export class EventQueue {
  #heap: TinyQueue<SimEvent> = new TinyQueue<SimEvent>([], before)
  #seq = 0
  #cancelled = 0
  #idle = 0

  /** Number of events that will run. */
  get length(): number {
    return this.#heap.length - this.#cancelled
  }

  /** Number of events that will run and are no mere housekeeping. */
  get busyLength(): number {
    return this.#heap.length - this.#cancelled - this.#idle
  }

  /** Marks a pending event as housekeeping. */
  idle(e: SimEvent): void {
    if (!e.pending || e.isIdle) return
    e.isIdle = true
    this.#idle++
  }

  /** Schedules `fn(a, b)` at `time`; events of equal time run in the order of their push. */
  push<A>(time: number, fn: EventFn<A>, a: A, b: number, label: string): SimEvent {
    const e = new SimEvent(time, this.#seq++, fn as EventFn<never>, a, b, label)
    this.#heap.push(e)
    return e
  }

  /** Takes an event back; false when it had run or was cancelled already. */
  cancel(e: SimEvent): boolean {
    if (!e.pending) return false
    e.pending = false
    e.fn = never
    e.a = null
    this.#cancelled++
    if (e.isIdle) this.#idle--
    if (this.#cancelled > COMPACT_MIN && this.#cancelled * 2 > this.#heap.length) this.#compact()
    return true
  }

  /** Due time of the next event, or -1 when there is none. */
  nextTime(): number {
    for (;;) {
      const e = this.#heap.peek()
      if (e === undefined) return -1
      if (e.pending) return e.time
      this.#heap.pop()
      this.#cancelled--
    }
  }

  /** Removes and returns the next event, or null. */
  pop(): SimEvent | null {
    for (;;) {
      const e = this.#heap.pop()
      if (e === undefined) return null
      if (e.pending) {
        e.pending = false
        if (e.isIdle) this.#idle--
        return e
      }
      this.#cancelled--
    }
  }

  /** The pending events in order of time; for messages, costs a sort. */
  list(): SimEvent[] {
    return this.#heap.data.filter(e => e.pending).sort(before)
  }

  #compact(): void {
    this.#heap = new TinyQueue<SimEvent>(
      this.#heap.data.filter(e => e.pending),
      before,
    )
    this.#cancelled = 0
  }
}
