/**
 * A case of the comparison: a rule set and the steps that follow, and how a side runs it.
 */
import { errorAbout, replyTo, type Reply } from './replies.js'
import type { EndState, Loaded, Output, SeenFrame, Side } from './side.js'
import { PORTS, type Port } from './topology.js'

/** A rule: its parts can be left out one by one. */
export interface Rule {
  readonly table: string
  readonly chain: string
  readonly parts: readonly string[]
  /** `-j`, `-g` and what belongs to them; empty for a rule that counts only. */
  readonly target: string
}

/** The rules of a case. */
export interface RuleSet {
  /** User chains as `table chain`. */
  readonly userChains: readonly string[]
  /** Policies other than ACCEPT as `table chain`. */
  readonly dropPolicies: readonly string[]
  readonly rules: readonly Rule[]
}

/** One thing that happens. */
export type Step =
  /** A frame goes in. */
  | { readonly op: 'send'; readonly port: Port; readonly hex: string }
  /** The machine that got the last packet answers it; nothing happens when there is none. */
  | { readonly op: 'reply'; readonly reply: Reply }
  /** The machine that got the last packet reports an ICMP error about it. */
  | {
      readonly op: 'error'
      readonly type: number
      readonly code: number
      readonly mtu: number
      readonly octets: number
    }
  /** A program of the router sends. */
  | { readonly op: 'output'; readonly output: Output }

/** Rules and steps. */
export interface Case {
  readonly ruleSet: RuleSet
  readonly steps: readonly Step[]
}

/** What a side did with a case. */
export interface Run {
  readonly loaded: Loaded
  /** All frames by device. */
  readonly frames: ReadonlyMap<string, readonly string[]>
  /** What programs were told, by step. */
  readonly results: readonly string[]
  readonly end: Pick<EndState, 'save' | 'conntrack'>
}

const TABLES = ['raw', 'mangle', 'nat', 'filter', 'security']

/** The rule set as `iptables-restore` reads it. */
export const restoreText = ({ userChains, dropPolicies, rules }: RuleSet): string => {
  const lines: string[] = []
  for (const table of TABLES) {
    const user = userChains.filter(chain => chain.startsWith(`${table} `)).map(chain => chain.split(' ')[1]!)
    const policies = dropPolicies.filter(chain => chain.startsWith(`${table} `)).map(chain => chain.split(' ')[1]!)
    const own = rules.filter(rule => rule.table === table)
    if (user.length + policies.length + own.length === 0) continue
    lines.push(`*${table}`)
    for (const chain of policies) lines.push(`:${chain} DROP [0:0]`)
    for (const chain of user) lines.push(`:${chain} - [0:0]`)
    for (const { chain, parts, target } of own)
      lines.push(['-A', chain, ...parts, target].filter(word => word !== '').join(' '))
    lines.push('COMMIT')
  }
  return `${lines.join('\n')}\n`
}

const isPort = (dev: string): dev is Port => (PORTS as readonly string[]).includes(dev)

const ETH_IPV4 = '0800'

/** The last IPv4 frame that came out of the router at a port. */
const lastPacket = (frames: readonly SeenFrame[]): { port: Port; frame: Uint8Array } | null => {
  for (const [dev, , hex] of [...frames].reverse())
    if (isPort(dev) && hex.slice(24, 28) === ETH_IPV4)
      return { port: dev, frame: Uint8Array.from(Buffer.from(hex, 'hex')) }
  return null
}

/** Runs a case on a side. */
export const runCase = async (side: Side, { ruleSet, steps }: Case): Promise<Run> => {
  const loaded = await side.load(restoreText(ruleSet))
  const seen: SeenFrame[] = []
  const results: string[] = []
  let last: { port: Port; frame: Uint8Array } | null = null
  const take = (frames: readonly SeenFrame[]): void => {
    seen.push(...frames)
    last = lastPacket(frames)
  }
  for (const step of loaded.status === 0 ? steps : []) {
    if (step.op === 'send') take(await side.send(step.port, step.hex))
    else if (step.op === 'output') {
      const { frames, result } = await side.output(step.output)
      take(frames)
      results.push(result)
    } else {
      if (last === null) continue
      const { port, frame } = last as { port: Port; frame: Uint8Array }
      const answer: Uint8Array | null = step.op === 'reply' ? replyTo(frame, step.reply) : errorAbout(frame, step)
      if (answer !== null) take(await side.send(port, Buffer.from(answer).toString('hex')))
    }
  }
  const end = await side.end()
  const frames = new Map<string, string[]>()
  for (const [dev, direction, hex] of [...seen, ...end.frames]) {
    if (hex.slice(24, 28) !== ETH_IPV4) continue
    const key = isPort(dev) ? dev : `${dev} ${direction}`
    frames.set(key, [...(frames.get(key) ?? []), hex])
  }
  return { loaded, frames, results, end: { save: end.save, conntrack: end.conntrack } }
}
