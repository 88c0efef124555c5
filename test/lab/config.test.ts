/**
 * Typed configuration: each call does what the command of the same words does, shows what the command shows, and refuses
 * in the kernel's words (as `ip` and `bridge` of iproute2 6.1 print them on Linux 6.18).
 */
import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import { createWorld, NetloomError, s, type World } from '../../lib/index.js'
import { addHost, Lan } from './lan.js'

const test = suite('lab/config')

const refusal = (run: () => unknown): string => {
  try {
    run()
  } catch (e) {
    if (e instanceof NetloomError) return `${e.code}: ${e.message}`
    throw e
  }
  return 'nothing was thrown'
}

/** Output of a command in a namespace. */
const shell = (world: World, command: string): string => world.sh(command, { commandNs: 0, tailNs: 0 }).stdout

test('link.add: names, addresses and MTU as given, the peer in its namespace', () => {
  const world = createWorld()
  const [h1, h2] = [addHost(world, 'h1'), addHost(world, 'h2')]
  const eth0 = h1.link.add({
    kind: 'veth',
    name: 'eth0',
    address: '02:00:00:00:00:01',
    mtu: 1400,
    txQueueLen: 5,
    up: true,
    peer: { name: 'lan', netns: h2, address: '02:00:00:00:00:02', mtu: 1300, ifindex: 77 },
  })
  assert.is(eth0, h1.dev('eth0'))
  assert.equal([eth0.mac, eth0.mtu, eth0.isUp, eth0.info().txQueueLen], ['02:00:00:00:00:01', 1400, true, 5])
  assert.equal([h2.dev('lan').mac, h2.dev('lan').mtu, h2.dev('lan').ifindex], ['02:00:00:00:00:02', 1300, 77])
  assert.is(eth0.info().linkNetns, 'h2')
  assert.is(h1.link.add({ kind: 'bridge' }).name, 'bridge0')
})

test("link.add refuses in the kernel's words, and names an option that it does not know", () => {
  const world = createWorld()
  const h1 = addHost(world, 'h1')
  h1.link.add({ kind: 'bridge', name: 'br0' })
  assert.is(
    refusal(() => h1.link.add({ kind: 'bridge', name: 'br0' })),
    'EEXIST: File exists',
  )
  assert.is(
    refusal(() => h1.link.add({ kind: 'tunnel', name: 't0', attrs: {} })),
    'EOPNOTSUPP: Unknown device type',
  )
  assert.match(
    refusal(() => h1.link.add({ kind: 'veth', pear: {} } as never)),
    'unknown option "pear"; known are peer',
  )
  assert.match(
    refusal(() => h1.link.add({ kind: 'veth', address: '1:2' })),
    /^EINVAL: address: /,
  )
  assert.is(
    refusal(() => h1.link.set('eth9', { up: true })),
    'ENODEV: Cannot find device "eth9"',
  )
  assert.is(
    refusal(() => h1.link.del('lo')),
    'EOPNOTSUPP: Operation not supported',
  )
  assert.match(
    refusal(() => h1.link.set('br0', { upp: true } as never)),
    'unknown option "upp"',
  )
  assert.is(
    refusal(() => h1.link.set('lo', { netns: 'nowhere' })),
    'ENOENT: Cannot open network namespace "nowhere": No such file or directory',
  )
})

test('link.set: everything that ip link set changes', () => {
  const { world, sw } = new Lan()
  const h1 = world.netns('h1')
  h1.link.set('eth0', {
    up: false,
    address: '02:00:00:00:00:aa',
    mtu: 1280,
    alias: 'uplink',
    txQueueLen: 7,
    arp: false,
  })
  h1.link.set('eth0', { name: 'wan', promisc: true, multicast: false })
  assert.is(
    shell(world, 'ip -n h1 link show dev wan').replace(/@if\d+/, ''),
    '2: wan: <BROADCAST,NOARP,PROMISC> mtu 1280 qdisc noqueue state DOWN mode DEFAULT group default qlen 7\n' +
      '    link/ether 02:00:00:00:00:aa brd ff:ff:ff:ff:ff:ff link-netns sw\n' +
      '    alias uplink\n',
  )
  sw.link.set('p1', { master: null })
  assert.is(sw.dev('p1').master, null)
})

