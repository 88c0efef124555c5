/** Routing tables: which route is found, how routes of one prefix stand, and what devices and addresses do to them. */
import * as fc from 'fast-check'
import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import { NetloomError } from '../../lib/errors.js'
import { Flow4 } from '../../lib/ip/fib-table.js'
import { ipv4 } from '../../lib/ip/ipv4.js'
import { routeAdd, routeDel, routeGet, routeList, type RouteSpec, type RouteVerb } from '../../lib/rtnl/route.js'
import { RT_TABLE_MAIN, RTN_BLACKHOLE, RTN_PROHIBIT, RTN_THROW, RTN_UNREACHABLE } from '../../lib/ip/rtnetlink.js'
import { formatIpv4, maskOf } from '../../lib/wire/ip.js'
import { HostLab, X_MAC } from './lab.js'
import { icmpMessage, int32 } from './octets.js'

const test = suite('ip/fib')

const prefix = (text: string): { dst: number; dstLen: number } => {
  const [addr, len = '32'] = text.split('/')
  return { dst: int32(addr!), dstLen: Number(len) }
}

const via = (
  lab: HostLab,
  text: string,
  gateway: string,
  rest: Partial<RouteSpec> = {},
  verb: RouteVerb = 'add',
): void => routeAdd(lab.t, { ...prefix(text), gateway: int32(gateway), ...rest }, verb)

/** Gateway that a destination goes to, `-` when it is on the link, or the errno. */
const gatewayOf = (lab: HostLab, dst: string, tos = 0): string => {
  try {
    const { gateway } = routeGet(lab.t, { dst: int32(dst), tos })
    return gateway === 0 ? '-' : formatIpv4(gateway)
  } catch (e) {
    if (!(e instanceof NetloomError)) throw e
    return e.code
  }
}

const mainRoutes = (lab: HostLab): string[] =>
  lab
    .text('ip -n t route')
    .split('\n')
    .map(line => line.trim())
    .filter(line => line !== '' && !line.includes('proto kernel'))

test('the longest prefix that holds the destination is taken, whatever its metric', () => {
  const lab = new HostLab()
  via(lab, '0.0.0.0/0', '10.0.0.11')
  via(lab, '10.1.0.0/16', '10.0.0.12', { priority: 5 })
  via(lab, '10.1.2.0/24', '10.0.0.13', { priority: 4000 })
  via(lab, '10.1.2.3/32', '10.0.0.14')
  const found = ['10.1.2.3', '10.1.2.4', '10.1.3.1', '10.2.0.1', '10.0.0.9'].map(dst => gatewayOf(lab, dst))
  assert.equal(found, ['10.0.0.14', '10.0.0.13', '10.0.0.12', '10.0.0.11', '-'])
})

test('of one prefix the smallest metric is taken, of one metric the first', () => {
  const lab = new HostLab()
  via(lab, '10.1.0.0/16', '10.0.0.12', { priority: 20 })
  via(lab, '10.1.0.0/16', '10.0.0.11', { priority: 10 })
  assert.is(gatewayOf(lab, '10.1.0.1'), '10.0.0.11')
  via(lab, '10.1.0.0/16', '10.0.0.13', { priority: 10 }, 'append')
  assert.is(gatewayOf(lab, '10.1.0.1'), '10.0.0.11')
  via(lab, '10.1.0.0/16', '10.0.0.14', { priority: 10 }, 'prepend')
  assert.is(gatewayOf(lab, '10.1.0.1'), '10.0.0.14')
  assert.equal(mainRoutes(lab), [
    '10.1.0.0/16 via 10.0.0.14 dev eth0 metric 10',
    '10.1.0.0/16 via 10.0.0.11 dev eth0 metric 10',
    '10.1.0.0/16 via 10.0.0.13 dev eth0 metric 10',
    '10.1.0.0/16 via 10.0.0.12 dev eth0 metric 20',
  ])
})

