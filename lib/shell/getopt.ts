/**
 * Options of a command line as glibc's getopt and getopt_long read them: letters may be put together, operands may stand
 * between options, `--` ends the options, long options may be shortened.
 *
 * @see getopt(3)
 */

/** What an option is called wrongly with; the message is getopt's own, without the name of the program. */
export class GetoptError extends Error {
  override readonly name = 'GetoptError'
}

/** One option: its letter, or its name in {@link LongOption}, and its argument (empty for an option without one). */
export interface ParsedOption {
  readonly option: string
  readonly value: string
}

/** A long option. */
export interface LongOption {
  /** Name without the dashes. */
  readonly name: string
  readonly takesValue: boolean
  /** What {@link ParsedOption.option} is for it: the letter of the short option that means the same, or the name. */
  readonly option: string
}

/** Reads one command line, option by option. */
export class Getopt {
  /** Words that are no options, complete when {@link next} has returned null. */
  readonly operands: string[] = []
  readonly #words: readonly string[]
  readonly #letters: ReadonlyMap<string, boolean>
  readonly #long: readonly LongOption[]
  #at = 0
  /** Letters of the present word that are left. */
  #cluster = ''

  /** `words` are the arguments without the program's name; `spec` is getopt's, such as `c:q`. */
  constructor(words: readonly string[], spec: string, long: readonly LongOption[] = []) {
    this.#words = words
    this.#letters = new Map([...spec.matchAll(/([^:])(:?)/g)].map(m => [m[1]!, m[2] === ':']))
    this.#long = long
  }

  /** The next option, or null at the end. Throws {@link GetoptError}. */
  next(): ParsedOption | null {
    if (this.#cluster !== '') return this.#letter()
    while (this.#at < this.#words.length) {
      const word = this.#words[this.#at++]!
      if (word === '--') {
        this.operands.push(...this.#words.slice(this.#at))
        this.#at = this.#words.length
      } else if (word.startsWith('--') && this.#long.length > 0) return this.#longOption(word.slice(2))
      else if (word.startsWith('-') && word !== '-') {
        this.#cluster = word.slice(1)
        return this.#letter()
      } else this.operands.push(word)
    }
    return null
  }

  #letter(): ParsedOption {
    const letter = this.#cluster[0]!
    const rest = this.#cluster.slice(1)
    const takesValue = this.#letters.get(letter)
    if (takesValue === undefined) throw new GetoptError(`invalid option -- '${letter}'`)
    if (!takesValue) {
      this.#cluster = rest
      return { option: letter, value: '' }
    }
    this.#cluster = ''
    if (rest !== '') return { option: letter, value: rest }
    const value = this.#words[this.#at++]
    if (value === undefined) throw new GetoptError(`option requires an argument -- '${letter}'`)
    return { option: letter, value }
  }

  #longOption(word: string): ParsedOption {
    const equals = word.indexOf('=')
    const name = equals < 0 ? word : word.slice(0, equals)
    const found = this.#long.find(o => o.name === name) ?? this.#shortened(name)
    if (equals >= 0 && !found.takesValue) throw new GetoptError(`option '--${found.name}' doesn't allow an argument`)
    if (!found.takesValue) return { option: found.option, value: '' }
    if (equals >= 0) return { option: found.option, value: word.slice(equals + 1) }
    const value = this.#words[this.#at++]
    if (value === undefined) throw new GetoptError(`option '--${found.name}' requires an argument`)
    return { option: found.option, value }
  }

  #shortened(name: string): LongOption {
    const candidates = this.#long.filter(o => o.name.startsWith(name))
    const [first, ...others] = candidates
    if (first === undefined) throw new GetoptError(`unrecognized option '--${name}'`)
    if (others.some(o => o.option !== first.option))
      throw new GetoptError(
        `option '--${name}' is ambiguous; possibilities: ${candidates.map(o => `'--${o.name}'`).join(' ')}`,
      )
    return first
  }
}
