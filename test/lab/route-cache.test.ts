/** `netns.route.cache()` and `flushCache()`: what ICMP errors told, as `ip route show cache` has it. */
import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import { createWorld } from '../../lib/index.js'

const test = suite('lab/route-cache')

test('a path MTU stands in the cache once a lookup has met it, ends in time, and is forgotten by a flush', () => {
  const world = createWorld({ seed: 1 })
  world.sh(`
    ip netns add h1
    ip netns add r
    ip netns add h2
    ip -n h1 link add eth0 type veth peer name eth0 netns r
    ip -n r link add eth1 type veth peer name eth0 netns h2
    ip -n h1 addr add 10.0.0.1/24 dev eth0
    ip -n r addr add 10.0.0.254/24 dev eth0
    ip -n r addr add 10.0.1.254/24 dev eth1
    ip -n h2 addr add 10.0.1.1/24 dev eth0
    ip -n r link set eth1 mtu 1000
    ip -n h1 link set eth0 up
    ip -n r link set eth0 up
    ip -n r link set eth1 up
    ip -n h2 link set eth0 up
    ip -n h1 route add default via 10.0.0.254
    ip netns exec r sysctl -qw net.ipv4.ip_forward=1
    sleep 1
    ip netns exec h1 ping -c 1 -W 0.1 -s 1200 -M do 10.0.1.1`)
  const { route } = world.netns('h1')
  assert.equal(route.cache(), [])
  assert.is(route.get('10.0.1.1').mtu, 1000)
  const [entry, ...others] = route.cache()
  assert.equal(others, [])
  const { expiresNs, ...rest } = entry!
  assert.equal(rest, {
    dst: '10.0.1.1',
    via: '10.0.0.254',
    dev: 'eth0',
    type: 'unicast',
    table: 'main',
    mtu: 1000,
    cacheFlags: [],
  })
  assert.ok(expiresNs! > 598e9 && expiresNs! <= 600e9)
  assert.equal([route.cache({ table: 'local' }).length, route.cache({ table: 'all' }).length], [0, 1])
  world.run({ for: 601e9 })
  assert.equal(route.cache(), [])
  route.flushCache()
  assert.is(route.get('10.0.1.1').mtu, null)
})

test.run()
