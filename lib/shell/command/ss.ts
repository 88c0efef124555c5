/**
 * `ss`: sockets of a namespace, as iproute2 6.1 lists them for a pipe.
 *
 * Ports are not resolved to names. Left out: sockets of other kinds than TCP, UDP and raw, which netloom has not; -K, -E, -D,
 * -F, -b, -Z, -T.
 *
 * @see ss(8)
 */
import type { Netns } from '../../core/netns.js'
import { ssSummaryText, ssText } from '../../report/ss-text.js'
import { type InetDiagMsg, inetDiagDump, sockStat } from '../../rtnl/inet-diag.js'
import type { Command, CommandContext } from '../../app/command.js'
import { Getopt, type LongOption } from '../getopt.js'
import { ToolExit, unsupported, usageError } from './args.js'
import { exiting } from './exit.js'
import { netnsOf } from './netns-of.js'
import { parseSsFilter } from './ss-filter.js'
import { SS_USAGE } from './ss-usage.js'

const SPEC = 'dhaletuwxnro460spTbEf:mMiA:D:F:vVzZN:KHSO'

const LONG: readonly LongOption[] = [
  ...Object.entries({
    numeric: 'n',
    resolve: 'r',
    options: 'o',
    extended: 'e',
    memory: 'm',
    info: 'i',
    processes: 'p',
    threads: 'T',
    bpf: 'b',
    events: 'E',
    dccp: 'd',
    tcp: 't',
    sctp: 'S',
    udp: 'u',
    raw: 'w',
    unix: 'x',
    tipc: 'tipc',
    vsock: 'vsock',
    all: 'a',
    listening: 'l',
    ipv4: '4',
    ipv6: '6',
    packet: '0',
    summary: 's',
    version: 'V',
    help: 'h',
    context: 'Z',
    contexts: 'z',
    tipcinfo: 'tipcinfo',
    tos: 'tos',
    cgroup: 'cgroup',
    kill: 'K',
    'no-header': 'H',
    xdp: 'xdp',
    mptcp: 'M',
    oneline: 'O',
    'inet-sockopt': 'inet-sockopt',
  }).map(([name, option]) => ({ name, option, takesValue: false })),
  ...Object.entries({ family: 'f', socket: 'A', query: 'A', diag: 'D', filter: 'F', net: 'N' }).map(
    ([name, option]) => ({ name, option, takesValue: true }),
  ),
]

const VERSION = 'ss utility, iproute2-6.1.0'
const SUPPORTED = '-t -u -w -a -l -n -r -4 -e -i -m -o -p -s -H -O -f inet -A -N --tos'

/** States by the kernel's numbers, and sets of them. */
const STATES: readonly string[] = [
  'UNKNOWN',
  'established',
  'syn-sent',
  'syn-recv',
  'fin-wait-1',
  'fin-wait-2',
  'time-wait',
  'unconnected',
  'close-wait',
  'last-ack',
  'listening',
  'closing',
]
const bit = (name: string): number => 1 << STATES.indexOf(name)
const ALL = 0xfff
const CLOSE = bit('unconnected')
const LISTEN = bit('listening')
const SYN_RECV = bit('syn-recv')
const TIME_WAIT = bit('time-wait')
const ESTABLISHED = bit('established')
const CONN: number = ALL & ~(LISTEN | CLOSE | TIME_WAIT | SYN_RECV)

const STATE_SETS: Readonly<Record<string, number>> = {
  close: CLOSE,
  closed: CLOSE,
  'syn-rcv': SYN_RECV,
  all: ALL,
  connected: ALL & ~(CLOSE | LISTEN),
  synchronized: ALL & ~(CLOSE | LISTEN | bit('syn-sent')),
  bucket: SYN_RECV | TIME_WAIT,
  big: ALL & ~(SYN_RECV | TIME_WAIT),
}

type Netid = InetDiagMsg['netid']