test('a route for a TOS counts for that TOS only, four bits of it, before the routes for any', () => {
  const lab = new HostLab()
  via(lab, '10.1.0.0/16', '10.0.0.11')
  via(lab, '10.1.0.0/16', '10.0.0.12', { tos: 0x10, priority: 99 })
  const found = [0, 0x10, 0x12, 0xb0, 0x08].map(tos => gatewayOf(lab, '10.1.0.1', tos))
  assert.equal(found, ['10.0.0.11', '10.0.0.12', '10.0.0.12', '10.0.0.12', '10.0.0.11'])
})

test('routes that stand for errors end the search, but for throw', () => {
  const lab = new HostLab()
  via(lab, '0.0.0.0/0', '10.0.0.11')
  for (const [i, type] of [RTN_BLACKHOLE, RTN_UNREACHABLE, RTN_PROHIBIT, RTN_THROW].entries())
    routeAdd(lab.t, { ...prefix(`10.${i + 1}.0.0/16`), type })
  const found = ['10.1.0.1', '10.2.0.1', '10.3.0.1', '10.4.0.1'].map(dst => gatewayOf(lab, dst))
  assert.equal(found, ['EINVAL', 'EHOSTUNREACH', 'EACCES', 'ENETUNREACH'])
})

test('add refuses a second route of prefix, TOS and metric; append and prepend refuse the same one', () => {
  const lab = new HostLab()
  via(lab, '10.1.0.0/16', '10.0.0.11')
  const refused = (verb: RouteVerb, gateway: string): string => {
    try {
      via(lab, '10.1.0.0/16', gateway, {}, verb)
      return 'taken'
    } catch (e) {
      return (e as NetloomError).code
    }
  }
  assert.is(refused('add', '10.0.0.12'), 'EEXIST')
  assert.is(refused('append', '10.0.0.11'), 'EEXIST')
  assert.is(refused('prepend', '10.0.0.11'), 'EEXIST')
  assert.is(refused('append', '10.0.0.12'), 'taken')
  assert.is(refused('replace', '10.0.0.12'), 'EEXIST')
  assert.is(refused('replace', '10.0.0.11'), 'taken')
  assert.is(refused('change', '10.0.0.13'), 'taken')
  assert.equal(mainRoutes(lab), ['10.1.0.0/16 via 10.0.0.13 dev eth0', '10.1.0.0/16 via 10.0.0.12 dev eth0'])
})

test('change wants a route that is there, replace makes one', () => {
  const lab = new HostLab()
  assert.throws(
    () => via(lab, '10.1.0.0/16', '10.0.0.11', {}, 'change'),
    (e: NetloomError) => e.code === 'ENOENT',
  )
  via(lab, '10.1.0.0/16', '10.0.0.11', {}, 'replace')
  assert.is(gatewayOf(lab, '10.1.0.1'), '10.0.0.11')
})

test('a deletion takes the first route that it fits; what it does not name may be anything', () => {
  const lab = new HostLab()
  for (const [gateway, priority] of [
    ['10.0.0.11', 10],
    ['10.0.0.12', 20],
    ['10.0.0.13', 30],
  ] as const)
    via(lab, '10.1.0.0/16', gateway, { priority })
  routeDel(lab.t, { ...prefix('10.1.0.0/16'), priority: 20 })
  routeDel(lab.t, prefix('10.1.0.0/16'))
  assert.equal(mainRoutes(lab), ['10.1.0.0/16 via 10.0.0.13 dev eth0 metric 30'])
  assert.throws(
    () => routeDel(lab.t, { ...prefix('10.1.0.0/16'), gateway: int32('10.0.0.11') }),
    (e: NetloomError) => e.code === 'ESRCH',
  )
})

