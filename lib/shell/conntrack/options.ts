/**
 * The options of `conntrack`, which of them go with which command, and their words.
 *
 * @see conntrack-tools 1.4.7 src/conntrack.c
 */
import {
  IPS_ASSURED,
  IPS_EXPECTED,
  IPS_FIXED_TIMEOUT,
  IPS_SEEN_REPLY,
} from '../../netfilter/conntrack/nf-conntrack-common.js'
import { ToolExit } from '../command/args.js'

/** What every message begins with. */
export const CONNTRACK = 'conntrack v1.4.7 (conntrack-tools)'

/** Leaves with a message and the hint at the help; exit status 2. */
export const parameterProblem = (message: string): never => {
  throw new ToolExit(2, `${CONNTRACK}: ${message}\nTry \`conntrack -h' or 'conntrack --help' for more information.\n`)
}

/** Options in the tool's own order, by the letter that stands for each: its name in messages. */
const OPTION_ORDER: readonly (readonly [string, string])[] = [
  ['s', 'src'],
  ['d', 'dst'],
  ['r', 'reply-src'],
  ['q', 'reply-dst'],
  ['p', 'protonum'],
  ['t', 'timeout'],
  ['u', 'status'],
  ['z', 'zero'],
  ['e', 'event-mask'],
  ['[', 'tuple-src'],
  [']', 'tuple-dst'],
  ['{', 'mask-src'],
  ['}', 'mask-dst'],
  ['a', 'nat-range'],
  ['m', 'mark'],
  ['i', 'id'],
  ['f', 'family'],
  ['n', 'src-nat'],
  ['g', 'dst-nat'],
  ['o', 'output'],
  ['c', 'secmark'],
  ['b', 'buffer-size'],
  ['j', 'any-nat'],
  ['w', 'zone'],
  ['l', 'label'],
  ['<', 'label-add'],
  ['>', 'label-del'],
  ['(', 'orig-zone'],
  [')', 'reply-zone'],
]

/** Illegal (0), compulsory (1), optional (2) and coupled (3), in that order of options, by command. */
const LEGAL: Readonly<Record<string, string>> = {
  list: '22222022000220202222202220022',
  create: '33331120000002200220000202022',
  update: '22222220000220222222000022200',
  delete: '22222220000220222222000220022',
  get: '33331000000000020002000000000',
  flush: '00000000000000000000000000000',
  event: '22222000200220200222222220022',
  version: '00000000000000000000000000000',
  help: '00002000000000000000000000000',
  'list expect': '00000000000000002002000000000',
  'create expect': '11221120011110000000000000000',
  'delete expect': '11221000000000000000000000000',
  'get expect': '11221000000000000000000000000',
  'flush expect': '00000000000000000000000000000',
  'event expect': '00000000000000000002000000000',
  count: '00000000000000000000000000000',
  'count expect': '00000000000000000000000000000',
  stats: '00000000000000000000000000000',
  'stats expect': '00000000000000000000000000000',
}

/** Refuses what does not go with a command, and a command without what it needs (generic_opt_check). */
export const checkOptions = (command: string, given: ReadonlySet<string>): void => {
  const legal = LEGAL[command]!
  OPTION_ORDER.forEach(([letter, name], i) => {
    if (!given.has(letter)) {
      if (legal[i] === '1') parameterProblem(`You need to supply the \`--${name}' option for this command`)
    } else if (legal[i] === '0') parameterProblem(`Illegal option \`--${name}' with this command`)
  })
  if (!legal.startsWith('3333')) return
  const hasBoth = (a: string, b: string): boolean => given.has(a) && given.has(b)
  if (!hasBoth('s', 'd') && !hasBoth('r', 'q')) parameterProblem("you have to specify `--src' and `--dst'")
}

/** A long option: its letter, and whether a word belongs to it, may, or none does. */
export interface LongOption {
  readonly name: string
  readonly letter: string
  readonly arg: 'none' | 'required' | 'optional'
}

const long = (letter: string, arg: LongOption['arg'], ...names: string[]): LongOption[] =>
  names.map(name => ({ name, letter, arg }))

