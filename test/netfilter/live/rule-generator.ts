/**
 * Random rule sets that iptables takes: each rule stands where its matches and its target may.
 */
import type { Dice } from '../../conformance/mutate.js'
import type { Rule, RuleSet } from './case.js'
import type { Focus } from './focus.js'
import {
  CHAINS_IN,
  CHAINS_OUT,
  MATCH_KINDS,
  type MatchKind,
  NETWORKS,
  not,
  type Place,
  portRange,
  type RuleProtocol,
} from './rule-matches.js'
import { TARGET_KINDS, type TargetKind } from './rule-targets.js'
import { CHAINS } from './topology.js'

/** A chain that takes rules. */
interface Chain {
  readonly table: string
  readonly name: string
  /** Built-in chain that leads to it. */
  readonly hook: string
  /** Place among the user chains of its table, -1 for a built-in one: jumps go to higher places only. */
  readonly rank: number
}

const TABLE_WEIGHTS: readonly string[] = [
  'filter',
  'filter',
  'filter',
  'mangle',
  'mangle',
  'nat',
  'nat',
  'nat',
  'raw',
  'security',
]
const PROTOCOLS: readonly RuleProtocol[] = ['', 'udp', 'tcp', 'icmp']
const DEVICES = ['eth0', 'eth1', 'br0', 'eth+', 'lo', 'p0']

const builtIn = (table: string, name: string): Chain => ({ table, name, hook: name, rank: -1 })

/** Chains that packets of a path pass, answers included. */
const PATHS: Readonly<Record<Focus['path'], readonly string[]>> = {
  forward: ['PREROUTING', 'FORWARD', 'POSTROUTING'],
  bridge: ['PREROUTING', 'FORWARD', 'POSTROUTING'],
  local: ['PREROUTING', 'INPUT', 'OUTPUT', 'POSTROUTING'],
}

/** A built-in chain: mostly one that the packets of the case pass. */
const passedChain = (dice: Dice, table: string, { path }: Focus): string => {
  const chains = CHAINS[table]!
  const passed = chains.filter(chain => PATHS[path].includes(chain))
  return dice.pick(passed.length > 0 && dice.below(5) > 0 ? passed : chains)
}

const userChains = (dice: Dice, focus: Focus): Chain[] => {
  const chains: Chain[] = []
  const count = dice.below(4)
  for (let rank = 0; rank < count; rank++) {
    const table = dice.pick(TABLE_WEIGHTS)
    chains.push({ table, name: `u${rank}`, hook: passedChain(dice, table, focus), rank })
  }
  return chains
}

const allowed = <T>(list: readonly T[] | undefined, value: T): boolean => list === undefined || list.includes(value)

const matchPart = (dice: Dice, kind: MatchKind, place: Place): string =>
  `-m ${kind.name} ${kind.write(dice, place)}`.trimEnd()

const baseParts = (dice: Dice, place: Place): string[] => {
  const parts: string[] = []
  if (dice.below(7) === 0) parts.push(`${not(dice)}-s ${dice.pick(NETWORKS)}`)
  if (dice.below(7) === 0) parts.push(`${not(dice)}-d ${dice.pick(NETWORKS)}`)
  if (dice.below(7) === 0 && CHAINS_IN.includes(place.hook)) parts.push(`${not(dice)}-i ${dice.pick(DEVICES)}`)
  if (dice.below(7) === 0 && CHAINS_OUT.includes(place.hook)) parts.push(`${not(dice)}-o ${dice.pick(DEVICES)}`)
  if (place.protocol !== '') parts.push(`-p ${place.protocol}`)
  else if (dice.below(20) === 0) parts.push(`! -p ${dice.pick(['udp', 'tcp', 'icmp', '47'])}`)
  if (dice.below(25) === 0) parts.push(`${not(dice)}-f`)
  return parts
}

const pickTarget = (dice: Dice, place: Place, jumps: readonly Chain[]): { target: string; needs: string } => {
  const roll = dice.below(10)
  if (roll < 2) return { target: '', needs: '' }
  if (roll < 5 && jumps.length > 0)
    return { target: `${dice.below(4) === 0 ? '-g' : '-j'} ${dice.pick(jumps).name}`, needs: '' }
  const kinds = TARGET_KINDS.filter(
    kind =>
      allowed(kind.tables, place.table) && allowed(kind.hooks, place.hook) && allowed(kind.protocols, place.protocol),
  )
  const weighted = kinds.flatMap<TargetKind>(kind => Array.from({ length: kind.weight }, () => kind))
  const kind = dice.pick(weighted)
  return { target: `-j ${kind.name} ${kind.write(dice, place)}`.trimEnd(), needs: kind.needs ?? '' }
}

/** The protocol of a rule: mostly the one that the case is about, or none. */
const ruleProtocol = (dice: Dice, { protocol }: Focus): RuleProtocol => {
  const roll = dice.below(10)
  if (roll < 4) return protocol
  return roll < 8 ? '' : dice.pick(PROTOCOLS)
}

const rule = (dice: Dice, chain: Chain, number: number, users: readonly Chain[], focus: Focus): Rule => {
  const place: Place = { table: chain.table, hook: chain.hook, protocol: ruleProtocol(dice, focus), number }
  const parts = baseParts(dice, place)
  if ((place.protocol === 'udp' || place.protocol === 'tcp') && dice.below(4) === 0)
    parts.push(`${not(dice)}--${dice.pick(['dport', 'sport'])} ${portRange(dice)}`)
  const kinds = MATCH_KINDS.filter(kind => allowed(kind.protocols, place.protocol) && allowed(kind.hooks, place.hook))
  const count = dice.pick([0, 0, 0, 1, 1, 1, 2])
  const taken = new Set<MatchKind>()
  for (let n = 0; n < count; n++) taken.add(dice.pick(kinds))
  for (const kind of taken) parts.push(matchPart(dice, kind, place))
  const jumps = users.filter(user => user.table === chain.table && user.hook === chain.hook && user.rank > chain.rank)
  const { target, needs } = pickTarget(dice, place, jumps)
  if (needs !== '') parts.push(needs)
  return { table: chain.table, chain: chain.name, parts, target }
}

/** A rule set. */
export const randomRuleSet = (dice: Dice, focus: Focus): RuleSet => {
  const users = userChains(dice, focus)
  const rules: Rule[] = []
  const count = 1 + dice.below(14)
  for (let number = 0; number < count; number++) {
    const table = dice.pick(TABLE_WEIGHTS)
    const own = users.filter(user => user.table === table)
    const chain =
      own.length > 0 && dice.below(3) === 0 ? dice.pick(own) : builtIn(table, passedChain(dice, table, focus))
    rules.push(rule(dice, chain, number, users, focus))
  }
  // A user chain that nothing leads to shows nothing: most are jumped to from their hook.
  for (const user of users) {
    if (dice.below(8) === 0) continue
    const at = dice.below(rules.length + 1)
    rules.splice(at, 0, { table: user.table, chain: user.hook, parts: [], target: `-j ${user.name}` })
  }
  const dropPolicies = ['filter INPUT', 'filter FORWARD', 'filter OUTPUT', 'mangle FORWARD', 'security INPUT'].filter(
    () => dice.below(20) === 0,
  )
  return { userChains: users.map(({ table, name }) => `${table} ${name}`), dropPolicies, rules }
}