/** The kinds in the order in which they are listed, with the states that are shown by default. */
const KINDS: Readonly<Record<Netid, number>> = { raw: ESTABLISHED, udp: ESTABLISHED, tcp: CONN }

class Options {
  kinds: Set<Netid> = new Set()
  states = 0
  stateFilter = 0
  isDefault = true
  sawQuery = false
  isSummary = false
  isIpv6 = false
  netns: string | null = null
  header = true
  oneline = false
  numeric = false
  options = false
  details = false
  memory = false
  info = false
  tos = false
  processes = false
}

const usage = (message: string): never => {
  throw new ToolExit(255, `${message}${SS_USAGE}`)
}

const addKind = (o: Options, kind: Netid): void => {
  o.kinds.add(kind)
  o.states |= KINDS[kind]
  o.isDefault = false
}

const addFamily = (o: Options): void => {
  o.states |= CONN
  o.isDefault = false
}

/** What -A names: tables of netloom, those of the tool that netloom has not, and sets of tables. */
const INET_KINDS: readonly Netid[] = ['raw', 'udp', 'tcp']
const QUERIES: Readonly<Record<string, readonly Netid[]>> = {
  all: INET_KINDS,
  inet: INET_KINDS,
  tcp: ['tcp'],
  udp: ['udp'],
  raw: ['raw'],
}
const OTHER_QUERIES: readonly string[] =
  'mptcp unix unix_dgram unix_stream unix_seqpacket u_dgr u_str u_seq packet packet_raw packet_dgram p_raw p_dgr netlink dccp sctp vsock vsock_stream vsock_dgram v_str v_dgr tipc xdp'.split(
    ' ',
  )
const OTHER_FAMILIES: readonly string[] = ['link', 'unix', 'netlink', 'tipc', 'vsock', 'xdp']

const query = (o: Options, value: string): void => {
  if (!o.sawQuery) {
    o.kinds.clear()
    if (o.stateFilter === 0) o.stateFilter = CONN
    o.sawQuery = true
    o.isDefault = false
  }
  for (const word of value.split(',')) {
    const kinds = QUERIES[word]
    if (kinds !== undefined) for (const kind of kinds) addKind(o, kind)
    else if (OTHER_QUERIES.includes(word)) throw unsupported('ss', word, 'tcp, udp, raw')
    else usage(`ss: "${word}" is illegal socket table id\n`)
  }
}

const family = (o: Options, value: string): void => {
  if (value === 'inet') addFamily(o)
  else if (value === 'inet6') {
    o.isIpv6 = true
    addFamily(o)
  } else if (value === 'help') throw new ToolExit(0, '')
  else if (OTHER_FAMILIES.includes(value)) throw unsupported('ss', `-f ${value}`, '-f inet')
  else usage(`ss: "${value}" is invalid family\n`)
}

type Apply = (o: Options, value: string) => void

const APPLY: Readonly<Record<string, Apply>> = {
  n: o => {
    o.numeric = true
  },
  r: () => {},
  o: o => {
    o.options = true
  },
  e: o => {
    o.options = true
    o.details = true
  },
  m: o => {
    o.memory = true
  },
  i: o => {
    o.info = true
  },
  t: o => addKind(o, 'tcp'),
  u: o => addKind(o, 'udp'),
  w: o => addKind(o, 'raw'),
  a: o => {
    o.stateFilter = ALL
  },
  l: o => {
    o.stateFilter = LISTEN | CLOSE
  },
  '4': addFamily,
  '6': o => family(o, 'inet6'),
  f: family,
  A: query,
  s: o => {
    o.isSummary = true
  },
  H: o => {
    o.header = false
  },
  O: o => {
    o.oneline = true
  },
  N: (o, value) => {
    o.netns = value
  },
  p: o => {
    o.processes = true
  },
  tos: o => {
    o.tos = true
  },
}

