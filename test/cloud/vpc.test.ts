/**
 * The network of a cloud: what it forwards, and what it drops under which name. What is expected is what Amazon and Google
 * document of their networks.
 */
import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import { s } from '../../lib/index.js'
import { addPod, awsWorld, Drops, gceWorld, pings } from './hosts.js'

const test = suite('cloud/vpc')

/** Three machines in two subnets, with a pod behind the first two, and routes to them. */
const awsPods = () => {
  const { world, vpc } = awsWorld({ subnets: [{ cidr: '10.0.0.0/24' }, { cidr: '10.0.1.0/24' }] })
  const machines = [0, 1, 2].map(i => world.addNetns(`n${i + 1}`))
  const instances = machines.map((m, i) => vpc.attach(m, { subnet: vpc.subnets[i === 2 ? 1 : 0]! }))
  const pods = machines.map((m, i) => addPod(world, m, `10.40.${i + 1}`, `p${i + 1}`))
  for (const [i, { eni }] of instances.entries()) vpc.createRoute(vpc.routeTables[0]!, `10.40.${i + 1}.0/24`, eni)
  return { world, vpc, machines, instances, pods, drops: new Drops(world) }
}

test('AWS: machines reach each other within a subnet and across subnets, and the router is no hop', () => {
  const { world, machines } = awsPods()
  const [n1] = machines
  for (const address of ['10.0.0.5', '10.0.1.4']) {
    assert.is(pings(world, n1!, address, { ttl: 1 }), 1, address)
    const ping = n1!.ping(address, { count: 1 })
    world.run({ until: () => !ping.isRunning })
    assert.match(ping.text, / ttl=64 /)
  }
  assert.ok(world.isBalanced())
})

test('AWS: within a subnet ARP gives the MAC of the interface that is asked for, and the router its own', () => {
  const { world, vpc, machines, instances } = awsPods()
  const [n1] = machines
  pings(world, n1!, '10.0.0.5')
  pings(world, n1!, '10.0.1.4')
  const router = world.netns('vpc').dev('subnet1').mac
  assert.equal(
    n1!.neigh
      .list()
      .filter(n => n.dev === 'eth0')
      .map(n => `${n.dst} ${n.lladdr}`)
      .sort(),
    [`10.0.0.1 ${router}`, `10.0.0.5 ${instances[1]!.eni.mac}`],
  )
  assert.is(vpc.instanceAt('10.0.0.5'), instances[1])
})

test('AWS: nobody hears requests for addresses that nobody has, nor broadcasts', () => {
  const { world, machines, drops } = awsPods()
  const [n1, n2] = machines
  const heard = world.capture({ dev: n2!.dev('eth0') })
  assert.is(pings(world, n1!, '10.0.0.99', { lingerMs: 1000 }), 0)
  pings(world, n1!, '10.0.0.255', { broadcast: true, lingerMs: 1000 })
  world.run({ for: s(5) })
  assert.is(heard.frames.length, 0)
  assert.ok(drops.take().includes('vpc:n1 VPC_NOT_UNICAST'))
})

test('AWS: pods reach each other once the checks of both interfaces are off, and each check has its name', () => {
  const { world, instances, pods, drops } = awsPods()
  const [p1, p2] = pods
  assert.is(pings(world, p1!, '10.40.2.2'), 0)
  assert.equal(drops.take(), ['vpc:n1 VPC_SOURCE_CHECK'])
  instances[0]!.sourceDestCheck = false
  assert.is(pings(world, p1!, '10.40.2.2'), 0)
  assert.equal(drops.take(), ['vpc:n2 VPC_DEST_CHECK'])
  instances[1]!.sourceDestCheck = false
  assert.is(pings(world, p1!, '10.40.2.2'), 1)
  assert.is(pings(world, p2!, '10.40.1.2', { ttl: 3 }), 1)
  assert.equal(drops.take(), [])
  assert.ok(world.isBalanced())
})

test('AWS: a frame is forwarded byte for byte but for its MACs', () => {
  const { world, machines, instances } = awsPods()
  for (const instance of instances) instance.sourceDestCheck = false
  const [n1, , n3] = machines
  const sent = world.capture({ dev: n1!.dev('eth0'), filter: 'icmp' })
  const got = world.capture({ dev: n3!.dev('eth0'), filter: 'icmp' })
  assert.is(pings(world, world.netns('p1'), '10.40.3.2'), 1)
  const ip = (data: Uint8Array): string => Buffer.from(data.subarray(14)).toString('hex')
  assert.is(sent.frames.length, 2)
  assert.equal(
    sent.frames.map(f => ip(f.data)),
    got.frames.map(f => ip(f.data)),
  )
})

