/**
 * The timers of a socket. A timer of the kernel's wheel is set anew for every acknowledgement; here it is moved in the queue of
 * the future only where it would run too late, and one that runs too early sets itself again. It runs its function exactly
 * when the wheel would.
 *
 * @see net/ipv4/tcp_timer.c tcp_init_xmit_timers, kernel/time/timer.c __mod_timer
 */
import type { Skb } from '../../core/skb.js'
import type { SimEvent } from '../../sim/queue.js'
import type { Simulator } from '../../sim/simulator.js'
import { NSEC_PER_JIFFY, wheelExpiry } from '../../sim/timer.js'
import type { TcpSock } from './tcp-sock.js'
import { TCPF_CLOSE_WAIT, TCPF_ESTABLISHED } from './tcp-states.js'

/** What a timer calls. */
export type TcpTimerFn = (tp: TcpSock) => void

const never = (): boolean => false
const runWheel = (t: WheelTimer): void => t.run()

/** A timer on the kernel's wheel (struct timer_list). */
export class WheelTimer {
  readonly #sim: Simulator<Skb>
  readonly #tp: TcpSock
  readonly #fn: TcpTimerFn
  readonly #label: string
  readonly #isIdle: (tp: TcpSock) => boolean
  #event: SimEvent | null = null
  /** When it is to run in nanoseconds, -1 when it is not set; and the tick that was asked for. */
  #due = -1
  #expires = -1

  /** `isIdle`: whether the timer, as it is set, is mere housekeeping that keeps no world from being quiet. */
  constructor(tp: TcpSock, fn: TcpTimerFn, label: string, isIdle: (tp: TcpSock) => boolean = never) {
    this.#isIdle = isIdle
    this.#sim = tp.netns.world.sim
    this.#tp = tp
    this.#fn = fn
    this.#label = label
  }

  /** True while it is set. */
  get pending(): boolean {
    return this.#due >= 0
  }

  /** The tick that was asked for; of a timer that was set once. */
  get expires(): number {
    return this.#expires
  }

