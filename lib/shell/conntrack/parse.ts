/**
 * The command line of `conntrack`, word by word.
 *
 * @see conntrack-tools 1.4.7 src/conntrack.c
 */
import { TCP_CONNTRACK_NAMES } from '../../netfilter/conntrack/nf-conntrack-tcp-state.js'
import { CT_PROTOCOLS } from '../../report/conntrack-text.js'
import { maskOf, parseIpv4Aton, parseIpv6 } from '../../wire/ip.js'
import { unsupported } from '../command/args.js'
import {
  checkOptions,
  LONG_OPTIONS,
  type LongOption,
  OPTIONAL_SHORT,
  parameterProblem,
  parseEvents,
  parseOutput,
  parseStatus,
  PLAIN_SHORT,
  PROTO_OPTIONS,
  REQUIRED_SHORT,
} from './options.js'

/** An address and the mask under which it is compared; int32. */
export interface MaskedAddr {
  readonly addr: number
  readonly mask: number
}

/** What a command line says. Parts that it does not name are null. */
export class ConntrackArgs {
  /** `list`, `create` ..., with ` expect` behind it for the other table; empty for none. */
  command = ''
  /** Which of the tables of connections. */
  table: 'conntrack' | 'dying' | 'unconfirmed' = 'conntrack'
  /** Letters of the options that were given. */
  readonly given: Set<string> = new Set()
  src: MaskedAddr | null = null
  dst: MaskedAddr | null = null
  replySrc: MaskedAddr | null = null
  replyDst: MaskedAddr | null = null
  isIpv6 = false
  /** Said on standard error before anything else. */
  warning = ''
  protonum: number | null = null
  sport: number | null = null
  dport: number | null = null
  replyPortSrc: number | null = null
  replyPortDst: number | null = null
  icmpType: number | null = null
  icmpCode: number | null = null
  icmpId: number | null = null
  /** TCP_CONNTRACK_*. */
  state: number | null = null
  timeoutSec: number | null = null
  status: { value: number; mask: number } | null = null
  mark: { value: number; mask: number } | null = null
  secmark: number | null = null
  zone: number | null = null
  origZone: number | null = null
  replyZone: number | null = null
  srcNat: { addr: number | null; port: number | null } | null = null
  dstNat: { addr: number | null; port: number | null } | null = null
  anyNat: { addr: number | null; port: number | null } | null = null
  events: Set<string> = new Set()
  output: Set<string> = new Set()
}

const COMMANDS: Readonly<Record<string, string>> = {
  L: 'list',
  I: 'create',
  A: 'create',
  U: 'update',
  D: 'delete',
  G: 'get',
  F: 'flush',
  E: 'event',
  C: 'count',
  S: 'stats',
  V: 'version',
  h: 'help',
}

/** As strtoul does with base 0: what is no number is 0. */
const strtoul = (text: string): number => {
  const m = /^\s*(0[xX][0-9a-fA-F]+|0[0-7]*|[1-9][0-9]*)/.exec(text)
  if (m === null) return 0
  const digits = m[1]!
  const n = /^0[0-7]+$/.test(digits) ? Number.parseInt(digits, 8) : Number(digits)
  return Math.min(n, 0xffffffff)
}

/** As atoi does. */
const atoi = (text: string): number => {
  const n = Number.parseInt(text, 10)
  return Number.isNaN(n) ? 0 : n | 0
}

const port = (text: string): number => atoi(text) & 0xffff

const isIpv6 = (text: string): boolean => {
  try {
    parseIpv6(text)
    return true
  } catch {
    return false
  }
}

/** A dotted address; null for one of IPv6. */
const address = (text: string): number | null => {
  try {
    return parseIpv4Aton(text)
  } catch {
    return isIpv6(text) ? null : parameterProblem(`Invalid IP address \`${text}'`)
  }
}

const maskedAddress = (a: ConntrackArgs, text: string, mayMask: boolean): MaskedAddr | null => {
  const slash = mayMask ? text.indexOf('/') : -1
  const addr = address(slash < 0 ? text : text.slice(0, slash))
  if (addr === null) {
    a.isIpv6 = true
    return null
  }
  if (slash < 0) return { addr, mask: -1 }
  const word = text.slice(slash + 1)
  const len = /^\d+$/.test(word) ? Number(word) : -1
  if (len < 0 || len > 32) return parameterProblem('Invalid netmask')
  return { addr, mask: maskOf(len) }
}

const natAddress = (text: string | null): { addr: number | null; port: number | null } => {
  if (text === null) return { addr: null, port: null }
  const colon = text.indexOf(':')
  if (colon < 0) return { addr: address(text), port: null }
  const portWord = text.slice(colon + 1)
  if (atoi(portWord) === 0) parameterProblem(`Invalid port \`${portWord}'`)
  return { addr: address(text.slice(0, colon)), port: port(portWord) }
}

