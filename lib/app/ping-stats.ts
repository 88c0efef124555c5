/**
 * What ping counts: requests, answers, duplicates, what is in flight, round-trip times.
 *
 * @see iputils ping, ping_common.c
 */

/** Sequence numbers whose answers are remembered, to tell duplicates. */
const SEQUENCES = 65536
const HALF = 0x7fff

/** Counters of one run of ping. Times in microseconds. */
export class PingStats {
  transmitted = 0
  received = 0
  duplicates = 0
  errors = 0
  /** Most requests that were on their way at once; -1 before the first answer. */
  pipe = -1
  /** Round-trip times; sum and sum of squares count duplicates too. */
  minUs: number = Number.MAX_SAFE_INTEGER
  maxUs = 0
  sumUs = 0
  sumSquaresUs = 0
  /** Eight times the moving average of the round-trip time. */
  ewma8Us = 0
  /** Last sequence number that an answer or error came back for. */
  #acked = 0
  readonly #answered: Uint32Array = new Uint32Array(SEQUENCES / 32)

  /** A request is about to go out under `seq`: an answer to an older one of that number no longer counts as duplicate. */
  forget(seq: number): void {
    this.#answered[(seq & 0xffff) >> 5]! &= ~(1 << (seq & 31))
  }

  /** True when an answer for `seq` has come. */
  hasAnswer(seq: number): boolean {
    return (this.#answered[(seq & 0xffff) >> 5]! & (1 << (seq & 31))) !== 0
  }

  /** A request went out, or could not. */
  sent(): void {
    this.transmitted++
    if ((this.transmitted & 0xffff) - this.#acked > HALF) this.#acked = (this.transmitted + 1) & 0xffff
  }

  /** Something came back for `seq`, an answer or an error. */
  acknowledge(seq: number): void {
    const behind = (this.transmitted - seq) & 0xffff
    if (behind > HALF) return
    if (behind + 1 > this.pipe) this.pipe = behind + 1
    const ahead = ((seq - this.#acked) << 16) >> 16
    const wrapped = ((this.transmitted - this.#acked) << 16) >> 16
    if (ahead > 0 || wrapped < 0) this.#acked = seq
  }

  /** Requests that nothing has come back for. */
  get inFlight(): number {
    const behind = (this.transmitted - this.#acked) & 0xffff
    return behind <= HALF ? behind : this.transmitted - this.received - this.errors
  }

  /** Counts an answer; true when it is a duplicate. */
  answer(seq: number): boolean {
    if (this.hasAnswer(seq)) {
      this.duplicates++
      return true
    }
    this.received++
    this.#answered[(seq & 0xffff) >> 5]! |= 1 << (seq & 31)
    return false
  }

  /** Takes the round-trip time of an answer into the sums. */
  time(us: number): void {
    this.sumUs += us
    this.sumSquaresUs += us * us
    if (us < this.minUs) this.minUs = us
    if (us > this.maxUs) this.maxUs = us
    if (this.ewma8Us === 0) this.ewma8Us = us * 8
    else this.ewma8Us += us - Math.trunc(this.ewma8Us / 8)
  }

  /** Average round-trip time, rounded down. */
  get averageUs(): number {
    return Math.trunc(this.sumUs / (this.received + this.duplicates))
  }

  /** Standard deviation of the round-trip times, rounded down. */
  get deviationUs(): number {
    const n = this.received + this.duplicates
    const square = Math.trunc((this.sumUs * this.sumUs) / n)
    return Math.floor(Math.sqrt(Math.trunc((this.sumSquaresUs - square) / n)))
  }
}