  /** Sets it to the tick `expires` (mod_timer). Asking for the same tick again changes nothing. */
  mod(expires: number): void {
    if (this.#due >= 0 && this.#expires === expires) return
    const { now } = this.#sim
    this.#expires = expires
    this.#due = wheelExpiry(
      now,
      Math.max(0, expires * NSEC_PER_JIFFY - Math.floor(now / NSEC_PER_JIFFY) * NSEC_PER_JIFFY),
    )
    const event = this.#event
    if (event?.pending === true) {
      if (event.time <= this.#due && event.isIdle === (this.#isIdle(this.#tp) || this.#sim.isIdle)) return
      this.#sim.cancel(event)
    }
    this.#schedule()
  }

  /** Stops it (del_timer). */
  del(): void {
    this.#due = -1
    if (this.#event === null) return
    this.#sim.cancel(this.#event)
    this.#event = null
  }

  #schedule(): void {
    this.#event = this.#sim.scheduleAt(this.#due, runWheel, this, 0, this.#label)
    if (this.#isIdle(this.#tp)) this.#sim.idle(this.#event)
  }

  /** @internal its event's time has come */
  run(): void {
    this.#event = null
    if (this.#due < 0) return
    if (this.#due > this.#sim.now) {
      this.#schedule()
      return
    }
    this.#due = -1
    this.#fn(this.#tp)
  }
}

const runHr = (t: HrTimer): void => t.run()

/** A timer of high resolution (struct hrtimer). */
export class HrTimer {
  readonly #sim: Simulator<Skb>
  readonly #tp: TcpSock
  readonly #fn: TcpTimerFn
  readonly #label: string
  #event: SimEvent | null = null

  constructor(tp: TcpSock, fn: TcpTimerFn, label: string) {
    this.#sim = tp.netns.world.sim
    this.#tp = tp
    this.#fn = fn
    this.#label = label
  }

  /** True while it is set. */
  get pending(): boolean {
    return this.#event !== null
  }

  /** Sets it to a time, unless it is set already (hrtimer_start of one that is not queued). */
  start(time: number): void {
    if (this.#event === null) this.#event = this.#sim.scheduleAt(Math.round(time), runHr, this, 0, this.#label)
  }

  /** Stops it; true when it was set (hrtimer_try_to_cancel). */
  cancel(): boolean {
    const event = this.#event
    this.#event = null
    return event !== null && this.#sim.cancel(event)
  }

  /** @internal its time has come */
  run(): void {
    this.#event = null
    this.#fn(this.#tp)
  }
}

/** What the timers of a socket call. */
export interface TcpTimerFns {
  readonly write: TcpTimerFn
  readonly delack: TcpTimerFn
  readonly keepalive: TcpTimerFn
  readonly compressedAck: TcpTimerFn
  readonly pace: TcpTimerFn
}

/**
 * How much later than asked for a machine runs a timer of high resolution. Pacing counts on that: what is sent late is taken
 * off the next pause.
 *
 * DIFFERS: a timer of pacing is always 50 us late, where a machine takes more or less.
 */
const PACING_LATENCY_NS = 50_000

/** Keepalive of a connection that stands; the same timer ends FIN_WAIT2. */
const isKeepalive = (tp: TcpSock): boolean => ((1 << tp.state) & (TCPF_ESTABLISHED | TCPF_CLOSE_WAIT)) !== 0

/** The timers of a socket; those of high resolution are made when they are needed. */
export class TcpTimers {
  readonly retransmit: WheelTimer
  readonly delack: WheelTimer
  readonly keepalive: WheelTimer
  readonly #tp: TcpSock
  readonly #fns: TcpTimerFns
  #compressedAck: HrTimer | null = null
  #pacing: HrTimer | null = null

  constructor(tp: TcpSock, fns: TcpTimerFns) {
    this.#tp = tp
    this.#fns = fns
    this.retransmit = new WheelTimer(tp, fns.write, 'tcp retransmission')
    this.delack = new WheelTimer(tp, fns.delack, 'tcp delayed acknowledgement')
    this.keepalive = new WheelTimer(tp, fns.keepalive, 'tcp keepalive', isKeepalive)
  }

  /** The timers of a connection whose listening socket has these. */
  ofChild(child: TcpSock): TcpTimers {
    return new TcpTimers(child, this.#fns)
  }

  /** True while compressed acknowledgements wait. */
  get compressedAckPending(): boolean {
    return this.#compressedAck?.pending ?? false
  }

  /** Starts the timer of compressed acknowledgements, unless it runs. */
  startCompressedAck(delayNs: number): void {
    this.#compressedAck ??= new HrTimer(this.#tp, this.#fns.compressedAck, 'tcp compressed acknowledgement')
    this.#compressedAck.start(this.#tp.netns.world.now + delayNs)
  }

  /** Stops it; true when it was set. */
  cancelCompressedAck(): boolean {
    return this.#compressedAck?.cancel() ?? false
  }

  /** Lets the socket go on sending at `time`, or when the machine comes to it, unless that is set already. */
  startPacing(time: number): void {
    this.#pacing ??= new HrTimer(this.#tp, this.#fns.pace, 'tcp pacing')
    this.#pacing.start(time + PACING_LATENCY_NS)
  }

  /** Stops all. */
  clear(): void {
    this.retransmit.del()
    this.delack.del()
    this.keepalive.del()
    this.#compressedAck?.cancel()
    this.#pacing?.cancel()
  }
}

/** Stops all timers (tcp_clear_xmit_timers). */
export const tcpClearXmitTimers = (tp: TcpSock): void => {
  tp.icskPending = 0
  tp.ack.pending = 0
  tp.timers?.clear()
}

/** Jiffies that pacing holds the next segment back (tcp_pacing_delay), rounded down. */
export const tcpPacingDelayNs = (tp: TcpSock): number => Math.max(0, tp.tcpWstampNs - tp.tcpClockNs)
