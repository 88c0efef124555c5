/** Rules and routes with several next hops as calls: each does what the command of the same words does. */
import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import { createWorld, NetloomError, type Netns, type RuleOptions, type World } from '../../lib/index.js'

const test = suite('lab/rule')

const host = (): { world: World; h1: Netns } => {
  const world = createWorld()
  world.sh(`
    ip netns add h1
    ip netns add h2
    ip -n h1 link set lo up`)
  for (const i of [0, 1])
    world.sh(`
      ip -n h1 link add eth${i} type veth peer name eth${i} netns h2
      ip -n h1 link set eth${i} up
      ip -n h2 link set eth${i} up
      ip -n h1 addr add 10.0.${i}.1/24 dev eth${i}`)
  return { world, h1: world.netns('h1') }
}

const shell = (world: World, command: string): string => world.sh(command, { commandNs: 0, tailNs: 0 }).stdout

const refusal = (run: () => unknown): string => {
  try {
    run()
  } catch (e) {
    if (e instanceof NetloomError) return `${e.code}: ${e.message}`
    throw e
  }
  return 'nothing was thrown'
}

/** Calls with the words of `ip rule add` that mean the same. */
const SAME: readonly (readonly [RuleOptions, string])[] = [
  [{ from: '10.0.1.1' }, 'from 10.0.1.1'],
  [{ from: '10.0.1.0/24', table: 102, priority: 1000 }, 'from 10.0.1.0/24 table 102 pref 1000'],
  [{ to: '10.9.0.0/16', not: true, table: 'main' }, 'not to 10.9.0.0/16 table main'],
  [{ iif: 'eth0', oif: 'nosuch', table: 7 }, 'iif eth0 oif nosuch table 7'],
  [{ fwmark: 0xffffffff, table: 7 }, 'fwmark 0xffffffff table 7'],
  [{ fwmark: 1, fwmask: 0xff, table: 7 }, 'fwmark 1/0xff table 7'],
  [{ tos: 0x10, table: 7, proto: 'static' }, 'tos 0x10 table 7 proto static'],
  [{ ipproto: 'udp', sport: 53, dport: [100, 200], table: 7 }, 'ipproto udp sport 53 dport 100-200 table 7'],
  [{ ipproto: 99, uidrange: [5, 10], table: 7 }, 'ipproto 99 uidrange 5-10 table 7'],
  [
    { table: 'main', suppressPrefixlength: 0, suppressIfgroup: 3 },
    'table main suppress_prefixlength 0 suppress_ifgroup 3',
  ],
  [{ action: 'prohibit', to: '10.1.1.1' }, 'to 10.1.1.1 prohibit'],
  [{ action: 'blackhole', from: '10.1.1.2' }, 'from 10.1.1.2 blackhole'],
  [{ action: 'unreachable', priority: 5 }, 'unreachable pref 5'],
  [{ action: 'nop', priority: 6 }, 'nop pref 6'],
  [{ goto: 32766, priority: 7 }, 'goto 32766 pref 7'],
  [{ goto: 40000, priority: 8 }, 'goto 40000 pref 8'],
]

test('rule.add says what `ip rule add` says', () => {
  const called = host()
  const typed = host()
  for (const [options, words] of SAME) {
    called.h1.rule.add(options)
    typed.world.sh(`ip -n h1 rule add ${words}`)
    assert.is(shell(called.world, 'ip -n h1 rule'), shell(typed.world, 'ip -n h1 rule'), words)
  }
  assert.equal(called.h1.rule.list(), typed.h1.rule.list())
  for (const [options] of SAME) called.h1.rule.del(options)
  assert.equal(
    called.h1.rule.list().map(r => [r.priority, r.from, r.action, r.table, r.proto]),
    [
      [0, 'all', 'lookup', 'local', 'kernel'],
      [32766, 'all', 'lookup', 'main', 'kernel'],
      [32767, 'all', 'lookup', 'default', 'kernel'],
    ],
  )
})

