/**
 * Random targets of rules.
 */
import type { Dice } from '../../conformance/mutate.js'
import type { Place, RuleProtocol } from './rule-matches.js'

/** A kind of target. */
export interface TargetKind {
  readonly name: string
  /** Tables that take it; all when absent. */
  readonly tables?: readonly string[]
  /** Built-in chains that it can be reached from; all when absent. */
  readonly hooks?: readonly string[]
  /** Protocols that it can stand beside; all when absent. */
  readonly protocols?: readonly RuleProtocol[]
  /** How often it is taken. */
  readonly weight: number
  /** What stands before `-j`, such as a match that the target asks for. */
  readonly needs?: string
  write(dice: Dice, place: Place): string
}

const NAT = ['nat']
const MANGLE = ['mangle']

const REJECTS = [
  'icmp-net-unreachable',
  'icmp-host-unreachable',
  'icmp-proto-unreachable',
  'icmp-port-unreachable',
  'icmp-net-prohibited',
  'icmp-host-prohibited',
  'icmp-admin-prohibited',
]

const hex = (value: number): string => `0x${value.toString(16)}`

const masked = (dice: Dice): string =>
  dice.below(2) === 0 ? hex(dice.below(8)) : `${hex(dice.below(8))}/${hex(dice.below(15) + 1)}`

const hasPorts = ({ protocol }: Place): boolean => protocol === 'udp' || protocol === 'tcp'

const dnat = (dice: Dice, place: Place): string => {
  const to = dice.pick(['10.0.2.2', '10.0.2.3', '10.0.1.3', '10.0.3.3', '10.0.3.2', '10.0.1.1', '10.0.2.2-10.0.2.3'])
  const port = hasPorts(place) ? dice.pick(['', ':80', ':7000', ':7000-7003', ':6000-6010/5000']) : ''
  const flags = dice.pick(['', '', '', ' --persistent'])
  return `--to-destination ${to}${port}${flags}`
}

const snat = (dice: Dice, place: Place): string => {
  const to = dice.pick(['10.0.2.1', '10.0.2.9', '10.0.1.1', '10.0.3.1', '10.0.3.9', '10.0.2.9-10.0.2.12'])
  const port = hasPorts(place) ? dice.pick(['', '', ':6000', ':30000-39999']) : ''
  return `--to-source ${to}${port}`
}

const mark = (dice: Dice): string =>
  dice.pick([
    `--set-mark ${masked(dice)}`,
    `--set-xmark ${masked(dice)}`,
    `--and-mark ${hex(dice.below(8))}`,
    `--or-mark ${hex(dice.below(8))}`,
    `--xor-mark ${hex(dice.below(8))}`,
  ])

const connmark = (dice: Dice, { table }: Place): string =>
  dice.pick([
    `--set-mark ${masked(dice)}`,
    `--set-xmark ${masked(dice)}`,
    `--save-mark${dice.below(2) === 0 ? '' : ` --nfmask ${hex(dice.below(15) + 1)} --ctmask ${hex(dice.below(15) + 1)}`}`,
    ...(table === 'mangle' ? ['--restore-mark', `--restore-mark --mask ${hex(dice.below(15) + 1)}`] : []),
    `--and-mark ${hex(dice.below(8))}`,
    `--or-mark ${hex(dice.below(8))}`,
  ])

const ct = (dice: Dice): string =>
  dice.pick(['--notrack', '--zone 1', '--zone 7', '--zone-orig 2', '--zone-reply 3', '--ctevents new,destroy'])

