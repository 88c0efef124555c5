/**
 * flanneld's rules: their text, that they are put in place once however often, put right when one is gone, and that those of an
 * earlier network go.
 */
import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import { forwardRules, masqRules } from '../../lib/flannel/network/iptables.js'
import { EdgeLab, withBackend } from './edge-lab.js'

const test = suite('flannel/iptables')

const NETWORK = { addr: 10 << 24, len: 8 }
const SUBNET = { addr: (10 << 24) | (1 << 8), len: 24 }

/** Facts of flannel's network/iptables.go: table, action, chain and words. */
const MASQ = [
  'nat -I POSTROUTING -m comment --comment flanneld masq -j FLANNEL-POSTRTG',
  'nat -A FLANNEL-POSTRTG -m mark --mark 0x4000/0x4000 -m comment --comment flanneld masq -j RETURN',
  'nat -A FLANNEL-POSTRTG -s 10.0.0.0/8 -d 10.0.0.0/8 -m comment --comment flanneld masq -j RETURN',
  'nat -A FLANNEL-POSTRTG -s 10.0.0.0/8 ! -d 224.0.0.0/4 -m comment --comment flanneld masq -j MASQUERADE --random-fully',
  'nat -A FLANNEL-POSTRTG ! -s 10.0.0.0/8 -d 10.0.1.0/24 -m comment --comment flanneld masq -j RETURN',
  'nat -A FLANNEL-POSTRTG ! -s 10.0.0.0/8 -d 10.0.0.0/8 -m comment --comment flanneld masq -j MASQUERADE --random-fully',
]
const FORWARD = [
  'filter -I FORWARD -m comment --comment flanneld forward -j FLANNEL-FWD',
  'filter -A FLANNEL-FWD -s 10.0.0.0/8 -m comment --comment flanneld forward -j ACCEPT',
  'filter -A FLANNEL-FWD -d 10.0.0.0/8 -m comment --comment flanneld forward -j ACCEPT',
]

const text = (rules: ReturnType<typeof masqRules>): string[] =>
  rules.map(({ table, action, chain, rule }) => [table, action, chain, ...rule].join(' '))

test('the rules are those of v0.20.2', () => {
  assert.equal(text(masqRules(NETWORK, SUBNET)), MASQ)
  assert.equal(text(forwardRules(NETWORK)), FORWARD)
})

const rulesOf = (lab: EdgeLab): string =>
  lab
    .x('h1', 'iptables-save')
    .split('\n')
    .filter(line => line.startsWith('-A'))
    .join('\n')

const startedLab = (): EdgeLab => {
  const lab = new EdgeLab()
  lab.config(withBackend('alloc'))
  lab.start('h1', { subnet: '10.244.1.1/24' })
  return lab
}

test('a daemon that starts again leaves each rule once, and in front of what others have', () => {
  const lab = startedLab()
  const first = rulesOf(lab)
  assert.is(first.split('\n').length, 9)
  lab.stop('h1')
  lab.start('h1')
  assert.is(rulesOf(lab), first)
  lab.x('h1', 'iptables -I FORWARD -j DROP')
  lab.stop('h1')
  lab.start('h1')
  const forward = lab.x('h1', 'iptables -S FORWARD').split('\n')
  assert.equal(forward.slice(1, 3), [
    '-A FORWARD -m comment --comment "flanneld forward" -j FLANNEL-FWD',
    '-A FORWARD -j DROP',
  ])
})

/** What may be done to the rules, each put right within the resync. */
const DAMAGE = [
  ['iptables', '-t', 'nat', '-F', 'FLANNEL-POSTRTG'],
  ['iptables', '-F', 'FLANNEL-FWD'],
  ['iptables', '-F', 'FORWARD'],
  ['iptables', '-t', 'nat', '-F'],
  ['iptables', '-t', 'nat', '-D', 'FLANNEL-POSTRTG', '2'],
]

for (const argv of DAMAGE)
  test(`${argv.slice(1).join(' ')}: is put right within five seconds`, () => {
    const lab = startedLab()
    const before = rulesOf(lab)
    lab.x('h1', argv)
    assert.is.not(rulesOf(lab), before)
    lab.sleep(5.1)
    assert.is(rulesOf(lab), before)
    assert.match(lab.log('h1'), 'iptables.go:405] Some iptables rules are missing; deleting and recreating rules')
  })

test('a chain that is deleted with its rules comes back', () => {
  const lab = startedLab()
  const before = rulesOf(lab)
  for (const line of ['iptables -F FORWARD', 'iptables -F FLANNEL-FWD', 'iptables -X FLANNEL-FWD']) lab.x('h1', line)
  lab.sleep(5.1)
  assert.is(rulesOf(lab), before)
})

test('rules of an earlier network and subnet go at the start, those of others stay', () => {
  const lab = startedLab()
  lab.x('h1', 'iptables -t nat -A POSTROUTING -s 10.9.9.0/24 -j MASQUERADE')
  lab.stop('h1')
  lab.config({ Network: '10.50.0.0/16', Backend: { Type: 'alloc' } })
  lab.start('h1')
  const rules = rulesOf(lab)
  assert.not.match(rules, '10.244.')
  assert.match(rules, '-A POSTROUTING -s 10.9.9.0/24 -j MASQUERADE')
  assert.match(rules, '-A FLANNEL-POSTRTG -s 10.50.0.0/16 -d 10.50.0.0/16')
  assert.is(rules.match(/-j FLANNEL-POSTRTG$/gm)?.length, 1)
})

test('a resync of no seconds at all does not stop the world', () => {
  const lab = new EdgeLab()
  lab.config(withBackend('alloc'))
  lab.start('h1', { options: ['-iptables-resync=0'] })
  lab.x('h1', 'iptables -F FLANNEL-FWD')
  lab.sleep(0.1)
  assert.match(rulesOf(lab), '-A FLANNEL-FWD -s 10.244.0.0/16')
})

test.run()