test('a gateway must be a neighbour, and of a wider scope than the route', () => {
  const lab = new HostLab()
  const extack = (spec: Partial<RouteSpec>): unknown => {
    try {
      routeAdd(lab.t, { ...prefix('10.1.0.0/16'), ...spec })
      return 'taken'
    } catch (e) {
      return (e as NetloomError).context['extack'] ?? (e as NetloomError).code
    }
  }
  assert.is(extack({ gateway: int32('10.9.9.9') }), 'Nexthop has invalid gateway')
  assert.is(extack({ gateway: int32('10.0.0.255') }), 'Nexthop has invalid gateway')
  assert.is(extack({ gateway: int32('10.9.9.9'), onlink: true }), 'Nexthop device required for onlink')
  assert.is(extack({ gateway: int32('10.0.0.1'), scope: 254 }), 'Route with host scope can not have a gateway')
  assert.is(extack({ gateway: int32('10.0.0.1'), prefsrc: int32('10.7.7.7') }), 'Invalid prefsrc address')
  routeAdd(lab.t, { ...prefix('10.2.0.0/16'), gateway: int32('10.0.0.1') })
  assert.is(extack({ gateway: int32('10.2.0.1') }), 'Nexthop has invalid gateway')
  assert.is(
    extack({ type: RTN_BLACKHOLE, dev: lab.eth0 }),
    'Gateway, device and multipath can not be specified for this route type',
  )
  assert.is(extack({ dst: int32('10.1.0.1') }), 'Invalid prefix for given prefix length')
  assert.is(extack({ gateway: int32('10.9.9.9'), dev: lab.eth0, onlink: true }), 'taken')
})

test('a link without carrier marks its routes; a link that is down takes them, but for those of local addresses', () => {
  const lab = new HostLab()
  via(lab, '10.1.0.0/16', '10.0.0.11')
  lab.sh('ip -n x link set eth0 down')
  lab.run(1.3)
  assert.equal(mainRoutes(lab), ['10.1.0.0/16 via 10.0.0.11 dev eth0 linkdown'])
  assert.is(gatewayOf(lab, '10.1.0.1'), '10.0.0.11')
  lab.sh('ip netns exec t sysctl -qw net.ipv4.conf.all.ignore_routes_with_linkdown=1')
  assert.is(gatewayOf(lab, '10.1.0.1'), 'ENETUNREACH')
  lab.sh('ip -n t link set eth0 down')
  assert.equal(mainRoutes(lab), [])
  assert.equal(
    routeList(lab.t)
      .filter(r => r.nexthops[0]?.dev === lab.eth0)
      .map(r => formatIpv4(r.dst)),
    ['10.0.0.2'],
  )
})

test('with an address go the routes that name it as source', () => {
  const lab = new HostLab()
  lab.sh('ip -n t addr add 10.5.0.1/24 dev eth0')
  via(lab, '10.1.0.0/16', '10.0.0.11', { prefsrc: int32('10.5.0.1') })
  via(lab, '10.2.0.0/16', '10.0.0.11')
  lab.sh('ip -n t addr del 10.5.0.1/24 dev eth0')
  assert.equal(mainRoutes(lab), ['10.2.0.0/16 via 10.0.0.11 dev eth0'])
})

/** A small world of prefixes, so that they lie in one another. */
const randomPrefix = fc
  .tuple(fc.integer({ min: 0, max: 0xffff }), fc.constantFrom(0, 8, 12, 16, 20, 24, 28, 31, 32))
  .map(([low, len]) => ({ dst: (int32('10.64.0.0') | low) & maskOf(len), dstLen: len }))
const randomRoute = fc.record({
  at: randomPrefix,
  gateway: fc.integer({ min: 10, max: 250 }),
  priority: fc.constantFrom(0, 1, 2),
})