/** All kinds. */
export const TARGET_KINDS: readonly TargetKind[] = [
  { name: 'ACCEPT', weight: 6, write: () => '' },
  { name: 'DROP', tables: ['raw', 'mangle', 'filter', 'security'], weight: 3, write: () => '' },
  { name: 'RETURN', weight: 3, write: () => '' },
  {
    name: 'REJECT',
    tables: ['filter'],
    weight: 8,
    write: (d, { protocol }) =>
      protocol === 'tcp' && d.below(2) === 0
        ? '--reject-with tcp-reset'
        : d.pick(['', `--reject-with ${d.pick(REJECTS)}`]),
  },
  { name: 'DNAT', tables: NAT, hooks: ['PREROUTING', 'OUTPUT'], weight: 12, write: dnat },
  { name: 'SNAT', tables: NAT, hooks: ['POSTROUTING', 'INPUT'], weight: 10, write: snat },
  {
    name: 'MASQUERADE',
    tables: NAT,
    hooks: ['POSTROUTING'],
    weight: 8,
    write: (d, p) => (hasPorts(p) ? d.pick(['', '', '--to-ports 6000']) : ''),
  },
  {
    name: 'REDIRECT',
    tables: NAT,
    hooks: ['PREROUTING', 'OUTPUT'],
    weight: 6,
    write: (d, p) => (hasPorts(p) ? d.pick(['', '--to-ports 7000', '--to-ports 7000-7005']) : ''),
  },
  {
    name: 'NETMAP',
    tables: NAT,
    hooks: ['PREROUTING', 'OUTPUT', 'POSTROUTING', 'INPUT'],
    weight: 4,
    write: d => `--to ${d.pick(['10.0.2.0/29', '10.0.1.0/29', '10.0.3.2/32', '10.0.2.8/30'])}`,
  },
  { name: 'MARK', weight: 5, write: mark },
  { name: 'CONNMARK', weight: 4, write: connmark },
  { name: 'CT', tables: ['raw'], weight: 10, write: ct },
  { name: 'NOTRACK', tables: ['raw'], weight: 3, write: () => '' },
  {
    name: 'LOG',
    weight: 1,
    write: d => d.pick(['', '--log-prefix "x: "', '--log-level 7 --log-ip-options --log-uid']),
  },
  { name: 'NFLOG', weight: 1, write: d => d.pick(['', '--nflog-group 3', '--nflog-prefix "n" --nflog-size 40']) },
  {
    name: 'TTL',
    tables: MANGLE,
    weight: 4,
    write: d => d.pick(['--ttl-set 64', '--ttl-set 1', '--ttl-dec 1', '--ttl-inc 3', '--ttl-dec 63', '--ttl-inc 250']),
  },
  {
    name: 'TOS',
    tables: MANGLE,
    weight: 3,
    write: d =>
      d.pick([
        '--set-tos 0x10',
        '--set-tos 0x08/0x0c',
        '--and-tos 0xf0',
        '--or-tos 0x04',
        '--xor-tos 0xff',
        '--set-tos 3',
      ]),
  },
  {
    name: 'DSCP',
    tables: MANGLE,
    weight: 3,
    write: d => d.pick(['--set-dscp 0x2e', '--set-dscp-class AF11', '--set-dscp 0']),
  },
  {
    name: 'TCPMSS',
    tables: MANGLE,
    hooks: ['FORWARD', 'OUTPUT', 'POSTROUTING'],
    protocols: ['tcp'],
    weight: 8,
    needs: '--tcp-flags SYN,RST SYN',
    write: d => d.pick(['--clamp-mss-to-pmtu', '--set-mss 1000', '--set-mss 1460', '--set-mss 100']),
  },
  { name: 'ECN', tables: MANGLE, protocols: ['tcp'], weight: 4, write: () => '--ecn-tcp-remove' },
  { name: 'CHECKSUM', tables: MANGLE, weight: 2, write: () => '--checksum-fill' },
  {
    name: 'CLASSIFY',
    tables: MANGLE,
    hooks: ['OUTPUT', 'FORWARD', 'POSTROUTING'],
    weight: 2,
    write: d => `--set-class ${d.pick(['1:2', '0:6', 'a:ff'])}`,
  },
  { name: 'TRACE', tables: ['raw'], weight: 2, write: () => '' },
]