test("link.set with a kind: attributes of a bridge and of its ports, in iproute2's units", () => {
  const { world, sw } = new Lan()
  sw.link.set('br0', {
    kind: 'bridge',
    ageingTime: 12_300,
    groupFwdMask: 8,
    groupAddress: '01:80:c2:00:00:04',
    mcastSnooping: true,
  })
  sw.link.set('p1', { kind: 'bridge_slave', hairpin: true, learning: false })
  assert.match(
    shell(world, 'ip -n sw -d link show dev br0'),
    /ageing_time 12300 .*group_fwd_mask 0x8 .*mcast_snooping 1 /s,
  )
  assert.match(shell(world, 'ip -n sw -d link show dev p1'), /bridge_slave state \w+ .*hairpin on .*learning off /s)
  const { attrs } = sw.dev('br0').info()
  assert.equal([attrs['ageingTime'], attrs['groupAddress']], [12_300, '01:80:c2:00:00:04'])
  assert.match(
    refusal(() => sw.link.set('br0', { kind: 'bridge', ageingTme: 1 } as never)),
    'ageingTme',
  )
})

test('bridgeLink: flags of ports', () => {
  const { world, sw } = new Lan()
  sw.bridgeLink.set('p2', { isolated: true, flood: false, cost: 10 })
  assert.match(shell(world, 'bridge -n sw -d link show dev p2'), /cost 10 \n.*flood off .*isolated on /s)
  const { master, attrs } = sw.bridgeLink.get('p2')
  assert.equal([master, attrs['isolated'], attrs['flood'], attrs['cost']], ['br0', true, false, 10])
  assert.equal(
    sw.bridgeLink.list().map(p => p.name),
    ['p1', 'p2'],
  )
  assert.is(
    refusal(() => sw.bridgeLink.get('lo')),
    'ENODEV: lo is not a port of a bridge',
  )
  assert.is(
    refusal(() => sw.bridgeLink.set('lo', { hairpin: true })),
    'EOPNOTSUPP: Operation not supported',
  )
})

test('addr: prefix, broadcast, peer, scope, label, lifetimes', () => {
  const { world } = new Lan(1)
  const h1 = world.netns('h1')
  h1.addr.add('192.0.2.1/24', { dev: 'eth0', broadcast: '+', label: 'eth0:1', metric: 50 })
  h1.addr.add('198.51.100.1', { dev: 'eth0', peer: '198.51.100.2/32', scope: 'link' })
  h1.addr.add('192.0.2.2/24', { dev: 'eth0', validLft: 60, preferredLft: 30 })
  assert.equal(
    h1.addr.list({ dev: 'eth0' }).map(a => [a.address, a.prefixLen, a.peer, a.broadcast, a.scope, a.label, a.validLft]),
    [
      ['198.51.100.1', 32, '198.51.100.2', null, 'link', 'eth0', null],
      ['10.0.0.1', 24, null, null, 'global', 'eth0', null],
      ['192.0.2.1', 24, null, '192.0.2.255', 'global', 'eth0:1', null],
      ['192.0.2.2', 24, null, null, 'global', 'eth0', 60],
    ],
  )
  assert.is(
    refusal(() => h1.addr.add('10.0.0.1/24', { dev: 'eth0' })),
    'EEXIST: ipv4: Address already assigned',
  )
  assert.is(
    refusal(() => h1.addr.del('10.0.0.7/24', { dev: 'eth0' })),
    'EADDRNOTAVAIL: ipv4: Address not found',
  )
  assert.match(
    refusal(() => h1.addr.add('10.0.0.300/24', { dev: 'eth0' })),
    /^EINVAL: address: .*10\.0\.0\.300\/24/,
  )
  assert.match(
    refusal(() => h1.addr.add('10.1.0.1/24', { dev: 'eth0', scope: 'galaxy' as never })),
    'known are global',
  )
  h1.addr.add('127.0.0.5/8', { dev: 'lo' })
  assert.equal(
    h1.addr.list({ dev: 'lo' }).map(a => a.scope),
    ['host', 'host'],
  )
  h1.addr.del('192.0.2.1/24', { dev: 'eth0' })
  world.run({ for: s(61) })
  assert.equal(
    h1.addr.list({ dev: 'eth0' }).map(a => a.address),
    ['198.51.100.1', '10.0.0.1'],
  )
})

