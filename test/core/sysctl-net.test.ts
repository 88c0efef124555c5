/**
 * Keys of net.core, net.ipv6 and net.bridge, and which keys Linux has that netloom has not.
 */
import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import { isLinuxSysctl } from '../../lib/core/sysctl-linux.js'
import { createWorld, type NetloomError } from '../../lib/index.js'

const test = suite('core/sysctl-net')

test('IPv6 is off for all, default and each device, and cannot be turned on', () => {
  const world = createWorld()
  const { sysctl } = world.kernel.addNetns('h1')
  for (const dev of ['all', 'default', 'lo']) {
    sysctl.set(`net.ipv6.conf.${dev}.disable_ipv6`, 1)
    assert.is(sysctl.get(`net.ipv6.conf.${dev}.disable_ipv6`), '1')
    assert.throws(
      () => sysctl.set(`net.ipv6.conf.${dev}.disable_ipv6`, 0),
      (e: NetloomError) => e.code === 'EOPNOTSUPP' && e.message.endsWith('can only be 1: netloom has no IPv6'),
    )
  }
  assert.throws(
    () => sysctl.get('net.ipv6.conf.eth0.disable_ipv6'),
    (e: NetloomError) => e.code === 'ENOENT',
  )
})

test('a namespace reads the sizes of socket buffers from the profile and cannot write them', () => {
  const { sysctl } = createWorld().kernel.addNetns('h1')
  assert.is(sysctl.get('net.core.rmem_default'), '212992')
  assert.is(sysctl.get('net.core.wmem_max'), '4194304')
  assert.throws(
    () => sysctl.set('net.core.rmem_default', 1),
    (e: NetloomError) => e.code === 'EACCES',
  )
})

test('bridged frames pass iptables unless a namespace says no; whatever is not 0 reads 1', () => {
  const world = createWorld()
  const { sysctl } = world.kernel.addNetns('h1')
  const key = 'net.bridge.bridge-nf-call-iptables'
  assert.is(sysctl.get(key), '1')
  sysctl.set(key, 0)
  assert.is(sysctl.get(key), '0')
  sysctl.set(key, 7)
  assert.is(sysctl.get(key), '1')
  assert.throws(
    () => sysctl.set(key, 'x'),
    (e: NetloomError) => e.code === 'EINVAL',
  )
  sysctl.set(key, 0)
  assert.is(world.kernel.addNetns('h2').sysctl.get(key), '1')
})

test('a key that Linux has is told from one that does not exist', () => {
  const devices = ['all', 'default', 'lo', 'eth0/5']
  for (const key of [
    'net.ipv4.tcp_sack',
    'net.core.somaxconn',
    'net.ipv4.conf.eth0/5.medium_id',
    'net.ipv4.neigh.lo.anycast_delay',
    'net.ipv6.conf.all.forwarding',
    'net.netfilter.nf_conntrack_max',
    'kernel.hostname',
  ])
    assert.ok(isLinuxSysctl(key, devices), key)
  for (const key of [
    'net.ipv4.nokey',
    'net.core.netdev_max_backlog',
    'net.ipv4.conf.nodev.forwarding',
    'net.ipv4.conf.lo.nokey',
    'net.ipv6.conf.nodev.disable_ipv6',
    'nokey',
  ])
    assert.not.ok(isLinuxSysctl(key, devices), key)
})

test('the command refuses a key that Linux has by name, with its column', () => {
  const world = createWorld()
  world.sh('ip netns add h1')
  const { error } = world.sh('ip netns exec h1 sysctl -qw net.ipv4.tcp_plb_enabled=0', { mayFail: true })
  assert.is(
    error?.message,
    'line 1, column 29: sysctl: netloom does not implement net.ipv4.tcp_plb_enabled; sysctl -a lists what it has',
  )
})

test.run()
