/**
 * Random matches of rules: each entry writes one match as iptables takes it, with values that the packets of a case often
 * have.
 */
import type { Dice } from '../../conformance/mutate.js'

/** Protocol that a rule names; '' for none. */
export type RuleProtocol = '' | 'udp' | 'tcp' | 'icmp'

/** Where a rule stands. */
export interface Place {
  readonly table: string
  /** Built-in chain that leads to it. */
  readonly hook: string
  readonly protocol: RuleProtocol
  /** Differs for each rule of a case. */
  readonly number: number
}

/** A kind of match. */
export interface MatchKind {
  readonly name: string
  /** Protocols that it can stand beside; all when absent. */
  readonly protocols?: readonly RuleProtocol[]
  /** Built-in chains that it can be reached from; all when absent. */
  readonly hooks?: readonly string[]
  write(dice: Dice, place: Place): string
}

const UP = ['PREROUTING', 'INPUT', 'FORWARD']
const DOWN = ['FORWARD', 'OUTPUT', 'POSTROUTING']

/** Ports that packets have. */
export const PORT_NUMBERS: readonly number[] = [7000, 7001, 53, 80, 5000, 5001, 5002, 40000]

/** Addresses and networks that packets have. */
export const NETWORKS: readonly string[] = [
  '10.0.1.2',
  '10.0.1.3',
  '10.0.2.2',
  '10.0.2.3',
  '10.0.3.2',
  '10.0.3.3',
  '10.0.1.1',
  '10.0.2.1',
  '10.0.3.1',
  '10.0.1.0/24',
  '10.0.2.0/24',
  '10.0.3.0/24',
  '10.0.0.0/8',
  '198.51.100.0/24',
  '0.0.0.2/0.0.0.255',
  '10.0.0.1/255.255.0.1',
]

/** A marker of negation, rarely. */
export const not = (dice: Dice): string => (dice.below(4) === 0 ? '! ' : '')

const range = (dice: Dice, list: readonly number[]): string => {
  const a = dice.pick(list)
  const b = dice.pick(list)
  switch (dice.below(5)) {
    case 0:
      return `${Math.min(a, b)}:${Math.max(a, b)}`
    case 1:
      return `${a}:`
    case 2:
      return `:${a}`
    default:
      return String(a)
  }
}

/** A range of ports as rules write it. */
export const portRange = (dice: Dice): string => range(dice, PORT_NUMBERS)

const TTLS = [1, 2, 32, 63, 64]
const LENGTHS = [28, 29, 40, 44, 60, 128, 228, 1028, 2028]
const TYPES = [
  'UNICAST',
  'LOCAL',
  'BROADCAST',
  'MULTICAST',
  'UNSPEC',
  'ANYCAST',
  'BLACKHOLE',
  'UNREACHABLE',
  'PROHIBIT',
]
const STATES = ['NEW', 'ESTABLISHED', 'RELATED', 'INVALID', 'UNTRACKED']
const ICMP_TYPES = ['8', '0', '3', '3/1', '3/3', '11', 'any', 'echo-request', 'fragmentation-needed', '12/1']
const FLAGS = ['SYN', 'ACK', 'FIN', 'RST', 'PSH', 'URG']

const some = (dice: Dice, list: readonly string[]): string => {
  const taken = list.filter(() => dice.below(3) === 0)
  return (taken.length === 0 ? [dice.pick(list)] : taken).join(',')
}

const marked = (dice: Dice): string => {
  const value = dice.below(8)
  return dice.below(2) === 0
    ? `0x${value.toString(16)}`
    : `0x${value.toString(16)}/0x${(dice.below(7) + 1).toString(16)}`
}

const u32Test = (dice: Dice): string =>
  dice.pick([
    '6&0xFF=0x11',
    '6&0xFF=1:6',
    '0&0xFFFF=0x0:0x80',
    '0>>22&0x3C@0>>16=7000,5000:5002',
    '0>>22&0x3C@0&0xFFFF=53,80,7000',
    '4&0x3FFF=0',
    '8>>24=64 && 6&0xFF=17',
    '12=0x0a000102',
    '0>>22&0x3C@8=0x62626262,0x61616161',
    '0>>22&0x3C@12>>26&0x3C@0=0',
    '16&0xFF=1:2',
  ])