const parseOptions = (ctx: CommandContext, getopt: Getopt): Options | null => {
  const o = new Options()
  for (let option = getopt.next(); option !== null; option = getopt.next()) {
    const { option: name, value } = option
    if (name === 'h' || (name === 'f' && value === 'help')) {
      ctx.out(SS_USAGE)
      return null
    }
    if (name === 'v' || name === 'V') {
      ctx.out(`${VERSION}\n`)
      return null
    }
    const apply = APPLY[name]
    if (apply === undefined) throw unsupported('ss', name.length === 1 ? `-${name}` : `--${name}`, SUPPORTED)
    apply(o, value)
  }
  return o
}

const stateSet = (word: string): number => {
  const name = word.toLowerCase()
  const set = STATE_SETS[name] ?? (STATES.includes(name) ? bit(name) : null)
  if (set === null) throw new ToolExit(255, `ss: wrong state name: ${word}\n`)
  return set
}

/** Takes `state X` and `exclude X` off the front of the words; what is left is the filter. */
const stateWords = (o: Options, words: readonly string[]): readonly string[] => {
  let at = 0
  let sawStates = false
  for (;;) {
    const word = words[at]
    const isState = word === 'state'
    if (!isState && word !== 'exclude' && word !== 'excl') return words.slice(at)
    const name = words[at + 1]
    if (name === undefined) return usageError('Command line is not complete. Try option "help"')
    if (!sawStates) o.stateFilter = isState ? 0 : ALL
    o.stateFilter = isState ? o.stateFilter | stateSet(name) : o.stateFilter & ~stateSet(name)
    sawStates = true
    at += 2
  }
}

const hasOne = (bits: number): boolean => (bits & (bits - 1)) === 0

const list = (ctx: CommandContext, netns: Netns, o: Options, words: readonly string[]): number => {
  const filterWords = stateWords(o, words)
  if (o.isDefault) {
    if (o.stateFilter === 0) o.stateFilter = CONN
    for (const kind of INET_KINDS) addKind(o, kind)
  }
  if (o.kinds.size === 0) for (const kind of INET_KINDS) o.kinds.add(kind)
  if (o.stateFilter !== 0) o.states = o.stateFilter
  if (o.states === 0) {
    ctx.err('ss: no socket states to show with such filter.\n')
    return 0
  }
  const filter = parseSsFilter(netns, filterWords)
  const sockets = INET_KINDS.filter(kind => o.kinds.has(kind) && !o.isIpv6)
    .flatMap(kind => inetDiagDump(netns, kind))
    .filter(m => o.states & (1 << m.state) && (filter === null || filter(m)))
  const { header, oneline, numeric, options, details, memory, info, tos, processes } = o
  const print = { header, oneline, numeric, options, details, memory, info, tos, processes }
  ctx.out(ssText(netns, sockets, { ...print, netid: o.kinds.size > 1, state: !hasOne(o.states) }))
  return 0
}

const run = (ctx: CommandContext, argv: readonly string[]): number => {
  const getopt = new Getopt(argv.slice(1), SPEC, LONG)
  const o = parseOptions(ctx, getopt)
  if (o === null) return 0
  const netns = o.netns === null ? netnsOf(ctx, 'ss') : namedNetns(ctx, o.netns)
  if (o.isSummary) {
    ctx.out(ssSummaryText(sockStat(netns)))
    if (o.isDefault && getopt.operands.length === 0) return 0
  }
  return list(ctx, netns, o, getopt.operands)
}

const namedNetns = (ctx: CommandContext, name: string): Netns => {
  if (ctx.world.hasNetns(name)) return ctx.world.netns(name)
  throw new ToolExit(1, `Cannot open network namespace "${name}": No such file or directory\n`)
}

/** The command `ss`. */
export const ssCommand: Command = {
  name: 'ss',
  run: exiting(run, (ctx, message) => {
    ctx.err(`ss: ${message}\n${SS_USAGE}`)
    return 255
  }),
}
