/**
 * The filter of `ss`: addresses, ports, devices and marks, joined by and, or, not.
 *
 * `and` and `or` bind alike, from left to right; a condition behind another one without a word between means `and`.
 *
 * @see iproute2 misc/ssfilter.y, misc/ss.c parse_hostcond
 */
import type { Netns } from '../../core/netns.js'
import { ipv4 } from '../../ip/ipv4.js'
import type { InetDiagMsg } from '../../rtnl/inet-diag.js'
import { parseIpv4Lenient } from '../../wire/ip.js'
import { parseInteger, ToolExit } from './args.js'
import { SS_USAGE } from './ss-usage.js'

/** True for the sockets that are shown. */
export type SsFilter = (m: InetDiagMsg) => boolean

/** An address with its prefix, and a port; null and -1 for any. */
interface HostCond {
  readonly addr: number
  readonly len: number
  readonly port: number
}

type Relation = '=' | '!=' | '>=' | '<=' | '>' | '<'

type Field = 'src' | 'dst' | 'sport' | 'dport' | 'dev' | 'fwmark'

const FIELDS: readonly string[] = ['src', 'dst', 'sport', 'dport', 'dev', 'fwmark']

const RELATIONS: Readonly<Record<string, Relation>> = {
  '=': '=',
  '==': '=',
  eq: '=',
  '!=': '!=',
  ne: '!=',
  neq: '!=',
  '>=': '>=',
  ge: '>=',
  geq: '>=',
  '<=': '<=',
  le: '<=',
  leq: '<=',
  '>': '>',
  gt: '>',
  '<': '<',
  lt: '<',
}

const OPERATORS: Readonly<Record<string, 'and' | 'or' | 'not' | '(' | ')'>> = {
  and: 'and',
  '&': 'and',
  '&&': 'and',
  or: 'or',
  '|': 'or',
  '||': 'or',
  not: 'not',
  '!': 'not',
  '(': '(',
  ')': ')',
}

const COMPARE: Readonly<Record<Relation, (a: number, b: number) => boolean>> = {
  '=': (a, b) => a === b,
  '!=': (a, b) => a !== b,
  '>=': (a, b) => a >= b,
  '<=': (a, b) => a <= b,
  '>': (a, b) => a > b,
  '<': (a, b) => a < b,
}

const syntaxError = (): never => {
  throw new ToolExit(255, `ss: bison bellows (while parsing filter): "syntax error!" Sorry.\n${SS_USAGE}`)
}

const addressError = (message: string): never => {
  throw new ToolExit(1, `Error: ${message}.\nCannot parse dst/src address.\n`)
}

const portOf = (text: string): number => parseInteger(text) ?? addressError(`"${text}" does not look like a port`)

/** A prefix; the words for any address match all. */
const prefixOf = (text: string): { readonly addr: number; readonly len: number } => {
  if (text === 'default' || text === 'any' || text === 'all') return { addr: 0, len: 0 }
  const [address = '', length, extra] = text.split('/')
  const len = length === undefined ? 32 : parseInteger(length)
  try {
    if (len !== null && len >= 0 && len <= 32 && extra === undefined) return { addr: parseIpv4Lenient(address), len }
  } catch {
    // No address: said below.
  }
  return addressError(`an inet prefix is expected rather than "${text}"`)
}

/** `ADDRESS`, `ADDRESS:PORT`, `:PORT`, `*`; of a port condition the port alone. */
const hostCond = (word: string, isPort: boolean): HostCond => {
  const text = word.startsWith('inet:') ? word.slice(5) : word
  if (isPort) {
    const port = text.startsWith(':') ? text.slice(1) : text
    return { addr: 0, len: 0, port: port === '' || port === '*' ? -1 : portOf(port) }
  }
  const colon = text.startsWith('*') ? 1 : text.lastIndexOf(':')
  const address = colon < 0 ? text : text.slice(0, colon)
  const port = colon < 0 ? '' : text.slice(colon).replace(/^:/, '')
  const prefix = address === '' || address === '*' ? { addr: 0, len: 0 } : prefixOf(address)
  return { ...prefix, port: port === '' || port === '*' ? -1 : portOf(port) }
}

