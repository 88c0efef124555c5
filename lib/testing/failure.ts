/**
 * The error that a failed assertion throws: what was expected, what there was, and what it takes to see it again.
 */
import { NetloomError } from '../errors.js'
import { VERSION } from '../lab/version.js'

/** What a failure tells besides its text. */
export interface FailureDetails {
  /** Seed of the World, when it is known. */
  readonly seed?: number | undefined
  /** For test runners that show a comparison of their own. */
  readonly expected?: unknown
  readonly actual?: unknown
}

/** A failed assertion. `code` is `EASSERT`; the message ends with the version of netloom and the seed. */
export class AssertionFailure extends NetloomError {
  readonly expected: unknown
  readonly actual: unknown

  /** @internal */
  constructor(text: string, details: FailureDetails) {
    const { seed, expected, actual } = details
    const origin = `netloom ${VERSION}${seed === undefined ? '' : `, seed ${seed}`}`
    super('EASSERT', `${text}\n(${origin})`, { version: VERSION, ...(seed === undefined ? {} : { seed }) })
    this.expected = expected
    this.actual = actual
  }
}