test('rule.list describes what a rule looks at, and what it names that is not there', () => {
  const { h1 } = host()
  h1.rule.add({ not: true, iif: 'gone', ipproto: 'tcp', dport: 80, fwmark: 2, goto: 100, priority: 10 })
  const rule = h1.rule.list()[1]!
  assert.equal(
    [rule.not, rule.iif, rule.oif, rule.ipproto, rule.dport, rule.sport],
    [true, 'gone', null, 'tcp', [80, 80], null],
  )
  assert.equal([rule.fwmark, rule.fwmask, rule.action, rule.goto, rule.table], [2, 0xffffffff, 'goto', 100, null])
  assert.equal(rule.flags, ['detached', 'unresolved'])
})

test("rule.add and rule.del refuse in the kernel's words", () => {
  const { h1 } = host()
  h1.rule.add({ from: '10.0.0.1', priority: 5 })
  assert.is(
    refusal(() => h1.rule.add({ from: '10.0.0.1', priority: 5 })),
    'EEXIST: File exists',
  )
  assert.is(
    refusal(() => h1.rule.del({ from: '10.0.0.2' })),
    'ENOENT: No such file or directory',
  )
  assert.is(
    refusal(() => h1.rule.add({ goto: 4, priority: 5 })),
    'EINVAL: Backward goto not supported',
  )
  assert.is(
    refusal(() => h1.rule.add({ sport: 0 })),
    'EINVAL: Invalid sport range',
  )
  assert.match(
    refusal(() => h1.rule.add({ form: '10.0.0.1' } as never)),
    'unknown option "form"',
  )
  assert.is(h1.rule.list().length, 4)
})

test('route.add with nexthops is a route with several next hops', () => {
  const { world, h1 } = host()
  h1.route.add('10.9.0.0/16', {
    nexthops: [
      { via: '10.0.0.2', weight: 3 },
      { via: '10.77.0.1', dev: 'eth1', onlink: true },
    ],
    metric: 7,
  })
  assert.is(
    shell(world, 'ip -n h1 route show 10.9.0.0/16'),
    '10.9.0.0/16 metric 7 \n\tnexthop via 10.0.0.2 dev eth0 weight 3 \n\tnexthop via 10.77.0.1 dev eth1 weight 1 onlink \n',
  )
  const [route] = h1.route.list().filter(r => r.dst === '10.9.0.0/16')
  assert.equal([route!.via, route!.dev], [null, null])
  assert.equal(route!.nexthops, [
    { via: '10.0.0.2', dev: 'eth0', weight: 3, flags: [] },
    { via: '10.77.0.1', dev: 'eth1', weight: 1, flags: ['onlink'] },
  ])
  assert.is(
    refusal(() => h1.route.del('10.9.0.0/16', { nexthops: [{ via: '10.0.0.3' }] })),
    'ESRCH: No such process',
  )
  assert.match(
    refusal(() => h1.route.add('10.8.0.0/16', { nexthops: [{ via: '10.0.0.2', weight: 257 }] })),
    'weight: 257 is not an integer from 1 to 256',
  )
  h1.route.del('10.9.0.0/16', { nexthops: [{ via: '10.0.0.2' }, { dev: 'eth1' }] })
  assert.equal(
    h1.route.list().filter(r => r.dst === '10.9.0.0/16'),
    [],
  )
})

test('route.get asks about mark, protocol, ports and user', () => {
  const { h1 } = host()
  h1.route.add('default', { via: '10.0.0.2' })
  h1.route.add('default', { via: '10.0.1.2', table: 100 })
  h1.rule.add({ fwmark: 3, table: 100 })
  h1.rule.add({ ipproto: 'tcp', dport: 80, table: 100 })
  h1.rule.add({ uidrange: [1000, 2000], table: 100 })
  const dev = (options: Parameters<Netns['route']['get']>[1]): string => h1.route.get('10.9.0.1', options).dev
  assert.equal(
    [dev({}), dev({ mark: 3 }), dev({ ipproto: 'tcp', dport: 80 }), dev({ dport: 80 }), dev({ uid: 1500 })],
    ['eth0', 'eth1', 'eth1', 'eth0', 'eth1'],
  )
})

test.run()