/** Long options that are known without a protocol. */
export const LONG_OPTIONS: readonly LongOption[] = [
  ...long('L', 'optional', 'dump'),
  ...long('I', 'optional', 'create'),
  ...long('D', 'optional', 'delete'),
  ...long('U', 'optional', 'update'),
  ...long('G', 'optional', 'get'),
  ...long('F', 'optional', 'flush'),
  ...long('E', 'optional', 'event'),
  ...long('C', 'optional', 'counter'),
  ...long('S', 'optional', 'stats'),
  ...long('A', 'optional', 'add'),
  ...long('R', 'required', 'load-file'),
  ...long('V', 'none', 'version'),
  ...long('h', 'none', 'help'),
  ...long('s', 'required', 'orig-src', 'src'),
  ...long('d', 'required', 'orig-dst', 'dst'),
  ...long('r', 'required', 'reply-src'),
  ...long('q', 'required', 'reply-dst'),
  ...long('p', 'required', 'protonum'),
  ...long('t', 'required', 'timeout'),
  ...long('u', 'required', 'status'),
  ...long('z', 'none', 'zero'),
  ...long('e', 'required', 'event-mask'),
  ...long('[', 'required', 'tuple-src'),
  ...long(']', 'required', 'tuple-dst'),
  ...long('{', 'required', 'mask-src'),
  ...long('}', 'required', 'mask-dst'),
  ...long('a', 'required', 'nat-range'),
  ...long('m', 'required', 'mark'),
  ...long('c', 'required', 'secmark'),
  ...long('i', 'required', 'id'),
  ...long('f', 'required', 'family'),
  ...long('n', 'optional', 'src-nat'),
  ...long('g', 'optional', 'dst-nat'),
  ...long('j', 'optional', 'any-nat'),
  ...long('o', 'required', 'output'),
  ...long('b', 'required', 'buffer-size'),
  ...long('w', 'required', 'zone'),
  ...long('l', 'optional', 'label'),
  ...long('<', 'required', 'label-add'),
  ...long('>', 'optional', 'label-del'),
  ...long('(', 'required', 'orig-zone'),
  ...long(')', 'required', 'reply-zone'),
]

const PORTS: readonly LongOption[] = [
  ...long('sport', 'required', 'orig-port-src', 'sport'),
  ...long('dport', 'required', 'orig-port-dst', 'dport'),
  ...long('reply-port-src', 'required', 'reply-port-src'),
  ...long('reply-port-dst', 'required', 'reply-port-dst'),
]

/** Long options that a protocol brings along, by its number. */
export const PROTO_OPTIONS: Readonly<Record<number, readonly LongOption[]>> = {
  1: [
    ...long('icmp-type', 'required', 'icmp-type'),
    ...long('icmp-code', 'required', 'icmp-code'),
    ...long('icmp-id', 'required', 'icmp-id'),
  ],
  6: [...PORTS, ...long('state', 'required', 'state')],
  17: PORTS,
  33: PORTS,
  132: PORTS,
  136: PORTS,
}

/** Short options whose word may be missing, and those that have none; all others need one. */
export const OPTIONAL_SHORT = 'LIUDGEFACSngjl'
export const PLAIN_SHORT = 'hVz'
export const REQUIRED_SHORT = 'sdrqptuemfocbwRai'

/** Connection status words; UNREPLIED is the absence of a bit. */
const STATUS: readonly (readonly [string, number, number])[] = [
  ['ASSURED', IPS_ASSURED, IPS_ASSURED],
  ['SEEN_REPLY', IPS_SEEN_REPLY, IPS_SEEN_REPLY],
  ['UNSET', 0, 0],
  ['FIXED_TIMEOUT', IPS_FIXED_TIMEOUT, IPS_FIXED_TIMEOUT],
  ['EXPECTED', IPS_EXPECTED, IPS_EXPECTED],
  ['OFFLOAD', 1 << 14, 1 << 14],
  ['HW_OFFLOAD', 1 << 15, 1 << 15],
  ['UNREPLIED', 0, IPS_SEEN_REPLY],
]

/** Words separated by commas, each the beginning of a known one in any case. */
const words = <T extends readonly [string, ...unknown[]]>(arg: string, known: readonly T[]): T[] => {
  let rest = arg
  const found: T[] = []
  for (;;) {
    const comma = rest.indexOf(',')
    const word = comma < 0 ? rest : rest.slice(0, comma)
    const entry = known.find(([name]) => word !== '' && name.startsWith(word.toUpperCase()))
    if (entry === undefined) return parameterProblem(`Bad parameter \`${rest}'`)
    found.push(entry)
    if (comma < 0) return found
    rest = rest.slice(comma + 1)
  }
}

/** Bits that are to be set, and those that are looked at. */
export const parseStatus = (arg: string): { value: number; mask: number } => {
  const result = { value: 0, mask: 0 }
  for (const [, value, mask] of words(arg, STATUS)) {
    result.value |= value
    result.mask |= mask
  }
  return result
}

const EVENTS = [['ALL'], ['NEW'], ['UPDATES'], ['DESTROY']] as const
const OUTPUTS = [
  ['XML'],
  ['EXTENDED'],
  ['TIMESTAMP'],
  ['ID'],
  ['KTIMESTAMP'],
  ['LABELS'],
  ['USERSPACE'],
  ['SAVE'],
] as const

/** Types of events that are wanted. */
export const parseEvents = (arg: string): Set<string> => new Set(words(arg, EVENTS).map(([name]) => name))

/** Words of -o. */
export const parseOutput = (arg: string): Set<string> => new Set(words(arg, OUTPUTS).map(([name]) => name))