test('AWS: host-gw works within a subnet without any route of the VPC, and not across subnets', () => {
  const { world, vpc, machines, instances } = awsPods()
  for (const instance of instances) instance.sourceDestCheck = false
  for (const i of [1, 2, 3]) vpc.deleteRoute(vpc.routeTables[0]!, `10.40.${i}.0/24`)
  const [n1, n2] = machines
  n1!.route.add('10.40.2.0/24', { via: '10.0.0.5' })
  n2!.route.add('10.40.1.0/24', { via: '10.0.0.4' })
  assert.is(pings(world, world.netns('p1'), '10.40.2.2'), 1)
  assert.is(pings(world, world.netns('p1'), '10.40.3.2'), 0)
})

test('AWS: a route whose instance is stopped or terminated is a black hole, and one that is started again is none', () => {
  const { world, vpc, instances, pods, drops } = awsPods()
  for (const instance of instances) instance.sourceDestCheck = false
  const [p1] = pods
  const state = () => vpc.routeTables[0]!.routes().find(r => r.destinationCidrBlock === '10.40.2.0/24')!
  instances[1]!.stop()
  assert.is(state().state, 'blackhole')
  assert.is(world.netns('n2').dev('eth0').flags.includes('NO-CARRIER'), true)
  assert.is(pings(world, p1!, '10.40.2.2'), 0)
  assert.equal(drops.take(), ['vpc:subnet1 ROUTE_BLACKHOLE'])
  instances[1]!.start()
  world.run({ for: s(1) })
  assert.is(state().state, 'active')
  assert.is(pings(world, p1!, '10.40.2.2'), 1)
  instances[1]!.terminate()
  assert.equal([state().state, state().instanceId], ['blackhole', null])
  assert.is(pings(world, p1!, '10.40.2.2'), 0)
  assert.not.ok(world.netns('n2').devices.some(d => d.name === 'eth0'))
  assert.throws(() => instances[1]!.start(), /is not in a state from which it can be started/)
})

test('AWS: a subnet with a table of its own does not use the main one', () => {
  const { world, vpc, instances, pods } = awsPods()
  for (const instance of instances) instance.sourceDestCheck = false
  const [p1, , p3] = pods
  assert.is(pings(world, p3!, '10.40.1.2'), 1)
  const table = vpc.createRouteTable({ subnets: [vpc.subnets[1]!] })
  assert.is(pings(world, p3!, '10.40.1.2'), 0)
  assert.is(pings(world, p1!, '10.40.3.2'), 0)
  vpc.createRoute(table, '10.40.1.0/24', instances[0]!.eni)
  assert.is(pings(world, p3!, '10.40.1.2'), 1)
})

test('AWS: a frame under a foreign MAC is dropped, whatever the check', () => {
  const { world, machines, instances, drops } = awsPods()
  instances[0]!.sourceDestCheck = false
  machines[0]!.link.set('eth0', { address: '02:00:00:00:00:77' })
  assert.is(pings(world, machines[0]!, '10.0.0.5', { lingerMs: 1000 }), 0)
  assert.ok(drops.take().includes('vpc:n1 MAC_INVALID_SOURCE'))
})

test('AWS: addresses that are reserved, taken or outside are refused, and nothing is left behind', () => {
  const { world, vpc } = awsPods()
  const m = world.addNetns('m')
  for (const [address, text] of [
    ['10.0.0.1', 'reserved'],
    ['10.0.0.3', 'reserved'],
    ['10.0.0.255', 'reserved'],
    ['10.0.0.4', 'in use'],
    [vpc.endpoint, 'in use'],
    ['10.9.0.4', 'does not fall within'],
  ] as const)
    assert.throws(() => vpc.attach(m, { address }), new RegExp(text), address)
  m.link.set('lo', { up: true })
  m.route.add('default', { dev: 'lo', metric: 100, proto: 16 })
  assert.throws(() => vpc.attach(m), 'File exists')
  assert.equal([m.devices.length, vpc.instances.length, vpc.enis().length], [1, 3, 3])
  assert.throws(() => vpc.attach(world.netns('n1'), { dev: 'eth0' }), /exists/)
})

test('GCE: a machine has one address and sends all by the router, which answers for everybody', () => {
  const { world, network } = gceWorld()
  const [n1, n2] = ['n1', 'n2'].map(name => world.addNetns(name))
  const [m1, m2] = [network.attach(n1!), network.attach(n2!)]
  assert.equal([m1.mac, m2.mac, n1!.dev('eth0').mtu], ['42:01:0a:80:00:02', '42:01:0a:80:00:03', 1460])
  assert.is(pings(world, n1!, '10.128.0.3', { ttl: 1 }), 1)
  assert.equal(
    n1!.neigh.list().map(n => `${n.dst} ${n.lladdr}`),
    ['10.128.0.1 42:01:0a:80:00:01'],
  )
  const arping = n1!.arping('10.128.0.3', { device: 'eth0', count: 1 })
  world.run({ until: () => !arping.isRunning })
  assert.match(arping.text, /42:01:0a:80:00:01/i)
})

