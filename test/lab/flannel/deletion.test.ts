/**
 * Hosts whose namespaces are deleted under their running daemons: the others go on, and nothing is left behind.
 */
import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import { createWorld, flannel, ms, s } from '../../../lib/index.js'

const test = suite('lab/flannel/deletion')

for (const subnetManager of ['etcd', 'kube'] as const)
  for (const backend of ['vxlan', 'udp', 'host-gw'])
    test(`${backend} with ${subnetManager}: hosts deleted under flanneld and the store leave nothing behind`, () => {
      const world = createWorld({ seed: 1 })
      const cluster = flannel(world, { backend, nodes: 3, pods: 1, subnetManager })
      const [a, b, c] = cluster.pods
      const ping = a!.netns.ping(b!.address)
      world.run({ for: ms(1500) })
      assert.is(ping.received, 1)

      const { flanneld } = cluster.node('h1')
      world.delNetns('h1')
      assert.is(flanneld!.exitStatus, 137)
      const others = b!.netns.ping(c!.address)
      world.run({ for: s(30) })
      assert.is(others.received, 1, 'the others go on')
      assert.is(cluster.node('h1').flanneld, flanneld, 'nobody starts it again')

      world.delNetns(cluster.underlay.store.name)
      world.run({ for: s(600) })
      for (const netns of world.listNetns()) world.delNetns(netns.name)
      world.run({ for: s(100) })
      assert.equal(world.pending(), [])
      assert.is(world.alivePackets, 0)
    })

test("the sockets of its health are flanneld's, and close with it", () => {
  const world = createWorld({ seed: 1 })
  const cluster = flannel(world, { nodes: 2, flanneld: { healthzPort: 8080 }, restartSec: null })
  const { netns, address, flanneld } = cluster.node('h1')
  const client = cluster.node('h2').netns.tcp.connect({ address, port: 8080 })
  let answer = ''
  let isClosed = false
  client.on({
    onData: octets => {
      answer += new TextDecoder().decode(octets)
    },
    onEnd: () => {
      isClosed = true
    },
  })
  client.write('GET /healthz HTTP/1.1\r\nHost: h1\r\n\r\n')
  world.run({ for: s(1) })
  assert.match(answer, /^HTTP\/1.1 200 OK\r\n[\s\S]*flanneld is running$/)
  const pid = world.sh(`ip netns exec ${netns.name} pgrep flanneld`).stdout.trim()
  const sockets = world.sh(`ip netns exec ${netns.name} ss -tanpH`).stdout
  assert.match(sockets, new RegExp(`^LISTEN .*:8080 .*users:\\(\\("flanneld",pid=${pid},`, 'm'))
  assert.match(sockets, new RegExp(`^ESTAB .*:8080 .*users:\\(\\("flanneld",pid=${pid},`, 'm'))
  world.sh(`ip netns exec ${netns.name} pkill -9 flanneld`)
  assert.is(flanneld!.exitStatus, 137)
  world.run({ for: s(1) })
  assert.ok(isClosed)
})

test.run()