const protocol = (text: string): number => {
  const known = CT_PROTOCOLS[text.toLowerCase()]
  if (known !== undefined) return known
  const n = /^\d+$/.test(text) ? Number(text) : 256
  return n < 256 ? n : parameterProblem(`\`${text}' unsupported protocol`)
}

const tcpState = (text: string): number => {
  // LISTEN is what the second SYN was called before.
  if (text === 'LISTEN') return TCP_CONNTRACK_NAMES.indexOf('SYN_SENT2')
  const state = TCP_CONNTRACK_NAMES.indexOf(text)
  return state >= 0 ? state : parameterProblem(`unknown TCP state \`${text}'`)
}

const masked = (text: string): { value: number; mask: number } => {
  const slash = text.indexOf('/')
  if (slash < 0) return { value: strtoul(text) | 0, mask: -1 }
  return { value: strtoul(text.slice(0, slash)) | 0, mask: strtoul(text.slice(slash + 1)) | 0 }
}

const family = (a: ConntrackArgs, text: string): void => {
  if (text.startsWith('ipv6')) a.isIpv6 = true
  else if (!text.startsWith('ipv4')) parameterProblem(`\`${text}' unsupported protocol`)
}

type Apply = (a: ConntrackArgs, value: string) => void

const noLabels: Apply = (_a, value) => {
  throw unsupported('conntrack', value === '' ? '-l' : value, '-s -d -r -q -p -t -u -z -e -m -f -n -g -j -o -w')
}

const nothing: Apply = () => {}

/** What each option does, by its letter; those with an optional word get an empty one. */
const APPLY: Readonly<Record<string, Apply>> = {
  s: (a, v) => {
    a.src = maskedAddress(a, v, true)
  },
  d: (a, v) => {
    a.dst = maskedAddress(a, v, true)
  },
  r: (a, v) => {
    a.replySrc = maskedAddress(a, v, false)
  },
  q: (a, v) => {
    a.replyDst = maskedAddress(a, v, false)
  },
  p: (a, v) => {
    a.protonum = protocol(v)
  },
  t: (a, v) => {
    a.timeoutSec = Math.max(0, atoi(v))
  },
  u: (a, v) => {
    a.status = parseStatus(v)
  },
  z: nothing,
  e: (a, v) => {
    a.events = parseEvents(v)
  },
  '[': nothing,
  ']': nothing,
  '{': (a, v) => {
    if (a.src !== null) a.src = { addr: a.src.addr, mask: address(v) ?? -1 }
  },
  '}': (a, v) => {
    if (a.dst !== null) a.dst = { addr: a.dst.addr, mask: address(v) ?? -1 }
  },
  a: a => {
    a.warning = 'WARNING: ignoring -a, deprecated option.\n'
  },
  i: nothing,
  b: nothing,
  m: (a, v) => {
    a.mark = masked(v)
  },
  c: (a, v) => {
    a.secmark = strtoul(v)
  },
  f: family,
  n: (a, v) => {
    a.srcNat = natAddress(v === '' ? null : v)
  },
  g: (a, v) => {
    a.dstNat = natAddress(v === '' ? null : v)
  },
  j: (a, v) => {
    a.anyNat = natAddress(v === '' ? null : v)
  },
  o: (a, v) => {
    a.output = new Set([...a.output, ...parseOutput(v)])
  },
  w: (a, v) => {
    a.zone = strtoul(v) & 0xffff
  },
  '(': (a, v) => {
    a.origZone = strtoul(v) & 0xffff
  },
  ')': (a, v) => {
    a.replyZone = strtoul(v) & 0xffff
  },
  l: noLabels,
  '<': noLabels,
  '>': noLabels,
  sport: (a, v) => {
    a.sport = port(v)
  },
  dport: (a, v) => {
    a.dport = port(v)
  },
  'reply-port-src': (a, v) => {
    a.replyPortSrc = port(v)
  },
  'reply-port-dst': (a, v) => {
    a.replyPortDst = port(v)
  },
  'icmp-type': (a, v) => {
    a.icmpType = atoi(v) & 0xff
  },
  'icmp-code': (a, v) => {
    a.icmpCode = atoi(v) & 0xff
  },
  'icmp-id': (a, v) => {
    a.icmpId = port(v)
  },
  state: (a, v) => {
    a.state = tcpState(v)
  },
}

/** Words of a command line, taken one after the other. */
class Words {
  readonly #argv: readonly string[]
  #at = 0

  constructor(argv: readonly string[]) {
    this.#argv = argv
  }

  next(): string | null {
    return this.#argv[this.#at++] ?? null
  }

  /** The next word, when it is no option. */
  operand(): string | null {
    const word = this.#argv[this.#at]
    if (word === undefined || word.startsWith('-') || word.startsWith('!')) return null
    this.#at++
    return word
  }
}

const TABLES = ['conntrack', 'expect', 'dying', 'unconfirmed']