test('route: what ip route adds, lists and looks up', () => {
  const { world } = new Lan(1)
  const h1 = world.netns('h1')
  h1.route.add('default', { via: '10.0.0.254' })
  h1.route.add('10.1.0.0/16', { via: '10.0.0.253', dev: 'eth0', src: '10.0.0.1', metric: 100 })
  h1.route.add('10.2.0.0/16', { type: 'unreachable' })
  h1.route.add('10.3.0.0/16', { via: '192.0.2.1', dev: 'eth0', onlink: true, proto: 'static', table: 100 })
  assert.is(
    shell(world, 'ip -n h1 route'),
    'default via 10.0.0.254 dev eth0 \n' +
      '10.0.0.0/24 dev eth0 proto kernel scope link src 10.0.0.1 \n' +
      '10.1.0.0/16 via 10.0.0.253 dev eth0 src 10.0.0.1 metric 100 \n' +
      'unreachable 10.2.0.0/16 \n',
  )
  assert.equal(
    h1.route.list().map(r => [r.type, r.dst, r.via, r.dev, r.metric]),
    [
      ['unicast', 'default', '10.0.0.254', 'eth0', 0],
      ['unicast', '10.0.0.0/24', null, 'eth0', 0],
      ['unicast', '10.1.0.0/16', '10.0.0.253', 'eth0', 100],
      ['unreachable', '10.2.0.0/16', null, null, 0],
    ],
  )
  const [own] = h1.route.list({ table: 100 })
  assert.equal([own!.dst, own!.via, own!.proto, own!.flags], ['10.3.0.0/16', '192.0.2.1', 'static', ['onlink']])
  const { via, dev, src } = h1.route.get('10.1.2.3')
  assert.equal([via, dev, src], ['10.0.0.253', 'eth0', '10.0.0.1'])
  const entry = h1.route.match('10.1.2.3')
  assert.equal([entry.dst, entry.via, entry.metric], ['10.1.0.0/16', '10.0.0.253', 100])
  assert.is(
    refusal(() => h1.route.get('10.2.2.3')),
    'EHOSTUNREACH: No route to host',
  )
  h1.route.replace('default', { via: '10.0.0.253', metric: 9 })
  h1.route.del('default', { via: '10.0.0.254' })
  assert.equal(
    h1.route
      .list()
      .filter(r => r.dst === 'default')
      .map(r => r.metric),
    [9],
  )
})

test("route refuses in the kernel's words", () => {
  const { world } = new Lan(1)
  const h1 = world.netns('h1')
  assert.is(
    refusal(() => h1.route.add('10.9.0.0/16', { via: '192.0.2.1' })),
    'ENETUNREACH: Nexthop has invalid gateway',
  )
  assert.is(
    refusal(() => h1.route.add('10.0.0.0/24', { dev: 'eth0', proto: 'kernel', src: '10.0.0.1' })),
    'EEXIST: File exists',
  )
  assert.is(
    refusal(() => h1.route.del('10.9.0.0/16')),
    'ESRCH: No such process',
  )
  assert.is(
    refusal(() => h1.route.add('10.9.0.1/16', { dev: 'eth0' })),
    'EINVAL: Invalid prefix for given prefix length',
  )
})

