/**
 * The loop of poll in which nc carries octets between standard input, the network and standard output: what it reads and
 * writes in which order, which decides where segments begin, and when each side is ended.
 *
 * Standard input is a fixed sequence of octets: a pipe whose writer has ended, which poll reports as POLLHUP, or /dev/null,
 * which gives 0 octets. Standard output always takes what is written.
 *
 * @see netcat.c readwrite, drainbuf, fillbuf (Debian's OpenBSD netcat 1.219), as strace shows it
 */
import type { Netns } from '../core/netns.js'
import { errnoNumber } from '../errors.js'
import type { NcOptions } from './nc-options.js'
import { ProgramTimer } from './program-timer.js'

/** Octets of each of the two buffers; also the largest datagram that nc sends. */
const BUFFER_OCTETS = 16384
const NS_PER_SEC = 1_000_000_000
const EAGAIN = errnoNumber('EAGAIN')
const LF = 10
const CR = 13
const CRLF: Uint8Array = Uint8Array.of(CR, LF)

/** poll(2): there is something to read. */
export const POLLIN = 1
/** There is room to write. */
export const POLLOUT = 4
/** There is an error. */
export const POLLERR = 8
/** The other end has hung up. */
export const POLLHUP = 16

/** shutdown(2): nothing more is read. */
export const SHUT_RD = 0
/** Nothing more is written. */
export const SHUT_WR = 1

/** A connected socket as the loop uses it. */
export interface NcNet {
  /** Events as they stand: POLLIN, POLLOUT, POLLERR, POLLHUP. */
  poll(): number
  /** Octets, 0 at the end of the stream, or a negative errno. */
  read(into: Uint8Array): number
  /** Octets that were taken, or a negative errno. */
  write(data: Uint8Array): number
  /** Ends a direction: SHUT_RD or SHUT_WR. */
  shutdown(how: 0 | 1): void
  /** Closes the socket. */
  close(): void
}

/** What the loop belongs to. */
export interface NcLoopOwner {
  readonly netns: Netns
  readonly options: NcOptions
  /** Octets for standard output. */
  stdout(octets: Uint8Array): void
  /** The loop has returned. */
  loopEnded(): void
  /** The whole program ends with status 0 (`-q`). */
  quit(): void
}

/** The loop; it can be started again for the next connection. */
export class NcLoop {
  readonly #owner: NcLoopOwner
  readonly #options: NcOptions
  readonly #timer: ProgramTimer<NcLoop>
  readonly #stdin: Uint8Array
  #stdinAt = 0
  #net: NcNet | null = null
  #state: 'idle' | 'running' | 'waiting' | 'sleeping' | 'crlf' | 'quitting' = 'idle'
  /** Which of poll's four files are still there. */
  #hasStdin = true
  #hasNetOut = true
  #hasNetIn = true
  #hasStdout = true
  /** Events that are asked for. */
  #wantsStdin = true
  #wantsNetOut = false
  #wantsNetIn = true
  #wantsStdout = false
  /** Events that the last poll gave. */
  #onStdin = 0
  #onNetOut = 0
  #onNetIn = 0
  #onStdout = 0
  readonly #toNet: Uint8Array = new Uint8Array(BUFFER_OCTETS)
  #toNetLen = 0
  readonly #fromNet: Uint8Array = new Uint8Array(BUFFER_OCTETS)
  #fromNetLen = 0
  #received = 0

  constructor(owner: NcLoopOwner) {
    this.#owner = owner
    this.#options = owner.options
    this.#stdin = owner.options.stdin ?? new Uint8Array(0)
    this.#timer = new ProgramTimer<NcLoop>(owner.netns.world, timerOver, this, `nc in ${owner.netns.name}`)
  }

  /** Runs with a connected socket. What waits in the buffers of an earlier one is gone, standard input goes on. */
  start(net: NcNet): void {
    this.#net = net
    this.#hasStdin = this.#options.ignoreStdin !== true
    this.#hasNetOut = this.#hasNetIn = this.#hasStdout = true
    this.#wantsStdin = this.#wantsNetIn = true
    this.#wantsNetOut = this.#wantsStdout = false
    this.#toNetLen = this.#fromNetLen = 0
    this.#state = 'running'
    this.#run()
  }

  /** Stops where it stands. */
  stop(): void {
    this.#state = 'idle'
    this.#timer.stop()
    this.#net = null
  }

