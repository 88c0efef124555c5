/**
 * Standard input of commands: octets, and how many of them have been read. The commands of a loop share one, so that
 * `while read NAME; do ...; done < FILE` goes on where the last `read` has ended.
 */
import { octetText } from '../app/octet-text.js'
import type { NetloomError } from '../errors.js'

const NEWLINE = 10

/** An input that a command cannot have. No tool takes it for a failure of its own. */
export class InputRefused extends Error {
  override readonly name = 'InputRefused'
  readonly error: NetloomError

  constructor(error: NetloomError) {
    super(error.message)
    this.error = error
  }
}

/** What is read from. */
export class Input {
  readonly #octets: Uint8Array
  #at = 0

  constructor(octets: Uint8Array) {
    this.#octets = octets
  }

  /** All that is left; nothing is left then. */
  rest(): Uint8Array {
    const rest = this.#octets.subarray(this.#at)
    this.#at = this.#octets.length
    return rest
  }

  /** The next line without its end, and whether it has one. */
  line(): { readonly text: string; readonly hasEnd: boolean } {
    const end = this.#octets.indexOf(NEWLINE, this.#at)
    if (end < 0) return { text: octetText(this.rest()), hasEnd: false }
    const text = octetText(this.#octets.subarray(this.#at, end))
    this.#at = end + 1
    return { text, hasEnd: true }
  }
}