const inPrefix = (addr: number, { addr: net, len }: HostCond): boolean => len === 0 || (addr ^ net) >>> (32 - len) === 0

/** One filter, read from its words. */
class SsFilterParser {
  readonly #netns: Netns
  readonly #words: readonly string[]
  #at = 0

  constructor(netns: Netns, words: readonly string[]) {
    this.#netns = netns
    this.#words = words
  }

  parse(): SsFilter {
    const filter = this.#list()
    return this.#at < this.#words.length ? syntaxError() : filter
  }

  get #word(): string | undefined {
    return this.#words[this.#at]
  }

  #list(): SsFilter {
    let left = this.#term()
    for (;;) {
      const word = this.#word
      if (word === undefined || word === ')') return left
      const operator = OPERATORS[word]
      if (operator === 'and' || operator === 'or') this.#at++
      const a = left
      const b = this.#term()
      left = operator === 'or' ? m => a(m) || b(m) : m => a(m) && b(m)
    }
  }

  #term(): SsFilter {
    const word = this.#word
    if (word === undefined) return syntaxError()
    switch (OPERATORS[word]) {
      case 'not': {
        this.#at++
        const inner = this.#term()
        return m => !inner(m)
      }
      case '(': {
        this.#at++
        const inner = this.#list()
        if (this.#word !== ')') return syntaxError()
        this.#at++
        return inner
      }
      case undefined:
        return this.#condition(word)
      default:
        return syntaxError()
    }
  }

  #condition(word: string): SsFilter {
    if (word === 'autobound') {
      this.#at++
      const { ipLocalPortRangeMin: min, ipLocalPortRangeMax: max } = ipv4(this.#netns).sysctls
      return m => m.sport >= min && m.sport <= max
    }
    if (!FIELDS.includes(word)) return this.#compare('dst', '=')
    this.#at++
    const relation = RELATIONS[this.#word ?? ''] ?? null
    if (relation !== null) this.#at++
    return this.#compare(word as Field, relation ?? '=')
  }

  #compare(field: Field, relation: Relation): SsFilter {
    const word = this.#word
    if (word === undefined || (OPERATORS[word] !== undefined && word !== '*')) return syntaxError()
    const compare = COMPARE[relation]
    if (field === 'sport' || field === 'dport') {
      const { port } = hostCond(word, true)
      this.#at++
      return port < 0 ? () => true : m => compare(m[field], port)
    }
    if (relation !== '=' && (field === 'src' || field === 'dst' || relation !== '!=')) return syntaxError()
    this.#at++
    const isWanted = relation === '='
    if (field === 'dev') {
      const ifindex = this.#device(word)
      return m => (m.ifindex === ifindex) === isWanted
    }
    if (field === 'fwmark') {
      const { mark, mask } = markMask(word)
      return m => ((m.mark & mask) === mark) === isWanted
    }
    const cond = hostCond(word, false)
    const port = field === 'src' ? 'sport' : 'dport'
    return m => inPrefix(m[field], cond) && (cond.port < 0 || m[port] === cond.port)
  }

  #device(word: string): number {
    const ifindex = this.#netns.devByName(word)?.ifindex ?? parseInteger(word)
    if (ifindex !== null) return ifindex
    throw new ToolExit(1, 'Cannot parse device.\n')
  }
}

const markMask = (word: string): { readonly mark: number; readonly mask: number } => {
  const [mark = '', mask] = word.split('/')
  const value = parseInteger(mark)
  const bits = mask === undefined ? 0xffffffff : parseInteger(mask)
  if (value === null || bits === null) throw new ToolExit(1, `Cannot parse mark ${word}.\n`)
  return { mark: value | 0, mask: bits | 0 }
}

/** The filter of the words; null for none. Leaves as the tool does for what it cannot read. */
export const parseSsFilter = (netns: Netns, words: readonly string[]): SsFilter | null => {
  const split = words.flatMap(word => word.split(/\s+/).filter(part => part !== ''))
  return split.length === 0 ? null : new SsFilterParser(netns, split).parse()
}