/** The table that a command is for, the word behind it (check_type). */
const tableOf = (word: string | null): string => {
  if (word === null) return 'conntrack'
  return TABLES.find(table => table.startsWith(word)) ?? parameterProblem(`unknown type \`${word}'`)
}

const setCommand = (a: ConntrackArgs, letter: string, word: string | null): void => {
  const command = COMMANDS[letter]!
  const table = tableOf(word)
  if (command === 'update' && table === 'expect') parameterProblem("Can't do --update on expectations")
  if (a.command !== '') parameterProblem('Invalid commands combination')
  a.command = table === 'expect' ? `${command} expect` : command
  if (table === 'dying' || table === 'unconfirmed') {
    if (command !== 'list') parameterProblem("Can't do that command with tables `dying' and `unconfirmed'")
    a.table = table
  }
}

const apply = (a: ConntrackArgs, letter: string, value: string | null): void => {
  if (letter in COMMANDS) return setCommand(a, letter, value)
  if (letter === 'R') throw unsupported('conntrack', '-R', '-L -I -U -D -G -E -F -C -S')
  // One that is only warned about does not count as given.
  if (letter.length === 1 && letter !== 'a') a.given.add(letter)
  APPLY[letter]!(a, value ?? '')
}

/** The long option that `name` is, or the only one that begins with it. */
const findLong = (a: ConntrackArgs, name: string): LongOption | null => {
  const all = [...LONG_OPTIONS, ...(a.protonum === null ? [] : (PROTO_OPTIONS[a.protonum] ?? []))]
  const exact = all.find(o => o.name === name)
  if (exact !== undefined) return exact
  const begun = all.filter(o => o.name.startsWith(name))
  return begun.length > 0 && begun.every(o => o.letter === begun[0]!.letter) ? begun[0]! : null
}

const longOption = (a: ConntrackArgs, word: string, words: Words): void => {
  const equals = word.indexOf('=')
  const name = word.slice(2, equals < 0 ? undefined : equals)
  const option = findLong(a, name)
  if (option === null) return parameterProblem(`unknown option \`${word}'`)
  let value = equals < 0 ? null : word.slice(equals + 1)
  if (option.arg === 'required' && value === null) {
    value = words.next()
    if (value === null) return parameterProblem(`option \`${word}' requires an argument`)
  } else if (option.arg === 'optional' && value === null) value = words.operand()
  apply(a, option.letter, value)
}

const shortOptions = (a: ConntrackArgs, word: string, words: Words): void => {
  for (let i = 1; i < word.length; i++) {
    const letter = word[i]!
    const rest = word.slice(i + 1)
    if (REQUIRED_SHORT.includes(letter)) {
      const value = rest === '' ? words.next() : rest
      if (value === null) return parameterProblem(`option \`-${letter}' requires an argument`)
      return apply(a, letter, value)
    }
    if (PLAIN_SHORT.includes(letter)) apply(a, letter, null)
    else if (OPTIONAL_SHORT.includes(letter)) {
      if (rest === '') return apply(a, letter, words.operand())
      // What sticks to a command is taken for its table and not looked at.
      return apply(a, letter, letter in COMMANDS ? null : rest)
    } else return parameterProblem(`unknown option \`-${letter}'`)
  }
}

/** Reads a command line and checks that its options go with its command. Throws ToolExit. */
export const parseConntrack = (argv: readonly string[]): ConntrackArgs => {
  const a = new ConntrackArgs()
  const words = new Words(argv)
  for (let word = words.next(); word !== null; word = words.next()) {
    if (word.startsWith('--') && word !== '--') longOption(a, word, words)
    else if (word.startsWith('-') && word !== '-') shortOptions(a, word, words)
  }
  if (a.command === '') {
    checkOptions('version', a.given)
    a.command = 'help'
    return a
  }
  checkOptions(a.command, a.given)
  checkProtocol(a)
  return a
}

const need = (option: string): never =>
  parameterProblem(`You need to supply the \`--${option}' option for this command`)

/** What a protocol needs for a connection to be made or asked for (final_check of the protocols). */
const checkProtocol = (a: ConntrackArgs): void => {
  const isCreate = a.command === 'create'
  if (!isCreate && a.command !== 'get') return
  if (a.protonum === 1) {
    if (a.icmpType === null) need('icmp-type')
    if (a.icmpCode === null) need('icmp-code')
    return
  }
  if (a.protonum === 47) parameterProblem("you have to specify `--srckey' and `--dstkey'")
  if (a.protonum === 6 && isCreate && a.state === null) need('state')
  if (!(a.protonum! in PROTO_OPTIONS)) return
  const hasOrig = a.sport !== null && a.dport !== null
  const hasReply = a.replyPortSrc !== null && a.replyPortDst !== null
  if (!hasOrig && !hasReply) parameterProblem("you have to specify `--sport' and `--dport'")
}
