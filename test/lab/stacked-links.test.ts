/**
 * macvlan, ipvlan and dummy as typed calls: what was recorded of commands, what the commands show, and what is refused.
 */
import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import { createWorld, type Netns, NetloomError, s, type World } from '../../lib/index.js'
import { assertSameFrames, KERNEL_MASKS } from '../../lib/testing/index.js'
import { packetsOf } from '../wire/recordings.js'
import { addHost } from './lan.js'

const test = suite('lab/stacked-links')

const refusal = (run: () => unknown): string => {
  try {
    run()
  } catch (e) {
    if (e instanceof NetloomError) return `${e.code}: ${e.message}`
    throw e
  }
  return 'nothing was thrown'
}

/** `host` eth0 - eth0 `ext` as in the recorded scenarios. */
const cable = (): { world: World; host: Netns; ext: Netns } => {
  const world = createWorld()
  const [host, ext] = [addHost(world, 'host'), addHost(world, 'ext')]
  host.link.add({
    kind: 'veth',
    name: 'eth0',
    address: '02:00:00:00:a0:01',
    peer: { name: 'eth0', address: '02:00:00:00:e0:01', netns: ext },
  })
  host.ethtool.set('eth0', { tx: false })
  ext.ethtool.set('eth0', { tx: false })
  ext.addr.add('10.0.0.254/24', { dev: 'eth0' })
  ext.link.set('eth0', { up: true })
  host.link.set('eth0', { up: true })
  return { world, host, ext }
}

const ping = (world: World, from: Netns, id: number, to: string, lingerMs: number): void => {
  const program = from.ping(to, { id, size: 8, lingerMs })
  world.run({ until: () => !program.isRunning, within: s(3) })
  world.run({ for: s(0.2) })
}

test('two containers on one parent, built by calls, send what was recorded (macvlan-bridge)', () => {
  const { world, host, ext } = cable()
  const containers = [1, 2].map(n => {
    const c = addHost(world, `c${n}`)
    // In another namespace than the parent's: the device stands for itself there.
    const mv = c.link.add({
      kind: 'macvlan',
      name: `mv${n}`,
      link: host.dev('eth0'),
      address: `02:00:00:00:0${n}:01`,
      mode: 'bridge',
    })
    c.addr.add(`10.0.0.${n}/24`, { dev: mv })
    c.link.set(mv, { up: true })
    return c
  })
  host.addr.add('10.0.0.100/24', { dev: 'eth0' })
  const captures = [...containers.map((c, i) => c.dev(`mv${i + 1}`)), ext.dev('eth0')].map(dev =>
    world.capture({ dev }),
  )
  world.run({ for: s(1) })
  ping(world, containers[0]!, 4660, '10.0.0.2', 1000)
  ping(world, containers[0]!, 4661, '10.0.0.254', 1000)
  ping(world, containers[0]!, 4662, '10.0.0.100', 1500)
  for (const [i, name] of ['c1-mv1', 'c2-mv2', 'ext-eth0'].entries())
    assertSameFrames(captures[i]!, packetsOf('macvlan-bridge', `${name}.pcap`), { mask: KERNEL_MASKS })
})

