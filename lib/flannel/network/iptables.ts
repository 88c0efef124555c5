/**
 * flanneld's rules: masquerading of what leaves the network, and forwarding of what belongs to it; put in place at start and
 * looked after from then on.
 *
 * @see flannel network/iptables.go, network/iptables_restore.go; coreos/go-iptables
 */
import { exec } from '../../app/exec.js'
import type { Process } from '../../app/process.js'
import { sleep, type Thread } from '../../app/thread.js'
import { encodeUtf8 } from '../../wire/utf8.js'
import { NSEC_PER_MSEC, NSEC_PER_SEC } from '../../sim/time.js'
import type { Prefix } from '../../wire/ip.js'
import type { Klog } from '../../app/klog.js'
import { netText } from '../ip4-net.js'

/** A rule and how it is added. */
export interface IptablesRuleSpec {
  readonly table: 'nat' | 'filter'
  readonly action: '-I' | '-A'
  readonly chain: string
  readonly rule: readonly string[]
}

/**
 * DIFFERS: a resync of no seconds keeps flanneld looking without a pause, which costs no virtual time and would stand still;
 * here it looks as often as executing iptables nine times takes.
 */
const LEAST_RESYNC_NS = 50 * NSEC_PER_MSEC

const KUBE_PROXY_MARK = '0x4000/0x4000'
const POSTRTG = 'FLANNEL-POSTRTG'
const FWD = 'FLANNEL-FWD'
const comment = (text: string): readonly string[] => ['-m', 'comment', '--comment', text]

/** Rules that masquerade (`-ip-masq`): what pods send out of the network, and what comes into it from elsewhere. */
export const masqRules = (network: Prefix, subnet: Prefix): IptablesRuleSpec[] => {
  const n = netText(network)
  const masq = comment('flanneld masq')
  const masquerade = ['-j', 'MASQUERADE', '--random-fully']
  const rule = (...words: string[]): IptablesRuleSpec => ({ table: 'nat', action: '-A', chain: POSTRTG, rule: words })
  return [
    { table: 'nat', action: '-I', chain: 'POSTROUTING', rule: [...masq, '-j', POSTRTG] },
    // What kube-proxy marks is translated by its own rules.
    rule('-m', 'mark', '--mark', KUBE_PROXY_MARK, ...masq, '-j', 'RETURN'),
    rule('-s', n, '-d', n, ...masq, '-j', 'RETURN'),
    rule('-s', n, '!', '-d', '224.0.0.0/4', ...masq, ...masquerade),
    // What comes from outside for a pod of this host keeps its source.
    rule('!', '-s', n, '-d', netText(subnet), ...masq, '-j', 'RETURN'),
    rule('!', '-s', n, '-d', n, ...masq, ...masquerade),
  ]
}

/** Rules that let through what is from or for the network, whatever the policy of FORWARD. */
export const forwardRules = (network: Prefix): IptablesRuleSpec[] => {
  const n = netText(network)
  const forward = comment('flanneld forward')
  return [
    { table: 'filter', action: '-I', chain: 'FORWARD', rule: [...forward, '-j', FWD] },
    { table: 'filter', action: '-A', chain: FWD, rule: ['-s', n, ...forward, '-j', 'ACCEPT'] },
    { table: 'filter', action: '-A', chain: FWD, rule: ['-d', n, ...forward, '-j', 'ACCEPT'] },
  ]
}

/** The chain of flannel's that a rule is in or leads to. */
const chainOf = ({ chain, rule }: IptablesRuleSpec): string => {
  const named = [chain, rule.at(-1)]
  return named.includes(FWD) ? FWD : named.includes(POSTRTG) ? POSTRTG : ''
}

const failed = (argv: readonly string[], status: number, stderr: string): Error =>
  new Error(
    `running [${argv.map((w, i) => (i === 0 ? `/usr/sbin/${w}` : w)).join(' ')}]: exit status ${status}: ${stderr}`,
  )

/** iptables as flanneld executes it. */
export class FlannelIptables {
  readonly #process: Process
  readonly #log: Klog

  constructor(process: Process, log: Klog) {
    this.#process = process
    this.#log = log
  }

