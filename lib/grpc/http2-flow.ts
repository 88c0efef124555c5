/**
 * Windows for what a peer sends, after grpc-go: a quarter of a window is given back at once, the connection's window
 * does not wait for who reads the stream, a message larger than the window of its stream widens it, and windows grow
 * with what the path holds (bandwidth times delay), which a PING measures.
 *
 * @see google.golang.org/grpc internal/transport/flowcontrol.go, bdp_estimator.go
 */
import { MAX_WINDOW_SIZE } from './http2-settings.js'

/** The connection's window. */
export class ConnInFlow {
  #limit: number
  #unacked = 0

  constructor(limit: number) {
    this.#limit = limit
  }

  /** Makes the window larger; what the peer must be told. */
  widen(limit: number): number {
    const more = limit - this.#limit
    this.#limit = limit
    return more
  }

  /** Octets came; what the peer is given back, 0 for nothing so far. */
  onData(octets: number): number {
    this.#unacked += octets
    return this.#unacked < Math.floor(this.#limit / 4) ? 0 : this.reset()
  }

  /** Gives back all that came. */
  reset(): number {
    const given = this.#unacked
    this.#unacked = 0
    return given
  }
}

/** A stream's window. */
export class StreamInFlow {
  /** Octets that may be on their way or unread. */
  limit: number
  /** Octets that came and were not read. */
  #pending = 0
  /** Octets that were read and not given back. */
  #read = 0
  /** What the peer got beyond the limit, for a large message. */
  #extra = 0

  constructor(limit: number) {
    this.limit = limit
  }

  /** Somebody reads a message of `octets`; what the peer must be given so that it can send all of them. */
  adjust(octets: number): number {
    const wanted = Math.min(octets, MAX_WINDOW_SIZE)
    const canSend = this.limit - (this.#pending + this.#read)
    if (wanted - this.#pending <= canSend) return 0
    this.#extra = Math.min(wanted, MAX_WINDOW_SIZE - this.limit)
    return this.#extra
  }

  /** Octets came; why they may not, or null. */
  onData(octets: number): string | null {
    this.#pending += octets
    const got = this.#pending + this.#read
    return got > this.limit + this.#extra ? `received ${got}-bytes data exceeding the limit ${this.limit} bytes` : null
  }

  /** Octets were read; what the peer is given back, 0 for nothing so far. */
  onRead(octets: number): number {
    if (this.#pending === 0) return 0
    this.#pending -= octets
    const beyond = Math.min(octets, this.#extra)
    this.#extra -= beyond
    this.#read += octets - beyond
    if (this.#read < Math.floor(this.limit / 4)) return 0
    const given = this.#read
    this.#read = 0
    return given
  }
}

/** Opaque octets of the PING that measures. */
export const BDP_PING: Uint8Array = Uint8Array.of(2, 4, 16, 16, 9, 14, 7, 7)

const MAX_BDP = 16 << 20
/** Weight of a new round-trip time once there are enough. */
const ALPHA = 0.9
/** Share of the estimate that a sample must have to raise it. */
const BETA = 0.66
/** What a sample that raises the estimate counts. */
const GAMMA = 2
/** Samples before round-trip times are weighed by ALPHA. */
const FIRST_SAMPLES = 10
const NS_PER_S = 1e9

/** Estimates what the path holds, from what comes between a PING and its answer. */
export class BdpEstimator {
  #bdp: number
  #sample = 0
  #maxBandwidth = 0
  #isSampling = false
  #sentAtNs = 0
  #samples = 0
  #rttSeconds = 0

  constructor(bdp: number) {
    this.#bdp = bdp
  }

  /** Octets came; true when a PING must go out. */
  add(octets: number, nowNs: number): boolean {
    if (this.#bdp === MAX_BDP) return false
    if (this.#isSampling) {
      this.#sample += octets
      return false
    }
    this.#isSampling = true
    this.#sample = octets
    this.#sentAtNs = nowNs
    this.#samples++
    return true
  }

  /** The PING was answered; the new size of windows, 0 when it stays. */
  onAck(nowNs: number): number {
    if (!this.#isSampling) return 0
    const rtt = (nowNs - this.#sentAtNs) / NS_PER_S
    const weight = this.#samples < FIRST_SAMPLES ? 1 / this.#samples : ALPHA
    this.#rttSeconds += (rtt - this.#rttSeconds) * weight
    this.#isSampling = false
    const bandwidth = this.#sample / (this.#rttSeconds * 1.5)
    if (bandwidth > this.#maxBandwidth) this.#maxBandwidth = bandwidth
    if (this.#sample < BETA * this.#bdp || bandwidth !== this.#maxBandwidth || this.#bdp === MAX_BDP) return 0
    this.#bdp = Math.min(Math.floor(GAMMA * this.#sample), MAX_BDP)
    return this.#bdp
  }
}