test('attributes of a macvlan are given, changed and shown in iproute2’s words', () => {
  const { world, host } = cable()
  const mv = host.link.add({
    kind: 'macvlan',
    link: 'eth0',
    mode: 'source',
    nodst: true,
    bcqueuelen: 7,
    macaddr: { set: ['02:00:00:00:00:07', '02:00:00:00:00:08'] },
  })
  assert.is(mv.name, 'macvlan0')
  assert.equal(mv.info().attrs, {
    mode: 'source',
    nopromisc: false,
    nodst: true,
    bcqueuelen: 7,
    usedbcqueuelen: 7,
    bclim: 1,
    macaddrs: '02:00:00:00:00:08 02:00:00:00:00:07',
  })
  host.link.set(mv, { kind: 'macvlan', macaddr: { add: '02:00:00:00:00:09' } })
  host.link.set(mv, { kind: 'macvlan', macaddr: { del: '02:00:00:00:00:08' } })
  assert.match(
    world.sh('ip -n host -d link show macvlan0').stdout,
    'macvlan mode source nodst bcqueuelen 7 usedbcqueuelen 7 remotes (2) 02:00:00:00:00:09 02:00:00:00:00:07 ',
  )
  host.link.set(mv, { kind: 'macvlan', macaddr: { flush: true }, protodown: true })
  assert.equal([mv.info().attrs['macaddrs'], mv.info().protodown], ['', true])
  host.link.set(mv, { kind: 'macvlan', mode: 'private', bclim: -1 })
  assert.equal([mv.info().attrs['mode'], mv.info().attrs['bclim']], ['private', -1])
})

test('calls for macvlans refuse what the kernel refuses, and name what they do not know', () => {
  const { host } = cable()
  const add = (more: object): string =>
    refusal(() => host.link.add({ kind: 'macvlan', link: 'eth0', ...more } as never))
  assert.match(add({ link: 'lo' }), /^EINVAL/)
  assert.match(
    add({ mod: 'bridge' }),
    'unknown option "mod"; known are mode, nopromisc, nodst, macaddr, bcqueuelen, bclim',
  )
  assert.match(add({ mode: 'bridge', macaddr: { flush: true } }), /^EINVAL/)
  assert.match(add({ mode: 'source', macaddr: { add: '1:2' } }), /^EINVAL: macaddr.add: /)
  assert.match(add({ mode: 'source', macaddr: { remove: '02:00:00:00:00:01' } }), 'unknown option "remove"')
  assert.match(add({ mode: 'both' }), /^EINVAL/)
  assert.is(host.link.list().length, 2)
})

test('ipvlan: modes and flags by call, addresses that only one of them may have', () => {
  const { world, host, ext } = cable()
  const c1 = addHost(world, 'c1')
  const i1 = c1.link.add({ kind: 'ipvlan', name: 'i1', link: host.dev('eth0'), mode: 'l2' })
  const i2 = host.link.add({ kind: 'ipvlan', name: 'i2', link: 'eth0', mode: 'l2', flag: 'private' })
  c1.addr.add('10.0.0.1/24', { dev: i1 })
  c1.link.set(i1, { up: true })
  assert.is(
    refusal(() => host.addr.add('10.0.0.1/24', { dev: i2 })),
    'EADDRINUSE: Address already assigned to an ipvlan device',
  )
  assert.equal(i1.info().attrs, { mode: 'l2', flag: 'private' })
  host.link.set(i2, { kind: 'ipvlan', flag: 'bridge' })
  assert.match(world.sh('ip -n c1 -d link show i1').stdout, '    ipvlan  mode l2 bridge addrgenmode')
  world.run({ for: s(1) })
  const program = ext.ping('10.0.0.1', { count: 1 })
  world.run({ until: () => !program.isRunning, within: s(3) })
  assert.is(program.received, 1)
  assert.match(
    refusal(() => host.link.set(i2, { kind: 'ipvlan', mode: 'l3', flags: 'vepa' } as never)),
    'unknown option "flags"; known are mode, flag',
  )
})

test('dummy: made by call, its carrier set', () => {
  const host = addHost(createWorld(), 'h')
  const d = host.link.add({ kind: 'dummy', up: true })
  assert.equal([d.name, d.info().flags.join()], ['dummy0', 'BROADCAST,NOARP,UP,LOWER_UP'])
  host.link.set(d, { carrier: false })
  assert.not.ok(d.info().flags.includes('LOWER_UP'))
  assert.match(
    refusal(() => host.link.add({ kind: 'dummy', mode: 'x' } as never)),
    'unknown option "mode"',
  )
})

test.run()
