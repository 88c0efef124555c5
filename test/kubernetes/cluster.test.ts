/**
 * A cluster by script and by typed calls: API server, controller manager, kubectl, and flanneld with its subnets from nodes.
 */
import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import { CidrSet } from '../../lib/kubernetes/controller/cidr-set.js'
import { createWorld, type Netns, type World } from '../../lib/index.js'

const test = suite('kubernetes/cluster')
const SECOND = 1_000_000_000
const SERVER = 'http://10.0.0.1:6443'

/** m .1 and h1 .11, h2 .12, ... on a switch. */
const underlay = (count: number, seed = 1): { world: World; m: Netns; hosts: Netns[] } => {
  const world = createWorld({ seed })
  const sw = world.addNetns('sw')
  sw.link.add({ kind: 'bridge', name: 'br0' })
  sw.link.set('br0', { up: true })
  const join = (name: string, n: number): Netns => {
    const host = world.addNetns(name)
    host.link.set('lo', { up: true })
    host.link.add({ kind: 'veth', name: 'eth0', peer: { name, netns: sw } })
    host.addr.add(`10.0.0.${n}/24`, { dev: 'eth0', broadcast: '10.0.0.255' })
    host.link.set('eth0', { up: true })
    host.route.add('default', { via: '10.0.0.1', dev: 'eth0' })
    host.sysctl.set('net.ipv4.ip_forward', 1)
    sw.link.set(name, { master: 'br0', up: true })
    return host
  }
  const m = world.addNetns('m')
  m.link.set('lo', { up: true })
  m.link.add({ kind: 'veth', name: 'eth0', peer: { name: 'm', netns: sw } })
  m.addr.add('10.0.0.1/24', { dev: 'eth0' })
  m.link.set('eth0', { up: true })
  sw.link.set('m', { master: 'br0', up: true })
  const hosts = Array.from({ length: count }, (_, i) => join(`h${i + 1}`, 11 + i))
  world.run({ for: 2 * SECOND })
  return { world, m, hosts }
}

const CONF = '{"Network":"10.244.0.0/16","Backend":{"Type":"vxlan"}}'

test('flanneld with --kube-subnet-mgr: subnets from podCIDRs, routes to the others, traffic between them', () => {
  const { world, m, hosts } = underlay(3)
  const api = m.kubeApiserver()
  m.kubeControllerManager({ master: SERVER, clusterCidr: '10.244.0.0/16' })
  const daemons = hosts.map((host, i) => {
    const name = `n${i + 1}`
    api.nodes.create({ name, internalIP: `10.0.0.${11 + i}`, ready: true })
    host.files.write('/etc/kube-flannel/net-conf.json', CONF)
    return host.flanneld({
      kubeSubnetMgr: true,
      kubeApiUrl: SERVER,
      iface: 'eth0',
      ipMasq: true,
      env: { NODE_NAME: name },
    })
  })
  world.run({ for: 5 * SECOND })
  assert.equal(
    daemons.map(d => d.subnet),
    ['10.244.0.0/24', '10.244.1.0/24', '10.244.2.0/24'],
    'the range allocator begins with the first subnet',
  )
  const routes = hosts[0]!.route.list().map(r => r.dst)
  assert.ok(
    ['10.244.1.0/24', '10.244.2.0/24'].every(dst => routes.includes(dst)),
    routes.join(' '),
  )
  const ping = hosts[0]!.ping('10.244.2.0', { count: 1 })
  world.run({ for: 2 * SECOND })
  assert.is(ping.received, 1)
  assert.equal(
    api.nodes.list().map(n => n.status.conditions?.map(c => `${c.type}=${c.status}`)),
    Array.from({ length: 3 }, () => ['Ready=True', 'NetworkUnavailable=False']),
  )
  api.nodes.delete('n3')
  world.run({ for: SECOND })
  assert.not.ok(hosts[0]!.route.list().some(r => r.dst === '10.244.2.0/24'))
  api.kill()
  world.run({ for: 30 * SECOND })
  m.kubeApiserver().nodes.create({ name: 'n4', podCIDR: '10.244.9.0/24' })
  const [d1] = daemons
  assert.ok(d1!.isRunning)
  d1!.kill()
  world.run({ for: SECOND })
  assert.is(d1!.exitStatus, 0, 'without etcd it does not crash at its end')
})

test('the same by script', () => {
  const { world } = underlay(1)
  const { stdout } = world.sh(`
    ip netns exec m kube-apiserver --bind-address 10.0.0.1 &
    ip netns exec m kube-controller-manager --master http://10.0.0.1:6443 --allocate-node-cidrs --cluster-cidr=10.244.0.0/16 &
    printf '{"kind":"Node","apiVersion":"v1","metadata":{"name":"n1"}}' | ip netns exec h1 kubectl -s ${SERVER} create -f -
    sleep 1
    ip netns exec h1 kubectl -s ${SERVER} get nodes
    ip netns exec h1 curl -s ${SERVER}/healthz
  `)
  assert.is(
    stdout.replace(/\d+s +$/m, 'AGE').trimEnd(),
    ['node/n1 created', 'NAME   STATUS    ROLES    AGE   VERSION', 'n1     Unknown   <none>   AGE', 'ok'].join('\n'),
  )
})

test('a port that is taken, and options that are not there', () => {
  const { world, m } = underlay(1)
  m.kubeApiserver()
  assert.throws(
    () => world.sh('ip netns exec m kube-apiserver'),
    /failed to create listener: failed to listen on 0\.0\.0\.0:6443: listen tcp 0\.0\.0\.0:6443: bind: address already in use/,
  )
  assert.throws(
    () => world.sh('ip netns exec m kube-apiserver --etcd-servers=x'),
    /`--etcd-servers=x` is not supported/,
  )
  assert.throws(
    () => m.kubeControllerManager({ master: SERVER, clusterCidr: '10.0.0.0/8', nodeCidrMaskSize: 26 }),
    /too big/,
  )
  assert.throws(() => m.kubeControllerManager({ master: 'https://10.0.0.1', clusterCidr: '10.0.0.0/16' }), /no TLS/)
})

test('subnets of nodes: one behind the other, those in use left out, freed ones last (cidr_set_test.go)', () => {
  const set = new CidrSet('127.123.234.0/28', 30)
  assert.equal([set.allocateNext(), set.allocateNext()], ['127.123.234.0/30', '127.123.234.4/30'])
  set.release('127.123.234.0/30')
  assert.equal(
    [set.allocateNext(), set.allocateNext(), set.allocateNext(), set.allocateNext()],
    ['127.123.234.8/30', '127.123.234.12/30', '127.123.234.0/30', null],
  )
  const occupied = new CidrSet('10.42.0.0/16', 24)
  occupied.occupy('10.42.0.0/23')
  occupied.occupy('10.42.2.128/25')
  assert.is(occupied.allocateNext(), '10.42.3.0/24')
  assert.not(occupied.occupy('10.43.0.0/24'))
})

test.run()
