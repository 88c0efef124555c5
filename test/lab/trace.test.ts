/** Traces: what of a packet's way through the rules users see. Places and order follow the kernel's lines in data/netfilter/log.txt. */
import { readFileSync } from 'node:fs'
import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import { createWorld, type NfLogEntry } from '../../lib/index.js'

const test = suite('lab/trace')

const read = (name: string): string => readFileSync(new URL(`../data/netfilter/${name}`, import.meta.url), 'utf8')

const ROUTER = read('log-script.sh')
  .split('\n')
  .filter(line => /^ip netns add|^ip -n|ip_forward/.test(line))
  .join('\n')

const RULES = `
  ip netns exec r iptables -t raw -A PREROUTING -p udp --dport 13 -j NOTRACK
  ip netns exec r iptables -t nat -A POSTROUTING -o right -j MASQUERADE
  ip netns exec r iptables -N A
  ip netns exec r iptables -A FORWARD -p icmp -m conntrack --ctstate NEW -j A
  ip netns exec r iptables -A FORWARD -p udp -j REJECT
  ip netns exec r iptables -A A -p udp -j DROP
  ip netns exec r iptables -A A -m ttl --ttl-gt 1 -j MARK --set-mark 1
`

const tracedWorld = (): ReturnType<typeof createWorld> => {
  const world = createWorld()
  world.sh(ROUTER + RULES)
  return world
}

test('world.trace records table, chain, rule, verdict and connection of each rule that a packet matches', () => {
  const world = tracedWorld()
  const trace = world.trace({ netns: 'r', filter: 'icmp[icmptype] == icmp-echo' })
  world.sh('ip netns exec c1 ping -c 1 -s 8 10.0.2.2')
  trace.stop()
  const seen = trace.records.map(r => `${r.table}:${r.chain}:${r.kind}:${r.rulenum} ${r.ctState} ${r.verdict}`)
  assert.equal(seen, [
    'raw:PREROUTING:policy:2  ACCEPT',
    'nat:PREROUTING:policy:1 NEW ACCEPT',
    'filter:FORWARD:rule:1 NEW A',
    'filter:A:rule:2 NEW CONTINUE',
    'filter:A:return:3 NEW RETURN',
    'filter:FORWARD:policy:3 NEW ACCEPT',
    'nat:POSTROUTING:rule:1 NEW ACCEPT',
  ])
  assert.is(trace.records[2]!.rule, '-A FORWARD -p icmp -m conntrack --ctstate NEW -j A')
  assert.match(trace.records[2]!.conntrack, /^icmp +1 \d+ src=10\.0\.1\.2 dst=10\.0\.2\.2 type=8/)
  assert.match(trace.lines[2]!, /^TRACE: filter:FORWARD:rule:1 IN=left OUT=right MAC=02:/)
  world.sh('ip netns exec c1 ping -c 1 -s 8 10.0.2.2')
  assert.is(trace.records.length, 7, 'nothing is recorded after the end')
  assert.is(world.netns('r').kernel.nf.postRouting === null, false)
})

test('a trace sees what REJECT and NOTRACK do, and ends with its block', () => {
  const world = tracedWorld()
  {
    using trace = world.trace({ filter: 'udp' })
    world.sh(`printf 'x' | ip netns exec c1 nc -u -q 0 -w 1 10.0.2.2 13`, { mayFail: true })
    const seen = trace.records
      .filter(r => r.netns === 'r')
      .map(r => `${r.table}:${r.rulenum} ${r.ctState} ${r.verdict}`)
    assert.equal(seen, ['raw:1  CONTINUE', 'raw:2 UNTRACKED ACCEPT', 'filter:2 UNTRACKED DROP'])
  }
  assert.is(world.kernel.nfLoggers.length, 0)
  assert.is(world.netns('c1').kernel.nf.localOut, null)
})

test('world.onLog tells of LOG and NFLOG until it is ended', () => {
  const world = tracedWorld()
  const entries: NfLogEntry[] = []
  const off = world.onLog(entry => entries.push(entry))
  world.sh(`
    ip netns exec r iptables -I FORWARD -j LOG --log-level 3 --log-prefix "a "
    ip netns exec r iptables -I FORWARD -j NFLOG --nflog-group 5 --nflog-prefix "b"
    ip netns exec c1 ping -c 1 -s 8 10.0.2.2
  `)
  assert.equal(
    entries.slice(0, 2).map(e => [e.target, e.netns, e.level, e.group, e.prefix, e.inDev, e.outDev]),
    [
      ['NFLOG', 'r', 5, 5, 'b', 'left', 'right'],
      ['LOG', 'r', 3, -1, 'a ', 'left', 'right'],
    ],
  )
  off()
  const { length } = entries
  world.sh('ip netns exec c1 ping -c 1 -s 8 10.0.2.2')
  assert.is(entries.length, length)
})

test('a trace of a namespace that is not there, with a bad filter or an unknown option is refused', () => {
  const world = tracedWorld()
  assert.throws(() => world.trace({ netns: 'nosuch' }), /Cannot open network namespace/)
  assert.throws(() => world.trace({ filter: 'icmp and and' }), /syntax error/)
  assert.throws(() => world.trace({ only: 1 } as never), /only/)
})

test.run()