  /** Makes a chain, or empties it. */
  *clearChain(table: string, chain: string): Thread {
    const made = yield* this.#iptables('-t', table, '-N', chain)
    if (made.status === 0) return
    const argv = ['-t', table, '-F', chain]
    const flushed = yield* this.#iptables(...argv)
    if (flushed.status !== 0) throw failed(['iptables', ...argv, '--wait'], flushed.status, flushed.stderr)
  }

  /** As {@link clearChain}; a failure is logged. */
  *createChain(table: string, chain: string): Thread {
    try {
      yield* this.clearChain(table, chain)
    } catch (e) {
      this.#log.error(
        'iptables.go:155',
        `Failed to setup IPTables. Error on creating the chain: ${(e as Error).message}`,
      )
    }
  }

  /** Puts the rules in place, then looks every `resyncSec` seconds whether they are still there. Does not return. */
  *setupAndEnsure(rules: readonly IptablesRuleSpec[], resyncSec: number): Thread {
    try {
      yield* this.#bootstrap(rules)
    } catch (e) {
      this.#log.error('iptables.go:292', `Failed to bootstrap IPTables: ${(e as Error).message}`)
    }
    for (;;) {
      try {
        yield* this.#ensure(rules)
      } catch (e) {
        this.#log.error('iptables.go:305', `Failed to ensure iptables rules: ${(e as Error).message}`)
      }
      yield* sleep(Math.max(resyncSec * NSEC_PER_SEC, LEAST_RESYNC_NS), { idle: true })
    }
  }

  /** Removes those of the rules that are there. Throws what iptables refuses with. */
  *teardown(rules: readonly IptablesRuleSpec[]): Thread {
    const lines: string[] = []
    for (const rule of rules) {
      if (chainOf(rule) !== '' && !(yield* this.#chainExists(rule))) continue
      if (yield* this.#exists(rule)) lines.push(lineOf('-D', rule))
    }
    yield* this.#restore(rules[0]!.table, lines)
  }

  *#ensure(rules: readonly IptablesRuleSpec[]): Thread {
    let isComplete = true
    for (const rule of rules) isComplete &&= (yield* this.#chainExists(rule)) && (yield* this.#exists(rule))
    if (isComplete) return
    this.#log.info('iptables.go:405', 'Some iptables rules are missing; deleting and recreating rules')
    yield* this.#bootstrap(rules)
  }

  /** Removes and adds all rules in one go, as their order matters. */
  *#bootstrap(rules: readonly IptablesRuleSpec[]): Thread {
    const lines: string[] = []
    for (const rule of rules) {
      if (!(yield* this.#chainExists(rule))) yield* this.clearChain(rule.table, chainOf(rule))
      if (yield* this.#exists(rule)) lines.push(lineOf('-D', rule))
      lines.push(lineOf(rule.action, rule))
    }
    yield* this.#restore(rules[0]!.table, lines)
    this.#log.info('iptables.go:270', 'bootstrap done')
  }

  *#iptables(...words: string[]) {
    return yield* exec(this.#process, ['iptables', ...words, '--wait'])
  }

  *#chainExists(rule: IptablesRuleSpec): Thread<boolean> {
    const { status } = yield* this.#iptables('-t', rule.table, '-S', chainOf(rule), '1')
    return status === 0
  }

  *#exists({ table, chain, rule }: IptablesRuleSpec): Thread<boolean> {
    const { status } = yield* this.#iptables('-t', table, '-C', chain, ...rule)
    return status === 0
  }

  *#restore(table: string, lines: readonly string[]): Thread {
    const text = lines.length === 0 ? '' : `*${table}\n${lines.join('\n')}\nCOMMIT\n`
    const stdin = encodeUtf8(text)
    const { status } = yield* exec(this.#process, ['iptables-restore', '--noflush', '--wait'], { stdin })
    if (status !== 0)
      throw new Error(
        `failed to apply partial iptables-restore unable to run iptables-restore (, ): exit status ${status}`,
      )
  }
}

const lineOf = (action: string, { chain, rule }: IptablesRuleSpec): string =>
  [action, chain, ...rule.map((word, i) => (rule[i - 1] === '--comment' ? `"${word}"` : word))].join(' ')