const conntrackTest = (dice: Dice): string =>
  [
    () => `${not(dice)}--ctstate ${some(dice, [...STATES, 'SNAT', 'DNAT'])}`,
    () => `${not(dice)}--ctstatus ${some(dice, ['EXPECTED', 'SEEN_REPLY', 'ASSURED', 'CONFIRMED'])}`,
    () => `${not(dice)}--ctstatus NONE`,
    () => `${not(dice)}--ctproto ${dice.pick(['udp', 'tcp', 'icmp'])}`,
    () => `${not(dice)}--ctorigsrc ${dice.pick(NETWORKS.slice(0, 13))}`,
    () => `${not(dice)}--ctorigdst ${dice.pick(NETWORKS.slice(0, 13))}`,
    () => `${not(dice)}--ctreplsrc ${dice.pick(NETWORKS.slice(0, 13))}`,
    () => `${not(dice)}--ctrepldst ${dice.pick(NETWORKS.slice(0, 13))}`,
    () => `--ctdir ${dice.pick(['ORIGINAL', 'REPLY'])}`,
    () => `${not(dice)}--ctorigdstport ${portRange(dice)}`,
    () => `${not(dice)}--ctorigsrcport ${portRange(dice)}`,
    () => `${not(dice)}--ctreplsrcport ${portRange(dice)}`,
    () => `${not(dice)}--ctrepldstport ${portRange(dice)}`,
    () => `${not(dice)}--ctexpire ${dice.pick(['0:100', '100:1000', '1000:500000'])}`,
  ][dice.below(14)]!()

const multiport = (dice: Dice): string => {
  const ports = Array.from({ length: dice.below(3) + 1 }, () => dice.pick(PORT_NUMBERS))
  const list = dice.below(3) === 0 ? `${ports.join(',')},5000:5002` : ports.join(',')
  return `${not(dice)}--${dice.pick(['sports', 'dports', 'ports'])} ${list}`
}

const recent = (dice: Dice, { number }: Place): string => {
  const name = `--name r${dice.below(2)} --${dice.pick(['rsource', 'rdest'])}`
  switch (dice.below(4)) {
    case 0:
      return `${not(dice)}--rcheck ${dice.pick(['', '--seconds 1000 ', '--hitcount 2 ', '--rttl '])}${name}`
    case 1:
      return `${not(dice)}--update ${dice.pick(['', '--seconds 1000 ', '--hitcount 3 '])}${name}`
    case 2:
      return number % 2 === 0 ? `--remove ${name}` : `--set ${name}`
    default:
      return `--set ${name}`
  }
}

const physdev = (dice: Dice, { hook }: Place): string => {
  const tests = [`${not(dice)}--physdev-in ${dice.pick(['p0', 'p1', 'p+', 'eth0'])}`, `${not(dice)}--physdev-is-in`]
  if (hook === 'FORWARD' || hook === 'POSTROUTING')
    tests.push(
      `${not(dice)}--physdev-out ${dice.pick(['p0', 'p1', 'p+'])}${dice.below(2) === 0 ? ' --physdev-is-bridged' : ''}`,
      `${not(dice)}--physdev-is-out`,
    )
  tests.push(`${not(dice)}--physdev-is-bridged`)
  return dice.pick(tests)
}

const hashlimit = (dice: Dice, { number }: Place): string => {
  const mode = dice.pick([
    '',
    '--hashlimit-mode srcip ',
    '--hashlimit-mode srcip,dstport ',
    '--hashlimit-mode dstip,srcport ',
  ])
  const mask = mode.includes('srcip') && dice.below(2) === 0 ? '--hashlimit-srcmask 24 ' : ''
  const rate = dice.pick(['1/hour', '2/day', '1/min'])
  return `--hashlimit-${dice.pick(['upto', 'above'])} ${rate} --hashlimit-burst ${dice.below(3) + 1} ${mode}${mask}--hashlimit-name h${number}`
}

const addrtype = (dice: Dice, { hook }: Place): string => {
  const limit = dice.below(5) > 0 ? '' : UP.includes(hook) && hook !== 'FORWARD' ? ' --limit-iface-in' : ''
  return `${not(dice)}--${dice.pick(['src', 'dst'])}-type ${some(dice, TYPES)}${limit}`
}

const tcpTest = (dice: Dice): string => {
  switch (dice.below(6)) {
    case 0:
      return `${not(dice)}--syn`
    case 1:
      return `${not(dice)}--tcp-flags ${some(dice, FLAGS)} ${dice.pick([...FLAGS, 'NONE'])}`
    case 2:
      return `${not(dice)}--tcp-option ${dice.pick([2, 3, 4, 8])}`
    case 3:
      return `${not(dice)}--sport ${portRange(dice)}`
    default:
      return `${not(dice)}--dport ${portRange(dice)}`
  }
}

const stringTest = (dice: Dice): string => {
  const bounds = dice.pick(['', '--from 20 ', '--to 40 ', '--from 28 --to 60 '])
  const text = dice.pick([
    '--string "aaaa"',
    '--string "bb"',
    '--hex-string "|6161 62|"',
    '--string "A" --icase',
    '--hex-string "|1b58|"',
  ])
  return `--algo ${dice.pick(['bm', 'kmp'])} ${bounds}${not(dice)}${text}`
}

