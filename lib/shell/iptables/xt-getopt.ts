/**
 * getopt_long as iptables uses it: operands are returned where they stand, extensions bring options of their own while the
 * line is being read, and an option that is not known can be looked up again.
 *
 * @see getopt(3); iptables iptables/xshared.c IPT_OPTSTRING
 */
import type { XtablesExtension, XtOption } from './xtables.js'

/** Values of {@link XtOpt.arg}: none, one, or one that must stand in the same word. */
type HasArg = 0 | 1 | 2

/** An option of the tool itself: letter, names, argument. */
export interface BaseOption {
  readonly letter: string
  readonly names: readonly string[]
  readonly arg: HasArg
}

/** An extension that a rule uses, as it is being filled. */
export interface ExtensionUse {
  readonly ext: XtablesExtension
  info: object
  readonly seen: Set<string>
}

/** What getopt returned. */
export type XtOpt =
  | { readonly kind: 'base'; readonly letter: string; readonly arg: string | null }
  | {
      readonly kind: 'extension'
      readonly use: string
      readonly isTarget: boolean
      readonly option: XtOption
      readonly arg: string
    }
  | { readonly kind: 'operand'; readonly word: string }
  | { readonly kind: 'unknown'; readonly text: string }
  | { readonly kind: 'missing'; readonly text: string }

interface Long {
  readonly name: string
  readonly arg: HasArg
  readonly base: string | null
  readonly use: string
  readonly isTarget: boolean
  readonly option: XtOption | null
}

const takesValue = (option: XtOption): HasArg => (option.type === 'none' || option.type === 'rawnone' ? 0 : 1)

/** The options of a tool, made ready once. */
export class BaseOptions {
  /** @internal */
  readonly letters: ReadonlyMap<string, HasArg>
  /** @internal */
  readonly longs: readonly Long[]

  constructor(options: readonly BaseOption[]) {
    this.letters = new Map(options.map(o => [o.letter, o.arg]))
    this.longs = options.flatMap(o =>
      o.names.map(name => ({ name, arg: o.arg, base: o.letter, use: '', isTarget: false, option: null })),
    )
  }
}

/** Reads a command line. */
export class XtGetopt {
  readonly #words: readonly string[]
  readonly #letters: ReadonlyMap<string, HasArg>
  #longs: readonly Long[]
  #at = 0
  #cluster = ''
  /** Where the option that was returned last began. */
  #last = 0

  constructor(words: readonly string[], base: BaseOptions) {
    this.#words = words
    this.#letters = base.letters
    this.#longs = base.longs
  }

  /** Adds the options of an extension: behind those of the program, before those of earlier extensions. */
  add(ext: XtablesExtension, isTarget: boolean): void {
    const own = ext.options.map(option => ({
      name: option.name,
      arg: takesValue(option),
      base: null,
      use: ext.name,
      isTarget,
      option,
    }))
    const base = this.#longs.findIndex(o => o.base === null)
    this.#longs = base < 0 ? [...this.#longs, ...own] : this.#longs.toSpliced(base, 0, ...own)
  }

  /** Goes back to where the last option began. */
  again(): void {
    this.#at = this.#last
    this.#cluster = ''
  }

  /** Is there a next word that is no option (xs_has_arg)? */
  get hasArg(): boolean {
    const word = this.#words[this.#at]
    return word !== undefined && !word.startsWith('-') && !word.startsWith('!')
  }

  /** The next word, which is used up by this. */
  take(): string {
    return this.#words[this.#at++]!
  }

  /** The next option, or null at the end. */
  next(): XtOpt | null {
    if (this.#cluster !== '') return this.#letter()
    this.#last = this.#at
    const word = this.#words[this.#at++]
    if (word === undefined) return null
    if (word === '--') {
      this.#at = this.#words.length
      return null
    }
    if (word.startsWith('--')) return this.#long(word)
    if (!word.startsWith('-') || word === '-') return { kind: 'operand', word }
    this.#cluster = word.slice(1)
    return this.#letter()
  }

  #letter(): XtOpt {
    const letter = this.#cluster[0]!
    const rest = this.#cluster.slice(1)
    const arg = letter === ':' || letter === '-' ? undefined : this.#letters.get(letter)
    if (arg === undefined) {
      this.#cluster = rest
      return { kind: 'unknown', text: `-${letter}` }
    }
    if (arg === 0) {
      this.#cluster = rest
      return { kind: 'base', letter, arg: null }
    }
    this.#cluster = ''
    if (rest !== '') return { kind: 'base', letter, arg: rest }
    if (arg === 2) return { kind: 'base', letter, arg: null }
    if (this.#at >= this.#words.length) return { kind: 'missing', text: this.#words[this.#at - 1]! }
    return { kind: 'base', letter, arg: this.take() }
  }

  #find(name: string): Long | null {
    const exact = this.#longs.find(o => o.name === name)
    if (exact !== undefined) return exact
    const [first, ...others] = this.#longs.filter(o => o.name.startsWith(name))
    if (first === undefined) return null
    const isSame = (o: Long): boolean =>
      o.arg === first.arg && o.base === first.base && o.use === first.use && o.option?.id === first.option?.id
    return others.every(isSame) ? first : null
  }

  #long(word: string): XtOpt {
    const equals = word.indexOf('=')
    const found = this.#find(word.slice(2, equals < 0 ? undefined : equals))
    if (found === null) return { kind: 'unknown', text: word }
    if (equals >= 0 && found.arg === 0) return { kind: 'unknown', text: found.base !== null ? `-${found.base}` : word }
    let value: string | null = equals < 0 ? null : word.slice(equals + 1)
    if (value === null && found.arg === 1) {
      if (this.#at >= this.#words.length) return { kind: 'missing', text: word }
      value = this.take()
    }
    if (found.option === null) return { kind: 'base', letter: found.base!, arg: value }
    return { kind: 'extension', use: found.use, isTarget: found.isTarget, option: found.option, arg: value ?? '' }
  }
}