  /** The socket has something to tell. */
  wake(): void {
    if (this.#state === 'waiting') this.#run()
    else if (this.#state === 'crlf' && this.#writeCrlf()) this.#run()
  }

  // --- one round

  #run(): void {
    while (!this.#isOver() && this.#poll()) {
      this.#treatConditions()
      if (this.#onStdin & POLLIN && this.#toNetLen < BUFFER_OCTETS) this.#readStdin()
      if (this.#onNetOut & POLLOUT && this.#toNetLen > 0 && !this.#writeNet()) return
      this.#finishRound()
    }
  }

  /** The part of a round behind the write to the network. */
  #finishRound(): void {
    if (this.#onNetIn & POLLIN && this.#fromNetLen < BUFFER_OCTETS) this.#readNet()
    if (this.#onStdout & POLLOUT && this.#fromNetLen > 0) this.#writeStdout()
    if (!this.#hasStdin && this.#toNetLen === 0) this.#closeNetOut()
    if (!this.#hasNetIn && this.#fromNetLen === 0) this.#hasStdout = false
  }

  #isOver(): boolean {
    const isEmpty = this.#toNetLen === 0 && this.#fromNetLen === 0
    const areInputsGone = !this.#hasStdin && !this.#hasNetIn && isEmpty
    const areOutputsGone = !this.#hasNetOut && !this.#hasStdout
    if (areInputsGone || areOutputsGone) {
      if ((this.#options.quitSec ?? -1) > 0) this.#quitLater()
      else this.#return()
      return true
    }
    if (this.#options.listen !== true || this.#hasNetIn || !isEmpty) return false
    this.#return()
    return true
  }

  #return(): void {
    this.stop()
    this.#owner.loopEnded()
  }

  /** -q: the socket is closed at once, the program stays until the alarm, or until poll's own timeout. */
  #quitLater(): void {
    const { quitSec = 0, timeoutSec = Number.POSITIVE_INFINITY } = this.#options
    this.#net!.close()
    this.#state = 'quitting'
    this.#timer.set(Math.min(quitSec, timeoutSec) * NS_PER_SEC)
  }

  /** poll(2): false when nothing is there; then it waits, or has ended because nothing may be waited for. */
  #poll(): boolean {
    const net = this.#net!.poll()
    const always = net & (POLLERR | POLLHUP)
    this.#onStdin = this.#hasStdin ? this.#pollStdin() : 0
    this.#onNetOut = this.#hasNetOut ? always | (this.#wantsNetOut ? net & POLLOUT : 0) : 0
    this.#onNetIn = this.#hasNetIn ? always | (this.#wantsNetIn ? net & POLLIN : 0) : 0
    this.#onStdout = this.#hasStdout && this.#wantsStdout ? POLLOUT : 0
    // The real loop turns round a full buffer and a pipe that has hung up until the network takes something.
    const isTurning = this.#onStdin === POLLHUP && !this.#wantsStdin
    if ((this.#onStdin !== 0 && !isTurning) || (this.#onNetOut | this.#onNetIn | this.#onStdout) !== 0) {
      this.#timer.stop()
      this.#state = 'running'
      return true
    }
    this.#wait(isTurning)
    return false
  }

  #wait(hasNoTimeout: boolean): void {
    const { timeoutSec } = this.#options
    if (timeoutSec === 0 && !hasNoTimeout) return this.#return()
    if (this.#state === 'waiting') return
    this.#state = 'waiting'
    if (timeoutSec !== undefined && !hasNoTimeout) this.#timer.set(timeoutSec * NS_PER_SEC)
  }

  #pollStdin(): number {
    if (this.#options.isStdinNull === true) return this.#wantsStdin ? POLLIN : 0
    const hasData = this.#stdinAt < this.#stdin.length
    return POLLHUP | (hasData && this.#wantsStdin ? POLLIN : 0)
  }

  /** Errors and hang-ups close files, whatever can still be read from them. */
  #treatConditions(): void {
    if (this.#onNetOut & POLLERR) this.#hasNetOut = false
    if (this.#onNetIn & POLLERR) this.#hasNetIn = false
    if (this.#wantsStdin && this.#onStdin & POLLHUP && !(this.#onStdin & POLLIN)) this.#hasStdin = false
    if (this.#wantsNetIn && this.#onNetIn & POLLHUP && !(this.#onNetIn & POLLIN)) this.#hasNetIn = false
    if (this.#onNetOut & POLLHUP && this.#hasNetOut) {
      if (this.#shutsDown) this.#net!.shutdown(SHUT_WR)
      this.#hasNetOut = false
    }
    if (!this.#hasNetOut) this.#hasStdin = false
    if (!this.#hasStdout && this.#hasNetIn) {
      this.#net!.shutdown(SHUT_RD)
      this.#hasNetIn = false
    }
  }

  /** -N, which -q implies. */
  get #shutsDown(): boolean {
    const { shutdownOnEof, quitSec = -1 } = this.#options
    return shutdownOnEof === true || quitSec >= 0
  }

  #readStdin(): void {
    const piece = this.#hasStdin
      ? this.#stdin.subarray(this.#stdinAt, this.#stdinAt + BUFFER_OCTETS - this.#toNetLen)
      : this.#stdin.subarray(0, 0)
    if (piece.length === 0) this.#hasStdin = false
    this.#toNet.set(piece, this.#toNetLen)
    this.#toNetLen += piece.length
    this.#stdinAt += piece.length
    if (this.#toNetLen > 0) this.#wantsNetOut = true
    if (this.#toNetLen === BUFFER_OCTETS) this.#wantsStdin = false
  }

  /** Writes what waits, or one line of it; false when the round is interrupted (a sleep, a CRLF that does not fit). */
  #writeNet(): boolean {
    const { intervalSec = 0, crlf = false } = this.#options
    const lf = intervalSec > 0 || crlf ? this.#toNet.subarray(0, this.#toNetLen).indexOf(LF) : -1
    if (lf < 0) {
      this.#write(this.#toNetLen)
      return true
    }
    if (!crlf || (lf > 0 && this.#toNet[lf - 1] === CR)) return !this.#write(lf + 1) || this.#sleep()
    if (lf > 0 && !this.#write(lf)) return true
    return this.#toNet[0] !== LF || this.#writeCrlf()
  }

  /** Writes `n` octets of the buffer; false when none of them was taken. */
  #write(n: number): boolean {
    const rc = this.#hasNetOut ? this.#net!.write(this.#toNet.subarray(0, n)) : -1
    if (rc < 0 && rc !== -EAGAIN) this.#hasNetOut = false
    if (rc > 0) this.#written(rc)
    return rc > 0
  }

  #written(n: number): void {
    this.#toNet.copyWithin(0, n, this.#toNetLen)
    this.#toNetLen -= n
    if (this.#toNetLen === 0) this.#wantsNetOut = false
    if (this.#toNetLen < BUFFER_OCTETS) this.#wantsStdin = true
  }

  /** Writes CRLF in place of the LF that the buffer begins with, all of it before anything else is done. */
  #writeCrlf(): boolean {
    const rc = this.#net!.write(CRLF)
    if (rc === -EAGAIN) {
      this.#state = 'crlf'
      return false
    }
    if (rc < 0) this.#hasNetOut = false
    this.#written(1)
    if (!this.#sleep()) return false
    if (this.#state === 'crlf') this.#finishRound()
    this.#state = 'running'
    return true
  }

  /** The pause behind a line; false when there is one. */
  #sleep(): boolean {
    const { intervalSec = 0 } = this.#options
    if (intervalSec === 0) return true
    this.#state = 'sleeping'
    this.#timer.set(intervalSec * NS_PER_SEC)
    return false
  }

  #readNet(): void {
    const rc = this.#hasNetIn ? this.#net!.read(this.#fromNet.subarray(this.#fromNetLen)) : -1
    if (rc > 0) this.#fromNetLen += rc
    else if (rc === 0) this.#closeNetIn()
    else if (rc !== -EAGAIN) this.#hasNetIn = false
    const { receiveLimit } = this.#options
    if (receiveLimit !== undefined && ++this.#received >= receiveLimit) {
      if (this.#hasNetIn) this.#closeNetIn()
      this.#hasStdin = false
    }
    if (this.#fromNetLen > 0) this.#wantsStdout = true
    if (this.#fromNetLen === BUFFER_OCTETS) this.#wantsNetIn = false
  }

  #closeNetIn(): void {
    this.#net!.shutdown(SHUT_RD)
    this.#hasNetIn = false
  }

  #writeStdout(): void {
    const octets = this.#fromNet.slice(0, this.#fromNetLen)
    this.#fromNetLen = 0
    this.#wantsStdout = false
    this.#wantsNetIn = true
    this.#owner.stdout(octets)
  }

  /** Standard input is gone and sent: with -N the way out is shut down. Over UDP -q closes the way in as well. */
  #closeNetOut(): void {
    const { quitSec = -1, tcp, ignoreStdin } = this.#options
    if (this.#hasNetOut && this.#shutsDown) this.#net!.shutdown(SHUT_WR)
    this.#hasNetOut = false
    if (quitSec >= 0 && tcp !== true && ignoreStdin !== true && this.#hasNetIn) this.#closeNetIn()
  }

  /** @internal */
  timerOver(): void {
    switch (this.#state) {
      case 'waiting':
        return this.#return()
      case 'sleeping':
        this.#state = 'running'
        this.#finishRound()
        return this.#run()
      case 'quitting': {
        const { quitSec = 0, timeoutSec = Number.POSITIVE_INFINITY } = this.#options
        return timeoutSec < quitSec ? this.#return() : this.#owner.quit()
      }
      default:
    }
  }
}

const timerOver = (loop: NcLoop): void => loop.timerOver()
