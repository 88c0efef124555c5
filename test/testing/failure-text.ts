/**
 * The text of a failed assertion.
 */
import { AssertionFailure } from '../../lib/testing/index.js'

/** Message of the failure that `run` throws, without its last line, which {@link failureOf} has too. */
export const messageOf = (run: () => unknown): string => failureOf(run).message.split('\n').slice(0, -1).join('\n')

/** The failure that `run` throws. */
export const failureOf = (run: () => unknown): AssertionFailure => {
  try {
    run()
  } catch (e) {
    if (e instanceof AssertionFailure) return e
    throw e
  }
  throw new Error('the assertion did not fail')
}