test('neigh: entries by hand and learned ones', () => {
  const { world } = new Lan()
  const [h1, h2] = [world.netns('h1'), world.netns('h2')]
  h1.neigh.add('10.0.0.9', { dev: 'eth0', lladdr: '02:00:00:00:00:09' })
  world.run()
  const ping = h1.ping('10.0.0.2')
  world.run({ until: () => !ping.isRunning, within: s(2) })
  assert.equal(
    h1.neigh.list().map(n => [n.dst, n.dev, n.lladdr, n.nud]),
    [
      ['10.0.0.9', 'eth0', '02:00:00:00:00:09', 'permanent'],
      ['10.0.0.2', 'eth0', '02:00:00:00:02:01', 'reachable'],
    ],
  )
  assert.is(h1.neigh.get('10.0.0.8'), null)
  h1.neigh.replace('10.0.0.9', { dev: 'eth0', lladdr: '02:00:00:00:00:99', nud: 'stale' })
  assert.is(h1.neigh.get('10.0.0.9')?.nud, 'stale')
  assert.is(
    refusal(() => h1.neigh.add('10.0.0.9', { dev: 'eth0', lladdr: '02:00:00:00:00:09' })),
    'EEXIST: File exists',
  )
  h1.neigh.del('10.0.0.9', { dev: 'eth0' })
  assert.is(
    refusal(() => h1.neigh.change('10.0.0.9', { dev: 'eth0' })),
    'ENOENT: No such file or directory',
  )
  h2.neigh.add('10.0.0.50', { dev: 'eth0', proxy: true })
  assert.equal(
    h2.neigh.list({ proxy: true }).map(n => [n.dst, n.isProxy]),
    [['10.0.0.50', true]],
  )
})

test('fdb: static, learned and own entries', () => {
  const { world, sw } = new Lan()
  sw.fdb.add('02:00:00:00:00:77', { dev: 'p1', master: true, state: 'static' })
  world.run()
  const ping = world.netns('h2').ping('10.0.0.1')
  world.run({ until: () => !ping.isRunning, within: s(2) })
  assert.match(shell(world, 'bridge -n sw fdb show br br0'), '02:00:00:00:00:77 dev p1 master br0 static\n')
  const found = (mac: string): unknown => {
    const f = sw.fdb.get(mac, { br: 'br0' })
    return f === null ? null : [f.dev, f.master, f.state]
  }
  assert.equal(found('02:00:00:00:00:77'), ['p1', 'br0', 'static'])
  assert.equal(found('02:00:00:00:02:01'), ['p2', 'br0', 'dynamic'])
  assert.equal(found('02:00:00:00:f0:01'), ['p1', 'br0', 'permanent'])
  assert.is(found('02:00:00:00:00:78'), null)
  sw.fdb.flush('br0')
  assert.is(found('02:00:00:00:02:01'), null)
  assert.is(
    refusal(() => sw.fdb.del('02:00:00:00:00:78', { dev: 'p1', master: true })),
    'ENOENT: No such file or directory',
  )
})

test('mdb: groups of a snooping bridge', () => {
  const { world, sw } = new Lan()
  sw.link.set('br0', { kind: 'bridge', mcastSnooping: true })
  world.run({ for: s(5) })
  sw.mdb.add({ dev: 'br0', port: 'p1', grp: '239.1.1.1', permanent: true })
  assert.equal(
    sw.mdb
      .list({ dev: 'br0' })
      .filter(m => m.isPermanent)
      .map(m => [m.dev, m.port, m.grp, m.src]),
    [['br0', 'p1', '239.1.1.1', null]],
  )
  assert.equal(sw.mdb.routers(), [])
  sw.mdb.del({ dev: 'br0', port: 'p1', grp: '239.1.1.1' })
  assert.equal(
    sw.mdb.list().filter(m => m.grp === '239.1.1.1'),
    [],
  )
})

test('sysctl and ethtool', () => {
  const { world } = new Lan(1)
  const h1 = world.netns('h1')
  assert.is(h1.sysctl.get('net.ipv4.ip_forward'), '0')
  h1.sysctl.set('net/ipv4/ip_forward', 1)
  assert.is(h1.sysctl.get('net.ipv6.conf.all.disable_ipv6'), '1')
  assert.is(shell(world, 'ip netns exec h1 sysctl -n net.ipv4.ip_forward'), '1\n')
  assert.is(h1.sysctl.list()['net.ipv4.conf.eth0.arp_ignore'], '0')
  assert.match(
    refusal(() => h1.sysctl.get('net.ipv4.tcp_frobnicate')),
    /^ENOENT: .*tcp_frobnicate/,
  )
  assert.is(h1.ethtool.features('eth0')['tx-checksumming'], false)
  h1.ethtool.set('eth0', { tx: true })
  assert.is(h1.ethtool.features('eth0')['tx-checksumming'], true)
  assert.is(
    refusal(() => h1.ethtool.set('eth0', { warp: true })),
    'EOPNOTSUPP: bit name not found',
  )
})

test.run()
