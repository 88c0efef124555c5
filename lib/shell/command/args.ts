/**
 * Arguments as the tools of iproute2 read them: one word after another, key words that may be shortened, and their messages
 * for what is wrong.
 *
 * @see iproute2 lib/utils.c, for the words of the messages and the exit statuses
 */
import { NetloomError } from '../../errors.js'

/** Ends a tool at once, as exit() does: what goes to standard error, and the exit status. */
export class ToolExit extends Error {
  override readonly name = 'ToolExit'
  readonly status: number
  /** Text for standard error, with its line ends. */
  readonly text: string

  constructor(status: number, text: string) {
    super(text)
    this.status = status
    this.text = text
  }
}

/** What a tool returns when it was called wrongly: exit(-1). */
export const EXIT_USAGE = 255

/**
 * Refuses what netloom does not support although the real tool does. It ends the script; it is never an exit status.
 * `word` is the word that is refused, `supported` what could stand there instead.
 */
export const unsupported = (tool: string, word: string, supported: string): NetloomError =>
  new NetloomError('EGRAMMAR', `${tool}: \`${word}\` is not supported by netloom; supported: ${supported}`, {
    word,
    supported,
  })

/** True when `word` is `whole` or the beginning of it; the empty word begins nothing. */
export const matches = (word: string, whole: string): boolean => word !== '' && whole.startsWith(word)

/** Leaves with a message of a line and exit status 255. */
export const usageError = (text: string): never => {
  throw new ToolExit(EXIT_USAGE, `${text}\n`)
}

/** `Error: argument "X" is wrong: ...`, exit status 255. */
export const invalidArgument = (message: string, word: string): never =>
  usageError(`Error: argument "${word}" is wrong: ${message}`)

/** `Error: argument "X" is required`, exit status 255. */
export const missingArgument = (key: string): never => usageError(`Error: argument "${key}" is required`)

/** `Error: duplicate "KEY": "X" is the second value.`, exit status 255. */
export const duplicateArgument = (key: string, word: string): never =>
  usageError(`Error: duplicate "${key}": "${word}" is the second value.`)

/** What a word means that stands where only `key` could: exit status 255. */
export const garbage = (key: string, word: string): never =>
  usageError(`Error: either "${key}" is duplicate, or "${word}" is a garbage.`)

/** `Cannot find device "X"`, exit status 1. */
export const noDevice = (name: string): never => {
  throw new ToolExit(1, `Cannot find device "${name}"\n`)
}

/** Words left to read. */
export class Args {
  readonly #words: readonly string[]
  #at = 0

  constructor(words: readonly string[]) {
    this.#words = words
  }

  /** Words that have not been read. */
  get left(): number {
    return this.#words.length - this.#at
  }

  get done(): boolean {
    return this.#at >= this.#words.length
  }

  /** The next word; it is an error of the caller when there is none. */
  get word(): string {
    return this.#words[this.#at]!
  }

  /** Takes the next word. */
  take(): string {
    if (this.done) return this.incomplete()
    return this.#words[this.#at++]!
  }

  /** Steps to the word behind the current one, which must be there (NEXT_ARG); returns it without taking it. */
  next(): string {
    this.#at++
    return this.done ? this.incomplete() : this.word
  }

  /** The words from the current one on. */
  rest(): string[] {
    return this.#words.slice(this.#at)
  }

  /** Forgets the words that are left. */
  drop(): void {
    this.#at = this.#words.length
  }

  incomplete(): never {
    return usageError('Command line is not complete. Try option "help"')
  }
}

/** An integer in C's notation (decimal, 0x hexadecimal, 0 octal); null for anything else. */
export const parseInteger = (text: string): number | null => {
  const parts = /^([+-]?)(?:0[xX]([0-9a-fA-F]+)|(0[0-7]*)|([1-9]\d*))$/.exec(text)
  if (parts === null) return null
  const [, sign, hex, octal, decimal] = parts
  const value =
    hex !== undefined
      ? Number.parseInt(hex, 16)
      : octal !== undefined
        ? Number.parseInt(octal, 8)
        : Number.parseInt(decimal!, 10)
  return sign === '-' ? -value : value
}

/** An unsigned integer of `bits` bits; null for anything else. */
export const parseUnsigned = (text: string, bits = 32): number | null => {
  const value = parseInteger(text)
  return value !== null && value >= 0 && value < 2 ** bits && !text.startsWith('-') ? value : null
}

/** The entry of a table of key words that `word` is the beginning of; the first in the table's order wins. */
export const findByPrefix = <T extends { readonly word: string }>(table: readonly T[], word: string): T | undefined =>
  table.find(entry => matches(word, entry.word))

/** What `carrier` and `protodown` end with for another word: EINVAL. */
const EXIT_EINVAL = 22

/** Reads `on` or `off` as {@link onOff} does, in the newer words of the tool and with its newer exit status. */
export const oneOfOnOff = (key: string, word: string, status: number = EXIT_EINVAL): boolean => {
  if (word === 'on' || word === 'off') return word === 'on'
  throw new ToolExit(status, `Error: argument of "${key}" must be one of "off", "on", not "${word}"\n`)
}

/** Reads `on` or `off`; leaves with the tool's message otherwise, exit status 1. */
export const onOff = (key: string, word: string): boolean => {
  if (word === 'on') return true
  if (word === 'off') return false
  throw new ToolExit(1, `Error: argument of "${key}" must be "on" or "off", not "${word}"\n`)
}

/** The fields that are not undefined. */
export const defined = <T extends object>(fields: T): { [K in keyof T]?: Exclude<T[K], undefined> } =>
  Object.fromEntries(Object.entries(fields).filter(([, value]) => value !== undefined)) as {
    [K in keyof T]?: Exclude<T[K], undefined>
  }