test('lookup agrees with a search through the list of all routes', () => {
  fc.assert(
    fc.property(
      fc.array(randomRoute, { maxLength: 40, size: 'max' }),
      fc.array(fc.integer({ min: 0, max: 0xffff }), { minLength: 5, maxLength: 20 }),
      fc.array(fc.nat(100), { maxLength: 15, size: 'max' }),
      (routes, hosts, deletions) => {
        const lab = new HostLab('ip -n t addr add 10.0.0.2/24 dev eth0')
        const kept = new Map<string, { dst: number; dstLen: number; gateway: number; priority: number }>()
        for (const { at, gateway, priority } of routes) {
          const spec = { ...at, gateway: (int32('10.0.0.0') | gateway) as number, priority }
          routeAdd(lab.t, spec, 'replace')
          kept.set(`${at.dst}/${at.dstLen} ${priority}`, spec)
        }
        for (const n of deletions) {
          const key = [...kept.keys()][n]
          if (key === undefined) continue
          routeDel(lab.t, { ...kept.get(key)!, gateway: kept.get(key)!.gateway })
          kept.delete(key)
        }
        for (const host of hosts) {
          const dst = int32('10.64.0.0') | host
          const best = [...kept.values()]
            .filter(r => ((dst ^ r.dst) & maskOf(r.dstLen)) === 0)
            .sort((a, b) => b.dstLen - a.dstLen || a.priority - b.priority)[0]
          assert.is(gatewayOf(lab, formatIpv4(dst)), best === undefined ? 'ENETUNREACH' : formatIpv4(best.gateway))
        }
      },
    ),
    { seed: 6180, numRuns: 60 },
  )
})

test('what a lookup was told before never outlives a change: the way of a packet is the way that a fresh lookup finds', () => {
  const change = fc.oneof(
    randomRoute.map(
      r => (lab: HostLab) =>
        routeAdd(lab.t, { ...r.at, gateway: int32('10.0.0.0') | r.gateway, priority: r.priority }, 'replace'),
    ),
    fc
      .constantFrom(
        'ip -n t addr add 10.64.3.1/24 dev eth0',
        'ip -n t addr del 10.64.3.1/24 dev eth0',
        'ip netns exec t sysctl -qw net.ipv4.conf.eth0.forwarding=0',
        'ip netns exec t sysctl -qw net.ipv4.ip_forward=1',
        'ip -n t route flush root 10.64.0.0/10',
        'ip netns exec t sysctl -qw net.ipv4.conf.eth0.rp_filter=1',
        'ip netns exec t sysctl -qw net.ipv4.conf.eth0.rp_filter=0',
      )
      .map(command => (lab: HostLab) => lab.sh(`# may-fail\n${command}`)),
  )
  let checked = 0
  fc.assert(
    fc.property(fc.array(change, { minLength: 2, maxLength: 15, size: 'max' }), changes => {
      const lab = new HostLab(`ip netns exec t sysctl -qw net.ipv4.ip_forward=1
        ip -n t addr add 10.0.0.2/24 dev eth0`)
      const { fib } = ipv4(lab.t)
      for (const apply of changes) {
        apply(lab)
        for (let i = 0; i < 2; i++)
          for (const host of [0x0301, 0x0302, 0x1010]) {
            const dst = int32('10.64.0.0') | host
            lab.ip('10.0.0.1', formatIpv4(dst), 1, icmpMessage(0, 0, 1))
            const cached = ipv4(lab.t).inputCache.find(ipv4(lab.t).inputKey, int32('10.0.0.1'), dst, lab.eth0.ifindex)
            if (cached === null || cached.genid !== ipv4(lab.t).rtGenid) continue
            checked++
            assert.is(fib.lookup(new Flow4().reset(dst, 0, 0), 0), 0)
            const { nh, type } = fib.res
            assert.is(cached.type, type)
            assert.is(cached.gateway, type === 1 ? nh!.gateway : 0)
          }
      }
    }),
    { seed: 6181, numRuns: 40 },
  )
  assert.ok(checked > 200, `${checked} remembered answers`)
})

