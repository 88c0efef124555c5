/**
 * Rule sets that Docker, flannel, kube-proxy and CNI plugins made on real hosts (data/netfilter/rulesets.txt, from
 * iptables-save), and random ones: what is restored is what is saved, and restoring that changes nothing.
 */
import { readFileSync } from 'node:fs'
import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import { createWorld, type Netns } from '../../lib/index.js'

const test = suite('netfilter/rulesets')

const SETS = readFileSync(new URL('../data/netfilter/rulesets.txt', import.meta.url), 'utf8')
  .replace(/^#.*\n/gm, '')
  .split(/^== /m)
  .slice(1)
  .map(text => ({ from: text.slice(0, text.indexOf('\n')), text: text.slice(text.indexOf('\n') + 1) }))

/** From iptables-save, which writes the built-in chains; kube-proxy writes texts of its own for iptables-restore. */
const isSaved = (text: string): boolean => text.includes('\n:OUTPUT ')

const withoutComments = (text: string): string => text.replace(/^#.*\n/gm, '')

const save = (netns: Netns): string => withoutComments(netns.iptables.save({ counters: true }))

/** The rules of each chain, and the chains with policies and counters, in any order of chains: the tools differ there. */
const byChain = (text: string): Record<string, string[]> => {
  const chains: Record<string, string[]> = {}
  for (const line of text.split('\n')) {
    const head = /^:(\S+) (.*)$/.exec(line)
    if (head !== null) chains[head[1]!] = [head[2]!]
    const chain = /^(?:\[\d+:\d+\] )?-A (\S+)/.exec(line)?.[1]
    if (chain !== undefined) chains[chain]!.push(line)
  }
  return chains
}

/** Rules are compared as they stand in the text, counters where it has them. */
const comparable = (text: string, like: string): Record<string, string[]> =>
  byChain(/^\[\d+:\d+\] -A/m.test(like) ? text : text.replace(/^\[\d+:\d+\] /gm, ''))

test('restore and save give every recorded table back, and again', () => {
  assert.ok(SETS.length >= 90)
  for (const { from, text } of SETS) {
    const world = createWorld()
    const [a, b] = [world.addNetns('a'), world.addNetns('b')]
    a.iptables.restore(text, { counters: true })
    const saved = save(a)
    if (isSaved(text)) assert.equal(comparable(saved, text), byChain(text), from)
    b.iptables.restore(saved, { counters: true })
    assert.is(save(b), saved, from)
  }
})

const MATCHES = [
  '-p tcp -m tcp --dport @',
  '-p udp -m udp --sport @:65535',
  '-p icmp -m icmp --icmp-type 8',
  '-m conntrack --ctstate RELATED,ESTABLISHED',
  '-m addrtype --dst-type LOCAL',
  '-m mark --mark 0x@/0xff',
  '-m comment --comment "rule @, \\"quoted\\""',
  '-m statistic --mode nth --every 3 --packet 1',
  '-m limit --limit @/hour --limit-burst 9',
  '-m ttl --ttl-gt 9',
  '-m length --length 0:@',
  '-m pkttype --pkt-type unicast',
  '-p tcp -m multiport --dports 1,2,@',
]
const TARGETS: Readonly<Record<string, readonly string[]>> = {
  filter: ['ACCEPT', 'DROP', 'RETURN', 'REJECT --reject-with icmp-port-unreachable', 'LOG --log-prefix "@: "', ''],
  mangle: [
    'MARK --set-xmark 0x@/0xff',
    'TTL --ttl-set 9',
    'CONNMARK --restore-mark --nfmask 0xf --ctmask 0xf',
    'ACCEPT',
    '',
  ],
  raw: ['CT --notrack', 'ACCEPT', 'DROP', ''],
}
const BUILTIN: Readonly<Record<string, readonly string[]>> = {
  filter: ['INPUT', 'FORWARD', 'OUTPUT'],
  mangle: ['PREROUTING', 'INPUT', 'FORWARD', 'OUTPUT', 'POSTROUTING'],
  raw: ['PREROUTING', 'OUTPUT'],
}

/** A table at random whose chains of users only lead to later ones. */
const randomTable = (rng: { below(n: number): number }): string => {
  const pick = <T>(list: readonly T[]): T => list[rng.below(list.length)]!
  const table = pick(Object.keys(TARGETS))
  const users = Array.from({ length: rng.below(4) }, (_, i) => `USER-${i}`)
  const counters = (): string => `[${rng.below(1e6)}:${rng.below(1e9)}]`
  const lines = [`*${table}`, ...BUILTIN[table]!.map(c => `:${c} ${pick(['ACCEPT', 'DROP'])} ${counters()}`)]
  lines.push(...users.map(c => `:${c} - [0:0]`))
  for (const [i, chain] of [...BUILTIN[table]!, ...users].entries())
    for (let n = rng.below(5); n > 0; n--) {
      const later = users.slice(Math.max(0, i - BUILTIN[table]!.length + 1))
      const target =
        later.length > 0 && rng.below(3) === 0 ? `-${pick(['j', 'g'])} ${pick(later)}` : pick(TARGETS[table]!)
      const where = pick(['', ' -s 10.1.0.0/16', ' ! -d 192.168.1.1/32', ' -s 10.0.0.0/255.0.255.0'])
      const match = rng.below(3) === 0 ? '' : ` ${pick(MATCHES)}`
      const act = target === '' || target.startsWith('-') ? target : `-j ${target}`
      lines.push(`${counters()} -A ${chain}${where}${match} ${act}`.trimEnd().replaceAll('@', `${1 + rng.below(9)}`))
    }
  return `${lines.join('\n')}\nCOMMIT\n`
}

test('random tables are a fixed point of save and restore, 300 of seed 1', () => {
  const world = createWorld({ seed: 1 })
  let rest = 12345
  const rng = {
    below: (n: number): number => {
      rest = (Math.imul(rest, 1103515245) + 12345) & 0x7fffffff
      return (rest >>> 8) % n
    },
  }
  const [a, b] = [world.addNetns('a'), world.addNetns('b')]
  for (let i = 0; i < 300; i++) {
    const text = randomTable(rng)
    a.iptables.restore(text, { counters: true })
    const table = /^\*(\w+)/.exec(text)![1] as 'filter'
    const saved = withoutComments(a.iptables.save({ table, counters: true }))
    b.iptables.restore(saved, { counters: true })
    assert.is(withoutComments(b.iptables.save({ table, counters: true })), saved, text)
    assert.equal(byChain(saved), byChain(text), text)
  }
})

test.run()