test('GCE: a frame to the MAC of another machine goes nowhere', () => {
  const { world, network } = gceWorld()
  const [n1, n2] = ['n1', 'n2'].map(name => world.addNetns(name))
  network.attach(n1!)
  const { mac, address } = network.attach(n2!)
  n1!.route.add(address, { dev: 'eth0', scope: 'link' })
  n1!.neigh.add(address, { dev: 'eth0', lladdr: mac })
  assert.is(pings(world, n1!, address, { lingerMs: 1000 }), 0)
  assert.ok(new Drops(world).take().includes('vpc:n1 BRIDGE_NO_EGRESS_PORT'))
})

test('GCE: machines that may forward pass packets of pods, others do not, and no host-gw', () => {
  const { world, network } = gceWorld()
  const drops = new Drops(world)
  const pods = [true, true, false].map((canIpForward, i) => {
    const machine = world.addNetns(`n${i + 1}`)
    network.attach(machine, { canIpForward })
    return addPod(world, machine, `10.40.${i + 1}`, `p${i + 1}`, 1460)
  })
  world.netns('n1').route.add('10.40.2.0/24', { via: '10.128.0.3', dev: 'eth0', onlink: true })
  assert.is(pings(world, pods[0]!, '10.40.2.2'), 0)
  assert.equal(drops.take(), ['vpc:subnet1 ROUTE_BLACKHOLE'])
  for (const i of [1, 2, 3])
    network.insertRoute({ name: `r${i}`, destRange: `10.40.${i}.0/24`, nextHopInstance: `n${i}` })
  world.run({ for: s(3) })
  assert.is(pings(world, pods[0]!, '10.40.2.2'), 1)
  assert.is(pings(world, pods[0]!, '10.40.3.2'), 0)
  assert.equal(drops.take(), ['vpc:n3 VPC_DEST_CHECK'])
  assert.is(pings(world, pods[2]!, '10.40.1.2'), 0)
  assert.equal(drops.take(), ['vpc:n3 VPC_SOURCE_CHECK'])
  assert.ok(world.isBalanced())
})

test('GCE: of routes to one destination the smallest priority counts whose machine runs', () => {
  const { world, network } = gceWorld()
  const machines = [1, 2, 3].map(i => world.addNetns(`n${i}`))
  const instances = machines.map(m => network.attach(m, { canIpForward: true }))
  for (const m of machines.slice(1)) m.addr.add('10.50.0.1/32', { dev: 'lo' })
  const seen = machines.map(m => world.capture({ dev: m.dev('eth0'), filter: 'icmp' }))
  network.insertRoute({ name: 'a', destRange: '10.50.0.0/24', nextHopInstance: instances[1]!, priority: 500 })
  network.insertRoute({ name: 'b', destRange: '10.50.0.0/24', nextHopIp: '10.128.0.4', priority: 900 })
  const counts = () => seen.map(c => c.frames.length)
  world.run({ for: s(3) })
  assert.is(pings(world, machines[0]!, '10.50.0.1'), 1)
  assert.equal(counts(), [2, 2, 0])
  instances[1]!.stop()
  assert.is(pings(world, machines[0]!, '10.50.0.1'), 1)
  assert.equal(counts(), [4, 2, 2])
  instances[1]!.start()
  network.deleteRoute('a')
  assert.throws(() => network.deleteRoute('a'), /is not ready/)
  world.run({ for: s(3) })
  assert.is(pings(world, machines[0]!, '10.50.0.1'), 1)
  assert.equal(counts(), [6, 2, 4])
  instances[2]!.delete()
  assert.is(pings(world, machines[0]!, '10.50.0.1'), 0)
})

test('options that nobody knows, and ranges that no cloud takes, are refused', () => {
  assert.throws(() => awsWorld({ zone: 'a' }), /unknown option "zone"/)
  assert.throws(() => awsWorld({ cidr: '10.0.0.0/8' }), /is not a network of \/16 to \/28/)
  assert.throws(() => awsWorld({ subnets: [{ cidr: '10.1.0.0/24' }] }), /The CIDR '10.1.0.0\/24' is invalid/)
  assert.throws(() => awsWorld({ subnets: [{ cidr: '10.0.0.0/24' }, { cidr: '10.0.0.0/25' }] }), /conflicts/)
  assert.throws(() => awsWorld({ kind: 'azure' }), /unknown kind "azure"; known are aws, gce/)
  assert.throws(() => gceWorld({ mtu: 1200 }), /1300 to 8896/)
  assert.throws(() => gceWorld({ network: 'Default' }), /Must be a match of regex/)
})

test.run()