test('routes through one gateway share what was learned about a destination; the last one takes it along', () => {
  const lab = new HostLab()
  lab.know('10.0.0.11')
  via(lab, '10.1.0.0/16', '10.0.0.11')
  const infos = (): number =>
    new Set(
      ipv4(lab.t)
        .fib.list(RT_TABLE_MAIN)
        .map(a => a.info),
    ).size
  assert.is(infos(), 2)
  via(lab, '10.2.0.0/16', '10.0.0.11')
  assert.is(infos(), 2)
  via(lab, '10.3.0.0/16', '10.0.0.11', { priority: 7 })
  assert.is(infos(), 3)
  const [first] = ipv4(lab.t)
    .fib.list(RT_TABLE_MAIN)
    .filter(a => a.dst === int32('10.1.0.0'))
  routeDel(lab.t, prefix('10.1.0.0/16'))
  assert.not(first!.info.dead)
  routeDel(lab.t, prefix('10.2.0.0/16'))
  assert.ok(first!.info.dead)
})

test('forwarded packets that differ in their TOS only may take different routes', () => {
  const lab = new HostLab(`ip -n t addr add 10.0.0.2/24 dev eth0
    ip netns exec t sysctl -qw net.ipv4.ip_forward=1 net.ipv4.conf.all.send_redirects=0 net.ipv4.conf.eth0.send_redirects=0`)
  lab.sh(`ip -n t neigh add 10.0.0.11 lladdr 02:00:00:00:00:11 dev eth0
    ip -n t neigh add 10.0.0.12 lladdr 02:00:00:00:00:12 dev eth0`)
  via(lab, '10.1.0.0/16', '10.0.0.11')
  via(lab, '10.1.0.0/16', '10.0.0.12', { tos: 0x10 })
  for (const tos of [0, 0x10, 0, 0x10]) lab.ip('10.0.0.1', '10.1.0.1', 253, [1], { tos })
  assert.equal(
    lab.sent().map(f => f.bytes[5]),
    [0x11, 0x12, 0x11, 0x12],
  )
})

test('of default routes of one metric the first is taken until its gateway has failed, then the next (fib_select_default)', () => {
  const lab = new HostLab()
  via(lab, '0.0.0.0/0', '10.0.0.11')
  via(lab, '0.0.0.0/0', '10.0.0.12', {}, 'append')
  assert.is(gatewayOf(lab, '10.9.0.1'), '10.0.0.11')
  lab.sh('ip -n t neigh replace 10.0.0.11 dev eth0 nud failed')
  assert.is(gatewayOf(lab, '10.9.0.1'), '10.0.0.12')
  lab.sh(`ip -n t neigh replace 10.0.0.11 lladdr ${X_MAC} dev eth0 nud reachable`)
  assert.is(gatewayOf(lab, '10.9.0.1'), '10.0.0.11')
})

/** States of the gateways 10.0.0.11, 12 and 13 that were set, and the last octet of those that Linux then took in turn. */
const ROUND: readonly (readonly [readonly string[], readonly number[]])[] = [
  [['stale'], [11, 12, 11, 12, 11]],
  [
    ['stale', 'stale', 'stale'],
    [12, 11, 12, 11, 12, 11],
  ],
  [
    ['failed', 'failed', 'failed'],
    [12, 13, 11, 11, 12],
  ],
  [
    ['', '', 'stale'],
    [13, 13, 13],
  ],
]

test('default routes of one metric go round while their gateways are in doubt, as Linux 6.18 showed', () => {
  const lab = new HostLab()
  for (const gateway of ['10.0.0.11', '10.0.0.12', '10.0.0.13']) via(lab, '0.0.0.0/0', gateway, {}, 'append')
  for (const [states, expected] of ROUND) {
    for (const [i, nud] of states.entries()) {
      const lladdr = nud === 'failed' ? '' : `lladdr 02:00:00:00:00:1${i + 1}`
      if (nud !== '') lab.sh(`ip -n t neigh replace 10.0.0.${11 + i} ${lladdr} dev eth0 nud ${nud}`)
    }
    assert.equal(
      expected.map(() => Number(gatewayOf(lab, '10.9.0.1').slice(7))),
      expected,
      states.join(' '),
    )
  }
})

test.run()
