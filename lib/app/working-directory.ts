/**
 * The directory that a script runs in: the files it writes and reads by a plain name, captures included. All programs of the
 * script see it, whatever namespace they are in; what begins with / is a file of a host.
 */
import { octetText } from './octet-text.js'
import { encodeUtf8 } from '../wire/utf8.js'

const PLAIN_NAME = /^[A-Za-z0-9][A-Za-z0-9._-]*$/

/** What {@link isPlainName} asks for, for messages. */
export const PLAIN_NAME_RULE =
  'a plain file name of letters, digits, `.`, `_` and `-`, other than *.pcap, scenario.sh and meta.json'

/** True for the name of a file that a script may write by itself. */
export const isPlainName = (name: string): boolean =>
  PLAIN_NAME.test(name) && !name.endsWith('.pcap') && name !== 'scenario.sh' && name !== 'meta.json'

/** Files by name. Contents are text as programs write it, see octet-text.ts. */
export class WorkingDirectory {
  readonly #texts = new Map<string, string>()
  readonly #announced = new Map<string, () => Uint8Array>()
  readonly #writers = new WeakMap<(text: string) => void, string>()

  /** What a file holds at this moment; null when there is none. */
  read(name: string): string | null {
    const text = this.#texts.get(name)
    if (text !== undefined) return text
    const announced = this.#announced.get(name)
    return announced === undefined ? null : octetText(announced())
  }

  /** Makes a file or replaces what it holds. */
  write(name: string, text: string): void {
    this.#texts.set(name, text)
  }

  /** Adds to a file, which is made when it is not there. */
  append(name: string, text: string): void {
    this.#texts.set(name, (this.#texts.get(name) ?? '') + text)
  }

  /** What adds to a file whatever it is called with: an open descriptor. */
  writer(name: string): (text: string) => void {
    const write = (text: string): void => this.append(name, text)
    this.#writers.set(write, name)
    return write
  }

  /** The file that a {@link writer} writes to; null for any other function. */
  fileOf(write: (text: string) => void): string | null {
    return this.#writers.get(write) ?? null
  }

  /** Removes a file; false when there is none. */
  remove(name: string): boolean {
    return [this.#texts.delete(name), this.#announced.delete(name)].includes(true)
  }

  /** A file whose content is asked for when it is read, and at the end. */
  announce(name: string, content: () => Uint8Array): void {
    this.#announced.set(name, content)
  }

  /** Names of all files, sorted. */
  names(): string[] {
    return [...new Set([...this.#texts.keys(), ...this.#announced.keys()])].sort()
  }

  /** All files and what they hold. */
  files(): Map<string, Uint8Array> {
    const files = new Map<string, Uint8Array>()
    for (const [name, text] of this.#texts) files.set(name, encodeUtf8(text))
    for (const [name, content] of this.#announced) files.set(name, content())
    return files
  }
}
