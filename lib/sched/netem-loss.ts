/**
 * The models by which netem loses packets: each on its own, or in bursts by a Markov chain of two or four states.
 *
 * @see net/sched/sch_netem.c loss_event, loss_4state, loss_gilb_ell
 */
import type { Rng } from '../sim/rng.js'
import type { Crandom } from './crandom.js'

/** Four states: received and lost packets in a burst and outside one. Probabilities of 2^32 - 1. */
export interface LossState {
  readonly p13: number
  readonly p31: number
  readonly p32: number
  readonly p23: number
  readonly p14: number
}

/** Gilbert and Elliot: `p` into the bad state and `r` out of it; lost in the bad one `1-h`, in the good one `1-k`. */
export interface LossGemodel {
  readonly p: number
  readonly r: number
  readonly h: number
  readonly k1: number
}

const TX_IN_GAP = 1
const TX_IN_BURST = 2
const LOST_IN_GAP = 3
const LOST_IN_BURST = 4
const GOOD = 1
const BAD = 2

/** Decides which packets are lost. */
export class NetemLoss {
  readonly loss: number
  readonly state: LossState | null
  readonly gemodel: LossGemodel | null
  readonly #cor: Crandom
  #at = 1

  constructor(loss: number, cor: Crandom, state: LossState | null, gemodel: LossGemodel | null) {
    this.loss = loss
    this.state = state
    this.gemodel = gemodel
    this.#cor = cor
  }

  /** True when the next packet is lost. */
  event(rng: Rng): boolean {
    if (this.state !== null) return this.#fourState(this.state, rng)
    if (this.gemodel !== null) return this.#gilbEll(this.gemodel, rng)
    return this.loss > 0 && this.loss >= this.#cor.next(rng)
  }

  #fourState({ p13, p31, p32, p23, p14 }: LossState, rng: Rng): boolean {
    const rnd = rng.u32()
    switch (this.#at) {
      case TX_IN_GAP:
        if (rnd < p14) {
          this.#at = LOST_IN_GAP
          return true
        }
        if (p14 < rnd && rnd < p13 + p14) {
          this.#at = LOST_IN_BURST
          return true
        }
        return false
      case TX_IN_BURST:
        if (rnd >= p23) return false
        this.#at = LOST_IN_BURST
        return true
      case LOST_IN_BURST:
        if (rnd < p32) this.#at = TX_IN_BURST
        else if (p32 < rnd && rnd < p31 + p32) this.#at = TX_IN_GAP
        else if (p31 + p32 < rnd) return true
        return false
      default:
        this.#at = TX_IN_GAP
        return false
    }
  }

  #gilbEll({ p, r, h, k1 }: LossGemodel, rng: Rng): boolean {
    if (this.#at === GOOD) {
      if (rng.u32() < p) this.#at = BAD
      return rng.u32() < k1
    }
    if (rng.u32() < r) this.#at = GOOD
    return rng.u32() > h
  }
}
