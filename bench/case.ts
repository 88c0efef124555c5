/**
 * What a benchmark is. The measured code is dist/'s, as users run it.
 */

/** One measured piece of work. */
export interface BenchCase {
  readonly name: string
  /** Operations in one call of the body; figures are for one of them. */
  readonly ops: number
  /** Prepares the work and returns its body, whose result depends on all that it did, so that none can be left out. */
  readonly make: () => () => number
}

/** Time of one operation in nanoseconds, over the samples of benchmark.js. */
export interface Figures {
  readonly group: string
  readonly name: string
  readonly samples: number
  readonly medianNs: number
  readonly p25Ns: number
  readonly p75Ns: number
  readonly minNs: number
  readonly maxNs: number
}
