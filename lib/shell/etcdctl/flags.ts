/**
 * Options of etcdctl as cobra and pflag read them: anywhere on the line, `--NAME VALUE` or `--NAME=VALUE`, a switch alone or
 * with `=true`.
 *
 * @see github.com/spf13/pflag flag.go; etcd etcdctl/ctlv3/ctl.go for the options of all commands
 */
import type { Int64 } from '../../etcd/octets.js'
import { parseGoDuration } from '../../app/go-time.js'
import { parseInt64 } from './strconv.js'

/** What an option takes. */
export type FlagType = 'bool' | 'string' | 'int64' | 'duration' | 'strings'

/** One option. */
export interface Flag {
  readonly name: string
  readonly type: FlagType
  readonly value: string
  readonly short?: string
}

/** A command line that is none; the message is pflag's. */
export class FlagError extends Error {
  override readonly name = 'FlagError'
}

/** Options that every command has. */
export const GLOBAL_FLAGS: readonly Flag[] = [
  { name: 'cacert', type: 'string', value: '' },
  { name: 'cert', type: 'string', value: '' },
  { name: 'command-timeout', type: 'duration', value: '5s' },
  { name: 'debug', type: 'bool', value: 'false' },
  { name: 'dial-timeout', type: 'duration', value: '2s' },
  { name: 'discovery-srv', type: 'string', value: '', short: 'd' },
  { name: 'discovery-srv-name', type: 'string', value: '' },
  { name: 'endpoints', type: 'strings', value: '127.0.0.1:2379' },
  { name: 'hex', type: 'bool', value: 'false' },
  { name: 'insecure-discovery', type: 'bool', value: 'true' },
  { name: 'insecure-skip-tls-verify', type: 'bool', value: 'false' },
  { name: 'insecure-transport', type: 'bool', value: 'true' },
  { name: 'keepalive-time', type: 'duration', value: '2s' },
  { name: 'keepalive-timeout', type: 'duration', value: '6s' },
  { name: 'key', type: 'string', value: '' },
  { name: 'password', type: 'string', value: '' },
  { name: 'user', type: 'string', value: '' },
  { name: 'write-out', type: 'string', value: 'simple', short: 'w' },
  { name: 'help', type: 'bool', value: 'false', short: 'h' },
]

/** What a command line says. */
export class Flags {
  readonly args: string[] = []
  readonly #flags: readonly Flag[]
  readonly #values = new Map<string, string>()
  /** Options that the command line has, or the environment. */
  readonly given: Set<string> = new Set()

  /** Reads words. Throws {@link FlagError}. */
  constructor(flags: readonly Flag[], words: readonly string[], env: Readonly<Record<string, string>> = {}) {
    this.#flags = flags
    for (const { name, value } of flags) {
      const fromEnv = env[`ETCDCTL_${name.toUpperCase().replaceAll('-', '_')}`]
      this.#values.set(name, value)
      if (fromEnv !== undefined && fromEnv !== '') this.#set(name, fromEnv, `--${name}`)
    }
    this.#read(words)
  }

  #read(words: readonly string[]): void {
    for (let i = 0; i < words.length; i++) {
      const word = words[i]!
      if (word === '--') {
        this.args.push(...words.slice(i + 1))
        return
      }
      if (!word.startsWith('-') || word === '-') this.args.push(word)
      else if (word.startsWith('--')) i = this.#long(words, i)
      else i = this.#short(words, i)
    }
  }

  #long(words: readonly string[], at: number): number {
    const [name = '', ...rest] = words[at]!.slice(2).split('=')
    const flag = this.#flags.find(f => f.name === name)
    if (flag === undefined) throw new FlagError(`unknown flag: --${name}`)
    if (rest.length > 0) this.#set(name, rest.join('='), `--${name}`)
    else if (flag.type === 'bool') this.#set(name, 'true', `--${name}`)
    else if (at + 1 >= words.length) throw new FlagError(`flag needs an argument: --${name}`)
    else this.#set(name, words[++at]!, `--${name}`)
    return at
  }

  #short(words: readonly string[], at: number): number {
    const cluster = words[at]!.slice(1)
    for (let i = 0; i < cluster.length; i++) {
      const letter = cluster[i]!
      const flag = this.#flags.find(f => f.short === letter)
      if (flag === undefined) throw new FlagError(`unknown shorthand flag: '${letter}' in -${cluster}`)
      const label = `-${letter}, --${flag.name}`
      const rest = cluster.slice(i + 1)
      if (rest.startsWith('=')) this.#set(flag.name, rest.slice(1), label)
      else if (flag.type === 'bool') {
        this.#set(flag.name, 'true', label)
        continue
      } else if (rest !== '') this.#set(flag.name, rest, label)
      else if (at + 1 >= words.length) throw new FlagError(`flag needs an argument: '${letter}' in -${cluster}`)
      else this.#set(flag.name, words[++at]!, label)
      return at
    }
    return at
  }

  #set(name: string, value: string, label: string): void {
    const { type } = this.#flags.find(f => f.name === name)!
    const bad = (why: string): FlagError => new FlagError(`invalid argument "${value}" for "${label}" flag: ${why}`)
    if (type === 'int64') {
      const n = parseInt64(value, 10)
      if (typeof n === 'string') throw bad(n)
    } else if (type === 'bool' && !/^(1|0|t|f|true|false|T|F|TRUE|FALSE|True|False)$/.test(value))
      throw bad(`strconv.ParseBool: parsing "${value}": invalid syntax`)
    else if (type === 'duration' && parseGoDuration(value) === null) throw bad(`time: invalid duration "${value}"`)
    this.#values.set(name, value)
    this.given.add(name)
  }

  text(name: string): string {
    return this.#values.get(name)!
  }

  isSet(name: string): boolean {
    return /^(1|t)/i.test(this.text(name))
  }

  int64(name: string): Int64 {
    return parseInt64(this.text(name), 10) as Int64
  }

  /** An int64 as a number. */
  number(name: string): number {
    return Number(this.int64(name))
  }

  /** Nanoseconds. */
  duration(name: string): number {
    return parseGoDuration(this.text(name))!
  }

  /** Values between commas. */
  list(name: string): string[] {
    return this.text(name)
      .split(',')
      .map(value => value.trim())
  }
}
