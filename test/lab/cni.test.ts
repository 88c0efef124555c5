/** Containers attached by calls and by cnitool: what is refused, what is told, and that packets pass. */
import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import { createWorld, type World } from '../../lib/index.js'
import type { NetloomError } from '../../lib/errors.js'

const test = suite('lab/cni')

const bridge = (more: object = {}): object => ({
  cniVersion: '0.4.0',
  name: 'net1',
  type: 'bridge',
  isGateway: true,
  ipam: { type: 'host-local', subnet: '10.244.1.0/24', routes: [{ dst: '0.0.0.0/0' }] },
  ...more,
})

const host = (): World => {
  const world = createWorld()
  for (const name of ['h1', 'p1', 'p2']) world.addNetns(name)
  return world
}

const refusal = (fn: () => void): NetloomError => {
  try {
    fn()
  } catch (e) {
    return e as NetloomError
  }
  return assert.unreachable() as never
}

test('two containers of a network reach each other and their gateway', () => {
  const world = host()
  const h1 = world.netns('h1')
  const adds = [h1.cni.add('p1', { conf: bridge() }), h1.cni.add(world.netns('p2'), { conf: bridge() })]
  world.run()
  assert.equal(
    adds.map(add => add.result?.ips?.[0]?.address),
    ['10.244.1.2/24', '10.244.1.3/24'],
  )
  const pings = [world.netns('p1').ping('10.244.1.3'), world.netns('p2').ping('10.244.1.1')]
  world.run()
  assert.equal(
    pings.map(ping => ping.received),
    [1, 1],
  )
})

test('a container is asked about and taken away, once or twice', () => {
  const world = host()
  const h1 = world.netns('h1')
  const conf = bridge({ ipam: { type: 'host-local', subnet: '10.244.1.0/24' } })
  h1.cni.add('p1', { conf })
  world.run()
  const check = h1.cni.check('p1', { conf })
  world.run()
  assert.is(check.exitStatus, 0, check.errorText)
  h1.link.set('cni0', { promisc: true })
  const failed = h1.cni.check('p1', { conf })
  world.run()
  assert.is(failed.failure?.code, 999)
  assert.match(failed.errorText, /configured Promisc Mode false doesn't match current state: true/)
  for (let n = 0; n < 2; n++) {
    const del = h1.cni.del('p1', { conf })
    world.run()
    assert.is(del.exitStatus, 0, del.errorText)
  }
  assert.not.ok(world.netns('p1').hasDev('eth0'))
})

test('an address can be asked for', () => {
  const world = host()
  const add = world
    .netns('h1')
    .cni.add('p1', { conf: bridge(), args: { IP: '10.244.1.77' }, containerId: 'c7', ifName: 'net0' })
  world.run()
  assert.is(add.result?.ips?.[0]?.address, '10.244.1.77/24')
  assert.is(add.result?.interfaces?.[2]?.name, 'net0')
  assert.match(world.sh('ip netns exec h1 cat /var/lib/cni/networks/net1/10.244.1.77').stdout, /^c7\r\nnet0$/)
})

test('plugins that netloom has not are refused by name before anything is done, wherever they stand', () => {
  const world = host()
  const h1 = world.netns('h1')
  const list = { cniVersion: '0.4.0', name: 'net1', plugins: [bridge(), { type: 'portmap' }] }
  const confs = [list, bridge({ ipam: { type: 'dhcp' } }), { name: 'f', type: 'flannel', delegate: { type: 'ipvlan' } }]
  const errors = confs.map(conf => refusal(() => h1.cni.add('p1', { conf })))
  assert.equal(
    errors.map(({ code, context }) => [code, context['plugin']]),
    [
      ['EGRAMMAR', 'portmap'],
      ['EGRAMMAR', 'dhcp'],
      ['EGRAMMAR', 'ipvlan'],
    ],
  )
  assert.is(
    errors[0]!.message,
    `network "net1": netloom has no CNI plugin "portmap"; it has bridge, flannel, host-local, loopback: take portmap out of the network's configuration`,
  )
  world.run()
  assert.equal(
    h1.devices.map(({ name }) => name),
    ['lo'],
  )
})

test('IPv6 is refused by name', () => {
  const world = host()
  const add = world.netns('h1').cni.add('p1', { conf: bridge({ ipam: { type: 'host-local', subnet: 'fd00::/64' } }) })
  world.run()
  assert.is(add.failure?.msg, 'fd00::/64: netloom has no IPv6; give the plugins IPv4 addresses only')
})

test('what is no configuration, no namespace and no option is refused at once', () => {
  const { cni } = host().netns('h1')
  assert.is(refusal(() => cni.add('p1')).message, 'no net configurations found in /etc/cni/net.d')
  assert.is(
    refusal(() => cni.add('p1', { conf: '{' })).message,
    'error parsing configuration: unexpected end of JSON input',
  )
  assert.is(refusal(() => cni.add('p9', { conf: bridge() })).code, 'ENOENT')
  assert.is(refusal(() => cni.add('p1', { config: {} } as object)).code, 'EINVAL')
})

const CONFLIST = JSON.stringify({ name: 'cbr0', cniVersion: '0.3.1', plugins: [{ type: 'flannel' }] })
const FILES = `
ip netns exec h1 mkdir -p /run/flannel /etc/cni/net.d
printf 'FLANNEL_NETWORK=10.244.0.0/16\\nFLANNEL_SUBNET=10.244.1.1/24\\nFLANNEL_MTU=1450\\nFLANNEL_IPMASQ=true\\n' | ip netns exec h1 tee /run/flannel/subnet.env > /dev/null
printf '%s' '${CONFLIST}' | ip netns exec h1 tee /etc/cni/net.d/10-flannel.conflist > /dev/null
`

test('cnitool attaches a namespace in a script, by what flanneld has written', () => {
  const world = host()
  const { stdout } = world.sh(`${FILES}
    ip netns exec h1 cnitool add cbr0 /run/netns/p1
    ip netns exec h1 cnitool add cbr0 /var/run/netns/p2
    ip netns exec p1 ping -c 1 10.244.1.3
    ip netns exec h1 cnitool del cbr0 /run/netns/p1
    ip netns exec h1 ls /var/lib/cni/networks/cbr0
  `)
  assert.match(stdout, '"address": "10.244.1.2/24"')
  assert.match(stdout, '1 packets transmitted, 1 received')
  assert.match(stdout, /\n10\.244\.1\.3\nlast_reserved_ip\.0\nlock\n$/)
})

test('cnitool is refused without a namespace, and with a plugin that netloom has not', () => {
  assert.match(refusal(() => host().sh('cnitool add cbr0 /run/netns/p1')).message, /cnitool/)
  const world = host()
  const list = JSON.stringify({ name: 'x', cniVersion: '0.4.0', plugins: [{ type: 'tuning' }] })
  const error = refusal(() =>
    world.sh(`ip netns exec h1 mkdir -p /etc/cni/net.d
      printf '%s' '${list}' | ip netns exec h1 tee /etc/cni/net.d/x.conflist > /dev/null
      ip netns exec h1 cnitool add x /run/netns/p1`),
  )
  assert.is(error.code, 'EGRAMMAR')
  assert.match(error.message, 'netloom has no CNI plugin "tuning"')
})

test('a kubelet takes the first file of the host', () => {
  const world = host()
  world.sh(FILES)
  const add = world.netns('h1').cni.add('p1')
  world.run()
  assert.is(add.result?.cniVersion, '0.3.1')
  assert.is(world.netns('p1').dev('eth0').mtu, 1450)
})

test.run()