/** All kinds. */
export const MATCH_KINDS: readonly MatchKind[] = [
  { name: 'addrtype', write: (d, p) => addrtype(d, p) },
  { name: 'comment', write: d => `--comment ${d.pick(['x', '"a b"', '"it\'s"'])}` },
  {
    name: 'connbytes',
    write: d =>
      `${not(d)}--connbytes ${d.pick(['0:1', '2', '100:400', ':3'].filter(r => !r.startsWith(':')))} --connbytes-dir ${d.pick(['original', 'reply', 'both'])} --connbytes-mode ${d.pick(['packets', 'bytes', 'avgpkt'])}`,
  },
  {
    name: 'connlimit',
    write: d =>
      `--connlimit-${d.pick(['upto', 'above'])} ${d.below(3)} --connlimit-mask ${d.pick([32, 24, 0])} --connlimit-${d.pick(['saddr', 'daddr'])}`,
  },
  { name: 'connmark', write: d => `${not(d)}--mark ${marked(d)}` },
  { name: 'conntrack', write: d => conntrackTest(d) },
  {
    name: 'dscp',
    write: d => `${not(d)}${d.pick(['--dscp 0', '--dscp-class AF11', '--dscp 0x2e', '--dscp-class CS1'])}`,
  },
  {
    name: 'ecn',
    protocols: ['tcp'],
    write: d => `${not(d)}${d.pick(['--ecn-tcp-cwr', '--ecn-tcp-ece', '--ecn-ip-ect 0', '--ecn-ip-ect 2'])}`,
  },
  { name: 'hashlimit', write: (d, p) => hashlimit(d, p) },
  { name: 'icmp', protocols: ['icmp'], write: d => `${not(d)}--icmp-type ${d.pick(ICMP_TYPES)}` },
  {
    name: 'iprange',
    write: d =>
      `${not(d)}--${d.pick(['src', 'dst'])}-range ${d.pick(['10.0.1.2-10.0.2.2', '10.0.1.1-10.0.1.2', '10.0.3.2-10.0.3.9'])}`,
  },
  { name: 'length', write: d => `${not(d)}--length ${range(d, LENGTHS)}` },
  { name: 'limit', write: d => `--limit ${d.pick(['1/hour', '1/day'])} --limit-burst ${d.below(4) + 1}` },
  {
    name: 'mac',
    hooks: UP,
    write: d => `${not(d)}--mac-source ${d.pick(['02:00:0a:00:01:02', '02:00:0a:00:02:02', '02:00:0a:00:03:02'])}`,
  },
  { name: 'mark', write: d => `${not(d)}--mark ${marked(d)}` },
  { name: 'multiport', protocols: ['udp', 'tcp'], write: d => multiport(d) },
  {
    name: 'owner',
    hooks: ['OUTPUT', 'POSTROUTING'],
    write: d =>
      d.pick([`${not(d)}--uid-owner 0`, `${not(d)}--gid-owner 0-5`, `${not(d)}--socket-exists`, '--uid-owner 7']),
  },
  { name: 'physdev', hooks: ['PREROUTING', 'INPUT', 'FORWARD', 'POSTROUTING'], write: (d, p) => physdev(d, p) },
  { name: 'pkttype', write: d => `${not(d)}--pkt-type ${d.pick(['unicast', 'broadcast', 'multicast'])}` },
  { name: 'recent', write: (d, p) => recent(d, p) },
  { name: 'socket', hooks: ['PREROUTING', 'INPUT'], write: d => d.pick(['', '--transparent', '--nowildcard']) },
  { name: 'state', write: d => `${not(d)}--state ${some(d, STATES)}` },
  {
    name: 'statistic',
    write: d =>
      d.pick([
        `--mode nth ${not(d)}--every ${d.below(3) + 1} --packet 0`,
        `--mode nth --every 3 --packet ${d.below(3)}`,
        `--mode random ${not(d)}--probability 1.0`,
        '--mode random --probability 0',
      ]),
  },
  { name: 'string', write: d => stringTest(d) },
  { name: 'tcp', protocols: ['tcp'], write: d => tcpTest(d) },
  {
    name: 'tcpmss',
    protocols: ['tcp'],
    write: d => `${not(d)}--mss ${d.pick(['1460', '536:1460', '1000:1400', '100'])}`,
  },
  { name: 'tos', write: d => `${not(d)}--tos ${d.pick(['0', '0x10', '0x08/0x0c', 'Minimize-Delay'])}` },
  {
    name: 'ttl',
    write: d => `${d.pick(['--ttl-eq', '! --ttl-eq', '--ttl-lt', '--ttl-gt'])} ${d.pick(TTLS)}`,
  },
  { name: 'u32', write: d => `${not(d)}--u32 "${u32Test(d)}"` },
  { name: 'udp', protocols: ['udp'], write: d => `${not(d)}--${d.pick(['sport', 'dport'])} ${portRange(d)}` },
]

/** Built-in chains in which `-i` can stand. */
export const CHAINS_IN: readonly string[] = UP
/** Built-in chains in which `-o` can stand. */
export const CHAINS_OUT: readonly string[] = DOWN
